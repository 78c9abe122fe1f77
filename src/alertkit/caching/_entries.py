"""
What stands in a cache: a key for each question, and for each answer a text.

Rules of this file: pure. Numbers and texts never share a key. What was asked for may be anything a stranger typed, and
may be confidential: a long one stands in its key as a digest, and none stands in an error.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import sha256

from alertkit._backoff import is_duration

__all__ = ["UNKNOWN", "invalidated", "is_about", "key_of", "known", "payload_of", "ttl_problems"]

_LONGEST = 100
"""Characters of what was asked for; with prefix and field a key has at most 512."""

UNKNOWN = "-"
"""There is none, as the loader has said."""
_KNOWN = "+"
_INVALIDATED = "!"
_ABSENT = object()


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
        raise ValueError("this is no entry of a lookup")
    return entry[len(_KNOWN) :]


def is_about(value: object, field: str, asked: str | int) -> bool:
    """Return whether a value, an object or a mapping, has in its field what was asked for."""
    found = value.get(field, _ABSENT) if isinstance(value, Mapping) else getattr(value, field, _ABSENT)
    return bool(found == asked)


def ttl_problems(name: str, value: object) -> tuple[str, ...]:
    """Demand a finite number of seconds, more than 0."""
    if is_duration(value) and 0 < value < math.inf:  # type: ignore[operator]
        return ()
    return (f"{name} must be a finite number of seconds, more than 0",)
