"""
What is wrong with a field, in words that name the field and the limit.

Rules of this file: every check returns its problems, an empty tuple where there are none, so that a value can report
all of them at once; the wording follows PagerDuty's own where PagerDuty has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from itertools import chain

from alertkit.errors import InvalidEventError

__all__ = [
    "DEEPEST",
    "MOST_VALUES",
    "identity",
    "instant",
    "is_plain",
    "mapping",
    "members",
    "optional_text",
    "refuse",
    "required_text",
]

DEEPEST = 32
"""How deep details may nest: deeper than a person reads, and far from where encoders and parsers give up."""

MOST_VALUES = 500_000
"""How many values details may hold, counted as often as they occur: half of them cannot fit, for each takes two of the
512,000 bytes. Without it a few lists that hold each other several times over would be beyond all memory."""

_SCALARS = frozenset({str, int, float, bool, type(None)})
_CONTAINERS = frozenset({dict, list})


def required_text(name: str, value: object) -> tuple[str, ...]:
    """Demand text that is not blank."""
    if not isinstance(value, str):
        return (f"{name} must be text, not {type(value).__name__}",)
    return () if value and not value.isspace() else (f"{name} is missing or blank",)


def optional_text(name: str, value: object) -> tuple[str, ...]:
    """Demand text or None."""
    return () if value is None or isinstance(value, str) else (f"{name} must be text, not {type(value).__name__}",)


def identity(value: object) -> tuple[str, ...]:
    """Demand a dedup key that identifies: text, not blank, and encodable, or no two systems would agree on it."""
    problems = required_text("dedup_key", value)
    if not problems and isinstance(value, str) and not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return ("dedup_key holds a lone surrogate, which UTF-8 cannot carry",)
    return problems


def instant(value: object) -> tuple[str, ...]:
    """Demand an aware datetime that exists in UTC, or None."""
    if value is None:
        return ()
    if not isinstance(value, datetime):
        return (f"timestamp must be a datetime, not {type(value).__name__}",)
    if value.utcoffset() is None:
        return ("timestamp must be aware: a naive one would be read in some time zone or other",)
    try:
        value.astimezone(timezone.utc)
    except OverflowError:
        return ("timestamp is out of range: in UTC it must lie in the years 1 to 9999",)
    return ()


def members(name: str, values: Iterable[object], kind: type) -> tuple[str, ...]:
    """Demand that all values are of one kind."""
    return tuple(
        f"{name}[{index}] must be of type {kind.__name__}, not {type(value).__name__}"
        for index, value in enumerate(values)
        if not isinstance(value, kind)
    )


def mapping(name: str, value: object) -> tuple[str, ...]:
    """Demand a mapping."""
    return () if isinstance(value, Mapping) else (f"{name} must be a mapping, not {type(value).__name__}",)


def is_plain(details: object) -> bool:
    """
    Return whether JSON can hold the shape of `details`: plain containers, text keys, scalars, no cycle.

    What only the encoder can tell cheaply is left to it: not-a-number, infinities, huge integers, lone surrogates.
    Goes level by level rather than by recursion, which lets C loops do nearly all of the work.
    """
    if type(details) is not dict:
        return False
    dicts: list[dict[object, object]] = [details]
    lists: list[list[object]] = []
    count = 0
    for _ in range(DEEPEST):
        count += sum(map(len, dicts)) + sum(map(len, lists))
        if count > MOST_VALUES:
            return False
        try:
            "".join(chain.from_iterable(dicts))  # type: ignore[arg-type]  # a key that is not text ends it
        except TypeError:
            return False
        members = [m for m in chain.from_iterable(chain(map(dict.values, dicts), lists)) if type(m) is not str]
        nested = set(map(type, members)) - _SCALARS
        if not nested:
            return True
        if not nested <= _CONTAINERS:
            return False
        dicts = [m for m in members if type(m) is dict]
        lists = [m for m in members if type(m) is list]
    return False


def refuse(*problems: tuple[str, ...]) -> None:
    """Raise `InvalidEventError` with all problems, if there are any."""
    found = [problem for group in problems for problem in group]
    if found:
        raise InvalidEventError(found)
