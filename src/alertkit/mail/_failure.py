"""
Why a mail could not be handed over, and what follows from it.

Rules of this file: values. The server's own words stay out: they repeat addresses, and may repeat a password.
"""

from __future__ import annotations

from enum import Enum

from attrs import define, frozen

from alertkit.mail._report import DropReason

__all__ = ["Failure", "SmtpFailedError", "Stage"]


class Stage(Enum):
    """What the conversation is about, in order."""

    CONNECT = "connecting"
    GREETING = "the greeting"
    EHLO = "EHLO"
    TLS = "TLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "the end of DATA"
    """The server has all of the message, and has not said yet whether it takes it."""


_OF_A_MESSAGE = frozenset({Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END})
_SHUTTING_DOWN = 421


@frozen(kw_only=True)
class Failure:
    """What went wrong, at which stage."""

    stage: Stage
    what: str
    code: int | None = None
    """What the server answered; None where it did not."""
    reason: DropReason | None = None
    """Why there is no use in trying again; None where there is."""

    @classmethod
    def answered(cls, stage: Stage, code: int) -> Failure:
        """Return what an answer amounts to: 5xx is for good, anything else that was not wanted is for now."""
        permanent = 500 <= code <= 599
        return cls(stage=stage, what=str(code), code=code, reason=DropReason.REFUSED if permanent else None)

    @property
    def is_of_session(self) -> bool:
        """Whether it says nothing of the message: the next one would fare alike."""
        return self.stage not in _OF_A_MESSAGE

    @property
    def may_have_arrived(self) -> bool:
        """Whether nobody knows if the server has taken the message."""
        return self.stage is Stage.END and self.code is None

    @property
    def ends_session(self) -> bool:
        """Whether nothing more can be said on this connection."""
        return self.is_of_session or self.code is None or self.code == _SHUTTING_DOWN or not 400 <= self.code <= 599

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.what} at {self.stage.value}"


@define
class SmtpFailedError(Exception):
    """Ends a conversation, and never leaves the queue."""

    failure: Failure
