"""The signed request: what is sent, and that no header of an owner speaks for the sender."""

import json

import pytest
from hypothesis import given, strategies as st
from webhook_world import AT, SECRET, URL, event, integration

from alertkit import InvalidEventError, UsageError
from alertkit.webhooks import Actor, HookSigner, StandardWebhooksSigner
from alertkit.webhooks._message import prepare_message
from alertkit.webhooks._request import signed_request

BOTH = (StandardWebhooksSigner(), HookSigner(prefix="Shop-Hook"))
MESSAGE = prepare_message(event(), message_id="msg_1", default_actor=Actor.application(id="a", name="A"))


def request(*, signers=BOTH, url=URL, **given_fields):
    """Return the request to an integration."""
    return signed_request(MESSAGE, integration(**given_fields), url=url, at=AT, signers=signers, user_agent="shop/1")


def test_a_request():
    """One POST of the message's bytes, as JSON, with what each signer says."""
    http = request(signers=BOTH[:1], url="https://other.example/x?k=v").http

    assert (http.method, http.url, http.body) == ("POST", "https://other.example/x?k=v", MESSAGE.body)
    assert json.loads(http.body)["action"] == "created"
    assert list(http.headers) == [
        *("Content-Type", "User-Agent", "webhook-id", "webhook-timestamp", "webhook-signature"),
    ]
    assert (http.headers["Content-Type"], http.headers["User-Agent"]) == ("application/json", "shop/1")


def test_signers_stand_beside_each_other():
    """Each verifies its own of the bytes that are sent; the resource is told by the one that has a header for it."""
    http = request().http

    for signer in BOTH:
        signer.verify(http.headers, http.body, secrets=[SECRET], now=AT)
    assert http.headers["webhook-id"] == http.headers["Request-ID"] == "msg_1"
    assert http.headers["Shop-Hook-Resource"] == "issue"


def test_without_a_signer():
    """A receiver that knows the sender by a header of its own needs no secret."""
    http = request(signers=(), secrets=(), headers={"Authorization": "Bearer t"}).http

    assert list(http.headers) == ["Authorization", "Content-Type", "User-Agent"]


def test_an_owners_headers_are_sent():
    """They come first, as they were spelt."""
    made = request(headers={"X-Env": "prod", "authorization": "Bearer t"})

    assert list(made.http.headers)[:2] == ["X-Env", "authorization"]
    assert "X-Env" not in made.own_headers


@pytest.mark.parametrize(
    "name", ["Request-ID", "request_id", "Shop-Hook-Signature", "SHOP_HOOK_SIGNATURE", "shop-hook_timestamp"]
)
def test_what_is_signed_wins(name):
    """A header that would be read in place of a signed one is left away, however it is spelt."""
    http = request(headers={name: "forged", "X-Env": "prod"}).http

    assert "forged" not in http.headers.values()
    assert http.headers["X-Env"] == "prod"
    for signer in BOTH:
        signer.verify(http.headers, http.body, secrets=[SECRET], now=AT)


def test_what_is_signed_wins_however_the_signer_spells_it():
    """To a receiver behind CGI the owner's header would be the same."""
    http = request(signers=[HookSigner("Shop_Hook")], headers={"Shop-Hook-Signature": "forged"}).http

    assert "forged" not in http.headers.values()


def test_signers_that_speak_under_the_same_names():
    """One would replace the other's signature at the receiver's; where they say the same, they may."""
    for other in (HookSigner("Webhook"), HookSigner("WEBHOOK")):
        for signers in ((StandardWebhooksSigner(), other), (other, StandardWebhooksSigner())):
            with pytest.raises(UsageError, match=r"two signers say (?i:webhook-Signature): give one of them"):
                request(signers=signers)
    assert request(signers=(StandardWebhooksSigner(), StandardWebhooksSigner())).http == request(signers=BOTH[:1]).http


def test_a_signer_that_is_not_asked_signs_nothing():
    """Names of a scheme that is not in use are an owner's like any others."""
    http = request(signers=BOTH[:1], headers={"Shop-Hook-Signature": "mine"}).http

    assert http.headers["Shop-Hook-Signature"] == "mine"


@given(st.dictionaries(st.text(), st.text(), max_size=3))
def test_no_headers_break_the_request(headers):
    """Whatever an owner writes is refused when the integration is built, or is sent beside what is signed."""
    try:
        http = request(headers=headers).http
    except InvalidEventError:
        return
    for signer in BOTH:
        signer.verify(http.headers, http.body, secrets=[SECRET], now=AT)


@pytest.mark.parametrize("secrets", [[], ["not a key"]])
def test_secrets_that_sign_nothing(secrets):
    """It is told before anything is sent."""
    with pytest.raises(UsageError, match="secrets"):
        request(secrets=secrets)
