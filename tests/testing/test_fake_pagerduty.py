"""FakePagerDuty, asked over real HTTP: it takes, refuses and remembers events as PagerDuty does."""

import http.client
import json
import threading
from contextlib import closing

import pytest

from alertkit.testing import FakePagerDuty

KEY = FakePagerDuty.routing_key
ALERTS, CHANGES = "/v2/enqueue", "/v2/change/enqueue"
UNREADABLE = {
    "status": "Unrecognized object",
    "message": "Event object format is unrecognized",
    "errors": ["JSON parse error"],
}


@pytest.fixture
def fake():
    """A fake that runs."""
    with FakePagerDuty() as running:
        yield running


def dial(fake):
    """Return a connection that is not opened yet."""
    return closing(http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=5))


def ask(fake, document, path=ALERTS, method="POST"):
    """Return the status and the answer, read, to a document or to bytes."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with dial(fake) as connection:
        connection.request(method, path, body, {"X-Test": "yes"})
        response = connection.getresponse()
        data = response.read()
        assert response.getheader("Content-Length") == str(len(data))
        return response.status, json.loads(data) if data else None


def trigger(dedup_key="disk", **fields):
    """Return a trigger, with other fields of its payload."""
    payload = {"summary": "Disk full", "source": "db-1", "severity": "error", **fields}
    return {"routing_key": KEY, "event_action": "trigger", "dedup_key": dedup_key, "payload": payload}


def follow_up(action, dedup_key="disk", routing_key=KEY):
    """Return an acknowledge or a resolve."""
    return {"routing_key": routing_key, "event_action": action, "dedup_key": dedup_key}


def shown(fake):
    """Return what matters of the alerts."""
    return [
        (alert.dedup_key, alert.state.value, alert.summary, alert.severity, alert.triggers) for alert in fake.alerts
    ]


def test_a_trigger_opens_an_alert(fake):
    """202 in PagerDuty's words, with the key; the alert holds what was sent."""
    status, reply = ask(fake, trigger())

    assert (status, reply) == (202, {"status": "success", "message": "Event processed", "dedup_key": "disk"})
    assert shown(fake) == [("disk", "triggered", "Disk full", "error", 1)]
    assert fake.alerts[0].routing_key == KEY
    assert KEY not in repr(fake.alerts)


@pytest.mark.parametrize("blank", [None, ""])
def test_a_trigger_without_a_key_gets_one(fake, blank):
    """PagerDuty makes up a key, another one each time, so the same trigger twice is two alerts."""
    keys = [ask(fake, trigger(blank))[1]["dedup_key"] for _ in range(2)]

    assert [alert.dedup_key for alert in fake.alerts] == keys
    assert len(set(keys)) == 2
    assert all(keys)


OPEN, AGAIN = ("disk", "triggered", "Disk full", "error", 1), ("disk", "triggered", "Worse", "critical", 2)
HELD, DONE = ("disk", "acknowledged", *OPEN[2:]), ("disk", "resolved", *OPEN[2:])
WORSE = trigger(summary="Worse", severity="critical")
ACKNOWLEDGE, RESOLVE = follow_up("acknowledge"), follow_up("resolve")


@pytest.mark.parametrize(
    ("events", "alerts"),
    [
        ([trigger(), WORSE], [AGAIN]),
        ([trigger(), ACKNOWLEDGE], [HELD]),
        ([trigger(), ACKNOWLEDGE, ACKNOWLEDGE], [HELD]),
        ([trigger(), ACKNOWLEDGE, WORSE], [("disk", "acknowledged", *AGAIN[2:])]),
        ([trigger(), RESOLVE], [DONE]),
        ([trigger(), ACKNOWLEDGE, RESOLVE], [DONE]),
        ([trigger(), RESOLVE, ACKNOWLEDGE], [DONE]),
        ([trigger(), RESOLVE, RESOLVE, WORSE], [DONE, (*AGAIN[:4], 1)]),
        ([trigger(), RESOLVE, trigger(), ACKNOWLEDGE], [DONE, HELD]),
        ([trigger(), trigger("cpu"), RESOLVE], [DONE, ("cpu", *OPEN[1:])]),
        ([ACKNOWLEDGE, RESOLVE], []),
        ([trigger(), follow_up("resolve", "Disk")], [OPEN]),
        ([trigger(), follow_up("resolve", routing_key="f" * 32)], [OPEN]),
        ([trigger(), {**trigger(), "routing_key": "f" * 32}], [OPEN, OPEN]),
    ],
)
def test_alerts_live_as_in_pagerduty(fake, events, alerts):
    """One open alert for each key, the newest trigger is shown, and what finds no open alert is dropped with a 202."""
    for event in events:
        status, reply = ask(fake, event)
        assert (status, reply["dedup_key"]) == (202, event["dedup_key"])

    assert shown(fake) == alerts


def test_a_change_is_kept_and_pages_nobody(fake):
    """202 without a key; the change is shown beside the alerts."""
    change = {"routing_key": KEY, "payload": {"summary": "Deploy 42", "source": "ci"}}

    assert ask(fake, change, CHANGES) == (202, {"status": "success", "message": "Change event processed"})
    assert ask(fake, {**change, "routing_key": "R" * 32}, CHANGES)[0] == 400
    assert (fake.change_events, fake.alerts) == ((change,), ())


def test_a_refusal_lists_every_problem(fake):
    """400 in PagerDuty's words, and no alert."""
    status, reply = ask(fake, {**trigger(summary=" ", severity="bad"), "routing_key": "short"})

    assert (status, reply["status"], reply["message"]) == (400, "invalid event", "Event object is invalid")
    assert len(reply["errors"]) == 3
    assert "'payload.summary' is missing or blank" in reply["errors"]
    assert fake.alerts == ()


def test_a_key_that_does_not_exist_is_refused():
    """Every well-formed key exists, unless the fake was told which ones do."""
    with FakePagerDuty(routing_keys=["f" * 32]) as fake:
        assert ask(fake, {**trigger(), "routing_key": "f" * 32})[0] == 202
        status, reply = ask(fake, trigger())

    assert (status, reply["errors"]) == (400, ["Invalid routing key"])


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"text"', b"5", b"{'a': 1}", b'{"a": 1,}', b"a=b", b"[" * 50_000),
        *(b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}'),
        *(b'{"a": "\xff"}', b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16")),
    ],
)
def test_what_is_no_json_object_is_unrecognized(fake, body):
    """NaN, other encodings, other things than an object, endless nesting: 400, and kept as an empty event."""
    assert ask(fake, body) == (400, UNREADABLE)
    assert (fake.events, fake.requests[0].body) == (({},), body)


def test_a_body_that_is_too_large_is_refused(fake):
    """512,000 bytes are taken, one more is a 400."""
    frame = len(json.dumps(trigger(component="")))
    statuses = [ask(fake, trigger(component="x" * (512_000 + more - frame)))[0] for more in (0, 1)]

    assert [len(request.body) for request in fake.requests] == [512_000, 512_001]
    assert statuses == [202, 400]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", ALERTS, 405),
        ("PUT", CHANGES, 405),
        ("POST", "/", 404),
        ("POST", "/v2/enqueue?a=b", 404),
        ("GET", "/x", 404),
    ],
)
def test_only_a_post_to_two_paths_is_an_event(fake, method, path, status):
    """404 for another path, 405 for another method, with no body and no effect."""
    assert ask(fake, trigger(), path, method) == (status, None)
    assert fake.alerts == ()


def test_every_request_is_remembered(fake):
    """Requests are kept as they came, refused ones and throttled ones too, over however many connections."""
    fake.will_throttle()
    with dial(fake) as connection:
        for document in (trigger(), {}, trigger("cpu")):
            connection.request("POST", ALERTS, json.dumps(document), {"X-Test": "yes"})
            connection.getresponse().read()
    ask(fake, RESOLVE)

    assert fake.events == (trigger(), {}, trigger("cpu"), RESOLVE)
    assert {(request.method, request.target, request.headers["x-test"]) for request in fake.requests} == {
        ("POST", ALERTS, "yes")
    }
    assert fake.connections == 2


def test_threads_share_a_fake(fake):
    """Eight threads that trigger the same alert open one, and no trigger is lost."""
    threads = [threading.Thread(target=lambda: [ask(fake, trigger()) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shown(fake) == [(*OPEN[:4], 80)]
    assert (len(fake.requests), fake.connections) == (80, 80)
