"""
A request buffer in memory: for tests, for one process, and as the model that every other buffer is measured against.

Rules of this file: no clock and no I/O. One lock makes each call one step. What it holds of an integration is bounded:
of each of the hundred event types recorded last 100 errors and 100 others, and the counts of two months. So is the
number of integrations.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import date, datetime, timedelta, timezone
from typing import TypeAlias

from attrs import Factory, define, field

from alertkit._checks import at_least, demand
from alertkit._processes import OfThisProcess
from alertkit._turn import Turn
from alertkit.stores._calls import (
    MOST_EVENT_TYPES,
    MOST_RECORDS,
    RETENTION,
    check_claim,
    check_limit,
    check_tallies,
    check_window,
    tally,
)
from alertkit.webhooks._health import DailyTally, Outcome
from alertkit.webhooks._request_record import RequestRecord

__all__ = ["MemoryRequestBuffer"]

_EVER = datetime.max.replace(tzinfo=timezone.utc)
_NEVER = datetime.min.replace(tzinfo=timezone.utc)

_Entry: TypeAlias = tuple[int, RequestRecord]
"""A record, and its place in the order of recording."""


def _ring() -> deque[_Entry]:
    return deque(maxlen=MOST_RECORDS)


def _number(entry: _Entry) -> int:
    return entry[0]


@define
class _Log:
    """What is kept of one event type, the oldest first."""

    errors: deque[_Entry] = Factory(_ring)
    others: deque[_Entry] = Factory(_ring)

    def last(self, *, errors_only: bool) -> list[_Entry]:
        """Return the last hundred."""
        return list(self.errors) if errors_only else sorted((*self.errors, *self.others), key=_number)[-MOST_RECORDS:]


@define
class _Kept:
    """What is kept of one integration."""

    logs: OrderedDict[str, _Log] = field(factory=OrderedDict)
    """By event type, the one recorded last at the end."""
    days: dict[date, DailyTally] = field(factory=dict)
    earliest: datetime = _EVER
    latest: datetime = _NEVER
    """Every kept record lies between these two."""
    claimed_until: datetime = _NEVER

    def tally(self, day: date) -> DailyTally:
        """Return the counts of one day."""
        return self.days.get(day) or tally(day.toordinal())

    def window(self, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days."""
        known, first = self.days, until.toordinal() - days + 1
        window = [date.fromordinal(number) for number in range(first, first + days)]
        return tuple([known.get(day) or tally(day.toordinal()) for day in window])

    def append(self, record: RequestRecord, number: int) -> None:
        """Keep a record, and of as many event types as there may be those that came last."""
        log = self.logs.get(record.event_type)
        if log is None:
            log = self.logs[record.event_type] = _Log()
        self.logs.move_to_end(record.event_type)
        (log.errors if record.is_error else log.others).append((number, record))
        if len(self.logs) > MOST_EVENT_TYPES:
            self.logs.popitem(last=False)
        self.earliest, self.latest = min(self.earliest, record.at), max(self.latest, record.at)

    def forget_what_is_far_from(self, at: datetime) -> None:
        """Drop what is more than thirty days away."""
        today = at.date()
        for day in [day for day in self.days if abs(day - today) >= RETENTION]:
            del self.days[day]
        if at - self.earliest <= RETENTION and self.latest - at <= RETENTION:
            return
        for event_type, log in list(self.logs.items()):
            kept = _Log(
                *(
                    deque((entry for entry in ring if abs(entry[1].at - at) <= RETENTION), MOST_RECORDS)
                    for ring in (log.errors, log.others)
                )
            )
            self.logs[event_type] = kept
            if not kept.errors and not kept.others:
                del self.logs[event_type]
        left = [record.at for log in self.logs.values() for _, record in (*log.errors, *log.others)]
        self.earliest, self.latest = min(left, default=at), max(left, default=at)


class MemoryRequestBuffer:
    """
    A `RequestBuffer` that lives as long as its process. Threads may share it; a child that is forked goes on with a
    copy of it. A signal handler that interrupts one of its calls and calls it in turn gets `StoreError`, at once.

    It keeps the integrations that were heard of last, ten thousand of them unless told otherwise, and forgets the
    others whole.
    """

    def __init__(self, *, max_integrations: int = 10_000) -> None:
        """Begin empty. Raises `UsageError`."""
        demand(at_least("max_integrations", max_integrations, 1))
        self._max_integrations = max_integrations
        self._turns = OfThisProcess(lambda: Turn("a buffer in memory"))
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._recorded = 0

    def record(self, integration_id: str, record: RequestRecord, *, window: int) -> tuple[DailyTally, ...]:
        """Append the record, count its outcome on its day, and return the last `window` days, as one atomic step."""
        day = record.at.date()
        check_window(window, until=day)
        with self._turns.get():
            kept = self._of(integration_id)
            self._recorded += 1
            kept.forget_what_is_far_from(record.at)
            kept.append(record, self._recorded)
            if record.outcome is not Outcome.IGNORED:
                kept.days[day] = kept.tally(day).plus(record.outcome)
            return kept.window(day, window)

    def recent(
        self, integration_id: str, *, event_type: str | None = None, errors_only: bool = False, limit: int = 100
    ) -> tuple[RequestRecord, ...]:
        """Return the newest records, newest first."""
        check_limit(limit)
        with self._turns.get():
            kept = self._kept.get(integration_id)
            logs = {} if kept is None else kept.logs
            asked = logs.values() if event_type is None else [logs[event_type]] if event_type in logs else []
            found = [entry for log in asked for entry in log.last(errors_only=errors_only)]
        found.sort(key=_number, reverse=True)
        return tuple(record for _, record in found[:limit])

    def tallies(self, integration_id: str, *, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days, oldest first, `until` last."""
        check_tallies(until, days)
        with self._turns.get():
            kept = self._kept.get(integration_id) or _Kept()
            return kept.window(until, days)

    def claim(self, integration_id: str, *, at: datetime, lease: timedelta) -> bool:
        """Return True for exactly one caller until the lease runs out or `reset` is called."""
        check_claim(at, lease)
        with self._turns.get():
            kept = self._of(integration_id)
            if timedelta(0) < kept.claimed_until - at <= RETENTION:
                return False
            kept.claimed_until = at + lease
            return True

    def reset(self, integration_id: str) -> None:
        """Forget the tallies and the claim, keep the records."""
        with self._turns.get():
            kept = self._kept.get(integration_id)
            if kept is not None:
                kept.days.clear()
                kept.claimed_until = _NEVER

    def _of(self, integration_id: str) -> _Kept:
        """Return what is kept of an integration, which is now the last of all."""
        kept = self._kept.get(integration_id)
        if kept is None:
            kept = self._kept[integration_id] = _Kept()
        self._kept.move_to_end(integration_id)
        if len(self._kept) > self._max_integrations:
            self._kept.popitem(last=False)
        return kept
