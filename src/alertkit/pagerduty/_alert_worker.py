"""
The thread that sends alerts, so that no other thread waits for PagerDuty.

Rules of this file: a thread that logs never waits, not even for a lock: it may log from a signal handler or from the
end of an object, in the middle of anything, this file included. It leaves its alert in the inbox; whoever has the lock
takes in what lies there. All state is that of one process: after a fork the child begins anew, with nothing to send
and no lock that its parent held.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol

from attrs import define, field

from alertkit._clock import Clock
from alertkit._processes import OfThisProcess
from alertkit.errors import AlertKitError, PeerError, TransportError
from alertkit.pagerduty._events import TriggerEvent
from alertkit.pagerduty._log import log_alert_lost, log_outbox_full, log_undelivered
from alertkit.pagerduty._logged import Logged, alert_of
from alertkit.pagerduty._outbox import Alert, AlertCounts, Outbox
from alertkit.pagerduty._replies import Receipt

__all__ = ["THREAD_NAME", "AlertWorker"]

THREAD_NAME = "alertkit-pagerduty-alerts"


class _Thread(Protocol):
    def is_alive(self) -> bool: ...

    def join(self, timeout: float) -> None: ...


def _start(run: Callable[[], None]) -> _Thread:
    # A daemon: what it still does when the interpreter ends, after `close` has waited for it, must not hold that up.
    thread = threading.Thread(target=run, name=THREAD_NAME, daemon=True)
    thread.start()
    return thread


@define(eq=False)
class _State:
    """What one process has of it."""

    outbox: Outbox
    inbox: deque[Alert] = field(factory=deque)
    lock: threading.Lock = field(factory=threading.Lock)
    starting: threading.Lock = field(factory=threading.Lock)
    wake: SimpleQueue[None] = field(factory=SimpleQueue)  # whose `put` may interrupt itself, unlike an Event's `set`
    thread: _Thread | None = None
    until: float | None = None
    """When it must be over, on the monotonic clock; None: not closed."""
    said_full: bool = False
    said_undelivered: bool = False

    def take_in(self) -> None:
        """Put what lies in the inbox into the outbox, unless somebody else has the lock: the thread will do it then."""
        if self.lock.acquire(blocking=False):
            try:
                self.empty_inbox()
            finally:
                self.lock.release()

    def empty_inbox(self) -> None:
        """Do so with the lock in hand."""
        while self.inbox:
            self.outbox.put(self.inbox.popleft())

    def is_idle(self) -> bool:
        """Whether there is no thread."""
        return self.thread is None or not self.thread.is_alive()

    def awake(self) -> None:
        """Have the thread look again."""
        if self.wake.empty():
            self.wake.put(None)


class AlertWorker:
    """Sends the alerts of records, one after the other. Threads may share it, and so may both sides of a fork."""

    def __init__(
        self,
        send: Callable[[TriggerEvent], Receipt],
        *,
        new_outbox: Callable[[], Outbox],
        clock: Clock,
        source: str | None,
        start: Callable[[Callable[[], None]], _Thread] = _start,
    ) -> None:
        """Take how to send; no thread is started before there is something to send."""
        self._send = send
        self._clock = clock
        self._source = source
        self._start = start
        self._states = OfThisProcess(lambda: _State(new_outbox()))

    @property
    def counts(self) -> AlertCounts:
        """What became of the records of this process."""
        state = self._states.get()
        state.take_in()
        return state.outbox.counts

    def put(self, logged: Logged) -> None:
        """Have the alert of a record sent."""
        state = self._states.get()
        state.inbox.append(Alert.of(logged))
        state.take_in()
        if state.until is None and state.is_idle() and state.starting.acquire(blocking=False):
            try:
                self._start_thread(state)
            finally:
                state.starting.release()
        state.awake()

    def end(self, within: float) -> None:
        """Have the thread send what is left, as far as `within` seconds allow, and take no more."""
        state = self._states.get()
        if state.until is None:
            state.until = self._clock.monotonic() + within
            state.awake()

    def close(self, within: float) -> None:
        """Do so, and wait until it is over."""
        self.end(within)
        state = self._states.get()
        if state.thread is not None and state.until is not None:
            state.thread.join(max(0.0, state.until - self._clock.monotonic()))
        if state.is_idle() and state.lock.acquire(blocking=False):
            self._abandon(state)
            state.lock.release()
        counts = state.outbox.counts
        if (counts.dropped or counts.failed or counts.pending) and not state.said_undelivered:
            state.said_undelivered = True
            log_undelivered(counts.dropped, counts.failed, counts.pending)

    def run(self, state: _State) -> None:
        """Send until it is closed: what the thread does."""
        while True:
            until = state.until
            wait = self.step(state, closing=until is not None)
            if until is not None and (wait is None or wait > until - self._clock.monotonic()):
                break
            if wait != 0:
                with suppress(Empty):
                    state.wake.get(timeout=wait)
        with state.lock:
            self._abandon(state)

    def step(self, state: _State, *, closing: bool) -> float | None:
        """Send one alert if one may be sent; return the seconds until the next look, or None: until one comes."""
        with state.lock:
            state.empty_inbox()
            alert = state.outbox.take(self._clock.monotonic(), closing=closing)
            full = state.outbox.counts.dropped > 0
        if full and not state.said_full:
            state.said_full = True
            log_outbox_full()
        if not isinstance(alert, Alert):
            return alert
        requests, error = self._sent(alert)
        retryable = isinstance(error, AlertKitError) and error.retryable
        with state.lock:
            now = self._clock.monotonic()
            if retryable:
                hint = getattr(error, "retry_after", None)
                error = None if state.outbox.put_back(alert, now, requests=requests, hint=hint) else error
            else:
                state.outbox.settle(alert, now, delivered=error is None, requests=requests)
        if error is not None:
            log_alert_lost(alert.key, alert.records, error)
        return 0.0

    def _start_thread(self, state: _State) -> None:
        if state.is_idle():  # still, now that nobody else starts one
            with suppress(RuntimeError):  # no more threads, or the interpreter is ending: the next record tries again
                state.thread = self._start(lambda: self.run(state))

    def _sent(self, alert: Alert) -> tuple[int, Exception | None]:
        try:
            event = alert_of(alert.logged, key=alert.key, source=self._source, records=alert.records)
            return self._send(event).attempts, None
        except Exception as error:  # noqa: BLE001  a transport of the host's own may raise anything
            return (error.attempts if isinstance(error, (TransportError, PeerError)) else 1), error

    def _abandon(self, state: _State) -> None:
        state.empty_inbox()
        state.outbox.abandon()
