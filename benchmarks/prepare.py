"""
From an event to the bytes of its request, without any network.

Rules of this file: the baseline is `json.dumps` of the equal dict, so that what is measured beyond it is the checking,
fitting and listing that alertkit does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
from clients import KEY, LoopbackEventsClient, Send, equal_dict, trigger, with_pagerduty
from details import Details, flat, grown, stack_trace, stack_trace_in_many_scripts
from measure import Target, Variant, calls_within, interleaved, table

from alertkit.pagerduty import PreparedEvent, prepare_event

__all__ = ["run"]

_BASELINE = "json.dumps"
_PREPARED = "prepare_event"
_KINDS: tuple[tuple[str, Callable[[int], Details], int, float | None], ...] = (
    ("stack trace, 2 KB", stack_trace, 2_000, 1.4),
    ("flat, 2 KB", flat, 2_000, 1.4),
    ("stack trace, 100 KB", stack_trace, 100_000, 1.15),
    ("flat, 100 KB", flat, 100_000, 1.15),
    ("stack trace in many scripts, 2 KB", stack_trace_in_many_scripts, 2_000, None),
    ("stack trace in many scripts, 100 KB", stack_trace_in_many_scripts, 100_000, None),
)


class _Encoding:
    """Stands where the `pagerduty` client keeps its HTTP library (`parent`): encodes as that does, sends nothing."""

    def __init__(self) -> None:
        self._answer = httpx2.Response(202, json={"status": "success", "dedup_key": "checkout/orders/4711"})

    def request(self, _method: str, _url: str, *, json: object, **_options: object) -> httpx2.Response:
        """Encode the body."""
        _encoded(json)
        return self._answer


def _encoded(document: object) -> bytes:
    # What httpx2 does with `json=`.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _with_pagerduty_offline(details: Details) -> Send:
    class Offline(LoopbackEventsClient):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.parent: Any = _Encoding()

    return with_pagerduty("https://127.0.0.1", details, kind=Offline)


def _built_and_prepared(details: Details) -> PreparedEvent:
    return prepare_event(trigger(details), routing_key=KEY)


def run(rounds: int) -> None:
    for kind, build, size, limit in _KINDS:
        details = grown(build, size)
        document = equal_dict(details)
        event = trigger(details)
        ways: dict[str, Send] = {
            _BASELINE: partial(json.dumps, document),
            _PREPARED: partial(prepare_event, event, routing_key=KEY),
            "build the event and prepare it": partial(_built_and_prepared, details),
            "pagerduty package, up to its HTTP library": _with_pagerduty_offline(details),
        }
        variants = [Variant(name, way, calls_within(way, 0.01)) for name, way in ways.items()]
        targets = [] if limit is None else [Target(_PREPARED, _BASELINE, limit)]
        table(
            f"prepare: {kind} ({len(json.dumps(document)):,} bytes)",
            interleaved(variants, rounds),
            [_BASELINE],
            targets,
        )
