"""
Time that stands still until it is told to pass.

Rules of this file: no real time is read and nothing waits.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

from alertkit._checks import demand, instant
from alertkit.errors import UsageError

__all__ = ["FrozenClock"]


class FrozenClock:
    """
    A clock for tests. A sleep passes at once and moves the time on by what was asked, so that code which waits can be
    followed to the second without waiting. Threads may share it.
    """

    def __init__(self, at: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc)) -> None:
        """Start at `at`, which must be aware. Raises `UsageError`."""
        demand(instant("at", at))
        self._start = at.astimezone(timezone.utc)
        self._started_at = 0.0
        self._passed = 0.0
        self._slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        with self._lock:
            return self._start + timedelta(seconds=self._passed - self._started_at)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Move the time on by `seconds` and remember it."""
        with self._lock:
            self._slept.append(seconds)
            self._passed += max(0.0, seconds)

    def advance(self, passed: float | timedelta) -> None:
        """Move the time on, as if something had taken that long. Raises `UsageError` for less than nothing."""
        seconds = passed.total_seconds() if isinstance(passed, timedelta) else passed
        if not seconds >= 0:  # nor is it not a number
            raise UsageError("time does not go back")
        with self._lock:
            self._passed += seconds

    def set(self, at: datetime) -> None:
        """Set the wall clock, back too, as an administrator does; `monotonic` goes on. Raises `UsageError`."""
        demand(instant("at", at))
        with self._lock:
            self._start, self._started_at = at.astimezone(timezone.utc), self._passed

    @property
    def slept(self) -> tuple[float, ...]:
        """Every sleep that was asked for, in seconds, oldest first."""
        with self._lock:
            return tuple(self._slept)
