"""
When an integration is broken: rules over the counts of its days.

Rules of this file: pure; the day arrives as an argument. Every policy looks at its own stretch of days, `window`, ends
it with `today`, and gives a reason for a person either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from attrs import field, frozen

from alertkit._checks import at_least, demand, methods, of_type, refuse
from alertkit.errors import UsageError
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally, Verdict

__all__ = ["BrokenPolicy", "ConsecutiveErrorDays", "FatalTrips", "TimeoutFlood", "any_of", "window_of"]


class BrokenPolicy(Protocol):
    """
    A rule for giving up.

    1. It takes the tallies of any stretch of days, oldest first, zero-filled, `today` last, and gives a reason.
    2. It answers the same to the same tallies, and changes nothing.
    3. A success more never breaks an integration that was not.

    One that needs fewer than all thirty days says how many in an attribute `window`.
    """

    def judge(self, tallies: Sequence[DailyTally], *, today: date) -> Verdict:
        """Return whether the integration is broken, why, and which days say so."""
        ...


def window_of(policy: BrokenPolicy) -> int:
    """Return how many days the policy wants to see."""
    window: int = getattr(policy, "window", RETENTION_DAYS)
    return window


def _day_problems(days: object) -> tuple[str, ...]:
    if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= RETENTION_DAYS:
        return ()
    return (f"days must be a whole number from 1 to {RETENTION_DAYS}, for as long as a buffer keeps counts",)


def _within(tallies: Sequence[DailyTally], *, today: date, days: int) -> list[DailyTally]:
    first = today - timedelta(days=days - 1)
    return [tally for tally in tallies if first <= tally.day <= today]


@frozen
class ConsecutiveErrorDays:
    """
    Broken when each of the last `days` UTC days, today included, has a failure and no success.

    Errors and fatal answers are failures, timeouts if `count_timeouts`. With `only_days_with_traffic` the days on which
    nothing counted are passed over, so that an integration that is used on weekdays can break too; they may lie up to
    thirty days back. Raises `InvalidEventError`, also for a number of days that no buffer keeps.
    """

    days: int = 7
    count_timeouts: bool = field(default=False, kw_only=True)
    only_days_with_traffic: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a stretch of days that no buffer keeps, and what is neither yes nor no."""
        refuse(
            _day_problems(self.days),
            of_type("count_timeouts", self.count_timeouts, bool),
            of_type("only_days_with_traffic", self.only_days_with_traffic, bool),
        )

    @property
    def window(self) -> int:
        """How many days it looks at."""
        return RETENTION_DAYS if self.only_days_with_traffic else self.days

    def judge(self, tallies: Sequence[DailyTally], *, today: date) -> Verdict:
        """Return whether all those days have failed."""
        seen = _within(tallies, today=today, days=self.window)
        if self.only_days_with_traffic:
            seen = [tally for tally in seen if tally.total][-self.days :]
        failed = [tally.day for tally in seen if self._failed(tally)]
        kind = "days with traffic" if self.only_days_with_traffic else "days"
        reason = f"{len(failed)} of the last {self.days} {kind} had failures and no success"
        return Verdict(len(failed) == self.days, reason, failed)

    def _failed(self, tally: DailyTally) -> bool:
        failures = tally.error + tally.fatal + (tally.timeout if self.count_timeouts else 0)
        return failures > 0 and tally.success == 0


@frozen
class TimeoutFlood:
    """Broken when one of the last `days` UTC days has at least `threshold` timeouts."""

    threshold: int = 1000
    days: int = field(default=7, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a threshold that everything reaches, and a stretch of days that no buffer keeps."""
        refuse(at_least("threshold", self.threshold, 1), _day_problems(self.days))

    @property
    def window(self) -> int:
        """How many days it looks at."""
        return self.days

    def judge(self, tallies: Sequence[DailyTally], *, today: date) -> Verdict:
        """Return whether one of the days has too many."""
        seen = _within(tallies, today=today, days=self.days)
        flooded = [tally.day for tally in seen if tally.timeout >= self.threshold]
        most = max((tally.timeout for tally in seen), default=0)
        reason = f"{most} timeouts in one day, of the {self.threshold} that break it"
        return Verdict(bool(flooded), reason, flooded)


@frozen
class FatalTrips:
    """Broken as soon as one of the last `days` UTC days has a fatal answer."""

    days: int = 7

    def __attrs_post_init__(self) -> None:
        """Refuse a stretch of days that no buffer keeps."""
        refuse(_day_problems(self.days))

    @property
    def window(self) -> int:
        """How many days it looks at."""
        return self.days

    def judge(self, tallies: Sequence[DailyTally], *, today: date) -> Verdict:
        """Return whether there was one."""
        fatal = [tally.day for tally in _within(tallies, today=today, days=self.days) if tally.fatal]
        reason = "it answered that it takes no more webhooks" if fatal else f"no fatal answer in {self.days} days"
        return Verdict(bool(fatal), reason, fatal)


@frozen
class _AnyOf:
    policies: tuple[BrokenPolicy, ...]

    @property
    def window(self) -> int:
        """How many days it looks at: as many as the one of them that looks furthest."""
        return max(map(window_of, self.policies))

    def judge(self, tallies: Sequence[DailyTally], *, today: date) -> Verdict:
        """Return the first verdict that says broken, or that none does."""
        verdicts = []
        for policy in self.policies:
            # Each sees what it asked for, wherever it stands.
            seen = tallies[-window_of(policy) :]
            verdicts.append(policy.judge(seen, today=today))
            if verdicts[-1].broken:
                return verdicts[-1]
        return Verdict(False, "; ".join(verdict.reason for verdict in verdicts))


def any_of(*policies: BrokenPolicy) -> BrokenPolicy:
    """Return the policy that breaks where one of these does, and says what the first of them says."""
    if not policies:
        raise UsageError("any_of wants at least one policy")
    demand(*(methods(f"policies[{number}]", policy, "judge") for number, policy in enumerate(policies)))
    return _AnyOf(policies)
