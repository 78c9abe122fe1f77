"""
How an endpoint fares: what one attempt counts as, the counts of a day, and what is concluded from them.

Rules of this file: values only. A day is a UTC day; an attempt counts on the day on which it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum

from attrs import field, frozen

from alertkit._checks import at_least, calendar_day, refuse

__all__ = ["RETENTION_DAYS", "DailyTally", "FailureKind", "Outcome", "Verdict"]

RETENTION_DAYS = 30
"""How many days a request buffer keeps, today included."""


class Outcome(str, Enum):
    """What an attempt counts as."""

    SUCCESS = "success"
    """The endpoint took it."""
    ERROR = "error"
    """It answered, and refused or failed."""
    TIMEOUT = "timeout"
    """Nothing came back."""
    FATAL = "fatal"
    """It will never take one again."""
    IGNORED = "ignored"
    """It says nothing of the endpoint's health."""


class FailureKind(str, Enum):
    """Why nothing usable came back."""

    CONNECT_FAILED = "connect_failed"
    """The request did not reach the endpoint."""
    TIMED_OUT = "timed_out"
    """No answer in time; the endpoint may have seen it."""
    CONNECTION_LOST = "connection_lost"
    """The connection broke after the request had left; the endpoint may have seen it."""
    MALFORMED_REPLY = "malformed_reply"
    """What came back is not HTTP."""
    BLOCKED = "blocked"
    """The transport refused to dial the address."""


@frozen(kw_only=True)
class DailyTally:
    """How many attempts of one day counted as what."""

    day: date
    success: int = 0
    error: int = 0
    timeout: int = 0
    fatal: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse what is no count."""
        counts = (self.success, self.error, self.timeout, self.fatal)
        # One comparison each where all is well: a window of these is made for every attempt.
        if type(self.day) is date and all(type(count) is int and count >= 0 for count in counts):
            return
        names = ("success", "error", "timeout", "fatal")
        refuse(calendar_day("day", self.day), *(at_least(name, getattr(self, name), 0) for name in names))

    @property
    def total(self) -> int:
        """All attempts of the day that counted."""
        return self.success + self.error + self.timeout + self.fatal

    def plus(self, outcome: Outcome) -> DailyTally:
        """Return the tally with one attempt more; `Outcome.IGNORED` counts nowhere."""
        if outcome is Outcome.IGNORED:
            return self
        return DailyTally(
            day=self.day,
            success=self.success + (outcome is Outcome.SUCCESS),
            error=self.error + (outcome is Outcome.ERROR),
            timeout=self.timeout + (outcome is Outcome.TIMEOUT),
            fatal=self.fatal + (outcome is Outcome.FATAL),
        )


def _days(value: Iterable[date]) -> tuple[date, ...]:
    return tuple(value)


@frozen
class Verdict:
    """What a policy concludes from the tallies."""

    broken: bool
    reason: str = ""
    """Why, for a person."""
    days: tuple[date, ...] = field(default=(), converter=_days)
    """The days that speak against the endpoint, oldest first."""
