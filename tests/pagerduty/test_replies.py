"""What each answer of PagerDuty means, for any bytes it may hold."""

import json
from datetime import datetime, timezone

import attrs
import pytest
from hypothesis import given, strategies as st
from strategies import ROUTING_KEY

from alertkit import (
    HttpResponse,
    MalformedReplyError,
    PeerError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from alertkit.pagerduty import Change, PreparedEvent, Receipt
from alertkit.pagerduty._keys import RoutingKey
from alertkit.pagerduty._replies import read_reply

CHANGES = (Change("summary", "cut", 2, 1),)
PREPARED = PreparedEvent(body=b"{}", dedup_key="disk", path="/v2/enqueue", changes=CHANGES)
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
TAKEN = {"status": "success", "message": "Event processed", "dedup_key": "another"}


def read(status, body=b"", headers=None):
    """Read an answer to the third attempt."""
    response = HttpResponse(status, headers or {}, body, 0.5)
    key = RoutingKey(ROUTING_KEY)
    return read_reply(response, prepared=PREPARED, key=key, now=NOW, attempts=3, throttling=frozenset({429}))


def refusal(status, body=b"", headers=None):
    """Return the error that an answer raises."""
    with pytest.raises(PeerError) as caught:
        read(status, body, headers)
    return caught.value


@pytest.mark.parametrize("status", [200, 202, 204, 299])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (json.dumps(TAKEN).encode(), "Event processed"),
        (b'{"message":"Change event processed"}', "Change event processed"),
        (b'{"message":5}', ""),
        (b"", ""),
        (b"<html>", ""),
        (b"[1]", ""),
        (b'{"status":"invalid event","errors":["no"]}', ""),
        (b"\xff\xfe\x00", ""),
    ],
)
def test_any_2xx_is_a_receipt(status, body, message):
    """Whatever the body holds, since a resend could page twice; the key is the one that was sent."""
    assert read(status, body) == Receipt(status=status, message=message, dedup_key="disk", attempts=3, changes=CHANGES)


def test_the_receipt_of_a_change_event_has_no_key():
    """It is empty."""
    prepared = attrs.evolve(PREPARED, dedup_key=None)
    options = {"key": RoutingKey(ROUTING_KEY), "now": NOW, "attempts": 1, "throttling": frozenset()}

    assert read_reply(HttpResponse(202, {}, b"", 0.5), prepared=prepared, **options).dedup_key == ""


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "text"),
    [
        (400, RejectedError, False, "PagerDuty refused the event (HTTP 400)"),
        (401, RejectedError, False, "PagerDuty refused the event (HTTP 401)"),
        (403, RejectedError, False, "PagerDuty refused the event (HTTP 403)"),
        (404, RejectedError, False, "PagerDuty refused the event (HTTP 404)"),
        (413, RejectedError, False, "PagerDuty refused the event (HTTP 413)"),
        (499, RejectedError, False, "PagerDuty refused the event (HTTP 499)"),
        (408, UnavailableError, True, "PagerDuty could not take the event (HTTP 408)"),
        (429, RateLimitedError, True, "PagerDuty limits the rate of this routing key (HTTP 429)"),
        (500, UnavailableError, True, "PagerDuty could not take the event (HTTP 500)"),
        (503, UnavailableError, True, "PagerDuty could not take the event (HTTP 503)"),
        (599, UnavailableError, True, "PagerDuty could not take the event (HTTP 599)"),
        (
            300,
            RejectedError,
            False,
            "PagerDuty answered with a redirect, which is never followed: check the host (HTTP 300)",
        ),
        (
            399,
            RejectedError,
            False,
            "PagerDuty answered with a redirect, which is never followed: check the host (HTTP 399)",
        ),
        (101, MalformedReplyError, True, "PagerDuty answered with a status that HTTP does not have (HTTP 101)"),
        (199, MalformedReplyError, True, "PagerDuty answered with a status that HTTP does not have (HTTP 199)"),
        (600, MalformedReplyError, True, "PagerDuty answered with a status that HTTP does not have (HTTP 600)"),
    ],
)
def test_any_other_status_is_the_error_that_fits(status, kind, retryable, text):
    """By whose fault it is, and whether it is worth another attempt."""
    error = refusal(status)

    assert (type(error), error.retryable, str(error), error.status) == (kind, retryable, text, status)


@pytest.mark.parametrize(
    ("reply", "message", "errors", "words"),
    [
        ({"message": "Event object is invalid", "errors": ["a", "b"]}, "Event object is invalid", ("a", "b"),
         ": Event object is invalid: a; b"),
        ({"errors": ["a"]}, "", ("a",), ": a"),
        ({"message": "m"}, "m", (), ": m"),
        ({"message": "m", "errors": "a"}, "m", ("a",), ": m: a"),
        ({"message": ["m"], "errors": {"a": 1}}, "", (), ""),
        ({"errors": [1, None, "", "a", ["b"]]}, "", ("a",), ": a"),
        ({"errors": []}, "", (), ""),
        ([], "", (), ""),
        ("message", "", (), ""),
        (None, "", (), ""),
    ],
)  # fmt: skip
def test_the_words_of_a_refusal_are_kept(reply, message, errors, words):
    """As far as they can be read, whatever shape they have."""
    error = refusal(400, json.dumps(reply).encode())

    assert (error.message, error.errors) == (message, errors)
    assert str(error) == f"PagerDuty refused the event (HTTP 400){words}"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{", b"<html>busy</html>", b"[" * 100_000, b'{"message":' + b"9" * 5000 + b"}"]
)
def test_a_body_that_is_no_json_has_no_words(body):
    """The error has the bytes as they came, and no words."""
    error = refusal(503, body, {"X-Id": "7"})

    assert (error.message, error.errors, str(error)) == ("", (), "PagerDuty could not take the event (HTTP 503)")
    assert error.response == HttpResponse(503, {"X-Id": "7"}, body, 0.5)


def test_a_flood_of_words_is_cut():
    """1000 characters of each text, and 100 texts."""
    error = refusal(400, json.dumps({"message": "m" * 5000, "errors": ["e" * 5000] * 5000}).encode())

    assert error.message == "m" * 1000
    assert error.errors == ("e" * 1000,) * 100


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"RateLimit-Reset": "12"}, 12.0),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_the_wait_asked_for_is_kept(headers, seconds):
    """In either form of `Retry-After`, or PagerDuty's own header."""
    assert refusal(429, b"", headers).retry_after == seconds
    assert refusal(503, b"", headers).retry_after == seconds


@pytest.mark.parametrize("status", [202, 302, 400, 500])
def test_no_text_holds_the_routing_key(status):
    """Not even where the peer echoes the request in its words."""
    echo = {"message": f"bad {ROUTING_KEY}{'m' * 990}", "errors": [f"{ROUTING_KEY} twice {ROUTING_KEY}"]}
    body = json.dumps(echo).encode()

    if status == 202:
        assert read(status, body).message == f"bad [routing_key]{'m' * 983}"
        return
    error = refusal(status, body)

    assert error.errors == ("[routing_key] twice [routing_key]",)
    assert error.response.body == body.replace(ROUTING_KEY.encode(), b"[routing_key]")
    assert ROUTING_KEY not in f"{error} {error!r} {error.message}"


def test_no_header_holds_the_routing_key():
    """A peer may echo the request there too; the other headers stay."""
    headers = refusal(400, b"", {"X-Echo": f"key={ROUTING_KEY}", "X-Id": "7"}).response.headers

    assert dict(headers) == {"X-Echo": "key=[routing_key]", "X-Id": "7"}


_json = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
_replies = st.binary() | st.dictionaries(st.sampled_from(["message", "errors", "status"]), _json).map(
    lambda reply: json.dumps(reply).encode()
)


@given(st.integers(100, 999), _replies)
def test_any_answer_is_a_receipt_or_a_peer_error(status, body):
    """Nothing else comes out, for any status and any bytes."""
    if 200 <= status < 300:
        receipt = read(status, body)
        assert (receipt.status, receipt.dedup_key) == (status, "disk")
    else:
        error = refusal(status, body)
        assert error.status == status
        assert all(isinstance(text, str) for text in (error.message, *error.errors))
