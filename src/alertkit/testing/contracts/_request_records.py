"""
The clauses of the `RequestBuffer` port that are about records: 1 to 5, and 15.

Rules of this file: as in `_request_buffer.py`, whose contract these are a part of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from alertkit.testing.contracts._attempts import NOON, attempt, failed, numbers, total
from alertkit.webhooks._health import FailureKind, Outcome
from alertkit.webhooks._ports import RequestBuffer

__all__ = ["RecordClauses"]

_DAY = timedelta(days=1)
_HOOK = "billing-sync"
_OTHER = "billing-sync-2"
_ALIKE = ("issue_created", "issuexcreated", "Issue_Created", "issue_created ", "issue%", "é", "e\u0301", "e")


class RecordClauses:
    """What is kept of each attempt, and how it reads back."""

    def make(self) -> RequestBuffer:
        """Return a fresh, empty buffer each time."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def open_again(self, buffer: RequestBuffer) -> RequestBuffer:
        """
        Return another buffer over the same store, as another process would open it.

        Define it wherever your buffer has anything to itself: a connection, a cache, a lock.
        """
        return buffer

    def close(self, buffer: RequestBuffer) -> None:
        """Give back what a buffer holds; unless you define it, by calling its `close` if it has one."""
        getattr(buffer, "close", lambda: None)()

    @contextmanager
    def _made(self) -> Iterator[RequestBuffer]:
        buffer = self.make()
        try:
            yield buffer
        finally:
            self.close(buffer)

    @contextmanager
    def _opened_again(self, buffer: RequestBuffer) -> Iterator[RequestBuffer]:
        another = self.open_again(buffer)
        try:
            yield another
        finally:
            if another is not buffer:
                self.close(another)

    def test_clause_1_a_record_reads_back_equal(self) -> None:
        """A record is read back equal to what was recorded, whatever text it holds, and however long."""
        texts = "".join(map(chr, (*range(0x20), 0x7F, 0xE9, 0xFFFD, 0x1F6A8))) + "'\"\\;--%s{}\r\n "
        written = [
            *(attempt(status=status, outcome=outcome) for outcome in Outcome for status in (0, 200, 302, 404, 500)),
            *(attempt(status=0, outcome=Outcome.TIMEOUT, failure=failure) for failure in FailureKind),
            attempt(at=NOON.replace(microsecond=123_456), duration=0.123456789),
            attempt(at=NOON.replace(microsecond=0), duration=0.0),
            failed(
                url="https://hooks.example.com/in?token=[hidden]",
                message_id="msg_1",
                request_headers={"Content-Type": "application/json", "X-Blank": ""},
                request_body=texts,
                response_headers={"X-Text": texts},
                response_body="",
                error_id="e1",
                project_id="7",
                organization_id="1",
            ),
            failed(
                event_type="x" * 256,
                url="https://hooks.example.com/".ljust(1024, "x"),
                message_id="x" * 256,
                request_headers={"X-Text": "x" * 1018},
                request_body="🚨" * 1024,
                response_headers={"X-Text": "é" * 1018},
                response_body="'" * 1024,
                error_id="x" * 256,
                project_id="é" * 256,
                organization_id="x" * 256,
            ),
        ]
        with self._made() as buffer:
            for record in written:
                buffer.record(_HOOK, record, window=1)

            assert list(buffer.recent(_HOOK, limit=1000)) == written[::-1]

    def test_clause_2_the_newest_come_first(self) -> None:
        """The newest come first, in the order of recording, whatever their instants, over all event types."""
        with self._made() as buffer, self._opened_again(buffer) as another:
            hours = (1, 3, 2, 2, 0, 5)
            for number, hour in enumerate(hours):
                at = NOON + timedelta(hours=hour)
                handle = another if number % 2 else buffer
                handle.record(_HOOK, attempt(number, at=at, event_type=f"issue.{number % 3}"), window=1)

            for handle in (buffer, another):
                assert numbers(handle.recent(_HOOK)) == [5, 4, 3, 2, 1, 0]
                assert numbers(handle.recent(_HOOK, event_type="issue.1")) == [4, 1]

    def test_clause_3_a_hundred_of_each(self) -> None:
        """Of each event type the last 100 errors and the last 100 others are kept, whatever comes of another."""
        with self._made() as buffer:
            buffer.record(_OTHER, attempt(7), window=1)
            buffer.record(_OTHER, failed(8), window=1)
            buffer.record(_HOOK, attempt(1000, event_type="issue.other"), window=1)
            for number in range(105):
                buffer.record(_HOOK, attempt(number), window=1)

            assert numbers(buffer.recent(_HOOK, event_type="issue.created")) == list(range(104, 4, -1))
            assert numbers(buffer.recent(_HOOK, limit=1000)) == [*range(104, 4, -1), 1000]
            for number in range(2000, 2103):
                buffer.record(_HOOK, failed(number), window=1)
                buffer.record(_HOOK, failed(number, event_type="issue.other"), window=1)
            for number in range(3000, 3310):
                buffer.record(_HOOK, attempt(number), window=1)
            for number in range(10):
                buffer.record(_HOOK, failed(number, event_type="issue.third"), window=1)

            for event_type in ("issue.created", "issue.other"):
                errors = buffer.recent(_HOOK, event_type=event_type, errors_only=True, limit=1000)
                assert numbers(errors) == list(range(2102, 2002, -1))
            assert len(buffer.recent(_HOOK, errors_only=True, limit=1000)) == 210
            assert numbers(buffer.recent(_OTHER)) == [8, 7]

    def test_clause_4_a_reading_has_no_gaps(self) -> None:
        """The last 100 of an event type are seen, errors and others, and no errors from before; or its last errors."""
        with self._made() as buffer:
            for number in range(60):
                buffer.record(_HOOK, failed(number), window=1)
            for number in range(100, 180):
                buffer.record(_HOOK, attempt(number), window=1)
                buffer.record(_HOOK, attempt(number + 100, event_type="issue.other"), window=1)

            last = [*range(179, 99, -1), *range(59, 39, -1)]
            assert numbers(buffer.recent(_HOOK, event_type="issue.created", limit=1000)) == last
            assert len(buffer.recent(_HOOK, limit=1000)) == 180
            assert numbers(buffer.recent(_HOOK, errors_only=True, limit=1000)) == list(range(59, -1, -1))
            # Once the newer ones are forgotten, under a clock that was wrong, the older ones are seen again.
            buffer.record("clock", attempt(0, at=NOON - 20 * _DAY), window=1)
            for number in range(100):
                buffer.record("clock", failed(number, at=NOON + _DAY), window=1)
            buffer.record("clock", attempt(1000, at=NOON - 30 * _DAY), window=1)
            assert numbers(buffer.recent("clock")) == [1000, 0]

    def test_clause_5_reading_is_narrowed_down(self) -> None:
        """Reading is narrowed down to an event type, to errors, or both, and to the newest few."""
        with self._made() as buffer:
            for number in range(8):
                make = failed if number % 2 else attempt
                buffer.record(_HOOK, make(number, event_type="issue.a" if number < 4 else "issue.b"), window=1)
            # What is an error is for the record to say, not for its status or its outcome alone.
            for number, (status, outcome) in enumerate(
                (
                    (429, Outcome.IGNORED),
                    (302, Outcome.IGNORED),
                    (404, Outcome.SUCCESS),
                    (302, Outcome.ERROR),
                    (0, Outcome.IGNORED),
                ),
                start=20,
            ):
                buffer.record("rules", attempt(number, status=status, outcome=outcome), window=1)

            assert numbers(buffer.recent("rules", errors_only=True)) == [24, 23, 20]
            assert numbers(buffer.recent("rules")) == [24, 23, 22, 21, 20]
            assert numbers(buffer.recent(_HOOK, errors_only=True)) == [7, 5, 3, 1]
            assert numbers(buffer.recent(_HOOK, errors_only=True, limit=2)) == [7, 5]
            assert numbers(buffer.recent(_HOOK, event_type="issue.a", errors_only=True)) == [3, 1]
            assert numbers(buffer.recent(_HOOK, limit=3)) == [7, 6, 5]
            assert numbers(buffer.recent(_HOOK, event_type="issue.a", limit=1)) == [3]
            assert buffer.recent(_HOOK, event_type="issue.c") == buffer.recent(_HOOK, limit=0) == ()
            for number, event_type in enumerate(_ALIKE):
                buffer.record(_OTHER, failed(number, event_type=event_type), window=1)
            for number, event_type in enumerate(_ALIKE):
                assert numbers(buffer.recent(_OTHER, event_type=event_type)) == [number]

    def test_clause_15_a_hundred_event_types(self) -> None:
        """At least the hundred event types that were recorded last are kept."""
        with self._made() as buffer:
            # The first one is recorded again before those come that are too many: 1 to 19 may go, and not 0.
            buffer.record(_OTHER, failed(1, event_type="issue.mine"), window=1)
            for number in range(100):
                buffer.record(_HOOK, failed(number, event_type=f"issue.{number}"), window=1)
            buffer.record(_HOOK, attempt(0, event_type="issue.0"), window=1)
            for number in range(100, 119):
                buffer.record(_HOOK, failed(number, event_type=f"issue.{number}"), window=1)

            last = {0, *range(20, 119)}
            assert last <= set(numbers(buffer.recent(_HOOK, limit=1000)))
            assert all(numbers(buffer.recent(_HOOK, event_type=f"issue.{n}", errors_only=True)) for n in last)
            assert total(buffer.tallies(_HOOK, until=NOON.date(), days=1)) == 120  # the counts know no event types
            assert numbers(buffer.recent(_OTHER)) == [1]
