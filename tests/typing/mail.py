"""The types of the mail that a caller sees. Type-checked, never executed."""

import ssl
from collections.abc import Iterator, Sequence
from email.message import EmailMessage

from typing_extensions import assert_type

from alertkit import Backoff
from alertkit.mail import (
    DropReason,
    Mailbox,
    MailCounts,
    MailOutcome,
    MailOwnerNotifier,
    MailQueue,
    MailReport,
    SmtpMailQueue,
    SmtpTls,
    disabled_integration_email,
)
from alertkit.testing import FrozenClock, MemoryMailQueue, SentMail
from alertkit.testing.contracts import MailQueueContract
from alertkit.webhooks import OwnerNotifier, RetirementNotice

queues: list[MailQueue] = [SmtpMailQueue("mx.example.com"), MemoryMailQueue(capacity=3)]


def owners(integration_id: str) -> Iterator[Mailbox | str | tuple[str, str]]:
    """Yield owners in each way."""
    yield Mailbox("pat@example.com", "Pat")
    yield "kim@example.com"
    yield ("lee@example.com", "Lee")


def addresses(integration_id: str) -> list[str]:
    """Return owners as a host has them most often."""
    return [f"{integration_id}@example.com"]


def link(notice: RetirementNotice) -> str:
    """Return where the requests are."""
    return f"https://host.example/{notice.integration_id}"


notifiers: list[OwnerNotifier] = [
    MailOwnerNotifier(queue=MemoryMailQueue(), owners=owners, sender_address="alerts@host.example"),
    MailOwnerNotifier(
        queue=SmtpMailQueue("mx.example.com"),
        owners=addresses,
        sender_address=Mailbox("alerts@host.example"),
        request_log_url=link,
        clock=FrozenClock(),
    ),
]


def observe(report: MailReport) -> None:
    """Look at each part."""
    assert_type(report.outcome, MailOutcome)
    assert_type(report.reason, DropReason | None)
    assert_type(report.attempts, int)
    assert_type(report.code, int | None)


def send(notice: RetirementNotice) -> EmailMessage:
    """Build a mail, and send it with everything said."""
    message = disabled_integration_email(notice, to="pat@example.com", sender=Mailbox("alerts@host.example"))
    with SmtpMailQueue(
        "mx.example.com",
        465,
        tls=SmtpTls.IMPLICIT,
        username="relay",
        password="of the relay",
        ssl_context=ssl.create_default_context(),
        answer_timeout=60.0,
        backoff=Backoff(attempts=2),
        observer=observe,
    ) as queue:
        assert_type(queue.put(message), bool)
        assert_type(queue.flush(3), bool)
        assert_type(queue.counts, MailCounts)
        queue.close(timeout=1)
    return message


class Contract(MailQueueContract):
    """A contract takes whatever is a queue."""

    def make(self) -> MailQueue:
        """Return one."""
        return MemoryMailQueue()

    def arrived(self, queue: MailQueue, count: int) -> Sequence[tuple[str, EmailMessage]]:
        """Return what arrived."""
        return []


def sent(queue: MemoryMailQueue) -> tuple[SentMail, ...]:
    """Return what a test looks at."""
    for mail in queue.sent:
        assert_type(mail.text, str)
        assert_type(mail.recipient, str)
    return queue.sent
