"""
What every buffer is asked for, checked and counted alike.

Rules of this file: pure. Instants are whole microseconds since 1970 where they leave Python, since nothing else that
a database has is as exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from alertkit._checks import at_least, calendar_day, demand, instant
from alertkit.errors import StoreError, UsageError
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally
from alertkit.webhooks._request_record import RequestRecord

__all__ = [
    "ALL",
    "MONTH",
    "MOST_EVENT_TYPES",
    "MOST_RECORDS",
    "RETENTION",
    "check_claim",
    "check_limit",
    "check_tallies",
    "check_window",
    "microseconds",
    "read",
    "tally",
]

MOST_RECORDS = 100
"""Of an event type: that many errors and that many others, and as many of both together in one reading."""
MOST_EVENT_TYPES = 100
ALL = 1 << 32
"""More records than there can be; a backend's own numbers end somewhere."""
RETENTION = timedelta(days=RETENTION_DAYS)
MONTH = RETENTION_DAYS * 86_400_000_000
"""The retention in microseconds."""

_LAST = datetime.max.replace(tzinfo=timezone.utc)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def microseconds(at: datetime) -> int:
    """Return the microseconds from 1970 to an instant."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=1000)
def tally(day: int, success: int = 0, error: int = 0, timeout: int = 0, fatal: int = 0) -> DailyTally:
    """Return the counts of a day, which is given as an ordinal; the same days are asked for again and again."""
    return DailyTally(day=date.fromordinal(day), success=success, error=error, timeout=timeout, fatal=fatal)


def read(texts: Iterable[str | bytes], integration_id: str) -> tuple[RequestRecord, ...]:
    """Return the records of these texts. Raises `StoreError` where somebody else has written one."""
    try:
        return tuple(map(RequestRecord.from_json, texts))
    except UsageError as error:
        raise StoreError(f"a record of {integration_id} cannot be read") from error


def check_window(window: int, *, until: date) -> None:
    """Demand a number of days that the calendar has. Raises `UsageError`."""
    demand(_days("window", window, until=until))


def check_tallies(until: date, days: int) -> None:
    """Demand a day, and a number of days until then. Raises `UsageError`."""
    demand(calendar_day("until", until) or _days("days", days, until=until))


def check_limit(limit: int) -> None:
    """Demand a number of records. Raises `UsageError`."""
    demand(at_least("limit", limit, 0))


def check_claim(at: datetime, lease: timedelta) -> None:
    """Demand an aware instant, and a lease that ends. Raises `UsageError`."""
    is_one = isinstance(lease, timedelta) and timedelta(0) < lease <= RETENTION
    problems = instant("at", at)
    demand(
        problems,
        () if is_one else (f"lease must be a timedelta, more than 0 and at most {RETENTION_DAYS} days",),
        () if problems or not is_one or at <= _LAST - lease else ("lease must end within the calendar",),
    )


def _days(name: str, value: int, *, until: date) -> tuple[str, ...]:
    problems = at_least(name, value, 1)
    if not problems and value > until.toordinal():
        return (f"{name} must not reach back beyond the year 1",)
    return problems
