"""
Instants, days and strangers' texts, as they stand in a mail.

Rules of this file: pure. No locale is asked: the mail is in English wherever the program runs. Whatever a stranger
wrote becomes one line, of what can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone

from alertkit.mail._mailbox import MISLEADING

__all__ = ["day_in_words", "days_in_words", "instant_in_words", "one_line", "sentence"]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNFIT = re.compile(f"[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{MISLEADING}]")
_ONE_DAY = timedelta(days=1)


def one_line(text: str, *, most: int) -> str:
    """Return a text as one line of at most `most` characters."""
    shown = " ".join(_UNFIT.sub(" ", text).split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def sentence(text: str) -> str:
    """Return a line with a full stop, if it ends in no other sign."""
    return text + ("" if text.endswith((".", "!", "?", "…")) else ".")


def day_in_words(day: date) -> str:
    """Return a day, such as `1 January 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_in_words(at: datetime) -> str:
    """Return an instant in UTC, such as `Thursday, 1 January 2026, 12:00 UTC`."""
    utc = at.astimezone(timezone.utc)
    return f"{_WEEKDAYS[utc.weekday()]}, {day_in_words(utc)}, {utc:%H:%M} UTC"


def days_in_words(days: Iterable[date]) -> str:
    """Return days in order, those in a row as `… to …`."""
    rows: list[tuple[date, date]] = []
    for day in sorted({date(day.year, day.month, day.day) for day in days}):
        if rows and rows[-1][1] + _ONE_DAY == day:
            rows[-1] = (rows[-1][0], day)
        else:
            rows.append((day, day))
    spans = (
        day_in_words(first) if first == last else f"{day_in_words(first)} to {day_in_words(last)}"
        for first, last in rows
    )
    return ", ".join(spans)
