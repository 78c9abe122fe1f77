"""Each store against the model, through whatever Hypothesis thinks of; and the machine sees a store that is wrong."""

import tempfile
from datetime import timedelta

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.stores.redis import RedisRequestBuffer
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.testing.machines import RequestBufferMachine

SOME = settings(max_examples=40, stateful_step_count=40)
UNTIL_FOUND = settings(
    max_examples=1000, stateful_step_count=40, database=None, phases=[Phase.generate], report_multiple_bugs=False
)


class SqliteMachine(RequestBufferMachine):
    """SQLite against the model."""

    def make(self):
        """Return one in a new file."""
        self.folder = tempfile.TemporaryDirectory()
        return SqliteRequestBuffer(f"{self.folder.name}/alerts.db")

    def close(self, buffer):
        """Close it, and remove the file."""
        buffer.close()
        self.folder.cleanup()


class RedisMachine(RequestBufferMachine):
    """Redis against the model."""

    server = None

    def make(self):
        """Return one over an empty server."""
        self.client = self.server.client()
        self.client.flushall()
        return RedisRequestBuffer(self.client)

    def close(self, buffer):
        """Close the client."""
        self.client.close()


@pytest.fixture(scope="module", autouse=True)
def _server(server):
    RedisMachine.server = server


TestSqlite, TestRedis = SqliteMachine.TestCase, RedisMachine.TestCase
TestSqlite.settings = TestRedis.settings = SOME


class CountsTooLong(MemoryRequestBuffer):
    """Forgets no counts."""

    def record(self, integration_id, record, *, window):
        """Put back what was forgotten."""
        before = dict(self._kept[integration_id].days) if integration_id in self._kept else {}
        tallies = super().record(integration_id, record, window=window)
        days = self._kept[integration_id].days
        days.update({day: tally for day, tally in before.items() if day not in days})
        return tallies


class LateClaims(MemoryRequestBuffer):
    """Holds a claim a moment too long."""

    def claim(self, integration_id, *, at, lease):
        """Stretch it."""
        return super().claim(integration_id, at=at, lease=min(lease + timedelta(microseconds=1), timedelta(days=30)))


class ResetsErrorsOnly(MemoryRequestBuffer):
    """Forgets the errors and keeps the successes."""

    def reset(self, integration_id):
        """Forget half of it."""
        kept = self._kept.get(integration_id)
        days = {} if kept is None else dict(kept.days)
        super().reset(integration_id)
        if kept is not None:
            kept.days.update({day: attrs.evolve(tally, error=0) for day, tally in days.items()})


class OneTooFew(MemoryRequestBuffer):
    """Keeps ninety-nine."""

    def recent(self, integration_id, *, limit=100, **options):
        """Leave one out."""
        return super().recent(integration_id, limit=min(limit, 99), **options)


@pytest.mark.parametrize("faulty", [CountsTooLong, LateClaims, ResetsErrorsOnly, OneTooFew])
def test_a_store_that_is_wrong_is_found(faulty):
    """The machine and its model do not agree with it."""

    class Machine(RequestBufferMachine):
        """Drives it."""

        def make(self):
            """Return one."""
            return faulty()

    with pytest.raises(AssertionError, match="instead of"):
        run_state_machine_as_test(Machine, settings=UNTIL_FOUND)


def test_a_machine_says_what_it_needs():
    """Whoever forgets `make` is told."""
    with pytest.raises(NotImplementedError, match="a subclass of this machine defines `make`"):
        RequestBufferMachine()
