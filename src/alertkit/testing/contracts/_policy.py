"""
The contract of the `BrokenPolicy` port, one test for each of its clauses.

Rules of this file: no test framework and no clock. The stretches of days are made of small counts and large ones, and
of every count up to a thousand, at which a rule may change its mind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

from attrs import evolve

from alertkit.testing.contracts._attempts import NOON
from alertkit.webhooks._health import DailyTally
from alertkit.webhooks._policy import BrokenPolicy

__all__ = ["BrokenPolicyContract"]

_DAY = timedelta(days=1)
_TODAY = NOON.date()
_MOST = 1000


class BrokenPolicyContract:
    """Subclass it and define `make`."""

    def make(self) -> BrokenPolicy:
        """Return the policy."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_any_stretch_of_days(self) -> None:
        """It takes any stretch of days, and says why for a person."""
        for days in (1, 2, 7, 8, 30):
            for tallies in _stretches(days):
                assert self.make().judge(tallies, today=_TODAY).reason

    def test_clause_2_the_same_every_time(self) -> None:
        """It answers the same to the same tallies, and changes nothing."""
        policy = self.make()
        for tallies in _stretches(30):
            given = list(tallies)
            assert policy.judge(given, today=_TODAY) == policy.judge(tallies, today=_TODAY)
            assert given == list(tallies)

    def test_clause_3_a_success_breaks_nothing(self) -> None:
        """A success more never breaks an integration that was not broken."""
        policy = self.make()
        for tallies in _stretches(30):
            if policy.judge(tallies, today=_TODAY).broken:
                continue
            for index, tally in enumerate(tallies):
                for more in (1, 1000):
                    better = (*tallies[:index], evolve(tally, success=tally.success + more), *tallies[index + 1 :])
                    assert not policy.judge(better, today=_TODAY).broken
        for tallies in _counts(30):
            if not policy.judge(tallies, today=_TODAY).broken:
                better = (*tallies[:-1], evolve(tallies[-1], success=1))
                assert not policy.judge(better, today=_TODAY).broken


def _stretches(days: int) -> list[tuple[DailyTally, ...]]:
    """Return stretches of days until today: alike, with one other day, and every second day silent."""
    nothing = DailyTally(day=_TODAY)
    kinds = [
        evolve(nothing, success=success, error=error, timeout=timeout, fatal=fatal)
        for success, error, timeout, fatal in product((0, 1), (0, 3, 99), (0, 2000), (0, 1))
    ]
    stretches = []
    for kind, other in product(kinds, (nothing, evolve(nothing, success=1))):
        stretches += [[kind] * place + [other] + [kind] * (days - place - 1) for place in (0, days // 2, days - 1)]
        stretches.append([kind if ago % 2 else other for ago in range(days)])
    return [
        tuple(evolve(tally, day=_TODAY - _DAY * (days - 1 - place)) for place, tally in enumerate(stretch))
        for stretch in stretches
    ]


def _counts(days: int) -> Iterator[tuple[DailyTally, ...]]:
    """Yield stretches with every count of each failure today, after days that were silent or had one of it each."""
    for kind, before in product(("error", "timeout", "fatal"), (0, 1)):
        past = [DailyTally(day=_TODAY - _DAY * ago, **{kind: before}) for ago in range(days - 1, 0, -1)]
        for count in range(1, _MOST + 1):
            yield (*past, DailyTally(day=_TODAY, **{kind: count}))
