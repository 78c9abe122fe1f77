"""
How many mails may wait, how long anything may take, and what follows from an attempt that failed.

Rules of this file: pure. Settings are checked when a queue is built, with one error that lists all problems. Instants
are those of a clock that never goes back, in seconds, and arrive as arguments; so do the dice.
"""

from __future__ import annotations

from attrs import frozen

from alertkit._backoff import Backoff, is_duration
from alertkit._checks import at_least, demand, of_type
from alertkit.mail._failure import Failure
from alertkit.mail._outgoing import Outgoing
from alertkit.mail._report import DropReason

__all__ = ["SmtpPace", "duration_problems"]


@frozen(kw_only=True)
class SmtpPace:
    """How many mails may wait, and how long anything may take, in seconds. Raises `UsageError` with every problem."""

    capacity: int
    timeout: float
    answer_timeout: float
    deadline: float
    linger: float
    exit_timeout: float
    backoff: Backoff

    def __attrs_post_init__(self) -> None:
        """Refuse what never ends, or never begins."""
        demand(
            at_least("capacity", self.capacity, 1),
            duration_problems("timeout", self.timeout, positive=True),
            duration_problems("answer_timeout", self.answer_timeout, positive=True),
            duration_problems("deadline", self.deadline, positive=True),
            duration_problems("linger", self.linger),
            duration_problems("exit_timeout", self.exit_timeout),
            of_type("backoff", self.backoff, Backoff),
        )

    def ends_of_attempt(self, outgoing: Outgoing, *, now: float) -> tuple[float, float]:
        """Return when the last byte of an attempt has to be sent, and when the answer to it has to be there."""
        until = min(now + self.timeout, outgoing.give_up_at)
        return until, min(until + self.answer_timeout, outgoing.give_up_at)

    def consequence(self, outgoing: Outgoing, failure: Failure, *, now: float, dice: float) -> DropReason | float:
        """Return why a mail is dropped whose attempt has failed, or after how many seconds it is tried again."""
        if failure.reason is not None:
            return failure.reason
        if failure.may_have_arrived and outgoing.may_have_arrived:  # a third copy is not what the owner lacks
            return DropReason.GAVE_UP
        delay = self.wait_after(outgoing.attempts, dice=dice, remaining=outgoing.give_up_at - now)
        return DropReason.GAVE_UP if delay is None else delay

    def wait_after(self, attempt: int, *, dice: float, remaining: float) -> float | None:
        """Return the seconds to wait after a failed attempt, at least half of what it can be; None to give up."""
        # A server that starts anew takes minutes, and the dice alone could have all attempts over by then.
        return self.backoff.delay(attempt, dice=(1 + dice) / 2, remaining=remaining)


_LONGEST = 86_400.0


def duration_problems(name: str, value: object, *, positive: bool = False) -> tuple[str, ...]:
    """Demand seconds that a socket and a lock can wait."""
    if is_duration(value) and 0 <= value <= _LONGEST and (value != 0 or not positive):  # type: ignore[operator]
        return ()
    return (f"{name} must be a number of seconds, {'more than' if positive else 'at least'} 0 and at most a day",)
