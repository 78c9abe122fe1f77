"""Buffers that are wrong in one thing each, and the clause of the contract that finds it."""

import fnmatch
import re
import unicodedata
from collections import deque
from datetime import date, datetime, time, timedelta, timezone

import attrs
import pytest
from contract_runs import broken_clauses

from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing.contracts import RequestBufferContract
from alertkit.webhooks import FailureKind, Outcome

DAY = timedelta(days=1)


class LosesMicroseconds(MemoryRequestBuffer):
    """Stores instants in whole seconds."""

    def record(self, integration_id, record, *, window):
        """Round."""
        return super().record(integration_id, attrs.evolve(record, at=record.at.replace(microsecond=0)), window=window)


class ShortColumns(MemoryRequestBuffer):
    """Has columns that are too short."""

    def record(self, integration_id, record, *, window):
        """Cut."""
        return super().record(integration_id, attrs.evolve(record, url=record.url[:255]), window=window)


class FewKinds(MemoryRequestBuffer):
    """Knows one kind of failure."""

    def record(self, integration_id, record, *, window):
        """Call them all a timeout."""
        failure = record.failure and FailureKind.TIMED_OUT
        return super().record(integration_id, attrs.evolve(record, failure=failure), window=window)


class RoundDurations(MemoryRequestBuffer):
    """Keeps milliseconds."""

    def record(self, integration_id, record, *, window):
        """Round."""
        duration = record.duration and round(record.duration, 3)
        return super().record(integration_id, attrs.evolve(record, duration=duration), window=window)


class ErrorsByStatus(MemoryRequestBuffer):
    """Takes every status from 400 on for an error."""

    def recent(self, integration_id, *, errors_only=False, limit=100, **options):
        """Filter by the status."""
        found = super().recent(integration_id, limit=1000, **options)
        return tuple(record for record in found if not errors_only or not 0 < record.status < 400)[:limit]


class BlindToCase(MemoryRequestBuffer):
    """Takes ids as a database does that knows neither case nor blanks at the end."""

    def record(self, integration_id, record, *, window):
        """Fold."""
        return super().record(integration_id.lower().rstrip(" "), record, window=window)

    def recent(self, integration_id, **options):
        """Fold."""
        return super().recent(integration_id.lower().rstrip(" "), **options)


class KeepsOtherTypes(MemoryRequestBuffer):
    """Forgets old records of the event type at hand only."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.other = []

    def record(self, integration_id, record, *, window):
        """Remember."""
        if record.event_type == "issue.other":
            self.other.append(record)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, *, event_type=None, **options):
        """Find it again."""
        found = super().recent(integration_id, event_type=event_type, **options)
        return found or tuple(self.other) if event_type == "issue.other" else found


class OneDayTooMany(MemoryRequestBuffer):
    """Keeps thirty-one days of counts."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.first = {}

    def record(self, integration_id, record, *, window):
        """Remember the first day."""
        self.first.setdefault(integration_id, record.at.date())
        return super().record(integration_id, record, window=window)

    def tallies(self, integration_id, *, until, days):
        """Count it again, thirty days later."""
        found = super().tallies(integration_id, until=until, days=days)
        first = self.first.get(integration_id)
        return tuple(
            attrs.evolve(tally, error=2) if tally.day == first and until - first == 30 * DAY else tally
            for tally in found
        )


class SmallCounters(MemoryRequestBuffer):
    """Counts in a byte."""

    def tallies(self, integration_id, **options):
        """Stop at its end."""
        found = super().tallies(integration_id, **options)
        return tuple(attrs.evolve(tally, error=min(tally.error, 127)) for tally in found)


class WholeSeconds(MemoryRequestBuffer):
    """Keeps claims in seconds."""

    def claim(self, integration_id, *, at, lease):
        """Round."""
        return super().claim(integration_id, at=at.replace(microsecond=0), lease=max(lease, timedelta(seconds=1)))


class AskersLease(MemoryRequestBuffer):
    """Looks how long ago a claim was taken, by the lease of whoever asks."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.taken = {}

    def claim(self, integration_id, *, at, lease):
        """Compare."""
        super().claim(integration_id, at=at, lease=lease)
        taken = self.taken.get(integration_id)
        if taken is not None and at < taken + lease:
            return False
        self.taken[integration_id] = at
        return True


class SuccessFrees(MemoryRequestBuffer):
    """Ends a claim with a success."""

    def record(self, integration_id, record, *, window):
        """Free it."""
        tallies = super().record(integration_id, record, window=window)
        if record.outcome is Outcome.SUCCESS:
            self._kept[integration_id].claimed_until = datetime.min.replace(tzinfo=timezone.utc)
        return tallies


class TrustsEveryClock(MemoryRequestBuffer):
    """Lets a claim of another year hold."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.until = {}

    def claim(self, integration_id, *, at, lease):
        """Hold it."""
        super().claim(integration_id, at=at, lease=lease)
        if at < self.until.get(integration_id, at):
            return False
        self.until[integration_id] = at + lease
        return True


class TakesAnyLease(MemoryRequestBuffer):
    """Makes something of every lease."""

    def claim(self, integration_id, *, at, lease):
        """Take at least a moment, and at most thirty days."""
        return super().claim(integration_id, at=at, lease=min(max(lease, timedelta(microseconds=1)), 30 * DAY))


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


class Gaps(MemoryRequestBuffer):
    """Shows whatever is kept."""

    def recent(self, integration_id, *, event_type=None, errors_only=False, limit=100):
        """Read errors from long ago too."""
        last = super().recent(integration_id, event_type=event_type, errors_only=errors_only, limit=limit)
        errors = super().recent(integration_id, event_type=event_type, errors_only=True, limit=1000)
        return (*last, *(error for error in errors if error not in last))[:limit]


class PushedOut(MemoryRequestBuffer):
    """Keeps a hundred of all, and apart from them the errors only."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.last = deque(maxlen=100)

    def record(self, integration_id, record, *, window):
        """Remember."""
        self.last.append(record)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Leave out what was pushed out."""
        found = super().recent(integration_id, **options)
        return tuple(record for record in found if record.is_error or record in self.last or integration_id != "clock")


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


class ClaimsOfItsOwn(MemoryRequestBuffer):
    """Keeps its claims in its process, and the rest in a store that others open too."""

    def __init__(self, store=None):
        """Open a store, or a new one."""
        super().__init__()
        self.store = store or MemoryRequestBuffer()
        self.closed = False

    def claim(self, integration_id, **options):
        """Claim here."""
        return MemoryRequestBuffer.claim(self, integration_id, **options)

    def record(self, integration_id, record, *, window):
        """Record there."""
        return self.store.record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Read there."""
        return self.store.recent(integration_id, **options)

    def tallies(self, integration_id, **options):
        """Count there."""
        return self.store.tallies(integration_id, **options)

    def reset(self, integration_id):
        """Reset on both sides."""
        super().reset(integration_id)
        self.store.reset(integration_id)

    def close(self):
        """Note it."""
        self.closed = True


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


class FirstComeFirstGone(MemoryRequestBuffer):
    """Forgets the event type that came first, not the one that was recorded last the longest ago."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.known = []

    def record(self, integration_id, record, *, window):
        """Note when it came."""
        if record.event_type not in self.known:
            self.known.append(record.event_type)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Leave out what came before the last hundred."""
        found = super().recent(integration_id, **options)
        return tuple(record for record in found if record.event_type in self.known[-100:])


class OneRingOfErrors(MemoryRequestBuffer):
    """Keeps a hundred errors of all event types together."""

    def recent(self, integration_id, *, event_type=None, errors_only=False, limit=100):
        """Look among them."""
        if not errors_only:
            return super().recent(integration_id, event_type=event_type, limit=limit)
        errors = super().recent(integration_id, errors_only=True)
        return tuple(record for record in errors if event_type in (None, record.event_type))[:limit]


class ForgetsWhenReading(MemoryRequestBuffer):
    """Takes every day that is asked for to be today."""

    def tallies(self, integration_id, *, until, days):
        """Forget what is far away from it."""
        if integration_id in self._kept and isinstance(until, date):
            self._kept[integration_id].forget_what_is_far_from(datetime.combine(until, time(12), timezone.utc))
        return super().tallies(integration_id, until=until, days=days)


class OneKey(MemoryRequestBuffer):
    """Puts id and event type together, and does not know any more where the one ends."""

    def record(self, integration_id, record, *, window):
        """Record under one key too."""
        super().record(f"{integration_id}.{record.event_type}", record, window=window)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, *, event_type=None, **options):
        """Read under it."""
        if event_type is None:
            return super().recent(integration_id, **options)
        return super().recent(f"{integration_id}.{event_type}", **options)


class ShortClaims(MemoryRequestBuffer):
    """Has a column for claims that is one character too short."""

    def claim(self, integration_id, *, at, lease):
        """Cut."""
        return super().claim(integration_id[:255], at=at, lease=lease)


class RealTime(MemoryRequestBuffer):
    """Leaves it to the server to forget a claim, by the time that it is there."""

    def claim(self, integration_id, *, at, lease):
        """Forget it at once where it is over by now."""
        claimed = super().claim(integration_id, at=at, lease=lease)
        if at + lease < datetime.now(timezone.utc):
            self._kept[integration_id].claimed_until = datetime.min.replace(tzinfo=timezone.utc)
        return claimed


class NotQuiteThirtyDays(MemoryRequestBuffer):
    """Takes a claim of thirty days for one of a wrong clock."""

    def claim(self, integration_id, *, at, lease):
        """Make it short."""
        return super().claim(integration_id, at=at, lease=lease if lease != 30 * DAY else timedelta(microseconds=1))


class ResetsByPattern(MemoryRequestBuffer):
    """Takes an id for a pattern, as a search for keys does."""

    def reset(self, integration_id):
        """Reset all that match."""
        for name in fnmatch.filter(list(self._kept), integration_id):
            super().reset(name)


class ResetsByBeginning(MemoryRequestBuffer):
    """Resets whatever begins with the id."""

    def reset(self, integration_id):
        """Reset all that begin so."""
        for name in list(self._kept):
            if name.startswith(integration_id):
                super().reset(name)


class ResetsWhatHasRecords(MemoryRequestBuffer):
    """Finds nothing to reset where nothing was recorded."""

    def reset(self, integration_id):
        """Reset if there is a record."""
        if self.recent(integration_id):
            super().reset(integration_id)


class OneRetentionForAll(MemoryRequestBuffer):
    """Takes the newest record of all integrations for the measure of age."""

    def record(self, integration_id, record, *, window):
        """Forget everywhere what is far from it."""
        for kept in self._kept.values():
            kept.forget_what_is_far_from(record.at)
        return super().record(integration_id, record, window=window)


class OneHundredForAll(MemoryRequestBuffer):
    """Keeps a hundred errors and a hundred others of an event type, over all integrations."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.last = {True: deque(maxlen=100), False: deque(maxlen=100)}

    def record(self, integration_id, record, *, window):
        """Remember."""
        self.last[record.is_error].append(record)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Leave out what others pushed out."""
        found = super().recent(integration_id, **options)
        return tuple(
            record for record in found if record in self.last[record.is_error] or record.event_type != "issue.created"
        )


class HundredTypesForAll(MemoryRequestBuffer):
    """Keeps a hundred event types of all integrations."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.known = {}

    def record(self, integration_id, record, *, window):
        """Note the order."""
        self.known.pop(record.event_type, None)
        self.known[record.event_type] = True
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Leave out the others."""
        found, known = super().recent(integration_id, **options), list(self.known)[-100:]
        return tuple(record for record in found if record.event_type in known)


class TypesAreFolded(MemoryRequestBuffer):
    """Compares event types without regard to case."""

    def recent(self, integration_id, *, event_type=None, limit=100, **options):
        """Filter so."""
        found = super().recent(integration_id, limit=1000 if limit == 100 else limit, **options)
        wanted = event_type and event_type.lower()
        return tuple(record for record in found if wanted in (None, record.event_type.lower()))[:limit]


class TypesArePatterns(MemoryRequestBuffer):
    """Compares event types with LIKE."""

    def recent(self, integration_id, *, event_type=None, limit=100, **options):
        """Filter so."""
        found = super().recent(integration_id, limit=limit, **options)
        pattern = None if event_type is None else event_type.replace("_", "?").replace("%", "*")
        return tuple(record for record in found if pattern is None or fnmatch.fnmatchcase(record.event_type, pattern))


class SweepsClaims(MemoryRequestBuffer):
    """Deletes claims that have run out when something is recorded."""

    def record(self, integration_id, record, *, window):
        """Sweep."""
        tallies = super().record(integration_id, record, window=window)
        kept = self._kept[integration_id]
        if kept.claimed_until <= record.at:
            kept.claimed_until = datetime.min.replace(tzinfo=timezone.utc)
        return tallies


class SweepsEverybodysClaims(MemoryRequestBuffer):
    """Deletes claims that have run out, also those of others."""

    def record(self, integration_id, record, *, window):
        """Sweep."""
        for name, kept in self._kept.items():
            if kept.claimed_until <= record.at and name != integration_id:
                kept.claimed_until = datetime.min.replace(tzinfo=timezone.utc)
        return super().record(integration_id, record, window=window)


class ErrorsAmongTheLast(MemoryRequestBuffer):
    """Looks for errors among the last three hundred of an event type."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.last = {}

    def record(self, integration_id, record, *, window):
        """Remember."""
        key = (integration_id, record.event_type)
        self.last.setdefault(key, deque(maxlen=300)).append(record)
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, **options):
        """Leave out what is not among them."""
        found = super().recent(integration_id, **options)
        return tuple(record for record in found if record in self.last[integration_id, record.event_type])


class AtMostTwoHundred(MemoryRequestBuffer):
    """Reads two hundred records at most."""

    def recent(self, integration_id, *, limit=100, **options):
        """Cap."""
        return super().recent(integration_id, limit=min(limit, 200), **options)


class ErrorsMakeForget(MemoryRequestBuffer):
    """Forgets what is old when an error comes, and only then."""

    def record(self, integration_id, record, *, window):
        """Keep the old ones over a success."""
        kept = self._kept.get(integration_id)
        if kept is not None and not record.is_error:
            kept.earliest = kept.latest = record.at
        return super().record(integration_id, record, window=window)


class CountsGoWithTheType(MemoryRequestBuffer):
    """Forgets the counts of an event type with it."""

    def record(self, integration_id, record, *, window):
        """Take one away for each that went."""
        before = len(self._kept[integration_id].logs) if integration_id in self._kept else 0
        known = before and record.event_type in self._kept[integration_id].logs
        tallies = super().record(integration_id, record, window=window)
        if before == 100 and not known:
            self._kept[integration_id].days[record.at.date()] = attrs.evolve(tallies[-1], error=tallies[-1].error - 1)
        return tallies


class Normalises(MemoryRequestBuffer):
    """Has a database that writes letters in one way."""

    def record(self, integration_id, record, *, window):
        """Normalise."""
        return super().record(unicodedata.normalize("NFC", integration_id), record, window=window)

    def recent(self, integration_id, **options):
        """Normalise."""
        return super().recent(unicodedata.normalize("NFC", integration_id), **options)


class TakesAnyNumber(MemoryRequestBuffer):
    """Makes something of every number."""

    def tallies(self, integration_id, *, until, days):
        """Take at least one."""
        return super().tallies(integration_id, until=until, days=max(days, 1))


FAULTY_BUFFERS = {
    LosesMicroseconds: 1,
    ShortColumns: 1,
    FewKinds: 1,
    RoundDurations: 1,
    OldestFirst: 2,
    ByInstant: 2,
    Unbounded: 3,
    NinetyNine: 3,
    OneRing: 3,
    OneRingOfErrors: 3,
    OneHundredForAll: 3,
    ErrorsAmongTheLast: 3,
    AtMostTwoHundred: 3,
    Gaps: 4,
    PushedOut: 4,
    NoLimit: 5,
    ErrorsByStatus: 5,
    TypesAreFolded: 5,
    TypesArePatterns: 5,
    CountsTheIgnored: 6,
    LocalDays: 6,
    NewestDayFirst: 7,
    OnlyDaysWithTraffic: 7,
    ForgetsWhenReading: 7,
    WindowBefore: 8,
    WindowUntilTheNewest: 8,
    Forever: 9,
    KeepsOtherTypes: 9,
    OneDayTooMany: 9,
    OneRetentionForAll: 9,
    ErrorsMakeForget: 9,
    OneForAll: 10,
    Normalises: 10,
    BlindToCase: 10,
    OneKey: 10,
    ShortClaims: 10,
    EverybodyClaims: 11,
    ClaimsForGood: 11,
    WholeSeconds: 11,
    AskersLease: 11,
    TrustsEveryClock: 11,
    RealTime: 11,
    NotQuiteThirtyDays: 11,
    OneClaimForAll: 12,
    SuccessFrees: 12,
    SweepsClaims: 12,
    SweepsEverybodysClaims: 12,
    ResetKeepsTheClaim: 13,
    ResetDropsRecords: 13,
    ResetsByPattern: 13,
    ResetsByBeginning: 13,
    ResetsWhatHasRecords: 13,
    LostUpdates: 14,
    SmallCounters: 14,
    FewEventTypes: 15,
    FirstComeFirstGone: 15,
    HundredTypesForAll: 15,
    CountsGoWithTheType: 15,
    TakesAnyNumber: 16,
    TakesAnyLease: 16,
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


def test_a_buffer_whose_claims_stay_in_its_process_is_rejected():
    """Another buffer over the same store gets the same claim; and every buffer that was opened is closed."""
    opened = []

    class Faulty(RequestBufferContract):
        """Opens the store again."""

        def make(self):
            """Return one over a new store."""
            opened.append(ClaimsOfItsOwn())
            return opened[-1]

        def open_again(self, buffer):
            """Return one over the same store."""
            opened.append(ClaimsOfItsOwn(buffer.store))
            return opened[-1]

    assert broken_clauses(Faulty) == {11, 13}
    assert len(opened) > 16
    assert all(buffer.closed for buffer in opened)


class NumbersOfItsOwn(MemoryRequestBuffer):
    """Numbers its records in its process, and keeps them in a store that others open too."""

    def __init__(self, rows=None):
        """Open a store, or a new one."""
        super().__init__()
        self.rows = [] if rows is None else rows
        self.number = 0

    def record(self, integration_id, record, *, window):
        """Append it under a number."""
        self.number += 1
        self.rows.append((self.number, record))
        return super().record(integration_id, record, window=window)

    def recent(self, integration_id, *, event_type=None, limit=100, **_):
        """Sort by the numbers."""
        rows = sorted(self.rows, key=lambda row: -row[0])
        return tuple(record for _, record in rows if event_type in (None, record.event_type))[:limit]


def test_a_buffer_that_numbers_records_in_its_process_is_rejected():
    """The order is that of all processes together."""

    class Faulty(RequestBufferContract):
        """Opens the store again, and says whether it is one."""

        def make(self):
            """Return one over a new store."""
            return NumbersOfItsOwn()

        def open_again(self, buffer):
            """Return one over the same store."""
            return NumbersOfItsOwn(buffer.rows)

    class Alone(Faulty):
        """Never opens it a second time."""

        open_again = RequestBufferContract.open_again

    assert 2 in broken_clauses(Faulty)
    assert 2 not in broken_clauses(Alone)
