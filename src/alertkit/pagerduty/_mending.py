"""
An event that JSON or UTF-8 cannot hold, as one that they can.

Rules of this file: pure; the event that comes in stays as it is. What is said here of fields, `_readable.py` says of
the values inside the details.
"""

from __future__ import annotations

from typing import Any

import attrs

from alertkit.pagerduty._changes import Change
from alertkit.pagerduty._events import Event
from alertkit.pagerduty._readable import legible, readable

__all__ = ["mended"]


def mended(event: Event, changes: list[Change]) -> Event:
    """Return a copy of `event` that JSON can hold, and append to `changes` what was done to it."""
    plain: dict[str, Any] = {}
    for name in _names(event):
        value = getattr(event, name)
        if name in ("links", "images"):
            plain[name] = tuple(_plain_texts(each, f"{name}[{index}].", changes) for index, each in enumerate(value))
        elif name == "custom_details" and value is not None:
            details = readable(value, name, changes)
            if not isinstance(details, dict):
                changes.append(Change(name, "wrapped: PagerDuty takes an object", type(value).__name__, "object"))
                details = {"details": details}
            plain[name] = details
    return attrs.evolve(_plain_texts(event, "", changes), **plain)  # type: ignore[no-any-return]


def _names(value: Any) -> list[str]:
    return [attribute.name for attribute in attrs.fields(type(value)) if attribute.init]


def _plain_texts(value: Any, prefix: str, changes: list[Change]) -> Any:
    """Return a copy of an event, link or image whose texts UTF-8 can carry."""
    plain = {}
    for name in _names(value):
        text = getattr(value, name)
        if isinstance(text, str) and (spelt := legible(text)) != text:
            plain[name] = spelt
            changes.append(
                Change(f"{prefix}{name}", "spelt out lone surrogates, which UTF-8 cannot carry", "str", "str")
            )
    return attrs.evolve(value, **plain)
