"""
A request buffer over Django's ORM, in any database that it knows.

Rules of this file: whoever changes something of an integration holds its row until the transaction ends. Instants are
whole microseconds since 1970, which every database keeps as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone

from attrs import frozen
from django.db import Error, connections, transaction
from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber

from alertkit import StoreError, UsageError
from alertkit.webhooks import DailyTally, Outcome, RequestRecord
from django_buffer.models import IntegrationRow, RecordRow

MOST = 100
RETENTION = timedelta(days=30)


@frozen
class DjangoRequestBuffer:
    """A `RequestBuffer` that threads and processes may share, over one of the `DATABASES`."""

    using: str

    def record(self, integration_id: str, record: RequestRecord, *, window: int) -> tuple[DailyTally, ...]:
        """Append the record, count its outcome on its day, and return the last `window` days, as one atomic step."""
        day, at = record.at.date(), _microseconds(record.at)
        _demand("window must be at least 1, and within the calendar", holds=1 <= window <= day.toordinal())
        kind = {"integration_id": integration_id, "event_type": record.event_type, "is_error": record.is_error}
        mine = RecordRow.objects.using(self.using).filter(integration_id=integration_id)
        near = (at - _microseconds(RETENTION), at + _microseconds(RETENTION))
        with self._held(integration_id) as row:
            row.counts = _counted(row.counts, day, record.outcome)
            row.save()
            mine.create(**kind, at=at, text=record.to_json())
            mine.exclude(at__range=near).delete()
            for surplus in mine.filter(**kind).order_by("-number")[MOST : MOST + 1]:
                mine.filter(**kind, number__lte=surplus.number).delete()
            types = mine.values_list("event_type", flat=True).annotate(last=Max("number")).order_by("-last")
            for gone in types[MOST:]:
                mine.filter(event_type=gone).delete()
            return _window(row.counts, day, window)

    def recent(
        self, integration_id: str, *, event_type: str | None = None, errors_only: bool = False, limit: int = 100
    ) -> tuple[RequestRecord, ...]:
        """Return the newest records, newest first."""
        _demand("limit must be at least 0", holds=limit >= 0)
        asked = RecordRow.objects.using(self.using).filter(integration_id=integration_id)
        if event_type is not None:
            asked = asked.filter(event_type=event_type)
        if errors_only:
            asked = asked.filter(is_error=True)
        place = Window(RowNumber(), partition_by="event_type", order_by=F("number").desc())
        newest = asked.annotate(place=place).filter(place__lte=MOST).order_by("-number")[:limit]
        with self._connection():
            return tuple(RequestRecord.from_json(text) for text in newest.values_list("text", flat=True))

    def tallies(self, integration_id: str, *, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days, oldest first, `until` last."""
        _demand("days must be at least 1, and within the calendar", holds=1 <= days <= until.toordinal())
        with self._connection():
            row = IntegrationRow.objects.using(self.using).filter(id=integration_id).first()
            return _window(row.counts if row else {}, until, days)

    def claim(self, integration_id: str, *, at: datetime, lease: timedelta) -> bool:
        """Return True for exactly one caller until the lease runs out or `reset` is called."""
        _demand("at must be aware", holds=at.utcoffset() is not None)
        _demand("lease must be more than 0 and at most thirty days", holds=timedelta(0) < lease <= RETENTION)
        now = _microseconds(at)
        with self._held(integration_id) as row:
            if row.claimed_until is not None and 0 < row.claimed_until - now <= _microseconds(RETENTION):
                return False
            row.claimed_until = now + _microseconds(lease)
            row.save()
            return True

    def reset(self, integration_id: str) -> None:
        """Forget the tallies and the claim, keep the records."""
        with self._transaction():
            IntegrationRow.objects.using(self.using).filter(id=integration_id).update(counts={}, claimed_until=None)

    @contextmanager
    def _held(self, integration_id: str) -> Iterator[IntegrationRow]:
        """Keep the row of an integration from everybody else until the transaction ends."""
        rows = IntegrationRow.objects.using(self.using).select_for_update()
        with self._transaction():
            row, _ = rows.get_or_create(id=integration_id)
            yield row

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # durable: what is told to have happened must not be undone by a transaction around this one.
        with self._connection(), transaction.atomic(self.using, durable=True):
            yield

    @contextmanager
    def _connection(self) -> Iterator[None]:
        try:
            yield
        except Error as error:  # its text is not repeated: some databases show in it what was to be written
            raise StoreError(f"the database of the request buffer failed: {type(error).__name__}") from error
        finally:
            # As Django does after a request; for a thread that serves none, nobody does.
            if not (connection := connections[self.using]).in_atomic_block:
                connection.close_if_unusable_or_obsolete()


def _counted(counts: dict[str, dict[str, int]], day: date, outcome: Outcome) -> dict[str, dict[str, int]]:
    kept = {text: dict(of_day) for text, of_day in counts.items() if abs(date.fromisoformat(text) - day) < RETENTION}
    if outcome is not Outcome.IGNORED:
        of_day = kept.setdefault(day.isoformat(), {})
        of_day[outcome.value] = of_day.get(outcome.value, 0) + 1
    return kept


def _window(counts: dict[str, dict[str, int]], until: date, days: int) -> tuple[DailyTally, ...]:
    window = map(date.fromordinal, range(until.toordinal() - days + 1, until.toordinal() + 1))
    return tuple(DailyTally(day=day, **counts.get(day.isoformat(), {})) for day in window)


def _microseconds(of: datetime | timedelta) -> int:
    since = of if isinstance(of, timedelta) else of - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return since // timedelta(microseconds=1)


def _demand(problem: str, *, holds: bool) -> None:
    if not holds:
        raise UsageError(problem)
