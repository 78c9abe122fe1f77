"""
When a webhook is tried again: the advice of Standard Webhooks, for any task queue.

Rules of this file: pure; what became of the attempt, and the dice, arrive as arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

from alertkit.webhooks import Delivery, Outcome

SCHEDULE = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The seconds to wait after each attempt that failed: ten attempts in three days."""

_LONGEST_HINT = 86_400
_JITTER = 0.2


def next_wait(delivery: Delivery, failures: int, *, dice: float, schedule: Sequence[float] = SCHEDULE) -> float | None:
    """
    Return the seconds until the next attempt, or None where there is none.

    `failures` counts the attempts that failed before this one. A wait is up to a fifth longer than the schedule says,
    by an even draw `dice` from [0, 1), and longer where the endpoint asked for it: a day at most.
    """
    failed = delivery.error is not None
    if not failed or not delivery.sent or delivery.outcome is Outcome.FATAL or failures >= len(schedule):
        return None
    wait = schedule[failures] * (1 + _JITTER * dice)
    return max(wait, min(delivery.retry_after or 0, _LONGEST_HINT))
