"""What an attempt that failed comes to, by numbers alone: no server, no thread."""

import math

import pytest

from alertkit import Backoff, UsageError
from alertkit.mail import DropReason, MailOutcome, MailReport
from alertkit.mail._envelope import Envelope
from alertkit.mail._failure import Failure, Stage
from alertkit.mail._outgoing import Backlog, Outgoing, outgoing_of
from alertkit.mail._pace import SmtpPace

LATER = Failure.answered(Stage.RCPT, 450)
UNANSWERED = Failure(stage=Stage.END, what="timed out")


def one(**changes):
    """Return something to send."""
    usual = {"sender": "a@host.example", "recipient": "b@example.com", "message_id": "<1>", "data": b"Hello"}
    return Outgoing(**{**usual, **changes})


def pace(**changes):
    """Return settings."""
    usual = {"capacity": 9, "timeout": 30.0, "answer_timeout": 600.0, "deadline": 1800.0}
    backoff = Backoff(attempts=4, base=8.0, cap=100.0)
    return SmtpPace(**{**usual, "linger": 5.0, "exit_timeout": 5.0, "backoff": backoff, **changes})


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (250, None),
        (450, None),
        (499, None),
        (500, DropReason.REFUSED),
        (550, DropReason.REFUSED),
        (599, DropReason.REFUSED),
        (600, None),
    ],
)
def test_what_is_answered_is_for_good_from_500_to_599(code, reason):
    """Anything else that was not wanted is for now; the code is all that is kept of the answer."""
    failure = Failure.answered(Stage.RCPT, code)

    assert failure == Failure(stage=Stage.RCPT, what=str(code), code=code, reason=reason)
    assert str(failure) == f"{code} at RCPT"


@pytest.mark.parametrize(
    ("stage", "code", "of_session", "may_have_arrived", "ends_session"),
    [
        (Stage.CONNECT, None, True, False, True),
        (Stage.GREETING, 450, True, False, True),
        (Stage.AUTH, 535, True, False, True),
        (Stage.MAIL, None, False, False, True),
        (Stage.MAIL, 550, False, False, False),
        (Stage.RCPT, 399, False, False, True),
        (Stage.RCPT, 400, False, False, False),
        (Stage.RCPT, 599, False, False, False),
        (Stage.RCPT, 600, False, False, True),
        (Stage.DATA, 421, False, False, True),
        (Stage.END, 450, False, False, False),
        (Stage.END, None, False, True, True),
    ],
)
def test_what_a_failure_is_about(stage, code, of_session, may_have_arrived, ends_session):
    """The session or the message; and whether the next message can have the same connection."""
    failure = Failure(stage=stage, what="", code=code)

    assert failure.is_of_session is of_session
    assert failure.may_have_arrived is may_have_arrived
    assert failure.ends_session is ends_session


def test_an_envelope_is_one_mail_for_each_recipient():
    """Which has never been tried, and has all the time there is."""
    envelope = Envelope(
        sender="a@host.example", recipients=("b@example.com", "c@example.com"), message_id="<1>", data=b"x"
    )

    assert outgoing_of(envelope) == tuple(
        Outgoing(
            sender="a@host.example",
            recipient=recipient,
            message_id="<1>",
            data=b"x",
            attempts=0,
            give_up_at=math.inf,
            last=None,
            may_have_arrived=False,
        )
        for recipient in ("b@example.com", "c@example.com")
    )


def test_the_first_attempt_says_when_to_give_up():
    """Those after it count, and change nothing about that."""
    first = one().tried(give_up_at=10.0)
    second = first.tried(give_up_at=99.0)

    assert first == one(attempts=1, give_up_at=10.0)
    assert second == one(attempts=2, give_up_at=10.0)


def test_what_may_have_arrived_may_have_arrived_for_ever():
    """What the last attempt failed at is kept besides."""
    assert one().failed(LATER) == one(last=LATER)
    assert one().failed(UNANSWERED) == one(last=UNANSWERED, may_have_arrived=True)
    assert one().failed(UNANSWERED).failed(LATER) == one(last=LATER, may_have_arrived=True)


def test_a_report_says_what_became_of_a_mail():
    """With the code and the words of a failure, where there was one."""
    tried = one(attempts=3)

    assert tried.report(MailOutcome.SENT) == MailReport(
        message_id="<1>", recipient="b@example.com", outcome=MailOutcome.SENT, attempts=3
    )
    assert tried.report(MailOutcome.RETRIED, reason=DropReason.CLOSED, failure=LATER, delay=4.5) == MailReport(
        message_id="<1>",
        recipient="b@example.com",
        outcome=MailOutcome.RETRIED,
        reason=DropReason.CLOSED,
        attempts=3,
        code=450,
        problem="450 at RCPT",
        delay=4.5,
    )


def test_what_hurries_keeps_its_order():
    """All of it is due at once, and before what comes then."""
    backlog = Backlog(9)
    for name, due in (("<1>", 30.0), ("<2>", 10.0), ("<3>", 20.0), ("<4>", 10.0)):
        backlog.put_back(one(message_id=name), due=due)
    backlog.hurry(now=5.0)
    backlog.put_back(one(message_id="<5>"), due=5.0)

    assert backlog.due() == 5.0
    assert [backlog.take(now=5.0).message_id for _ in range(5)] == ["<2>", "<4>", "<3>", "<1>", "<5>"]


def test_all_that_is_wrong_with_the_settings_is_told_at_once():
    """Each by its name."""
    with pytest.raises(UsageError) as refused:
        pace(capacity=0, timeout=0, answer_timeout=0.0, deadline=0, linger=-1, exit_timeout=None, backoff=None)

    assert str(refused.value) == (
        "capacity must be a whole number, at least 1; "
        "timeout must be a number of seconds, more than 0 and at most a day; "
        "answer_timeout must be a number of seconds, more than 0 and at most a day; "
        "deadline must be a number of seconds, more than 0 and at most a day; "
        "linger must be a number of seconds, at least 0 and at most a day; "
        "exit_timeout must be a number of seconds, at least 0 and at most a day; "
        "backoff must be of type Backoff, not NoneType"
    )


@pytest.mark.parametrize("setting", ["timeout", "answer_timeout", "deadline", "linger", "exit_timeout"])
@pytest.mark.parametrize("seconds", [1e-9, 1, 86_400])
def test_durations_that_can_be(setting, seconds):
    """From next to nothing to a day."""
    assert getattr(pace(**{setting: seconds}), setting) == seconds


@pytest.mark.parametrize("setting", ["timeout", "answer_timeout", "deadline", "linger", "exit_timeout"])
@pytest.mark.parametrize("seconds", [-1e-9, 86_400.001, 10**400, math.nan, math.inf, -math.inf, True, "1", None])
def test_durations_that_cannot_be(setting, seconds):
    """No socket waits for them."""
    with pytest.raises(UsageError, match=f"^{setting} must be a number of seconds, "):
        pace(**{setting: seconds})


def test_the_limits_of_the_settings():
    """Room for one mail; to close the connection at once, and to wait for nothing at exit."""
    least = pace(capacity=1, linger=0, exit_timeout=0)

    assert (least.capacity, least.linger, least.exit_timeout) == (1, 0, 0)


@pytest.mark.parametrize(
    ("give_up_at", "ends"),
    [(math.inf, (130.0, 730.0)), (730.0, (130.0, 730.0)), (400.0, (130.0, 400.0)), (110.0, (110.0, 110.0))],
)
def test_an_attempt_ends_with_the_mail(give_up_at, ends):
    """The answer has its own time after the last byte, and neither of them more than is left of the deadline."""
    assert pace().ends_of_attempt(one(give_up_at=give_up_at), now=100.0) == ends


@pytest.mark.parametrize(
    ("outgoing", "failure", "follows"),
    [
        (one(attempts=1), Failure.answered(Stage.RCPT, 550), DropReason.REFUSED),
        (one(attempts=1), Failure(stage=Stage.TLS, what="", reason=DropReason.UNTRUSTED), DropReason.UNTRUSTED),
        (one(attempts=1), LATER, 6.0),
        (one(attempts=2), LATER, 12.0),
        (one(attempts=3), LATER, 24.0),
        (one(attempts=4), LATER, DropReason.GAVE_UP),
        (one(attempts=3, give_up_at=120.0), LATER, 7.5),
        (one(attempts=1, give_up_at=100.0), LATER, DropReason.GAVE_UP),
        (one(attempts=1), UNANSWERED, 6.0),
        (one(attempts=1, may_have_arrived=True), LATER, 6.0),
        (one(attempts=1, may_have_arrived=True), UNANSWERED, DropReason.GAVE_UP),
    ],
)
def test_what_follows_from_a_failure(outgoing, failure, follows):
    """It is tried again, later each time, until there were attempts enough, time enough, or two copies."""
    assert pace().consequence(outgoing, failure, now=100.0, dice=0.5) == follows


@pytest.mark.parametrize(("dice", "delay"), [(0.0, 4.0), (0.25, 5.0), (0.75, 7.0)])
def test_half_of_a_wait_is_no_matter_of_dice(dice, delay):
    """A server that starts anew takes minutes."""
    assert pace().consequence(one(attempts=1), LATER, now=100.0, dice=dice) == delay
