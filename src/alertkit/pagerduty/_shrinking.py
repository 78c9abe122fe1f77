"""
What goes, and in which order, when a request is over PagerDuty's limit.

Rules of this file: pure; what is cut is a copy, in place. Each step takes only as much as is still too much, and what
is still too much is measured again after every cut:

1. long texts are shortened, the longest first and as far as needed, down to a stub;
2. where that cannot be enough, images go from the end, then links;
3. then entries of the details go from the end, those of the largest container first.

So the small things survive to the byte: a stub is longer than any of them, and stubs and short texts always fit.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from alertkit._json import encode
from alertkit.pagerduty._changes import Change, inside
from alertkit.pagerduty._checks import MAX_BODY
from alertkit.pagerduty._text import grapheme_floor

__all__ = ["shrunk"]

_STUB = 64
"""Encoded bytes that are left of a shortened detail; a shorter one is never touched."""
_STUB_OF_FIELD = 1024
"""The same for the event's own fields, which say more than a detail does."""
_REASON = f"to fit into {MAX_BODY} bytes"


def _size(value: object) -> int:
    return len(encode(value))


def shrunk(document: dict[str, Any], changes: list[Change], size_of: Callable[[dict[str, Any]], int]) -> dict[str, Any]:
    """
    Return a copy of the plain `document` that fits into `MAX_BODY` bytes, and append to `changes` what was cut.

    `size_of` says how many bytes a document takes as its API spells it.
    """
    document = json.loads(encode(document))
    texts = sorted(_long_texts(document), key=lambda text: -text.size)
    # What must go beyond what the texts can give. Asked before a text is cut: the room that a dropped link leaves
    # is theirs.
    most = MAX_BODY + sum(text.spare for text in texts)
    for name in ("images", "links"):
        _drop_last(document, name, size_of(document) - most, changes)
    _shorten(texts, size_of(document) - MAX_BODY, changes)
    _drop_entries(_details(document), size_of(document) - MAX_BODY, "custom_details", changes)
    return document


def _details(document: dict[str, Any]) -> Any:
    return document["payload"].get("custom_details", {})


class _Text(NamedTuple):
    """A text that may be shortened, and where it stands."""

    container: Any
    key: str | int
    path: str
    size: int
    stub: int

    @property
    def spare(self) -> int:
        """The bytes that shortening it to its stub is sure to give."""
        return self.size - self.stub


def _long_texts(document: dict[str, Any]) -> Iterator[_Text]:
    for container in (document, document["payload"]):
        for key, value in container.items():
            # The summary has its own limit; neither key is ever so long.
            if isinstance(value, str) and _size(value) > _STUB_OF_FIELD and key != "summary":
                yield _Text(container, key, "class_" if key == "class" else key, _size(value), _STUB_OF_FIELD)
    for container, key, path in _entries(_details(document), "custom_details"):
        value = container[key]
        if isinstance(value, str) and len(value) > _STUB // 6 and _size(value) > _STUB:  # 6: the longest escape
            yield _Text(container, key, path, _size(value), _STUB)


def _entries(container: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    """Yield container, key and path of everything inside `container`, at any depth."""
    for key in container if isinstance(container, dict) else range(len(container)):
        inner = inside(path, str(key)) if isinstance(container, dict) else f"{path}[{key}]"
        yield container, key, inner
        if isinstance(container[key], (dict, list)):
            yield from _entries(container[key], inner)


def _shorten(texts: list[_Text], excess: int, changes: list[Change]) -> None:
    for text in texts:
        if excess <= 0:
            return
        shorter = _beginning(text.container[text.key], max(text.stub, text.size - excess))
        text.container[text.key] = shorter
        excess -= text.size - _size(shorter)
        changes.append(Change(text.path, f"shortened {_REASON}", text.size, _size(shorter)))


def _beginning(text: str, room: int) -> str:
    """Return the longest beginning of `text` that takes `room` encoded bytes with an ellipsis and its quotes."""
    end = bisect(range(len(text)), room, key=lambda end: _size(text[:end] + "…")) - 1
    return text[: grapheme_floor(text, end)] + "…"


def _drop_last(document: dict[str, Any], name: str, excess: int, changes: list[Change]) -> None:
    """Drop members of a list from its end until `excess` bytes are gone."""
    members = document.get(name, [])
    before, freed = len(members), 0
    while members and freed < excess:
        freed += _size(members.pop()) + (1 if members else 0)
    if len(members) < before:
        if not members:
            del document[name]
        changes.append(Change(name, f"dropped from the end {_REASON}", before, len(members)))


def _drop_entries(container: Any, excess: int, path: str, changes: list[Change]) -> int:
    """Drop entries from the end until `excess` bytes are gone; return how many bytes went."""
    if excess <= 0:
        return 0
    before = len(container)
    if isinstance(container, dict):
        freed = _drop_keys(container, excess, path, changes)
    else:
        freed = _drop_members(container, excess, path, changes)
    if len(container) < before:
        changes.append(Change(path, f"dropped entries from the end {_REASON}", before, len(container)))
    return freed


def _drop_keys(container: dict[str, Any], excess: int, path: str, changes: list[Change]) -> int:
    """Empty the containers inside first, the largest before the others, so that as many keys stay as can."""
    freed = 0
    nested = [key for key, value in container.items() if isinstance(value, (dict, list))]
    for key in sorted(nested, key=lambda key: -_size(container[key])):
        freed += _drop_entries(container[key], excess - freed, inside(path, key), changes)
    while container and freed < excess:
        key, value = container.popitem()
        freed += _size(key) + 1 + _size(value) + (1 if container else 0)
    return freed


def _drop_members(container: list[Any], excess: int, path: str, changes: list[Change]) -> int:
    """Drop whole members, but of one that is larger than what must go only a part."""
    freed = 0
    while container and freed < excess:
        last = container[-1]
        size = _size(last) + (1 if len(container) > 1 else 0)
        if last and isinstance(last, (dict, list)) and size > excess - freed:
            freed += _drop_entries(last, excess - freed, f"{path}[{len(container) - 1}]", changes)
        else:
            container.pop()
            freed += size
    return freed
