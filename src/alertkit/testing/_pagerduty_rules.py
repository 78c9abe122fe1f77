"""
What PagerDuty's Events API v2 refuses, and in which words.

Rules of this file: pure. The wording is PagerDuty's where it is known (its documentation, its OpenAPI schema, and
answers quoted in public issues; "maiximum" is its own). Where a limit can be read in two ways the stricter one holds
here, so that what passes the fake passes PagerDuty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

__all__ = ["ALERT_PATH", "CHANGE_PATH", "MOST_BYTES", "is_blank", "length", "parsed", "refusals"]

ALERT_PATH = "/v2/enqueue"
CHANGE_PATH = "/v2/change/enqueue"
MOST_BYTES = 512_000
_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "warning", "error", "info")
# ISO 8601 with a T, zero-padded, with an offset: what leaves one of these out is known to be refused.
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:[0-5]\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)", re.ASCII).fullmatch


def parsed(body: bytes) -> dict[str, Any] | None:
    """Return the object that `body` holds, or None where it holds none in strict JSON."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def refusals(document: Mapping[str, Any], *, size: int, change: bool, known_keys: Iterable[str] | None) -> list[str]:
    """Return everything that PagerDuty would refuse in an event of `size` bytes; nothing: it is taken."""
    problems = list(_routing_key(document.get("routing_key"), change=change))
    if size > MOST_BYTES:
        problems.append(f"Event is too large (maximum is {MOST_BYTES} bytes)")
    if not change:
        problems += _identity(document)
    if change or document.get("event_action") == "trigger":
        problems += _payload(document.get("payload"), change=change)
        problems += _members(document, "links", "href")
        problems += _members(document, "images", "src")
    if not problems and known_keys is not None and document["routing_key"] not in known_keys:
        problems.append("Invalid routing key")
    return problems


def _routing_key(key: object, *, change: bool) -> Iterator[str]:
    if is_blank(key):
        yield _blank("routing_key")
        return
    text = str(key)
    if len(text) != 32:
        yield "Length of 'routing_key' is incorrect (should be 32 characters)"
    if not (text.isascii() and text.isalnum()):
        yield "'routing_key' cannot contain non-alphanumeric characters."
    if change and text.startswith("R"):
        yield "'routing_key' does not accept change events"


def _identity(document: Mapping[str, Any]) -> Iterator[str]:
    action, key = document.get("event_action"), document.get("dedup_key")
    if is_blank(action):
        yield _blank("event_action")
    elif action not in _ACTIONS:
        yield _one_of("event_action", _ACTIONS)
    elif action != "trigger" and is_blank(key):
        yield _blank("dedup_key")
    if key is not None and not isinstance(key, str):
        yield "'dedup_key' must be text"
    elif isinstance(key, str) and length(key) > 255:
        yield "'dedup_key' is too long (maximum is 255 characters)"


def _payload(payload: object, *, change: bool) -> Iterator[str]:
    if not isinstance(payload, Mapping):
        yield _blank("payload")
        return
    summary, timestamp = payload.get("summary"), payload.get("timestamp")
    if is_blank(summary):
        yield _blank("payload.summary")
    elif length(str(summary)) > 1024:
        yield "'summary' is too long (maiximum is 1024 characters)"
    if not change and is_blank(payload.get("source")):
        yield _blank("payload.source")
    if not change and payload.get("severity") not in _SEVERITIES:
        yield _one_of("payload.severity", _SEVERITIES)
    if timestamp is not None and not _is_timestamp(timestamp):
        yield "'payload.timestamp' is invalid (must be an ISO 8601 date and time)"


def _members(document: Mapping[str, Any], name: str, required: str) -> Iterator[str]:
    members = document.get(name, [])
    if not isinstance(members, list):
        yield f"'{name}' must be a list"
        return
    for index, member in enumerate(members):
        place = f"{name}[{index}].{required}"
        url = member.get(required) if isinstance(member, Mapping) else None
        if is_blank(url):
            yield _blank(place)
        elif name == "images" and not str(url).lower().startswith("https://"):
            yield f"'{place}' must be an HTTPS URL"


def _is_timestamp(value: object) -> bool:
    match = _TIMESTAMP(value) if isinstance(value, str) else None
    if match is None:
        return False
    try:
        datetime.fromisoformat(match[1])
    except ValueError:  # a day that the calendar does not have
        return False
    return True


def is_blank(value: object) -> bool:
    """Return whether a field counts as missing."""
    return value is None or (isinstance(value, str) and not value.strip())


def length(text: str) -> int:
    """Return the length in UTF-16 units, the strictest way to count characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _blank(name: str) -> str:
    return f"'{name}' is missing or blank"


def _one_of(name: str, words: tuple[str, ...]) -> str:
    *most, last = (f"'{word}'" for word in words)
    return f"'{name}' is invalid (must be one of the following: {', '.join(most)} or {last})"
