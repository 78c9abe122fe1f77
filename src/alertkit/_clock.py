"""
Time as a value that is handed in.

Rules of this file: the only place of alertkit that reads the clock of the machine or sleeps.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """
    The time, and a way to let it pass.

    1. `now` is aware and in UTC.
    2. `monotonic` never goes back; only differences mean something. Seconds.
    3. `sleep` returns after at least the given seconds have passed on `monotonic`; zero or less returns at once.
    4. All three may be called from any thread.
    """

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds since some fixed point."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed."""
        if seconds > 0:
            time.sleep(seconds)
