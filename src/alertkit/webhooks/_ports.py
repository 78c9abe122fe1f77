"""
What a host provides, over its own database, mail and registry.

Rules of this file: each port's docstring is numbered clauses, and `alertkit.testing.contracts` proves each of them with
one test. None of these ports is handed a secret. What a host may replace in the rules, `Signer` and `BrokenPolicy`,
stands beside what alertkit has of them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

from alertkit.webhooks._health import DailyTally
from alertkit.webhooks._request_record import RequestRecord
from alertkit.webhooks._retirement import AuditEntry, RetirementNotice

__all__ = ["AuditLog", "IntegrationRegistry", "OwnerNotifier", "RequestBuffer"]


class RequestBuffer(Protocol):
    """
    What was sent to each integration lately, and how many attempts of a day counted as what.

    A buffer has no clock: every instant arrives with a call. An integration is known by its id and needs no
    introduction. Beside these clauses, what the backend fails at is raised, best as `StoreError` with the cause.

    1. A record is read back equal to what was recorded.
    2. `recent` returns the newest first, in the order in which they were recorded, whatever their instants, over all
       event types together.
    3. Of each event type the last 100 errors (`RequestRecord.is_error`) are kept, and the last 100 others, so that no
       flood of the ones pushes the others out.
    4. `recent` sees of each event type the last 100 of all that are kept, without gaps, or its last 100 errors.
    5. It narrows down to one event type, to errors, or both, and returns at most `limit` records.
    6. Recording counts the outcome on the UTC day of the record's instant; `Outcome.IGNORED` counts nowhere.
    7. `tallies` returns exactly `days` days, oldest first, `until` last, days without attempts filled with zeros.
    8. `record` returns what `tallies` would, `window` days until the record's own, with the record counted.
    9. Of an integration those records are kept, of whatever event type, whose instants are at most thirty days away
       from that of the record that came last, and the counts of the days less than thirty days away from its day.
       Whatever is further away, before or after (a clock may have been wrong), is forgotten for good. An integration
       that has had no record and no claim for thirty days may be forgotten whole.
    10. An integration sees nothing of another one; what is not known reads as nothing and zeros.
    11. `claim` is True for exactly one of any number of callers in any number of processes, until the lease of that one
        runs out, at its `at + lease`, to the microsecond. Whoever asks with an earlier `at` is refused, whatever the
        time is when they ask; unless by more than thirty days, for that claim was taken under a clock that was wrong,
        and holds nothing.
    12. A claim changes neither records nor tallies, and no other integration's claim; a record changes no claim.
    13. `reset` forgets the tallies and the claim of this very integration, keeps the records, and is no error where
        there is nothing.
    14. Threads and processes lose nothing: every record is kept and counted, and no two see the same count.
    15. At least the hundred event types that were recorded last are kept.
    16. `UsageError` for a window or a number of days under 1, a limit under 0, and a lease of nothing or of more than
        thirty days; nothing has changed then.
    """

    def record(self, integration_id: str, record: RequestRecord, *, window: int) -> tuple[DailyTally, ...]:
        """Append the record, count its outcome on its day, and return the last `window` days, as one atomic step."""
        ...

    def recent(
        self, integration_id: str, *, event_type: str | None = None, errors_only: bool = False, limit: int = 100
    ) -> tuple[RequestRecord, ...]:
        """Return the newest records, newest first."""
        ...

    def tallies(self, integration_id: str, *, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days, oldest first, `until` last."""
        ...

    def claim(self, integration_id: str, *, at: datetime, lease: timedelta) -> bool:
        """Return True for exactly one caller until the lease runs out or `reset` is called."""
        ...

    def reset(self, integration_id: str) -> None:
        """Forget the tallies and the claim, keep the records."""
        ...


class IntegrationRegistry(Protocol):
    """
    Where the host keeps its integrations.

    1. After `disable` the integration is disabled: it is handed to a sender with `enabled=False`, if at all.
    2. Disabling one that is disabled, or that is not there any more, is no error.
    3. Every other integration stays as it is.
    """

    def disable(self, integration_id: str) -> None:
        """Disable the integration, and keep everything else of it, so that it can be enabled again."""
        ...


class OwnerNotifier(Protocol):
    """
    How the host reaches the people who can mend an integration.

    1. Every notice reaches its owners, or is queued for them, whole.
    2. Notices are told in the order in which they came.

    After a crash a notice can come twice, with the same `retirement_id` where nothing was recorded in between.
    """

    def notify(self, notice: RetirementNotice) -> None:
        """Tell the owners. A slow channel wants a queue: the attempt that retires waits for this."""
        ...


class AuditLog(Protocol):
    """
    Where the host writes down what was done to its integrations.

    1. Every entry is kept as it was given.
    2. Entries are kept in the order in which they came.

    After a crash an entry can come twice, with the same `retirement_id` where nothing was recorded in between.
    """

    def record(self, entry: AuditEntry) -> None:
        """Keep the entry."""
        ...
