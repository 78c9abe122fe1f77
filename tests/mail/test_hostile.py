"""A server that speaks no SMTP, or abuses it, byte by byte."""

import base64
import ssl

import pytest
from mail_world import AT_ONCE, PASSWORD, SOON, Reports, certified, mail, queue_to, trusting

from alertkit.mail import DropReason, MailOutcome, SmtpMailQueue
from alertkit.testing import LoopbackServer


class Script:
    """Says one answer after the other, each to whatever comes; the first of them is the greeting."""

    def __init__(self, *answers):
        self.answers = answers
        self.heard = []

    def __call__(self, conversation):
        """Play it on one connection, and keep what was heard."""
        heard = []
        self.heard.append(heard)
        for answer in self.answers:
            conversation.write(answer)
            said = conversation.read_some()
            if not said:
                return
            heard.append(said)


def outcome_of(script, **options):
    """Return what becomes of one mail."""
    with LoopbackServer(script) as server, queue_to(server.port, **options) as (queue, reports):
        queue.put(mail())
        (end,) = reports.ends(1)
    return end


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\r\n",
        b"999 What\r\n",
        b"22\r\n",
        "２２０ hi\r\n".encode(),
        b"220-more\r\n" * 500,
        b"2" * 100_000,
        b"220 " + b"x" * 4096 + b"\r\n",
    ],
)
def test_what_is_not_smtp_is_given_up(greeting):
    """Bounded in lines and in bytes, and tried again like a connection that breaks."""
    end = outcome_of(Script(greeting))

    assert (end.reason, end.attempts) == (DropReason.GAVE_UP, 4)
    assert end.problem == "the connection broke at the greeting"


def test_a_server_that_drips_gains_no_time():
    """One byte at a time, each well before any timeout of a socket, is a stall as any other."""

    def drip(conversation):
        conversation.drip(b"220-" + b"x" * 4000, every=0.05)

    end = outcome_of(drip, timeout=0.3, deadline=0.3)

    assert (end.reason, end.problem) == (DropReason.GAVE_UP, "timed out at the greeting")


def test_a_server_that_does_not_read_gains_no_time():
    """A message that nobody takes is given up in time."""

    def deaf(conversation):
        conversation.write(b"220 hi\r\n")
        for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            conversation.read_some()
            conversation.write(answer)
        conversation.pause(SOON)

    with LoopbackServer(deaf) as server, queue_to(server.port, timeout=0.5, deadline=0.5) as (queue, reports):
        queue.put(mail(body="x" * 60 + "\n" + ("y" * 70 + "\n") * 100_000))
        (end,) = reports.ends(1)

    assert (end.reason, end.problem) == (DropReason.GAVE_UP, "timed out at DATA")


def test_an_answer_of_several_lines_is_one():
    """And an answer without a text is one, too."""
    script = Script(
        b"220-hi\r\n220 there\r\n", b"250-mx\r\n250-SIZE\r\n250\r\n", *[b"250 ok\r\n"] * 2, b"354\r\n", b"250\r\n"
    )

    assert outcome_of(script).outcome is MailOutcome.SENT


def test_a_line_of_a_single_full_stop_stays_in_the_message():
    """It is not the end, wherever it stands, nor is one between line ends of another kind."""
    script = Script(b"220 hi\r\n", b"250 mx\r\n", *[b"250 ok\r\n"] * 2, b"354 go\r\n", b"250 ok\r\n")
    with LoopbackServer(script) as server, queue_to(server.port) as (queue, reports):
        queue.put(mail(body="above\n.\n.below\n"))
        reports.ends(1)

    data = script.heard[0][4]
    assert data.endswith(b"\r\n\r\nabove\r\n..\r\n..below\r\n.\r\n")
    assert data.replace(b"\r\n", b"").count(b"\r") == data.replace(b"\r\n", b"").count(b"\n") == 0


def test_what_was_said_before_tls_counts_for_nothing():
    """A stranger on the line who adds something behind the answer to STARTTLS is not listened to."""
    script = Script(b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n250 AUTH PLAIN\r\n")
    end = outcome_of(script, tls="starttls", ssl_context=trusting(), username="relay", password=PASSWORD)

    assert (end.reason, end.problem) == (DropReason.GAVE_UP, "the connection broke at TLS")
    assert [said.split()[0] for said in script.heard[0]] == [b"EHLO", b"STARTTLS"]


def test_a_handshake_that_is_none():
    """A port that speaks in the clear where TLS is expected."""
    end = outcome_of(Script(b"220 hi, in the clear\r\n"), tls="implicit", ssl_context=trusting())

    assert (end.reason, end.problem) == (DropReason.GAVE_UP, "the handshake failed at TLS")


def test_a_handshake_that_stalls_ends_in_time():
    """Nothing comes after the hello."""
    end = outcome_of(lambda conversation: conversation.pause(SOON), tls="implicit", timeout=0.3, deadline=0.3)

    assert (end.reason, end.problem) == (DropReason.GAVE_UP, "timed out at TLS")


def over_tls(script, **options):
    """Return what becomes of one mail over implicit TLS, with a password."""
    given = {"tls": "implicit", "ssl_context": trusting(), "username": "relay", "password": PASSWORD, **options}
    with LoopbackServer(script, tls=certified()) as server, queue_to(server.port, **given) as (queue, reports):
        queue.put(mail())
        (end,) = reports.ends(1)
    return end


def test_the_older_way_to_log_in():
    """Where PLAIN is not offered, LOGIN is used."""
    script = Script(
        *(b"220 hi\r\n", b"250-mx\r\n250 auth login cram-md5\r\n", b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"),
        *(b"235 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 ok\r\n"),
    )
    end = over_tls(script, ehlo_name="host.example")

    assert end.outcome is MailOutcome.SENT
    assert script.heard[0][:4] == [
        b"EHLO host.example\r\n",
        b"AUTH LOGIN\r\n",
        base64.b64encode(b"relay") + b"\r\n",
        base64.b64encode(PASSWORD.encode()) + b"\r\n",
    ]


@pytest.mark.parametrize("offer", [b"250 mx\r\n", b"250-mx\r\n250 AUTH CRAM-MD5 XOAUTH2\r\n"])
def test_no_way_to_log_in(offer):
    """Then nothing is sent."""
    end = over_tls(Script(b"220 hi\r\n", offer))

    assert (end.reason, end.problem) == (DropReason.REFUSED, "neither PLAIN nor LOGIN is offered at AUTH")


def test_a_connection_that_breaks_under_tls_is_one_that_breaks():
    """Whatever the library calls it."""
    end = over_tls(lambda conversation: conversation.reset())

    assert end.reason is DropReason.GAVE_UP
    assert end.problem in {"the connection broke at the greeting", "the handshake failed at TLS"}


def test_an_answer_that_nobody_expects_ends_the_conversation():
    """It is no refusal, and nothing can be made of it."""
    end = outcome_of(Script(b"220 hi\r\n", b"250 mx\r\n", b"354 go\r\n"))

    assert (end.reason, end.code, end.problem) == (DropReason.GAVE_UP, 354, "354 at MAIL")


def test_a_host_that_cannot_be_found_is_tried_again():
    """A resolver may know it the next time."""
    reports = Reports()
    with SmtpMailQueue(":::", 25, tls="none", backoff=AT_ONCE, observer=reports) as queue:
        queue.put(mail())
        (end,) = reports.ends(1)

    assert (end.reason, end.attempts) == (DropReason.GAVE_UP, 4)
    assert end.problem == "the host was not found at connecting"


def test_the_contexts_of_the_tests_check_names():
    """A context that did not would make the tests of certificates worth nothing."""
    assert trusting().verify_mode is ssl.CERT_REQUIRED
