"""Mail: the notice that an integration was retired, one message for each owner, through a queue that never blocks."""

from alertkit.mail._envelope import Envelope, envelope_of
from alertkit.mail._mailbox import Mailbox
from alertkit.mail._message import disabled_integration_email
from alertkit.mail._notifier import MailOwnerNotifier
from alertkit.mail._ports import MailQueue
from alertkit.mail._queue import SmtpMailQueue
from alertkit.mail._report import DropReason, MailCounts, MailOutcome, MailReport
from alertkit.mail._route import SmtpTls

__all__ = [
    "DropReason",
    "Envelope",
    "MailCounts",
    "MailOutcome",
    "MailOwnerNotifier",
    "MailQueue",
    "MailReport",
    "Mailbox",
    "SmtpMailQueue",
    "SmtpTls",
    "disabled_integration_email",
    "envelope_of",
]
