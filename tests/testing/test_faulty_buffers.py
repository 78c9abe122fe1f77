"""Buffers that are wrong in one thing each, and the clause of the contract that finds it."""

import re
from datetime import timedelta

import attrs
import pytest
from contract_runs import broken_clauses

from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing.contracts import RequestBufferContract
from alertkit.webhooks import Outcome

DAY = timedelta(days=1)


class LosesMicroseconds(MemoryRequestBuffer):
    """Stores instants in whole seconds."""

    def record(self, integration_id, record, *, window):
        """Round."""
        return super().record(integration_id, attrs.evolve(record, at=record.at.replace(microsecond=0)), window=window)


class OldestFirst(MemoryRequestBuffer):
    """Reads in the wrong direction."""

    def recent(self, integration_id, **options):
        """Turn around."""
        return super().recent(integration_id, **options)[::-1]


class ByInstant(MemoryRequestBuffer):
    """Sorts by the records' own instants."""

    def recent(self, integration_id, **options):
        """Sort."""
        found = super().recent(integration_id, **options)
        return tuple(sorted(found, key=lambda record: record.at, reverse=True))


class Unbounded(MemoryRequestBuffer):
    """Keeps every record."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.all = []

    def record(self, integration_id, record, *, window):
        """Remember."""
        self.all.insert(0, record)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, *, event_type=None, **options):
        """Read everything of an event type."""
        if event_type is None or options:
            return super().recent(integration_id, event_type=event_type, **options)
        return tuple(record for record in self.all if record.event_type == event_type)


class NinetyNine(MemoryRequestBuffer):
    """Keeps one record too few."""

    def recent(self, integration_id, *, event_type=None, **options):
        """Leave one out."""
        found = super().recent(integration_id, event_type=event_type, **options)
        return found[:99] if event_type else found


class OneRing(MemoryRequestBuffer):
    """Keeps no errors apart."""

    def recent(self, integration_id, *, event_type=None, errors_only=False, limit=100):
        """Filter what is kept of all."""
        found = super().recent(integration_id, event_type=event_type, limit=1000)
        return tuple(record for record in found if record.is_error or not errors_only)[:limit]


class NoLimit(MemoryRequestBuffer):
    """Takes no notice of the limit."""

    def recent(self, integration_id, *, limit=100, **options):
        """Read all."""
        return super().recent(integration_id, limit=max(limit, 0) and 1000, **options)


class CountsTheIgnored(MemoryRequestBuffer):
    """Counts what is to count nowhere."""

    def record(self, integration_id, record, *, window):
        """Call it an error."""
        counted = attrs.evolve(record, outcome=Outcome.ERROR) if record.outcome is Outcome.IGNORED else record
        return super().record(integration_id, counted, window=window)


class LocalDays(MemoryRequestBuffer):
    """Counts on the days of a zone of its own."""

    def record(self, integration_id, record, *, window):
        """Move the instant by some hours."""
        return super().record(integration_id, attrs.evolve(record, at=record.at + timedelta(hours=9)), window=window)


class NewestDayFirst(MemoryRequestBuffer):
    """Turns the days around."""

    def tallies(self, integration_id, **options):
        """Turn around."""
        return super().tallies(integration_id, **options)[::-1]


class OnlyDaysWithTraffic(MemoryRequestBuffer):
    """Leaves silent days out."""

    def tallies(self, integration_id, **options):
        """Leave out."""
        return tuple(tally for tally in super().tallies(integration_id, **options) if tally.total)


class WindowBefore(MemoryRequestBuffer):
    """Returns the window as it was before the record."""

    def record(self, integration_id, record, *, window):
        """Look first, then record."""
        before = self.tallies(integration_id, until=record.at.date(), days=max(window, 1))
        super().record(integration_id, record, window=window)
        return before


class WindowUntilTheNewest(MemoryRequestBuffer):
    """Ends the window with the newest day of all, not with the record's own."""

    newest = None

    def record(self, integration_id, record, *, window):
        """Record, then look at the newest day."""
        super().record(integration_id, record, window=window)
        self.newest = max(filter(None, (self.newest, record.at.date())))
        return self.tallies(integration_id, until=self.newest, days=window)


class Forever(MemoryRequestBuffer):
    """Forgets nothing."""

    def __init__(self):
        """Keep everything of one integration on one day."""
        super().__init__()
        self.all = []

    def record(self, integration_id, record, *, window):
        """Remember."""
        self.all.append(record)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Read what was ever recorded, where that was little."""
        found = super().recent(integration_id, **options)
        return tuple(self.all[::-1]) if len(self.all) < 8 and len(found) > 1 and not options else found


class OneForAll(MemoryRequestBuffer):
    """Takes every integration for the same one."""

    def record(self, integration_id, record, *, window):
        """Record under one name."""
        return super().record("all", record, window=window)

    def recent(self, integration_id, **options):
        """Read under one name."""
        return super().recent("all", **options)

    def tallies(self, integration_id, **options):
        """Count under one name."""
        return super().tallies("all", **options)

    def reset(self, integration_id):
        """Reset under one name."""
        super().reset("all")


class EverybodyClaims(MemoryRequestBuffer):
    """Gives the claim to each who asks."""

    def claim(self, integration_id, *, at, lease):
        """Say yes."""
        return True


class ClaimsForGood(MemoryRequestBuffer):
    """Never lets a lease run out."""

    def claim(self, integration_id, *, at, lease):
        """Make it long."""
        return super().claim(integration_id, at=at, lease=3650 * DAY)


class OneClaimForAll(MemoryRequestBuffer):
    """Has one claim for all integrations."""

    def claim(self, integration_id, *, at, lease):
        """Claim under one name."""
        return super().claim("all", at=at, lease=lease)


class ResetKeepsTheClaim(MemoryRequestBuffer):
    """Forgets the tallies only."""

    def reset(self, integration_id):
        """Put the claim back."""
        kept = self._kept.get(integration_id)
        until = None if kept is None else kept.claimed_until
        super().reset(integration_id)
        if kept is not None:
            kept.claimed_until = until


class ResetDropsRecords(MemoryRequestBuffer):
    """Forgets everything."""

    def reset(self, integration_id):
        """Forget."""
        self._kept.pop(integration_id, None)


class LostUpdates(MemoryRequestBuffer):
    """Reads, adds and writes in three steps that others come in between."""

    def record(self, integration_id, record, *, window):
        """Let everybody see the same count."""
        windows = super().record(integration_id, record, window=window)
        return tuple(attrs.evolve(tally, error=min(tally.error, 50)) for tally in windows)


class FewEventTypes(MemoryRequestBuffer):
    """Keeps ten of them."""

    def recent(self, integration_id, **options):
        """Forget the others."""
        found = super().recent(integration_id, **options)
        return tuple(record for record in found if not re.fullmatch(r"issue\.[2-9]\d", record.event_type))


class TakesAnyNumber(MemoryRequestBuffer):
    """Makes something of every number."""

    def tallies(self, integration_id, *, until, days):
        """Take at least one."""
        return super().tallies(integration_id, until=until, days=max(days, 1))


FAULTY_BUFFERS = {
    LosesMicroseconds: 1,
    OldestFirst: 2,
    ByInstant: 2,
    Unbounded: 3,
    NinetyNine: 3,
    OneRing: 4,
    NoLimit: 5,
    CountsTheIgnored: 6,
    LocalDays: 6,
    NewestDayFirst: 7,
    OnlyDaysWithTraffic: 7,
    WindowBefore: 8,
    WindowUntilTheNewest: 8,
    Forever: 9,
    OneForAll: 10,
    EverybodyClaims: 11,
    ClaimsForGood: 11,
    OneClaimForAll: 12,
    ResetKeepsTheClaim: 13,
    ResetDropsRecords: 13,
    LostUpdates: 14,
    FewEventTypes: 15,
    TakesAnyNumber: 16,
}


@pytest.mark.parametrize(("buffer", "clause"), FAULTY_BUFFERS.items(), ids=lambda each: getattr(each, "__name__", each))
def test_a_faulty_buffer_is_rejected(buffer, clause):
    """By the clause that it breaks, among others."""

    class Faulty(RequestBufferContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return buffer()

    assert clause in broken_clauses(Faulty)
