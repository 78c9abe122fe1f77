"""
Details of an alert as apps really send them: an error with its stack trace, and a flat list of labels.

Rules of this file: no randomness, so that every run measures the same bytes; grown until their JSON has the size.
"""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["Details", "flat", "grown", "stack_trace", "stack_trace_in_many_scripts"]

Details = dict[str, object]


def grown(build: Callable[[int], Details], size: int) -> Details:
    """Return what `build` makes, with as many parts as it takes to reach `size` bytes of JSON."""
    parts = 1
    while len(json.dumps(build(parts), ensure_ascii=False).encode()) < size:
        parts += max(1, parts // 20)
    return build(parts)


def stack_trace(frames: int) -> Details:
    """Return an error as an error tracker describes it, nested five deep."""
    return {
        "tags": {"environment": "production", "release": "checkout@4.17.2", "server_name": "web-7", "handled": "no"},
        "triggering_rules": ["Errors in the checkout", "More than 100 events in an hour"],
        "exception": {
            "type": "IntegrityError",
            "value": 'duplicate key value violates unique constraint "orders_reference_key"',
            "frames": [_frame(number) for number in range(frames)],
        },
        "request": {"method": "POST", "url": "https://shop.example.com/checkout/orders", "query": None},
    }


def stack_trace_in_many_scripts(frames: int) -> Details:
    """Return the same error, met by people whose names ASCII cannot spell."""
    return {**stack_trace(frames), "people": ["Zoë Grønbæk", "山田太郎", "Дарья Іванова"] * max(1, frames // 2)}


def _frame(number: int) -> Details:
    return {
        "filename": f"src/checkout/services/orders_{number % 7}.py",
        "function": ("place_order", "reserve_stock", "charge", "save", "_execute")[number % 5],
        "lineno": 40 + 13 * number,
        "in_app": number % 3 != 0,
        "context_line": f'        order = self.repository.insert(reference="R-{number:05}", lines=lines)',
        "vars": {"reference": f"'R-{number:05}'", "lines": [1, 2, number], "total": 19.99 + number, "retry": None},
    }


def flat(labels: int) -> Details:
    """Return labels with short texts, as a monitoring system sends them."""
    return {f"label_{number:04}": f"value {number} of this label on host-{number % 11}" for number in range(labels)}
