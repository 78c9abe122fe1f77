"""One attempt: what is sent, what is recorded, what is told."""

import json
import logging
import threading
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from webhook_world import AT, SECRET, URL, Failing, World, event, integration

from alertkit import (
    BlockedAddressError,
    ConnectFailedError,
    HttpResponse,
    InvalidEventError,
    MalformedReplyError,
    StoreError,
    TimedOutError,
    TransportError,
    UsageError,
)
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import FrozenClock, ScriptedTransport
from alertkit.webhooks import (
    Actor,
    FailureKind,
    FatalTrips,
    HealthRules,
    HookSigner,
    IntegrationKind,
    Outcome,
    StandardWebhooksSigner,
    WebhookSender,
)


def answer(status=200, head=None, body=b"words"):
    """Return an answer."""
    return HttpResponse(status, head or {}, body, 0.25)


def test_a_delivery():
    """One request, signed, and a record of it; the bytes that are sent are those that were signed and prepared."""
    world = World(ScriptedTransport(answer(202)))

    delivery = world.send()

    (request,) = world.transport.requests
    StandardWebhooksSigner().verify(request.headers, request.body, secrets=[SECRET], now=AT)
    assert (request.method, request.url) == ("POST", URL)
    assert request.body == delivery.message.body
    assert json.loads(request.body)["installation"] == {"uuid": "6f1c"}
    assert world.transport.timeouts == (15.0,)
    assert (delivery.outcome, delivery.response.status, delivery.sent) == (Outcome.SUCCESS, 202, True)
    assert (delivery.integration_id, delivery.problem, delivery.error) == ("billing-sync", "", None)
    assert (delivery.verdict, delivery.retired, delivery.would_retire, delivery.failures) == (None, False, False, ())
    assert world.sender.buffer is world.buffer
    assert world.buffer.recent("billing-sync") == (delivery.record,)
    assert (delivery.record.at, delivery.record.status, delivery.record.duration) == (AT, 202, 0.25)
    assert world.tallies(1)[0].success == 1
    delivery.raise_for_outcome()


def test_settings_of_a_sender():
    """How long an attempt may take, who acts where nobody does, and what it calls itself."""
    host = Actor.application(id="shop", name="Shop")
    world = World(ScriptedTransport(answer()), timeout=3, default_actor=host, user_agent="Shop-Hookshot/1")

    world.send()

    (request,) = world.transport.requests
    assert world.transport.timeouts == (3,)
    assert json.loads(request.body)["actor"] == {"type": "application", "id": "shop", "name": "Shop"}
    assert request.headers["User-Agent"] == "Shop-Hookshot/1"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"timeout": 0}, "timeout must be a number, more than 0 seconds"),
        ({"timeout": "3"}, "timeout must be a number, more than 0 seconds"),
        ({"lease": timedelta(0)}, "lease must be a timedelta, more than 0 and at most a day"),
        ({"lease": 900}, "lease must be a timedelta, more than 0 and at most a day"),
        ({"lease": timedelta(days=1, microseconds=1)}, "lease must be a timedelta, more than 0 and at most a day"),
        ({"lease": timedelta(seconds=15)}, "lease must be longer than timeout"),
        ({"dry_run": "false"}, "dry_run must be of type bool, not str"),
        ({"user_agent": "a\r\nb"}, "the value of header User-Agent must be text of one line in Latin-1"),
        ({"retires": ["all"]}, "retires must be a list of kinds: internal, unpublished, published"),
        ({"retires": "internal"}, "retires must be a list of kinds"),
        ({"retires": IntegrationKind.PUBLISHED}, "retires must be a list of kinds"),
        ({"retires": [[]]}, "retires must be a list of kinds"),
        ({"retires": None}, "retires must be a list of kinds"),
        ({"retires": ""}, "retires must be a list of kinds"),
        ({"timeout": -1, "lease": None}, "timeout must be a number, more than 0 seconds; lease must be a timedelta"),
        ({"rules": FatalTrips()}, "rules must be of type HealthRules, not FatalTrips"),
        ({"default_actor": "me"}, "default_actor must be of type Actor, not str"),
        ({"buffer": None}, "buffer must have the methods record, recent, tallies, claim, reset: NoneType lacks record"),
        ({"buffer": MemoryRequestBuffer}, "buffer must be an object, not the class MemoryRequestBuffer"),
        ({"registry": object()}, "registry must have the methods disable: object lacks disable"),
        ({"notifier": print}, "notifier must have the methods notify"),
        ({"notifier": SimpleNamespace(notify=None)}, "notifier must have the methods notify"),
        ({"audit": []}, "audit must have the methods record"),
        ({"transport": object()}, "transport must have the methods send: object lacks send"),
        ({"new_message_id": "m"}, "new_message_id must be a function"),
        ({"clock": 1}, "clock must have the methods now, monotonic: int lacks now, monotonic"),
        ({"signers": HookSigner()}, "signers must be a list of signers, not HookSigner"),
        ({"signers": [HookSigner]}, r"signers\[0\] must be an object, not the class HookSigner"),
        ({"signers": [HookSigner(), 1]}, r"signers\[1\] must have the methods headers: int lacks headers"),
    ],
)
def test_a_sender_that_cannot_work(options, problem):
    """The settings and the ports are checked when it is built."""
    with pytest.raises(UsageError, match=f"^{problem}"):
        WebhookSender(**{"buffer": MemoryRequestBuffer(), **options})


@pytest.mark.parametrize("lease", [timedelta(days=1), timedelta(seconds=15, microseconds=1)])
def test_the_longest_lease_and_the_shortest(lease):
    """A day, and a moment more than an attempt may take, which may be as short as one likes."""
    assert World(ScriptedTransport(410), lease=lease).send().retired
    assert World(ScriptedTransport(410), lease=lease, timeout=0.001).send().retired


def test_kinds_may_be_given_by_their_words():
    """As in an integration."""
    assert World(ScriptedTransport(410), retires=["published"]).send(to=integration(kind="published")).retired


@pytest.mark.parametrize(
    ("step", "outcome", "failure", "problem"),
    [
        (
            answer(301),
            Outcome.ERROR,
            None,
            "https://hooks.example.com answered HTTP 301: a redirect, which is not followed",
        ),
        (answer(404), Outcome.ERROR, None, "https://hooks.example.com answered HTTP 404"),
        (answer(410), Outcome.FATAL, None, "https://hooks.example.com answered HTTP 410"),
        (answer(429), Outcome.IGNORED, None, "https://hooks.example.com answered HTTP 429"),
        (answer(503), Outcome.ERROR, None, "https://hooks.example.com answered HTTP 503"),
        (ConnectFailedError("could not reach it"), Outcome.TIMEOUT, FailureKind.CONNECT_FAILED, "could not reach it"),
        (TimedOutError("no answer"), Outcome.TIMEOUT, FailureKind.TIMED_OUT, "no answer"),
        (TransportError("lost"), Outcome.TIMEOUT, FailureKind.CONNECTION_LOST, "lost"),
        (MalformedReplyError("no HTTP"), Outcome.ERROR, FailureKind.MALFORMED_REPLY, "no HTTP"),
        (BlockedAddressError("refused"), Outcome.IGNORED, FailureKind.BLOCKED, "refused"),
        (UsageError("cannot be dialled"), Outcome.IGNORED, FailureKind.NOT_SENDABLE, "cannot be dialled"),
        (TimedOutError(), Outcome.TIMEOUT, FailureKind.TIMED_OUT, "TimedOutError"),
    ],
)
def test_what_the_endpoint_did_is_told(step, outcome, failure, problem):
    """Nothing is raised: outcome, reason and record say it, and the record is among the errors."""
    world = World(ScriptedTransport(step), retires=[])

    delivery = world.send()

    assert (delivery.outcome, delivery.failure, delivery.problem) == (outcome, failure, problem)
    assert (delivery.response is None) is (failure is not None)
    assert world.buffer.recent("billing-sync", errors_only=True) == (delivery.record,)
    assert (delivery.record.outcome, delivery.record.failure) == (outcome, failure)
    assert delivery.record.status == (0 if failure else step.status)
    assert world.tallies(1)[0].total == (outcome is not Outcome.IGNORED)


def test_how_long_nothing_took():
    """Without an answer the duration is what passed until the transport gave up."""
    clock = FrozenClock(AT)

    def wait(_):
        clock.advance(15)
        raise TimedOutError("no answer")

    delivery = World(ScriptedTransport(wait), clock=clock).send()

    assert (delivery.record.duration, delivery.record.at) == (15.0, AT)
    assert World(ScriptedTransport(TimedOutError("x")), clock=clock).send().record.duration == 0


@pytest.mark.parametrize(
    ("status", "head", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (503, {"Retry-After": "Tue, 10 Mar 2026 12:02:00 GMT"}, 120.0),
        (429, {}, None),
        (429, {"Retry-After": "soon"}, None),
        (302, {"Retry-After": "7"}, 7.0),
        (300, {"Retry-After": "7"}, 7.0),
        (299, {"Retry-After": "7"}, None),
        (200, {"Retry-After": "7"}, None),
    ],
)
def test_the_wait_that_the_endpoint_asks_for(status, head, seconds):
    """Seconds or a date, for the host's task queue."""
    assert World(ScriptedTransport(answer(status, head))).send().retry_after == seconds


def test_a_message_keeps_its_id():
    """The first attempt and a later one from another process have the same id and bytes, and their own timestamps."""
    world = World(ScriptedTransport(answer(503), answer(200)))
    first = world.send()
    queued = first.to_json()

    world.clock.advance(timedelta(minutes=5))
    second = world.send(what=type(first).from_json(queued).message)

    one, two = world.transport.requests
    assert (one.headers["webhook-id"], two.headers["webhook-id"]) == ("msg_made", "msg_made")
    assert one.body == two.body
    assert int(two.headers["webhook-timestamp"]) - int(one.headers["webhook-timestamp"]) == 300
    assert [record.status for record in world.buffer.recent("billing-sync")] == [200, 503]
    assert second.message == first.message


def test_ids_of_the_hosts_own():
    """An event takes one, for the outbox that has it already; a message has its own."""
    world = World(ScriptedTransport(answer(), answer()))

    assert world.send(message_id="evt_17").message.id == "evt_17"
    message = world.sender.prepare(event(), message_id="evt_18")
    assert world.send(what=message, message_id="evt_18").message is message
    with pytest.raises(InvalidEventError, match="message_id must not differ"):
        world.send(what=message, message_id="evt_19")
    with pytest.raises(InvalidEventError, match="message_id"):
        world.send(message_id="")


def test_ids_are_made_where_none_is_given():
    """Unless told otherwise each message has one that nobody guesses."""
    sender = WebhookSender(buffer=MemoryRequestBuffer(), transport=ScriptedTransport())
    ids = {sender.prepare(event()).id for _ in range(100)}

    assert len(ids) == 100
    assert all(made.startswith("msg_") and len(made) == 36 for made in ids)


def test_an_address_for_once():
    """Another URL than the integration's own, with its secrets hidden in the record."""
    world = World(ScriptedTransport(answer(), answer()))

    delivery = world.send(url="http://127.0.0.1:8080/x?token=s3cr3t")
    world.sender.send(integration(), event(), "https://other.example/y")

    assert [request.url for request in world.transport.requests] == [
        "http://127.0.0.1:8080/x?token=s3cr3t",
        "https://other.example/y",
    ]
    assert delivery.record.url == "http://127.0.0.1:8080/x?token=[hidden]"


@pytest.mark.parametrize("url", ["", "/in", "file:///etc/passwd", "ftp://h/x", "hooks.example.com", "javascript:x", 7])
def test_an_address_that_is_none(url):
    """It is told before anything is sent or recorded."""
    world = World(ScriptedTransport())

    with pytest.raises(InvalidEventError, match="url must be absolute, http or https"):
        world.send(url=url)
    assert world.buffer.recent("billing-sync") == ()


def test_what_is_no_event_and_no_integration():
    """It is told by its type."""
    sender = World(ScriptedTransport()).sender

    with pytest.raises(InvalidEventError, match="integration must be of type Integration, not str"):
        sender.send("billing-sync", event())
    with pytest.raises(InvalidEventError, match="event must be of type WebhookEvent, not dict"):
        sender.send(integration(), {})
    with pytest.raises(InvalidEventError, match=r"data\.at is a datetime"):
        sender.send(integration(), event(data={"at": AT}))


def test_an_unforeseen_error_of_a_transport_is_not_hidden():
    """What is no failure of the network comes out as it is."""
    with pytest.raises(ZeroDivisionError):
        World(ScriptedTransport(ZeroDivisionError("mine"))).send()


@pytest.mark.parametrize("outcome", [200, 500, 410, TimedOutError("no answer")])
def test_what_does_not_count_is_recorded_all_the_same(outcome):
    """Issue alerts never count, however often they fail; the caller is told what came back."""
    step = answer(outcome) if isinstance(outcome, int) else outcome
    world = World(ScriptedTransport(*[step] * 3), rules=HealthRules(policy=FatalTrips()))

    for _ in range(3):
        delivery = world.send(what=event(counts_toward_health=False))

    assert world.tallies(1)[0].total == 0
    assert delivery.outcome is HealthRules.default().classify(
        outcome if isinstance(outcome, int) else FailureKind.TIMED_OUT
    )
    assert delivery.record.outcome is Outcome.IGNORED
    assert (delivery.verdict, world.told) == (None, (0, 0, 0))
    assert len(world.buffer.recent("billing-sync", errors_only=True)) == (0 if outcome == 200 else 3)


@pytest.mark.parametrize(
    ("signers", "head", "error_id"),
    [
        (None, {"Sentry-Hook-Error": "e1", "Sentry-Hook-Project": "7"}, "e1"),
        ([HookSigner(prefix="Shop")], {"Shop-Error": "e1", "Shop-Project": "7"}, "e1"),
        ([HookSigner(prefix="Shop")], {"Sentry-Hook-Error": "e1", "Sentry-Hook-Project": "7"}, None),
    ],
)
def test_where_the_receiver_names_its_error(signers, head, error_id):
    """Under the prefix of the scheme in use, else under Sentry's."""
    assert World(ScriptedTransport(answer(500, head)), signers=signers).send().record.error_id == error_id


@pytest.mark.parametrize(
    "error", [StoreError("redis is down"), ConnectionResetError(104, "reset by peer"), ZeroDivisionError()]
)
@pytest.mark.parametrize("step", [200, 410, TimedOutError("no answer")])
def test_a_buffer_that_fails_stops_nothing(error, step, caplog):
    """The webhook is sent, and what failed is on the delivery and in the log."""
    world = World(ScriptedTransport(step), buffer=Failing(error))

    delivery = world.send()

    assert len(world.transport.requests) == 1
    assert delivery.outcome in (Outcome.SUCCESS, Outcome.FATAL, Outcome.TIMEOUT)
    (failure,) = delivery.failures
    assert (failure.step, failure.error, failure.message) == ("buffer.record", type(error).__name__, str(error))
    assert (delivery.verdict, delivery.retired, world.told) == (None, False, (0, 0, 0))
    assert [record.step for record in caplog.records if record.levelname == "ERROR"] == ["buffer.record"]


@pytest.mark.parametrize(
    "classify", [lambda came: 1 / 0, lambda came: None, lambda came: "fine", lambda: Outcome.SUCCESS]
)
def test_a_classification_that_fails_counts_nothing(classify):
    """A mistake in the host's own rules must not retire anybody."""
    world = World(ScriptedTransport(answer(500)), rules=HealthRules(classify=classify))

    delivery = world.send()

    assert (delivery.outcome, delivery.failures[0].step) == (Outcome.IGNORED, "rules.classify")
    assert world.tallies(1)[0].total == 0
    assert delivery.error is not None


def test_a_classification_may_answer_in_words():
    """The value of an outcome is one."""
    rules = HealthRules(classify=lambda came: "success" if came == 404 else "ignored")

    assert World(ScriptedTransport(answer(404)), rules=rules).send().outcome is Outcome.SUCCESS


class Wrong:
    """A policy that does what it is told."""

    def __init__(self, answers):
        """Take the function."""
        self.answers = answers

    def judge(self, tallies, *, today):
        """Answer, or fail."""
        return self.answers(tallies)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (lambda tallies: {}["x"], "'x'"),
        (lambda tallies: True, "judge must return a Verdict, not bool"),
        (lambda tallies: None, "judge must return a Verdict, not NoneType"),
    ],
)
def test_a_policy_that_fails_retires_nobody(answers, message):
    """The attempt is recorded and counted, and what failed is told."""
    world = World(ScriptedTransport(answer(500)), rules=HealthRules(policy=Wrong(answers)))

    delivery = world.send()

    assert [(failure.step, failure.message) for failure in delivery.failures] == [("rules.policy", message)]
    assert (delivery.verdict, world.tallies(1)[0].error, world.told) == (None, 1, (0, 0, 0))


def test_the_day_is_that_of_the_beginning():
    """An attempt that goes over midnight counts, and is judged, on the day on which it began."""
    clock = FrozenClock(datetime(2026, 3, 10, 23, 59, 59, tzinfo=timezone.utc))

    def slow(_):
        clock.advance(10)
        return answer(410)

    world = World(ScriptedTransport(slow), clock=clock, rules=HealthRules(policy=FatalTrips(1)))

    delivery = world.send()

    assert delivery.record.at.date().isoformat() == "2026-03-10"
    assert delivery.verdict.broken
    assert world.notifier.notices[0].tallies[0].day.isoformat() == "2026-03-10"
    assert world.notifier.notices[0].at.date().isoformat() == "2026-03-11"


def test_a_clock_that_steps_back():
    """Attempts go on and count, on the days that the clock says; the newest is what came last."""
    world = World(ScriptedTransport(*[answer(500)] * 3))
    world.send(message_id="a")
    world.clock.set(AT - timedelta(days=2))
    world.send(message_id="b")
    delivery = world.send(message_id="c")

    assert delivery.failures == ()
    assert [record.message_id for record in world.buffer.recent("billing-sync")] == ["c", "b", "a"]
    counted = world.buffer.tallies("billing-sync", until=AT.date(), days=3)
    assert [tally.error for tally in counted] == [2, 0, 1]


@pytest.mark.parametrize("kind", IntegrationKind)
def test_one_that_is_disabled_is_not_called(kind):
    """Nothing is sent and nothing recorded; the delivery says so, and can be raised."""
    world = World(ScriptedTransport())

    delivery = world.send(to=integration(enabled=False, kind=kind))

    assert world.transport.requests == ()
    assert (delivery.outcome, delivery.sent, delivery.record, delivery.response) == (Outcome.IGNORED, False, None, None)
    assert delivery.problem == "integration billing-sync is disabled: nothing was sent"
    assert (world.buffer.recent("billing-sync"), world.told) == ((), (0, 0, 0))
    assert delivery.message == world.sender.prepare(event())


def test_log_lines(caplog):
    """Each attempt is a line of `alertkit.webhooks` with fields to search by, and no secret."""
    world = World(ScriptedTransport(answer(202), answer(500), TimedOutError("no answer from https://h in time")))
    secret = "s3cr3t-of-the-owner"
    to = integration(url=f"https://u:{secret}@h.example/{secret}?k={secret}", headers={"X-A": secret}, secrets=[SECRET])

    with caplog.at_level(logging.INFO, logger="alertkit.webhooks"):
        for _ in range(3):
            world.send(to=to)
        world.send(to=integration(enabled=False))

    delivered, failed, silent, withheld = caplog.records
    assert (delivered.levelname, failed.levelname, silent.levelname, withheld.levelname) == (
        *("INFO", "WARNING", "WARNING", "INFO"),
    )
    assert delivered.getMessage() == "issue.created to billing-sync: delivered"
    assert failed.getMessage() == "issue.created to billing-sync: https://h.example answered HTTP 500"
    assert (failed.outcome, failed.http_status, failed.message_id, failed.duration) == ("error", 500, "msg_made", 0.25)
    assert (silent.failure, silent.http_status, silent.event_type) == ("timed_out", None, "issue.created")
    assert (withheld.outcome, withheld.duration) == ("ignored", None)
    assert not any(text in f"{record.__dict__}" for record in caplog.records for text in (secret, SECRET))


def test_a_log_that_fails_costs_nothing():
    """A handler that raises, or a factory that has a field of the same name: the delivery is what it was."""

    class Raising(logging.Handler):
        """Fails."""

        def handle(self, record):
            """Fail."""
            raise OSError("disk full")

    def factory(*args, **options):
        record = usual(*args, **options)
        record.duration = record.error = record.organization_id = "mine"
        return record

    logger, usual, handler = logging.getLogger("alertkit.webhooks"), logging.getLogRecordFactory(), Raising()
    world = World(ScriptedTransport(500, 410, 410), registry=Failing(OSError("down")), buffer=MemoryRequestBuffer())
    try:
        logger.addHandler(handler)
        assert world.send().outcome is Outcome.ERROR
        assert world.send().retirement is not None
        logging.setLogRecordFactory(factory)
        assert [failure.step for failure in world.send().failures] == []
    finally:
        logger.removeHandler(handler)
        logging.setLogRecordFactory(usual)

    assert (len(world.notifier.notices), len(world.audit.entries)) == (1, 1)


@pytest.mark.parametrize("secrets", [[], ["hunter2"]])
def test_whose_secrets_sign_nothing(secrets):
    """Whoever sends to many is told which integration cannot be signed for; nothing is sent."""
    world = World(ScriptedTransport())

    with pytest.raises(UsageError, match=r"^integration billing-sync: secrets") as caught:
        world.send(to=integration(secrets=secrets))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_exception_without_a_text(caplog):
    """One whose own text raises is told by its class."""

    class Mute(Exception):  # noqa: N818
        """An exception that cannot speak."""

        def __str__(self):
            """Fail."""
            raise RuntimeError

    with caplog.at_level(logging.CRITICAL):
        delivery = World(ScriptedTransport(200), buffer=Failing(Mute())).send()

    assert (delivery.failures[0].error, delivery.failures[0].message) == ("Mute", "")


def test_an_exception_with_a_long_text(caplog):
    """Its beginning is told, in letters that any log and any queue holds."""
    with caplog.at_level(logging.CRITICAL):
        delivery = World(ScriptedTransport(200), buffer=Failing(OSError("\udc80" + "x" * 5000))).send()

    assert delivery.failures[0].message == "?" + "x" * 999


def test_an_interrupt_of_a_port_goes_through():
    """Ctrl-C is the user's, wherever it arrives."""
    with pytest.raises(KeyboardInterrupt):
        World(ScriptedTransport(200), buffer=Failing(KeyboardInterrupt())).send()


def test_threads_share_a_sender():
    """Every delivery of many threads is its own, and none is lost from the counts."""

    def reflect(request):
        return HttpResponse(200, {}, request.body)

    world = World(ScriptedTransport(*[reflect] * 400))
    deliveries = []

    def work(number):
        deliveries.extend(
            world.send(what=event(data={"n": [number, turn]}), message_id=f"m{number}-{turn}") for turn in range(20)
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(delivery.response.body == delivery.message.body for delivery in deliveries)
    assert len({delivery.message.id for delivery in deliveries}) == 400
    assert world.tallies(1)[0].success == 400


def test_a_transport_that_was_handed_in_is_left_open():
    """It is not the sender's to close; and closing the sender is not final."""

    class Closing(ScriptedTransport):
        """Notes that it was closed."""

        closed = False

        def close(self):
            """Note it."""
            self.closed = True

    transport = Closing(200, 200)
    with WebhookSender(buffer=MemoryRequestBuffer(), transport=transport) as sender:
        sender.send(integration(), event())
    sender.close()

    assert not transport.closed
    assert sender.send(integration(), event()).outcome is Outcome.SUCCESS
