"""Real sockets: a sender, a receiver that verifies, and what goes wrong between them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import standardwebhooks
from webhook_world import event, integration

from alertkit import BlockedAddressError
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import LoopbackServer, WebhookReceiver
from alertkit.transports.requests import AddressGuard, RequestsTransport
from alertkit.webhooks import FailureKind, HookSigner, Outcome, StandardWebhooksSigner, WebhookSender


@pytest.fixture
def receiver():
    """An endpoint that verifies at the time of the machine."""
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def transport():
    """Real connections, to this machine and no other place that is not public."""
    with RequestsTransport(guard=AddressGuard(allow=["127.0.0.1"])) as open_transport:
        yield open_transport


@pytest.fixture
def sender(transport):
    """A sender over real connections."""
    with WebhookSender(buffer=MemoryRequestBuffer(), timeout=5, transport=transport) as open_sender:
        yield open_sender


def of(receiver, **given):
    """Return an integration whose endpoint it is."""
    return integration(**{"url": f"{receiver.url}/in", "secrets": [receiver.secret], **given})


def test_a_webhook_arrives(sender, receiver):
    """Byte for byte, and the published package verifies it."""
    delivery = sender.send(of(receiver, headers={"X-Env": "prod"}), event(data={"name": "Zoë 🚨"}))

    (webhook,) = receiver.webhooks
    assert (delivery.outcome, delivery.response.status) == (Outcome.SUCCESS, 200)
    assert (webhook.body, webhook.message_id, webhook.untrusted) == (delivery.message.body, delivery.message.id, None)
    assert webhook.headers["X-Env"] == "prod"
    assert "Authorization" not in webhook.headers
    verified = standardwebhooks.Webhook(receiver.secret).verify(webhook.body, dict(webhook.headers))
    assert verified == webhook.payload == json.loads(delivery.message.body)


def test_credentials_of_the_url_are_sent_and_not_kept(receiver):
    """Basic authentication, as users of requests expect, where no guard refuses it."""
    sender = WebhookSender(buffer=MemoryRequestBuffer(), timeout=5, transport=RequestsTransport())
    url = receiver.url.replace("http://", "http://ann:s3cr3t-pass@") + "/in?token=s3cr3t-token"
    receiver.will_answer(500, b"no entry for ann:s3cr3t-pass")

    delivery = sender.send(of(receiver, url=url), event())

    assert receiver.requests[0].headers["Authorization"] == "Basic YW5uOnMzY3IzdC1wYXNz"
    assert receiver.requests[0].target == "/in?token=s3cr3t-token"
    assert "s3cr3t" not in delivery.record.to_json()
    assert delivery.record.response_body == "no entry for [hidden]"


def test_a_guard_refuses_credentials_in_a_url(sender, receiver):
    """Also where the address may be dialled: they belong into a header. It counts against nobody."""
    delivery = sender.send(of(receiver, url=receiver.url.replace("http://", "http://ann:s3cr3t-pass@")), event())

    assert (delivery.outcome, delivery.failure) == (Outcome.IGNORED, FailureKind.BLOCKED)
    assert receiver.connections == 0
    assert "s3cr3t" not in f"{delivery.problem} {delivery.record.to_json()}"


@pytest.mark.parametrize(
    ("order", "outcome", "failure"),
    [
        (lambda r: r.will_answer(410), Outcome.FATAL, None),
        (lambda r: r.will_answer(302, headers={"Location": "http://127.0.0.1:1/"}), Outcome.ERROR, None),
        (lambda r: r.will_drop(), Outcome.TIMEOUT, FailureKind.CONNECTION_LOST),
        (lambda r: r.will_delay(10), Outcome.TIMEOUT, FailureKind.TIMED_OUT),
        (lambda r: r.will_drip(every=0.2), Outcome.TIMEOUT, FailureKind.TIMED_OUT),
        (lambda r: r.stop(), Outcome.TIMEOUT, FailureKind.CONNECT_FAILED),
    ],
)
def test_an_endpoint_that_goes_bad(receiver, transport, order, outcome, failure):
    """It refuses, redirects, hangs up, stalls, drips or is gone: told in time, and the next one is delivered."""
    order(receiver)
    with WebhookSender(buffer=MemoryRequestBuffer(), timeout=0.5, retires=[], transport=transport) as sender:
        start = time.monotonic()
        delivery = sender.send(of(receiver), event())

        assert time.monotonic() - start < 0.8
        assert (delivery.outcome, delivery.failure) == (outcome, failure)
        assert len(receiver.requests) <= 1
        if failure is not FailureKind.CONNECT_FAILED:
            assert sender.send(of(receiver), event()).outcome is Outcome.SUCCESS


def test_an_endpoint_that_speaks_no_http(sender):
    """What comes back is told for what it is, and not kept."""
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(b"SSH-2.0-OpenSSH_9.6\r\n")) as server:
        delivery = sender.send(integration(url=server.url), event())

    assert (delivery.outcome, delivery.failure) == (Outcome.ERROR, FailureKind.MALFORMED_REPLY)
    assert delivery.record.response_body is None


def test_an_endless_answer_is_cut(sender, receiver):
    """A megabyte of it is read, 1,024 characters are kept, and the status counts."""
    receiver.will_answer(500, b"x" * 3_000_000)

    delivery = sender.send(of(receiver), event())

    assert (delivery.response.status, delivery.response.complete) == (500, False)
    assert delivery.record.response_body == "x" * 1024


def test_a_rotation_of_secrets(sender):
    """The receiver that knows only the old secret and the one that knows only the new take the same message."""
    new, old = WebhookReceiver.secret, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    with WebhookReceiver(secrets=[new]) as first, WebhookReceiver(secrets=[old]) as second:
        for receiver in (first, second):
            assert sender.send(of(receiver, secrets=[new, old]), event()).outcome is Outcome.SUCCESS
            assert sender.send(of(receiver, secrets=["whsec_" + "B" * 32]), event()).response.status == 401


def test_both_schemes_at_once(transport):
    """A receiver of each scheme trusts what a sender of both sends."""
    schemes = [StandardWebhooksSigner(), HookSigner(prefix="Shop-Hook")]
    with WebhookSender(buffer=MemoryRequestBuffer(), signers=schemes, transport=transport) as sender:
        for scheme in schemes:
            with WebhookReceiver(signer=scheme) as receiver:
                sender.send(of(receiver), event())

            (webhook,) = receiver.webhooks
            assert (webhook.untrusted, webhook.headers["Shop-Hook-Resource"]) == (None, "issue")
            assert webhook.message_id == webhook.headers["Request-ID"] == webhook.headers["webhook-id"]


def test_the_usual_transport_does_not_dial_this_machine(receiver):
    """What a stranger wrote reaches nothing that is not public; it is on record, and counts against nobody."""
    sender = WebhookSender(buffer=MemoryRequestBuffer())
    deliveries = [
        sender.send(of(receiver, url=url), event())
        for url in (f"{receiver.url}/in", receiver.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/")
    ]
    sender.close()

    assert receiver.connections == 0
    assert [delivery.outcome for delivery in deliveries] == [Outcome.IGNORED] * 3
    assert [record.failure for record in sender.buffer.recent("billing-sync")] == [FailureKind.BLOCKED] * 3
    assert [delivery.sent for delivery in deliveries] == [False] * 3
    with pytest.raises(BlockedAddressError, match=r"127\.0\.0\.1"):
        deliveries[0].raise_for_outcome()


def test_many_threads_one_sender(sender, receiver):
    """Connections are shared, and every webhook arrives once."""
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: sender.send(of(receiver), event(), message_id=f"m{n}"), range(200)))

    assert {webhook.message_id for webhook in receiver.webhooks} == {f"m{n}" for n in range(200)}
    assert len(receiver.webhooks) == 200
    assert receiver.connections <= 16
