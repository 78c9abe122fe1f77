"""The order in which mail is tried, and a worker whose thread does not come back."""

import socket
import threading

import pytest
from hypothesis import given, strategies as st
from mail_world import AT_ONCE, SOON, MailServer, Reports

from alertkit import Backoff, SystemClock
from alertkit.mail import DropReason, MailCounts, MailOutcome, SmtpMailQueue, SmtpTls
from alertkit.mail._carrier import Carrier
from alertkit.mail._failure import Failure, Stage
from alertkit.mail._outgoing import Backlog, Outgoing
from alertkit.mail._pace import SmtpPace
from alertkit.mail._route import SmtpRoute
from alertkit.mail._wire import Wire
from alertkit.mail._worker import Worker


@pytest.fixture(autouse=True)
def _nobody_left():
    """Wait for each thread within the test that began it: how it ended is that test's, and no later one's."""
    yield
    for thread in threading.enumerate():
        if thread.name == "alertkit-mail":
            thread.join(SOON)


def waiting(number):
    """Return something to send."""
    return Outgoing(sender="a@host.example", recipient="b@example.com", message_id=f"<{number}>", data=b"")


def numbers(outgoing):
    """Return which they are."""
    return [int(each.message_id[1:-1]) for each in outgoing]


@given(st.lists(st.floats(0, 100), max_size=20))
def test_what_is_due_first_is_tried_first(instants):
    """And of those that are due at once, what came first."""
    backlog = Backlog(100)
    for number, due in enumerate(instants):
        backlog.put_back(waiting(number), due=due)
    taken = []
    while backlog.due() is not None:
        taken.append(backlog.take(now=backlog.due()))

    assert numbers(taken) == sorted(range(len(instants)), key=lambda number: instants[number])


def test_nothing_is_tried_before_it_is_due():
    """Not even if there is nothing else."""
    backlog = Backlog(1)
    assert (backlog.due(), backlog.take(now=5.0)) == (None, None)
    backlog.put_back(waiting(1), due=5.0)

    assert backlog.take(now=4.9) is None
    assert backlog.due() == 5.0
    assert numbers([backlog.take(now=5.0)]) == [1]


def test_there_is_room_for_all_or_none():
    """What has been taken before always has its place."""
    backlog = Backlog(2)

    assert backlog.add([waiting(1)], now=1.0)
    assert not backlog.add([waiting(2), waiting(3)], now=1.0)
    assert backlog.add([waiting(4)], now=0.5)
    backlog.put_back(waiting(5), due=0.0)
    assert len(backlog) == 3
    assert numbers(backlog.clear()) == [5, 4, 1]
    assert len(backlog) == 0


def test_what_is_to_be_sent_shows_no_address():
    """It may stand in a traceback of the host's."""
    assert "example" not in repr(waiting(1))


def carried(carrier, until):
    """Return what becomes of one mail."""
    return carrier.carry(waiting(1), until=until, answer_until=until)


MONOTONIC = SystemClock().monotonic


class StuckCarrier:
    """A carrier in a call that nothing ends, until the test does."""

    def __init__(self):
        self.began, self.end = threading.Event(), threading.Event()
        self.is_aborted = False

    def carry(self, outgoing, *, until, answer_until):
        """Be stuck."""
        self.began.set()
        assert self.end.wait(SOON)

    def abort(self):
        """Take note, and stay stuck."""
        self.is_aborted = True

    def let_go(self):
        """Do nothing."""


def worker_with(carrier, *, capacity=10, backoff=AT_ONCE, monotonic=MONOTONIC, dice=lambda: 0.0, **options):
    """Return a worker, and what it tells."""
    reports = Reports()
    pace = SmtpPace(
        capacity=capacity, timeout=9.0, answer_timeout=9.0, deadline=9.0, linger=0.0, exit_timeout=1.0, backoff=backoff
    )
    worker = Worker(carrier, pace, monotonic=monotonic, dice=dice, tell=reports, **options)
    return worker, reports


def test_a_thread_that_does_not_come_back_holds_nobody_up():
    """What it had in hand is dropped, once, even if it comes back later."""
    carrier = StuckCarrier()
    worker, reports = worker_with(carrier)
    assert worker.put((waiting(1), waiting(2)))
    assert carrier.began.wait(SOON)
    thread = worker._thread
    worker.close(0.0)

    assert carrier.is_aborted
    dropped = [(end.message_id, end.reason) for end in reports.ends(2)]
    assert dropped == [("<1>", DropReason.CLOSED), ("<2>", DropReason.CLOSED)]
    carrier.end.set()
    thread.join(SOON)
    assert worker.counts == MailCounts(queued=2, dropped=2)
    assert len(reports.ends(2)) == 2


def test_a_clock_that_stands_still_keeps_nothing_open():
    """How long closing waits is real, and when that is over nothing is tried again."""

    class Cut(StuckCarrier):
        def carry(self, outgoing, *, until, answer_until):
            super().carry(outgoing, until=until, answer_until=answer_until)
            return Failure.answered(Stage.RCPT, 450)

        def abort(self):
            self.end.set()

    carrier = Cut()
    worker, reports = worker_with(carrier, monotonic=lambda: 0.0)
    worker.put((waiting(1), waiting(2)))
    assert carrier.began.wait(SOON)
    worker.close(0.05)

    assert [(end.message_id, end.reason) for end in reports.ends(2)] == [
        ("<1>", DropReason.CLOSED),
        ("<2>", DropReason.CLOSED),
    ]
    assert MailOutcome.RETRIED not in {report.outcome for report in reports}


def test_a_retry_is_waited_for_in_one_piece():
    """However short the connection is kept, the thread does not go round and round."""

    class Fails(StuckCarrier):
        rounds = 0

        def carry(self, outgoing, *, until, answer_until):
            return Failure.answered(Stage.RCPT, 450) if outgoing.attempts == 1 else None

        def let_go(self):
            self.rounds += 1

    carrier = Fails()
    worker, reports = worker_with(carrier, backoff=Backoff(base=0.3), dice=lambda: 0.9)
    worker.put((waiting(1),))
    reports.ends(1)
    worker.close(SOON)

    assert carrier.rounds <= 3


def test_no_thread_no_mail():
    """Where the system has no more threads, the mail is dropped, typed; the next one may be luckier."""

    def sorry(**options):
        raise RuntimeError("can't start new thread")

    carrier = StuckCarrier()
    carrier.end.set()
    worker, reports = worker_with(carrier, thread=sorry)

    assert not worker.put((waiting(1),))
    assert [end.reason for end in reports.ends(1)] == [DropReason.NO_THREAD]
    worker._new_thread = threading.Thread
    assert worker.put((waiting(2),))
    assert reports.ends(2)[1].outcome is MailOutcome.SENT
    worker.close(SOON)


class Exits(StuckCarrier):
    """A carrier that is ended by the first mail, with something that is no `Exception`."""

    def carry(self, outgoing, *, until, answer_until):
        """End the thread."""
        if outgoing.message_id == "<1>":
            raise SystemExit


DIES = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # which pytest wants seen


@DIES
def test_a_thread_that_died_is_replaced():
    """What killed it costs no mail that waits, and the one that it had in hand is told; nobody has to put another."""
    worker, reports = worker_with(Exits())
    worker.put((waiting(1), waiting(2)))

    ends = {end.message_id: end.reason for end in reports.ends(2)}
    assert ends == {"<1>": DropReason.NO_THREAD, "<2>": None}
    assert worker.flush(SOON)
    worker.close(0.0)


@DIES
def test_a_thread_that_died_and_has_no_successor_leaves_nothing_untold():
    """The system has no more threads: all that waits is dropped, and closing waits for nobody."""

    class Once:
        left = 1

        def __call__(self, **options):
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("can't start new thread")
            return threading.Thread(**options)

    worker, reports = worker_with(Exits(), thread=Once())
    worker.put((waiting(1), waiting(2)))

    assert [end.reason for end in reports.ends(2)] == [DropReason.NO_THREAD] * 2
    began = SystemClock().monotonic()
    worker.close(SOON)
    assert SystemClock().monotonic() - began < SOON / 2


@DIES
def test_an_observer_that_exits_ends_the_thread_and_nothing_else():
    """What waits gets another one."""
    carrier = StuckCarrier()
    worker, reports = worker_with(carrier)
    tell = worker._tell

    def exits(report):
        tell(report)
        if (report.message_id, report.outcome) == ("<1>", MailOutcome.SENT):
            raise SystemExit

    worker._tell = exits
    worker.put((waiting(1), waiting(2)))
    carrier.end.set()

    assert [end.reason for end in reports.ends(2)] == [None, None]
    worker.close(SOON)


def test_an_observer_that_closes_has_no_more_time_than_it_says():
    """What is due when that is over is dropped, though nobody waits for it; nor does it help to close once more."""
    carrier, times = StuckCarrier(), [0.0]
    worker, reports = worker_with(carrier, monotonic=lambda: times[0])
    tell = worker._tell

    def closes(report):
        tell(report)
        if report.outcome is MailOutcome.SENT:
            worker.close(1.0)
            worker.close(SOON)
            times[0] = 2.0

    worker._tell = closes
    worker.put((waiting(1), waiting(2)))
    carrier.end.set()

    assert [(end.message_id, end.reason) for end in reports.ends(2)] == [("<1>", None), ("<2>", DropReason.CLOSED)]
    assert worker.flush(SOON)


@DIES
def test_a_thread_that_died_lets_go_of_the_connection():
    """Otherwise it would stay open until somebody puts another mail."""
    let_go = threading.Event()
    carrier = StuckCarrier()
    carrier.end.set()
    carrier.let_go = let_go.set
    worker, _ = worker_with(carrier)

    def exits(report):
        if report.outcome is MailOutcome.SENT:
            raise SystemExit

    worker._tell = exits
    worker.put((waiting(1),))

    assert let_go.wait(SOON)


@DIES
def test_an_observer_that_exits_costs_no_count():
    """Of several mails that are dropped at once, all are counted, though it hears of the first one only."""

    class Refuses(StuckCarrier):
        def carry(self, outgoing, *, until, answer_until):
            self.end.wait(SOON)
            return Failure.answered(Stage.AUTH, 535)

    carrier, told = Refuses(), threading.Event()
    worker, _ = worker_with(carrier)

    def exits(report):
        if report.outcome is MailOutcome.DROPPED:
            told.set()
            raise SystemExit

    worker._tell = exits
    worker.put((waiting(1), waiting(2), waiting(3)))
    carrier.end.set()

    assert told.wait(SOON)
    assert worker.counts == MailCounts(queued=3, dropped=3)


@DIES
def test_dice_that_fail_cost_one_mail_which_is_told():
    """They are the host's own."""

    class Fails(StuckCarrier):
        def carry(self, outgoing, *, until, answer_until):
            return Failure.answered(Stage.RCPT, 450) if outgoing.message_id == "<1>" else None

    def broken():
        raise LookupError

    worker, reports = worker_with(Fails(), dice=broken)
    worker.put((waiting(1), waiting(2)))

    assert {end.message_id: end.reason for end in reports.ends(2)} == {"<1>": DropReason.NO_THREAD, "<2>": None}
    assert worker.counts == MailCounts(queued=2, sent=1, dropped=1)
    worker.close(SOON)


def test_a_put_while_the_thread_starts_starts_no_other():
    """As one from a signal handler, or from a finaliser, which runs with the lock held."""
    threads = []

    class Interrupted(threading.Thread):
        def start(self):
            threads.append(self)
            if len(threads) == 1:
                assert worker.put((waiting(2),))
            super().start()
            if len(threads) == 1:
                assert worker.put((waiting(3),))

    carrier = StuckCarrier()
    carrier.end.set()
    worker, reports = worker_with(carrier, thread=Interrupted)
    assert worker.put((waiting(1),))

    assert sorted(numbers(reports.ends(3))) == [1, 2, 3]
    assert len(threads) == 1
    worker.close(SOON)


def test_a_mail_that_came_while_no_thread_could_start_is_told():
    """At the latest when the queue is closed."""

    class Interrupted(threading.Thread):
        def start(self):
            assert worker.put((waiting(2),))
            raise RuntimeError("can't start new thread")

    worker, reports = worker_with(StuckCarrier(), thread=Interrupted)
    assert not worker.put((waiting(1),))
    worker.close(SOON)

    assert [(end.message_id, end.reason) for end in reports.ends(2)] == [
        ("<1>", DropReason.NO_THREAD),
        ("<2>", DropReason.CLOSED),
    ]


def test_a_start_that_is_interrupted_leaves_one_thread_at_most():
    """The thread that did begin, however late, sends nothing; the next put starts its own."""
    threads, go_on = [], threading.Event()

    class Interrupted(threading.Thread):
        def start(self):
            threads.append(self)
            super().start()
            if len(threads) == 1:
                raise KeyboardInterrupt

        def run(self):
            assert self is not threads[0] or go_on.wait(SOON)
            super().run()

    carrier = StuckCarrier()
    worker, reports = worker_with(carrier, thread=Interrupted)
    with pytest.raises(KeyboardInterrupt):
        worker.put((waiting(1),))
    assert worker.put((waiting(2),))
    assert carrier.began.wait(SOON)
    go_on.set()
    threads[0].join(SOON)

    assert worker._thread is threads[1]
    carrier.end.set()
    assert numbers(reports.ends(1)) == [2]
    worker.close(SOON)


def test_a_put_that_comes_as_the_thread_ends_is_not_lost():
    """With a linger of nothing, the thread ends after every mail."""
    carrier = StuckCarrier()
    carrier.end.set()
    worker, reports = worker_with(carrier, capacity=200)
    for number in range(200):
        assert worker.put((waiting(number),))
    assert worker.flush(SOON)
    worker.close(SOON)

    assert numbers(reports.ends(200)) == list(range(200))


def test_what_was_aborted_begins_nothing_new():
    """The thread may have been between two connections, where there was nothing to cut."""
    carrier = Carrier(SmtpRoute(host="127.0.0.1", tls=SmtpTls.NONE, port=9), SystemClock().monotonic)
    carrier.abort()
    failure = carried(carrier, SystemClock().monotonic() + SOON)

    assert str(failure) == "the connection broke at connecting"
    with pytest.raises(ConnectionError):
        Wire(SystemClock().monotonic).write(b"QUIT")


def test_nothing_that_goes_wrong_ends_the_thread():
    """It costs an attempt, and is told by its class."""

    def broken():
        raise LookupError("a clock of the host's")

    carrier = Carrier(SmtpRoute(host="127.0.0.1", tls=SmtpTls.NONE, port=9), broken)
    failure = carried(carrier, 1.0)

    assert (str(failure), failure.reason) == ("LookupError at connecting", None)


def test_a_time_that_is_over_is_not_begun():
    """Not even the connection."""
    carrier = Carrier(SmtpRoute(host="127.0.0.1", tls=SmtpTls.NONE, port=9), SystemClock().monotonic)

    assert str(carried(carrier, SystemClock().monotonic())) == "timed out at connecting"


def test_a_mail_whose_time_others_took_costs_no_connection():
    """It is not tried again, and what is told is what it failed at when it was."""
    now = MONOTONIC()
    late = waiting(2).failed(Failure.answered(Stage.RCPT, 450))
    with MailServer() as server:
        carrier = Carrier(SmtpRoute(host="127.0.0.1", tls=SmtpTls.NONE, port=server.port), MONOTONIC)

        assert carried(carrier, now + SOON) is None
        assert carrier.carry(late, until=now, answer_until=now) is late.last
        assert carried(carrier, now + SOON) is None
        carrier.let_go()
        assert server.connections == 1


def test_what_ends_the_thread_ends_the_conversation():
    """Nobody could go on in the middle of it."""

    def leave():
        raise SystemExit

    carrier = Carrier(SmtpRoute(host="127.0.0.1", tls=SmtpTls.NONE, port=9), leave)
    with pytest.raises(SystemExit):
        carried(carrier, 1.0)

    assert carrier._session is None


def dialled(*places):
    """Return a connection to the first of these places that answers, within two seconds."""
    monotonic = SystemClock().monotonic
    wire = Wire(monotonic, lambda *_, **__: places)
    wire.until = monotonic() + 2.0
    try:
        wire.dial("mx.example.com", 25)
        return wire._open().getpeername()
    finally:
        wire.close()


def test_a_family_that_the_machine_does_not_know_is_passed_over():
    """An address of IPv6 keeps nobody from the one of IPv4 behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = (socket.AF_INET, socket.SOCK_STREAM, 0, "", listening.getsockname())

        assert dialled((9999, socket.SOCK_STREAM, 0, "", ("::1", 25, 0, 0)), place) == listening.getsockname()
        with pytest.raises(OSError, match="not supported"):
            dialled((9999, socket.SOCK_STREAM, 0, "", ("::1", 25, 0, 0)))


def test_an_address_that_does_not_answer_leaves_time_for_the_next():
    """Each has its share."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        waits = [socket.socket() for _ in range(4)]
        for each in waits:  # more than there is room for, so that whoever comes next is not answered
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())
        try:
            places = [
                (socket.AF_INET, socket.SOCK_STREAM, 0, "", each.getsockname()) for each in (deaf, deaf, listening)
            ]
            assert dialled(*places) == listening.getsockname()
        finally:
            for each in waits:
                each.close()


def test_what_runs_at_exit_closes_the_queue():
    """In whichever process that is."""
    queue = SmtpMailQueue("127.0.0.1", 9, tls="none")
    queue._at_exit()

    assert queue._workers.get().put((waiting(1),)) is False
