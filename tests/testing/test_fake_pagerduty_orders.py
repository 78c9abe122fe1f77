"""What a test can order FakePagerDuty to do to its next requests, and that nothing of it outlives `stop`."""

import gc
import http.client
import json
import threading
import time
import warnings
from contextlib import closing

import pytest

from alertkit.testing import FakePagerDuty

TRIGGER = json.dumps(
    {
        "routing_key": FakePagerDuty.routing_key,
        "event_action": "trigger",
        "dedup_key": "disk",
        "payload": {"summary": "Disk full", "source": "db-1", "severity": "error"},
    }
).encode()
THROTTLED = {
    "status": "throttle exceeded",
    "message": "Requests for this service are arriving too quickly.  Please retry later.",
}


@pytest.fixture
def fake():
    """A fake that runs."""
    with FakePagerDuty() as running:
        yield running


def dial(fake):
    """Return a connection that is not opened yet."""
    return closing(http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=5))


def ask(fake, body=TRIGGER):
    """Return the status and the body of the answer, over a connection of its own."""
    with dial(fake) as connection:
        connection.request("POST", "/v2/enqueue", body)
        response = connection.getresponse()
        return response.status, response.read()


def test_throttling_answers_as_pagerduty_does(fake):
    """429 with a `Retry-After` where one is asked for, then as usual; the throttled event is not taken."""
    fake.will_throttle(retry_after="7")
    fake.will_throttle(times=2)
    answers = []
    with dial(fake) as connection:
        for _ in range(4):
            connection.request("POST", "/v2/enqueue", TRIGGER)
            response = connection.getresponse()
            answers.append((response.status, response.getheader("Retry-After"), json.loads(response.read())))

    assert answers[:3] == [(429, "7", THROTTLED), (429, None, THROTTLED), (429, None, THROTTLED)]
    assert answers[3][0] == 202
    assert fake.alerts[0].triggers == 1


@pytest.mark.parametrize(
    ("body", "data"), [(None, b""), (b"<html>", b"<html>"), ({"a": 1}, b'{"a": 1}'), ([], b"[]"), ("x", b'"x"')]
)
def test_any_answer_can_be_ordered(fake, body, data):
    """Status, headers and body are the order's, bytes as they are and the rest as JSON; the event is not taken."""
    fake.will_answer(503, body, headers={"Content-Type": "text/html", "X-Said": "no"})
    with dial(fake) as connection:
        connection.request("POST", "/v2/enqueue", TRIGGER)
        response = connection.getresponse()

        assert (response.status, response.read()) == (503, data)
        assert (response.getheader("X-Said"), response.getheader("Content-Type")) == ("no", "text/html")
    assert fake.alerts == ()


def test_a_delayed_answer_comes_late(fake):
    """The event is taken at once and answered after the delay; the next one is as usual."""
    fake.will_delay(0.2)
    start = time.monotonic()

    assert ask(fake)[0] == 202
    assert 0.2 <= time.monotonic() - start < 2
    assert ask(fake)[0] == 202
    assert fake.alerts[0].triggers == 2


def test_a_dripped_answer_comes_byte_by_byte(fake):
    """The event is taken, the answer is whole in the end, and the connection is closed after it."""
    fake.will_drip(every=0.001)

    start = time.monotonic()
    assert json.loads(ask(fake)[1])["dedup_key"] == "disk"
    assert time.monotonic() - start >= 0.15
    assert len(fake.alerts) == 1


@pytest.mark.parametrize(("taking", "alerts"), [(False, 0), (True, 1)])
def test_a_dropped_connection_gives_no_answer(fake, taking, alerts):
    """The connection is closed, before the event is taken or after it; the next request is as usual."""
    fake.will_drop(taking=taking)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(fake)

    assert len(fake.alerts) == alerts
    assert ask(fake)[0] == 202


def test_orders_are_carried_out_one_a_request(fake):
    """In the order they were given, as often as was said, also for what would be refused."""
    fake.will_answer(500)
    fake.will_answer(502, times=2)
    fake.will_answer(503, times=0)

    assert [ask(fake, b"junk")[0] for _ in range(4)] == [500, 502, 502, 400]


def test_stopping_ends_a_pending_delay_and_leaves_nothing():
    """`stop` returns at once, twice if need be; no thread and no socket that is only collected is left."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        fake = FakePagerDuty()
        fake.will_delay(60)
        with dial(fake) as connection:
            connection.request("POST", "/v2/enqueue", TRIGGER)
            while not fake.alerts:
                pass  # until the server is at it
            start = time.monotonic()
            fake.stop()
            fake.stop()
            stopped = time.monotonic() - start
        del connection
        gc.collect()

    assert stopped < 2
    assert [thread for thread in threading.enumerate() if thread.name.startswith("loopback")] == []
    assert [warning for warning in warned if issubclass(warning.category, ResourceWarning)] == []
