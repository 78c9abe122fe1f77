"""
What is wrong with a field, in words that name the field.

Rules of this file: every check returns its problems, an empty tuple where there are none, so that a value can report
all of them at once. No problem repeats the value itself: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone

from alertkit.errors import InvalidEventError, UsageError

__all__ = [
    "MAX_LINE",
    "at_least",
    "calendar_day",
    "demand",
    "instant",
    "instant_or_none",
    "line",
    "line_or_none",
    "mapping",
    "members",
    "methods",
    "of_type",
    "optional_function",
    "optional_observer",
    "optional_text",
    "refuse",
    "required_text",
]


def required_text(name: str, value: object) -> tuple[str, ...]:
    """Demand text that is not blank."""
    if not isinstance(value, str):
        return (f"{name} must be text, not {type(value).__name__}",)
    return () if value and not value.isspace() else (f"{name} is missing or blank",)


MAX_LINE = 256
"""Characters of an id or a name, which is a key of a database or stands in a line of a log."""

_BREAKS_A_LINE = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]").search


def line(name: str, value: object, *, most: int = MAX_LINE) -> tuple[str, ...]:
    """Demand text that is one line of any log and a key of any database: not long, and without control characters."""
    # Nearly all are; what is not printable may still be a blank of another script.
    if isinstance(value, str) and 0 < len(value) <= most and value.isprintable() and not value.isspace():
        return ()
    problems = required_text(name, value)
    if problems or not isinstance(value, str):
        return problems
    if len(value) > most:
        return (f"{name} must have at most {most} characters",)
    return (f"{name} must hold neither control characters nor lone surrogates",) if _BREAKS_A_LINE(value) else ()


def line_or_none(name: str, value: object) -> tuple[str, ...]:
    """Demand a line, or None."""
    return () if value is None else line(name, value)


def methods(name: str, value: object, *wanted: str) -> tuple[str, ...]:
    """Demand an object that has these methods; a class is none."""
    if isinstance(value, type):
        return (f"{name} must be an object, not the class {value.__name__}",)
    missing = [method for method in wanted if not callable(getattr(value, method, None))]
    if not missing:
        return ()
    return (f"{name} must have the methods {', '.join(wanted)}: {type(value).__name__} lacks {', '.join(missing)}",)


def optional_text(name: str, value: object) -> tuple[str, ...]:
    """Demand text or None."""
    return () if value is None or isinstance(value, str) else (f"{name} must be text, not {type(value).__name__}",)


def optional_function(name: str, value: object) -> tuple[str, ...]:
    """Demand something that can be called, or None."""
    return () if value is None or callable(value) else (f"{name} must be a function",)


def optional_observer(name: str, value: object) -> tuple[str, ...]:
    """Demand a function, or None; a class, which is one too, would make another observer of each observation."""
    if isinstance(value, type):
        return (f"{name} must be a function, not the class {value.__name__}",)
    return optional_function(name, value)


def instant(name: str, value: object) -> tuple[str, ...]:
    """Demand an aware datetime that exists in UTC."""
    if not isinstance(value, datetime):
        return (f"{name} must be a datetime, not {type(value).__name__}",)
    if value.tzinfo is timezone.utc:
        return ()
    if value.utcoffset() is None:
        return (f"{name} must be aware: a naive one would be read in some time zone or other",)
    try:
        value.astimezone(timezone.utc)
    except OverflowError:
        return (f"{name} is out of range: in UTC it must lie in the years 1 to 9999",)
    return ()


def instant_or_none(name: str, value: object) -> tuple[str, ...]:
    """Demand an aware datetime that exists in UTC, or None."""
    return () if value is None else instant(name, value)


def calendar_day(name: str, value: object) -> tuple[str, ...]:
    """Demand a date; a datetime, which is one to Python, is a day in some time zone or other."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return ()
    return (f"{name} must be a date, not {type(value).__name__}",)


def members(name: str, values: Iterable[object], kind: type) -> tuple[str, ...]:
    """Demand that all values are of one kind."""
    return tuple(problem for index, value in enumerate(values) for problem in of_type(f"{name}[{index}]", value, kind))


def of_type(name: str, value: object, kind: type) -> tuple[str, ...]:
    """Demand a value of one kind."""
    return () if isinstance(value, kind) else (f"{name} must be of type {kind.__name__}, not {type(value).__name__}",)


def at_least(name: str, value: object, least: int) -> tuple[str, ...]:
    """Demand a whole number that is not too small."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return ()
    return (f"{name} must be a whole number, at least {least}",)


def mapping(name: str, value: object) -> tuple[str, ...]:
    """Demand a mapping."""
    return () if isinstance(value, Mapping) else (f"{name} must be a mapping, not {type(value).__name__}",)


def refuse(*problems: Iterable[str]) -> None:
    """Raise `InvalidEventError` with all problems of a value, if there are any."""
    if any(problems) and (found := [problem for group in problems for problem in group]):
        raise InvalidEventError(found)


def demand(*problems: Iterable[str]) -> None:
    """Raise `UsageError` with all problems of a call or of settings, if there are any."""
    if any(problems) and (found := [problem for group in problems for problem in group]):
        raise UsageError("; ".join(found))
