"""
A request buffer over SQLAlchemy 2, in any database that it knows.

Rules of this file: whoever changes something of an integration holds its row until the transaction ends. Instants are
whole microseconds since 1970, which every database keeps as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any

from attrs import frozen
from sqlalchemy import (
    JSON,
    BigInteger,
    Engine,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    create_engine,
    delete,
    event,
    func,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from alertkit import StoreError, UsageError
from alertkit.webhooks import DailyTally, Outcome, RequestRecord

MOST = 100
RETENTION = timedelta(days=30)


class Base(DeclarativeBase):
    """Both tables."""


class IntegrationRow(Base):
    """The row that is held, with what there is once of each integration."""

    __tablename__ = "alertkit_integration"
    id: Mapped[str] = mapped_column(String(256), primary_key=True)
    claimed_until: Mapped[int | None] = mapped_column(BigInteger)
    counts: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON, default=dict)
    """By day and outcome."""


class RecordRow(Base):
    """A record, and its number in the order of recording."""

    __tablename__ = "alertkit_record"
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    integration_id: Mapped[str] = mapped_column(ForeignKey(IntegrationRow.id, ondelete="CASCADE"))
    event_type: Mapped[str] = mapped_column(String(256))
    is_error: Mapped[bool]
    at: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("alertkit_record_kind", "integration_id", "event_type", "is_error", "number"),)


@frozen
class SqlAlchemyRequestBuffer:
    """A `RequestBuffer` that threads and processes may share."""

    engine: Engine

    def record(self, integration_id: str, record: RequestRecord, *, window: int) -> tuple[DailyTally, ...]:
        """Append the record, count its outcome on its day, and return the last `window` days, as one atomic step."""
        day, at = record.at.date(), _microseconds(record.at)
        _demand("window must be at least 1, and within the calendar", holds=1 <= window <= day.toordinal())
        kind = {"integration_id": integration_id, "event_type": record.event_type, "is_error": record.is_error}
        mine, number = RecordRow.integration_id == integration_id, RecordRow.number
        near = RecordRow.at.between(at - _microseconds(RETENTION), at + _microseconds(RETENTION))
        with self._transaction() as session:
            row = _held(session, integration_id)
            row.counts = _counted(row.counts, day, record.outcome)
            session.add(RecordRow(**kind, at=at, text=record.to_json()))
            session.execute(delete(RecordRow).where(mine, ~near))
            surplus = select(number).filter_by(**kind).order_by(number.desc()).offset(MOST).limit(1)
            if (last := session.scalar(surplus)) is not None:
                session.execute(delete(RecordRow).filter_by(**kind).where(number <= last))
            types = select(RecordRow.event_type).where(mine).group_by(RecordRow.event_type)
            for gone in session.scalars(types.order_by(func.max(number).desc()).offset(MOST)).all():
                session.execute(delete(RecordRow).where(mine, RecordRow.event_type == gone))
            return _window(row.counts, day, window)

    def recent(
        self, integration_id: str, *, event_type: str | None = None, errors_only: bool = False, limit: int = 100
    ) -> tuple[RequestRecord, ...]:
        """Return the newest records, newest first."""
        _demand("limit must be at least 0", holds=limit >= 0)
        place = func.row_number().over(partition_by=RecordRow.event_type, order_by=RecordRow.number.desc())
        asked = select(RecordRow, place.label("place")).where(RecordRow.integration_id == integration_id)
        if event_type is not None:
            asked = asked.where(RecordRow.event_type == event_type)
        if errors_only:
            asked = asked.where(RecordRow.is_error)
        seen = asked.subquery().c
        newest = select(seen.text).where(seen.place <= MOST).order_by(seen.number.desc()).limit(limit)
        with self._transaction() as session:
            return tuple(RequestRecord.from_json(text) for text in session.scalars(newest))

    def tallies(self, integration_id: str, *, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days, oldest first, `until` last."""
        _demand("days must be at least 1, and within the calendar", holds=1 <= days <= until.toordinal())
        with self._transaction() as session:
            row = session.get(IntegrationRow, integration_id)
            return _window(row.counts if row else {}, until, days)

    def claim(self, integration_id: str, *, at: datetime, lease: timedelta) -> bool:
        """Return True for exactly one caller until the lease runs out or `reset` is called."""
        _demand("at must be aware", holds=at.utcoffset() is not None)
        _demand("lease must be more than 0 and at most thirty days", holds=timedelta(0) < lease <= RETENTION)
        now = _microseconds(at)
        with self._transaction() as session:
            row = _held(session, integration_id)
            if row.claimed_until is not None and 0 < row.claimed_until - now <= _microseconds(RETENTION):
                return False
            row.claimed_until = now + _microseconds(lease)
            return True

    def reset(self, integration_id: str) -> None:
        """Forget the tallies and the claim, keep the records."""
        forget = update(IntegrationRow).where(IntegrationRow.id == integration_id)
        with self._transaction() as session:
            session.execute(forget.values(counts={}, claimed_until=None))

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with Session(self.engine) as session:
                yield session
                session.commit()
        except SQLAlchemyError as error:  # its text is not repeated: it shows what was to be written
            raise StoreError(f"the database of the request buffer failed: {type(error).__name__}") from error


def _held(session: Session, integration_id: str) -> IntegrationRow:
    """Return the row of an integration, which nobody else gets until the transaction ends."""
    row = session.get(IntegrationRow, integration_id, with_for_update=True)
    if row is None:
        session.rollback()
        session.add(IntegrationRow(id=integration_id))
        try:
            session.commit()  # at once: in MySQL, callers that inserted it together would wait for each other's end
        except IntegrityError:  # another caller was faster
            session.rollback()
        row = session.get_one(IntegrationRow, integration_id, with_for_update=True)
    return row


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


def sqlite_engine(path: str) -> Engine:
    """Return an engine over a file. SQLite holds no rows: each transaction holds the file, from its beginning."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions by itself, and later
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
