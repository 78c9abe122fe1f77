"""What a client tells of an event and of each attempt."""

import logging

import pytest
from observed_world import KEY

from alertkit import HttpResponse, RejectedError, TimedOutError, UnavailableError
from alertkit.pagerduty import AcknowledgeEvent, ChangeEvent, Image, PagerDutyClient, TriggerEvent, prepare_event
from alertkit.pagerduty.v1 import EventsV1Client
from alertkit.testing import CountingObserver, FrozenClock, ScriptedTransport

EVENT = TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk")
CHANGE = ChangeEvent(summary="Deploy 42", source="ci")


class SlowTransport(ScriptedTransport):
    """Takes a quarter of a second for each attempt."""

    def __init__(self, clock, *steps):
        super().__init__(*steps)
        self._clock = clock

    def send(self, request, *, timeout):
        """Take that long, and answer."""
        self._clock.advance(0.25)
        return super().send(request, timeout=timeout)


def watched(*steps, kind=PagerDutyClient):
    """Return a client, and who is told."""
    counting, clock = CountingObserver(), FrozenClock()
    transport = SlowTransport(clock, *steps)
    return kind(KEY, transport=transport, clock=clock, dice=lambda: 1.0, observer=counting), counting


def told(counting):
    """Return what is told, without its class."""
    return [
        (seen.dedup_key, seen.number, seen.status, seen.error, seen.duration, seen.delay, seen.delivered)
        for seen in counting.observations[1:]
    ]


@pytest.mark.parametrize("kind", [PagerDutyClient, EventsV1Client])
def test_an_event_and_its_attempts(kind):
    """One after the other, with how long each took and what comes next."""
    client, counting = watched(TimedOutError("no answer in time"), 503, 202, kind=kind)

    client.send_trigger(EVENT)

    prepared = counting.observations[0]
    assert (prepared.action, prepared.dedup_key, prepared.changes) == ("trigger", "disk", ())
    assert told(counting) == [
        ("disk", 1, None, "TimedOutError", 0.25, 1.0, False),
        ("disk", 2, 503, "UnavailableError", 0.25, 2.0, False),
        ("disk", 3, 202, None, 0.25, None, True),
    ]
    assert [seen.labels["outcome"] for seen in counting.observations[1:]] == ["retried", "retried", "delivered"]


def test_the_size_is_that_of_what_is_sent():
    """In bytes."""
    client, counting = watched(202)
    client.send_trigger(EVENT)

    assert counting.observations[0].size == len(prepare_event(EVENT, routing_key=KEY).body)


def test_the_last_attempt_gave_up():
    """There is no delay, and the error has gone to the caller."""
    client, counting = watched(400)

    with pytest.raises(RejectedError):
        client.send_trigger(EVENT)

    assert told(counting) == [("disk", 1, 400, "RejectedError", 0.25, None, False)]
    assert counting.observations[1].labels["outcome"] == "gave_up"
    line = counting.observations[1].log_line()
    assert line.text % line.values == "disk: attempt 1 failed, giving up: PagerDuty refused the event (HTTP 400)"


@pytest.mark.parametrize(
    ("event", "action"), [(EVENT, "trigger"), (AcknowledgeEvent(dedup_key="disk"), "acknowledge"), (CHANGE, "change")]
)
def test_the_action(event, action):
    """In the word of PagerDuty; a change event has no key."""
    client, counting = watched(202)
    client.send(event)

    prepared, attempted = counting.observations
    assert prepared.labels["action"] == action
    assert {prepared.dedup_key, attempted.dedup_key} == {None if event is CHANGE else "disk"}


def test_the_lines_of_a_change_event(caplog):
    """It has no name, so it is called what it is."""
    client = PagerDutyClient(KEY, transport=ScriptedTransport(503, 202), clock=FrozenClock(), dice=lambda: 1.0)
    with caplog.at_level(logging.INFO):
        client.send_change(CHANGE)

    assert caplog.messages == [
        "change event: attempt 1 failed, next in 1.00 s: PagerDuty could not take the event (HTTP 503)",
        "change event: delivered at attempt 2",
    ]
    assert [record.dedup_key for record in caplog.records] == [None, None]


def test_what_was_altered_is_named(caplog):
    """The fields, not what was in them, and of a great many the first twenty."""
    images = [Image(src="http://h.example/secret")] * 30
    event = TriggerEvent(summary="x" * 1500, source="db-1", images=images)
    client, counting = watched(202)
    client.send_trigger(event)

    prepared, attempted = counting.observations
    assert prepared.changes == attempted.changes == ("summary", *(f"images[{number}]" for number in range(19)))
    assert counting.count(type(prepared), changed="yes") == 1
    with caplog.at_level(logging.INFO):
        PagerDutyClient(KEY, transport=ScriptedTransport(202)).send_trigger(event)
    assert caplog.records[0].changed == attempted.changes


def test_words_of_a_peer_are_in_the_problem_alone():
    """Which the log says, and no `repr`."""
    client, counting = watched(*[HttpResponse(503, {}, b'{"message": "the words of a peer"}')] * 6)
    with pytest.raises(UnavailableError):
        client.send_trigger(EVENT)

    for attempted in counting.observations[1:]:
        assert attempted.problem.endswith("the words of a peer")
        assert "the words of a peer" not in f"{attempted!r} {attempted.labels}"


def test_what_is_refused_before_it_is_prepared_is_not_told():
    """Nothing happened."""
    client, counting = watched()
    with pytest.raises(ValueError):
        client.send_trigger(CHANGE)

    assert counting.observations == ()
