"""
Which alert is sent next, which ones are joined, and which one goes when there are too many.

Rules of this file: no clock, no lock, no thread: instants arrive as arguments, and one caller at a time is the worker's
business. No record is lost without being counted: each is an alert, or joined to one, and each alert is sent, failed,
dropped or pending. An alert whose delivery failed is put back as what it was, the oldest of its severity.
"""

from __future__ import annotations

import attrs
from attrs import field, frozen

from alertkit._backoff import Backoff
from alertkit.pagerduty._logged import Logged, key_of, severity_of
from alertkit.pagerduty._rate_window import RateWindow
from alertkit.pagerduty._severity import Severity

__all__ = ["Alert", "AlertCounts", "Outbox"]

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_PAUSES = Backoff(base=1.0, cap=15.0)
_KEPT_FOR = 3600.0  # seconds; what went wrong longer ago than an outage of an hour is news to nobody


@frozen(kw_only=True)
class Alert:
    """Records that are one alert."""

    key: str
    severity: Severity
    logged: Logged
    """The first of the worst ones: what caused it, rather than what followed."""
    records: int = 1
    first_taken: float | None = field(default=None, eq=False)
    """When its first delivery began, where that failed."""
    round: int | None = field(default=None, eq=False)
    """The round of the outage in which it was tried last."""

    @classmethod
    def of(cls, logged: Logged) -> Alert:
        """Return the alert of one record."""
        return cls(key=key_of(logged), severity=severity_of(logged), logged=logged)

    def is_worse_than(self, severity: Severity) -> bool:
        """Whether it is more severe."""
        return _RANK[self.severity] < _RANK[severity]

    def joined_by(self, newer: Alert) -> Alert:
        """Return both as one."""
        shown = newer if newer.is_worse_than(self.severity) else self
        return attrs.evolve(shown, records=self.records + newer.records, first_taken=self.first_taken)


@frozen(kw_only=True)
class AlertCounts:
    """
    What became of the records that a handler took; all five together are as many as those.

    While threads log or send, one that is just being moved may be missing.
    """

    sent: int
    """Alerts that PagerDuty has."""
    collapsed: int
    """Records that were joined to an alert of the same key."""
    dropped: int
    """Alerts that there was no room for, or no time when the handler was closed."""
    failed: int
    """Alerts that PagerDuty refused, or that could still not be delivered an hour after the first try."""
    pending: int
    """Alerts that are still to be sent."""


class Outbox:
    """
    Alerts on their way out: the most severe first, of those the oldest.

    Records of a key that is waiting join it. A key that was sent is not sent again for `interval` seconds, unless it
    has become worse; what comes meanwhile waits as one alert. Of too many, the newest of the least severe is dropped:
    the first ones are closest to the cause.

    In an outage nothing goes for a pause, which doubles from 1 to 15 seconds, and each alert is tried before any is
    tried again, so that one which never gets through keeps nobody else back. The first that gets through ends that.
    """

    def __init__(self, *, capacity: int, interval: float, window: RateWindow) -> None:
        """Begin empty."""
        self._capacity = capacity
        self._interval = interval
        self._window = window
        self._waiting: dict[Severity, dict[str, Alert]] = {severity: {} for severity in Severity}
        self._taken: dict[str, tuple[float, Severity]] = {}  # oldest first
        self._open = True
        self._hurried = False
        self._paused_until = 0.0
        self._failures_in_a_row = self._round = 0
        self._sent = self._collapsed = self._dropped = self._failed = self._in_flight = 0

    @property
    def counts(self) -> AlertCounts:
        """What became of all that was put in."""
        return AlertCounts(
            sent=self._sent,
            collapsed=self._collapsed,
            dropped=self._dropped,
            failed=self._failed,
            pending=self._in_flight + self._number_waiting(),
        )

    def put(self, alert: Alert) -> None:
        """Take in one more."""
        waiting = self._of_key(alert.key)
        if waiting is not None:
            self._collapsed += 1
            alert = waiting.joined_by(alert)
            if alert.severity is not waiting.severity:
                del self._waiting[waiting.severity][alert.key]
        elif not self._open:
            self._dropped += 1
            return
        self._waiting[alert.severity][alert.key] = alert
        self._drop_what_is_too_many()

    def take(self, now: float, *, closing: bool = False) -> Alert | float | None:
        """
        Return what to send now, or the seconds until there may be something, or None where nothing waits.

        What is taken must be given to `settle` or `put_back`. `closing` lets go what is held back for being a
        repetition, and ends the pause of an outage once.
        """
        self._forget(now)
        if closing and not self._hurried:
            self._hurried = True
            self._end_outage()
        if self._paused_until > now and self._number_waiting():
            return self._paused_until - now
        waits = []
        for again in (False, True):
            found = self._next(now, closing=closing, again=again)
            if isinstance(found, Alert):
                self._round += again
                return self._taken_off(found, now)
            waits += [] if found is None else [found]
        return min(waits, default=None)

    def settle(self, alert: Alert, now: float, *, delivered: bool, requests: int) -> None:
        """Say what became of what was taken, for good, and how many requests that cost."""
        self._landed(now, requests)
        self._end_outage()
        if delivered:
            self._sent += 1
        else:
            self._failed += 1
            self._taken.pop(alert.key, None)  # nobody was told, so the next one is no repetition

    def put_back(self, alert: Alert, now: float, *, requests: int, hint: float | None = None) -> bool:
        """
        Say that what was taken may get through later; return False where that is given up, after an hour.

        `hint` is how long PagerDuty asked to wait, in seconds.
        """
        self._landed(now, requests)
        self._taken.pop(alert.key, None)
        self._failures_in_a_row += 1
        number = min(self._failures_in_a_row, _PAUSES.attempts - 1)
        self._paused_until = now + (_PAUSES.delay(number, dice=1.0, remaining=_KEPT_FOR, hint=hint) or 0.0)
        if not self._open or (alert.first_taken is not None and now - alert.first_taken >= _KEPT_FOR):
            self._failed += 1
            return False
        newer = self._of_key(alert.key)
        if newer is not None:
            self._collapsed += 1
            del self._waiting[newer.severity][newer.key]
            alert = alert.joined_by(newer)
        self._waiting[alert.severity] = {alert.key: alert, **self._waiting[alert.severity]}
        self._drop_what_is_too_many()
        return True

    def abandon(self) -> None:
        """Drop what waits, and all that comes."""
        self._open = False
        self._dropped += self._number_waiting()
        for alerts in self._waiting.values():
            alerts.clear()

    def _number_waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _of_key(self, key: str) -> Alert | None:
        return next((alerts[key] for alerts in self._waiting.values() if key in alerts), None)

    def _drop_what_is_too_many(self) -> None:
        if self._number_waiting() > self._capacity:
            least = next(severity for severity in reversed(Severity) if self._waiting[severity])
            self._waiting[least].popitem()
            self._dropped += 1

    def _next(self, now: float, *, closing: bool, again: bool) -> Alert | float | None:
        soonest: float | None = None
        for severity, alerts in self._waiting.items():
            for alert in alerts.values():
                if (alert.round == self._round) is not again:
                    continue
                held = 0.0 if closing else self._held(alert, now)
                wait = held or self._window.wait(now, urgent=severity is Severity.CRITICAL)
                if not wait:
                    return alert
                soonest = wait if soonest is None else min(soonest, wait)
                if not held:  # by the window alone: whatever stands behind it is no more urgent, and waits as long
                    return soonest
        return soonest

    def _taken_off(self, alert: Alert, now: float) -> Alert:
        del self._waiting[alert.severity][alert.key]
        self._taken.pop(alert.key, None)
        self._taken[alert.key] = (now, alert.severity)
        self._in_flight += 1
        first = now if alert.first_taken is None else alert.first_taken
        return attrs.evolve(alert, first_taken=first, round=self._round)

    def _landed(self, now: float, requests: int) -> None:
        self._window = self._window.after(now, requests)
        self._in_flight -= 1

    def _end_outage(self) -> None:
        self._failures_in_a_row = 0
        self._paused_until = 0.0
        self._round += 1

    def _held(self, alert: Alert, now: float) -> float:
        if alert.key not in self._taken:
            return 0.0
        at, severity = self._taken[alert.key]
        return 0.0 if alert.is_worse_than(severity) else at + self._interval - now

    def _forget(self, now: float) -> None:
        while self._taken:
            key, (at, _) = next(iter(self._taken.items()))
            if at + self._interval > now:
                return
            del self._taken[key]
