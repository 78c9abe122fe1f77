"""Mail over real SMTP: every stage fails in every way, and each mail ends as sent or dropped."""

import gc
import logging
import threading
import time
import weakref

import pytest
from mail_world import AT_ONCE, DROP, PASSWORD, PAUSE, SOON, STALL, MailServer, certified, mail, queue_to, trusting

from alertkit import Backoff, UsageError
from alertkit.mail import DropReason, MailCounts, MailOutcome, SmtpMailQueue, SmtpTls
from alertkit.testing.contracts import MailQueueContract

STAGES = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA")
IN_WORDS = {"GREETING": "the greeting", "DATA": "the end of DATA"}


@pytest.fixture
def server():
    """Give a server in the clear."""
    with MailServer() as running:
        yield running


class TestSmtpMailQueue(MailQueueContract):
    """Over a real server."""

    @pytest.fixture(autouse=True)
    def _world(self):
        with MailServer() as self.server, queue_to(self.server) as (self.queue, _):
            yield

    def make(self):
        """Return the queue."""
        return self.queue

    def make_full(self):
        """Return the queue, closed."""
        self.queue.close()
        return self.queue

    def arrived(self, queue, count):
        """Return what the server got."""
        assert count or queue.flush(SOON)
        return self.server.arrived(count)


def test_a_mail_arrives_and_is_counted(server):
    """Queued, sent, told, and nothing waits."""
    with queue_to(server) as (queue, reports):
        assert queue.put(mail())
        (sent,) = reports.ends(1)
        assert queue.flush(SOON)

        assert (sent.outcome, sent.reason, sent.attempts, sent.code) == (MailOutcome.SENT, None, 1, None)
        assert (sent.message_id, sent.recipient) == ("<1@host.example>", "pat@example.com")
        assert queue.counts == MailCounts(queued=1, sent=1)
        assert {report.outcome for report in reports} == {MailOutcome.QUEUED, MailOutcome.SENT}
    assert server.ehlos == ["[127.0.0.1]"]


@pytest.mark.parametrize("answer", ["421 Not now", "450 Not now"])
@pytest.mark.parametrize("stage", STAGES)
def test_what_cannot_pass_now_is_tried_again(server, stage, answer):
    """A 4xx at any stage costs an attempt and no mail."""
    server.orders[stage].append(answer)
    with queue_to(server) as (queue, reports):
        queue.put(mail())
        (sent,) = reports.ends(1)

        assert (sent.outcome, sent.attempts) == (MailOutcome.SENT, 2)
        assert (queue.counts.sent, queue.counts.retried) == (1, 1)
    assert len(server.arrived(1)) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_refused_is_not_tried_again(server, stage):
    """A 5xx at any stage is the end of the mail, and says where."""
    server.orders[stage].append("550 5.7.1 pat@example.com is not wanted here")
    with queue_to(server) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

        assert (dropped.outcome, dropped.reason, dropped.attempts) == (MailOutcome.DROPPED, DropReason.REFUSED, 1)
        assert dropped.code == 550
        assert dropped.problem == f"550 at {IN_WORDS.get(stage, stage)}"
        assert queue.put(mail(2))
        assert reports.ends(2)[1].outcome is MailOutcome.SENT


def test_a_retry_is_told(server):
    """With what the server answered, and when the next attempt comes."""
    server.orders["RCPT"].append("450 Not now")
    with queue_to(server) as (queue, reports):
        queue.put(mail())
        reports.ends(1)

        (retried,) = [report for report in reports if report.outcome is MailOutcome.RETRIED]
    assert (retried.attempts, retried.code, retried.delay, retried.reason) == (1, 450, 0.0, None)
    assert "450 at RCPT" in retried.problem


@pytest.mark.parametrize("stage", STAGES)
def test_a_connection_that_breaks_is_opened_again(server, stage):
    """Wherever it breaks."""
    server.orders[stage].append(DROP)
    with queue_to(server) as (queue, reports):
        queue.put(mail())

        assert [(end.outcome, end.attempts) for end in reports.ends(1)] == [(MailOutcome.SENT, 2)]
    assert server.connections == 2


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_stalls_is_given_up_in_time(server, stage):
    """An attempt is over after `timeout` and `answer_timeout`, and the next one gets a new connection."""
    server.orders[stage].append(STALL)
    with queue_to(server, timeout=0.5, answer_timeout=0.1) as (queue, reports):
        queue.put(mail())
        (sent,) = reports.ends(1)

    assert sent.outcome is MailOutcome.SENT
    assert sent.attempts >= 2


def test_attempts_come_to_an_end(server):
    """After as many as the backoff allows, with what went wrong last."""
    server.orders["RCPT"].extend(["451 Later"] * 9)
    with queue_to(server) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

    assert (dropped.reason, dropped.attempts, dropped.problem) == (DropReason.GAVE_UP, 4, "451 at RCPT")


@pytest.mark.parametrize("timeout", [0.2, 60])
def test_a_deadline_is_for_all_attempts_together(server, timeout):
    """A server that stalls every time costs no more than the deadline."""
    server.orders["RCPT"].extend([STALL] * 100)
    with queue_to(server, timeout=timeout, deadline=0.5, backoff=Backoff(attempts=100, base=0)) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

    assert dropped.reason is DropReason.GAVE_UP
    assert dropped.attempts <= 5


def test_a_server_that_looks_at_a_mail_for_long_gets_it_once(server):
    """The answer to all of it has a time of its own."""
    server.orders["DATA"].append(PAUSE)
    with queue_to(server, timeout=0.3) as (queue, reports):
        queue.put(mail())

        assert [(end.outcome, end.attempts) for end in reports.ends(1)] == [(MailOutcome.SENT, 1)]
    assert len(server.arrived(1)) == 1


@pytest.mark.parametrize("order", [STALL, DROP])
def test_a_mail_that_may_have_arrived_is_sent_once_more(server, order):
    """And no third time: a server that takes mail and never says so makes two of one, and not as many as attempts."""
    server.orders["DATA"].extend([order] * 9)
    server.orders["RCPT"].extend([None, "450 Later"])
    with queue_to(server, timeout=0.3, answer_timeout=0.1) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

    assert (dropped.reason, dropped.attempts) == (DropReason.GAVE_UP, 3)
    assert dropped.problem.endswith("at the end of DATA")
    assert len(server.orders["DATA"]) == 7


def test_the_answer_to_a_mail_has_no_more_time_than_the_mail(server):
    """Its deadline is for that, too."""
    server.orders["DATA"].append(STALL)
    with queue_to(server, deadline=0.5) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

    assert (dropped.reason, dropped.problem) == (DropReason.GAVE_UP, "timed out at the end of DATA")


@pytest.mark.parametrize(("draw", "waited"), [(0.0, 395), (0.5, 592.5), (0.999, 789)])
def test_a_server_may_be_gone_for_some_minutes(draw, waited):
    """By default the first attempt and the last are ten minutes apart, and never less than six."""
    queue = SmtpMailQueue("127.0.0.1", 9, dice=lambda: draw)
    queue.close()
    pace, delays = queue._pace, []
    for attempt in range(1, pace.backoff.attempts):
        delays.append(pace.wait_after(attempt, dice=draw, remaining=pace.deadline - sum(delays)))

    assert len(delays) == 7
    assert sum(delays) == pytest.approx(waited, abs=1)
    assert pace.wait_after(8, dice=draw, remaining=1000.0) is None


def test_nobody_there_is_tried_again():
    """A connection that is refused may be accepted the next time."""
    with MailServer() as gone:
        pass
    with queue_to(gone.port) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

    assert (dropped.reason, dropped.attempts) == (DropReason.GAVE_UP, 4)
    assert dropped.problem == "the connection was refused at connecting"


def test_one_recipient_that_is_refused_costs_no_other(server):
    """Of three recipients of one message, one is refused and one has to wait."""
    server.refuses["gone@example.com"] = "550 Gone"
    server.orders["RCPT"].append("450 Later")
    with queue_to(server) as (queue, reports):
        queue.put(mail(to="late@example.com, gone@example.com, pat@example.com"))
        ends = {end.recipient: end.reason for end in reports.ends(3)}

    assert ends == {"late@example.com": None, "gone@example.com": DropReason.REFUSED, "pat@example.com": None}
    assert sorted(recipient for recipient, _ in server.arrived(2)) == ["late@example.com", "pat@example.com"]
    assert server.connections == 1


def test_mails_share_a_connection_which_is_let_go(server):
    """Several go over one; after `linger` the server is told, and a later mail opens another."""
    with queue_to(server, linger=0.5) as (queue, reports):
        for number in range(5):
            queue.put(mail(number))
        reports.ends(5)
        assert server.connections == 1
        thread = queue._workers.get()._thread
        if thread is not None:
            thread.join(SOON)
        assert server.goodbyes == 1
        queue.put(mail(6))
        reports.ends(6)
    assert server.connections == 2


def test_a_kept_connection_that_the_server_let_go_of_costs_no_attempt(server):
    """It is opened again at once."""
    with queue_to(server) as (queue, reports):
        queue.put(mail(1))
        reports.ends(1)
        server.orders["MAIL"].append("421 You were silent for too long")
        queue.put(mail(2))

        assert [end.attempts for end in reports.ends(2)] == [1, 1]
    assert server.connections == 2


def test_a_kept_connection_that_stalls_is_not_tried_beyond_its_time(server):
    """There is no time left to connect anew, and it is the stall that is told."""
    with queue_to(server, timeout=0.5, deadline=0.5) as (queue, reports):
        queue.put(mail(1))
        reports.ends(1)
        server.orders["MAIL"].append(STALL)
        queue.put(mail(2))
        dropped = reports.ends(2)[1]

    assert (dropped.reason, dropped.problem) == (DropReason.GAVE_UP, "timed out at MAIL")
    assert server.connections == 1


@pytest.mark.parametrize("answer", ["502 What?", DROP])
def test_a_server_that_will_not_forget_is_left(server, answer):
    """Where a message was refused and RSET fails too, the next attempt has a new connection."""
    server.orders["RCPT"].append("450 Later")
    server.orders["RSET"].append(answer)
    with queue_to(server) as (queue, reports):
        queue.put(mail())

        assert [(end.outcome, end.attempts) for end in reports.ends(1)] == [(MailOutcome.SENT, 2)]
    assert server.connections == 2


def test_a_server_that_stalls_after_a_refusal_is_left_soon(server):
    """What it says to RSET is not worth the time that the answer to a whole mail has."""
    server.orders["DATA"].append("450 Later")
    server.orders["RSET"].append(STALL)
    with queue_to(server) as (queue, reports):
        queue.put(mail())

        assert [(end.outcome, end.attempts) for end in reports.ends(1)] == [(MailOutcome.SENT, 2)]
    assert server.connections == 2


def test_a_full_queue_refuses_and_does_not_wait(server):
    """What there is no room for is dropped at once, typed, and all of a message or nothing."""
    server.orders["MAIL"].append(STALL)
    with queue_to(server, capacity=2) as (queue, reports):
        assert queue.put(mail(1))
        assert server.stalled.wait(SOON)
        assert queue.put(mail(2))
        assert not queue.put(mail(3, to="a@example.com, b@example.com"))
        assert queue.put(mail(4))
        assert not queue.put(mail(5))

        assert [(end.message_id, end.reason) for end in reports.ends(3)] == [
            ("<3@host.example>", DropReason.FULL),
            ("<3@host.example>", DropReason.FULL),
            ("<5@host.example>", DropReason.FULL),
        ]
        assert queue.counts == MailCounts(queued=3, dropped=3, waiting=3)
        assert not queue.flush(0)


def test_closing_sends_what_waits(server):
    """All of it, without waiting for more, and then takes nothing more."""
    with queue_to(server, linger=60) as (queue, reports):
        for number in range(20):
            queue.put(mail(number))
        queue.close(SOON)

        assert [end.outcome for end in reports.ends(20)] == [MailOutcome.SENT] * 20
        assert not queue.put(mail(21))
        assert reports[-1].reason is DropReason.CLOSED
        queue.close()
    assert server.goodbyes == 1


def test_a_queue_that_was_closed_is_let_go_of():
    """The interpreter does not keep it until it exits."""
    queue = SmtpMailQueue("127.0.0.1", 9, tls="none")
    seen = weakref.ref(queue)
    queue.close()
    del queue
    gc.collect()

    assert seen() is None


def test_flush_waits_until_it_was_told(server):
    """Who asks the observer afterwards finds everything."""
    told, go_on = threading.Event(), threading.Event()

    def slow(report):
        if report.outcome is MailOutcome.SENT:
            told.set()
            go_on.wait(SOON)

    with queue_to(server, observer=slow) as (queue, _):
        queue.put(mail())
        assert told.wait(SOON)
        assert not queue.flush(0.1)
        go_on.set()
        assert queue.flush(SOON)


def test_a_clock_need_not_tell_the_day(server):
    """What is asked of it is what is used."""

    class Ticks:
        monotonic = staticmethod(time.monotonic)

    with queue_to(server, clock=Ticks()) as (queue, reports):
        queue.put(mail())
        assert reports.ends(1)[0].outcome is MailOutcome.SENT


def test_closing_while_the_server_stalls_drops_the_rest(server):
    """The connection is cut when the time is over; each mail that was left is told."""
    server.orders["DATA"].append(STALL)
    with queue_to(server, timeout=60) as (queue, reports):
        queue.put(mail(1))
        queue.put(mail(2))
        assert server.stalled.wait(SOON)
        queue.close(0.1)

        assert [(end.message_id, end.reason) for end in reports.ends(2)] == [
            ("<1@host.example>", DropReason.CLOSED),
            ("<2@host.example>", DropReason.CLOSED),
        ]
        assert queue.counts == MailCounts(queued=2, dropped=2)
        assert queue._workers.get()._thread is None


@pytest.mark.parametrize("answers", [1, 2])
def test_closing_gives_what_waits_a_last_attempt(server, answers):
    """A mail that is due in ten minutes is tried at once, and dropped if that fails too, with what it failed at."""
    server.orders["RCPT"].extend(["450 Later"] * answers)
    with queue_to(server, backoff=Backoff(base=600, cap=600), dice=lambda: 0.99, linger=0) as (queue, reports):
        queue.put(mail(1))
        while not queue.counts.retried:  # the next line waits for the thread, which waits for the retry
            assert not queue.flush(0.01)
        queue.close(SOON)

        (end,) = reports.ends(1)
        assert end.attempts == 2
        if answers == 1:
            assert end.outcome is MailOutcome.SENT
        else:
            assert (end.reason, end.code, end.problem) == (DropReason.CLOSED, 450, "450 at RCPT")
        assert queue.counts.retried == 1  # there is no attempt after the last


def test_a_queue_may_be_closed_by_its_observer(server):
    """The thread that sends cannot wait for itself."""
    with queue_to(server) as (queue, reports):
        queue._observer = lambda report: (reports(report), report.outcome is MailOutcome.SENT and queue.close(SOON))
        queue.put(mail(1))
        reports.ends(1)

        assert queue.flush(SOON)
        assert not queue.put(mail(2))


def test_an_observer_that_fails_costs_no_mail(server, caplog):
    """It is logged, without its text, in which an address may stand."""

    def failing(report):
        raise LookupError(report.recipient)

    with queue_to(server, observer=failing) as (queue, _):
        assert queue.put(mail())
        server.arrived(1)
        assert queue.flush(SOON)
    assert "the observer failed: LookupError" in caplog.text
    assert "pat@" not in caplog.text


def test_no_line_of_the_log_holds_an_address_or_the_password(caplog):
    """At no level, whatever the server says; nor does the `repr` of anything."""
    caplog.set_level(logging.DEBUG, logger="alertkit")
    with MailServer(starttls=certified(), login=True) as server:
        server.orders["RCPT"].extend(["450 pat@example.com later", f"550 no {PASSWORD} pat@example.com"])
        options = {"tls": "starttls", "username": "relay", "password": PASSWORD, "ssl_context": trusting()}
        with queue_to(server, **options) as (queue, reports):
            queue.put(mail())
            reports.ends(1)
            shown = [caplog.text, repr(queue), repr(list(reports)), repr(queue._route), *map(repr, caplog.records)]
            shown += [repr(vars(record)) for record in caplog.records]
    assert "450 at RCPT" in caplog.text
    for text in shown:
        assert "pat@" not in text
        assert PASSWORD not in text


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_and_login(tls):
    """Both ways of TLS, with a password that was sent inside."""
    options = {"starttls": certified()} if tls == "starttls" else {"implicit": certified()}
    with MailServer(login=True, **options) as server:
        given = {"tls": tls, "username": "relay", "password": PASSWORD, "ssl_context": trusting()}
        with queue_to(server, **given) as (queue, reports):
            queue.put(mail())
            assert reports.ends(1)[0].outcome is MailOutcome.SENT
        assert server.logins == ["PLAIN"]


def test_a_wrong_password_is_tried_once():
    """The server refuses it, and with it all that waits: a login is not repeated until the account is locked."""
    with MailServer(starttls=certified(), login=True) as server:
        server.orders["EHLO"].append(STALL)
        given = {"tls": "starttls", "username": "relay", "password": "wrong", "ssl_context": trusting()}
        with queue_to(server, timeout=0.5, **given) as (queue, reports):
            queue.put(mail(1))
            assert server.stalled.wait(SOON)
            queue.put(mail(2))
            ends = reports.ends(2)

        assert [(end.reason, end.code, end.problem) for end in ends] == [(DropReason.REFUSED, 535, "535 at AUTH")] * 2
        assert server.logins == ["PLAIN"]


@pytest.mark.parametrize(("name", "trust"), [("127.0.0.1", None), ("other.example", trusting())])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_is_checked(tls, name, trust):
    """One of an unknown authority, or for another name, is the end: nothing is sent to just anybody."""
    with MailServer(**{"starttls" if tls == "starttls" else "implicit": certified(name)}) as server:
        with queue_to(server, tls=tls, ssl_context=trust) as (queue, reports):
            queue.put(mail())
            (dropped,) = reports.ends(1)

    assert (dropped.reason, dropped.attempts) == (DropReason.UNTRUSTED, 1)
    assert dropped.problem == "the certificate is not to be trusted at TLS"


def test_no_starttls_no_mail(server):
    """Where it is not offered, or was taken out on the way, nothing is said in the clear."""
    with queue_to(server, tls="starttls", ssl_context=trusting()) as (queue, reports):
        queue.put(mail())
        (dropped,) = reports.ends(1)

    assert (dropped.reason, dropped.problem) == (DropReason.UNTRUSTED, "STARTTLS is not offered at TLS")


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), (SmtpTls.STARTTLS, 587), ("implicit", 465), ("none", 25)])
def test_each_way_has_its_port(tls, port):
    """As IANA has them."""
    queue = SmtpMailQueue("mx.example.com", tls=tls)
    queue.close()

    assert repr(queue) == f"SmtpMailQueue('mx.example.com', {port}, tls='{tls}')"


@pytest.mark.parametrize("host", ["localhost", "mx.example.com", "mail_1", "192.0.2.1", "::1"])
def test_hosts_that_can_be(host):
    """Names, and addresses of both kinds."""
    SmtpMailQueue(host).close()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"host": "mx.example.com\r\n"}, "host must be"),
        ({"host": 7}, "host must be"),
        ({"host": "mx..example.com"}, "host must be"),
        ({"host": "x" * 64 + ".example.com"}, "host must be"),
        ({"host": "x." * 127}, "host must be"),
        ({"host": ""}, "host must be"),
        ({"port": 0}, "port must be"),
        ({"port": 65536}, "port must be at most 65535"),
        ({"port": "25"}, "port must be"),
        ({"tls": "maybe"}, "tls must be one of starttls, implicit, none"),
        ({"username": "relay"}, "username and password go together"),
        ({"password": "secret-1"}, "username and password go together"),
        ({"username": "relay", "password": "sécret"}, "password must be"),
        ({"username": "re\r\nlay", "password": "secret-1"}, "username must be"),
        ({"username": "relay", "password": "secret-1", "tls": "none"}, "a password is not sent without TLS"),
        ({"ssl_context": True}, "ssl_context must be"),
        ({"ehlo_name": "a b"}, "ehlo_name must be"),
        ({"capacity": 0}, "capacity must be"),
        ({"timeout": 0}, "timeout must be a number of seconds, more than 0 and at most a day"),
        ({"answer_timeout": 0}, "answer_timeout must be a number of seconds, more than 0"),
        ({"deadline": float("nan")}, "deadline must be"),
        ({"linger": -1}, "linger must be a number of seconds, at least 0"),
        ({"exit_timeout": None}, "exit_timeout must be"),
        ({"backoff": 3}, "backoff must be"),
        ({"observer": 3}, "observer must be a function"),
        ({"dice": 3}, "dice must be a function"),
        ({"clock": 3}, "clock must have the methods"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong, problem):
    """When the queue is built, and without the password."""
    with pytest.raises(UsageError, match=problem) as refused:
        SmtpMailQueue(**{"host": "mx.example.com", **wrong})
    assert "ecret" not in str(refused.value)


@pytest.mark.parametrize("method", ["flush", "close"])
def test_waits_are_seconds(server, method):
    """And nothing else."""
    with queue_to(server) as (queue, _), pytest.raises(UsageError):
        getattr(queue, method)(-1)


def test_a_queue_closes_with_its_with(server):
    """And sends what waits."""
    with SmtpMailQueue("127.0.0.1", server.port, tls="none", backoff=AT_ONCE) as queue:
        queue.put(mail())
    assert len(server.arrived(1)) == 1
