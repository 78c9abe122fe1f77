"""
How an endpoint fares: what one attempt counts as, the counts of a day, and what is concluded from them.

Rules of this file: values only. A day is a UTC day; an attempt counts on the day on which it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from attrs import field, frozen

from alertkit._checks import at_least, calendar_day, members, of_type, refuse
from alertkit._words import Word

__all__ = [
    "COUNTED_AGAINST",
    "NOT_TRIED",
    "RETENTION_DAYS",
    "DailyTally",
    "FailureKind",
    "Outcome",
    "Verdict",
    "checked_tallies",
    "checked_verdict",
]

RETENTION_DAYS = 30
"""How many days a request buffer keeps, today included."""


class Outcome(Word):
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


COUNTED_AGAINST = (Outcome.ERROR, Outcome.TIMEOUT, Outcome.FATAL)
"""What speaks against the endpoint, so that a policy is asked about it."""


class FailureKind(Word):
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
    NOT_SENDABLE = "not_sendable"
    """The transport could not even try: its settings, a CA bundle that is none, or a URL that only it cannot use."""


NOT_TRIED = (FailureKind.BLOCKED, FailureKind.NOT_SENDABLE)
"""Refused on this side: no byte has left."""


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
        refuse(
            calendar_day("day", self.day),
            at_least("success", self.success, 0),
            at_least("error", self.error, 0),
            at_least("timeout", self.timeout, 0),
            at_least("fatal", self.fatal, 0),
        )

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


def checked_tallies(returned: object) -> tuple[DailyTally, ...]:
    """Return what a buffer of the host's own returned. Raises `TypeError` where it is something else."""
    if not isinstance(returned, (tuple, list)):
        raise TypeError(f"a buffer must return a tuple of tallies, not {type(returned).__name__}")
    if any(not isinstance(tally, DailyTally) for tally in returned):
        raise TypeError("a buffer must return tallies, and nothing else among them")
    return tuple(returned)


def _days(value: Iterable[date]) -> Any:
    return tuple(value) if isinstance(value, Iterable) else value


@frozen
class Verdict:
    """What a policy concludes from the tallies."""

    broken: bool
    reason: str = ""
    """Why, for a person."""
    days: tuple[date, ...] = field(default=(), converter=_days)
    """The days that speak against the endpoint, oldest first."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is no verdict: whatever is not False would be taken for broken."""
        refuse(
            of_type("broken", self.broken, bool),
            of_type("reason", self.reason, str),
            members("days", self.days, date) if isinstance(self.days, tuple) else ("days must be a list of dates",),
        )


def checked_verdict(returned: object) -> Verdict:
    """Return what a policy of the host's own returned. Raises `TypeError` where it is something else."""
    if not isinstance(returned, Verdict):
        raise TypeError(f"judge must return a Verdict, not {type(returned).__name__}")
    return returned
