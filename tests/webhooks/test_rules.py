"""What an attempt counts as, and the original's rules beside ours."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, strategies as st

from alertkit import InvalidEventError
from alertkit.webhooks import DailyTally, FailureKind, FatalTrips, HealthRules, Outcome, TimeoutFlood
from alertkit.webhooks._health import checked_tallies

S, E, T, F, N = Outcome.SUCCESS, Outcome.ERROR, Outcome.TIMEOUT, Outcome.FATAL, Outcome.IGNORED
TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("came", "default", "sentry"),
    [
        *((status, S, S) for status in (200, 201, 202, 204, 206, 226, 299)),
        *((status, E, S) for status in (100, 101, 103, 199)),
        *((status, E, N) for status in (300, 301, 302, 304, 307, 308, 399)),
        *((status, E, E) for status in (400, 401, 403, 404, 405, 408, 409, 413, 418, 422, 428, 430, 451, 499)),
        (410, F, E),
        (429, N, N),
        *((status, E, N) for status in (500, 502, 503, 504, 511, 599, 600, 999)),
        (FailureKind.CONNECT_FAILED, T, T),
        (FailureKind.TIMED_OUT, T, T),
        (FailureKind.CONNECTION_LOST, T, T),
        (FailureKind.MALFORMED_REPLY, E, T),
        (FailureKind.BLOCKED, N, N),
        (FailureKind.NOT_SENDABLE, N, N),
    ],
)
def test_what_an_attempt_counts_as(came, default, sentry):
    """Every class of status and every failure, under both sets of rules."""
    assert HealthRules.default().classify(came) is default
    assert HealthRules.sentry().classify(came) is sentry


@given(st.integers(0, 999))
def test_the_original_by_its_own_words(status):
    """Below 300 is success, 400 to 499 but 429 is error, and the rest counts as nothing."""
    expected = S if status < 300 else E if 400 <= status <= 499 and status != 429 else N

    assert HealthRules.sentry().classify(status) is expected


def broken_in_the_original(tallies):
    """
    Return what the original's last rule says of the seven days until today, written down from its description.

    Each day falls into at most one class, in this order; one fatal or timeout day breaks, or seven error days.
    """
    classes = []
    for tally in tallies:
        if tally.fatal > 0:
            classes.append("fatal")
        elif tally.timeout >= 1000:
            classes.append("timeout")
        elif tally.error > 0 and tally.success == 0:
            classes.append("error")
    return "fatal" in classes or "timeout" in classes or classes.count("error") == 7


COUNTS = st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from((0, 1, 999, 1000, 1001)), st.just(0))
MOSTLY_BROKEN = st.tuples(st.just(0), st.integers(1, 3), st.just(0), st.just(0))
WITH_FATAL = st.tuples(st.integers(0, 2), st.integers(0, 3), st.just(0), st.integers(0, 1))


@given(st.lists(COUNTS | MOSTLY_BROKEN | WITH_FATAL, min_size=7, max_size=7))
@example([(0, 1, 0, 0)] * 7)
@example([(0, 1, 999, 0)] * 7)
@example([(0, 0, 999, 0)] * 7)
@example([(1, 1, 1000, 0)] + [(9, 0, 0, 0)] * 6)
@example([(9, 0, 0, 0)] * 6 + [(1, 0, 0, 1)])
@example([(0, 1, 0, 0)] * 6 + [(1, 1, 0, 0)])
def test_sentrys_rules_are_the_originals(counts):
    """For any seven days the verdict is the original's."""
    tallies = [
        DailyTally(day=TODAY - timedelta(days=6 - place), success=s, error=e, timeout=t, fatal=f)
        for place, (s, e, t, f) in enumerate(counts)
    ]

    assert HealthRules.sentry().policy.judge(tallies, today=TODAY).broken is broken_in_the_original(tallies)


def same_day(ago=0, **counts):
    """Return the tally of one day."""
    return DailyTally(day=TODAY - timedelta(days=ago), **counts)


def silent(until, count):
    """Return so many days without an attempt, the last one `until` days ago."""
    return [same_day(ago) for ago in range(until + count - 1, until - 1, -1)]


@pytest.mark.parametrize(
    ("days", "default", "sentry"),
    [
        ([same_day(ago, timeout=3) for ago in range(6, -1, -1)], True, False),  # a week of silence from the peer
        ([*silent(1, 6), same_day(timeout=1200, success=1_000_000)], False, True),  # one busy day
        ([same_day(ago, error=1) for ago in range(6, -1, -1)], True, True),
        ([*silent(1, 6), same_day(fatal=1)], True, True),
        ([same_day(ago, error=9, success=1) for ago in range(6, -1, -1)], False, False),
    ],
)
def test_what_users_complained_of_is_mended(days, default, sentry):
    """Silence counts, and a busy day does not."""
    assert HealthRules.default().policy.judge(days, today=TODAY).broken is default
    assert HealthRules.sentry().policy.judge(days, today=TODAY).broken is sentry


def test_rules_can_be_replaced_in_part():
    """What is left out is as in the default, and both parts may be functions and objects of the host's."""
    assert HealthRules() == HealthRules.default()
    mine = HealthRules(classify=lambda came: N, policy=TimeoutFlood(5, days=2))

    assert (mine.classify(500), mine.window) == (N, 2)
    assert HealthRules(policy=FatalTrips()).classify(503) is E
    assert HealthRules.default().window == HealthRules.sentry().window == 7


class Odd:
    """A policy that asks for as many days as it is told."""

    def __init__(self, window):
        """Take the number."""
        self.window = window

    def judge(self, tallies, *, today):
        """Never say anything."""


@pytest.mark.parametrize(
    ("given_parts", "problem"),
    [
        ({"classify": "x"}, "classify must be a function"),
        ({"policy": "x"}, "policy must have the methods judge: str lacks judge"),
        ({"policy": FatalTrips}, "policy must be an object, not the class FatalTrips"),
        ({"policy": Odd(0)}, "window must be a whole number, at least 1"),
        ({"policy": Odd(31)}, "window must be at most 30 days"),
    ],
)
def test_rules_that_would_fail_at_the_first_attempt(given_parts, problem):
    """They are refused when they are made."""
    with pytest.raises(InvalidEventError) as caught:
        HealthRules(**given_parts)

    assert caught.value.problems == (problem,)


def test_a_tally_is_a_count():
    """Whole numbers of a day; one attempt more makes another tally, and one that is ignored makes none."""
    tally = DailyTally(day=TODAY, success=1, error=2, timeout=3, fatal=4)

    assert tally.total == 10
    assert tally.plus(S) == DailyTally(day=TODAY, success=2, error=2, timeout=3, fatal=4)
    assert tally.plus(E) == DailyTally(day=TODAY, success=1, error=3, timeout=3, fatal=4)
    assert tally.plus(T) == DailyTally(day=TODAY, success=1, error=2, timeout=4, fatal=4)
    assert tally.plus(F) == DailyTally(day=TODAY, success=1, error=2, timeout=3, fatal=5)
    assert tally.plus(N) == tally


def test_a_tally_that_is_none():
    """All that is wrong is told at once."""
    with pytest.raises(InvalidEventError) as caught:
        DailyTally(day=datetime.now(timezone.utc), success=-1, error=True, timeout="x", fatal=1.0)

    assert caught.value.problems == (
        "day must be a date, not datetime",
        *(f"{name} must be a whole number, at least 0" for name in ("success", "error", "timeout", "fatal")),
    )


def test_what_a_buffer_returns():
    """A tuple or a list of tallies, and nothing else among them."""
    tally = DailyTally(day=TODAY)

    assert checked_tallies([tally]) == checked_tallies((tally,)) == (tally,)
    for wrong, kind in ((None, "NoneType"), ({tally: 1}, "dict"), ("x", "str")):
        with pytest.raises(TypeError, match=f"^a buffer must return a tuple of tallies, not {kind}$"):
            checked_tallies(wrong)
    for wrong in ([tally, 7], (7, tally)):
        with pytest.raises(TypeError, match=r"^a buffer must return tallies, and nothing else among them$"):
            checked_tallies(wrong)


def test_a_tally_of_a_database():
    """What is a date and what is an int to Python are taken, of whatever class."""

    class Day(date):
        """A date of a driver."""

    class Count(int):
        """A number of a driver."""

    assert DailyTally(day=Day(2026, 3, 10), error=Count(3)) == DailyTally(day=TODAY, error=3)
