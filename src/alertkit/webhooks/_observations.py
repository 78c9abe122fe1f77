"""
What a sender tells an observer of a message.

Rules of this file: values, made of words, numbers, instants and ids. None holds a secret, a header or a body, or more
of a URL than its origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from alertkit._observation import INFO, NONE, WARNING, LogLine, Observation, status_class, yes_or_no
from alertkit.webhooks._health import FailureKind, Outcome
from alertkit.webhooks._message import Message
from alertkit.webhooks._request_record import RequestRecord

__all__ = [
    "AttemptRecorded",
    "MessageAttempted",
    "MessagePrepared",
    "MessageWithheld",
]


@frozen(kw_only=True)
class MessagePrepared(Observation):
    """An event has become a message, whose bytes and id stay the same from now on."""

    part: ClassVar[str] = "webhooks"
    kind: ClassVar[str] = "message_prepared"
    message_id: str
    event_type: str
    size: int
    """Bytes of the body."""

    @classmethod
    def of(cls, message: Message) -> MessagePrepared:
        """Return what is told of a message."""
        return cls(message_id=message.id, event_type=message.event_type, size=len(message.body))


@frozen(kw_only=True)
class _Sending(Observation):
    part: ClassVar[str] = "webhooks"
    integration_id: str
    message_id: str
    event_type: str
    problem: str
    """What went wrong, in words of ours; empty where nothing did."""

    def _line(
        self, outcome: Outcome, status: int | None, failure: FailureKind | None, duration: float | None
    ) -> LogLine:
        return LogLine(
            "%s to %s: %s",
            (self.event_type, self.integration_id, self.problem or "delivered"),
            {
                "integration_id": self.integration_id,
                "event_type": self.event_type,
                "message_id": self.message_id,
                "outcome": outcome.value,
                "http_status": status,
                "failure": None if failure is None else failure.value,
                "duration": duration,
            },
        )


@frozen(kw_only=True)
class MessageAttempted(_Sending):
    """An attempt was made: answered, or not, or refused by this side before a byte left."""

    kind: ClassVar[str] = "message_attempted"
    at: datetime
    """When it began, in UTC."""
    outcome: Outcome
    """What the rules made of it."""
    status: int | None
    """The HTTP status; None where nothing came back."""
    failure: FailureKind | None
    """Why nothing usable came back."""
    duration: float | None
    """Seconds from the start of the attempt to the end of the answer, or to giving up."""

    @classmethod
    def of(cls, record: RequestRecord, *, integration_id: str, outcome: Outcome, problem: str) -> MessageAttempted:
        """Return what is told of an attempt. What the record counts it as may be nothing, whatever came of it."""
        return cls(
            integration_id=integration_id,
            message_id=record.message_id,
            event_type=record.event_type,
            problem=problem,
            at=record.at,
            outcome=outcome,
            status=record.status or None,
            failure=record.failure,
            duration=record.duration,
        )

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `outcome`, `status` (`2xx`, …) and `failure`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "outcome": self.outcome.value,
            "status": status_class(self.status),
            "failure": NONE if self.failure is None else self.failure.value,
        }

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return self.duration

    @property
    def log_level(self) -> int:
        """Warning where the endpoint did not take the message."""
        return WARNING if self.problem else INFO

    def log_line(self) -> LogLine:
        """Say what became of it."""
        return self._line(self.outcome, self.status, self.failure, self.duration)


@frozen(kw_only=True)
class MessageWithheld(_Sending):
    """Nothing was sent, since the integration is disabled."""

    kind: ClassVar[str] = "message_withheld"

    @classmethod
    def of(cls, message: Message, *, integration_id: str, problem: str) -> MessageWithheld:
        """Return what is told of a message that was not sent."""
        return cls(integration_id=integration_id, message_id=message.id, event_type=message.event_type, problem=problem)

    @property
    def log_level(self) -> int:
        """Nothing is wrong with it."""
        return INFO

    def log_line(self) -> LogLine:
        """Say why nothing was sent."""
        return self._line(Outcome.IGNORED, None, None, None)


@frozen(kw_only=True)
class AttemptRecorded(Observation):
    """The buffer was given an attempt."""

    part: ClassVar[str] = "webhooks"
    kind: ClassVar[str] = "attempt_recorded"
    integration_id: str
    message_id: str
    outcome: Outcome
    """What the attempt was counted as; `ignored` where it was not."""
    error: str | None = None
    """The class of what the buffer raised; None: it has the attempt."""

    @property
    def stored(self) -> bool:
        """Whether the buffer has the attempt, as far as it says."""
        return self.error is None

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `outcome`, and whether it was `stored`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "outcome": self.outcome.value,
            "stored": yes_or_no(self.stored),
        }
