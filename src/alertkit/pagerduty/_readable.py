"""
Values that strict JSON in UTF-8 cannot hold get a form that a person can read.

Rules of this file: pure, and nothing of the caller's is modified: the result shares no container with what was given.
Nearly every event is spared this walk by the cheap question `is_plain`; what `readable` returns is always plain.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from alertkit.pagerduty._changes import Change, inside
from alertkit.pagerduty._checks import DEEPEST, MOST_VALUES

__all__ = ["legible", "readable"]

_TOO_MANY = f"dropped: more than {MOST_VALUES} values cannot fit"


def legible(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-8 cannot carry, spelt out as their escapes."""
    return text.encode(errors="backslashreplace").decode()


def readable(value: object, path: str, changes: list[Change]) -> Any:
    """Return a plain copy of `value`, appending to `changes` what could not be kept as it was."""
    return _Walk(changes).copy(value, path, ())


class _Walk:
    """One pass over one value; holds the list that the changes go to."""

    def __init__(self, changes: list[Change]) -> None:
        self._changes = changes
        self._room = MOST_VALUES

    def copy(self, value: object, path: str, parents: tuple[int, ...]) -> object:
        """Return the plain form of `value`, which stands at `path` inside the containers with the ids `parents`."""
        try:
            return self._copied(value, path, parents)
        except Exception as error:  # noqa: BLE001  an object of the caller's own, whose failure must not cost the alert
            return self._spelt(value, f"<unreadable {type(value).__name__}: {type(error).__name__}>", path)

    def _copied(self, value: object, path: str, parents: tuple[int, ...]) -> object:
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, int):
            return self._integer(value, path)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else self._spelt(value, json.dumps(value), path)
        if isinstance(value, (Mapping, list, tuple, set, frozenset, deque)):
            return self._container(value, path, parents)
        return self._spelt(value, _description(value), path)

    def _text(self, value: str, path: str) -> str:
        plain = str.__str__(value)
        try:
            plain.encode()
        except UnicodeEncodeError:
            return self._replaced("spelt out lone surrogates, which UTF-8 cannot carry", "str", legible(plain), path)
        return plain

    def _integer(self, value: int, path: str) -> object:
        plain = int(value)
        digits = _digits(plain)
        if digits.startswith(("0x", "-0x")):
            return self._replaced("spelt in hexadecimal: too many digits", "int", digits, path)
        return plain

    def _container(self, value: object, path: str, parents: tuple[int, ...]) -> object:
        if id(value) in parents:
            return self._replaced("cut a cycle", type(value).__name__, "<cycle>", path)
        if len(parents) >= DEEPEST:
            return self._replaced("cut: nested too deep", type(value).__name__, "<nested too deep>", path)
        if self._room == 0:
            return self._replaced(_TOO_MANY, type(value).__name__, "<left out>", path)
        parents = (*parents, id(value))
        if isinstance(value, Mapping):
            return self._mapping(self._with_room(list(value.items()), path), path, parents)
        members = self._with_room(list(value), path)  # type: ignore[call-overload]
        if isinstance(value, (set, frozenset)):
            members.sort(key=_description)  # any fixed order, or equal events would have different bytes
            self._replaced("made a list", type(value).__name__, "list", path)
        return [self.copy(member, f"{path}[{index}]", parents) for index, member in enumerate(members)]

    def _with_room(self, members: list[Any], path: str) -> list[Any]:
        kept = members[: self._room]
        self._room -= len(kept)
        if len(kept) < len(members):
            self._changes.append(Change(path, _TOO_MANY, len(members), len(kept)))
        return kept

    def _mapping(self, items: list[tuple[object, object]], path: str, parents: tuple[int, ...]) -> dict[str, object]:
        plain: dict[str, object] = {}
        taken = dict.fromkeys((key for key, _ in items if type(key) is str), 1)
        for key, member in items:
            name = self._name(key, path, taken)
            plain[name] = self.copy(member, inside(path, name), parents)
        return plain

    def _name(self, key: object, path: str, taken: dict[str, int]) -> str:
        if type(key) is str:
            name = legible(key)
            if name == key:
                return name
        else:
            name = legible(key if isinstance(key, str) else _key_name(key))
        wanted = name
        while name in taken:  # 1 beside "1": neither may push the other out
            taken[wanted] += 1
            number = f" {taken[wanted] - 1}" if taken[wanted] > 2 else ""
            name = f"{wanted} ({type(key).__name__}{number})"
        taken[name] = 1
        self._replaced("made the key text", type(key).__name__, name, inside(path, name))
        return name

    def _spelt(self, value: object, text: str, path: str) -> str:
        return self._replaced("JSON has no such value", type(value).__name__, legible(text), path)

    def _replaced(self, reason: str, before: str, after: str, path: str) -> str:
        self._changes.append(Change(path, reason, before, after if len(after) <= 80 else f"{after[:79]}…"))
        return after


def _key_name(key: object) -> str:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return _description(key)


def _description(value: object) -> str:
    """Return a text for any object at all, even one whose own methods fail."""
    try:
        return _words_for(value)
    except Exception as error:  # noqa: BLE001  as above
        return f"<unreadable {type(value).__name__}: {type(error).__name__}>"


def _words_for(value: object) -> str:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value))
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if isinstance(value, Enum):
        return _words_for(value.value)
    return _digits(value) if isinstance(value, int) else str(value)


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to print more than 4300 digits; the hexadecimal form has no such limit
        return hex(value)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"0x{value.hex()}"
