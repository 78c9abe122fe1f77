"""What is kept of an attempt: the evidence, and never a secret."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st
from webhook_world import AT, SECRET, URL, event, integration

from alertkit import HttpResponse
from alertkit.errors import TimedOutError
from alertkit.webhooks import Actor, HookSigner, IntegrationKind, Outcome, StandardWebhooksSigner
from alertkit.webhooks._evidence import request_record
from alertkit.webhooks._exchange import Exchange
from alertkit.webhooks._message import prepare_message
from alertkit.webhooks._request import signed_request

TOKEN = "Bearer t0ken-of-the-owner"
PASSWORD = "pa55word"
MESSAGE = prepare_message(event(), message_id="msg_1", default_actor=Actor.application(id="a", name="A"))


class Custom:
    """A signer of a host's own, whose headers nobody knows."""

    def headers(self, *, message_id, at, body, secrets, resource=""):
        """Sign."""
        return {"X-Proof": "proof-" + "z" * 20, "X-Proof-Timestamp": "1", "X-Key-Hint": "hint-of-the-key"}


def kept(response=None, *, error=None, outcome=Outcome.ERROR, url=URL, data=None, signers=None, **given_fields):
    """Return the record of an attempt that ended so."""
    to = integration(**{"headers": {"X-Auth": TOKEN, "X-Env": "prod"}, **given_fields})
    message = prepare_message(
        event(data=data or {"issue": {"id": "17"}}),
        message_id="msg_1",
        default_actor=Actor.application(id="a", name="A"),
    )
    signers = [StandardWebhooksSigner(), HookSigner()] if signers is None else signers
    request = signed_request(message, to, url=url, at=AT, signers=signers, user_agent="a/1")
    exchange = Exchange.failed(error, duration=1.5) if error else Exchange.answered(response, now=AT)
    return request_record(
        exchange,
        at=AT,
        message=message,
        integration=to,
        request=request,
        outcome=outcome,
        prefixes=["Shop-Hook", "Sentry-Hook"],
    )


def everything(record):
    """Return all texts of a record in one."""
    return f"{record.to_json()} {record!r} {dict(record.request_headers)} {dict(record.response_headers)}"


def test_a_success_leaves_no_evidence():
    """Instant, type, URL, status, duration and id; neither heads nor bodies."""
    record = kept(HttpResponse(200, {"X-A": "b"}, b"thanks", 0.25), outcome=Outcome.SUCCESS)

    assert (record.at, record.event_type, record.url, record.status) == (AT, "issue.created", URL, 200)
    assert (record.duration, record.message_id, record.failure) == (0.25, "msg_1", None)
    assert (dict(record.request_headers), dict(record.response_headers)) == ({}, {})
    assert record.request_body is record.response_body is None


def test_an_error_leaves_evidence():
    """What was sent, but for secrets, and what was answered."""
    record = kept(HttpResponse(500, {"Content-Type": "text/html", "Retry-After": "7"}, b"<h1>no</h1>", 0.25))

    assert dict(record.request_headers) == {
        "Content-Type": "application/json",
        "User-Agent": "a/1",
        "webhook-id": "msg_1",
        "webhook-timestamp": "1773144000",
        "Request-ID": "msg_1",
        "Sentry-Hook-Resource": "issue",
        "Sentry-Hook-Timestamp": "1773144000",
    }
    assert '"data":{"issue":{"id":"17"}}' in record.request_body
    assert dict(record.response_headers) == {"Content-Type": "text/html", "Retry-After": "7"}
    assert record.response_body == "<h1>no</h1>"


def test_a_timeout_leaves_what_was_sent():
    """The request's body is there when it is most wanted."""
    record = kept(error=TimedOutError("no answer"), outcome=Outcome.TIMEOUT)

    assert (record.status, record.failure, record.duration) == (0, "timed_out", 1.5)
    assert '"id":"17"' in record.request_body
    assert record.request_headers["webhook-id"] == "msg_1"
    assert record.response_body is None


@pytest.mark.parametrize(("status", "is_kept"), [(200, False), (302, False), (429, True), (500, True)])
def test_what_is_ignored_leaves_evidence_where_it_is_an_error(status, is_kept):
    """A rate limit is no fault of the endpoint, and still worth a look."""
    record = kept(HttpResponse(status, {}, b"words"), outcome=Outcome.IGNORED)

    assert (record.response_body == "words") is is_kept


def test_bodies_are_cut():
    """1,024 characters of each, whole ones."""
    record = kept(HttpResponse(500, {}, "ü🚨".encode() * 5000), data={"text": "é" * 5000})

    assert record.response_body == "ü🚨" * 512
    assert len(record.request_body) == 1024
    assert record.request_body.endswith("éé")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00binary\x00", bytes(range(256)) * 20, "latin ü".encode("latin-1"), b"\xf0\x9f\x9a"]
)
def test_bodies_that_are_not_text(body):
    """They are kept as far as they are readable, and can be stored anywhere."""
    record = kept(HttpResponse(500, {}, body))

    assert record.response_body == body.decode("utf-8", "replace")[:1024].replace("\0", "\ufffd")
    assert "\0" not in record.to_json()


def test_headers_in_any_encoding():
    """What the wire holds is kept as Latin-1 read it, and can be stored anywhere."""
    head = {
        "X-Latin": "\xfc",
        "X-Bytes": "caf\xc3\xa9",
        "X-Control": "a\0b\x7f",
        "X-Surrogate": "\udcff",
        "X-Number": 7,
    }
    record = kept(HttpResponse(500, head, b""))

    assert dict(record.response_headers) == {
        **head,
        "X-Control": "a\ufffdb\x7f",
        "X-Surrogate": "?",
        "X-Number": "7",
    }
    record.to_json().encode("utf-8")


@pytest.mark.parametrize(
    ("head", "ids"),
    [
        ({"Sentry-Hook-Error": "e1", "Sentry-Hook-Project": "7"}, ("e1", "7")),
        ({"shop-hook-error": "9f2c-4a", "SHOP-HOOK-PROJECT": "shop.web"}, ("9f2c-4a", "shop.web")),
        ({"Sentry-Hook-Error": "x" * 64, "Sentry-Hook-Project": "7"}, ("x" * 64, "7")),
        ({"Sentry-Hook-Error": "e1"}, (None, None)),
        ({"Sentry-Hook-Project": "7"}, (None, None)),
        ({"Sentry-Hook-Error": "", "Sentry-Hook-Project": "7"}, (None, None)),
        ({"Sentry-Hook-Error": "e 1", "Sentry-Hook-Project": "7"}, (None, None)),
        ({"Sentry-Hook-Error": "x" * 65, "Sentry-Hook-Project": "7"}, (None, None)),
        ({"Sentry-Hook-Error": "e1\n", "Sentry-Hook-Project": "7"}, (None, None)),
        ({"Other-Error": "e1", "Other-Project": "7"}, (None, None)),
        ({"Shop-Hook-Error": "e1", "Sentry-Hook-Error": "e2", "Sentry-Hook-Project": "7"}, ("e2", "7")),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_the_receivers_own_error(head, ids, status):
    """Its id and its project: both or neither, whatever the status, of any of the prefixes."""
    outcome = Outcome.SUCCESS if status == 200 else Outcome.ERROR
    record = kept(HttpResponse(status, head), outcome=outcome)

    assert (record.error_id, record.project_id) == ids


@pytest.mark.parametrize(
    ("kind", "organization"),
    [(IntegrationKind.INTERNAL, None), (IntegrationKind.UNPUBLISHED, "1"), (IntegrationKind.PUBLISHED, "1")],
)
def test_the_organization(kind, organization):
    """An internal integration belongs to one anyway."""
    assert kept(HttpResponse(200), outcome=Outcome.SUCCESS, kind=kind).organization_id == organization


def echo(request_headers_of):
    """Return an answer that gives everything back that it was sent, in its body and its head."""
    body = " | ".join(f"{name}: {value}" for name, value in request_headers_of.items())
    return HttpResponse(
        500, {f"X-Echo-{n}": value for n, value in enumerate(request_headers_of.values())}, body.encode()
    )


@pytest.mark.parametrize("signers", [None, [Custom()]])
def test_an_endpoint_that_echoes(signers):
    """What it gives back of signatures, secrets, tokens, credentials and parameters is hidden wherever it stands."""
    url = f"https://ann:{PASSWORD}@h.example/in?token=q-{PASSWORD}&x={PASSWORD}%2F1#f-{PASSWORD}"
    to = integration(url=url, headers={"X-Auth": TOKEN, "Cookie": "session=c00kie-value"})
    message = prepare_message(event(), message_id="msg_1", default_actor=Actor.application(id="a", name="A"))
    used = [StandardWebhooksSigner(), HookSigner()] if signers is None else signers
    sent = dict(signed_request(message, to, url=url, at=AT, signers=used, user_agent="a/1").http.headers)
    sent["Authorization"] = "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
    sent["URL"], sent["secret"], sent["key"] = url, SECRET, SECRET.removeprefix("whsec_")
    record = kept(echo(sent), url=url, headers=to.headers, signers=used)

    hidden = [PASSWORD, TOKEN, "t0ken-of-the-owner", "c00kie-value", SECRET, SECRET[6:], sent["Authorization"][6:]]
    known = {"content-type", "user-agent", "webhook-id", "webhook-timestamp", "request-id", "x-proof-timestamp"}
    known |= {"sentry-hook-resource", "sentry-hook-timestamp"}
    hidden += [value for name, value in sent.items() if name.lower() not in known]
    hidden += [entry.removeprefix("v1,") for entry in sent.get("webhook-signature", "x" * 99).split(" ")]
    assert [secret for secret in hidden if secret in everything(record)] == []
    assert "msg_1" in record.response_body or signers


def test_a_secret_that_ends_behind_the_cut():
    """It is hidden before the body is cut, so that no half of it is left."""
    record = kept(HttpResponse(500, {}, b"x" * 1010 + SECRET.encode() + b"y" * 5000))

    assert record.response_body == "x" * 1010 + "[hidden]yyyyyy"
    wide = kept(HttpResponse(500, {}, ("🚨" * 1020).encode() + SECRET.encode() * 3))
    assert SECRET[:4] not in wide.response_body


def test_an_owners_short_words_hide_nothing():
    """`prod` is a header of the owner's and a word of many answers; a token is longer."""
    record = kept(HttpResponse(500, {"X-Where": "production"}, b"production is down"))

    assert record.response_body == "production is down"
    assert record.response_headers["X-Where"] == "production"


@pytest.mark.parametrize(
    "name",
    [
        *("Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "WWW-Authenticate", "Proxy-Authenticate", "X-Auth"),
        *(
            "X-Auth-Token",
            "X-Api-Key",
            "apikey",
            "X-Secret",
            "Webhook-Signature",
            "X-Session-Id",
            "X-Jwt",
            "X-Xsrf",
            "X-Password",
            "x_env",
        ),
    ],
)
def test_headers_of_an_answer_that_are_not_kept(name):
    """What looks like a secret, and what the owner sends under the same name."""
    assert dict(kept(HttpResponse(500, {name: "v", "X-Fine": "v"})).response_headers) == {"X-Fine": "v"}


def test_a_secret_in_the_events_own_data():
    """What the host sends by mistake is not kept either."""
    record = kept(HttpResponse(500), data={"secret": SECRET, "auth": TOKEN})

    assert SECRET not in record.request_body
    assert TOKEN not in record.request_body
    assert record.request_body.count("[hidden]") == 2


@pytest.mark.parametrize(
    ("value", "body"), [("Zo\xeb-t0ken", "Zo\xeb-t0ken".encode("latin-1")), ("Zo\xeb-t0ken", "Zo\xeb-t0ken".encode())]
)
def test_a_token_beyond_ascii(value, body):
    """It is hidden in the bytes of either encoding, also where a header was read as Latin-1."""
    record = kept(HttpResponse(500, {"X-Said": body.decode("latin-1")}, body), headers={"X-A": value})

    assert record.response_body == record.response_headers["X-Said"] == "[hidden]"


SPELLINGS = {
    "as it is": lambda text: text,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON of Java": lambda text: re.sub("[^A-Za-z0-9]", lambda sign: f"\\u{ord(sign[0]):04X}", text),
    "JavaScript": lambda text: re.sub("[^A-Za-z0-9]", lambda sign: f"\\x{ord(sign[0]):02x}", text),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1].replace("/", "\\/"))[1:-1],
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "HTML in JSON": lambda text: json.dumps(html.escape(text))[1:-1],
    "URL": lambda text: quote(text, safe=""),
    "URL in lower case": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "URL in a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "form in HTML": lambda text: html.escape("a=1&b=" + quote_plus(text))[len("a=1&amp;b=") :],
    "URL of one sign in ten": lambda text: re.sub("(.{9})(.)", lambda found: found[1] + f"%{ord(found[2]):02x}", text),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_however_it_is_spelt(spell):
    """Tokens, secrets and signatures are found in JSON, HTML and URLs, one in the other, in the body and the head."""
    tokens = [
        *("tok/en+abc<12'345&x", 'a "b" c\\d', "ab/cd+ef-gh&ij'k", "a/b/cd", "Ab-cd ef"),
        *(r"tok\<en%41-x9", r"tok\<en&lt-x9", r"tok<\u0041\x-9", "a<b%2Fabc"),  # which look as if they were escaped
    ]
    signature = StandardWebhooksSigner().headers(message_id="msg_1", at=AT, body=MESSAGE.body, secrets=[SECRET])
    headers = {f"X-Own-{number}": f"Bearer {token}" for number, token in enumerate(tokens)}
    for text in (*tokens, SECRET, signature["webhook-signature"][3:], "a/b+c=d&longer"):
        echoed = f"so: {spell(text)}."
        record = kept(
            HttpResponse(500, {"X-Said": echoed}, echoed.encode()),
            headers=headers,
            url="https://h.example/in?t=a%2Fb%2Bc%3Dd%26longer",
        )
        # What stands before and behind a secret in public may stay.
        prefixes, paddings = ("", spell("whsec_")), ("", "=", spell("="))
        said = {f"so: {prefix}[hidden]{padding}." for prefix in prefixes for padding in paddings}
        assert {record.response_body, record.response_headers["X-Said"]} <= said


@pytest.mark.parametrize(
    ("secret", "echoed"),
    [
        ("whsec_" + base64.b64encode(b"\xff\xef\xff" * 10).decode(), base64.b64encode(b"\xff\xef\xff" * 10).decode()),
        (base64.b64encode(b"x" * 25).decode(), base64.b64encode(b"x" * 25).decode().rstrip("=")),
        ("short", "short"),
        ("s3cret-line\n", "s3cret-line\\n"),
        ("a key\tof\r\nlines\f\b", json.dumps("a key\tof\r\nlines\f\b")[1:-1]),
    ],
)
def test_parts_of_a_secret(secret, echoed):
    """Without its prefix, without its padding, and however short it is."""
    record = kept(HttpResponse(500, {}, echoed.encode()), secrets=[secret], signers=[])

    assert record.response_body == "[hidden]"


@pytest.mark.parametrize(
    ("value", "echoed"),
    [
        ("Bearer supersecret", "supersecret"),
        ("Basic " + base64.b64encode(b"sk_live_abc123def:").decode(), "sk_live_abc123def"),
        ("Bearer ab-cd-ef", "ab-cd-ef"),
        ("Basic " + base64.b64encode(b"bob:hunter:22").decode(), "hunter:22"),
        ("session=lightningrod; theme=dark", "lightningrod"),
        ('session="Xylophone"; theme=dark', "Xylophone"),
        ("state=next=lightningrod", "next=lightningrod"),
        ("sid=ab-cd-ef", "ab-cd-ef"),
        ('Digest username="ann", response="e1d3c0"', "e1d3c0"),
        ("https://h.example/?access=1a2b3c4d", "1a2b3c4d"),
        ("correct horse battery staple", "horse battery staple"),
    ],
)
def test_parts_of_a_header_of_the_owners(value, echoed):
    """What stands behind a scheme or a name, and whatever looks like a token."""
    record = kept(HttpResponse(500, {}, f"[{echoed}]".encode()), headers={"X-Own": value})

    assert record.response_body == "[[hidden]]"


@pytest.mark.parametrize(
    ("given_fields", "words"),
    [
        (
            {"headers": {"X-Team": "the payments people", "X-Env": "prod"}},
            "Bearer of payments to prod",
        ),
        ({"url": "https://h.example/in?team=payments&env=production&n=12345"}, "12345 payments in production"),
        ({"headers": {"Authorization": "Bearer abcdef-123456"}}, "Bearer is missing"),
        ({"headers": {"X-Env": "eu-13"}}, "we are eu-13"),
    ],
)
def test_words_hide_nothing(given_fields, words):
    """A value of the owner's may be a word of every answer; a token is longer, or no word."""
    record = kept(HttpResponse(500, {"X-Where": words}, words.encode()), data={"text": words}, **given_fields)

    assert record.response_body == record.response_headers["X-Where"] == words
    assert words in record.request_body


def test_what_the_host_sends_is_its_own():
    """Values of the query and words stand in the event as the host wrote them; tokens and secrets do not."""
    data = {"a": "frontend-eu", "b": "production", "c": "t0ken-of-the-owner", "d": SECRET}
    record = kept(
        HttpResponse(500, {}, json.dumps(data).encode()),
        data=data,
        url="https://h.example/in?project=frontend-eu",
        headers={"X-Env": "production", "X-Auth": TOKEN},
    )

    assert '"data":{"a":"frontend-eu","b":"production","c":"[hidden]","d":"[hidden]"}' in record.request_body
    assert set(json.loads(record.response_body).values()) == {"[hidden]"}


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    ("beginning", "rest"),
    [
        ("x Bearer t0ken-of-th", "x [hidden]"),
        ("x t0ken-of-th", "x [hidden]"),
        ("x " + SECRET[:10], "x [hidden]"),
        ("x " + SECRET[6:20], "x [hidden]"),
        ("x t0ken%2Dof%2", "x [hidden]"),
        (r"x t0ken\u002dof\u00", "x [hidden]"),
        ("x t0ken&#45;of&#4", "x [hidden]"),
        ("x t0ken%252Dof%25", "x [hidden]"),
        (r"x t0ken\\u002dof\\u0", "x [hidden]"),
        ("x t0ken&amp;#45;of&amp;", "x [hidden]"),
        ("x t0k", "x t0k"),
        ("t0ken is no word", "t0ken is no word"),
        ("x some words", "x some words"),
    ],
)
def test_the_beginning_of_a_secret_at_the_end(beginning, rest, complete):
    """Where an answer breaks off, what may be half a secret is hidden; its head is whole by then."""
    answer = HttpResponse(500, {"X-Said": beginning}, beginning.encode(), complete=complete)
    record = kept(answer, headers={"X-Auth": TOKEN})

    assert record.response_body == (beginning if complete else rest)
    assert record.response_headers["X-Said"] == beginning


@pytest.mark.parametrize(
    ("token", "body", "rest"),
    [
        ("t0ke-t0ke-owner", b"t0ke! t0ke-t0ke", "t0ke! [hidden]"),
        ("0000-1111-2222", b"00000-1111", "0[hidden]"),
    ],
)
def test_a_secret_that_repeats_its_beginning(token, body, rest):
    """As much of it as stands at the end is hidden, wherever it seemed to begin before."""
    record = kept(HttpResponse(500, {}, body, complete=False), headers={"X-Auth": token})

    assert record.response_body == rest


def test_a_letter_that_is_cut_in_half():
    """It is left away where the answer breaks off."""
    record = kept(HttpResponse(500, {}, "t0ken-\u00fc".encode()[:-1], complete=False), headers={"X-A": "t0ken-\u00fc"})

    assert record.response_body == "[hidden]"


@pytest.mark.parametrize(
    "url", ["https://sk_live_1234:@h/", "https://sk_live_1234:x-oauth-basic@h/", "https://h/?a=1;t=sk_live_1234"]
)
def test_a_key_in_an_unusual_place(url):
    """As a user without a password, or after a semicolon."""
    assert kept(HttpResponse(500, {}, b"no key sk_live_1234"), url=url).response_body == "no key [hidden]"


def test_a_header_that_only_begins_like_a_wish():
    """Its value is a token as any other."""
    record = kept(HttpResponse(500, {}, b"no s3cr3t-abc"), headers={"Accept-Token": "s3cr3t-abc"})

    assert record.response_body == "no [hidden]"


@pytest.mark.parametrize("sign", ["é", "%e9", "%E9"])
def test_a_token_as_latin_1_spells_it(sign):
    """In URLs of either case, the rest of it escaped or not."""
    record = kept(HttpResponse(500, {}, f"t0k{sign}n/42".encode()), headers={"X-A": "t0k\xe9n/42"})

    assert record.response_body == "[hidden]"


@pytest.mark.parametrize("digits", ["9" * 4301, "x" + "f" * 5000, "0" * 5000 + "65", "12345678"])
def test_a_reference_without_end(digits):
    """Python refuses to read numbers of thousands of digits: no answer of an endpoint's makes a delivery fail."""
    body = f"&#{digits}; t0ken&#45;of&#45;the&#45;owner"
    record = kept(HttpResponse(410, {"X-A": f"&#{digits};"}, body.encode()), headers={"X-Auth": TOKEN})

    assert record.response_body == "\ufffd [hidden]"
    assert kept(HttpResponse(410), data={"text": f"&#{digits};"}).request_body


def test_half_a_letter_that_is_escaped():
    """No text holds it: it is replaced in the reading that shows the secret, and costs no delivery."""
    body = rb"\ud83d\ude80 \ud800 t0ken\u002dof\u002dthe\u002downer"

    assert kept(HttpResponse(410, {}, body)).response_body == "\U0001f680 \ufffd [hidden]"


def test_a_secret_that_looks_escaped():
    """Where it stands as it was sent the rest stays as it is, too."""
    record = kept(HttpResponse(500, {}, rb"so%21 tok\<en%41-x9"), headers={"X-Own": r"tok\<en%41-x9"})

    assert record.response_body == "so%21 [hidden]"


def test_credentials_of_a_header():
    """What a Basic header says is hidden as it reads when it is decoded."""
    value = "Basic " + base64.b64encode(b"frontend:hunter22-and-more").decode()
    record = kept(HttpResponse(401, {}, b"no frontend with hunter22-and-more"), headers={"Authorization": value})

    assert record.response_body == "no frontend with [hidden]"
    latin = "Basic " + base64.b64encode("bob:h\xfcnter22".encode("latin-1")).decode()
    assert kept(HttpResponse(401, {}, b"bob:h\xfcnter22"), headers={"Authorization": latin}).response_body == "[hidden]"
    for broken in ("Basic abcde", "Basic", "Basic ?"):
        assert kept(HttpResponse(401, {}, b"x"), headers={"Authorization": broken}).response_body == "x"


def test_a_secret_in_the_name_of_a_header():
    """Such a header is not kept."""
    record = kept(HttpResponse(500, {"X-Got-t0ken-of-the-owner": "1", "X-Fine": "v"}), headers={"X-Auth": TOKEN})

    assert dict(record.response_headers) == {"X-Fine": "v"}


@pytest.mark.parametrize("status", [200, 500])
def test_a_secret_for_an_error_id(status):
    """An endpoint that names what it was sent names nothing."""
    for given_id in (SECRET, "t0ken-of-the-owner", "x-t0ken-of-the-owner"):
        for head in ({"Error": given_id, "Project": "7"}, {"Error": "e1", "Project": given_id}):
            response = HttpResponse(status, {f"Sentry-Hook-{name}": text for name, text in head.items()})
            outcome = Outcome.SUCCESS if status == 200 else Outcome.ERROR
            record = kept(response, outcome=outcome, headers={"X-Auth": "Bearer t0ken-of-the-owner"})
            assert (record.error_id, record.project_id) == (None, None)
    halves = {"Sentry-Hook-Error": "t0ken-of-", "Sentry-Hook-Project": "the-owner"}
    assert kept(HttpResponse(500, halves), headers={"X-Auth": TOKEN}).error_id is None


def test_what_is_looked_at_is_bounded():
    """Of a head that never ends the beginning is kept, and of a body that is full of a long token nothing of it."""
    token = "Zz9" * 1300
    head = {f"X-{number}": "y" * 2000 for number in range(100)}
    record = kept(HttpResponse(500, head, token.encode() * 1000), headers={"X-Auth": token})

    assert list(record.response_headers) == ["X-0"]
    assert "Zz9" not in record.response_body
    for crowded in ({"Set-Cookie": "y" * 4096}, {"X-Token" + "y" * 4096: "v"}):
        assert dict(kept(HttpResponse(500, {**crowded, "X-Fine": "v"})).response_headers) == {}
    for more, rest in ((0, {"X-Fine": "v"}), (1, {})):
        roomy = {"Set-Cookie": "y" * (4096 - len("Set-CookieX-Finev") + more), "X-Fine": "v"}
        assert dict(kept(HttpResponse(500, roomy)).response_headers) == rest


def test_a_word_that_is_accepted_is_no_secret():
    """What an owner wants the answer to be like is no token, and stands in many answers."""
    record = kept(HttpResponse(500, {"Content-Type": "application/json"}), headers={"Accept": "application/json"})

    assert record.response_headers["Content-Type"] == record.request_headers["Content-Type"] == "application/json"


def test_secrets_that_hardly_are():
    """A one-letter secret and one that no encoding holds break nothing."""
    odd = ["b", "i", "[", "\ud800" * 7, "whsec_", "\u0100x", "nul\0nul"]
    record = kept(HttpResponse(500, {}, b"a?b\0i"), secrets=odd, signers=[])

    assert record.response_body == "a?[hidden]\ufffd[hidden]"


@given(st.binary(max_size=300), st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3))
def test_any_answer_can_be_kept(body, head):
    """Whatever comes back makes a record that can be stored, and read again."""
    record = kept(HttpResponse(500, head, body))

    assert type(record).from_json(record.to_json().encode("utf-8")) == record
