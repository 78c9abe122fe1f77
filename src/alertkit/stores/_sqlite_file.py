"""
A SQLite file: opened once in each process, migrated, and written in transactions.

Rules of this file: nothing here knows what is kept. Whatever SQLite fails at is a `StoreError` with its error as the
cause, and leaves nothing half written. Nobody waits longer than the busy timeout: half of it for the other threads of
this process, and half for other processes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeAlias

from attrs import define, field

from alertkit.errors import StoreError

__all__ = ["Execute", "SqliteFile"]

Execute: TypeAlias = Callable[..., sqlite3.Cursor]
"""Runs one statement: `execute(sql, parameters)`."""

_APPLICATION = 0x616C6B74
"""Stands in the head of the file and says whose it is: `alkt`."""
_HEAD = (
    "SELECT application_id, user_version, EXISTS (SELECT 1 FROM sqlite_master)"
    " FROM pragma_application_id, pragma_user_version"
)
_TRIES = 20


@define
class _Opened:
    """What one process has of the file."""

    lock: threading.Lock = field(factory=threading.Lock)
    connection: sqlite3.Connection | None = None


class SqliteFile:
    """
    One file, and one connection to it in each process; threads take turns.

    A connection must not be used on the other side of a fork. So each process has its own, known by the process's id,
    and what a child inherits is left alone.
    """

    def __init__(self, path: str, *, busy_timeout: float, migrations: Sequence[Sequence[str]]) -> None:
        """
        Open the file, make it if there is none, and bring it up to date. Raises `StoreError`.

        Each of the `migrations` is what takes a file from the version of its place to the next one.
        """
        self._path = path
        self._patience = busy_timeout / 2
        self._migrations = migrations
        self._opened: dict[int, _Opened] = {}
        with self.reading():
            pass

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """Yield what executes statements in one transaction: all of them are done, or none is."""
        with self.reading() as execute:
            execute("BEGIN IMMEDIATE")
            try:
                yield execute
                execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # some failures have rolled back already
                    execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """Yield what executes statements, each by itself."""
        opened = self._opened.get(os.getpid()) or self._opened.setdefault(os.getpid(), _Opened())
        if not opened.lock.acquire(timeout=self._patience):
            raise StoreError(f"other threads kept {self._path} busy for too long")
        try:
            if opened.connection is None:
                opened.connection = self._connected()
            yield opened.connection.execute
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error
        finally:
            opened.lock.release()

    def close(self) -> None:
        """Close this process's connection; whoever uses the file again opens it again."""
        opened = self._opened.get(os.getpid(), _Opened())
        with opened.lock:
            if opened.connection is not None:
                opened.connection.close()
                opened.connection = None

    def _connected(self) -> sqlite3.Connection:
        # The lock hands the connection from thread to thread. Transactions are begun and ended by `writing`.
        connection = sqlite3.connect(
            self._path, timeout=self._patience, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        execute = connection.execute
        # In one statement, since another process may be making the file at this moment.
        application, version, has_content = execute(_HEAD).fetchone()
        if application != _APPLICATION and has_content:
            raise StoreError(f"{self._path} is a database of another program")
        if version > len(self._migrations):
            raise StoreError(f"{self._path} was written by a newer version of alertkit")
        if version < len(self._migrations):
            self._migrate(execute)
        # A killed process loses nothing by it, and a machine without power the last moments, but never the file.
        execute("PRAGMA synchronous = NORMAL")

    def _migrate(self, execute: Execute) -> None:
        """Bring the file up to date, once for all processes that open it at this moment."""
        _turn_to_wal(execute)
        execute("BEGIN IMMEDIATE")
        try:
            _, version, _ = execute(_HEAD).fetchone()
            for step in self._migrations[version:]:
                for statement in step:
                    execute(statement)
            execute(f"PRAGMA user_version = {len(self._migrations)}")
            execute(f"PRAGMA application_id = {_APPLICATION}")
            execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            raise


def _turn_to_wal(execute: Execute) -> None:
    """Let readers and the writer not wait for each other."""
    for _ in range(_TRIES):
        with suppress(sqlite3.OperationalError):
            execute("PRAGMA journal_mode = WAL")
            return
        # Where another process does the same, SQLite gives up at once. This waits until the other one is done.
        execute("BEGIN EXCLUSIVE")
        execute("ROLLBACK")
    execute("PRAGMA journal_mode = WAL")
