"""
The clauses of the `RequestBuffer` port that are about claims: 11 to 13.

Rules of this file: as in `_request_buffer.py`, whose contract these are a part of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from alertkit.testing.contracts._attempts import NOON, at_once, attempt, both, failed, numbers, total
from alertkit.testing.contracts._request_records import RecordClauses
from alertkit.webhooks._ports import RequestBuffer

__all__ = ["ClaimClauses"]

_TODAY = NOON.date()
_DAY = timedelta(days=1)
_LEASE = timedelta(minutes=5)
_HOOK = "billing-sync"
_OTHER = "billing-sync-2"


class ClaimClauses(RecordClauses):
    """Who gets a claim, what it changes, and how it ends."""

    def test_clause_11_one_caller_gets_the_claim(self) -> None:
        """Exactly one of many callers gets the claim, until its lease runs out, to the microsecond."""
        with self._made() as buffer, self._opened_again(buffer) as another:
            handles, moment = (buffer, another), timedelta(microseconds=1)
            assert buffer.claim("brief", at=NOON, lease=timedelta(milliseconds=1))
            for at in (NOON, NOON + _LEASE, NOON + 3 * _LEASE + timedelta(microseconds=700_001)):
                won = at_once(16, partial(self._claimed, handles, at))
                assert won.count(True) == 1
                for number in range(2):
                    assert not self._claimed(handles, at + _LEASE - moment, number)
                    assert not self._claimed(handles, at - _LEASE, number)
                    assert not handles[number].claim(_HOOK, at=at + _LEASE / 2, lease=29 * _DAY)
            names = [f"shop-{number}" for number in range(50)]
            won = at_once(
                8, lambda number: handles[number % 2].claim(names[number % 50], at=NOON, lease=_LEASE), times=50
            )
            assert won.count(True) == 50
            assert another.claim(_OTHER, at=NOON, lease=moment)
            assert buffer.claim(_OTHER, at=NOON + moment, lease=_LEASE)

            assert buffer.claim("long", at=NOON, lease=30 * _DAY)
            assert not another.claim("long", at=NOON, lease=_LEASE)
            assert not another.claim("long", at=NOON + 30 * _DAY - moment, lease=_LEASE)
            assert another.claim("long", at=NOON + 30 * _DAY, lease=_LEASE)
            assert not buffer.claim("long", at=NOON + _LEASE, lease=_LEASE)  # thirty days before the end of that one
            assert buffer.claim("long", at=NOON + _LEASE - moment, lease=_LEASE)
            assert not buffer.claim("long", at=NOON, lease=_LEASE)
            assert not buffer.claim("brief", at=NOON, lease=_LEASE)  # whatever the time is by now

    def test_clause_12_a_claim_is_nothing_else(self) -> None:
        """A claim changes neither records nor tallies, nor another's claim, and no record changes it."""
        with self._made() as buffer:
            buffer.record(_HOOK, failed(1), window=1)
            assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
            assert buffer.claim(_OTHER, at=NOON, lease=_LEASE)
            for number, make in enumerate((failed, attempt), start=2):
                buffer.record(_HOOK, make(number, at=NOON + (number - 2) * _DAY), window=1)
            buffer.reset(_OTHER)
            buffer.record(_OTHER, failed(4, at=NOON + 29 * _DAY), window=1)

            assert not buffer.claim(_HOOK, at=NOON, lease=_LEASE)  # neither those of its own day nor later ones
            assert numbers(buffer.recent(_HOOK)) == [3, 2, 1]
            assert total(buffer.tallies(_HOOK, until=_TODAY + _DAY, days=2)) == 3

    def test_clause_13_reset_forgets_tallies_and_claim(self) -> None:
        """A reset forgets the tallies and the claim of one, keeps the records, and counting begins anew."""
        with self._made() as buffer, self._opened_again(buffer) as another:
            others = (_OTHER, f"{_HOOK}:claim", f"alertkit:retired:{_HOOK}", "billing_sync", "BILLING-SYNC")
            for name in others:
                buffer.record(name, failed(), window=1)
                assert buffer.claim(name, at=NOON, lease=_LEASE)
            for name in ("nobody", "*", "%", "billing-sync*", "billing%", "billing?sync", "billing_sync%", "'"):
                buffer.reset(name)
            # A name under which there is nothing but a claim.
            assert buffer.claim("claim", at=NOON, lease=_LEASE)
            another.reset("claim")
            assert buffer.claim("claim", at=NOON, lease=_LEASE)
            for ago in (6, 1, 0):
                buffer.record(_HOOK, failed(ago, at=NOON - _DAY * ago), window=1)
            assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
            another.reset(_HOOK)

            assert total(buffer.tallies(_HOOK, until=_TODAY, days=30)) == 0
            assert both(buffer, _HOOK) == [0, 1, 6]
            assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
            assert total(buffer.record(_HOOK, failed(7), window=7)) == 1
            assert both(buffer, _HOOK) == [7, 0, 1, 6]
            for name in others:
                assert total(buffer.tallies(name, until=_TODAY, days=7)) == 1
                assert not buffer.claim(name, at=NOON, lease=_LEASE)

    def _claimed(self, handles: Sequence[RequestBuffer], at: datetime, number: int) -> bool:
        return handles[number % 2].claim(_HOOK, at=at, lease=_LEASE)
