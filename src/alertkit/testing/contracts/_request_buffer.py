"""
The contract of the `RequestBuffer` port, one test for each of its clauses; those about records stand in
`_request_records.py`.

Rules of this file: no test framework, no clock, and no wait; every instant is made up and handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial

from alertkit.errors import UsageError
from alertkit.testing.contracts._attempts import NOON, at_once, attempt, failed, numbers, total
from alertkit.testing.contracts._request_records import RecordClauses
from alertkit.webhooks._health import DailyTally, Outcome
from alertkit.webhooks._ports import RequestBuffer

__all__ = ["RequestBufferContract"]

_TODAY = NOON.date()
_DAY = timedelta(days=1)
_LEASE = timedelta(minutes=5)
_HOOK = "billing-sync"
_OTHER = "billing-sync-2"


class RequestBufferContract(RecordClauses):
    """Subclass it and define `make`; a `close` that the buffer has is yours to call."""

    def test_clause_6_outcomes_count_on_their_utc_day(self) -> None:
        """An outcome counts on the UTC day of the record's instant; what is ignored counts nowhere."""
        buffer = self.make()
        midnight = datetime(2026, 3, 10, tzinfo=timezone.utc)
        tokyo = timezone(timedelta(hours=9))
        for at, outcome in (
            (midnight - timedelta(microseconds=1), Outcome.ERROR),
            (midnight, Outcome.SUCCESS),
            (midnight + timedelta(hours=23, minutes=59), Outcome.TIMEOUT),
            (datetime(2026, 3, 10, 8, tzinfo=tokyo), Outcome.FATAL),  # the evening before in UTC
            (midnight, Outcome.IGNORED),
            (midnight, Outcome.SUCCESS),
        ):
            buffer.record(_HOOK, attempt(at=at, outcome=outcome), window=1)

        assert buffer.tallies(_HOOK, until=_TODAY, days=2) == (
            DailyTally(day=_TODAY - _DAY, error=1, fatal=1),
            DailyTally(day=_TODAY, success=2, timeout=1),
        )

    def test_clause_7_tallies_are_as_many_days_as_asked_for(self) -> None:
        """Exactly so many days, oldest first, the last one last, zeros where nothing was."""
        buffer = self.make()
        buffer.record(_HOOK, failed(at=NOON - 2 * _DAY), window=1)

        for days in (1, 2, 3, 7, 30, 40):
            window = buffer.tallies(_HOOK, until=_TODAY, days=days)
            assert [tally.day for tally in window] == [_TODAY - _DAY * ago for ago in range(days - 1, -1, -1)]
            assert [tally.error for tally in window] == [int(tally.day == _TODAY - 2 * _DAY) for tally in window]
        assert buffer.tallies(_HOOK, until=_TODAY - 3 * _DAY, days=1) == (DailyTally(day=_TODAY - 3 * _DAY),)

    def test_clause_8_recording_returns_the_window(self) -> None:
        """Recording returns the days until the record's own, with the record counted, ignored ones too."""
        buffer = self.make()
        for ago, outcome in ((3, Outcome.ERROR), (1, Outcome.SUCCESS), (1, Outcome.IGNORED), (0, Outcome.ERROR)):
            at = NOON - _DAY * ago
            window = buffer.record(_HOOK, attempt(at=at, outcome=outcome), window=4)
            assert window == buffer.tallies(_HOOK, until=at.date(), days=4)

        assert [tally.error for tally in window] == [1, 0, 0, 1]
        back = buffer.record(_HOOK, failed(at=NOON - _DAY), window=2)
        assert [(tally.day, tally.error) for tally in back] == [(_TODAY - 2 * _DAY, 0), (_TODAY - _DAY, 1)]

    def test_clause_9_thirty_days(self) -> None:
        """What is more than thirty days away from the last record is forgotten for good."""
        buffer = self.make()
        buffer.record(_HOOK, failed(0, at=NOON), window=1)
        buffer.record(_HOOK, failed(1, at=NOON + timedelta(hours=1)), window=1)
        buffer.record(_HOOK, failed(2, at=NOON + 29 * _DAY), window=1)
        assert total(buffer.tallies(_HOOK, until=_TODAY + 29 * _DAY, days=30)) == 3
        buffer.record(_HOOK, failed(3, at=NOON + 30 * _DAY), window=1)
        assert numbers(buffer.recent(_HOOK)) == numbers(buffer.recent(_HOOK, errors_only=True)) == [3, 2, 1, 0]
        buffer.record(_HOOK, failed(4, at=NOON + 30 * _DAY + timedelta(minutes=1)), window=1)
        assert numbers(buffer.recent(_HOOK)) == numbers(buffer.recent(_HOOK, errors_only=True)) == [4, 3, 2, 1]

        buffer.record(_HOOK, failed(5, at=NOON + 3000 * _DAY), window=1)  # a clock that is wrong
        assert numbers(buffer.recent(_HOOK)) == [5]
        buffer.record(_HOOK, failed(6, at=NOON + 31 * _DAY), window=1)  # and right again
        assert numbers(buffer.recent(_HOOK)) == numbers(buffer.recent(_HOOK, errors_only=True)) == [6]
        assert total(buffer.tallies(_HOOK, until=_TODAY + 31 * _DAY, days=60)) == 1
        assert total(buffer.tallies(_HOOK, until=_TODAY + 3000 * _DAY, days=60)) == 0

    def test_clause_10_integrations_are_apart(self) -> None:
        """An integration sees nothing of another one; what is not known reads as nothing and zeros."""
        buffer = self.make()
        names = (_HOOK, _OTHER, "billing", "billing:sync", "{billing}", "*", "%", "ünïcode", " ")
        for number, name in enumerate(names):
            buffer.record(name, failed(number), window=1)
        buffer.reset(_HOOK)

        for number, name in enumerate(names):
            assert numbers(buffer.recent(name)) == [number]
            assert total(buffer.tallies(name, until=_TODAY, days=7)) == int(name != _HOOK)
        assert buffer.recent("nobody") == ()
        assert buffer.tallies("nobody", until=_TODAY, days=2) == (DailyTally(day=_TODAY - _DAY), DailyTally(day=_TODAY))

    def test_clause_11_one_caller_gets_the_claim(self) -> None:
        """Exactly one of many callers gets the claim, until the lease runs out."""
        buffer = self.make()
        for at in (NOON, NOON + _LEASE, NOON + 3 * _LEASE):
            won = at_once(16, partial(self._claimed, buffer, at))
            assert won.count(True) == 1
            assert not buffer.claim(_HOOK, at=at + _LEASE - timedelta(milliseconds=1), lease=_LEASE)
            assert not buffer.claim(_HOOK, at=at - _LEASE, lease=_LEASE)

    def test_clause_12_a_claim_is_nothing_else(self) -> None:
        """A claim changes neither records nor tallies, nor the claim of another integration."""
        buffer = self.make()
        buffer.record(_HOOK, failed(1), window=1)
        assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
        assert buffer.claim(_OTHER, at=NOON, lease=_LEASE)
        buffer.record(_HOOK, failed(2), window=1)
        buffer.reset(_OTHER)

        assert not buffer.claim(_HOOK, at=NOON, lease=_LEASE)
        assert numbers(buffer.recent(_HOOK)) == [2, 1]
        assert total(buffer.tallies(_HOOK, until=_TODAY, days=1)) == 2

    def test_clause_13_reset_forgets_tallies_and_claim(self) -> None:
        """A reset forgets the tallies and the claim, keeps the records, and counting begins anew."""
        buffer = self.make()
        buffer.reset("nobody")
        for ago in (6, 1, 0):
            buffer.record(_HOOK, failed(ago, at=NOON - _DAY * ago), window=1)
        assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
        buffer.reset(_HOOK)

        assert total(buffer.tallies(_HOOK, until=_TODAY, days=30)) == 0
        assert numbers(buffer.recent(_HOOK)) == numbers(buffer.recent(_HOOK, errors_only=True)) == [0, 1, 6]
        assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
        assert total(buffer.record(_HOOK, failed(7), window=7)) == 1
        assert numbers(buffer.recent(_HOOK)) == [7, 0, 1, 6]

    def test_clause_14_threads_lose_nothing(self) -> None:
        """Every record of many threads is kept and counted, and no two see the same count."""
        buffer = self.make()
        windows = at_once(100, lambda number: buffer.record(_HOOK, failed(number), window=7))

        assert sorted(map(total, windows)) == list(range(1, 101))
        assert sorted(numbers(buffer.recent(_HOOK))) == list(range(100))
        assert sorted(numbers(buffer.recent(_HOOK, errors_only=True))) == list(range(100))
        assert total(buffer.tallies(_HOOK, until=_TODAY, days=1)) == 100

    def test_clause_16_numbers_that_make_no_sense(self) -> None:
        """A window or a number of days under 1, and a limit under 0, are mistakes of the caller."""
        buffer = self.make()
        calls: tuple[Callable[[], object], ...] = (
            partial(buffer.record, _HOOK, attempt(), window=0),
            partial(buffer.tallies, _HOOK, until=_TODAY, days=0),
            partial(buffer.recent, _HOOK, limit=-1),
        )
        for call in calls:
            try:
                call()
            except UsageError:
                continue
            raise AssertionError("UsageError was not raised")
        assert buffer.recent(_HOOK) == ()

    def _claimed(self, buffer: RequestBuffer, at: datetime, _: int) -> bool:
        return buffer.claim(_HOOK, at=at, lease=_LEASE)
