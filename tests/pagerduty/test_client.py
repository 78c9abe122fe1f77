"""What the client does with each answer, to the second: no socket, no waiting."""

import json
import logging
import threading

import pytest

from alertkit import (
    Backoff,
    ConnectFailedError,
    HttpResponse,
    InvalidEventError,
    MalformedReplyError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    TransportError,
    UnavailableError,
    UsageError,
)
from alertkit.pagerduty import (
    ChangeEvent,
    ErrorEvent,
    MetricAlert,
    PagerDutyClient,
    Region,
    Severity,
    TriggerEvent,
    prepare_event,
)
from alertkit.testing import FrozenClock, ScriptedTransport

KEY = "0123456789abcdef0123456789ABCDEF"
EVENT = TriggerEvent(summary="Disk full", source="db-1")
CHANGE = ChangeEvent(summary="Deploy 42", source="ci")
ACCEPTED = HttpResponse(202, {}, b'{"status":"success","message":"Event processed","dedup_key":"k"}')


def client_of(transport, **options):
    """Return a client whose waits are the whole ceilings, so that they can be foreseen."""
    options = {"clock": FrozenClock(), "dice": lambda: 1.0, "new_dedup_key": lambda: "made-up", **options}
    return PagerDutyClient(KEY, transport=transport, **options)


def asked(request):
    """Return the action and the dedup key that a request holds."""
    document = json.loads(request.body)
    return document["event_action"], document["dedup_key"]


def test_a_delivered_event_gives_a_receipt():
    """The receipt holds the status, PagerDuty's words, the key for later events, the attempts and the changes."""
    transport = ScriptedTransport(ACCEPTED)
    event = TriggerEvent(summary="x" * 1500, source="db-1", dedup_key="disk")

    receipt = client_of(transport).send_trigger(event)

    assert (receipt.status, receipt.message, receipt.dedup_key, receipt.attempts) == (202, "Event processed", "disk", 1)
    assert [(change.field, change.before, change.after) for change in receipt.changes] == [("summary", 1500, 1024)]


def test_what_goes_over_the_wire_is_what_preparing_shows():
    """One POST with the prepared bytes, as JSON, to the host of the region."""
    transport = ScriptedTransport(ACCEPTED)
    event = TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk")

    client_of(transport).send_trigger(event)

    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", "https://events.pagerduty.com/v2/enqueue")
    assert request.body == prepare_event(event, routing_key=KEY).body
    assert request.headers["Content-Type"] == "application/json"
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://events.pagerduty.com"),
        ({"region": Region.EU}, "https://events.eu.pagerduty.com"),
        ({"region": "eu"}, "https://events.eu.pagerduty.com"),
        ({"region": "eu", "base_url": "https://proxy.example.com/pd/"}, "https://proxy.example.com/pd"),
        ({"base_url": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080"),
    ],
)
def test_where_events_go(options, url):
    """The region chooses the host, a base URL wins over it, and change events have a path of their own."""
    transport = ScriptedTransport(ACCEPTED, ACCEPTED)
    client = client_of(transport, **options)

    client.send_trigger(EVENT)
    client.send_change(CHANGE)

    assert [request.url for request in transport.requests] == [f"{url}/v2/enqueue", f"{url}/v2/change/enqueue"]


def test_every_kind_of_event_has_its_action():
    """Trigger, acknowledge and resolve name the alert; an error event and a metric alert become what they mean."""
    transport = ScriptedTransport(*[ACCEPTED] * 6)
    client = client_of(transport)

    client.send_trigger(EVENT)
    client.send_acknowledge("disk")
    client.send_resolve("disk")
    client.send_trigger(ErrorEvent(event_id="1", message="boom", short_id="SHOP-1"))
    alert = {"organization_id": 1, "identifier": 7, "rule_name": "Rate"}
    client.send_trigger(MetricAlert(status="critical", **alert))
    client.send_trigger(MetricAlert(status="closed", severity=Severity.INFO, **alert))

    sent = [asked(request) for request in transport.requests]
    assert sent == [
        ("trigger", "made-up"),
        ("acknowledge", "disk"),
        ("resolve", "disk"),
        ("trigger", "SHOP-1"),
        ("trigger", "incident_1_7"),
        ("resolve", "incident_1_7"),
    ]


def test_check_resolves_an_alert_that_cannot_exist():
    """A check sends a resolve of a fresh key, which has no effect, and answers like any send."""
    transport = ScriptedTransport(ACCEPTED, 403)
    client = client_of(transport)

    receipt = client.check()

    assert receipt.dedup_key == "alertkit-check-made-up"
    assert asked(transport.requests[0]) == ("resolve", "alertkit-check-made-up")
    with pytest.raises(RejectedError):
        client.check()


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"message": 5}', b"\xff", b"[" * 100_000])
def test_any_2xx_is_delivered_whatever_its_body_holds(status, body):
    """A resend of a delivered event could page twice, so no body makes a 2xx a failure."""
    receipt = client_of(ScriptedTransport(HttpResponse(status, {}, body, complete=False))).send_trigger(EVENT)

    assert (receipt.status, receipt.message, receipt.dedup_key) == (status, "", "made-up")


RETRIED = [429, 408, *range(500, 512), 599]


@pytest.mark.parametrize("failure", [*RETRIED, ConnectFailedError("x"), TimedOutError("x"), TransportError("x")])
def test_what_can_pass_is_tried_again_with_the_same_bytes(failure):
    """429, 408, any 5xx and a lost connection are retried, and every attempt is the same event."""
    transport = ScriptedTransport(failure, failure, ACCEPTED)

    receipt = client_of(transport).send_trigger(EVENT)

    assert receipt.attempts == 3
    assert len({(request.url, request.body) for request in transport.requests}) == 1
    assert asked(transport.requests[0]) == ("trigger", "made-up")


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 403, 404, 413, 422])
def test_what_cannot_pass_is_not_tried_again(status):
    """A 3xx or 4xx is refused once and for all, and a redirect is not followed."""
    transport = ScriptedTransport(HttpResponse(status, {"Location": "https://elsewhere.example.com/"}))

    with pytest.raises(RejectedError) as caught:
        client_of(transport).send_trigger(EVENT)

    assert (caught.value.status, caught.value.attempts, caught.value.retryable) == (status, 1, False)
    assert len(transport.requests) == 1


def test_a_refusal_carries_pagerdutys_words():
    """The error holds the status, the message, every error, the attempts and the key to resend with."""
    body = b'{"status":"invalid event","message":"Event object is invalid","errors":["no source","no summary"]}'

    with pytest.raises(RejectedError) as caught:
        client_of(ScriptedTransport(HttpResponse(400, {}, body))).send_trigger(EVENT)

    error = caught.value
    assert (error.message, error.errors) == ("Event object is invalid", ("no source", "no summary"))
    assert (error.status, error.dedup_key) == (400, "made-up")
    assert str(error) == "PagerDuty refused the event (HTTP 400): Event object is invalid: no source; no summary"


def test_waits_double_up_to_the_cap():
    """Exponential backoff: the ceilings double, stop at the cap, and the attempts are bounded."""
    clock = FrozenClock()
    transport = ScriptedTransport(*[503] * 6)
    client = client_of(transport, clock=clock, deadline=1000, backoff=Backoff(attempts=6, base=1, cap=5))

    with pytest.raises(UnavailableError) as caught:
        client.send_trigger(EVENT)

    assert clock.slept == (1, 2, 4, 5, 5)
    assert (caught.value.attempts, caught.value.retryable) == (6, True)


def test_jitter_takes_its_share_of_the_ceiling():
    """Full jitter: the wait is the dice's share of the ceiling."""
    clock = FrozenClock()
    rolls = iter([0.0, 0.25, 0.5])
    transport = ScriptedTransport(503, 503, 503, ACCEPTED)

    client_of(transport, clock=clock, deadline=1000, dice=lambda: next(rolls)).send_trigger(EVENT)

    assert clock.slept == (0.0, 0.5, 2.0)


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT"}, 9),
        ({"Retry-After": "Wed, 31 Dec 2025 00:00:00 GMT"}, 1),
        ({"ratelimit-reset": "5"}, 5),
        ({"Retry-After": "3600"}, 60),
        ({"Retry-After": "soon"}, 1),
    ],
)
def test_the_servers_hint_lengthens_the_wait(headers, slept):
    """`Retry-After` in seconds or as a date is honoured, capped at a minute, and never shortens the wait."""
    clock = FrozenClock()
    transport = ScriptedTransport(HttpResponse(429, headers), ACCEPTED)

    client_of(transport, clock=clock, deadline=1000).send_trigger(EVENT)

    assert clock.slept == (slept,)


def test_a_hint_past_the_deadline_gives_up_at_once():
    """Waiting for nothing helps nobody: the error says how long PagerDuty wants to be left alone."""
    clock = FrozenClock()

    with pytest.raises(RateLimitedError) as caught:
        client_of(ScriptedTransport(HttpResponse(429, {"Retry-After": "45"})), clock=clock).send_trigger(EVENT)

    assert (caught.value.retry_after, caught.value.attempts, clock.slept) == (45.0, 1, ())


@pytest.mark.parametrize("roll", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("deadline", [0.5, 5, 30])
def test_the_deadline_is_never_overslept(deadline, roll):
    """However the dice fall and however long a peer takes, a send is over by its deadline."""
    clock = FrozenClock()

    def slow(_request):
        clock.advance(min(transport.timeouts[-1], 3))
        raise TimedOutError("x")

    transport = ScriptedTransport(*[slow] * 50)
    client = client_of(transport, clock=clock, deadline=deadline, dice=lambda: roll, backoff=Backoff(attempts=50))

    with pytest.raises(TimedOutError):
        client.send_trigger(EVENT)

    assert clock.monotonic() <= deadline
    assert all(0 < timeout <= 10 for timeout in transport.timeouts)


class LostError(TransportError):
    """An error of a host's own transport, which does not say what PagerDuty has seen."""


def test_a_sleep_that_lasts_too_long_leaves_a_moment():
    """The attempt that was announced is made: no transport takes a timeout of less than nothing."""

    class Drowsy(FrozenClock):
        """Sleeps a minute more than it is asked to."""

        def sleep(self, seconds):
            """Sleep."""
            super().sleep(seconds + 60)

    transport = ScriptedTransport(503, ACCEPTED)

    assert client_of(transport, clock=Drowsy()).send_trigger(EVENT).attempts == 2
    assert transport.timeouts == (10.0, 0.001)


def test_a_change_event_of_unknown_fate_is_sent_once():
    """It has no dedup key: where the answer is missing it may be there already, so it gets all the time at once."""
    for failure in (TimedOutError("x"), TransportError("x"), LostError("x"), MalformedReplyError("x")):
        transport = ScriptedTransport(failure)

        with pytest.raises(type(failure)) as caught:
            client_of(transport).send_change(CHANGE)

        assert (caught.value.attempts, caught.value.dedup_key) == (1, None)
        assert transport.timeouts == (30.0,)


@pytest.mark.parametrize("failure", [ConnectFailedError("x"), 429, 500, 503])
def test_a_change_event_that_was_not_taken_is_tried_again(failure):
    """A refused connection, a rate limit or a 5xx say that it is not there."""
    assert client_of(ScriptedTransport(failure, ACCEPTED)).send_change(CHANGE).attempts == 2


def test_resending_a_change_event_can_be_asked_for():
    """A host that would rather see it twice than not at all says so."""
    transport = ScriptedTransport(TimedOutError("x"), ACCEPTED)

    assert client_of(transport, resend_changes=True).send_change(CHANGE).attempts == 2


def test_no_byte_leaves_for_what_is_wrong():
    """An event that PagerDuty would refuse raises before the transport is asked."""
    transport = ScriptedTransport()
    client = client_of(transport)

    for wrong in (
        lambda: client.send_acknowledge(" "),
        lambda: client.send({"summary": "x"}),
        lambda: client.send(None),
    ):
        with pytest.raises(InvalidEventError):
            wrong()
    with pytest.raises(InvalidEventError, match="begins with R"):
        PagerDutyClient("R" * 32, transport=transport).send_change(CHANGE)
    assert transport.requests == ()


@pytest.mark.parametrize(
    "options",
    [
        {"deadline": 0},
        {"deadline": float("nan")},
        {"attempt_timeout": -1},
        {"region": "moon"},
        {"base_url": "http://events.example.com"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "events.example.com"},
        {"base_url": "https://user:secret@example.com"},
        {"base_url": "https://example.com/?a=b"},
        {"base_url": "https://[::1"},
        {"transport": ScriptedTransport},
        {"transport": "https://example.com"},
        {"backoff": 3},
        {"clock": FrozenClock},
        {"new_dedup_key": "disk"},
        {"dice": 0.5},
        {"observer": "log"},
    ],
)
def test_a_client_that_cannot_work_cannot_be_built(options):
    """The settings are checked when the client is built, and no message repeats a credential."""
    with pytest.raises(UsageError) as caught:
        PagerDutyClient(KEY, **options)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [202, 400, 503])
def test_the_key_comes_out_nowhere(status, caplog):
    """Not in a repr, a log line, an error, or an answer that echoes the request."""
    echo = f'{{"message":"{KEY}","errors":["key {KEY} is wrong"]}}'.encode()
    client = client_of(ScriptedTransport(HttpResponse(status, {}, echo)), backoff=Backoff(attempts=1))
    prepared = prepare_event(EVENT, routing_key=KEY)
    texts = [repr(client), repr(prepared), str(prepared)]

    with caplog.at_level(logging.DEBUG):
        try:
            texts.append(repr(client.send_trigger(EVENT)))
        except (RejectedError, UnavailableError) as error:
            texts += [str(error), repr(error), str(error.errors), error.message, str(error.response.body)]

    assert caplog.records
    texts += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert not any(KEY in text for text in texts)


def test_log_lines_are_structured(caplog):
    """Each failed attempt and the delivery are lines of `alertkit.pagerduty` with fields to search by."""
    with caplog.at_level(logging.INFO, logger="alertkit.pagerduty"):
        client_of(ScriptedTransport(503, ACCEPTED)).send_trigger(EVENT)

    failed, delivered = caplog.records
    assert (failed.name, failed.levelname, failed.dedup_key, failed.http_status) == (
        "alertkit.pagerduty",
        "WARNING",
        "made-up",
        503,
    )
    assert (failed.delay, failed.error, failed.attempt) == (1.0, "UnavailableError", 1)
    assert (delivered.levelname, delivered.attempt, delivered.http_status) == ("INFO", 2, 202)


def test_threads_share_a_client():
    """Every send of 32 threads is its own: no key, attempt or receipt of one shows up in another."""
    numbers = iter(range(10_000))
    lock = threading.Lock()

    def number():
        with lock:
            return f"key-{next(numbers)}"

    def answer(request):
        return HttpResponse(202, {}, request.body)

    transport = ScriptedTransport(*[answer] * 640)
    client = client_of(transport, new_dedup_key=number)
    receipts = []

    def work():
        receipts.extend(client.send_trigger(EVENT) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({receipt.dedup_key for receipt in receipts}) == 640
    assert {receipt.attempts for receipt in receipts} == {1}


def test_a_transport_that_was_handed_in_is_left_open():
    """The client closes what it opened, which is nothing here."""

    class Closing(ScriptedTransport):
        """Notes that it was closed."""

        closed = False

        def close(self):
            """Note it."""
            self.closed = True

    transport = Closing(ACCEPTED)
    with client_of(transport) as client:
        client.send_trigger(EVENT)

    assert not transport.closed


def test_an_unforeseen_error_of_a_transport_is_not_hidden():
    """What is no failure of the network comes out as it is, unretried."""
    transport = ScriptedTransport(ZeroDivisionError("mine"))

    with pytest.raises(ZeroDivisionError):
        client_of(transport).send_trigger(EVENT)

    assert len(transport.requests) == 1


def test_what_pages_nobody_cannot_page():
    """A trigger is no change and a change no trigger: each method takes what it says and refuses the rest."""
    transport = ScriptedTransport()
    client = client_of(transport)

    with pytest.raises(InvalidEventError, match="of type ChangeEvent, not TriggerEvent"):
        client.send_change(EVENT)
    with pytest.raises(InvalidEventError, match="of type TriggerEvent, not ChangeEvent"):
        client.send_trigger(CHANGE)
    assert transport.requests == ()


def test_a_key_is_made_only_where_there_is_none():
    """A function that makes keys and fails costs no alert that has one."""
    transport = ScriptedTransport(ACCEPTED, ACCEPTED)
    client = client_of(transport, new_dedup_key=lambda: 1 / 0)

    client.send_trigger(TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk"))
    client.send_resolve("disk")
    with pytest.raises(ZeroDivisionError):
        client.send_trigger(EVENT)

    assert [asked(request) for request in transport.requests] == [("trigger", "disk"), ("resolve", "disk")]


def test_a_trigger_never_leaves_without_a_key():
    """Without one, a retry after a lost answer would page twice."""
    transport = ScriptedTransport()

    with pytest.raises(UsageError, match="new_dedup_key"):
        client_of(transport, new_dedup_key=lambda: None).send_trigger(EVENT)
    assert transport.requests == ()
