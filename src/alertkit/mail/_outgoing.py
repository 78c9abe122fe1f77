"""
What waits to be sent: one message for one recipient, and the order in which such are tried.

Rules of this file: pure. Instants are those of a clock that never goes back, and arrive as arguments.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import count

from attrs import evolve, field, frozen

from alertkit.mail._envelope import Envelope
from alertkit.mail._failure import Failure
from alertkit.mail._report import DropReason, MailOutcome, MailReport

__all__ = ["Backlog", "Outgoing", "outgoing_of"]


@frozen(kw_only=True)
class Outgoing:
    """One message for one recipient, and how often it was tried."""

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    message_id: str
    data: bytes = field(repr=False)
    attempts: int = 0
    give_up_at: float = math.inf
    """Set by the first attempt."""
    last: Failure | None = field(default=None, repr=False)
    """What the last attempt failed at."""
    may_have_arrived: bool = False
    """Whether an attempt of before ended without an answer to the whole message."""

    def tried(self, *, give_up_at: float) -> Outgoing:
        """Return it as it is at its next attempt; only the first one says when to give up."""
        return evolve(self, attempts=self.attempts + 1, give_up_at=min(self.give_up_at, give_up_at))

    def failed(self, failure: Failure) -> Outgoing:
        """Return it as it waits for its next attempt."""
        return evolve(self, last=failure, may_have_arrived=self.may_have_arrived or failure.may_have_arrived)

    def report(
        self,
        outcome: MailOutcome,
        *,
        reason: DropReason | None = None,
        failure: Failure | None = None,
        delay: float | None = None,
    ) -> MailReport:
        """Return what is to be told of it."""
        return MailReport(
            message_id=self.message_id,
            recipient=self.recipient,
            outcome=outcome,
            reason=reason,
            attempts=self.attempts,
            code=None if failure is None else failure.code,
            problem="" if failure is None else str(failure),
            delay=delay,
        )


def outgoing_of(envelope: Envelope) -> tuple[Outgoing, ...]:
    """Return an envelope as one message for each recipient, so that none of them costs another one theirs."""
    return tuple(
        Outgoing(sender=envelope.sender, recipient=recipient, message_id=envelope.message_id, data=envelope.data)
        for recipient in envelope.recipients
    )


class Backlog:
    """What waits, the one that is due first in front, and of those the one that came first."""

    def __init__(self, capacity: int) -> None:
        """Begin with nothing, and room for so many."""
        self._capacity = capacity
        self._waiting: list[tuple[float, int, Outgoing]] = []
        self._numbers = count()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, arrived: Sequence[Outgoing], *, now: float) -> bool:
        """Take all of them, or none where there is no room; whether they were taken."""
        if len(self._waiting) + len(arrived) > self._capacity:
            return False
        for outgoing in arrived:
            self.put_back(outgoing, due=now)
        return True

    def put_back(self, outgoing: Outgoing, *, due: float) -> None:
        """Take one that is to be tried at `due`, whatever the room: it has been taken before."""
        heapq.heappush(self._waiting, (due, next(self._numbers), outgoing))

    def hurry(self, *, now: float) -> None:
        """Make all that waits due, in the order in which it was."""
        for outgoing in self.clear():
            self.put_back(outgoing, due=now)

    def due(self) -> float | None:
        """Return when there is something to be tried; None where there is nothing."""
        return self._waiting[0][0] if self._waiting else None

    def take(self, *, now: float) -> Outgoing | None:
        """Return what is to be tried now; None where there is nothing."""
        due = self.due()
        return None if due is None or due > now else heapq.heappop(self._waiting)[2]

    def clear(self) -> tuple[Outgoing, ...]:
        """Return all that waits, in order, and keep nothing."""
        waiting, self._waiting = sorted(self._waiting), []
        return tuple(outgoing for _, _, outgoing in waiting)
