"""FrozenClock: time that passes only when it is told to."""

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from alertkit import UsageError
from alertkit.testing import FrozenClock

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_it_starts_where_it_is_told_and_stands_still():
    """The same instant is read again and again, in UTC whatever the zone of the start."""
    at = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    clock = FrozenClock(at)

    assert [clock.now(), clock.now()] == [at, at]
    assert clock.now().tzinfo is timezone.utc
    assert clock.monotonic() == clock.monotonic() == 0.0
    assert FrozenClock().now() == NEW_YEAR


def test_a_sleep_passes_at_once_and_moves_the_time_on():
    """An hour is slept without waiting; both readings have moved by exactly that."""
    clock = FrozenClock()
    start = time.monotonic()

    clock.sleep(3600)
    clock.sleep(0.5)

    assert time.monotonic() - start < 1
    assert clock.now() == NEW_YEAR + timedelta(seconds=3600.5)
    assert clock.monotonic() == 3600.5
    assert clock.slept == (3600, 0.5)


def test_a_sleep_for_nothing_is_remembered_and_moves_nothing():
    """What was asked for is kept as it was asked, also where no time passes."""
    clock = FrozenClock()

    clock.sleep(-3)
    clock.sleep(0)

    assert clock.slept == (-3, 0)
    assert clock.monotonic() == 0.0


@pytest.mark.parametrize(
    ("passed", "seconds"), [(90, 90.0), (0.25, 0.25), (timedelta(minutes=1.5), 90.0), (timedelta(0), 0.0)]
)
def test_time_can_be_moved_on_without_a_sleep(passed, seconds):
    """`advance` takes seconds or a timedelta, and is no sleep."""
    clock = FrozenClock()

    clock.advance(passed)

    assert clock.monotonic() == seconds
    assert clock.now() == NEW_YEAR + timedelta(seconds=seconds)
    assert clock.slept == ()


@pytest.mark.parametrize("passed", [-1, -0.001, timedelta(seconds=-1), float("nan")])
def test_time_cannot_be_moved_back(passed):
    """`advance` refuses to go back, which clause 2 of `Clock` rules out."""
    clock = FrozenClock()
    clock.advance(10)

    with pytest.raises(UsageError):
        clock.advance(passed)
    assert clock.monotonic() == 10.0


def test_a_naive_start_is_refused():
    """An instant without a zone is no instant."""
    with pytest.raises(UsageError, match="aware"):
        FrozenClock(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(UsageError, match="at must be a datetime, not str"):
        FrozenClock("2026-01-01")


def test_the_sleeps_are_a_snapshot():
    """What was read of `slept` does not grow afterwards."""
    clock = FrozenClock()
    before = clock.slept

    clock.sleep(1)

    assert before == ()


def test_no_sleep_of_any_thread_is_lost():
    """Threads that share a clock add up."""
    clock = FrozenClock()
    threads = [threading.Thread(target=lambda: [clock.sleep(1) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clock.monotonic() == len(clock.slept) == 4000


@given(st.lists(st.integers(min_value=-1000, max_value=1000)))
def test_only_sleeps_above_zero_pass(sleeps):
    """The time that has passed is the sum of the sleeps that were one, on both readings."""
    clock = FrozenClock()
    for seconds in sleeps:
        clock.sleep(seconds)

    assert clock.slept == tuple(sleeps)
    assert clock.monotonic() == sum(seconds for seconds in sleeps if seconds > 0)
    assert clock.now() - NEW_YEAR == timedelta(seconds=clock.monotonic())


def test_the_wall_clock_can_be_set_back():
    """As an administrator does it: `now` steps, `monotonic` goes on, and both move together afterwards."""
    clock = FrozenClock()
    clock.advance(90)
    clock.set(datetime(2025, 12, 1, 2, tzinfo=timezone(timedelta(hours=2))))

    assert clock.now() == datetime(2025, 12, 1, tzinfo=timezone.utc)
    assert clock.monotonic() == 90
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2025, 12, 1, 1, tzinfo=timezone.utc)
    with pytest.raises(UsageError, match="aware"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001  which is the mistake
