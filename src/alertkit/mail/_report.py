"""
What becomes of mail that was handed to a queue.

Rules of this file: values. Whom the mail is for is personal: it is there to be acted upon, and in no `repr`. What the
server said is not kept beyond its codes: servers repeat addresses, and may repeat a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from alertkit._observation import DEBUG, ERROR, INFO, NONE, WARNING, LogLine, Observation
from alertkit._words import Word

__all__ = ["DropReason", "MailCounts", "MailOutcome", "MailReport"]


class MailOutcome(Word):
    """How far a mail has come."""

    QUEUED = "queued"
    """It was taken, and will be sent or dropped."""
    RETRIED = "retried"
    """It could not be sent for now, and will be tried again."""
    SENT = "sent"
    """The server has taken it."""
    DROPPED = "dropped"
    """Nothing more is done for it."""


class DropReason(Word):
    """Why a mail was dropped."""

    FULL = "full"
    """There was no room for it."""
    CLOSED = "closed"
    """The queue was closed, or the time for closing it was over."""
    NO_THREAD = "no_thread"
    """No thread could be started (the interpreter is exiting, or the system has no more), or its thread was ended."""
    REFUSED = "refused"
    """The server refused it, or the login, for good (5xx)."""
    UNTRUSTED = "untrusted"
    """There was no TLS to be had, or the certificate is not to be trusted."""
    GAVE_UP = "gave_up"
    """It could not be sent for now, or no server said that it took it, as often and as long as it was tried."""


_LEVELS = {
    MailOutcome.QUEUED: DEBUG,
    MailOutcome.RETRIED: WARNING,
    MailOutcome.SENT: INFO,
    MailOutcome.DROPPED: ERROR,
}


@frozen(kw_only=True)
class MailReport(Observation):
    """What an observer is told of one message to one recipient."""

    part: ClassVar[str] = "mail"
    kind: ClassVar[str] = "mail_reported"
    is_personal: ClassVar[bool] = True
    message_id: str
    recipient: str = field(repr=False)
    outcome: MailOutcome
    reason: DropReason | None = None
    """Why it was dropped."""
    attempts: int = 0
    """How often it was tried."""
    code: int | None = None
    """What the server answered last, three digits of SMTP, where it refused."""
    problem: str = ""
    """What went wrong last, and at which stage, in words of ours."""
    delay: float | None = None
    """Seconds until it is tried again."""

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `outcome` and `reason`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "outcome": self.outcome.value,
            "reason": NONE if self.reason is None else self.reason.value,
        }

    @property
    def log_level(self) -> int:
        """Error where it was dropped."""
        return _LEVELS[self.outcome]

    def log_line(self) -> LogLine:
        """Say how far the mail has come, and to nobody to whom."""
        reason = None if self.reason is None else self.reason.value
        fields = {
            "mail_message_id": self.message_id,
            "mail_outcome": self.outcome.value,
            "reason": reason,
            "attempts": self.attempts,
            "smtp_code": self.code,
            "delay": self.delay,
        }
        if self.delay is not None:
            return LogLine("mail %s: %s; again in %.1f s", (self.message_id, self.problem, self.delay), fields)
        because = ", ".join(filter(None, (reason, self.problem)))
        return LogLine("mail %s: %s%s", (self.message_id, self.outcome, f" ({because})" if because else ""), fields)


@frozen(kw_only=True)
class MailCounts:
    """What a queue has done in this process: a message to two recipients counts as two."""

    queued: int = 0
    """Taken."""
    sent: int = 0
    dropped: int = 0
    """Those among them that were not taken, too."""
    retried: int = 0
    """Attempts that failed and were made again."""
    waiting: int = 0
    """Taken, and neither sent nor dropped yet."""
