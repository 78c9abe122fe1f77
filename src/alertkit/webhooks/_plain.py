"""
Values as JSON, and back, for a task queue, a database, or another process.

Rules of this file: both directions read the same `attrs` fields, so that there is one place that names them. Bytes are
base64, instants and days ISO 8601, enum members their value; what is None is left out. Names that are not known are
passed over, so that an older reader takes what a newer writer wrote.
"""

from __future__ import annotations

import json
import types
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from typing_extensions import Self

from alertkit.errors import UsageError

__all__ = ["JsonValue"]

_SCALARS = frozenset({str, int, float, bool, type(None)})
_BAD_SHAPES = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)


class JsonValue:
    """An `attrs` value that goes to JSON and comes back equal."""

    __slots__ = ()

    def to_json(self) -> str:
        """Return the value as JSON text."""
        return _encode(_plain(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the value that `to_json` was asked of. Raises `UsageError` for a text that is none."""
        if not isinstance(text, (str, bytes)):
            raise UsageError(f"{cls.__name__}.from_json reads text, not {type(text).__name__}")
        try:
            value: Self = _value(cls, json.loads(text))
        except _BAD_SHAPES:
            pass
        else:
            return value
        # Raised out here: the text, which errors of the parser repeat, may be confidential.
        raise UsageError(f"this is no {cls.__name__} in JSON")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _plain(value: Any) -> Any:
    kind = type(value)
    return value if kind in _SCALARS else _conversion(value.__class__)(value)


_CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda member: member.value),
    (date, lambda day: day.isoformat()),
    (tuple, lambda members: [_plain(member) for member in members]),
    (bytes, lambda data: b64encode(data).decode("ascii")),
    (Mapping, dict),
    # Subclasses, as some drivers return them.
    (str, str),
    (int, int),
    (float, float),
)


@lru_cache(maxsize=256)
def _conversion(kind: Any) -> Callable[[Any], Any]:
    """Return what makes a value of this kind plain: found once, since a record has many, for each attempt."""
    for base, convert in _CONVERSIONS:
        if issubclass(kind, base):
            return convert
    names = _names(kind)
    return lambda value: {name: _plain(member) for name in names if (member := getattr(value, name)) is not None}


def _value(kind: Any, plain: Any) -> Any:
    """Return `plain` as what the annotation `kind` says. Raises `ValueError` where it is not of that shape."""
    if get_origin(kind) in (Union, types.UnionType):
        return None if plain is None else _value(get_args(kind)[0], plain)
    return _VALUES[type(plain)](kind, plain)


def _from_list(kind: Any, plain: list[Any]) -> Any:
    if get_origin(kind) is not tuple:
        raise ValueError
    return tuple(_value(get_args(kind)[0], member) for member in plain)


def _from_object(kind: Any, plain: dict[str, Any]) -> Any:
    if get_origin(kind) is Mapping:
        return {name: _value(str, text) for name, text in plain.items()}
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], plain[name]) for name in _names(kind) if name in plain})


def _from_text(kind: Any, text: str) -> Any:
    if kind is str:
        return text
    if kind is bytes:
        return b64decode(text, validate=True)
    return kind(text) if issubclass(kind, Enum) else kind.fromisoformat(text)


def _from_number(kind: Any, number: float) -> Any:
    if kind is float:
        return float(number)
    if kind is not type(number):
        raise ValueError
    return number


_VALUES: dict[type, Callable[[Any, Any], Any]] = {
    list: _from_list,
    dict: _from_object,
    str: _from_text,
    int: _from_number,
    float: _from_number,
    bool: _from_number,
}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(member.name for member in attrs.fields(kind))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
