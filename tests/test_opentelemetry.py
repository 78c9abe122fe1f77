"""What OpenTelemetry is told, as its own SDK sees it."""

import logging
import threading
from datetime import datetime, timezone

import pytest
from observed_world import WORK, deliver, page
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from alertkit import HttpResponse, UsageError
from alertkit.opentelemetry import OpenTelemetryObserver
from alertkit.pagerduty import EventAttempted
from alertkit.testing import FrozenClock

AT = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)


class Telemetry:
    """An SDK in memory, and an observer that tells it."""

    def __init__(self):
        """Set it up."""
        self._reader = InMemoryMetricReader()
        self._spans = InMemorySpanExporter()
        self._meters = MeterProvider(metric_readers=[self._reader], shutdown_on_exit=False)
        self._traces = TracerProvider(shutdown_on_exit=False)
        self._traces.add_span_processor(SimpleSpanProcessor(self._spans))
        self.tracer = self._traces.get_tracer("tests")
        self.observer = OpenTelemetryObserver(
            meter=self._meters.get_meter("tests"), tracer=self.tracer, clock=FrozenClock(AT)
        )

    def metrics(self):
        """Return the metrics by name."""
        read = self._reader.get_metrics_data()
        scopes = (
            [] if read is None else [scope for resource in read.resource_metrics for scope in resource.scope_metrics]
        )
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def points(self, name):
        """Return what a metric says, by its attributes."""
        return {tuple(point.attributes.items()): point for point in self.metrics()[name].data.data_points}

    @property
    def spans(self):
        """The spans that have ended."""
        return self._spans.get_finished_spans()


def attempted(**given):
    """Return an attempt that took a quarter of a second."""
    return EventAttempted(**{"dedup_key": "disk", "number": 1, "status": 202, "duration": 0.25, **given})


def test_a_counter_for_each_kind():
    """Named after part and kind; the other labels are its attributes."""
    telemetry = Telemetry()
    for _ in range(2):
        page(telemetry.observer)

    points = telemetry.points("alertkit.pagerduty.event_attempted")
    delivered = (("outcome", "delivered"), ("status", "2xx"), ("error", "none"))
    retried = (("outcome", "retried"), ("status", "5xx"), ("error", "UnavailableError"))
    assert {attributes: point.value for attributes, point in points.items()} == {delivered: 2, retried: 2}
    assert telemetry.metrics()["alertkit.pagerduty.event_attempted"].unit == "1"


def test_a_histogram_where_time_was_measured():
    """In seconds, and with boundaries that tell tens of milliseconds from tens of seconds."""
    telemetry = Telemetry()
    for duration in (0.02, 0.3, 12.0):
        telemetry.observer(attempted(duration=duration))

    (point,) = telemetry.points("alertkit.pagerduty.event_attempted.duration").values()
    assert telemetry.metrics()["alertkit.pagerduty.event_attempted.duration"].unit == "s"
    assert (point.count, point.sum) == (3, pytest.approx(12.32))
    assert [bound for bound, count in zip(point.explicit_bounds, point.bucket_counts, strict=False) if count] == [
        0.025,
        0.5,
        15.0,
    ]


def test_what_took_no_time_has_no_histogram():
    """Nor a span."""
    telemetry = Telemetry()
    deliver(telemetry.observer)

    webhooks = {name for name in telemetry.metrics() if name.endswith(".duration")}
    assert webhooks == {"alertkit.webhooks.message_attempted.duration"}
    assert [span.name for span in telemetry.spans] == ["alertkit.webhooks.message_attempted"]


def test_an_attempt_is_a_span():
    """Of a client, from when it began to when it ended, within the span that the caller is in."""
    telemetry = Telemetry()
    with telemetry.tracer.start_as_current_span("checkout") as caller:
        telemetry.observer(attempted())

    span = telemetry.spans[0]
    assert (span.name, span.kind) == ("alertkit.pagerduty.event_attempted", SpanKind.CLIENT)
    assert span.parent.span_id == caller.get_span_context().span_id
    assert span.end_time == int(AT.timestamp()) * 10**9
    assert span.end_time - span.start_time == 250_000_000
    assert dict(span.attributes) == {"outcome": "delivered", "status": "2xx", "error": "none"}
    assert span.status.status_code is StatusCode.UNSET


def test_a_span_is_an_error_where_the_log_would_warn():
    """Whether or not another attempt follows."""
    telemetry = Telemetry()
    page(telemetry.observer)

    assert [span.status.status_code for span in telemetry.spans] == [StatusCode.ERROR, StatusCode.UNSET]


def test_without_a_tracer_there_are_no_spans(caplog):
    """And without an SDK nothing at all; what is done goes on, and no observer fails."""
    observer = OpenTelemetryObserver(meter=NoOpMeterProvider().get_meter("tests"))

    for work, _ in WORK.values():
        work(observer)
    assert page(observer).attempts == 2
    assert "the observer failed" not in caplog.text


def test_an_instrument_is_made_once(caplog):
    """OpenTelemetry would complain; threads that come first together do not make two."""
    telemetry = Telemetry()
    barrier = threading.Barrier(8)

    def work():
        barrier.wait()
        for _ in range(50):
            telemetry.observer(attempted())

    threads = [threading.Thread(target=work) for _ in range(8)]
    with caplog.at_level(logging.WARNING):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    (point,) = telemetry.points("alertkit.pagerduty.event_attempted").values()
    assert (point.value, caplog.records) == (400, [])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"meter": None}, "meter must have the methods create_counter, create_histogram"),
        ({"tracer": "jaeger"}, "tracer must have the methods start_span"),
        ({"clock": HttpResponse(200)}, "clock must have the methods now"),
    ],
)
def test_what_it_cannot_work_with_is_refused(given, problem):
    """When it is built."""
    with pytest.raises(UsageError, match=problem):
        OpenTelemetryObserver(**{"meter": NoOpMeterProvider().get_meter("tests"), **given})
