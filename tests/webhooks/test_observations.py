"""What a sender tells of a message, of an attempt, and of an integration's health."""

import logging
from datetime import timedelta

import pytest
from webhook_world import AT, Failing, World, event, integration

from alertkit import HttpResponse, LogLine, StoreError, TimedOutError
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import CountingObserver, ScriptedTransport
from alertkit.webhooks import (
    AttemptRecorded,
    FailureKind,
    HealthRules,
    IntegrationKind,
    IntegrationRetired,
    MessageAttempted,
    MessagePrepared,
    MessageWithheld,
    Outcome,
    VerdictSpoken,
    WebhookSender,
)

GONE = "it answered that it takes no more webhooks"
"""What the policy says of a 410."""


def watched(*steps, **options):
    """Return a world, and who is told."""
    counting = CountingObserver()
    return World(ScriptedTransport(*steps), observer=counting, **options), counting


def test_a_message_is_prepared_once():
    """By `prepare`, or by `send` of an event; not by sending it again."""
    world, counting = watched(202, 202)

    message = world.sender.prepare(event())
    world.send(what=message)
    world.send()

    told = MessagePrepared(message_id="msg_made", event_type="issue.created", size=len(message.body))
    assert counting.of(MessagePrepared) == (told,) * 2


@pytest.mark.parametrize(
    ("step", "came_of_it", "duration", "labels"),
    [
        (HttpResponse(204, elapsed=0.5), (Outcome.SUCCESS, 204, None), 0.5, ("success", "2xx", "none")),
        (HttpResponse(500, elapsed=0.5), (Outcome.ERROR, 500, None), 0.5, ("error", "5xx", "none")),
        (TimedOutError("x"), (Outcome.TIMEOUT, None, FailureKind.TIMED_OUT), 0.0, ("timeout", "none", "timed_out")),
    ],
)
def test_an_attempt(step, came_of_it, duration, labels):
    """When, how long, and what came of it; it is recorded next."""
    world, counting = watched(step)

    delivery = world.send()

    attempted, recorded = counting.observations[1:3]
    assert (attempted.outcome, attempted.status, attempted.failure) == came_of_it
    assert (attempted.at, attempted.duration, attempted.problem) == (AT, duration, delivery.problem)
    assert (attempted.integration_id, attempted.message_id, attempted.event_type) == (
        *("billing-sync", "msg_made", "issue.created"),
    )
    assert tuple(attempted.labels.values())[2:] == labels
    assert recorded == AttemptRecorded(integration_id="billing-sync", message_id="msg_made", outcome=came_of_it[0])
    assert recorded.labels["stored"] == "yes"


@pytest.mark.parametrize(
    ("step", "outcome", "level"),
    [(204, Outcome.IGNORED, "INFO"), (302, Outcome.IGNORED, "WARNING"), (404, Outcome.SUCCESS, "INFO")],
)
def test_how_loud_the_line_of_an_attempt_is(step, outcome, level, caplog):
    """A warning where the endpoint did not take the message, whatever the host's rules make of it."""
    with caplog.at_level(logging.INFO):
        World(ScriptedTransport(step), rules=HealthRules(classify=lambda _: outcome)).send()

    (line,) = caplog.records
    assert (line.levelname, line.getMessage().endswith(": delivered")) == (level, level == "INFO")


def test_the_line_of_an_attempt():
    """What came of it, and fields to search by."""
    world, counting = watched(HttpResponse(500, elapsed=0.5), TimedOutError("no answer in time"))
    world.send()
    world.send()

    answered, silent = (attempted.log_line() for attempted in counting.of(MessageAttempted))
    assert answered == LogLine(
        "%s to %s: %s",
        ("issue.created", "billing-sync", "https://hooks.example.com answered HTTP 500"),
        {
            "integration_id": "billing-sync",
            "event_type": "issue.created",
            "message_id": "msg_made",
            "outcome": "error",
            "http_status": 500,
            "failure": None,
            "duration": 0.5,
        },
    )
    assert silent.values == ("issue.created", "billing-sync", "no answer in time")
    assert silent.fields == {
        **answered.fields,
        "outcome": "timeout",
        "http_status": None,
        "failure": "timed_out",
        "duration": 0.0,
    }


def test_what_is_not_counted_is_recorded_as_such():
    """The attempt is what it was."""
    world, counting = watched(500)

    world.send(what=event(counts_toward_health=False))

    assert counting.of(MessageAttempted)[0].outcome is Outcome.ERROR
    assert counting.of(AttemptRecorded)[0].outcome is Outcome.IGNORED
    assert counting.of(VerdictSpoken) == ()


def test_a_buffer_that_fails():
    """It was attempted, and not stored; rules that fail are another matter."""
    world, counting = watched(500, buffer=Failing())
    world.send()
    (recorded,) = counting.of(AttemptRecorded)
    assert (recorded.error, recorded.stored, recorded.labels["stored"]) == ("StoreError", False, "no")
    assert counting.of(VerdictSpoken) == ()

    world, counting = watched(500, rules=HealthRules(classify=lambda _: 1 / 0, policy=HealthRules.default().policy))
    world.send()
    assert counting.of(AttemptRecorded)[0].stored


def test_nothing_is_sent_to_a_disabled_integration():
    """That is told in place of an attempt."""
    world, counting = watched()

    delivery = world.send(to=integration(enabled=False))

    assert counting.of(MessageWithheld) == (
        MessageWithheld(
            integration_id="billing-sync",
            message_id="msg_made",
            event_type="issue.created",
            problem=delivery.problem,
        ),
    )
    assert counting.of(MessageAttempted) == counting.of(AttemptRecorded) == ()


def test_a_verdict_is_told_after_each_failure():
    """Broken or not; a success asks for none."""
    world, counting = watched(202, 500, 410, registry=Failing(), notifier=Failing(), audit=Failing())
    for _ in range(3):
        world.send()

    assert [spoken.broken for spoken in counting.of(VerdictSpoken)] == [False, True, True]
    assert counting.of(VerdictSpoken)[0].slug == "billing-sync"
    assert counting.count(VerdictSpoken, broken="yes", would_retire="no") == 2


@pytest.mark.parametrize(
    ("kind", "would_retire"), [(IntegrationKind.INTERNAL, True), (IntegrationKind.PUBLISHED, False)]
)
def test_a_dry_run(kind, would_retire, caplog):
    """It says what would follow, of those kinds alone that are retired."""
    world, counting = watched(410, dry_run=True)

    world.send(to=integration(kind=kind))

    assert [(spoken.broken, spoken.would_retire) for spoken in counting.of(VerdictSpoken)] == [(True, would_retire)]
    with caplog.at_level(logging.INFO):
        World(ScriptedTransport(410), dry_run=True).send(to=integration(kind=kind))
    assert len([line for line in caplog.messages if line.startswith("would retire")]) == would_retire


def test_the_line_of_a_dry_run():
    """Which integration, and why."""
    world, counting = watched(410, dry_run=True)
    world.send()

    (spoken,) = counting.of(VerdictSpoken)
    assert spoken.log_line() == LogLine(
        "would retire %s: %s",
        ("billing-sync", GONE),
        {"integration_id": "billing-sync", "slug": "billing-sync", "reason": GONE},
    )


@pytest.mark.parametrize(
    ("registry", "disabled", "text"),
    [(None, True, "retired %s: %s"), (Failing(), False, "%s is broken and has not been disabled: %s")],
)
def test_the_line_of_a_retirement(registry, disabled, text):
    """Which integration, why, its counts, and whether it could be disabled."""
    world, counting = watched(410, registry=registry)
    world.send()

    (retired,) = counting.of(IntegrationRetired)
    assert retired.log_line() == LogLine(
        text,
        ("billing-sync", GONE),
        {
            "integration_id": "billing-sync",
            "slug": "billing-sync",
            "organization_id": "1",
            "retirement_id": retired.retirement_id,
            "reason": GONE,
            "tallies": {f"2026-03-{day:02}": [0, 0, 0, day == 10] for day in range(4, 11)},
            "disabled": disabled,
        },
    )


def steps_of(**ports):
    """Return which steps worked: disabled, notified, audited, cleared."""
    world, counting = watched(410, **ports)
    world.send()
    (retired,) = counting.of(IntegrationRetired)
    return retired.disabled, retired.notified, retired.audited, retired.cleared


@pytest.mark.parametrize(
    ("ports", "steps"),
    [
        ({}, (True, True, True, True)),
        ({"registry": Failing()}, (False, True, True, True)),
        ({"notifier": Failing()}, (True, False, True, True)),
        ({"audit": Failing()}, (True, True, False, True)),
        ({"registry": Failing(), "notifier": Failing(), "audit": Failing()}, (False, False, False, True)),
    ],
)
def test_which_steps_of_a_retirement_worked(ports, steps):
    """Each for itself."""
    assert steps_of(**ports) == steps


def test_counts_that_could_not_be_cleared():
    """The next attempt finds them."""

    class Keeping(MemoryRequestBuffer):
        """Clears nothing."""

        def reset(self, integration_id):
            """Fail."""
            raise StoreError("down")

    assert steps_of(buffer=Keeping()) == (True, True, True, False)


def test_who_is_not_there_is_not_told():
    """None, and the label says so."""
    counting = CountingObserver()
    sender = WebhookSender(
        buffer=MemoryRequestBuffer(), registry=World(None).registry, transport=ScriptedTransport(410), observer=counting
    )
    sender.send(integration(), event())

    (retired,) = counting.of(IntegrationRetired)
    assert (retired.notified, retired.audited) == (None, None)
    assert counting.count(IntegrationRetired, disabled="yes", notified="none", audited="none", cleared="yes") == 1


def test_owners_who_were_told_before_are_not_told_again():
    """Where nothing can be disabled it is found broken after every lease; they hear of it once a day."""
    world, counting = watched(410, 410, registry=Failing())
    world.send()
    world.clock.advance(timedelta(hours=1))
    world.send()

    assert [(retired.notified, retired.audited) for retired in counting.of(IntegrationRetired)] == [
        *((True, True), (None, None)),
    ]


def test_what_is_told_of_a_retirement():
    """What the notice holds of it, and no URL."""
    world, counting = watched(410)

    notice = world.send().retirement

    (retired,) = counting.of(IntegrationRetired)
    assert (retired.retirement_id, retired.integration_id, retired.slug, retired.organization_id) == (
        *(notice.retirement_id, "billing-sync", "billing-sync", "1"),
    )
    assert (retired.reason, retired.tallies) == (notice.verdict.reason, notice.tallies)


def test_an_observer_may_send_by_itself():
    """Of what is told in the middle of a retirement, through the same sender: it is retired once."""
    retired = []

    def observer(observation):
        if isinstance(observation, (VerdictSpoken, IntegrationRetired)) and len(retired) < 4:
            retired.append(observation)
            world.send()

    world = World(ScriptedTransport(*[410] * 9), observer=observer)
    world.send()

    assert world.told == (1, 1, 1)
