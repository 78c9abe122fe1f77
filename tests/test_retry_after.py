"""What a server asks to wait, in seconds, as a date, or in words that nobody can read."""

import math
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, strategies as st

from alertkit import Headers
from alertkit._http import retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
IN_7_SECONDS = "Sun, 01 Mar 2026 12:00:07 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"RETRY-AFTER": "120"}, 120.0),
        ({"Retry-After": "  7 "}, 7.0),
        ({"Retry-After": "007"}, 7.0),
        ({"Retry-After": "999999999999"}, 999_999_999_999.0),
        ({"Retry-After": IN_7_SECONDS}, 7.0),
        ({"Retry-After": "Sun, 01 Mar 2026 13:00:07 +0100"}, 7.0),
        ({"Retry-After": "Sunday, 01-Mar-26 12:00:07 GMT"}, 7.0),  # the obsolete forms of RFC 9110 §5.6.7
        ({"Retry-After": "Sun, 01 Mar 2026 11:59:59 GMT"}, 0.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:07"}, None),  # no zone
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:07 -0000"}, None),  # a zone that is not known
        *(({"Retry-After": text}, None) for text in ("", " ", "-1", "+1", "1.5", "1e3", "soon", "٣", "²", "1 2")),
        *(({"Retry-After": text}, None) for text in ("9" * 13, "9" * 5000, "Sun, 99 Foo 2026 12:00:07 GMT", "0x10")),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:07 +9999"}, None),
        ({"ratelimit-reset": "30"}, 30.0),
        ({"RateLimit-Reset": " 30 "}, 30.0),
        ({"ratelimit-reset": IN_7_SECONDS}, None),  # that one knows seconds only
        ({"ratelimit-reset": "soon"}, None),
        ({"Retry-After": "7", "ratelimit-reset": "30"}, 7.0),
        ({"Retry-After": IN_7_SECONDS, "ratelimit-reset": "30"}, 7.0),
        ({"Retry-After": "soon", "ratelimit-reset": "30"}, 30.0),
    ],
)
def test_what_a_server_asks_to_wait(headers, seconds):
    """`Retry-After` counts before `ratelimit-reset`, and what cannot be read is as if it were not there."""
    assert retry_after(Headers(headers), now=NOW) == seconds


@given(st.text() | st.text("0123456789"), st.text() | st.text("0123456789"))
def test_no_header_breaks_the_reading(asked, reset):
    """Whatever a server sends, the result is None or a finite number of seconds that is not negative."""
    seconds = retry_after(Headers({"Retry-After": asked, "ratelimit-reset": reset}), now=NOW)

    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


@given(
    st.integers(-4 * 10**9, 25 * 10**10).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_a_date_is_the_seconds_until_it(date, zone):
    """A date counts from `now`, whatever the zone of `now`, and one that has passed is 0."""
    seconds = retry_after({"Retry-After": format_datetime(date, usegmt=True)}, now=NOW.astimezone(zone))

    assert seconds == max(0.0, (date - NOW).total_seconds())


@given(st.integers(0, 10**12 - 1))
def test_seconds_are_seconds(number):
    """Up to twelve digits are the number they look like."""
    assert retry_after({"Retry-After": str(number)}, now=NOW) == float(number)
