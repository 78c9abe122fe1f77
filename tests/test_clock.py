"""The clauses of `Clock`, for every clock that is shipped."""

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

from alertkit import SystemClock
from alertkit.testing import FrozenClock

EACH = pytest.mark.parametrize("make", [SystemClock, FrozenClock])


@EACH
def test_clause_1_now_is_aware_and_in_utc(make):
    """`now` is aware and in UTC."""
    now = make().now()

    assert now.tzinfo is timezone.utc
    assert now.utcoffset() == timedelta(0)


@EACH
def test_clause_2_monotonic_never_goes_back(make):
    """`monotonic` never goes back, whatever is done with the clock."""
    clock = make()
    readings = [clock.monotonic()]
    for seconds in (0.001, 0, -5, -0.0, 0.002):
        clock.sleep(seconds)
        readings.append(clock.monotonic())

    assert readings == sorted(readings)


@EACH
def test_clause_3_sleep_passes_on_monotonic_and_on_now(make):
    """`sleep` returns after at least the given seconds have passed."""
    clock = make()
    start, instant = clock.monotonic(), clock.now()

    clock.sleep(0.02)

    assert clock.monotonic() - start >= 0.02
    assert clock.now() - instant > timedelta(seconds=0.015)


@EACH
@pytest.mark.parametrize("seconds", [0, -0.0, -1, -1e9])
def test_clause_3_sleeping_for_nothing_returns_at_once(make, seconds):
    """Zero seconds, or less, are no wait and no error."""
    start = time.monotonic()

    make().sleep(seconds)

    assert time.monotonic() - start < 0.5


@EACH
def test_clause_4_threads_may_share_a_clock(make):
    """Eight threads that sleep and read see a time that never goes back."""
    clock, wrong = make(), []

    def work():
        for _ in range(50):
            before, instant = clock.monotonic(), clock.now()
            clock.sleep(0.0001)
            if clock.monotonic() < before or clock.now().tzinfo is not instant.tzinfo:
                wrong.append(before)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_the_system_clock_is_the_clock_of_the_machine():
    """`SystemClock` reads the same time as the standard library."""
    before, start = datetime.now(timezone.utc), time.monotonic()
    now, monotonic = SystemClock().now(), SystemClock().monotonic()

    assert before <= now <= datetime.now(timezone.utc)
    assert start <= monotonic <= time.monotonic()
