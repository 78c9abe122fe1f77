"""The types that a caller sees, as the design writes them. Type-checked, never executed."""

import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from typing_extensions import assert_type

import alertkit
from alertkit import Backoff, Headers, HttpRequest, HttpResponse, PeerError, RateLimitedError, TransportError
from alertkit.errors import Answer, InvalidEventError, PayloadTooLargeError
from alertkit.pagerduty import (
    AcknowledgeEvent,
    Change,
    ChangeEvent,
    ErrorEvent,
    Image,
    Incident,
    IncidentRun,
    Link,
    MetricAlert,
    MetricStatus,
    PagerDutyClient,
    PreparedEvent,
    Receipt,
    Region,
    ResolveEvent,
    Severity,
    TriggerEvent,
    prepare_event,
    severity_for_level,
)
from alertkit.pagerduty.logging import AlertCounts, PagerDutyHandler
from alertkit.pagerduty.services import PagerDutyService, ServiceGone, ServicePager
from alertkit.pagerduty.v1 import EventsV1Client, TagRoutes, prepare_v1_event
from alertkit.testing import (
    Alert,
    AlertState,
    FakePagerDuty,
    FrozenClock,
    MemoryServiceRepository,
    ReceivedRequest,
    ScriptedTransport,
)

KEY = "0" * 32

event = TriggerEvent(
    summary="Checkout error rate above 5 %",
    source="checkout-7c9f",
    severity=Severity.ERROR,
    dedup_key="checkout-errors",
    timestamp=datetime.now(timezone.utc),
    component="checkout",
    group="shop",
    class_="error-rate",
    custom_details={"rate": 0.071},
    links=[Link(href="https://grafana.example.com/d/1", text="Dashboard")],
    images=[Image(src="https://grafana.example.com/d/1.png")],
    client="Shop monitor",
    client_url="https://shop.example.com",
)
least = TriggerEvent(summary="Disk full", source="db-1", severity="error", dedup_key=None, timestamp=None)
change = ChangeEvent(summary="Deploy 42", source="ci", links=(Link(href="https://ci.example.com/42"),))
alert = MetricAlert(
    organization_id="1",
    identifier=2,
    rule_name="Errors",
    status="closed",
    title="t",
    text=None,
    url=None,
    severity=None,
)


def values() -> None:
    """Converters take what is handy, attributes are what the design says."""
    assert_type(event.summary, str)
    assert_type(event.severity, Severity)
    assert_type(event.dedup_key, str | None)
    assert_type(event.timestamp, datetime | None)
    assert_type(event.custom_details, Mapping[str, object] | None)
    assert_type(event.links, tuple[Link, ...])
    assert_type(event.images, tuple[Image, ...])
    assert_type(change.source, str | None)
    assert_type(alert.status, MetricStatus)
    assert_type(alert.severity, Severity | None)
    assert_type(Region("eu"), Region)


def sources() -> None:
    """Errors and metrics become events."""
    error_event = ErrorEvent(event_id="e", message="m", title="t", level="fatal", tags={"a": "b"}, details={"c": 1})
    assert_type(TriggerEvent.from_error_event(error_event), TriggerEvent)
    assert_type(alert.to_event(), TriggerEvent | ResolveEvent)
    assert_type(alert.dedup_key, str)


def levels() -> None:
    """A default widens the result to its type, and none leaves a severity."""
    assert_type(severity_for_level("fatal"), Severity)
    assert_type(severity_for_level(logging.WARNING), Severity)
    assert_type(severity_for_level("?", None), Severity | None)
    assert_type(severity_for_level("?", default=None), Severity | None)
    assert_type(severity_for_level("?", default=Severity.INFO), Severity)


def preparing() -> None:
    """An event is prepared without a network."""
    prepared = prepare_event(event, routing_key=KEY)
    assert_type(prepared, PreparedEvent)
    assert_type(prepared.payload, dict[str, Any])
    assert_type(prepared.body, bytes)
    assert_type(prepared.dedup_key, str | None)
    assert_type(prepared.changes, tuple[Change, ...])
    for made in prepared.changes:
        assert_type((made.field, made.reason, made.before, made.after), tuple[str, str, object, object])


def sending() -> None:
    """Every send returns a receipt."""
    with PagerDutyClient(KEY) as pagerduty:
        assert_type(pagerduty, PagerDutyClient)
        receipt = pagerduty.send_trigger(event)
        assert_type(receipt, Receipt)
        assert_type(receipt.status, int)
        assert_type(receipt.message, str)
        assert_type(receipt.dedup_key, str)
        assert_type(receipt.attempts, int)
        assert_type(receipt.changes, tuple[Change, ...])
        assert_type(pagerduty.send_trigger(alert), Receipt)
        assert_type(pagerduty.send_trigger(ErrorEvent(event_id="e")), Receipt)
        assert_type(pagerduty.send_acknowledge("key"), Receipt)
        assert_type(pagerduty.send_resolve("key"), Receipt)
        assert_type(pagerduty.send_change(change), Receipt)
        assert_type(pagerduty.check(), Receipt)
        for each in (event, AcknowledgeEvent(dedup_key="key"), ResolveEvent(dedup_key="key"), change):
            assert_type(pagerduty.send(each), Receipt)
    PagerDutyClient(KEY, region="eu", deadline=30, backoff=Backoff(attempts=3, base=1), clock=FrozenClock())
    PagerDutyClient(KEY, region=Region.EU, base_url="http://127.0.0.1:1", transport=ScriptedTransport(202))


def legacy() -> None:
    """The client of v1 has the methods of that of v2, but for changes; routes give keys."""
    routes = TagRoutes("server,db-1,KEY", default_key=KEY)
    assert_type(routes.problems, tuple[str, ...])
    with EventsV1Client(routes.key_for({"server": "db-1", "shard": 7})) as client:
        assert_type(client, EventsV1Client)
        assert_type(client.send_trigger(event), Receipt)
        assert_type(client.send_acknowledge("key"), Receipt)
        assert_type(client.send_resolve("key"), Receipt)
        assert_type(client.check(), Receipt)
        assert_type(client.send(ResolveEvent(dedup_key="key")), Receipt)
    assert_type(prepare_v1_event(event, service_key=KEY), PreparedEvent)


def services() -> None:
    """A service that is gone is a result that has to be looked at."""
    service = PagerDutyService(id="17", name="Checkout", integration_key=KEY, region=Region.EU)
    assert_type((service.id, service.integration_key, service.region), tuple[str, str, Region])
    PagerDutyService(id=17, name="Checkout", integration_key=KEY, region="eu")
    with ServicePager(MemoryServiceRepository()) as pager:
        result = pager.send(event, account_id=1, service_id="17")
        assert_type(result, Receipt | ServiceGone)
        if isinstance(result, ServiceGone):
            assert_type((result.account_id, result.service_id), tuple[str, str])
        else:
            assert_type(result, Receipt)
        assert_type(pager.client_for("1", 17), PagerDutyClient | ServiceGone)


def incidents() -> None:
    """A block knows its run, and a function keeps its type."""
    nightly = PagerDutyClient(KEY).incident("nightly", source="cron", severity="critical", failures=(OSError,))
    assert_type(nightly, Incident)
    with nightly as run:
        assert_type(run, IncidentRun)
        assert_type(run.details, dict[str, object])

    @nightly
    def imported(rows: int) -> str:
        return str(rows)

    assert_type(imported(1), str)


def logging_handler() -> None:
    """A handler is one of `logging`, and counts what became of the records."""
    handler: logging.Handler = PagerDutyHandler(KEY, level="CRITICAL", region="eu", key=lambda record: record.name)
    assert isinstance(handler, PagerDutyHandler)
    assert_type(handler.counts, AlertCounts)
    assert_type(handler.counts.sent, int)
    PagerDutyHandler(client=PagerDutyClient(KEY), interval=30, per_minute=60, clock=FrozenClock())


def failing() -> None:
    """What an error knows can be read without a cast."""
    try:
        sending()
    except InvalidEventError as error:
        assert_type(error.problems, tuple[str, ...])
    except PayloadTooLargeError as error:
        assert_type((error.limit, error.actual), tuple[int, int])
    except RateLimitedError as error:
        assert_type(error.retry_after, float | None)
    except PeerError as error:
        assert_type(error.response, Answer | None)
        assert_type(error.status, int | None)
        assert_type(error.errors, tuple[str, ...])
    except TransportError as error:
        assert_type((error.attempts, error.dedup_key, error.retryable), tuple[int, str | None, bool])


def kernel() -> None:
    """One exchange, as values."""
    request = HttpRequest("POST", "https://h.example", {"A": "b"}, b"{}")
    response = HttpResponse(202, {"A": "b"}, b"{}", 0.5)
    assert_type(request.headers, Mapping[str, str])
    assert_type(response.headers, Mapping[str, str])
    assert_type(Headers(request.headers)["a"], str)
    assert_type((response.status, response.body, response.elapsed), tuple[int, bytes, float])
    assert_type(Backoff().delay(1, dice=0.5, remaining=30.0, hint=None), float | None)
    assert_type(alertkit.__version__, str)


def testing() -> None:
    """What the testing kit shows of what it was sent."""
    with FakePagerDuty() as fake:
        assert_type(fake, FakePagerDuty)
        assert_type(fake.alerts, tuple[Alert, ...])
        assert_type(fake.alerts[0].state, AlertState)
        assert_type(fake.requests, tuple[ReceivedRequest, ...])
        assert_type(fake.events, tuple[dict[str, Any], ...])
        assert_type(fake.change_events, tuple[dict[str, Any], ...])
    assert_type(ScriptedTransport(202, HttpResponse(202), OSError()).requests, tuple[HttpRequest, ...])
    assert_type(FrozenClock().slept, tuple[float, ...])
