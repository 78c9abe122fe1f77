"""
Which alert is sent next, which ones are joined, and which one goes when there are too many.

Rules of this file: no clock, no lock, no thread: instants arrive as arguments, and one caller at a time is the worker's
business. No record is lost without being counted: each is an alert, or joined to one, and each alert is sent, failed,
dropped or pending.
"""

from __future__ import annotations

import attrs
from attrs import frozen

from alertkit.pagerduty._logged import Logged, key_of, severity_of
from alertkit.pagerduty._rate_window import RateWindow
from alertkit.pagerduty._severity import Severity

__all__ = ["Alert", "AlertCounts", "Outbox"]

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@frozen(kw_only=True)
class Alert:
    """Records that are one alert."""

    key: str
    severity: Severity
    logged: Logged
    """The first of the worst ones: what caused it, rather than what followed."""
    records: int = 1

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
        return attrs.evolve(shown, records=self.records + newer.records)


@frozen(kw_only=True)
class AlertCounts:
    """What became of the records that a handler took; all five together are as many as those."""

    sent: int
    """Alerts that PagerDuty has."""
    collapsed: int
    """Records that were joined to an alert of the same key."""
    dropped: int
    """Alerts that there was no room for, or no time when the handler was closed."""
    failed: int
    """Alerts that could not be delivered within the client's deadline, or that PagerDuty refused."""
    pending: int
    """Alerts that are still to be sent."""


class Outbox:
    """
    Alerts on their way out: the most severe first, of those the oldest.

    Records of a key that is waiting join it. A key that was sent is not sent again for `interval` seconds, unless it
    has become worse; what comes meanwhile waits as one alert. Of too many, the newest of the least severe is dropped:
    the first ones are closest to the cause.
    """

    def __init__(self, *, capacity: int, interval: float, window: RateWindow) -> None:
        """Begin empty."""
        self._capacity = capacity
        self._interval = interval
        self._window = window
        self._waiting: dict[Severity, dict[str, Alert]] = {severity: {} for severity in Severity}
        self._taken: dict[str, tuple[float, Severity]] = {}  # oldest first
        self._open = True
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
        waiting = next((alerts[alert.key] for alerts in self._waiting.values() if alert.key in alerts), None)
        if waiting is not None:
            self._collapsed += 1
            alert = waiting.joined_by(alert)
            if alert.severity is not waiting.severity:
                del self._waiting[waiting.severity][alert.key]
        elif not self._has_room_for(alert):
            self._dropped += 1
            return
        self._waiting[alert.severity][alert.key] = alert

    def take(self, now: float, *, closing: bool = False) -> Alert | float | None:
        """
        Return what to send now, or the seconds until there may be something, or None where nothing waits.

        What is taken must be given to `settle`. `closing` lets go what is held back for being a repetition.
        """
        self._forget(now)
        soonest: float | None = None
        for severity, alerts in self._waiting.items():
            for key, alert in alerts.items():
                held = 0.0 if closing else self._held(alert, now)
                wait = held or self._window.wait(now, urgent=severity is Severity.CRITICAL)
                if not wait:
                    del alerts[key]
                    self._taken.pop(key, None)
                    self._taken[key] = (now, severity)
                    self._in_flight += 1
                    return alert
                soonest = wait if soonest is None else min(soonest, wait)
                if not held:  # by the window alone: whatever stands behind it is no more urgent, and waits as long
                    return soonest
        return soonest

    def settle(self, alert: Alert, now: float, *, delivered: bool, requests: int) -> None:
        """Say what became of what was taken, and how many requests that cost."""
        self._window = self._window.after(now, requests)
        self._in_flight -= 1
        if delivered:
            self._sent += 1
        else:
            self._failed += 1
            self._taken.pop(alert.key, None)  # nobody was told, so the next one is no repetition

    def abandon(self) -> None:
        """Drop what waits, and all that comes."""
        self._open = False
        self._dropped += self._number_waiting()
        for alerts in self._waiting.values():
            alerts.clear()

    def _number_waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _has_room_for(self, alert: Alert) -> bool:
        if not self._open or self._number_waiting() < self._capacity:
            return self._open
        least = next(severity for severity in reversed(Severity) if self._waiting[severity])
        if not alert.is_worse_than(least):
            return False
        self._waiting[least].popitem()
        self._dropped += 1
        return True

    def _held(self, alert: Alert, now: float) -> float:
        if alert.key not in self._taken:
            return 0.0
        at, severity = self._taken[alert.key]
        return 0.0 if alert.is_worse_than(severity) else at + self._interval - now

    def _forget(self, now: float) -> None:
        while self._taken:
            key, (at, _) = next(iter(self._taken.items()))
            if at + self._interval > now:
                break
            del self._taken[key]
