"""
Observations as metrics and spans of OpenTelemetry (`alertkit[opentelemetry]`).

Rules of this file: the one place that imports OpenTelemetry, and of that the API, which does nothing until the host
sets up an SDK. It knows no kind of observation by name; what it counts by, the observations say.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from opentelemetry.metrics import Counter, Histogram, Meter  # pip install "alertkit[opentelemetry]"
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from alertkit._checks import demand, methods
from alertkit._clock import Clock, SystemClock
from alertkit._observation import WARNING, Observation

__all__ = ["OpenTelemetryObserver"]

_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 30.0)
"""Seconds. Those that OpenTelemetry has for HTTP requests, and as far as an attempt can take by default."""


class OpenTelemetryObserver:
    """
    Counts every observation, measures those that took time, and makes spans of these where there is a tracer.

    The counter `alertkit.<part>.<kind>` has the other labels as attributes; the histogram beside it,
    `alertkit.<part>.<kind>.duration`, is in seconds. A span has that name too. It is a child of whatever span the
    calling thread is in, and an error where the log would warn. No attribute is an id. Threads may share it.
    """

    def __init__(self, *, meter: Meter, tracer: Tracer | None = None, clock: Clock | None = None) -> None:
        """Take whom to tell: `opentelemetry.metrics.get_meter("alertkit")`, and a tracer. Raises `UsageError`."""
        demand(
            methods("meter", meter, "create_counter", "create_histogram"),
            () if tracer is None else methods("tracer", tracer, "start_span"),
            () if clock is None else methods("clock", clock, "now"),
        )
        self._meter = meter
        self._tracer = tracer
        self._clock = SystemClock() if clock is None else clock
        self._lock = threading.RLock()  # a signal handler that interrupts it may have something to tell
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def __call__(self, observation: Observation, /) -> None:
        """Count an observation, and measure it where it took time."""
        attributes = dict(observation.labels)
        name = f"alertkit.{attributes.pop('part')}.{attributes.pop('kind')}"
        self._counter(name).add(1, attributes)
        if observation.seconds is not None:
            self._histogram(name).record(observation.seconds, attributes)
            if self._tracer is not None:
                self._trace(self._tracer, name, observation, observation.seconds, attributes)

    def _trace(
        self, tracer: Tracer, name: str, observation: Observation, seconds: float, attributes: Mapping[str, str]
    ) -> None:
        # It is told in the thread that did the work, right after it.
        end = _nanoseconds(self._clock.now().timestamp())
        begin = end - _nanoseconds(seconds)
        span = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes, start_time=begin)
        if (observation.log_level or 0) >= WARNING:
            span.set_status(StatusCode.ERROR)
        span.end(end)

    def _counter(self, name: str) -> Counter:
        with self._lock:  # of an instrument that is made twice, OpenTelemetry complains
            if name not in self._counters:
                self._counters[name] = self._meter.create_counter(
                    name, unit="1", description="How often this happened."
                )
            return self._counters[name]

    def _histogram(self, name: str) -> Histogram:
        with self._lock:
            if name not in self._histograms:
                self._histograms[name] = self._meter.create_histogram(
                    f"{name}.duration",
                    unit="s",
                    description="How long it took.",
                    explicit_bucket_boundaries_advisory=_BOUNDARIES,
                )
            return self._histograms[name]


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
