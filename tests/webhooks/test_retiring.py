"""Retiring an integration: once, whole, and whatever fails on the way."""

import itertools
import logging
import re
import textwrap
import threading
from datetime import datetime, timedelta
from pathlib import Path

import attrs
import pytest
from webhook_world import AT, SECRET, World, event, integration

from alertkit import EndpointBrokenError, HttpResponse, InvalidEventError, StoreError, TimedOutError
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import (
    FrozenClock,
    MemoryAuditLog,
    MemoryIntegrationRegistry,
    MemoryOwnerNotifier,
    ScriptedTransport,
)
from alertkit.webhooks import (
    AuditEntry,
    DailyTally,
    FatalTrips,
    HealthRules,
    IntegrationKind,
    Outcome,
    RetirementNotice,
    TimeoutFlood,
    Verdict,
    WebhookSender,
)

DAY = timedelta(days=1)
LEASE = timedelta(minutes=15)
TODAY = AT.date()


class Always(ScriptedTransport):
    """Answers every request alike."""

    def __init__(self, status):
        """Take the status."""
        super().__init__()
        self.status = status

    def send(self, request, *, timeout):
        """Answer."""
        return HttpResponse(self.status)


class Journal:
    """All ports of a host in one, which write down what is asked of them, and fail or crash where they are told to."""

    def __init__(self, failing=(), crashing=()):
        """Take the steps that fail, and those at which the process dies."""
        self.buffer = MemoryRequestBuffer()
        self.failing = set(failing)
        self.crashing = set(crashing)
        self.steps = []
        self.notices = []
        self.entries = []

    def _step(self, name):
        self.steps.append(name)
        if name in self.crashing:
            raise SystemExit(name)
        if name in self.failing:
            raise StoreError(f"{name} is down")

    def disable(self, integration_id):
        """Disable."""
        self._step("registry.disable")

    def notify(self, notice):
        """Notify."""
        self._step("notifier.notify")
        self.notices.append(notice)

    def record(self, first, record=None, *, window=None):
        """Record an entry, or an attempt."""
        if record is None:
            self._step("audit.record")
            self.entries.append(first)
            return None
        self._step("buffer.record")
        return self.buffer.record(first, record, window=window)

    def __getattr__(self, name):
        """Be every other method of the buffer; what is asked under a name of its own is written down with it."""

        def call(key, *args, **options):
            own = key.split(":")
            self._step(f"buffer.{name}" + (f" {own[1]}" if len(own) > 1 else ""))
            return getattr(self.buffer, name)(key, *args, **options)

        return call


def break_for_a_week(world, **options):
    """Fail once a day for a week, and return the last delivery."""
    for _ in range(6):
        assert not world.send(**options).verdict.broken
        world.clock.advance(DAY)
    return world.send(**options)


def test_a_week_of_errors_retires():
    """Disabled, told and written down, with the counts as they were; then cleared, and said on the delivery."""
    world = World(Always(500))

    delivery = break_for_a_week(
        world, to=integration(url="https://u:p@h.example/in?k=v", settings_url="https://shop.example/hooks/1")
    )

    assert (delivery.outcome, delivery.retired, delivery.would_retire, delivery.failures) == (
        Outcome.ERROR,
        True,
        False,
        (),
    )
    assert world.registry.disabled == ("billing-sync",)
    days = [TODAY + DAY * number for number in range(7)]
    snapshot = tuple(DailyTally(day=day, error=1) for day in days)
    verdict = Verdict(True, "7 of the last 7 days had failures and no success", days)
    (notice,), (entry,) = world.notifier.notices, world.audit.entries
    for told in (notice, entry):
        assert (told.integration_id, told.slug, told.name) == ("billing-sync", "billing-sync", "Billing sync")
        assert (told.url, told.organization_id) == ("https://[hidden]@h.example/in?k=[hidden]", "1")
        assert (told.verdict, told.tallies, told.at, told.disabled) == (verdict, snapshot, AT + 6 * DAY, True)
    assert entry.action == "integration.disabled"
    assert entry.retirement_id == notice.retirement_id
    assert delivery.verdict == verdict
    assert [tally.total for tally in world.tallies(30)] == [0] * 30
    assert len(world.buffer.recent("billing-sync")) == 7


def test_a_notice_for_a_person():
    """What, why and where to mend it, in one paragraph."""
    world = World(Always(410))
    world.send(to=integration(settings_url="https://shop.example/hooks/1"))

    assert str(world.notifier.notices[0]) == (
        "Billing sync (billing-sync) has been disabled: it answered that it takes no more webhooks. "
        "Its webhooks went to https://hooks.example.com/in. "
        "Mend what answers there, then enable the integration again at https://shop.example/hooks/1."
    )


def test_a_notice_without_a_place_to_mend_it():
    """It does not say where."""
    world = World(Always(410))
    world.send()
    (notice,) = world.notifier.notices

    assert str(notice).endswith("Mend what answers there, then enable the integration again.")
    by_hand = attrs.evolve(notice, disabled=False)
    assert str(by_hand) == (
        "Billing sync (billing-sync) is broken, and has not been disabled: it answered that it takes no more webhooks. "
        "Its webhooks went to https://hooks.example.com/in. "
        "Mend what answers there, or disable the integration."
    )
    with pytest.raises(InvalidEventError, match="at must be aware"):
        attrs.evolve(notice, at=datetime(2026, 3, 10))  # noqa: DTZ001  which is the mistake


def test_what_is_told_survives_json():
    """A host's outbox can keep a notice and an entry."""
    world = World(Always(410))
    world.send()
    (notice,), (entry,) = world.notifier.notices, world.audit.entries

    assert RetirementNotice.from_json(notice.to_json()) == notice
    assert AuditEntry.from_json(entry.to_json()) == entry
    assert SECRET not in f"{notice} {notice!r} {entry!r} {entry.to_json()}"


def test_the_log_line(caplog):
    """Retiring is a line with what the notice holds."""
    with caplog.at_level(logging.WARNING, logger="alertkit.webhooks"):
        World(Always(410)).send()

    line = next(record for record in caplog.records if "retired" in record.getMessage())
    assert line.getMessage() == "retired billing-sync: it answered that it takes no more webhooks"
    assert (line.integration_id, line.slug, line.organization_id) == ("billing-sync", "billing-sync", "1")
    assert (line.disabled, line.tallies["2026-03-10"]) == (True, [0, 0, 0, 1])
    assert line.reason == "it answered that it takes no more webhooks"
    assert line.retirement_id.startswith("ret_")


def test_the_counts_in_the_log_line(caplog):
    """Success, error, timeout, fatal."""
    steps = [200, 500, 500, *[TimedOutError("x")] * 3, 410]
    world = World(ScriptedTransport(*steps))
    with caplog.at_level(logging.WARNING, logger="alertkit.webhooks"):
        for _ in steps:
            world.send()

    line = next(record for record in caplog.records if hasattr(record, "tallies"))
    assert line.tallies["2026-03-10"] == [1, 2, 3, 1]


def test_one_success_spares():
    """A success on one of the days, and the week begins anew."""
    world = World(ScriptedTransport(*[500] * 6, 200, *[500] * 6))
    for _ in range(13):
        assert not world.send().retired
        world.clock.advance(DAY)

    assert world.told == (0, 0, 0)


@pytest.mark.parametrize("kind", IntegrationKind)
@pytest.mark.parametrize("retires", [None, [IntegrationKind.PUBLISHED], list(IntegrationKind), []])
def test_which_kinds_are_retired(kind, retires):
    """Internal ones, unless the host says otherwise; the verdict is told for all."""
    options = {} if retires is None else {"retires": retires}
    world = World(Always(410), **options)

    delivery = world.send(to=integration(kind=kind))

    is_retired = kind in ([IntegrationKind.INTERNAL] if retires is None else retires)
    assert delivery.verdict.broken
    assert delivery.retired is is_retired
    assert world.told == ((1, 1, 1) if is_retired else (0, 0, 0))
    assert world.tallies(1)[0].fatal == (0 if is_retired else 1)


def test_a_dry_run(caplog):
    """It says what would be retired, and retires nothing, however often; no claim is taken."""
    world = World(Always(410), dry_run=True)

    with caplog.at_level(logging.WARNING, logger="alertkit.webhooks"):
        deliveries = [world.send() for _ in range(3)]

    assert [(made.retired, made.would_retire, made.verdict.broken) for made in deliveries] == [(False, True, True)] * 3
    assert (world.told, world.tallies(1)[0].fatal) == ((0, 0, 0), 3)
    assert world.buffer.claim("billing-sync", at=AT, lease=LEASE)
    lines = [record.getMessage() for record in caplog.records if "retire" in record.getMessage()]
    assert lines == ["would retire billing-sync: it answered that it takes no more webhooks"] * 3


def test_a_dry_run_of_a_kind_that_is_not_retired():
    """It would not be."""
    delivery = World(Always(410), dry_run=True).send(to=integration(kind=IntegrationKind.PUBLISHED))

    assert (delivery.would_retire, delivery.verdict.broken) == (False, True)


def test_without_anybody_to_tell():
    """A host that has no port but the buffer is told by the delivery, and nothing is cleared behind its back."""
    buffer = MemoryRequestBuffer()
    sender = WebhookSender(buffer=buffer, transport=Always(410))

    delivery = sender.send(integration(), event())

    assert (delivery.verdict.broken, delivery.retirement) == (True, None)
    assert buffer.tallies("billing-sync", until=delivery.record.at.date(), days=1)[0].fatal == 1


@pytest.mark.parametrize("given", ["registry", "notifier", "audit"])
def test_each_port_is_optional(given):
    """With one of them the rest of the retiring happens; where none disables, the notice says so."""
    ports = {"registry": MemoryIntegrationRegistry(), "notifier": MemoryOwnerNotifier(), "audit": MemoryAuditLog()}
    buffer = MemoryRequestBuffer()
    sender = WebhookSender(buffer=buffer, transport=Always(410), **{given: ports[given]})

    delivery = sender.send(integration(), event())
    assert (delivery.retired, delivery.retirement is None) == (given == "registry", False)
    world = (ports["registry"].disabled, ports["notifier"].notices, ports["audit"].entries)
    assert sorted(map(len, world)) == [0, 0, 1]
    assert all(not told.disabled for told in (*world[1], *world[2]))
    assert all("is broken, and has not been disabled" in str(notice) for notice in world[1])


PORTS = ["buffer", "registry", "notifier", "audit"]
GIVING_BACK = ["buffer.reset retiring", "buffer.reset"]
ACTING = ["registry.disable", "notifier.notify", "audit.record", "buffer.reset told", *GIVING_BACK]
LOOKING = ["buffer.record", "buffer.claim retiring", "buffer.claim retired", "buffer.tallies"]
ORDER = [*LOOKING, "buffer.claim", "buffer.recent", *ACTING]
# Where nothing could be disabled: told for a lease while it is done, and for a day when it is.
TELLING = ["buffer.claim told", "notifier.notify", "audit.record", "buffer.reset told", "buffer.claim told"]


class Flood:
    """Times out always."""

    def send(self, request, *, timeout):
        """Time out."""
        raise TimedOutError("no answer")


def flooded(transport=None, *, journal=None, failing=(), crashing=(), **options):
    """Return a world in which one timeout is a flood, and its journal."""
    journal = journal or Journal(failing, crashing)
    usual = {"rules": HealthRules(policy=TimeoutFlood(1)), **dict.fromkeys(PORTS, journal)}
    return World(transport or Flood(), **{**usual, **options}), journal


def test_step_by_step():
    """Record, claim for all attempts, also those on their way, look again, begin, disable, tell, write down, clear."""
    world, journal = flooded()

    assert world.send().retired
    assert journal.steps == ORDER


@pytest.mark.parametrize("failing", ["buffer.claim", "buffer.recent", *ACTING])
def test_the_rest_still_happens(failing, caplog):
    """Whichever port fails, every other step is done, and the failure is on the delivery and in the log."""
    world, journal = flooded(failing=[failing])

    delivery = world.send()

    begun, done = ORDER[: ORDER.index("registry.disable") + 1], GIVING_BACK
    assert journal.steps == ([*begun, *TELLING, *done] if failing == "registry.disable" else ORDER)
    assert (delivery.retired, delivery.retirement.disabled) == ((failing != "registry.disable"),) * 2
    step = failing.split(" ")[0]
    assert {failure.step for failure in delivery.failures} == {step}
    assert {(failure.error, failure.message) for failure in delivery.failures} == {("StoreError", f"{failing} is down")}
    told = [record for record in caplog.records if hasattr(record, "step")]
    assert {(record.step, type(record.exc_info[1])) for record in told} == {(step, StoreError)}
    if failing != "notifier.notify":
        assert journal.notices == [delivery.retirement]
    if failing != "audit.record":
        assert journal.entries[0].action == f"integration.{'disabled' if delivery.retired else 'broken'}"
    if failing != "buffer.reset":
        assert world.tallies(1)[0].total == 0


def test_everything_fails():
    """All failures are told, and the delivery is what it was; the host can tell the owners what it says."""
    world, _ = flooded(failing=[*ACTING, "buffer.claim told"])

    delivery = world.send()

    told = ["registry.disable", *(step.removesuffix(" told") for step in TELLING), "buffer.reset", "buffer.reset"]
    assert [failure.step for failure in delivery.failures] == told
    assert (delivery.outcome, delivery.retired) == (Outcome.TIMEOUT, False)
    assert str(delivery.retirement).startswith("Billing sync (billing-sync) is broken, and has not been disabled: 1")


@pytest.mark.parametrize("failing", LOOKING[1:])
def test_without_a_claim_or_a_second_look_nothing_is_done(failing):
    """A buffer that fails in the middle retires nobody; a later attempt does."""
    world, journal = flooded(failing=[failing])

    delivery = world.send()

    assert (delivery.verdict.broken, delivery.retirement) == (True, None)
    assert [failure.step for failure in delivery.failures] == [failing.split(" ")[0]]
    given_back = ["buffer.reset retired", "buffer.reset retiring"][2 - LOOKING[1:].index(failing) :]
    assert journal.steps == [*LOOKING[: LOOKING.index(failing) + 1], *given_back]
    journal.failing.clear()
    assert world.send().retired


@pytest.mark.parametrize("nonsense", [None, 7, ["nonsense"], "nonsense"])
def test_a_buffer_that_answers_nonsense(nonsense):
    """What a port returns against its contract stops no delivery, and is told as its failure."""
    world, journal = flooded()
    journal.buffer.tallies = lambda *_, **__: nonsense
    assert [failure.step for failure in world.send().failures] == ["buffer.tallies"]
    assert [failure.step for failure in world.send(to=integration(enabled=False)).failures] == ["buffer.tallies"]

    journal.buffer.record = lambda *_, **__: nonsense
    delivery = world.send()
    assert [(failure.step, failure.error) for failure in delivery.failures] == [("buffer.record", "TypeError")]
    assert (delivery.verdict, delivery.outcome) == (None, Outcome.TIMEOUT)


def test_whoever_has_no_claim_does_nothing():
    """Another process is at it."""
    world, journal = flooded()
    being_retired(world, journal)

    delivery = world.send()

    assert (delivery.verdict.broken, delivery.retirement) == (True, None)
    assert journal.steps == LOOKING[:2]


def test_who_comes_after_an_earlier_winner_looks_again():
    """The tallies that made it broken were cleared in the meantime: nothing is done."""
    world, journal = flooded()
    cleared(world, journal)

    delivery = world.send()

    assert (delivery.verdict.broken, delivery.retirement) == (True, None)
    assert journal.steps == [*LOOKING, "buffer.reset retired", "buffer.reset retiring"]
    del journal.buffer.record
    assert world.send().retired


@pytest.mark.parametrize("stragglers", [1, 99, 150])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=14), timedelta(seconds=1, hours=12)])
def test_those_on_their_way_retire_nobody_twice(stragglers, later):
    """
    Attempts that come home after the retiring act no more, and what they counted is forgotten with them.

    However many there are, also after midnight, and also when the lease has run out and the integration is asked for.
    """
    world = World(Always(410), clock=FrozenClock(AT.replace(hour=23, minute=59)))
    assert world.send().retired

    world.clock.advance(min(later, LEASE - timedelta(seconds=1)))
    for _ in range(stragglers):  # they had begun while the integration was still enabled
        straggler = world.send()
        assert (straggler.verdict.broken, straggler.retirement) == (True, None)
    assert world.tallies(2) == tuple(DailyTally(day=tally.day) for tally in world.tallies(2))
    world.clock.advance(later + LEASE)
    withheld = world.send(to=integration(enabled=False))
    assert (withheld.retirement, world.told) == (None, (1, 1, 1))


def test_several_processes_and_a_slow_store():
    """
    Eight senders over one buffer that takes its time, many attempts at once: one disable, one notice, one entry.

    Each has its own locks, as processes have; what keeps them apart is the buffer alone.
    """
    delays = iter(itertools.cycle([0.0, 0.002, 0.0005, 0.004, 0.001]))
    lock = threading.Lock()

    class Slow(MemoryRequestBuffer):
        """Takes its time before each answer."""

        def __getattribute__(self, name):
            """Wait first."""
            if not name.startswith("_"):
                with lock:
                    delay = next(delays)
                threading.Event().wait(delay)
            return super().__getattribute__(name)

    ports = {
        "buffer": Slow(),
        "registry": MemoryIntegrationRegistry(),
        "notifier": MemoryOwnerNotifier(),
        "audit": MemoryAuditLog(),
    }
    worlds = [World(Always(410), **ports) for _ in range(8)]
    together = threading.Barrier(48)
    deliveries = []

    def work(world):
        together.wait(timeout=30)
        deliveries.extend(world.send() for _ in range(3))

    threads = [threading.Thread(target=work, args=(world,)) for world in worlds for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert worlds[0].told == (1, 1, 1)
    assert [delivery.retired for delivery in deliveries].count(True) == 1
    assert all(delivery.failures == () for delivery in deliveries)


def test_enabled_again_it_begins_anew():
    """Nothing of the past counts, and it can be retired again, once a lease has passed since the last time."""
    world = World(Always(410))
    world.send()
    world.send()  # a straggler
    world.registry.enable("billing-sync")

    world.transport.status = 500
    assert not world.send().verdict.broken
    world.transport.status = 410
    assert world.send().retirement is None
    world.clock.advance(LEASE)
    assert world.send().retired
    assert world.told == (2, 2, 2)


def test_where_nothing_can_be_disabled_owners_are_told_once_a_day():
    """An endpoint that says 410 every five minutes, and a registry that is down all day, or not there at all."""
    for registry in (None, Journal(failing=["registry.disable"])):
        notifier, audit, clock = MemoryOwnerNotifier(), MemoryAuditLog(), FrozenClock(AT)
        ports = {"registry": registry, "notifier": notifier, "audit": audit}
        sender = WebhookSender(buffer=MemoryRequestBuffer(), transport=Always(410), clock=clock, **ports)
        for _ in range(3 * 288):
            delivery = sender.send(integration(), event())
            clock.advance(timedelta(minutes=5))

        assert (len(notifier.notices), len(audit.entries)) == (3, 3)
        assert not delivery.retired


def test_once_the_registry_is_back_it_is_disabled_and_told():
    """That it is disabled is news, however short ago its owners were told that it is broken."""
    journal = Journal(failing=["registry.disable"])
    world = World(Always(410), registry=journal, notifier=journal)
    assert not world.send().retired
    world.clock.advance(LEASE)
    assert not world.send().retired
    journal.failing.clear()
    world.clock.advance(LEASE)

    assert world.send().retired
    assert [notice.disabled for notice in journal.notices] == [False, True]


@pytest.mark.parametrize("crash", ORDER[1:])
@pytest.mark.parametrize("enabled", [True, False])
def test_a_crash_is_picked_up(crash, enabled):
    """
    A later attempt finishes what a process left undone when it died, once the lease has run out.

    That holds for an attempt that still takes the integration for enabled, and for one that does not: if it was
    disabled, it was the retiring that did so.
    """
    world, journal = flooded(crashing=[crash])
    with pytest.raises(SystemExit):
        world.send()
    journal.crashing.clear()
    told, has_claimed = list(journal.notices), crash != "buffer.claim retiring"
    # Where all is done but the last reset, whoever comes next does that.
    is_undone = "buffer.claim" in ORDER[: ORDER.index(crash)] and crash != ORDER[-1]

    world.clock.advance(LEASE - timedelta(seconds=1))
    before = world.send(to=integration(enabled=enabled))
    assert (before.retirement is None) is has_claimed or not enabled
    world.clock.advance(1)
    delivery = world.send(to=integration(enabled=enabled))

    if is_undone or (has_claimed and enabled):
        assert delivery.retired
        assert journal.steps[-len(ACTING) :] == ACTING
        assert delivery.verdict.broken
        if not enabled:
            assert {notice.retirement_id for notice in told} <= {delivery.retirement.retirement_id}
            assert delivery.error.verdict == delivery.verdict
    assert world.send(to=integration(enabled=False)).retirement is None
    assert world.tallies(30) == tuple(DailyTally(day=tally.day) for tally in world.tallies(30))


@pytest.mark.parametrize("crash", ["notifier.notify", "audit.record", "buffer.reset told", "buffer.claim told"])
def test_a_crash_while_nothing_can_be_disabled(crash):
    """Who may not have been told is told again after the lease, and then not for a day."""
    world, journal = flooded(failing=["registry.disable"])
    crashing = iter([True])
    step = journal._step

    def dies_once(name):
        if name == crash and len(journal.steps) > 4 and next(crashing, False):
            raise SystemExit(name)
        step(name)

    journal._step = dies_once
    with pytest.raises(SystemExit):
        world.send()
    told = len(journal.notices)
    for _ in range(12):
        world.clock.advance(LEASE)
        assert world.send().retirement is not None

    assert len(journal.notices) == told + 1
    assert len(journal.entries) in (1, 2)


def test_a_crash_after_an_earlier_retirement_of_the_same_day():
    """What was done in the morning does not hide what is left undone at noon."""
    world = World(Always(410))
    assert world.send().retired
    world.registry.enable("billing-sync")
    world.clock.advance(timedelta(hours=3))
    notify = world.notifier.notify
    world.notifier.notify = lambda notice: (_ for _ in ()).throw(SystemExit)
    with pytest.raises(SystemExit):
        world.send()
    world.notifier.notify = notify

    world.clock.advance(LEASE)
    assert world.send(to=integration(enabled=False)).retired
    assert world.told == (3, 2, 2)


def test_a_crash_is_picked_up_on_another_day():
    """The day on which anything was counted last is the one that is judged."""
    world = World(Always(500))
    world.registry.disable = lambda integration_id: (_ for _ in ()).throw(SystemExit)
    with pytest.raises(SystemExit):
        break_for_a_week(world)
    del world.registry.disable

    world.clock.advance(3 * DAY)
    delivery = world.send(to=integration(enabled=False))

    assert delivery.retired
    assert world.told == (1, 1, 1)
    (notice,) = world.notifier.notices
    assert [tally.error for tally in notice.tallies] == [1] * 7
    assert notice.tallies[-1].day == TODAY + 6 * DAY


@pytest.mark.parametrize("options", [{"dry_run": True}, {"retires": []}])
def test_what_is_not_retired_is_not_finished(options):
    """Not even what another sender over the same buffer has begun."""
    world, journal = flooded(crashing=["notifier.notify"])
    with pytest.raises(SystemExit):
        world.send()
    world.clock.advance(LEASE)
    journal.steps.clear()

    other = World(Always(410), buffer=journal, clock=world.clock, **options)
    assert other.send(to=integration(enabled=False)).retirement is None
    assert journal.steps == []


def test_an_alarm_about_a_failing_port_through_the_same_sender():
    """A log handler may send while a port of the same integration has just failed."""
    world, journal = flooded(failing=["buffer.reset", "registry.disable"])
    sent = []

    class Alarm(logging.Handler):
        """Sends to the same broken integration."""

        def emit(self, record):
            """Send, but not about that."""
            if record.levelno == logging.ERROR and len(sent) < 3:
                sent.append(record)
                world.send()

    handler = Alarm()
    logging.getLogger("alertkit.webhooks").addHandler(handler)
    try:
        delivery = world.send()
    finally:
        logging.getLogger("alertkit.webhooks").removeHandler(handler)

    assert len(sent) == 3
    assert delivery.retirement is not None
    assert len(journal.notices) == 1


@pytest.mark.parametrize("status", [500, 410])
def test_one_that_its_owner_disabled(status):
    """Nobody is told, and what was counted until then is held against nobody who enables it again."""
    world = World(Always(status), dry_run=True)
    world.send()
    live = World(Always(status), buffer=world.buffer, clock=world.clock)
    live.clock.advance(DAY)

    for _ in range(3):
        assert live.send(to=integration(enabled=False)).retirement is None
        assert live.told == (0, 0, 0)
        assert [tally.total for tally in live.tallies(30)] == [0] * 30
    assert len(live.buffer.recent("billing-sync")) == 1


@pytest.mark.parametrize("failing", ["buffer.claim retiring", "buffer.claim", "buffer.reset"])
def test_one_that_its_owner_disabled_while_the_buffer_fails(failing):
    """It is not mistaken for one whose retiring was cut short, neither now nor at the next attempt."""
    dry, journal = flooded(failing=[failing], dry_run=True)
    dry.send()
    world, _ = flooded(journal=journal)
    world.clock.advance(DAY)

    delivery = world.send(to=integration(enabled=False))
    assert ([failure.step for failure in delivery.failures], delivery.retirement) == ([failing.split(" ")[0]], None)
    world.clock.advance(1)
    assert world.send(to=integration(enabled=False)).retirement is None
    assert journal.notices == []


def test_two_that_are_withheld_at_once():
    """One of them looks after it; the other does not take what it sees of that for a retiring that was cut short."""
    dry, journal = flooded(dry_run=True)
    dry.send()
    world, _ = flooded(journal=journal)
    reset, seen = journal.buffer.reset, []

    def meets_another(name):
        if name == "billing-sync" and not seen:
            seen.append(world.send(to=integration(enabled=False)))
        reset(name)

    journal.buffer.reset = meets_another
    delivery = world.send(to=integration(enabled=False))

    assert (delivery.retirement, seen[0].retirement, journal.notices) == (None, None, [])
    assert world.tallies(1)[0].total == 0


def test_a_reset_that_fails_is_not_mistaken():
    """What was asked for then is not seen by another attempt before the lease is over, whatever its clock says."""
    dry, journal = flooded(dry_run=True)
    dry.send()
    world, _ = flooded(journal=journal)
    journal.failing.add("buffer.reset")
    world.send(to=integration(enabled=False))
    journal.failing.clear()

    world.clock.set(AT - timedelta(minutes=1))
    assert world.send(to=integration(enabled=False)).retirement is None
    world.clock.set(AT + LEASE)
    assert world.send(to=integration(enabled=False)).retirement is None
    assert world.tallies(1)[0].total == 0


def test_a_success_in_between_leaves_nothing_behind():
    """Whoever claimed and finds nothing broken any more gives everything back: nothing is begun or was retired."""
    world, journal = flooded()
    claim = journal.buffer.claim

    def cleared_meanwhile(name, **options):
        journal.buffer.reset("billing-sync")
        return claim(name, **options)

    journal.buffer.claim = cleared_meanwhile
    assert world.send().retirement is None
    journal.buffer.claim = claim

    for name in ("billing-sync", "alertkit:retiring:billing-sync", "alertkit:retired:billing-sync"):
        assert claim(name, at=AT - 28 * DAY, lease=timedelta(microseconds=1))


def test_a_retiring_that_was_cut_short_and_is_none_any_more():
    """The policy has changed since, and does not find it broken: nothing happens."""
    world, journal = flooded(crashing=["registry.disable"])
    with pytest.raises(SystemExit):
        world.send()
    journal.crashing.clear()
    world.clock.advance(LEASE)
    journal.steps.clear()
    lenient, _ = flooded(journal=journal, clock=world.clock, rules=HealthRules(policy=TimeoutFlood(2)))

    delivery = lenient.send(to=integration(enabled=False))

    assert (delivery.retirement, delivery.verdict) == (None, None)
    given_back = ["buffer.reset retired", "buffer.reset retiring"]
    assert journal.steps == ["buffer.tallies", "buffer.claim retiring", "buffer.claim", *LOOKING[2:], *given_back]


def test_a_policy_of_the_hosts_own_sees_its_days_only():
    """Also when an earlier retiring is finished, for which a month is read."""

    class TwoDays:
        """Finds everything broken."""

        window = 2
        seen = ()

        def judge(self, tallies, *, today):
            """Remember what there was to see."""
            self.seen += ([tally.total for tally in tallies],)
            return Verdict(True, "so it is")

    policy = TwoDays()
    world, journal = flooded(crashing=["registry.disable"], rules=HealthRules(policy=policy))
    with pytest.raises(SystemExit):
        world.send()
    journal.crashing.clear()
    world.clock.advance(5 * DAY)

    assert world.send(to=integration(enabled=False)).retired
    assert policy.seen == ([0, 1],) * 3


def test_a_buffer_that_says_yes_and_no_by_numbers():
    """As drivers do, which return how many rows have changed."""
    world, journal = flooded(failing=["registry.disable"])
    claim = journal.buffer.claim
    journal.buffer.claim = lambda *args, **options: int(claim(*args, **options))

    for _ in range(3):
        assert world.send().retirement is not None
        world.clock.advance(LEASE)
    assert len(journal.notices) == 1


def test_what_a_retirement_is_known_by():
    """It is another one for another integration, and for the same one another time."""
    world = World(Always(410))
    ids = [world.send(to=integration(id=name)).retirement.retirement_id for name in ("one", "two")]
    world.clock.advance(DAY)
    ids.append(world.send(to=integration(id="one")).retirement.retirement_id)
    world.clock.advance(DAY)
    world.buffer.recent = lambda *_, **__: ()  # a buffer that keeps no record has nothing to know it by
    ids += (world.send(to=integration(id=name)).retirement.retirement_id for name in ("one", "two"))
    world.clock.advance(DAY)
    ids.append(world.send(to=integration(id="one")).retirement.retirement_id)

    assert len(set(ids)) == 6
    assert all(len(each) == 36 for each in ids)


def test_what_a_later_attempt_tells_is_what_the_first_would_have():
    """Where it went, with its secrets hidden, and whose it is."""
    world, journal = flooded(crashing=["notifier.notify"])
    url = "https://u:pw@hooks.example.com/in?k=v"
    with pytest.raises(SystemExit):
        world.send(to=integration(url=url))
    journal.crashing.clear()
    world.clock.advance(LEASE)

    world.send(to=integration(url=url, enabled=False))

    (notice,) = journal.notices
    assert notice.url == "https://[hidden]@hooks.example.com/in?k=[hidden]"
    assert notice.organization_id == "1"


def test_a_lease_of_the_hosts_own():
    """After that time what was cut short is picked up."""
    journal = Journal(crashing=["registry.disable"])
    world = World(Always(410), buffer=journal, registry=journal, lease=timedelta(minutes=1))
    with pytest.raises(SystemExit):
        world.send()
    journal.crashing.clear()

    world.clock.advance(59)
    assert not world.send().retired
    world.clock.advance(1)
    assert world.send().retired


def test_what_was_not_counted_is_not_looked_into():
    """A disabled integration costs a host's buffer one read for each webhook that is withheld."""
    world, journal = flooded()
    world.send(to=integration(enabled=False))

    assert journal.steps == ["buffer.tallies"]


def test_a_disabled_integration_raises_for_outcome():
    """It is told by its slug, and is nothing to retry."""
    delivery = World(Always(200)).send(to=integration(enabled=False))

    with pytest.raises(EndpointBrokenError, match="integration billing-sync is disabled: nothing was sent") as caught:
        delivery.raise_for_outcome()
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "policy", [FatalTrips(), TimeoutFlood(1), TimeoutFlood(200)], ids=["fatal", "first timeout", "last timeout"]
)
def test_two_hundred_threads_fail_at_once(policy):
    """One disables, one notice, one audit entry, and every attempt has its delivery, with nothing that failed."""
    together = threading.Barrier(200)

    class Together:
        """Fails for all in the same moment."""

        def send(self, request, *, timeout):
            """Wait for the others."""
            together.wait(timeout=60)
            if isinstance(policy, FatalTrips):
                return HttpResponse(410)
            raise TimedOutError("no answer")

    world = World(Together(), rules=HealthRules(policy=policy))
    deliveries = []
    threads = [threading.Thread(target=lambda: deliveries.append(world.send())) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert world.told == (1, 1, 1)
    assert [delivery.retired for delivery in deliveries].count(True) == 1
    assert all(delivery.failures == () for delivery in deliveries)
    assert len(deliveries) == 200


def walked(*, before=None, **options):
    """Return the steps of an attempt that finds the integration broken, `before` having been done to the journal."""
    world, journal = flooded(**options)
    if before is not None:
        before(world, journal)
    world.send()
    return journal.steps


def being_retired(world, journal):
    """Somebody else has just begun."""
    journal.buffer.claim("alertkit:retiring:billing-sync", at=AT, lease=LEASE)


def just_retired(world, journal):
    """Somebody else has just done it."""
    world.send()
    journal.steps.clear()


def cleared(world, journal):
    """Somebody clears the counts as soon as they are written."""
    record = journal.buffer.record

    def recorded(*args, **options):
        window = record(*args, **options)
        journal.buffer.reset("billing-sync")
        return window

    journal.buffer.record = recorded


def drawn():
    """Return the picture of a retiring, as the documentation has it: the steps, and where other ways part from them."""
    way = walked()
    others = {
        "somebody else is at it": walked(before=being_retired),
        "it has just been retired": walked(before=just_retired),
        "it is not broken any more": walked(before=cleared),
        "it cannot be disabled": walked(failing=["registry.disable"]),
    }
    parting = {}
    for reason, steps in others.items():
        shared = next((at for at, (a, b) in enumerate(zip(way, steps, strict=False)) if a != b), len(steps))
        rest = ", ".join(step.replace(" ", "\0") for step in steps[shared:])  # a step stays on its line
        parting[shared - 1] = f"└── {reason}: {rest or 'nothing more'}"
    lines = []
    for place, step in enumerate(way):
        lines.append(step)
        if place in parting:
            lines += textwrap.wrap(parting[place], 110, subsequent_indent="    ")
    return "\n".join(lines).replace("\0", " ")


def test_the_documentation_draws_the_steps():
    """The picture in the explanation is what the ports are asked for, step by step."""
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "retiring.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"```text\n(buffer\.record.*?)\n```", page, re.DOTALL)

    assert picture == drawn()
