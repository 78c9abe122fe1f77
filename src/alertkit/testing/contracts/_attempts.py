"""
What the contracts of the webhooks record, and how they do it from many threads at once.

Rules of this file: no clock; everything happens around one instant that is made up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any, TypeVar

from alertkit.webhooks._health import DailyTally, Outcome
from alertkit.webhooks._request_record import RequestRecord

__all__ = ["NOON", "at_once", "attempt", "failed", "numbers", "total"]

NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)

_Result = TypeVar("_Result")


def attempt(number: int = 0, **given: Any) -> RequestRecord:
    """Return the record of a success, known by `number`."""
    usual: dict[str, Any] = {
        "at": NOON,
        "event_type": "issue.created",
        "url": "https://hooks.example.com/in",
        "status": 200,
        "outcome": Outcome.SUCCESS,
        "message_id": str(number),
    }
    return RequestRecord(**{**usual, **given})


def failed(number: int = 0, **given: Any) -> RequestRecord:
    """Return the record of an error, known by `number`."""
    return attempt(number, **{"status": 500, "outcome": Outcome.ERROR, **given})


def numbers(records: Iterable[RequestRecord]) -> list[int]:
    """Return what the records are known by."""
    return [int(record.message_id) for record in records]


def total(tallies: Iterable[DailyTally]) -> int:
    """Return how many attempts counted in all."""
    return sum(tally.total for tally in tallies)


def at_once(times: int, call: Callable[[int], _Result]) -> list[_Result]:
    """Call from as many threads as there are calls, all of them let go in the same moment."""
    together = threading.Barrier(times)

    def one(number: int) -> _Result:
        together.wait(timeout=30)
        return call(number)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))
