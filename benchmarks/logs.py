"""
What the thread that logs pays where its records page, and what observers cost a send.

Rules of this file: no network; every alert of the handler is of one key, so that its thread has nothing to send after
the first. The handlers of the standard library do what a program would have them do in the same place: hand the record
over to a thread, or write it to a stream.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import queue
from collections.abc import Callable

from details import grown, stack_trace
from measure import Variant, calls_within, interleaved, table
from opentelemetry.metrics import NoOpMeterProvider

from alertkit import HttpResponse, LogObserver, each_of
from alertkit.opentelemetry import OpenTelemetryObserver
from alertkit.pagerduty import PagerDutyClient, TriggerEvent
from alertkit.pagerduty.logging import PagerDutyHandler
from alertkit.testing import CountingObserver

__all__ = ["run"]

_KEY = "0123456789abcdef0123456789abcdef"
_QUEUE = "QueueHandler"


class _Accepting:
    """A transport that has everything arrive at once."""

    def send(self, request: object, *, timeout: float) -> HttpResponse:  # noqa: ARG002
        return HttpResponse(202, {}, b'{"status":"success","message":"Event processed","dedup_key":"k"}')

    def close(self) -> None:
        """Have nothing to close."""


def run(rounds: int) -> None:
    client = PagerDutyClient(_KEY, transport=_Accepting())
    for what, failing in (("a message with two arguments", False), ("the same with a traceback of 20 calls", True)):
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            handlers: dict[str, logging.Handler] = {
                _QUEUE: _Draining(queue.SimpleQueue()),
                "StreamHandler": logging.StreamHandler(nowhere),
                "PagerDutyHandler": PagerDutyHandler(client=client),
            }
            ways = {name: _logging(name, handler, failing=failing) for name, handler in handlers.items()}
            variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
            table(f"logs: {what}", interleaved(variants, rounds), [_QUEUE])
            for handler in handlers.values():
                handler.close()
    _observers(rounds)


class _Draining(logging.handlers.QueueHandler):
    """One whose listener keeps up."""

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue.put_nowait(record)
        self.queue.get_nowait()


def _logging(name: str, handler: logging.Handler, *, failing: bool) -> Callable[[], object]:
    logger = logging.Logger(name)  # noqa: LOG001  known to nobody else
    logger.addHandler(handler)
    error: Exception | None = None
    try:
        _deep(20)
    except ZeroDivisionError as raised:
        error = raised
    return lambda: logger.error("order %s failed after %d tries", "A-17", 3, exc_info=error if failing else None)


def _deep(depth: int) -> float:
    return 1 / 0 if depth == 1 else _deep(depth - 1)


def _observers(rounds: int) -> None:
    event = TriggerEvent(summary="Disk full", source="db-1", custom_details=grown(stack_trace, 2_000))
    log = "the log, which nobody reads"
    observers = {
        log: LogObserver(),
        "a function that does nothing": lambda _: None,
        "CountingObserver": CountingObserver(),
        "the log and OpenTelemetry's API, without an SDK": each_of(
            LogObserver(), OpenTelemetryObserver(meter=NoOpMeterProvider().get_meter("alertkit"))
        ),
    }
    ways: dict[str, Callable[[], object]] = {}
    for name, observer in observers.items():
        client = PagerDutyClient(_KEY, transport=_Accepting(), observer=observer)
        ways[name] = lambda client=client: client.send_trigger(event)  # type: ignore[misc]
    variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
    table("logs: observers of a send of 2 KB, without the network", interleaved(variants, rounds), [log])
