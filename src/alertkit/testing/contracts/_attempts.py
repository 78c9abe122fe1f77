"""
What the contracts of the webhooks record, and how they do it from many threads at once.

Rules of this file: no clock; everything happens around one instant that is made up.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import chain
from typing import Any, TypeVar

from alertkit.webhooks._health import DailyTally, Outcome
from alertkit.webhooks._ports import RequestBuffer
from alertkit.webhooks._request_record import RequestRecord

__all__ = ["NOON", "at_once", "attempt", "both", "failed", "numbers", "total"]

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


def both(buffer: RequestBuffer, integration_id: str) -> list[int]:
    """Return the records of errors; all of them are, so they stand among all records alike."""
    errors = numbers(buffer.recent(integration_id, errors_only=True))
    assert numbers(buffer.recent(integration_id)) == errors
    return errors


def at_once(threads: int, call: Callable[[int], _Result], *, times: int = 1) -> list[_Result]:
    """Call `times` times from each thread, all let go in the same moment and interrupted as often as can be."""
    together = threading.Barrier(threads)
    usual = sys.getswitchinterval()

    def some(first: int) -> list[_Result]:
        together.wait(timeout=30)
        return [call(number) for number in range(first, first + times)]

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            return list(chain.from_iterable(pool.map(some, range(0, threads * times, times))))
    finally:
        sys.setswitchinterval(usual)
