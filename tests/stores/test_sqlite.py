"""The buffer in a SQLite file: the whole contract, and what a file can do to a program."""

import itertools
import os
import sqlite3
import threading
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from forked import exit_code_of
from store_calls import DAY, LEASE, calls, failed
from webhook_world import AT, World

from alertkit import HttpResponse, StoreError, UsageError
from alertkit.stores._sqlite_file import SqliteFile, _after_fork, _before_fork, _turn_to_wal
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.testing import ScriptedTransport
from alertkit.testing.contracts import RequestBufferContract
from alertkit.webhooks import Outcome


class TestSqliteRequestBuffer(RequestBufferContract):
    """Keeps every clause."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.paths = (tmp_path / f"{number}.db" for number in itertools.count())

    def make(self):
        """Return one in a new file."""
        self.path = next(self.paths)
        return SqliteRequestBuffer(self.path)

    def open_again(self, buffer):
        """Return another one over the same file."""
        return SqliteRequestBuffer(self.path)


@pytest.fixture
def path(tmp_path):
    """Return where a file may be made."""
    return str(tmp_path / "alerts.db")


@pytest.fixture
def buffer(path):
    """Return a buffer that does not wait for long."""
    buffer = SqliteRequestBuffer(path, busy_timeout=0.1)
    yield buffer
    buffer.close()


def test_what_is_kept_is_there_when_the_file_is_opened_again(buffer, path):
    """Records, counts and claims; also after the buffer was closed, which is not final."""
    buffer.record("a", failed(), window=1)
    buffer.claim("a", at=AT, lease=LEASE)
    buffer.close()
    buffer.close()

    for opened in (SqliteRequestBuffer(Path(path)), buffer):
        with opened as again:
            assert again.recent("a") == (failed(),)
            assert again.tallies("a", until=AT.date(), days=1)[0].error == 1
            assert not again.claim("a", at=AT, lease=LEASE)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"path": ""}, "path must name a file"),
        ({"path": ":memory:"}, "path must name a file; what lives in memory is a MemoryRequestBuffer"),
        ({"path": None}, "path must be text or a path"),
        ({"path": b"a.db"}, "path must be text or a path"),
        ({"path": "a\0.db"}, "path must not hold a NUL"),
        ({"busy_timeout": -1}, "busy_timeout must be a number of seconds, from 0 to 3600"),
        ({"busy_timeout": 3601}, "busy_timeout must be a number of seconds"),
        ({"busy_timeout": "5"}, "busy_timeout must be a number of seconds"),
        ({"busy_timeout": float("nan")}, "busy_timeout must be a number of seconds"),
    ],
)
def test_settings_that_make_no_sense(given, problem, path):
    """They are told before a file is touched."""
    with pytest.raises(UsageError, match=problem):
        SqliteRequestBuffer(**{"path": path, **given})
    assert not Path(path).exists()


def test_a_file_that_another_process_writes(buffer, path):
    """Writing waits for the busy timeout and no longer; reading does not wait, and sees nothing half written."""
    buffer.record("a", failed(), window=1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM record")

    for name in ("record", "claim", "reset"):
        with pytest.raises(StoreError, match=r"alerts.db: database is locked") as caught:
            calls(buffer)[name]()
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
        assert caught.value.retryable
    assert len(buffer.recent("a")) == 1
    assert buffer.tallies("a", until=AT.date(), days=1)[0].error == 1
    other.execute("ROLLBACK")
    other.close()
    assert buffer.record("a", failed(), window=1)[0].error == 2


def test_a_file_that_another_thread_is_busy_with(buffer):
    """A call waits for the other threads of its process as long as for other processes, and so does who closes it."""
    for name, call in {**calls(buffer), "close": buffer.close}.items():
        with buffer._file.reading():
            caught = []

            def asks(call=call, caught=caught):
                with pytest.raises(StoreError, match=r"other threads kept .* busy for too long") as raised:
                    call()
                caught.append(raised.value)

            thread = threading.Thread(target=asks, daemon=True)
            thread.start()
            thread.join(5)
        assert len(caught) == 1, name


def test_the_sender_delivers_where_the_file_is_locked(buffer, path):
    """The webhook is sent; what failed is on the delivery."""
    world = World(ScriptedTransport(HttpResponse(500)), buffer=buffer)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    delivery = world.send()

    other.close()
    assert (delivery.outcome, delivery.sent) == (Outcome.ERROR, True)
    assert [(failure.step, failure.error) for failure in delivery.failures] == [("buffer.record", "StoreError")]


def test_a_folder_that_is_not_there(tmp_path):
    """Opening tells it, with the path."""
    with pytest.raises(StoreError, match=r"nowhere/alerts.db: unable to open database file"):
        SqliteRequestBuffer(tmp_path / "nowhere" / "alerts.db")


@pytest.mark.parametrize("content", [b"no database at all, and longer than a head" * 99, b"SQLite format 3\0" * 99])
def test_a_file_that_is_no_database(path, content):
    """It is told, and left as it is."""
    Path(path).write_bytes(content)

    with pytest.raises(StoreError) as caught:
        SqliteRequestBuffer(path)
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    assert Path(path).read_bytes() == content


def test_a_file_that_is_damaged(buffer, path):
    """Each call that meets the damage tells it."""
    for number in range(50):
        buffer.record("a", failed(response_body=f"{number}" * 500), window=1)
    buffer.close()
    content = bytearray(Path(path).read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    Path(path).write_bytes(content)

    with SqliteRequestBuffer(path) as damaged:
        for name, call in calls(damaged).items():
            with pytest.raises(StoreError, match="malformed"):
                pytest.fail(f"{name} returned {call()}")


def test_a_database_of_another_program(path):
    """Nothing is written into it."""
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE customers (id)")
    theirs.close()
    before = Path(path).read_bytes()

    with pytest.raises(StoreError, match=r"alerts.db is a database of another program"):
        SqliteRequestBuffer(path)
    assert Path(path).read_bytes() == before


def test_a_file_of_a_newer_version(buffer, path):
    """An older alertkit does not guess what it means."""
    buffer.close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()

    with pytest.raises(StoreError, match=r"alerts.db was written by a newer version of alertkit"):
        SqliteRequestBuffer(path)


def test_a_file_of_an_older_version_is_brought_up_to_date(path):
    """Only the steps that are missing are taken; one that fails leaves the file as it was."""
    first = ("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    SqliteFile(path, busy_timeout=1, migrations=[first]).close()
    broken = ("ALTER TABLE t ADD COLUMN b", "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(StoreError, match="no such table: nowhere"):
        SqliteFile(path, busy_timeout=1, migrations=[first, broken])

    file = SqliteFile(path, busy_timeout=1, migrations=[first, ("ALTER TABLE t ADD COLUMN b DEFAULT 2",), ()])
    with file.reading() as execute:
        assert execute("SELECT a, b FROM t").fetchall() == [(1, 2)]
        assert execute("PRAGMA user_version").fetchone() == (3,)
    file.close()


@pytest.mark.parametrize(("failures", "outcome"), [(0, None), (3, None), (99, sqlite3.OperationalError)])
def test_two_processes_that_make_a_file_at_once(failures, outcome):
    """SQLite gives up at once where another process turns the file to WAL: then it is waited for, and tried again."""
    asked = []

    def execute(statement):
        asked.append(statement)
        if statement.startswith("PRAGMA") and asked.count(statement) <= failures:
            raise sqlite3.OperationalError("database is locked")

    with pytest.raises(outcome) if outcome else nullcontext():
        _turn_to_wal(execute)
    waits = min(failures, 20)
    assert asked == [*["PRAGMA journal_mode = WAL", "BEGIN EXCLUSIVE", "ROLLBACK"] * waits, "PRAGMA journal_mode = WAL"]


def test_a_record_that_cannot_be_read(buffer, path):
    """Somebody has written into the file."""
    buffer.record("a", failed(), window=1)
    other = sqlite3.connect(path)
    with other:
        other.execute("UPDATE record SET text = '{'")
    other.close()

    with pytest.raises(StoreError, match="a record of a cannot be read"):
        buffer.recent("a")


def test_a_failure_in_the_middle_leaves_nothing(buffer, path):
    """What a call had done until then is undone."""
    buffer.record("a", failed(), window=1)
    other = sqlite3.connect(path)
    with other:
        other.execute("CREATE TRIGGER no BEFORE UPDATE ON tally BEGIN SELECT RAISE(ABORT, 'no counting'); END")
    other.close()

    with pytest.raises(StoreError, match="no counting"):
        buffer.record("a", failed(), window=1)
    assert (len(buffer.recent("a")), buffer.tallies("a", until=AT.date(), days=1)[0].error) == (1, 1)


def rows(path, table):
    """Return how many rows a table has."""
    with sqlite3.connect(path) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return count


def test_integrations_that_nobody_uses_any_more_make_room(buffer, path):
    """
    Each new one takes the place of some that had neither record nor claim for more than thirty days.

    Of as many as others have been used since, and of four at most: one wrong clock alone forgets nobody.
    """
    for number in range(6):
        buffer.record(f"old-{number}", failed(), window=1)
    buffer.claim("old-0", at=AT + 2 * DAY, lease=LEASE)
    buffer.record("new-1", failed(at=AT + 30 * DAY), window=1)
    assert rows(path, "integration") == 7
    buffer.record("new-1", failed(at=AT + 31 * DAY), window=1)
    assert rows(path, "integration") == 7

    buffer.record("new-2", failed(at=AT + 31 * DAY), window=1)
    assert (rows(path, "integration"), rows(path, "record"), rows(path, "ring")) == (6, 7, 6)
    for number in range(3, 9):
        buffer.record(f"new-{number}", failed(at=AT + 31 * DAY), window=1)
    assert [len(buffer.recent(name)) for name in ("old-0", "old-5", "new-1", "new-2", "new-8")] == [1, 0, 2, 1, 1]
    assert rows(path, "integration") == rows(path, "ring") == 9


def test_a_clock_that_is_wrong_forgets_nobody(buffer):
    """A new integration of another year takes no place."""
    for number in range(4):
        buffer.record(f"right-{number}", failed(), window=1)
        assert buffer.claim(f"right-{number}", at=AT, lease=DAY)
    buffer.record("wrong", failed(at=AT + 400 * DAY), window=1)

    for number in range(4):
        assert len(buffer.recent(f"right-{number}")) == 1
        assert not buffer.claim(f"right-{number}", at=AT, lease=DAY)


def test_a_claim_counts_as_use_on_its_utc_day(buffer):
    """In whatever zone its instant is told."""
    west = timezone(timedelta(hours=-12))
    at = datetime(2026, 3, 10, 23, 30, tzinfo=west)
    assert buffer.claim("x", at=at, lease=30 * DAY)
    for number in range(3):
        buffer.record(f"new-{number}", failed(at=datetime(2026, 4, 10, tzinfo=timezone.utc)), window=1)

    assert not buffer.claim("x", at=datetime(2026, 4, 10, tzinfo=timezone.utc), lease=LEASE)


def test_an_interrupt_that_left_a_transaction(buffer, path):
    """Where a signal's handler raised in between, the next call begins anew."""
    buffer.record("a", failed(), window=1)
    buffer._file._connection.execute("BEGIN IMMEDIATE")

    assert buffer.record("a", failed(), window=1)[0].error == 2


def test_nothing_is_open_while_a_process_forks(buffer, path):
    """The call that is under way is waited for, as long as any other; then both sides open the file anew."""
    buffer.record("a", failed(), window=1)
    _before_fork()
    assert buffer._file._connection is None
    _after_fork()
    assert buffer.record("a", failed(), window=1)[0].error == 2

    with buffer._file.reading() as execute:
        _before_fork()
        _after_fork()
        assert execute("SELECT 1").fetchone() == (1,)
    assert buffer.record("a", failed(), window=1)[0].error == 3


def test_two_threads_that_fork_at_once(buffer):
    """The one that waits in vain for the other takes nothing from it, and locks nobody out."""
    _before_fork()
    other = threading.Thread(target=lambda: (_before_fork(), _after_fork()))
    other.start()
    other.join()
    assert buffer._file._lock.locked()
    _after_fork()

    assert buffer.record("a", failed(), window=1)[0].error == 1


def test_a_child_of_a_process_that_is_busy(buffer):
    """Each of its calls tells it: what it inherits of the file cannot be used, and must not be. Its parent goes on."""
    buffer.record("a", failed(), window=1)

    def child():
        for call in calls(buffer).values():
            with pytest.raises(StoreError, match="busy for too long"):
                call()

    with buffer._file.reading():
        assert exit_code_of(child) == 0
    assert buffer.record("a", failed(), window=1)[0].error == 2


def test_a_program_that_changes_its_folder(tmp_path):
    """It goes on with the same file, wherever it is when the file is opened again, as it is after a fork."""
    elsewhere, before = tmp_path / "elsewhere", os.getcwd()
    elsewhere.mkdir()
    os.chdir(tmp_path)
    try:
        with SqliteRequestBuffer("alerts.db") as buffer:
            buffer.record("a", failed(), window=1)
            os.chdir(elsewhere)
            buffer.close()
            assert buffer.recent("a") == (failed(),)
        elsewhere.rmdir()
        with pytest.raises(StoreError, match=r"^alerts.db: "):
            SqliteRequestBuffer("alerts.db")
    finally:
        os.chdir(before)


def test_the_file_is_bounded(buffer, path):
    """Whatever is recorded of an integration, the file grows no more once it is full."""
    large = {"request_body": "x" * 1024, "response_body": "y" * 1024}
    sizes = []
    for day in range(120):
        for number in range(20):
            outcome = Outcome.ERROR if number % 2 else Outcome.SUCCESS
            buffer.record("a", failed(at=AT + day * DAY, outcome=outcome, **large), window=7)
        with sqlite3.connect(path) as connection:
            sizes.append(connection.execute("PRAGMA page_count").fetchone()[0])
        connection.close()

    assert rows(path, "record") == 200
    assert rows(path, "tally") == 30
    assert sizes[40:] == [sizes[40]] * 80


def test_instants_of_every_year(buffer):
    """From the first day of the calendar to the last one."""
    first = datetime(1, 1, 1, tzinfo=timezone.utc)
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc)
    for at in (first, last):
        assert buffer.record("a", failed(at=at), window=1)[0].error == 1
        assert buffer.recent("a") == (failed(at=at),)
