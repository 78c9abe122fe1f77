"""
What PagerDuty's legacy Events API v1 refuses, and in which words.

Rules of this file: as in `_pagerduty_rules.py`. Of v1 fewer words are known: those for the length of the key, for the
type of the event and for a description that is too long; the others are ours, in their style.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alertkit.testing._pagerduty_rules import MOST_BYTES, is_blank, length

__all__ = ["V1_PATH", "v1_refusals"]

V1_PATH = "/generic/2010-04-15/create_event.json"
_TYPES = ("trigger", "acknowledge", "resolve")
_REQUIRED = {"link": "href", "image": "src"}


def v1_refusals(document: Mapping[str, Any], *, size: int, known_keys: Iterable[str] | None) -> list[str]:
    """Return everything that PagerDuty would refuse in an event of `size` bytes; nothing: it is taken."""
    problems = list(_service_key(document.get("service_key")))
    if size > MOST_BYTES:
        problems.append(f"Event is too large (maximum is {MOST_BYTES} bytes)")
    problems += _identity(document)
    if document.get("event_type") == "trigger":
        problems += _trigger(document)
        problems += _contexts(document)
    if not problems and known_keys is not None and document["service_key"] not in known_keys:
        problems.append("Service key is invalid")
    return problems


def _service_key(key: object) -> Iterator[str]:
    if is_blank(key):
        yield "Service key is missing or blank"
        return
    if len(str(key)) != 32:
        yield "Service key is the wrong length (should be 32 characters)"
    if not (str(key).isascii() and str(key).isalnum()):
        yield "Service key cannot contain non-alphanumeric characters"


def _identity(document: Mapping[str, Any]) -> Iterator[str]:
    kind, key = document.get("event_type"), document.get("incident_key")
    if kind not in _TYPES:
        yield f"event_type is invalid (must be one of: {' '.join(_TYPES)})"
    elif kind != "trigger" and is_blank(key):
        yield "Incident key is missing or blank"
    if key is not None and not isinstance(key, str):
        yield "Incident key must be text"
    elif isinstance(key, str) and length(key) > 255:
        yield "Incident key is too long (maximum is 255 characters)"


def _trigger(document: Mapping[str, Any]) -> Iterator[str]:
    description, details = document.get("description"), document.get("details")
    if is_blank(description):
        yield "Description is missing or blank"
    elif length(str(description)) > 1024:
        yield "Description is too long (maximum is 1024 characters)"
    if details is not None and not isinstance(details, Mapping):
        yield "Details must be an object"


def _contexts(document: Mapping[str, Any]) -> Iterator[str]:
    contexts = document.get("contexts", [])
    if not isinstance(contexts, list):
        yield "Contexts must be a list"
        return
    for index, context in enumerate(contexts):
        kind = context.get("type") if isinstance(context, Mapping) else None
        required = _REQUIRED.get(kind) if isinstance(kind, str) else None
        if required is None:
            yield f"contexts[{index}].type is invalid (must be one of: link image)"
        elif is_blank(url := context.get(required)):
            yield f"contexts[{index}].{required} is missing or blank"
        elif kind == "image" and not str(url).lower().startswith("https://"):
            yield f"contexts[{index}].src must be an HTTPS URL"
