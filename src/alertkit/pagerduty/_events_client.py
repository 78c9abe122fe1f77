"""
Prepare, send, interpret; wait and send again while that can help: what the clients of both APIs share.

Rules of this file: the one place of the slice that sends. The dedup key and the bytes are fixed before the first
attempt, so every attempt is the same event. All state of a send lives in its call: threads may share a client.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, TypeVar

from alertkit._backoff import Backoff, is_duration
from alertkit._checks import demand, methods, of_type, optional_function, optional_observer
from alertkit._clock import Clock, SystemClock
from alertkit._http import Headers, HttpRequest, Transport, origin
from alertkit._observation import Observer
from alertkit._observers import observer_or_log, tell
from alertkit._version import __version__
from alertkit.errors import InvalidEventError, PeerError, TransportError, UsageError
from alertkit.pagerduty._error_event import ErrorEvent
from alertkit.pagerduty._events import AcknowledgeEvent, ChangeEvent, Event, ResolveEvent, TriggerEvent
from alertkit.pagerduty._incident import Incident
from alertkit.pagerduty._keys import RoutingKey
from alertkit.pagerduty._metric_alert import MetricAlert
from alertkit.pagerduty._observations import EventAttempted, EventPrepared, fields_of
from alertkit.pagerduty._payload import PreparedEvent
from alertkit.pagerduty._region import Region, base_url_of
from alertkit.pagerduty._replies import Receipt, is_fate_unknown, read_reply
from alertkit.pagerduty._severity import Severity
from alertkit.transports import TransportInUse

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["EventsClient", "expected", "new_key"]

_LEAST_TIMEOUT = 0.001  # seconds; a sleep may last longer than it was asked to, and sockets take no timeout below 0
_HEADERS = Headers({"Content-Type": "application/json", "User-Agent": f"alertkit/{__version__}"})


def new_key() -> str:
    """Return a dedup key that no other alert has."""
    return os.urandom(16).hex()


def _default_dice() -> Callable[[], float]:
    import random  # slow to import, and needed by a client only

    return random.random


class EventsClient(ABC):
    """A client of one of PagerDuty's two APIs for events, which says how an event is prepared for it."""

    _throttling: ClassVar[frozenset[int]]
    """The statuses that limit the rate."""

    def __init__(
        self,
        key: RoutingKey,
        *,
        region: Region | str,
        base_url: str | None,
        transport: Transport | None,
        backoff: Backoff | None,
        deadline: float,
        attempt_timeout: float,
        clock: Clock | None,
        new_dedup_key: Callable[[], str],
        dice: Callable[[], float] | None,
        observer: Observer | None,
    ) -> None:
        timed = is_duration(deadline) and is_duration(attempt_timeout) and deadline > 0 and attempt_timeout > 0
        demand(
            () if transport is None else methods("transport", transport, "send"),
            () if backoff is None else of_type("backoff", backoff, Backoff),
            () if timed else ("deadline and attempt_timeout must be numbers, more than 0 seconds",),
            () if clock is None else methods("clock", clock, "now", "monotonic", "sleep"),
            () if callable(new_dedup_key) else ("new_dedup_key must be a function",),
            optional_function("dice", dice),
            optional_observer("observer", observer),
        )
        self._observer = observer_or_log(observer)
        self._key = key
        self._base_url = base_url_of(region, base_url)
        self._transport = TransportInUse(transport, guarded=False)
        self._backoff = Backoff() if backoff is None else backoff
        self._deadline = deadline
        self._attempt_timeout = attempt_timeout
        self._clock = SystemClock() if clock is None else clock
        self._new_dedup_key = new_dedup_key
        self._dice = _default_dice() if dice is None else dice

    @abstractmethod
    def _prepared(self, event: Event, default_dedup_key: str | None) -> PreparedEvent:
        """Return `event` as this API takes it."""

    def send_trigger(self, event: TriggerEvent | ErrorEvent | MetricAlert) -> Receipt:
        """Open an alert, or add to the open one. A closed `MetricAlert` resolves instead."""
        if isinstance(event, ErrorEvent):
            return self._send(TriggerEvent.from_error_event(event))
        if isinstance(event, MetricAlert):
            return self._send(event.to_event())
        return self._send(expected(event, TriggerEvent))

    def send_acknowledge(self, dedup_key: str) -> Receipt:
        """Say that someone is at it: the alert notifies nobody further."""
        return self._send(AcknowledgeEvent(dedup_key=dedup_key))

    def send_resolve(self, dedup_key: str) -> Receipt:
        """Close the alert."""
        return self._send(ResolveEvent(dedup_key=dedup_key))

    def incident(
        self,
        dedup_key: str,
        *,
        source: str,
        summary: str | None = None,
        severity: Severity | str = Severity.ERROR,
        resolve: bool = True,
        failures: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    ) -> Incident:
        """
        Return a `with`, or a decorator, that triggers an alert when its block raises one of `failures`.

        The exception goes on unchanged. A block that ends well resolves the alert, which is one request each time;
        `resolve=False` leaves that to people. None for `summary`: "`dedup_key` failed". Neither end of a block raises
        for PagerDuty; each may take as long as a send. Raises `InvalidEventError` for what no alert can be made of.
        """
        template = TriggerEvent(
            summary=f"{dedup_key} failed" if summary is None else summary,
            source=source,
            severity=severity,
            dedup_key=dedup_key,
        )
        return Incident(self._send, template, resolve=resolve, failures=failures)

    def check(self) -> Receipt:
        """
        Prove the key, the region and the network, with no effect on any alert.

        It resolves an alert that cannot exist, which PagerDuty accepts and drops. Raises what a send would raise.
        """
        return self._send(ResolveEvent(dedup_key=f"alertkit-check-{self._new_dedup_key()}"))

    def close(self) -> None:
        """Give the client's own connections back; a later send opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def __repr__(self) -> str:
        """Show where it sends, never the key."""
        return f"{type(self).__name__}({origin(self._base_url)!r})"

    def _send(self, event: Event, *, resend: bool = False) -> Receipt:
        """Send `event` again and again while that can help; `resend` lets an event without a key arrive twice."""
        until = self._clock.monotonic() + self._deadline
        keyless = isinstance(event, TriggerEvent) and event.dedup_key is None
        prepared = self._prepared(event, self._new_dedup_key() if keyless else None)
        if prepared.dedup_key is None and not isinstance(event, ChangeEvent):
            raise UsageError("new_dedup_key must return text: without a key a retry could page twice")
        self._tell_prepared(event, prepared)
        request = HttpRequest("POST", self._base_url + prepared.path, _HEADERS, prepared.body)
        may_repeat = prepared.dedup_key is not None or resend
        attempt = 0
        while True:
            attempt += 1
            begun = self._clock.monotonic()
            try:
                receipt = self._attempt(request, prepared, attempt, timeout=self._timeout(until - begun, may_repeat))
            except (TransportError, PeerError) as error:
                error.attempts, error.dedup_key = attempt, prepared.dedup_key
                delay = None
                if error.retryable and (may_repeat or not is_fate_unknown(error)):
                    delay = self._backoff.delay(
                        attempt,
                        dice=self._dice(),
                        remaining=until - self._clock.monotonic(),
                        hint=getattr(error, "retry_after", None),
                    )
                duration = self._clock.monotonic() - begun
                tell(self._observer, EventAttempted.failed(error, duration=duration, delay=delay))
                if delay is None:
                    raise
            else:
                self._tell_delivered(receipt, prepared, duration=self._clock.monotonic() - begun)
                return receipt
            self._clock.sleep(delay)

    def _attempt(self, request: HttpRequest, prepared: PreparedEvent, attempt: int, *, timeout: float) -> Receipt:
        response = self._transport.send(request, timeout=timeout)
        return read_reply(
            response,
            prepared=prepared,
            key=self._key,
            now=self._clock.now(),
            attempts=attempt,
            throttling=self._throttling,
        )

    def _tell_prepared(self, event: Event, prepared: PreparedEvent) -> None:
        prepared_event = EventPrepared(
            action="change" if isinstance(event, ChangeEvent) else event.event_action,
            dedup_key=prepared.dedup_key,
            size=len(prepared.body),
            changes=fields_of(prepared.changes),
        )
        tell(self._observer, prepared_event)

    def _tell_delivered(self, receipt: Receipt, prepared: PreparedEvent, *, duration: float) -> None:
        attempted = EventAttempted(
            dedup_key=prepared.dedup_key,
            number=receipt.attempts,
            status=receipt.status,
            duration=duration,
            changes=fields_of(receipt.changes),
        )
        tell(self._observer, attempted)

    def _timeout(self, remaining: float, may_repeat: bool) -> float:
        # A second attempt often finds a host that answers; where none may follow, this one gets all the time there is.
        return max(_LEAST_TIMEOUT, min(self._attempt_timeout, remaining) if may_repeat else remaining)


_AnyEvent = TypeVar("_AnyEvent", TriggerEvent, ChangeEvent)


def expected(event: _AnyEvent, kind: type[_AnyEvent]) -> _AnyEvent:
    """Return `event` if it is of the kind that a method says it sends. Raises `InvalidEventError` for any other."""
    if not isinstance(event, kind):  # what is meant to page nobody must not page, and the other way round
        raise InvalidEventError([f"event must be of type {kind.__name__}, not {type(event).__name__}"])
    return event
