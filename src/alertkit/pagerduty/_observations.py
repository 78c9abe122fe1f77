"""
What a client tells an observer.

Rules of this file: values, made of words, numbers and the dedup key. None holds a routing key or anything of an event;
of a change the field is named, and not what was in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import ClassVar

from attrs import field, frozen

from alertkit._observation import INFO, NONE, WARNING, LogLine, Observation, status_class, yes_or_no
from alertkit.errors import PeerError, TransportError
from alertkit.pagerduty._changes import Change

__all__ = ["EventAttempted", "EventPrepared", "fields_of"]

_MOST_NAMED = 20  # an event of a great many values can have as many changes


def fields_of(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the fields of the first changes, which is enough to know what was altered."""
    return tuple(change.field for change in islice(changes, _MOST_NAMED))


@frozen(kw_only=True)
class EventPrepared(Observation):
    """An event is ready to be sent, which its first attempt follows."""

    part: ClassVar[str] = "pagerduty"
    kind: ClassVar[str] = "event_prepared"
    action: str
    """`trigger`, `acknowledge`, `resolve` or `change`."""
    dedup_key: str | None
    """As it is sent; None for a change event, which has none."""
    size: int
    """Bytes of the request's body."""
    changes: tuple[str, ...] = ()
    """The fields that are sent otherwise than they were given, the first twenty."""

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `action`, and whether anything was `changed`."""
        return {"part": self.part, "kind": self.kind, "action": self.action, "changed": yes_or_no(bool(self.changes))}


@frozen(kw_only=True)
class EventAttempted(Observation):
    """One request was made, and answered or not."""

    part: ClassVar[str] = "pagerduty"
    kind: ClassVar[str] = "event_attempted"
    dedup_key: str | None
    """That of the event; None for a change event."""
    number: int
    """Which attempt of the send it was, from 1."""
    status: int | None
    """The HTTP status; None where no answer came, or none that could be read."""
    error: str | None = None
    """The class of the error that it amounts to; None: PagerDuty has the event."""
    problem: str = field(default="", repr=False)
    """The text of that error, which may repeat PagerDuty's own words, without the key."""
    duration: float
    """Seconds from the start of the attempt to the end of the answer, or to giving up."""
    delay: float | None = None
    """Seconds until the next attempt, where one follows."""
    changes: tuple[str, ...] = ()
    """Of a delivery, the fields that were sent otherwise than they were given, the first twenty."""

    @classmethod
    def failed(cls, error: TransportError | PeerError, *, duration: float, delay: float | None) -> EventAttempted:
        """Return the attempt that ended with an error, which says of which event and attempt it was."""
        return cls(
            dedup_key=error.dedup_key,
            number=error.attempts,
            status=error.status if isinstance(error, PeerError) else None,
            error=type(error).__name__,
            problem=str(error),
            duration=duration,
            delay=delay,
        )

    @property
    def delivered(self) -> bool:
        """Whether PagerDuty has the event."""
        return self.error is None

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `outcome` (`delivered`, `retried` or `gave_up`), `status` (`2xx`, …) and `error`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "outcome": "delivered" if self.delivered else "gave_up" if self.delay is None else "retried",
            "status": status_class(self.status),
            "error": NONE if self.error is None else self.error,
        }

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.duration

    @property
    def log_level(self) -> int:
        """Warning where it failed."""
        return INFO if self.delivered else WARNING

    def log_line(self) -> LogLine:
        """Say that PagerDuty has the event, or what went wrong and when the next attempt comes, if one does."""
        alert = self.dedup_key or "change event"
        if self.delivered:
            return LogLine(
                "%s: delivered at attempt %d",
                (alert, self.number),
                {
                    "dedup_key": self.dedup_key,
                    "attempt": self.number,
                    "http_status": self.status,
                    "changed": self.changes,
                },
            )
        what_follows = "giving up" if self.delay is None else f"next in {self.delay:.2f} s"
        return LogLine(
            "%s: attempt %d failed, %s: %s",
            (alert, self.number, what_follows, self.problem),
            {
                "dedup_key": self.dedup_key,
                "attempt": self.number,
                "delay": self.delay,
                "error": self.error,
                "http_status": self.status,
            },
        )
