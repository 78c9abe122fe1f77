"""The client of the Events API v1: the promises of `PagerDutyClient`, in the words of v1."""

import json
import logging

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
from alertkit.pagerduty import ChangeEvent, ErrorEvent, Image, Link, MetricAlert, PagerDutyClient, TriggerEvent
from alertkit.pagerduty.v1 import EventsV1Client, prepare_v1_event
from alertkit.testing import AlertState, FakePagerDuty, FrozenClock, ScriptedTransport

KEY = "0123456789abcdef0123456789ABCDEF"
EVENT = TriggerEvent(summary="Disk full", source="db-1")
ACCEPTED = HttpResponse(200, {}, b'{"status":"success","message":"Event processed","incident_key":"k"}')
QUICK = Backoff(attempts=6, base=0.01)


def client_of(transport, **options):
    """Return a client whose waits are the whole ceilings, so that they can be foreseen."""
    options = {"clock": FrozenClock(), "dice": lambda: 1.0, "new_dedup_key": lambda: "made-up", **options}
    return EventsV1Client(KEY, transport=transport, **options)


def asked(request):
    """Return the type and the incident key that a request holds."""
    document = json.loads(request.body)
    return document["event_type"], document["incident_key"]


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({}, "https://events.pagerduty.com"),
        ({"region": "eu"}, "https://events.eu.pagerduty.com"),
        ({"base_url": "http://127.0.0.1:8080/"}, "http://127.0.0.1:8080"),
    ],
)
def test_what_goes_over_the_wire_is_what_preparing_shows(options, host):
    """One POST of JSON to the path of v1, on the host of the region."""
    transport = ScriptedTransport(ACCEPTED)

    receipt = client_of(transport, **options).send_trigger(EVENT)

    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", f"{host}/generic/2010-04-15/create_event.json")
    assert request.body == prepare_v1_event(EVENT, service_key=KEY, default_dedup_key="made-up").body
    assert request.headers["Content-Type"] == "application/json"
    assert (receipt.status, receipt.message, receipt.dedup_key) == (200, "Event processed", "made-up")
    assert (receipt.attempts, receipt.changes) == (1, ())


def test_every_kind_of_event_has_its_type():
    """As in v2: trigger, acknowledge, resolve, what an error and a metric mean, and a check."""
    transport = ScriptedTransport(*[ACCEPTED] * 7)
    client = client_of(transport)
    alert = {"organization_id": 1, "identifier": 7, "rule_name": "Rate"}

    client.send(EVENT)
    client.send_acknowledge("disk")
    client.send_resolve("disk")
    client.send_trigger(ErrorEvent(event_id="1", message="boom", short_id="SHOP-1"))
    client.send_trigger(MetricAlert(status="critical", **alert))
    client.send_trigger(MetricAlert(status="closed", **alert))
    client.check()

    assert [asked(request) for request in transport.requests] == [
        ("trigger", "made-up"),
        ("acknowledge", "disk"),
        ("resolve", "disk"),
        ("trigger", "SHOP-1"),
        ("trigger", "incident_1_7"),
        ("resolve", "incident_1_7"),
        ("resolve", "alertkit-check-made-up"),
    ]


@pytest.mark.parametrize("status", [200, 202, 299])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"status":"error"}', b"\xff"])
def test_any_2xx_is_delivered(status, body):
    """Whatever its body holds."""
    receipt = client_of(ScriptedTransport(HttpResponse(status, {}, body))).send_trigger(EVENT)

    assert (receipt.status, receipt.dedup_key) == (status, "made-up")


FAILURES = [ConnectFailedError("x"), TimedOutError("x"), TransportError("x"), MalformedReplyError("x")]


@pytest.mark.parametrize("failure", [403, 429, 408, *range(500, 512), 599, *FAILURES])
def test_what_can_pass_is_tried_again_with_the_same_bytes(failure):
    """A 403 too, by which v1 limits the rate; every attempt is the same event."""
    transport = ScriptedTransport(failure, failure, ACCEPTED)
    numbers = iter(range(9))

    receipt = client_of(transport, new_dedup_key=lambda: f"key-{next(numbers)}").send_trigger(EVENT)

    assert receipt.attempts == 3
    assert len({(request.url, request.body) for request in transport.requests}) == 1
    assert asked(transport.requests[0]) == ("trigger", "key-0")


@pytest.mark.parametrize("status", [300, 302, 308, 400, 401, 404, 413, 422])
def test_what_cannot_pass_is_not_tried_again(status):
    """Any other 3xx or 4xx is refused once and for all."""
    transport = ScriptedTransport(HttpResponse(status, {"Location": "https://elsewhere.example.com/"}))

    with pytest.raises(RejectedError) as caught:
        client_of(transport).send_trigger(EVENT)

    assert (caught.value.attempts, caught.value.dedup_key, len(transport.requests)) == (1, "made-up", 1)


def test_a_rate_limit_that_lasts():
    """After the attempts, or at once where the hint does not fit before the deadline."""
    clock = FrozenClock()
    client = client_of(ScriptedTransport(403, 403), clock=clock, backoff=Backoff(attempts=2, base=2.0))
    with pytest.raises(RateLimitedError, match=r"limits the rate of this service key \(HTTP 403\)") as caught:
        client.send_trigger(EVENT)
    assert (caught.value.attempts, caught.value.retryable, clock.slept) == (2, True, (2.0,))

    client = client_of(ScriptedTransport(HttpResponse(403, {"Retry-After": "45"})), clock=clock)
    with pytest.raises(RateLimitedError) as caught:
        client.send_trigger(EVENT)
    assert (caught.value.attempts, caught.value.retry_after, clock.slept) == (1, 45.0, (2.0,))


def test_a_403_of_v2_is_no_rate_limit():
    """There it comes from a proxy, and is final."""
    with pytest.raises(RejectedError):
        PagerDutyClient(KEY, transport=ScriptedTransport(403)).send_trigger(EVENT)


def test_a_slow_peer_ends_at_the_deadline():
    """However often it is asked, each attempt in the time that is left."""
    clock = FrozenClock()

    def slow(_request):
        clock.advance(min(transport.timeouts[-1], 3))
        raise TimedOutError("x")

    transport = ScriptedTransport(*[slow] * 50)
    client = client_of(transport, clock=clock, deadline=5, attempt_timeout=2, backoff=Backoff(attempts=50))
    with pytest.raises(TimedOutError):
        client.send_trigger(EVENT)

    assert clock.monotonic() <= 5
    assert all(0 < timeout <= 2 for timeout in transport.timeouts)


def test_no_byte_leaves_for_what_is_wrong():
    """A change event has no place in v1, and a trigger without a key could page twice."""
    transport = ScriptedTransport()

    for wrong in (ChangeEvent(summary="Deploy", source="ci"), None):
        for send in (client_of(transport).send, client_of(transport).send_trigger):
            with pytest.raises(InvalidEventError):
                send(wrong)
    with pytest.raises(UsageError, match="new_dedup_key"):
        client_of(transport, new_dedup_key=lambda: None).send_trigger(EVENT)
    assert transport.requests == ()


@pytest.mark.parametrize("options", [{"deadline": 0}, {"attempt_timeout": "1"}, {"region": "moon"}, {"base_url": "x"}])
def test_a_client_that_cannot_work_cannot_be_built(options):
    """The settings are those of v2, and checked alike; a key that is none is named as v1 names it."""
    with pytest.raises(UsageError):
        EventsV1Client(KEY, **options)
    with pytest.raises(InvalidEventError, match="service_key has 20 characters and looks like a REST API token"):
        EventsV1Client("s3cr3t-s3cr3t-s3cr3t")


@pytest.mark.parametrize("status", [200, 400, 403, 503])
def test_the_key_comes_out_nowhere(status, caplog):
    """Not in a repr, a log line, an error, or an answer that echoes the request."""
    echo = f'{{"message":"{KEY}","errors":["key {KEY} is wrong"]}}'.encode()
    client = client_of(ScriptedTransport(HttpResponse(status, {"X-Echo": KEY}, echo)), backoff=Backoff(attempts=1))
    texts = [repr(client), repr(prepare_v1_event(EVENT, service_key=KEY))]

    with caplog.at_level(logging.DEBUG):
        try:
            texts.append(repr(client.send_trigger(EVENT)))
        except (RejectedError, RateLimitedError, UnavailableError) as error:
            texts += [f"{error!s} {error!r} {error.errors} {error.message}", str(error.response.body)]
            texts += [*error.response.headers.values()]

    assert caplog.records
    assert status == 200 or any("key [service_key] is wrong" in text for text in texts)
    texts += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert not any(KEY in text for text in texts)
    assert texts[0] == "EventsV1Client('https://events.pagerduty.com')"


@pytest.fixture
def fake():
    """A PagerDuty on loopback."""
    with FakePagerDuty() as server:
        yield server


@pytest.fixture
def client(fake):
    """A client of it that retries quickly, over real sockets."""
    with EventsV1Client(fake.routing_key, base_url=fake.url, backoff=QUICK, deadline=5) as opened:
        yield opened


def test_the_life_of_an_incident(fake, client):
    """Trigger twice, acknowledge, resolve, trigger: two incidents, one of them open; one connection."""
    event = TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk")
    for _ in range(2):
        client.send_trigger(event)
    client.send_acknowledge("disk")
    assert [(alert.state, alert.triggers) for alert in fake.alerts] == [(AlertState.ACKNOWLEDGED, 2)]

    client.send_resolve("disk")
    client.send_trigger(event)
    client.check()

    assert [alert.state for alert in fake.alerts] == [AlertState.RESOLVED, AlertState.TRIGGERED]
    assert fake.connections == 1


def test_an_incident_in_the_words_of_v1():
    """What `send_trigger` does with an event whose source is the client; contexts keep their kinds."""
    transport = ScriptedTransport(*[ACCEPTED] * 3)
    client = client_of(transport)
    shown = [Link(href="https://example.com/1", text="Run"), Image(src="https://example.com/2.png")]

    client.trigger_incident("Disk full", incident_key="db-1", details={"left": 0}, client="Monitor", contexts=shown)
    client.trigger_incident("Disk full")
    client.trigger_incident("Disk full", client=" ")

    full, bare, blank = (json.loads(request.body) for request in transport.requests)
    assert (full["event_type"], full["description"], full["incident_key"]) == ("trigger", "Disk full", "db-1")
    assert (full["details"]["left"], full["details"]["source"], full["client"]) == (0, "Monitor", "Monitor")
    assert [context["type"] for context in full["contexts"]] == ["link", "image"]
    assert (bare["incident_key"], bare["details"]["source"]) == ("made-up", "unknown")
    assert (blank["client"], blank["details"]["source"]) == (" ", "unknown")
    with pytest.raises(InvalidEventError):
        client.trigger_incident("", contexts=["https://example.com"])


def test_everything_that_an_event_can_hold_is_taken(fake, client):
    """An event that needs every kind of mending passes the checks of v1."""
    receipt = client.send_trigger(
        TriggerEvent(
            summary="🚨" * 2000,
            source="db-1",
            dedup_key="k" * 300,
            custom_details={"log": "火" * 400_000, 1: {2, 3}, "nan": float("nan"), "source": "mine"},
            links=[Link(href="https://example.com/", text="x"), Link(href=" ")],
            images=[Image(src="https://example.com/x.png"), Image(src="http://example.com/y.png")],
        )
    )

    assert {change.field for change in receipt.changes} >= {"summary", "dedup_key", "custom_details.log", "links[1]"}
    assert fake.events[0]["details"]["event_source"] == "db-1"
    assert len(fake.requests[0].body) <= 512_000


def test_a_retry_never_pages_twice(fake, client):
    """The event was taken and the answer lost: the resend joins the incident that the first one opened."""
    fake.will_drop(taking=True, times=2)

    receipt = client.send_trigger(EVENT)

    assert receipt.attempts == 3
    assert [(alert.dedup_key, alert.triggers) for alert in fake.alerts] == [(receipt.dedup_key, 3)]
    assert len({request.body for request in fake.requests}) == 1


def test_rate_limits_and_outages_pass(fake, client):
    """403 with and without a hint, 5xx and dropped connections are outlasted."""
    fake.will_throttle(retry_after="0")
    fake.will_throttle()
    fake.will_answer(503, b"<html>")
    fake.will_drop()

    assert client.send_trigger(EVENT).attempts == 5


def test_a_peer_that_never_answers_ends_in_time():
    """`TimedOutError` within the deadline, and `ConnectFailedError` where nobody is there."""
    with FakePagerDuty() as fake:
        fake.will_delay(30)
        with EventsV1Client(fake.routing_key, base_url=fake.url, deadline=0.4) as client:
            with pytest.raises(TimedOutError):
                client.send_trigger(EVENT)
        url = fake.url
    with EventsV1Client(KEY, base_url=url, backoff=QUICK) as client, pytest.raises(ConnectFailedError) as caught:
        client.send_trigger(EVENT)
    assert caught.value.attempts == 6


def test_a_key_that_does_not_exist():
    """Is refused in the words of the fake, by a check too."""
    with FakePagerDuty(routing_keys=["f" * 32]) as fake, EventsV1Client(KEY, base_url=fake.url) as client:
        for send in (client.check, lambda: client.send_trigger(EVENT)):
            with pytest.raises(RejectedError) as caught:
                send()
            assert caught.value.errors == ("Service key is invalid",)
