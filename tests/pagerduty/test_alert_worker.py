"""What the worker does step by step: no thread, no waiting."""

import logging

import attrs
import pytest

from alertkit import RateLimitedError, RejectedError, UnavailableError
from alertkit.pagerduty import Receipt
from alertkit.pagerduty._alert_worker import AlertWorker
from alertkit.pagerduty._logged import Logged
from alertkit.pagerduty._outbox import AlertCounts, Outbox
from alertkit.pagerduty._rate_window import RateWindow
from alertkit.testing import FrozenClock

LOGGED = Logged(
    logger="a", level=40, level_name="ERROR", template="t", message="m", headline="h", module="m", function="f"
)


def logged(key, level=logging.ERROR):
    """Return what a record of this key says."""
    return attrs.evolve(LOGGED, given_key=key, level=level)


class NoThread:
    """Stands for a thread that is at work, and never comes to anything."""

    def __init__(self):
        self.waited = []

    def is_alive(self):
        """Say so."""
        return True

    def join(self, timeout):
        """Remember how long it was waited for."""
        self.waited.append(timeout)


class HeldLock:
    """A lock that somebody else has for ever."""

    def acquire(self, *, blocking):
        """Refuse; whoever would wait has lost."""
        assert not blocking
        return False


class World:
    """A worker whose thread is the test."""

    def __init__(self, *answers, limit=100, capacity=10, start=None):
        self.answers = list(answers)
        self.sent = []
        self.clock = FrozenClock()
        self.thread = NoThread()
        self.started = 0
        self.worker = AlertWorker(
            self.send,
            new_outbox=lambda: Outbox(capacity=capacity, interval=60.0, window=RateWindow(limit)),
            clock=self.clock,
            source="web-1",
            start=start or self.start,
        )

    @property
    def state(self):
        """What the worker has in this process."""
        return self.worker._states.get()

    def start(self, run):
        """Count what would be started."""
        self.started += 1
        return self.thread

    def send(self, event):
        """Do what the next answer says."""
        self.sent.append(event.dedup_key)
        answer = self.answers.pop(0) if self.answers else 1
        if isinstance(answer, Exception):
            raise answer
        return Receipt(202, "", event.dedup_key, answer)

    def step(self, *, closing=False):
        """Take one step."""
        return self.worker.step(self.state, closing=closing)

    def counts(self, **counts):
        """Whether the counts are these, and 0 where not given."""
        return self.worker.counts == AlertCounts(
            **{"sent": 0, "collapsed": 0, "dropped": 0, "failed": 0, "pending": 0, **counts}
        )


def test_a_step_sends_one_alert():
    """The most severe first; then it says how long there is nothing to do."""
    world = World()
    world.worker.put(logged("e"))
    world.worker.put(logged("c", logging.CRITICAL))

    assert [world.step(), world.step(), world.step()] == [0.0, 0.0, None]
    assert world.sent == ["c", "e"]
    assert world.counts(sent=2)


def test_one_thread_is_started():
    """With the first record, and no other while it lives."""
    world = World()
    assert world.started == 0
    world.worker.put(logged("a"))
    world.worker.put(logged("b"))
    assert world.started == 1

    world.thread.is_alive = lambda: False
    world.worker.put(logged("c"))
    assert world.started == 2


def test_two_records_at_once_start_one_thread():
    """Who comes while another one starts it leaves that to him, whether he comes before or after the start."""
    world = World()
    free, world.state.starting = world.state.starting, HeldLock()
    world.worker.put(logged("a"))
    assert world.started == 0

    world.state.starting = free
    world.worker.put(logged("a"))
    world.worker._start_thread(world.state)
    assert world.started == 1


def test_a_thread_that_cannot_be_started_loses_nothing():
    """The record waits, and the next one tries again."""
    starts = [RuntimeError("can't start new thread"), None]
    world = World(start=lambda run: world.start(run) if (failure := starts.pop(0)) is None else throw(failure))
    world.worker.put(logged("a"))
    assert world.counts(pending=1)

    world.worker.put(logged("b"))
    assert world.started == 1
    assert world.counts(pending=2)


def throw(error):
    """Raise it."""
    raise error


def test_without_a_thread_closing_waits_for_nothing(caplog):
    """What could not be sent is dropped, counted and logged."""
    world = World(start=lambda run: throw(RuntimeError()))
    world.worker.put(logged("a"))
    world.worker.close(5.0)

    assert world.counts(dropped=1)
    (said,) = caplog.records
    assert (said.name, said.dropped, said.failed, said.pending) == ("alertkit.pagerduty", 1, 0, 0)


def test_closing_waits_for_the_thread_as_long_as_it_may(caplog):
    """A thread that is stuck is left behind, and what it has not sent is named."""
    world = World()
    world.worker.put(logged("a"))
    world.worker.close(5.0)
    world.worker.close(5.0)

    assert world.thread.waited == [5.0, 5.0]  # who closes it a second time waits for the first
    assert world.counts(pending=1)
    assert [record.pending for record in caplog.records] == [1]


def test_the_limit_of_requests_is_kept():
    """Retries are counted with the rest, whether they ended well or not."""
    refused = RejectedError("no")
    refused.attempts = 2
    world = World(2, refused, limit=4)
    for key in "abc":
        world.worker.put(logged(key))

    assert [world.step(), world.step(), world.step()] == [0.0, 0.0, 60.0]
    world.clock.advance(60)
    assert [world.step(), world.step()] == [0.0, None]
    assert world.counts(sent=2, failed=1)


@pytest.mark.parametrize("error", [RejectedError("no"), ValueError("of a transport of the host's")])
def test_a_failure_is_counted_and_logged(error, caplog):
    """The next alert goes all the same."""
    world = World(error, 1)
    world.worker.put(logged("a"))
    world.worker.put(logged("b"))
    while world.step() is not None:
        pass

    assert world.counts(sent=1, failed=1)
    (said,) = caplog.records
    assert (said.name, said.dedup_key, said.records, said.error) == ("alertkit.pagerduty", "a", 1, type(error).__name__)


def test_what_may_get_through_later_is_tried_again(caplog):
    """After the pause that PagerDuty asks for or an outage needs, and without a line of its own in the log."""
    throttled, down = RateLimitedError("slow down", retry_after=40.0), UnavailableError("down")
    world = World(throttled, down, 1)
    world.worker.put(logged("c", logging.CRITICAL))

    assert [world.step(), world.step()] == [0.0, 40.0]
    assert world.counts(pending=1)
    world.clock.advance(40)
    assert [world.step(), world.step()] == [0.0, 2.0]
    world.clock.advance(2)
    assert [world.step(), world.step()] == [0.0, None]
    assert world.sent == ["c", "c", "c"]
    assert world.counts(sent=1)
    assert caplog.records == []


def test_after_an_hour_an_alert_is_given_up(caplog):
    """Counted and logged, as what is refused is."""
    world = World(*[UnavailableError("down")] * 2)
    world.worker.put(logged("a"))
    world.step()
    world.clock.advance(3600)
    world.step()

    assert world.counts(failed=1)
    (said,) = caplog.records
    assert said.getMessage() == "a: an alert could not be delivered (log records: 1)"


def test_a_thread_that_has_died_is_not_waited_for(caplog):
    """What it left is dropped, counted and logged."""
    world = World()
    world.worker.put(logged("a"))
    world.thread.is_alive = lambda: False
    world.worker.close(5.0)

    assert world.counts(dropped=1)
    assert [record.dropped for record in caplog.records] == [1]


def test_an_error_of_the_hosts_own_counts_as_one_request():
    """Whatever it says of itself."""
    error = ValueError()
    error.attempts = "many"
    world = World(error, limit=2)
    for key in "abc":
        world.worker.put(logged(key))

    assert [world.step(), world.step(), world.step()] == [0.0, 0.0, 60.0]


def test_an_overflow_is_logged_once(caplog):
    """However many are dropped."""
    world = World(capacity=1)
    for key in "abcd":
        world.worker.put(logged(key))
    world.step()
    for key in "abcd":
        world.worker.put(logged(key))
    world.step()

    assert world.counts(sent=1, dropped=6, pending=1)
    assert [record.getMessage() for record in caplog.records] == [
        "too many alerts of the log are waiting: the least severe are dropped"
    ]


def test_who_logs_while_the_lock_is_taken_waits_for_nobody():
    """The record lies in the inbox until the next look."""
    world = World()
    free, world.state.lock = world.state.lock, HeldLock()
    world.worker.put(logged("a"))
    assert world.counts()

    world.state.lock = free
    assert world.step() == 0.0
    assert world.sent == ["a"]


def test_who_closes_while_the_lock_is_taken_waits_for_nobody():
    """A signal handler may do that in the middle of anything."""
    world = World(start=lambda run: throw(RuntimeError()))
    world.worker.put(logged("a"))
    world.state.lock = HeldLock()
    world.worker.close(5.0)

    assert world.counts(pending=1)


def test_who_has_the_lock_takes_in_what_comes_meanwhile():
    """Another record that comes while one is taken in, as from a signal handler, is not left behind."""
    world = World()
    outbox = world.state.outbox
    put = outbox.put

    def interrupted(alert):
        if alert.key == "a":
            world.worker.put(logged("b"))
        put(alert)

    outbox.put = interrupted
    world.worker.put(logged("a"))

    assert not world.state.inbox
    assert world.counts(pending=2)


def test_the_thread_is_woken_at_most_once():
    """However many records come before it looks."""
    world = World()
    for key in "abc":
        world.worker.put(logged(key))

    assert world.state.wake.qsize() == 1


def run(world):
    """Do what the thread does."""
    world.worker.run(world.state)


def test_closing_sends_what_is_left():
    """Repetitions that were held back too."""
    world = World()
    world.worker.put(logged("a"))
    world.step()
    world.worker.put(logged("a"))
    world.worker.put(logged("b"))
    world.worker.close(5.0)
    run(world)

    assert world.sent == ["a", "a", "b"]
    assert world.counts(sent=3)


def test_closing_is_noticed_at_any_moment():
    """Between a look that found nothing to do and the wait that follows it, too: a repetition still goes."""
    world = World()
    world.worker.put(logged("a"))
    world.step()
    world.worker.put(logged("a"))
    step = world.worker.step

    def interrupted(state, *, closing):
        wait = step(state, closing=closing)
        world.worker.close(5.0)
        return wait

    world.worker.step = interrupted
    run(world)

    assert world.sent == ["a", "a"]


def test_closing_does_not_wait_for_the_next_minute():
    """What the limit would not let go before the deadline is dropped at once."""
    world = World(limit=1)
    world.worker.put(logged("a"))
    world.worker.put(logged("b"))
    world.worker.close(5.0)
    run(world)

    assert world.counts(sent=1, dropped=1)


def test_closing_waits_for_room_that_comes_in_time():
    """A wait that ends before the deadline is waited for."""
    world = World(limit=1)
    world.worker.put(logged("a"))
    world.step()
    world.worker.put(logged("b"))
    world.clock.advance(59.99)
    world.worker.close(5.0)
    world.state.wake.get()
    waits = []

    class Wake:
        """Lets the time pass that is waited."""

        def get(self, timeout):
            """Wait."""
            waits.append(timeout)
            world.clock.advance(timeout)

    world.state.wake = Wake()
    run(world)

    assert waits == [pytest.approx(0.01)]
    assert world.counts(sent=2)


def test_a_deadline_that_has_passed_ends_the_thread():
    """Though there would be more to send."""
    world = World()
    world.worker._send = lambda event: (world.clock.advance(6.0), world.send(event))[1]
    world.worker.put(logged("a"))
    world.worker.put(logged("b"))
    world.worker.close(5.0)
    run(world)

    assert world.sent == ["a"]
    assert world.counts(sent=1, dropped=1)


def test_after_closing_nothing_is_taken():
    """A late record is dropped, and no thread is started for it."""
    world = World()
    world.worker.close(5.0)
    world.worker.put(logged("a"))

    assert world.started == 0
    assert world.counts(dropped=1)
