"""An incident that opens when a block fails and closes when it succeeds again."""

import asyncio
import contextvars
import json
import logging
import threading
from contextlib import suppress

import pytest

from alertkit import InvalidEventError, RejectedError, UsageError
from alertkit.pagerduty import PagerDutyClient
from alertkit.testing import AlertState, FakePagerDuty, FrozenClock, ScriptedTransport

KEY = "0123456789abcdef0123456789ABCDEF"


class World:
    """A client with a script, and what it sent."""

    def __init__(self, *steps):
        self.transport = ScriptedTransport(*steps)
        self.client = PagerDutyClient(KEY, transport=self.transport, clock=FrozenClock(), dice=lambda: 1.0)

    def incident(self, **options):
        """Return the incident of an import."""
        return self.client.incident("import", **{"source": "cron-1", **options})

    @property
    def sent(self):
        """The documents that were sent, without the routing key."""
        documents = [json.loads(request.body) for request in self.transport.requests]
        return [{name: value for name, value in each.items() if name != "routing_key"} for each in documents]


def fail(incident, error, **details):
    """Run a block that raises."""
    with incident as run:
        run.details.update(details)
        raise error


class OddError(Exception):
    """An exception without a text."""

    def __str__(self):
        raise RuntimeError("no text")


def test_a_block_that_fails_triggers():
    """With the exception, where it was raised, and what the block had to say; the exception goes on unchanged."""
    world = World(202)
    failure = ValueError("row 17\nis bad")
    with pytest.raises(ValueError) as caught:
        fail(world.incident(severity="critical"), failure, rows=16)

    assert caught.value is failure
    assert (failure.__context__, failure.__cause__, getattr(failure, "__notes__", [])) == (None, None, [])
    (document,) = world.sent
    details = document["payload"].pop("custom_details")
    assert document == {
        "event_action": "trigger",
        "dedup_key": "import",
        "payload": {
            "summary": "import failed: ValueError: row 17",
            "source": "cron-1",
            "severity": "critical",
            "class": "ValueError",
        },
    }
    assert (details["exception"], details["rows"]) == ("ValueError: row 17", 16)
    assert ", in fail\n" in details["traceback"]
    assert details["traceback"].endswith("ValueError: row 17\nis bad\n")


def test_a_block_that_ends_well_resolves():
    """Whether there was an alert or not: another process may have opened it."""
    world = World(202)
    with world.incident():
        pass

    assert world.sent == [{"event_action": "resolve", "dedup_key": "import"}]


def test_resolving_may_be_left_to_people():
    """Then success costs no request."""
    world = World(202)
    with world.incident(resolve=False, summary="Nightly import"):
        pass
    assert world.sent == []

    with pytest.raises(KeyError):
        fail(world.incident(resolve=False, summary="Nightly import"), KeyError("k"))
    assert world.sent[0]["payload"]["summary"] == "Nightly import: KeyError: 'k'"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_says_nothing(kind):
    """How the run would have ended is not known, so nothing is sent."""
    world = World()
    with pytest.raises(kind):
        fail(world.incident(), kind())

    assert world.sent == []


@pytest.mark.parametrize(
    ("failures", "error", "actions"),
    [
        (OSError, OSError(), ["trigger"]),
        (OSError, ValueError(), []),
        ((OSError, ValueError), ValueError(), ["trigger"]),
        (BaseException, SystemExit(1), ["trigger"]),
    ],
)
def test_what_counts_as_a_failure_may_be_said(failures, error, actions):
    """Anything else that is raised says nothing."""
    world = World(202)
    with pytest.raises(type(error)):
        fail(world.incident(failures=failures), error)

    assert [each["event_action"] for each in world.sent] == actions


@pytest.mark.parametrize("step", [400, OSError("of a transport of the host's")])
def test_a_page_that_fails_hides_no_exception(step, caplog):
    """The block's own goes on, and the failure is logged."""
    world = World(step)
    failure = ValueError("row 17")
    with pytest.raises(ValueError) as caught:
        fail(world.incident(), failure)

    assert caught.value is failure
    assert failure.__context__ is None
    said = caplog.records[-1]
    assert (said.name, said.levelno, said.dedup_key, said.action) == (
        "alertkit.pagerduty",
        logging.ERROR,
        "import",
        "trigger",
    )
    assert said.exc_info[0] in (RejectedError, OSError)
    assert KEY not in caplog.text


def test_a_resolve_that_fails_spoils_no_success(caplog):
    """It is logged; the next good run resolves."""
    world = World(400)
    with world.incident():
        pass

    assert caplog.records[-1].getMessage() == "import: the resolve could not be delivered"


def test_an_exception_that_cannot_be_printed_is_told_by_its_type():
    """It pages all the same."""
    world = World(202)
    with pytest.raises(OddError):
        fail(world.incident(), OddError())

    assert world.sent[0]["payload"]["summary"] == f"import failed: {__name__}.OddError"


def test_details_may_replace_what_is_found():
    """The block has the last word."""
    world = World(202)
    with pytest.raises(ValueError):
        fail(world.incident(), ValueError(), traceback="not for everybody")

    assert world.sent[0]["payload"]["custom_details"]["traceback"] == "not for everybody"


def test_details_are_added_to_and_not_replaced():
    """What is no mapping would cost the alert."""
    with World(202).incident() as run, pytest.raises(AttributeError):
        run.details = None


def test_it_decorates_a_function():
    """Every call is a run; what the function returns and is called stays."""
    world = World(202, 202, 202)

    @world.incident()
    def imported(rows):
        """Import."""
        return 100 // rows

    assert imported(4) == 25
    with pytest.raises(ZeroDivisionError):
        imported(rows=0)
    assert imported(5) == 20
    assert (imported.__name__, imported.__doc__) == ("imported", "Import.")
    assert [each["event_action"] for each in world.sent] == ["resolve", "trigger", "resolve"]


async def coroutine():
    """Do nothing."""


def generator():
    """Yield nothing."""
    yield


async def generator_of_coroutines():
    """Yield nothing."""
    yield


class CoroutineToCall:
    """An object whose call makes a coroutine."""

    async def __call__(self):
        """Do nothing."""


@pytest.mark.parametrize("function", [coroutine, generator, generator_of_coroutines, CoroutineToCall()])
def test_what_a_call_does_not_run_is_not_decorated(function):
    """It would resolve before anything has happened."""
    with pytest.raises(UsageError, match="use `with` inside it"):
        World().incident()(function)


def test_runs_may_stand_within_each_other():
    """Each has details of its own."""
    world = World(202, 202)
    incident = world.incident()
    with suppress(ValueError), incident as run:
        run.details["run"] = "outer"
        fail(incident, ValueError("inner"), run="inner")

    assert [each["payload"]["custom_details"]["run"] for each in world.sent] == ["inner", "outer"]


def test_threads_may_share_an_incident():
    """Each run has details of its own, though the one that began first is the first to end."""
    world = World(202, 202)
    incident = world.incident()
    inside = {"first": threading.Event(), "second": threading.Event()}
    over = threading.Event()

    def first():
        with suppress(ValueError), incident as run:
            run.details["run"] = "first"
            inside["first"].set()
            assert inside["second"].wait(60)
            raise ValueError("first")
        over.set()

    def second():
        assert inside["first"].wait(60)
        with suppress(ValueError), incident as run:
            run.details["run"] = "second"
            inside["second"].set()
            assert over.wait(60)
            raise ValueError("second")

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    details = [each["payload"]["custom_details"] for each in world.sent]
    assert [(each["exception"], each["run"]) for each in details] == [
        ("ValueError: first", "first"),
        ("ValueError: second", "second"),
    ]


def test_tasks_may_share_an_incident():
    """Each run has details of its own, in whatever order they end."""
    world = World(202, 202)
    incident = world.incident()

    async def job(tenant, own, others):
        with suppress(ValueError), incident as run:
            run.details["tenant"] = tenant
            own.set()
            await others.wait()
            raise ValueError(tenant)

    async def main():
        begun = asyncio.Event(), asyncio.Event()
        await asyncio.gather(job("a", *begun), job("b", *reversed(begun)))

    asyncio.run(main())

    details = [each["payload"]["custom_details"] for each in world.sent]
    assert sorted((each["exception"], each["tenant"]) for each in details) == [
        ("ValueError: a", "a"),
        ("ValueError: b", "b"),
    ]


def test_incidents_may_end_in_any_order():
    """As those of an `ExitStack` do; each finds its own run."""
    world = World(202, 202)
    first, second = world.incident(), world.incident()
    first.__enter__().details["run"] = "first"
    second.__enter__().details["run"] = "second"
    first.__exit__(ValueError, ValueError(), None)
    second.__exit__(ValueError, ValueError(), None)

    assert [each["payload"]["custom_details"]["run"] for each in world.sent] == ["first", "second"]


def test_a_run_that_ends_in_another_context_is_told():
    """Without its details, which nobody finds there."""
    world = World(202)
    incident = world.incident()
    contextvars.copy_context().run(incident.__enter__).details["run"] = "elsewhere"
    incident.__exit__(ValueError, ValueError("x"), None)

    assert "run" not in world.sent[0]["payload"]["custom_details"]


@pytest.mark.parametrize(
    ("options", "kind", "problem"),
    [
        ({"source": " "}, InvalidEventError, "source is missing or blank"),
        ({"source": "s", "severity": "bad", "summary": ""}, InvalidEventError, "summary .*; severity"),
        ({"source": "s", "failures": "ValueError"}, UsageError, "failures must be classes of exceptions"),
        ({"source": "s", "resolve": "no"}, UsageError, "resolve must be of type bool, not str"),
        ({"source": "s", "failures": (ValueError, int)}, UsageError, "failures must be classes of exceptions"),
    ],
)
def test_what_makes_no_alert_is_refused_at_once(options, kind, problem):
    """Not when the block fails, which may be months later."""
    with pytest.raises(kind, match=problem):
        World().incident(**options)


@pytest.mark.parametrize(("key", "problem"), [(None, "dedup_key must be text"), (" ", "dedup_key is missing or blank")])
def test_an_incident_has_a_key(key, problem):
    """The next run could not resolve an alert without one."""
    with pytest.raises(UsageError, match=problem):
        World().client.incident(key, source="s")


def test_over_real_http_an_incident_opens_and_closes():
    """With a PagerDuty on loopback."""
    with FakePagerDuty() as fake, PagerDutyClient(fake.routing_key, base_url=fake.url) as client:
        incident = client.incident("import", source="cron-1")
        for _ in range(2):
            with pytest.raises(ValueError):
                fail(incident, ValueError())
        assert [(alert.state, alert.triggers) for alert in fake.alerts] == [(AlertState.TRIGGERED, 2)]

        with incident:
            pass
        assert [alert.state for alert in fake.alerts] == [AlertState.RESOLVED]
