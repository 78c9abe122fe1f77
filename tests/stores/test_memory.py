"""The buffer in memory: the whole contract, and that nothing grows without a bound."""

import gc
import threading
import tracemalloc
from datetime import date, datetime

import pytest
from forked import exit_code_of
from store_calls import DAY, calls, failed
from webhook_world import AT

from alertkit import StoreError, UsageError
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing.contracts import RequestBufferContract
from alertkit.webhooks import Outcome


class TestMemoryRequestBuffer(RequestBufferContract):
    """Keeps every clause."""

    def make(self):
        """Return an empty one."""
        return MemoryRequestBuffer()


def test_of_event_types_the_last_hundred_are_kept():
    """The one recorded longest ago goes first."""
    buffer = MemoryRequestBuffer()
    for number in (*range(100), 0, 100):
        buffer.record("a", failed(event_type=f"issue.{number}"), window=1)

    kept = {record.event_type for record in buffer.recent("a", limit=1000)}
    assert kept == {f"issue.{number}" for number in (0, *range(2, 101))}


def test_integrations_are_bounded_too():
    """Those that were heard of last are kept, by a record or by a claim; the others are forgotten whole."""
    buffer = MemoryRequestBuffer(max_integrations=3)
    for name in ("a", "b", "c"):
        buffer.record(name, failed(), window=1)
    buffer.record("a", failed(), window=1)
    assert buffer.claim("b", at=AT, lease=DAY)
    buffer.record("d", failed(), window=1)

    assert [len(buffer.recent(name)) for name in "abcd"] == [2, 1, 0, 1]
    assert not buffer.claim("b", at=AT, lease=DAY)


def test_a_clock_that_is_wrong_harms_one_integration_only():
    """A record or a claim of the far future forgets what is that integration's, and nothing of another one."""
    buffer = MemoryRequestBuffer()
    for name in ("right", "wrong"):
        buffer.record(name, failed(), window=1)
        assert buffer.claim(name, at=AT, lease=DAY)
    buffer.record("wrong", failed(AT + 9000 * DAY), window=1)
    buffer.claim("wrong", at=AT + 9000 * DAY, lease=DAY)

    assert (len(buffer.recent("right")), buffer.claim("right", at=AT, lease=DAY)) == (1, False)
    assert buffer.claim("wrong", at=AT, lease=DAY)


def test_reading_makes_nothing_known():
    """Whoever only asks pushes nobody out."""
    buffer = MemoryRequestBuffer(max_integrations=1)
    buffer.record("a", failed(), window=1)
    assert buffer.tallies("b", until=AT.date(), days=1)[0].total == len(buffer.recent("b")) == 0
    buffer.reset("b")

    assert len(buffer.recent("a")) == 1


def test_errors_are_kept_as_long_as_records():
    """Those that a hundred successes have pushed out of the records too, and no longer than thirty days."""
    buffer = MemoryRequestBuffer()
    buffer.record("a", failed(), window=1)
    for _ in range(100):
        buffer.record("a", failed(AT + 10 * DAY, outcome=Outcome.SUCCESS), window=1)
    for days, left in ((-15, 1), (20, 1), (30, 1), (31, 0)):
        buffer.record("a", failed(AT + days * DAY, event_type="other", outcome=Outcome.SUCCESS), window=1)
        assert len(buffer.recent("a", errors_only=True)) == left


def test_what_is_too_old_goes_from_every_event_type():
    """Records that are no errors are looked at by themselves."""
    buffer = MemoryRequestBuffer()
    for days in (-31, -30, -1, 0):
        buffer.record("a", failed(AT + days * DAY, outcome=Outcome.SUCCESS), window=1)

    assert len(buffer.recent("a")) == 3
    assert buffer.recent("a", errors_only=True) == ()


def test_the_first_days_of_the_calendar():
    """They can be read, and what lies before them is told."""
    assert len(MemoryRequestBuffer().tallies("a", until=date(1, 1, 3), days=3)) == 3


def test_a_clock_that_goes_down_a_year_leaves_two_months_of_counts():
    """Days far ahead of the last record are dropped like those far behind it."""
    buffer = MemoryRequestBuffer()
    for ago in range(365):
        buffer.record("a", failed(AT - DAY * ago), window=1)

    counted = buffer.tallies("a", until=AT.date(), days=400)
    assert sum(tally.total for tally in counted) == 30
    assert len(buffer.recent("a")) == 31


def test_a_process_that_was_forked():
    """It goes on with a copy, though another thread was in the middle of a call, and its parent with what it had."""
    entered, go_on = threading.Event(), threading.Event()

    class Slow(str):
        """An id that is looked up slowly."""

        __slots__ = ()

        def __hash__(self):
            entered.set()
            go_on.wait(30)
            return hash(str(self))

    buffer = MemoryRequestBuffer()
    buffer.record("a", failed(), window=1)
    thread = threading.Thread(target=buffer.recent, args=(Slow("a"),))
    thread.start()
    assert entered.wait(30)

    def child():
        assert buffer.record("a", failed(), window=1)[0].error == 2

    assert exit_code_of(child, seconds=5) == 0
    go_on.set()
    thread.join(30)
    assert buffer.record("a", failed(), window=1)[0].error == 2


def test_what_interrupts_a_call():
    """A signal handler of the same thread gets an error instead of waiting for ever, and the call is one step."""
    buffer, told = MemoryRequestBuffer(), []
    buffer.record("a", failed(), window=1)

    class Interrupted(str):
        """An id whose look-up is interrupted."""

        __slots__ = ()

        def __hash__(self):
            for name, call in calls(buffer).items():
                with pytest.raises(StoreError, match="by what interrupted one of its calls"):
                    call()
                told.append(name)
            return hash(str(self))

    assert len(buffer.recent(Interrupted("a"))) == 1
    assert told == list(calls(buffer))
    assert buffer.record("a", failed(), window=1)[0].error == 2


def test_memory_is_bounded_by_the_limits():
    """A hundred thousand attempts with long answers over two months take what the last hundred and hundred take."""
    buffer = MemoryRequestBuffer()

    def grow(attempts):
        for number in range(attempts):
            at = AT + DAY * 60 * number / attempts
            buffer.record("a", failed(at, response_body=f"{number:08}" * 128), window=7)

    grow(1000)
    gc.collect()
    tracemalloc.start()
    try:
        grow(1000)
        before, _ = tracemalloc.get_traced_memory()
        grow(20_000)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 200_000


@pytest.mark.parametrize(
    "call",
    [
        lambda buffer: buffer.tallies("a", until=AT, days=1),
        lambda buffer: buffer.tallies("a", until="2026-03-10", days=1),
        lambda buffer: buffer.tallies("a", until=AT.date(), days=1.0),
        lambda buffer: buffer.record("a", failed(), window=True),
        lambda buffer: buffer.record("a", failed(), window=800_000),
        lambda buffer: buffer.tallies("a", until=AT.date(), days=10**9),
        lambda buffer: buffer.tallies("a", until=date(1, 1, 3), days=4),
        lambda buffer: buffer.claim("a", at=AT, lease=5),
        lambda buffer: MemoryRequestBuffer(max_integrations=0),
        lambda buffer: buffer.recent("a", limit="7"),
        lambda buffer: buffer.claim("a", at=datetime(2026, 3, 10), lease=DAY),  # noqa: DTZ001  which is the mistake
    ],
)
def test_arguments_of_the_wrong_kind(call):
    """They are told, and nothing is kept."""
    buffer = MemoryRequestBuffer()

    with pytest.raises(UsageError):
        call(buffer)
    assert buffer.recent("a") == ()
