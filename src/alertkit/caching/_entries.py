"""
What stands in a cache: a key for each question, and for each answer a text.

Rules of this file: pure. Numbers and texts never share a key. What was asked for may be anything a stranger typed, and
may be confidential: a long one stands in its key as a digest, and none stands in an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from hashlib import sha256

from alertkit._backoff import is_duration

__all__ = [
    "UNKNOWN",
    "invalidated",
    "is_about",
    "key_of",
    "known",
    "loader_problems",
    "payload_of",
    "question_problems",
    "ttl_problems",
]

_LONGEST = 100
"""Characters of what was asked for; with prefix and field a key has at most 512."""

_MOST_BITS = 1024
"""Of a number, which Python does not always spell out where it has more than 640 digits."""

UNKNOWN = "-"
"""There is none, as the loader has said."""
_KNOWN = "+"
_INVALIDATED = "!"
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}").fullmatch


def key_of(prefix: str, field: str, asked: str | int) -> str:
    """Return where the answer to a question stands."""
    text = json.dumps(asked)
    if len(text) > _LONGEST:
        text = sha256(text.encode("ascii")).hexdigest()
    return f"{prefix}:{field}:{text}"


def known(payload: str) -> str:
    """Return the entry of a value."""
    return _KNOWN + payload


def invalidated(mark: str) -> str:
    """Return the entry that says that nothing is known here any more; `mark` tells it from every other one."""
    return _INVALIDATED + mark


def payload_of(entry: str | None) -> str | None:
    """
    Return the payload of the entry of a value; None where nothing is known.

    Raises `ValueError` for a text that nobody here has written.
    """
    if entry is None or entry.startswith(_INVALIDATED):
        return None
    if not entry.startswith(_KNOWN):
        raise ValueError
    return entry[len(_KNOWN) :]


def is_about(value: object, field: str, asked: str | int) -> bool:
    """Return whether a value, an object or a mapping, has in its field what was asked for."""
    found = value.get(field) if isinstance(value, Mapping) else getattr(value, field, None)
    return bool(found == asked)


def loader_problems(load: object) -> tuple[str, ...]:
    """Demand a loader for each unique field."""
    if not isinstance(load, Mapping) or not load:
        return ("load must be a mapping of unique fields to the functions that load by them",)
    unnamed = [field for field in load if not isinstance(field, str) or not _FIELD(field)]
    silent = [field for field in load if not callable(load[field])]
    return (
        *(f"load has {field!r}, which is no name of a field" for field in unnamed),
        *(f"load[{field!r}] must be a function" for field in silent),
    )


def question_problems(field: str, asked: object) -> tuple[str, ...]:
    """Demand a text, or a whole number that is no longer than any id."""
    if isinstance(asked, bool) or not isinstance(asked, (str, int)):
        return (f"{field} must be a text or a whole number, not {type(asked).__name__}",)
    if isinstance(asked, int) and asked.bit_length() > _MOST_BITS:
        return (f"{field} must be a whole number of at most {_MOST_BITS} bits",)
    return ()


def ttl_problems(name: str, value: object) -> tuple[str, ...]:
    """Demand a finite number of seconds, more than 0."""
    if is_duration(value) and 0 < value < math.inf:  # type: ignore[operator]
        return ()
    return (f"{name} must be a finite number of seconds, more than 0",)
