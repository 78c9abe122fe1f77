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
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeAlias

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
_FILES: weakref.WeakSet[SqliteFile] = weakref.WeakSet()
"""Every file of this process, since a fork happens to all of them; it is empty again when nobody holds one."""


class SqliteFile:
    """
    One file, and one connection to it, which threads take in turns.

    SQLite keeps its locks by process, and a child that inherits a connection believes that it holds what its parent
    does. So there is no connection while a process forks: it is closed before, and each side opens its own after. Where
    another thread does not let go of it in time, the child is refused for good: one of its own would be as mistaken.
    """

    def __init__(self, path: str, *, busy_timeout: float, migrations: Sequence[Sequence[str]]) -> None:
        """
        Open the file, make it if there is none, and bring it up to date. Raises `StoreError`.

        Each of the `migrations` is what takes a file from the version of its place to the next one.
        """
        try:
            self._path = os.path.abspath(path)  # it is opened again after a fork; a daemon leaves its folder in between
        except OSError as error:  # the folder that this process is in is gone
            raise StoreError(f"{path}: {error}") from error
        self._patience = busy_timeout / 2
        self._migrations = migrations
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._forking: int | None = None
        """The thread that holds the lock while it forks; others may fork too, and get nothing."""
        _FILES.add(self)
        with self.reading():
            pass

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """Yield what executes statements in one transaction: all of them are done, or none is."""
        with self.reading() as execute:
            try:
                execute("BEGIN IMMEDIATE")
                yield execute
                execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # there is none, or the failure has rolled it back
                    execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """Yield what executes statements, each by itself."""
        with self._turn():
            try:
                if self._connection is None:
                    self._connection = self._connected()
                elif self._connection.in_transaction:  # a signal came in between, and its handler raised
                    self._connection.execute("ROLLBACK")
                yield self._connection.execute
            except (sqlite3.Error, UnicodeError) as error:  # SQLite repeats what it cannot read of a damaged file
                raise StoreError(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Close the connection; whoever uses the file again opens it again. Raises `StoreError`."""
        with self._turn():
            self._disconnect()

    def before_fork(self) -> None:
        """Wait for the call that is under way, and leave nothing for a child to inherit."""
        if self._lock.acquire(timeout=self._patience):
            self._forking = threading.get_ident()
            self._disconnect()

    def after_fork(self) -> None:
        """Go on, on either side."""
        if self._forking == threading.get_ident():
            self._forking = None
            self._lock.release()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        is_mine = False
        try:
            is_mine = self._lock.acquire(timeout=self._patience)
            if not is_mine:
                raise StoreError(f"other threads kept {self._path} busy for too long")
            yield
        finally:
            if is_mine:
                self._lock.release()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

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


def _before_fork() -> None:
    for file in list(_FILES):
        file.before_fork()


def _after_fork() -> None:
    for file in list(_FILES):
        file.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch  Windows has none, and no fork either
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
