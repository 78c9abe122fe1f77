"""The example over SQLAlchemy: the whole contract, processes, bounds, and what it raises."""

import os
import subprocess
import sys
from datetime import date, datetime, timezone

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy_buffer import Base, IntegrationRow, RecordRow, SqlAlchemyRequestBuffer, sqlite_engine
from store_calls import DAY, calls, failed
from webhook_world import AT

from alertkit import StoreError, UsageError
from alertkit.testing.contracts import RequestBufferContract


class TestSqlAlchemyRequestBuffer(RequestBufferContract):
    """Keeps every clause."""

    @pytest.fixture(autouse=True)
    def _path(self, tmp_path):
        self.path = str(tmp_path / "requests.sqlite3")

    def make(self):
        """Return an empty one, over a new file."""
        engine = sqlite_engine(self.path)
        Base.metadata.create_all(engine)
        return SqlAlchemyRequestBuffer(engine)

    def open_again(self, buffer):
        """Open the file anew."""
        return SqlAlchemyRequestBuffer(sqlite_engine(self.path))

    def close(self, buffer):
        """Close its connections."""
        buffer.engine.dispose()


@pytest.fixture
def empty(tmp_path):
    """Return a buffer over a file without tables."""
    engine = sqlite_engine(str(tmp_path / "requests.sqlite3"))
    yield SqlAlchemyRequestBuffer(engine)
    engine.dispose()


@pytest.fixture
def buffer(empty):
    """Return a buffer."""
    Base.metadata.create_all(empty.engine)
    return empty


PROCESS = """
import datetime, sys
from sqlalchemy_buffer import SqlAlchemyRequestBuffer, sqlite_engine
from alertkit.webhooks import RequestRecord

engine = sqlite_engine(sys.argv[1])
buffer, record = SqlAlchemyRequestBuffer(engine), RequestRecord.from_json(sys.argv[2])
for _ in range(25):
    won = buffer.claim("a", at=record.at, lease=datetime.timedelta(days=1))
    print(buffer.record("a", record, window=1)[0].total, won)
engine.dispose()
"""


def test_processes_lose_nothing(buffer):
    """Four of them record at once; no two see the same count, and one gets the claim."""
    command = [sys.executable, "-W", "error", "-c", PROCESS, buffer.engine.url.database, failed().to_json()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = [line.split() for process in running for line in process.communicate(timeout=60)[0].splitlines()]

    assert sorted(int(count) for count, _ in told) == list(range(1, 101))
    assert [claimed for _, claimed in told].count("True") == 1


def test_what_is_kept_is_bounded(buffer):
    """No rows stay behind that no reading shows: of a hundred event types the last records, and of no other one."""
    for number in range(103):
        buffer.record("a", failed(event_type=f"issue.{number}"), window=1)
    for _ in range(102):
        buffer.record("a", failed(event_type="issue.102"), window=1)

    with Session(buffer.engine) as session:
        assert session.scalar(select(func.count()).select_from(RecordRow)) == 99 + 100
    assert len(buffer.recent("a", limit=1000)) == 99 + 100


def test_an_integration_is_deleted_with_its_records(buffer):
    """Of its row nothing is left, and the next record begins anew."""
    for name in ("a", "b"):
        buffer.record(name, failed(), window=1)
    with Session(buffer.engine) as session:
        session.execute(delete(IntegrationRow).where(IntegrationRow.id == "a"))
        session.commit()

    assert [len(buffer.recent(name)) for name in ("a", "b")] == [0, 1]
    assert buffer.record("a", failed(), window=1)[0].error == 1


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)])
def test_a_clock_at_the_ends_of_the_calendar(buffer, at):
    """It is kept to the microsecond as any other one."""
    record = failed(at)

    assert buffer.record("a", record, window=1)[0].error == 1
    assert buffer.recent("a") == (record,)
    assert [buffer.claim("a", at=at, lease=30 * DAY) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("name", calls(None))
def test_a_database_that_fails(empty, name):
    """The error is alertkit's, with the driver's as its cause, and shows nothing of a record."""
    with pytest.raises(StoreError, match="failed: OperationalError") as caught:
        calls(empty)[name]()
    assert isinstance(caught.value.__cause__, OperationalError)


@pytest.mark.parametrize(
    "call",
    [
        lambda buffer: buffer.record("a", failed(), window=800_000),
        lambda buffer: buffer.tallies("a", until=date(1, 1, 3), days=4),
        lambda buffer: buffer.claim("a", at=AT.replace(tzinfo=None), lease=DAY),
    ],
)
def test_arguments_that_make_no_sense(buffer, call):
    """Beside those of the contract: what lies before the calendar, and an instant in some time zone or other."""
    with pytest.raises(UsageError):
        call(buffer)
    assert buffer.recent("a") == ()
