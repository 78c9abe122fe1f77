"""
A request buffer in a SQLite file: for one machine, any number of threads and processes, and no server.

Rules of this file: no clock. Each call is one transaction. Where records lie is decided in `_sqlite_rings.py`; how the
file is opened, and what becomes of its errors, in `_sqlite_file.py`. A migration that was released never changes: what
comes after it is another one.
"""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, timezone
from types import TracebackType
from typing import TYPE_CHECKING

from alertkit._backoff import is_duration
from alertkit._checks import demand
from alertkit.stores._calls import (
    ALL,
    MONTH,
    MOST_RECORDS,
    check_claim,
    check_limit,
    check_tallies,
    check_window,
    microseconds,
    read,
    tally,
)
from alertkit.stores._sqlite_file import Execute, SqliteFile
from alertkit.stores._sqlite_rings import ROOM, Entry, append, drop, last_of, rings_of
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally, Outcome
from alertkit.webhooks._request_record import RequestRecord

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SqliteRequestBuffer"]

_INTEGRATION = """
CREATE TABLE integration (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_day INTEGER NOT NULL, claimed_until INTEGER
)"""
_TALLY = """
CREATE TABLE tally (
    integration INTEGER NOT NULL, day INTEGER NOT NULL,
    success INTEGER NOT NULL DEFAULT 0, error INTEGER NOT NULL DEFAULT 0,
    timeout INTEGER NOT NULL DEFAULT 0, fatal INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (integration, day)
) WITHOUT ROWID"""
_RING = """
CREATE TABLE ring (
    id INTEGER PRIMARY KEY, integration INTEGER NOT NULL, event_type TEXT NOT NULL, is_error INTEGER NOT NULL,
    next INTEGER NOT NULL, last INTEGER NOT NULL, day INTEGER NOT NULL,
    earliest INTEGER NOT NULL, latest INTEGER NOT NULL,
    UNIQUE (integration, event_type, is_error)
)"""
_RECORD = """
CREATE TABLE record (
    place INTEGER PRIMARY KEY, number INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL
)"""
_MIGRATIONS = (
    (_INTEGRATION, "CREATE INDEX integration_by_last_day ON integration (last_day)", _TALLY, _RING, _RECORD),
)
"""Days are ordinals of the calendar, instants microseconds since 1970, texts of records JSON."""

_COUNT = {
    outcome: f"INSERT INTO tally (integration, day, {outcome}) VALUES (?, ?, 1)"  # noqa: S608  words of our own
    f" ON CONFLICT (integration, day) DO UPDATE SET {outcome} = {outcome} + 1"
    for outcome in Outcome
    if outcome is not Outcome.IGNORED
}
_CLAIM = """
INSERT INTO integration (name, last_day, claimed_until) VALUES (:name, :day, :until)
ON CONFLICT (name) DO UPDATE SET claimed_until = excluded.claimed_until, last_day = max(last_day, excluded.last_day)
WHERE claimed_until IS NULL OR claimed_until <= :at OR claimed_until > :at + :month"""
_RECENT = f"""
SELECT text FROM record WHERE place IN (
    SELECT place FROM (
        SELECT place, number, row_number() OVER (PARTITION BY event_type ORDER BY number DESC) AS nth
        FROM integration JOIN ring ON ring.integration = integration.id
        JOIN record ON record.place BETWEEN ring.id * {ROOM} AND ring.id * {ROOM} + {MOST_RECORDS - 1}
        WHERE name = :name AND (:event_type IS NULL OR event_type = :event_type) AND is_error >= :errors_only
    ) WHERE nth <= {MOST_RECORDS} ORDER BY number DESC LIMIT :limit
) ORDER BY number DESC"""  # noqa: S608  numbers of our own
_LONGEST_WAIT = 3600
_MOST_SWEPT = 4
"""How many integrations that nobody uses any more make room for a new one, so that the file does not grow by them."""


class SqliteRequestBuffer:
    """
    A `RequestBuffer` in one file, which it makes if there is none. Threads may share it, and processes the file.

    The file is alertkit's own; beside it stand `-wal` and `-shm`, as long as it is open. It wants a local disk, since
    the locks of a network's cannot be trusted. What is recorded outlives a killed process; without power the last
    moments may be lost, and nothing else. Whatever SQLite fails at (locked, full, read-only, damaged) is a
    `StoreError`.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 5.0) -> None:
        """
        Open the file at `path`, make it, or bring it up to date.

        `busy_timeout` is how long a call waits, in seconds, for other threads and processes. Raises `StoreError`, and
        `UsageError` for what is no path and no time.
        """
        demand(_path_problems(path), _timeout_problems(busy_timeout))
        self._file = SqliteFile(os.fspath(path), busy_timeout=busy_timeout, migrations=_MIGRATIONS)

    def record(self, integration_id: str, record: RequestRecord, *, window: int) -> tuple[DailyTally, ...]:
        """Append the record, count its outcome on its day, and return the last `window` days, as one atomic step."""
        check_window(window, until=record.at)
        day = record.at.toordinal()
        entry = Entry(record.event_type, record.is_error, microseconds(record.at), record.to_json())
        with self._file.writing() as execute:
            integration = _known(execute, integration_id, day)
            rings = rings_of(execute, integration)
            newest = last_of(rings)
            if newest is not None and newest.day != day:
                far = (integration, day, RETENTION_DAYS)
                execute("DELETE FROM tally WHERE integration = ? AND abs(day - ?) >= ?", far)
            append(execute, integration, rings, entry, day=day)
            if record.outcome is not Outcome.IGNORED:
                execute(_COUNT[record.outcome], (integration, day))
            return _window(execute, integration, until=day, days=window)

    def recent(
        self, integration_id: str, *, event_type: str | None = None, errors_only: bool = False, limit: int = 100
    ) -> tuple[RequestRecord, ...]:
        """Return the newest records, newest first."""
        check_limit(limit)
        asked = {
            "name": integration_id,
            "event_type": event_type,
            "errors_only": errors_only,
            "limit": min(limit, ALL),
        }
        with self._file.reading() as execute:
            texts = [text for (text,) in execute(_RECENT, asked)]
        return read(texts, integration_id)

    def tallies(self, integration_id: str, *, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days, oldest first, `until` last."""
        check_tallies(until, days)
        with self._file.reading() as execute:
            known = execute("SELECT id FROM integration WHERE name = ?", (integration_id,)).fetchone()
            return _window(execute, 0 if known is None else known[0], until=until.toordinal(), days=days)

    def claim(self, integration_id: str, *, at: datetime, lease: timedelta) -> bool:
        """Return True for exactly one caller until the lease runs out or `reset` is called."""
        check_claim(at, lease)
        with self._file.writing() as execute:
            day = at.astimezone(timezone.utc).toordinal()
            claim = {"name": integration_id, "day": day, "at": microseconds(at), "month": MONTH}
            return execute(_CLAIM, {**claim, "until": microseconds(at + lease)}).rowcount == 1

    def reset(self, integration_id: str) -> None:
        """Forget the tallies and the claim, keep the records."""
        with self._file.writing() as execute:
            name = (integration_id,)
            execute("DELETE FROM tally WHERE integration = (SELECT id FROM integration WHERE name = ?)", name)
            execute("UPDATE integration SET claimed_until = NULL WHERE name = ?", name)

    def close(self) -> None:
        """Close the file in this process; a later call opens it again. Raises `StoreError` while it is busy."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the buffer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


def _path_problems(path: object) -> tuple[str, ...]:
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        return ("path must be text or a path",)
    if not os.fspath(path) or os.fspath(path) == ":memory:":
        return ("path must name a file; what lives in memory is a MemoryRequestBuffer",)
    return ("path must not hold a NUL",) if "\0" in os.fspath(path) else ()


def _timeout_problems(busy_timeout: object) -> tuple[str, ...]:
    if is_duration(busy_timeout) and 0 <= busy_timeout <= _LONGEST_WAIT:  # type: ignore[operator]
        return ()
    return (f"busy_timeout must be a number of seconds, from 0 to {_LONGEST_WAIT}",)


def _known(execute: Execute, name: str, day: int) -> int:
    """Return the id of an integration, and note that it is in use."""
    known = execute("SELECT id, last_day FROM integration WHERE name = ?", (name,)).fetchone()
    if known is None:
        _sweep(execute, day - RETENTION_DAYS)
        return execute("INSERT INTO integration (name, last_day) VALUES (?, ?)", (name, day)).lastrowid or 0
    integration, last_day = known
    if last_day < day:
        execute("UPDATE integration SET last_day = ? WHERE id = ?", (day, integration))
    return int(integration)


def _sweep(execute: Execute, before: int) -> None:
    """
    Forget integrations that have had no record and no claim since a day, the longest unused first.

    No more than have been used since: where nobody else has, it is the clock of the new one that is wrong.
    """
    (used,) = execute(
        "SELECT count(*) FROM (SELECT 1 FROM integration WHERE last_day >= ? LIMIT ?)", (before, _MOST_SWEPT)
    ).fetchone()
    unused = "SELECT id FROM integration WHERE last_day < ? ORDER BY last_day LIMIT ?"
    for (integration,) in execute(unused, (before, used)).fetchall():
        for ring in rings_of(execute, integration):
            drop(execute, ring)
        execute("DELETE FROM tally WHERE integration = ?", (integration,))
        execute("DELETE FROM integration WHERE id = ?", (integration,))


def _window(execute: Execute, integration: int, *, until: int, days: int) -> tuple[DailyTally, ...]:
    first = until - days + 1
    counted = execute(
        "SELECT day, success, error, timeout, fatal FROM tally WHERE integration = ? AND day BETWEEN ? AND ?",
        (integration, first, until),
    )
    known = {row[0]: tally(*row) for row in counted}
    return tuple([known.get(day) or tally(day) for day in range(first, until + 1)])
