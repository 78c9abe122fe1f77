"""
What PagerDuty takes: the checks that are its own, and its limits that more than one file has to meet.

Rules of this file: pure, and no event is mended here. Checks return their problems as those of the kernel do.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from alertkit._checks import required_text

__all__ = ["DEEPEST", "MAX_BODY", "MOST_VALUES", "id_text", "identity", "is_plain"]

MAX_BODY = 512_000
"""Bytes of one request. PagerDuty says 512 KB (Events API v2, overview); the smaller of two readings fits both."""

DEEPEST = 32
"""How deep details may nest: deeper than a person reads, and far from where encoders and parsers give up."""

MOST_VALUES = 500_000
"""How many values details may hold, counted as often as they occur: half of them cannot fit, for each takes two of the
bytes of a request. Without it a few lists that hold each other several times over would be beyond all memory."""

_SCALARS = frozenset({int, float, bool, type(None)})
_CONTAINERS = frozenset({dict, list})


def id_text(value: object) -> Any:
    """Return the text of an id that is a number, as hosts have them; whatever else it is stays, to be checked."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def identity(value: object) -> tuple[str, ...]:
    """Demand a dedup key that identifies: text, not blank, and encodable, or no two systems would agree on it."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return ("dedup_key holds a lone surrogate, which UTF-8 cannot carry",)
    return required_text("dedup_key", value)


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
            members = [m for m in chain.from_iterable(chain(map(dict.values, dicts), lists)) if type(m) is not str]
        except (TypeError, RuntimeError):  # or another thread, which adds to what the app still works with
            return False
        nested = set(map(type, members)) - _SCALARS
        if not nested:
            return True
        if not nested <= _CONTAINERS:
            return False
        dicts = [m for m in members if type(m) is dict]
        lists = [m for m in members if type(m) is list]
    return False
