"""
The contract of the `RequestBuffer` port, one test for each of its clauses; those about records stand in
`_request_records.py`.

Rules of this file: no test framework, no clock, and no wait; every instant is made up and handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial

from alertkit._checks import MAX_LINE
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
            assert _both(buffer) == [3, 2, 1, 0]
            assert total(buffer.tallies(_HOOK, until=_TODAY + 30 * _DAY, days=40)) == 2
            buffer.record(_HOOK, failed(4, at=NOON + 30 * _DAY + timedelta(microseconds=1)), window=1)
            assert _both(buffer) == [4, 3, 2, 1]
            assert buffer.recent(_HOOK, event_type="issue.other") == ()

            # A clock that is wrong, also about another event type, and right again.
            buffer.record(_HOOK, failed(5, at=NOON + 3000 * _DAY, event_type="issue.other"), window=1)
            assert _both(buffer) == [5]
            buffer.record(_HOOK, failed(6, at=NOON + 31 * _DAY), window=1)
            assert _both(buffer) == [6]
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
            assert _both(buffer) == [0, 1, 6]
            assert buffer.claim(_HOOK, at=NOON, lease=_LEASE)
            assert total(buffer.record(_HOOK, failed(7), window=7)) == 1
            assert _both(buffer) == [7, 0, 1, 6]
            for name in others:
                assert total(buffer.tallies(name, until=_TODAY, days=7)) == 1
                assert not buffer.claim(name, at=NOON, lease=_LEASE)

    def test_clause_14_nothing_is_lost(self) -> None:
        """Every record of many threads and handles is kept and counted, and no two see the same count."""
        with self._made() as buffer, self._opened_again(buffer) as another:
            handles = (buffer, another)

            def recorded(number: int) -> tuple[DailyTally, ...]:
                window = handles[number % 2].record(_HOOK, failed(number), window=7)
                assert len(handles[number % 3 % 2].recent(_HOOK)) >= min(total(window), 100)
                return window

            windows = at_once(10, recorded, times=10)

            assert sorted(map(total, windows)) == list(range(1, 101))
            for handle in handles:
                assert sorted(_both(handle)) == list(range(100))
                assert total(handle.tallies(_HOOK, until=_TODAY, days=1)) == 100
            windows = at_once(16, recorded, times=25)
            assert sorted(map(total, windows)) == list(range(101, 501))
            assert total(another.tallies(_HOOK, until=_TODAY, days=1)) == 500
            assert len(set(_both(another))) == 100

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

    def _claimed(self, handles: Sequence[RequestBuffer], at: datetime, number: int) -> bool:
        return handles[number % 2].claim(_HOOK, at=at, lease=_LEASE)


def _both(buffer: RequestBuffer) -> list[int]:
    """Return the records of errors; all of them are, so they stand among all records alike."""
    errors = numbers(buffer.recent(_HOOK, errors_only=True))
    assert numbers(buffer.recent(_HOOK)) == errors
    return errors
