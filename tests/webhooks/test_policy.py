"""When an integration is broken: each policy by tables and by what holds for all of them."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from alertkit import InvalidEventError, UsageError
from alertkit.testing.contracts import BrokenPolicyContract
from alertkit.webhooks import ConsecutiveErrorDays, DailyTally, FatalTrips, TimeoutFlood, Verdict, any_of
from alertkit.webhooks._policy import window_of

TODAY = date(2026, 3, 10)


def days_ago(number):
    """Return the day."""
    return TODAY - timedelta(days=number)


def tallies(*days):
    """Return tallies until today, each given by letters: s, e, t, f for what counted, nothing for a silent day."""
    return tuple(
        DailyTally(
            day=days_ago(len(days) - 1 - place),
            success=day.count("s"),
            error=day.count("e"),
            timeout=day.count("t"),
            fatal=day.count("f"),
        )
        for place, day in enumerate(days)
    )


def week(pattern):
    """Return the tallies of a week; `.` is a silent day."""
    return tallies(*(day.replace(".", "") for day in pattern.split(" ")))


class TestConsecutiveErrorDays(BrokenPolicyContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        return ConsecutiveErrorDays(7, count_timeouts=True)


class TestDaysWithTraffic(BrokenPolicyContract):
    """Keeps every clause, where silent days are passed over."""

    def make(self):
        """Return one."""
        return ConsecutiveErrorDays(3, only_days_with_traffic=True)


class TestTimeoutFlood(BrokenPolicyContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        return TimeoutFlood(1000)


class TestFatalTrips(BrokenPolicyContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        return FatalTrips()


class TestAnyOf(BrokenPolicyContract):
    """Keeps every clause."""

    def make(self):
        """Return one of all."""
        return any_of(FatalTrips(), TimeoutFlood(1000), ConsecutiveErrorDays(7))


@pytest.mark.parametrize(
    ("pattern", "broken"),
    [
        ("e e e e e e e", True),
        ("eee e e e e e ee", True),  # more days than it looks at
        ("s e e e e e e e", True),
        ("f e e f e e e", True),
        ("e e e e e e .", False),  # nothing yet today
        (". e e e e e e", False),
        ("e e e . e e e", False),
        ("e e e se e e e", False),  # one success in a week
        ("e e e t e e e", False),
        ("t t t t t t t", False),
        ("te te te te te te te", True),
        (". . . . . . e", False),  # one busy day
        ("s s s s s s s", False),
        (". . . . . . .", False),
    ],
)
def test_a_week_of_errors(pattern, broken):
    """Each of the last seven days, today included, has a failure and no success."""
    verdict = ConsecutiveErrorDays(7).judge(week(pattern), today=TODAY)

    assert verdict.broken is broken
    assert verdict.reason.endswith("of the last 7 days had failures and no success")


@pytest.mark.parametrize(
    ("pattern", "broken"),
    [
        ("t t t t t t t", True),
        ("e t f e t f e", True),
        ("t t t st t t t", False),
        ("t t t . t t t", False),
        (". . . . . . ttttttt", False),
    ],
)
def test_timeouts_count_where_they_are_to(pattern, broken):
    """A week of silence from the peer is a week of failures."""
    assert ConsecutiveErrorDays(7, count_timeouts=True).judge(week(pattern), today=TODAY).broken is broken


@pytest.mark.parametrize(
    ("pattern", "broken"),
    [
        ("e . e . . e", True),
        (". . . . . e e e", True),
        ("e . e e e", True),  # more days than it looks at
        ("e e . e s", False),
        ("s . e . e e", True),
        ("e e s . e e", False),  # the third day with traffic had a success
        ("e . . . . e", False),  # too few
        ("e e t", False),  # a day with traffic, and no failure that counts
        ("", False),
    ],
)
def test_silent_days_are_passed_over(pattern, broken):
    """An integration that is used on weekdays only can break too."""
    policy = ConsecutiveErrorDays(3, only_days_with_traffic=True)

    verdict = policy.judge(week(pattern), today=TODAY)

    assert policy.window == 30
    assert verdict.broken is broken
    assert verdict.reason.endswith("of the last 3 days with traffic had failures and no success")


def test_what_is_no_verdict():
    """Whatever is not False would be taken for broken."""
    with pytest.raises(InvalidEventError) as caught:
        Verdict("no", None, 7)
    with pytest.raises(InvalidEventError, match=r"days\[0\] must be of type date, not str"):
        Verdict(True, "x", ["2026-03-10"])

    assert caught.value.problems == (
        "broken must be of type bool, not str",
        "reason must be of type str, not NoneType",
        "days must be a list of dates",
    )


def test_a_verdict_names_its_days():
    """The days that speak against the endpoint, oldest first, and how many there are."""
    verdict = ConsecutiveErrorDays(3).judge(week("s e e e"), today=TODAY)
    assert verdict == Verdict(
        True, "3 of the last 3 days had failures and no success", (days_ago(2), days_ago(1), TODAY)
    )

    verdict = ConsecutiveErrorDays(3).judge(week("e s e"), today=TODAY)
    assert verdict == Verdict(False, "2 of the last 3 days had failures and no success", (days_ago(2), TODAY))


def test_days_that_are_not_there_are_silent():
    """A window that is too short, or ends earlier, breaks nothing."""
    policy = ConsecutiveErrorDays(3)

    assert not policy.judge(week("e e"), today=TODAY).broken
    assert not policy.judge((), today=TODAY).broken
    assert not policy.judge(week("e e e"), today=TODAY + timedelta(days=1)).broken
    assert not policy.judge(week("e e e"), today=TODAY - timedelta(days=1)).broken


@pytest.mark.parametrize(("count", "broken"), [(999, False), (1000, True), (5000, True)])
@pytest.mark.parametrize("ago", [0, 6])
def test_a_flood_of_timeouts(count, broken, ago):
    """So many timeouts in one of the last seven days, successes or not."""
    days = [DailyTally(day=days_ago(n), success=10, timeout=count if n == ago else 0) for n in range(6, -1, -1)]
    verdict = TimeoutFlood(1000).judge(days, today=TODAY)

    assert verdict.broken is broken
    assert verdict.days == ((days_ago(ago),) if broken else ())
    assert verdict.reason == f"{count} timeouts in one day, of the 1000 that break it"


def test_a_flood_of_long_ago():
    """Eight days ago is past."""
    assert not TimeoutFlood(1).judge(week("t s s s s s s s"), today=TODAY).broken
    assert TimeoutFlood(1).judge((), today=TODAY) == Verdict(False, "0 timeouts in one day, of the 1 that break it")


@pytest.mark.parametrize(("pattern", "broken"), [("sf", True), ("f s s s s s s", True), ("f . . . . . . .", False)])
def test_one_fatal_answer(pattern, broken):
    """One within the last seven days is enough, whatever else was answered."""
    verdict = FatalTrips().judge(week(pattern), today=TODAY)

    assert verdict.broken is bool(verdict.days) is broken


def test_the_first_that_says_broken_speaks():
    """And where none does, all say why not."""
    policy = any_of(FatalTrips(), TimeoutFlood(2), ConsecutiveErrorDays(3))

    assert policy.judge(week("e e e"), today=TODAY).reason == "3 of the last 3 days had failures and no success"
    assert policy.judge(week("e e ef"), today=TODAY).reason == "it answered that it takes no more webhooks"
    assert policy.judge(week("e tt e"), today=TODAY).reason == "2 timeouts in one day, of the 2 that break it"
    assert policy.judge(week("s"), today=TODAY).reason == (
        "no fatal answer in 7 days; 0 timeouts in one day, of the 2 that break it; "
        "0 of the last 3 days had failures and no success"
    )


class Busy:
    """A policy of a host's own: too many attempts of any kind."""

    def judge(self, tallies, *, today):
        """Return whether there were more than ten in what it was shown."""
        return Verdict(sum(tally.total for tally in tallies) > 10, f"{len(tallies)} days until {today}")


def test_a_policy_of_the_hosts_own():
    """One that does not say how many days it wants sees all thirty, also beside others."""
    assert (window_of(Busy()), window_of(FatalTrips()), window_of(any_of(FatalTrips(), Busy()))) == (30, 7, 30)

    verdict = any_of(ConsecutiveErrorDays(7), Busy()).judge(tallies(*[""] * 19, *["s"] * 11), today=TODAY)
    assert verdict == Verdict(True, "30 days until 2026-03-10")


def test_each_of_several_sees_its_own_days():
    """A policy that looks at one day is not shown a week."""

    class OneDay(Busy):
        """Wants to see one."""

        window = 1

    policy = any_of(OneDay(), ConsecutiveErrorDays(7))

    assert policy.judge(week("e . . . . . ."), today=TODAY).reason.startswith("1 days until 2026-03-10; ")


def test_as_many_days_as_users_expect():
    """A week, and a thousand timeouts."""
    assert (ConsecutiveErrorDays().days, FatalTrips().days, TimeoutFlood().days) == (7, 7, 7)
    assert TimeoutFlood().threshold == 1000
    assert ConsecutiveErrorDays(30).window == FatalTrips(30).window == 30


@pytest.mark.parametrize("days", [0, -1, 31, 7.0, "7", None, True])
def test_stretches_that_no_buffer_keeps(days):
    """One day to thirty, which is what is kept."""
    for make in (ConsecutiveErrorDays, FatalTrips, lambda days: TimeoutFlood(1, days=days)):
        with pytest.raises(InvalidEventError, match="days must be a whole number from 1 to 30"):
            make(days)


def test_what_is_neither_yes_nor_no():
    """Whatever is not False would be taken for a yes, and break what is not to be broken."""
    with pytest.raises(InvalidEventError) as caught:
        ConsecutiveErrorDays(7, count_timeouts="no", only_days_with_traffic=0)

    assert caught.value.problems == (
        "count_timeouts must be of type bool, not str",
        "only_days_with_traffic must be of type bool, not int",
    )


@pytest.mark.parametrize("threshold", [0, -1, 1.5, "x", None])
def test_thresholds_that_everything_reaches(threshold):
    """At least one timeout."""
    with pytest.raises(InvalidEventError, match="threshold must be a whole number, at least 1"):
        TimeoutFlood(threshold)


def test_any_of_nothing():
    """It would never break, which nobody means."""
    with pytest.raises(UsageError, match=r"^any_of wants at least one policy$"):
        any_of()
    with pytest.raises(UsageError, match=r"policies\[1\] must have the methods judge: object lacks judge"):
        any_of(FatalTrips(), object())


COUNTS = st.builds(
    lambda s, e, t, f: (s, e, t, f), *[st.integers(0, 2)] * 2, st.sampled_from((0, 1, 999, 1000)), st.integers(0, 1)
)


@given(st.lists(COUNTS, min_size=7, max_size=7))
def test_adding_failures_heals_nothing(counts):
    """What is broken stays broken with one failure more, on any day."""
    policy = any_of(FatalTrips(), TimeoutFlood(1000), ConsecutiveErrorDays(7, count_timeouts=True))

    def judged(rows):
        window = [
            DailyTally(day=days_ago(6 - place), success=s, error=e, timeout=t, fatal=f)
            for place, (s, e, t, f) in enumerate(rows)
        ]
        return policy.judge(window, today=TODAY).broken

    if judged(counts):
        for place, (s, e, t, f) in enumerate(counts):
            assert judged([*counts[:place], (s, e + 1, t + 1, f), *counts[place + 1 :]])
