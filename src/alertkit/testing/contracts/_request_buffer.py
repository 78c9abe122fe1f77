"""
The contract of the `RequestBuffer` port, one test for each of its clauses; those about records stand in
`_request_records.py`, those about claims in `_request_claims.py`.

Rules of this file: no test framework, no clock, and no wait; every instant is made up and handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial

from alertkit._checks import MAX_LINE
from alertkit.errors import UsageError
from alertkit.testing.contracts._attempts import NOON, at_once, attempt, both, failed, numbers, total
from alertkit.testing.contracts._request_claims import ClaimClauses
from alertkit.webhooks._health import DailyTally, Outcome

__all__ = ["RequestBufferContract"]

_TODAY = NOON.date()
_DAY = timedelta(days=1)
_LEASE = timedelta(minutes=5)
_HOOK = "billing-sync"
_OTHER = "billing-sync-2"


class RequestBufferContract(ClaimClauses):
    """Subclass it and define `make`, and `open_again` where another process would open the store anew."""

    def test_clause_6_outcomes_count_on_their_utc_day(self) -> None:
        """An outcome counts on the UTC day of the record's instant; what is ignored counts nowhere."""
        with self._made() as buffer:
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
        with self._made() as buffer:
            buffer.record(_HOOK, failed(at=NOON - 2 * _DAY), window=1)

            for days in (1, 2, 3, 7, 30, 40):
                window = buffer.tallies(_HOOK, until=_TODAY, days=days)
                assert [tally.day for tally in window] == [_TODAY - _DAY * ago for ago in range(days - 1, -1, -1)]
                assert [tally.error for tally in window] == [int(tally.day == _TODAY - 2 * _DAY) for tally in window]
            assert buffer.tallies(_HOOK, until=_TODAY - 3 * _DAY, days=1) == (DailyTally(day=_TODAY - 3 * _DAY),)
            for until in (_TODAY - 300 * _DAY, _TODAY + 300 * _DAY):  # reading forgets nothing
                assert total(buffer.tallies(_HOOK, until=until, days=2)) == 0
            assert total(buffer.tallies(_HOOK, until=_TODAY, days=3)) == 1

    def test_clause_8_recording_returns_the_window(self) -> None:
        """Recording returns the days until the record's own, with the record counted, ignored ones too."""
        with self._made() as buffer:
            for ago, outcome in ((3, Outcome.ERROR), (1, Outcome.SUCCESS), (1, Outcome.IGNORED), (0, Outcome.ERROR)):
                at = NOON - _DAY * ago
                window = buffer.record(_HOOK, attempt(at=at, outcome=outcome), window=4)
                assert window == buffer.tallies(_HOOK, until=at.date(), days=4)

            assert [tally.error for tally in window] == [1, 0, 0, 1]
            back = buffer.record(_HOOK, failed(at=NOON - _DAY), window=2)
            assert [(tally.day, tally.error) for tally in back] == [(_TODAY - 2 * _DAY, 0), (_TODAY - _DAY, 1)]

    def test_clause_9_thirty_days(self) -> None:
        """What is more than thirty days away from the last record is forgotten for good, of every event type."""
        with self._made() as buffer:
            buffer.record(_HOOK, failed(0, at=NOON, event_type="issue.other"), window=1)
            buffer.record(_HOOK, failed(1, at=NOON + timedelta(hours=1)), window=1)
            buffer.record(_HOOK, failed(2, at=NOON + 29 * _DAY), window=1)
            assert total(buffer.tallies(_HOOK, until=_TODAY + 29 * _DAY, days=30)) == 3
            buffer.record(_HOOK, failed(3, at=NOON + 30 * _DAY), window=1)
            assert both(buffer, _HOOK) == [3, 2, 1, 0]
            assert total(buffer.tallies(_HOOK, until=_TODAY + 30 * _DAY, days=40)) == 2
            buffer.record(_HOOK, failed(4, at=NOON + 30 * _DAY + timedelta(microseconds=1)), window=1)
            assert both(buffer, _HOOK) == [4, 3, 2, 1]
            assert buffer.recent(_HOOK, event_type="issue.other") == ()

            # A clock that is wrong, also about another event type, and right again.
            buffer.record(_HOOK, failed(5, at=NOON + 3000 * _DAY, event_type="issue.other"), window=1)
            assert both(buffer, _HOOK) == [5]
            buffer.record(_HOOK, failed(6, at=NOON + 31 * _DAY), window=1)
            assert both(buffer, _HOOK) == [6]
            assert total(buffer.tallies(_HOOK, until=_TODAY + 31 * _DAY, days=60)) == 1
            assert total(buffer.tallies(_HOOK, until=_TODAY + 3000 * _DAY, days=60)) == 0
            buffer.record(_HOOK, failed(7, at=NOON + 200 * _DAY), window=1)
            buffer.record(_HOOK, attempt(8, at=NOON + 32 * _DAY), window=1)  # a success, too, makes old errors go
            assert numbers(buffer.recent(_HOOK)) == [8]
            assert total(buffer.tallies(_HOOK, until=_TODAY + 200 * _DAY, days=60)) == 0
            # How old something is, is between it and the last record of the same integration.
            for number, days in enumerate((0, 20)):
                buffer.record(_OTHER, failed(number, at=NOON + days * _DAY), window=1)
            buffer.record(_HOOK, failed(9, at=NOON + 40 * _DAY), window=1)
            assert numbers(buffer.recent(_OTHER)) == [1, 0]
            assert total(buffer.tallies(_OTHER, until=_TODAY + 20 * _DAY, days=30)) == 2

    def test_clause_10_integrations_are_apart(self) -> None:
        """An integration sees nothing of another one; what is not known reads as nothing and zeros."""
        with self._made() as buffer:
            long = "x" * MAX_LINE
            names = (
                *(_HOOK, _OTHER, "Billing-Sync", "billing-sync ", "billing", "billing:sync", "{billing}", "*", "%"),
                *(
                    "_",
                    "ünïcode",
                    "u\u0308ni\u0308code",
                    "unicode",
                    " ",
                    "alertkit:retired:billing-sync",
                    long,
                    long[:-1],
                    f"{long[:-1]}y",
                ),
            )
            for number, name in enumerate(names):
                buffer.record(name, failed(number), window=1)
                assert buffer.claim(name, at=NOON, lease=_LEASE)

            for number, name in enumerate(names):
                assert numbers(buffer.recent(name)) == [number]
                assert total(buffer.tallies(name, until=_TODAY, days=7)) == 1
                assert not buffer.claim(name, at=NOON, lease=_LEASE)
            # An id and an event type are two, wherever the one ends and the other begins.
            buffer.record("shop", failed(1, event_type="eu.created"), window=1)
            buffer.record("shop.eu", failed(2, event_type="created"), window=1)
            assert numbers(buffer.recent("shop", event_type="eu.created")) == [1]
            assert numbers(buffer.recent("shop.eu", event_type="created")) == [2]
            assert buffer.recent("nobody") == ()
            nothing = (DailyTally(day=_TODAY - _DAY), DailyTally(day=_TODAY))
            assert buffer.tallies("nobody", until=_TODAY, days=2) == nothing

    def test_clause_14_nothing_is_lost(self) -> None:
        """Every record of many threads and handles is kept and counted, and no two see the same count."""
        with self._made() as buffer, self._opened_again(buffer) as another:
            handles = (buffer, another)

            def recorded(number: int) -> tuple[DailyTally, ...]:
                window = handles[number % 2].record(_HOOK, failed(number), window=7)
                assert len(handles[number % 3 % 2].recent(_HOOK, limit=1)) == 1
                return window

            windows = at_once(10, recorded, times=10)

            assert sorted(map(total, windows)) == list(range(1, 101))
            for handle in handles:
                assert sorted(both(handle, _HOOK)) == list(range(100))
                assert total(handle.tallies(_HOOK, until=_TODAY, days=1)) == 100
            windows = at_once(16, recorded, times=25)
            assert sorted(map(total, windows)) == list(range(101, 501))
            assert total(another.tallies(_HOOK, until=_TODAY, days=1)) == 500
            assert len(set(both(another, _HOOK))) == 100

    def test_clause_16_numbers_that_make_no_sense(self) -> None:
        """A window or a number of days under 1, a limit under 0, a lease of nothing or too long: mistakes, all told."""
        with self._made() as buffer:
            calls: tuple[Callable[[], object], ...] = (
                partial(buffer.record, _HOOK, attempt(), window=0),
                partial(buffer.tallies, _HOOK, until=_TODAY, days=0),
                partial(buffer.recent, _HOOK, limit=-1),
                partial(buffer.claim, _HOOK, at=NOON, lease=timedelta(0)),
                partial(buffer.claim, _HOOK, at=NOON, lease=31 * _DAY),
            )
            for call in calls:
                try:
                    call()
                except UsageError:
                    continue
                raise AssertionError("UsageError was not raised")
            assert buffer.recent(_HOOK) == ()
            assert total(buffer.tallies(_HOOK, until=_TODAY, days=7)) == 0
            assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
