"""The arithmetic of waiting: tables for the shape, properties for what never happens."""

import math

import pytest
from hypothesis import given, strategies as st

from alertkit import Backoff, UsageError

SECONDS = st.floats(min_value=0, max_value=1e6)
DICE = st.floats(min_value=0, max_value=1, exclude_max=True)
POLICIES = st.builds(Backoff, attempts=st.integers(2, 10**9), base=SECONDS, cap=SECONDS, hint_cap=SECONDS)
HINTS = st.none() | st.floats(min_value=0, max_value=1e15)
PLENTY = 1e9
ALMOST_ONE = math.nextafter(1.0, 0.0)


@pytest.mark.parametrize(
    ("attempt", "dice", "delay"),
    [
        (1, 1.0, 1.0),
        (2, 1.0, 2.0),
        (3, 1.0, 4.0),
        (4, 1.0, 8.0),
        (5, 1.0, 16.0),
        (6, 1.0, 30.0),
        (7, 1.0, 30.0),
        (1, 0.0, 0.0),
        (3, 0.25, 1.0),
        (6, 0.5, 15.0),
    ],
)
def test_the_ceiling_doubles_up_to_the_cap(attempt, dice, delay):
    """A wait is the dice times a ceiling that begins at `base`, doubles, and ends at `cap`."""
    assert Backoff(attempts=100).delay(attempt, dice=dice, remaining=PLENTY) == delay


@pytest.mark.parametrize(
    ("remaining", "delay"), [(PLENTY, 16.0), (32.0, 16.0), (20.0, 10.0), (1.0, 0.5), (0.0, None), (-1.0, None)]
)
def test_a_drawn_wait_takes_half_of_what_remains(remaining, delay):
    """There is as much time left to try as was spent on the wait, and none left means giving up."""
    assert Backoff().delay(5, dice=1.0, remaining=remaining) == delay


@pytest.mark.parametrize(
    ("hint", "dice", "delay"),
    [
        (None, 0.5, 0.5),
        (0.0, 0.5, 0.5),
        (0.25, 0.5, 0.5),
        (5.0, 0.5, 5.0),
        (5.0, 0.0, 5.0),
        (40.0, 0.5, 40.0),
        (41.0, 0.5, 40.0),
        (1e12, 0.5, 40.0),
    ],
)
def test_a_hint_lengthens_the_wait_up_to_its_cap(hint, dice, delay):
    """A server's hint is the least to wait; it is no limit, and what is past `hint_cap` counts as `hint_cap`."""
    assert Backoff(hint_cap=40.0).delay(1, dice=dice, remaining=PLENTY, hint=hint) == delay


@pytest.mark.parametrize(("remaining", "delay"), [(10.1, 10.0), (10.0, None), (3.0, None)])
def test_a_hint_that_does_not_fit_gives_up(remaining, delay):
    """Nobody waits for a moment that comes after the deadline."""
    assert Backoff().delay(1, dice=0.0, remaining=remaining, hint=10.0) == delay


@pytest.mark.parametrize(
    ("attempts", "attempt", "gives_up"),
    [(1, 1, True), (2, 1, False), (2, 2, True), (6, 5, False), (6, 6, True), (6, 7, True), (6, 10**30, True)],
)
def test_the_last_attempt_gives_up(attempts, attempt, gives_up):
    """After as many requests as the policy has attempts there is no next one."""
    assert (Backoff(attempts=attempts).delay(attempt, dice=0.5, remaining=PLENTY) is None) is gives_up


def test_a_huge_attempt_number_waits_the_cap():
    """The exponent is bounded, so that no attempt number overflows."""
    policy = Backoff(attempts=10**40)

    assert policy.delay(10**30, dice=1.0, remaining=PLENTY) == 30.0
    assert Backoff(attempts=10**40, base=1e308, cap=30).delay(10**30, dice=1.0, remaining=PLENTY) == 30.0
    assert Backoff(attempts=10**40, base=0.0).delay(10**30, dice=1.0, remaining=PLENTY) == 0.0


def test_the_defaults_fit_the_default_deadline():
    """Six attempts that fail at once spend about half of 30 seconds on waiting, and never all of it."""
    for dice, least, most in ((0.5, 10.0, 16.0), (ALMOST_ONE, 15.0, 30.0), (0.0, 0.0, 0.0)):
        remaining, waits = 30.0, []
        while (wait := Backoff().delay(len(waits) + 1, dice=dice, remaining=remaining)) is not None:
            waits.append(wait)
            remaining -= wait

        assert len(waits) == 5
        assert least <= sum(waits) <= most


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"attempts": 0}, ["attempts"]),
        ({"attempts": -1}, ["attempts"]),
        ({"base": -0.1}, ["base"]),
        ({"cap": math.inf}, ["cap"]),
        ({"hint_cap": math.nan}, ["hint_cap"]),
        ({"base": -1, "cap": -1, "hint_cap": -math.inf, "attempts": 0}, ["base", "cap", "hint_cap", "attempts"]),
    ],
)
def test_numbers_that_make_no_policy_are_refused(wrong, named):
    """A `UsageError` lists every wrong number, and no right one."""
    with pytest.raises(UsageError) as caught:
        Backoff(**wrong)

    assert [problem.split()[0] for problem in str(caught.value).split("; ")] == named


def test_the_least_policy_is_one():
    """One attempt and no wait at all are numbers that make a policy."""
    policy = Backoff(attempts=1, base=0, cap=0, hint_cap=0)

    assert (policy.base, policy.cap, policy.hint_cap) == (0.0, 0.0, 0.0)


def test_a_policy_is_a_value():
    """Two policies of the same numbers are equal and hash alike, and neither can be changed."""
    assert Backoff(attempts=3) == Backoff(attempts=3) != Backoff(attempts=4)
    assert len({Backoff(attempts=3), Backoff(attempts=3)}) == 1
    with pytest.raises(AttributeError):
        Backoff().attempts = 7


@given(policy=POLICIES, attempt=st.integers(1, 10**9), dice=DICE, remaining=st.floats(-1e6, 1e6), hint=HINTS)
def test_a_wait_ends_before_the_deadline(policy, attempt, dice, remaining, hint):
    """A wait is never negative, and there is always time left after it."""
    delay = policy.delay(attempt, dice=dice, remaining=remaining, hint=hint)

    assert delay is None or 0 <= delay < remaining


@given(policy=POLICIES, attempt=st.integers(1, 10**9), dice=DICE, hint=HINTS)
def test_a_wait_is_within_the_caps(policy, attempt, dice, hint):
    """No wait is longer than the higher of `cap` and the capped hint, and none is shorter than the capped hint."""
    delay = policy.delay(attempt, dice=dice, remaining=1e12, hint=hint)

    if attempt >= policy.attempts:
        assert delay is None
    else:
        asked = 0.0 if hint is None else min(hint, policy.hint_cap)
        assert asked <= delay <= max(policy.cap, asked)


@given(policy=POLICIES, attempt=st.integers(1, 200), dice=DICE, remaining=SECONDS)
def test_ceilings_never_fall(policy, attempt, dice, remaining):
    """With the same dice and the same time left a later attempt waits at least as long as an earlier one."""
    earlier, later = (policy.delay(number, dice=dice, remaining=remaining) for number in (attempt, attempt + 1))

    assert later is None or earlier <= later


@given(policy=POLICIES, attempt=st.integers(1, 200), dice=st.tuples(DICE, DICE))
def test_higher_dice_wait_longer(policy, attempt, dice):
    """The wait grows with the dice, so that an even draw is an even wait."""
    shorter, longer = (policy.delay(attempt, dice=draw, remaining=PLENTY) for draw in sorted(dice))

    assert longer is None or shorter <= longer
