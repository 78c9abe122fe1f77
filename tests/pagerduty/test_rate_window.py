"""How many requests a minute has left."""

import pytest
from hypothesis import given, strategies as st

from alertkit.pagerduty._rate_window import RateWindow


@pytest.mark.parametrize(
    ("limit", "made", "urgent", "wait"),
    [
        (2, (), True, 0.0),
        (2, (0.0,), True, 0.0),
        (2, (0.0, 10.0), True, 40.0),
        (2, (-40.0, 10.0), True, 0.0),  # 60 seconds ago is long enough
        (2, (0.0, 10.0, 15.0), True, 50.0),  # retries may make more of them than are allowed
        (10, (1.0,) * 9, True, 0.0),
        (10, (1.0,) * 9, False, 41.0),
        (10, (1.0,) * 8, False, 0.0),
        (9, (1.0,) * 8, False, 0.0),  # of less than ten nothing is kept
    ],
)
def test_the_wait_is_until_the_window_has_room(limit, made, urgent, wait):
    """It ends when the oldest request that is one too many is a minute old."""
    assert RateWindow(limit, made).wait(20.0, urgent=urgent) == wait


def test_requests_are_counted_and_old_ones_forgotten():
    """The window remembers no more than a minute."""
    window = RateWindow(5, (0.0, 30.0)).after(60.0, 2)

    assert window.made == (30.0, 60.0, 60.0)


@given(st.integers(1, 30), st.lists(st.tuples(st.floats(0, 90), st.booleans()), max_size=80))
def test_no_minute_has_more_than_the_limit(limit, wishes):
    """However they are wished for; a tenth is kept from what is not urgent, and no wait is longer than it must be."""
    window, now, made = RateWindow(limit), 0.0, []
    for passed, urgent in wishes:
        allowed = limit if urgent else limit - limit // 10
        now += passed
        while wait := window.wait(now, urgent=urgent):
            assert wait > 0
            assert sum(1 for at in made if at + 60 > now + wait / 2) >= allowed
            now += wait
        window = window.after(now, 1)
        made.append(now)
        assert sum(1 for at in made if at + 60 > now) <= allowed
