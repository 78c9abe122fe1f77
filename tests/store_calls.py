"""
What the tests of all stores record, and every call that a buffer has.

Rules of this file: nothing is random and nothing is shared that can be changed.
"""

from datetime import timedelta

from webhook_world import AT, URL

from alertkit.webhooks import Outcome, RequestRecord

DAY = timedelta(days=1)
LEASE = timedelta(minutes=5)


def failed(at=AT, event_type="issue.created", outcome=Outcome.ERROR, **given):
    """Return the record of an attempt."""
    return RequestRecord(at=at, event_type=event_type, url=URL, status=500, outcome=outcome, **given)


def calls(buffer):
    """Return every call that a buffer has, by its name, those that write first."""
    return {
        "record": lambda: buffer.record("a", failed(), window=7),
        "claim": lambda: buffer.claim("a", at=AT, lease=LEASE),
        "reset": lambda: buffer.reset("a"),
        "recent": lambda: buffer.recent("a"),
        "tallies": lambda: buffer.tallies("a", until=AT.date(), days=7),
    }
