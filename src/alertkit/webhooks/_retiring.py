"""
Retiring an integration: claim, judge again, disable, tell, write down, clear, each once.

Rules of this file: effects. Exactly one process gets the claim; it judges once more on fresh tallies before it acts,
since an earlier one may have cleared them. Every step may fail and the rest still happens. The owners and the audit log
get the same snapshot, taken before anything is changed.

A buffer's claims are all the memory that this needs. The integration's own claim is taken when it begins, and ends with
the reset that clears its tallies: as long as it is there, run out or not, a retiring has begun and is not done. Beside
it there are claims under names of their own, which that reset leaves alone:

    retiring    while somebody is at it
    retired     for one lease: attempts that were on their way come home, and retire nobody twice
    told        for a day where nothing could be disabled: owners are told once, not at every attempt
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from attrs import frozen

from alertkit._clock import Clock
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally, Verdict, checked_tallies, checked_verdict
from alertkit.webhooks._health_observations import IntegrationRetired, VerdictSpoken
from alertkit.webhooks._integration import Integration, IntegrationKind
from alertkit.webhooks._ports import AuditLog, IntegrationRegistry, OwnerNotifier, RequestBuffer
from alertkit.webhooks._retirement import AuditEntry, RetirementNotice, retirement_id
from alertkit.webhooks._rules import HealthRules
from alertkit.webhooks._steps import Steps

__all__ = ["Conclusion", "Retiring", "Whom"]

_LONG_AGO = timedelta(days=RETENTION_DAYS - 2)
_A_DAY = timedelta(days=1)
_A_MOMENT = timedelta(microseconds=1)

_Told = tuple[bool | None, bool | None]
"""Whether the notifier and the audit log took it; None for one that is not there, or was told before."""


@frozen
class Whom:
    """The integration that an attempt was for, and what the attempt knew of it."""

    integration: Integration
    organization_id: str | None
    url: str
    """Where the attempt went, with its secrets hidden."""


@frozen(kw_only=True)
class Conclusion:
    """What followed from an attempt."""

    verdict: Verdict | None = None
    retirement: RetirementNotice | None = None
    would_retire: bool = False


class Retiring:
    """Retires what a sender finds broken. Threads may share it."""

    def __init__(
        self,
        *,
        buffer: RequestBuffer,
        registry: IntegrationRegistry | None,
        notifier: OwnerNotifier | None,
        audit: AuditLog | None,
        rules: HealthRules,
        clock: Clock,
        retires: frozenset[IntegrationKind],
        dry_run: bool,
        lease: timedelta,
    ) -> None:
        """Take the host's ports, the rules, whom they are for, and how long a claim holds."""
        self._buffer = buffer
        self._registry = registry
        self._notifier = notifier
        self._audit = audit
        self._rules = rules
        self._clock = clock
        has_somebody_to_tell = any(port is not None for port in (registry, notifier, audit))
        self._retires = retires if has_somebody_to_tell else frozenset[IntegrationKind]()
        self._dry_run = dry_run
        self._lease = lease

    def conclude(self, whom: Whom, tallies: Sequence[DailyTally] | None, *, today: date, steps: Steps) -> Conclusion:
        """Judge the integration after a failed attempt, and retire it where that is what follows."""
        verdict = self._judged(whom, tallies, today=today, steps=steps)
        if verdict is None or not self._is_due(whom, verdict):
            return Conclusion(verdict=verdict)
        if self._dry_run:
            return Conclusion(verdict=verdict, would_retire=True)
        return Conclusion(verdict=verdict, retirement=self._retire(whom, today=today, steps=steps))

    def finish(self, whom: Whom, *, steps: Steps) -> Conclusion:
        """
        Look after an integration that is disabled: finish what a crash has left undone when it was retired.

        Where there was nothing of the kind its counts are cleared: they are held against nobody who enables it again.
        """
        integration = whom.integration
        if self._dry_run or integration.kind not in self._retires:
            return Conclusion()
        now = self._clock.now()
        days = self._tallies(integration.id, until=now.date(), days=RETENTION_DAYS, steps=steps) or ()
        today = max((tally.day for tally in days if tally.total), default=None)
        if today is None or not self._claimed(_retiring(integration), now, self._lease, steps=steps):
            return Conclusion()
        # Asked for as of long ago: refused if there is a claim at all, and gone at once if there was none.
        has_not_begun = self._claimed(integration.id, now - _LONG_AGO, _A_MOMENT, steps=steps)
        if has_not_begun is False:
            retirement = self._retire_alone(whom, now, today=today, steps=steps)
            return Conclusion(verdict=None if retirement is None else retirement.verdict, retirement=retirement)
        # Where its reset fails, what was just claimed stays, and nobody is to see it before the lease is over.
        if has_not_begun is None or self._reset(integration.id, steps):
            self._reset(_retiring(integration), steps)
        return Conclusion()

    def _judged(self, whom: Whom, tallies: Sequence[DailyTally] | None, *, today: date, steps: Steps) -> Verdict | None:
        """Return the policy's verdict; None where there are no tallies, or the policy fails."""
        if tallies is None:
            return None
        verdict = steps.ask("rules.policy", lambda: checked_verdict(self._rules.policy.judge(tallies, today=today)))
        if verdict is not None:
            would_retire = self._dry_run and self._is_due(whom, verdict)
            steps.tell(VerdictSpoken.of(verdict, whom.integration, would_retire=would_retire))
        return verdict

    def _is_due(self, whom: Whom, verdict: Verdict) -> bool:
        return verdict.broken and whom.integration.kind in self._retires

    def _retire(self, whom: Whom, *, today: date, steps: Steps) -> RetirementNotice | None:
        """Retire it, if nobody else is at it; return what is told."""
        now = self._clock.now()
        if self._claimed(_retiring(whom.integration), now, self._lease, steps=steps):
            return self._retire_alone(whom, now, today=today, steps=steps)
        return None

    def _retire_alone(self, whom: Whom, now: datetime, *, today: date, steps: Steps) -> RetirementNotice | None:
        """Retire it, if that was not just done and it is still broken. All claims of one retiring run out together."""
        integration, retiring = whom.integration, _retiring(whom.integration)
        is_first = self._claimed(_retired(integration), now, self._lease, steps=steps)
        if is_first:
            tallies = self._tallies(integration.id, until=today, days=self._rules.window, steps=steps)
            verdict = self._judged(whom, tallies, today=today, steps=steps)
            if tallies is not None and verdict is not None and verdict.broken:
                notice, told = self._act(whom, verdict, tallies, now, steps)
                # What others have counted until the last moment goes with the reset, or with theirs.
                self._reset(retiring, steps)
                cleared = self._reset(integration.id, steps)
                steps.tell(IntegrationRetired.of(notice, told=told, cleared=cleared))
                return notice
            self._reset(_retired(integration), steps)
        self._reset(retiring, steps)
        if is_first is False:
            # It has just been retired, and the attempt was on its way. What such attempts count is held against nobody
            # when the integration is enabled again.
            self._reset(integration.id, steps)
        return None

    def _act(
        self, whom: Whom, verdict: Verdict, tallies: tuple[DailyTally, ...], now: datetime, steps: Steps
    ) -> tuple[RetirementNotice, _Told]:
        """Disable and tell, and show that this has begun until the integration's reset."""
        integration, registry = whom.integration, self._registry
        self._claimed(integration.id, now, self._lease, steps=steps)
        last = self._last_attempt(integration.id, steps) or self._clock.now()
        disabled = registry is not None and steps.did("registry.disable", lambda: registry.disable(integration.id))
        notice = RetirementNotice(
            retirement_id=retirement_id(integration.id, last),
            integration_id=integration.id,
            slug=integration.slug,
            name=integration.name,
            url=whom.url,
            organization_id=whom.organization_id,
            verdict=verdict,
            tallies=tallies,
            at=self._clock.now(),
            disabled=disabled,
            settings_url=integration.settings_url,
        )
        claim = _told(integration)
        told: _Told = (None, None)
        if disabled:
            told = self._tell(notice, steps)
            self._reset(claim, steps)
        # For a lease first, and for a day when it is done: what is cut short by a crash is told again.
        elif self._claimed(claim, notice.at, self._lease, steps=steps) is not False:
            told = self._tell(notice, steps)
            self._reset(claim, steps)
            self._claimed(claim, notice.at, _A_DAY, steps=steps)
        return notice, told

    def _last_attempt(self, integration_id: str, steps: Steps) -> list[tuple[datetime, str]] | None:
        """Return instant and id of the attempt that was recorded last; nothing where there is none to be read."""
        return steps.ask(
            "buffer.recent", lambda: [(r.at, r.message_id) for r in self._buffer.recent(integration_id, limit=1)]
        )

    def _tell(self, notice: RetirementNotice, steps: Steps) -> _Told:
        notifier, audit = self._notifier, self._audit
        return (
            None if notifier is None else steps.did("notifier.notify", lambda: notifier.notify(notice)),
            None if audit is None else steps.did("audit.record", lambda: audit.record(AuditEntry.of(notice))),
        )

    def _claimed(self, name: str, at: datetime, lease: timedelta, *, steps: Steps) -> bool | None:
        """Return whether this process has the claim; None where the buffer fails."""
        return steps.ask("buffer.claim", lambda: bool(self._buffer.claim(name, at=at, lease=lease)))

    def _reset(self, name: str, steps: Steps) -> bool:
        return steps.did("buffer.reset", lambda: self._buffer.reset(name))

    def _tallies(self, integration_id: str, *, until: date, days: int, steps: Steps) -> tuple[DailyTally, ...] | None:
        return steps.ask(
            "buffer.tallies", lambda: checked_tallies(self._buffer.tallies(integration_id, until=until, days=days))
        )


def _retiring(integration: Integration) -> str:
    return f"alertkit:retiring:{integration.id}"


def _retired(integration: Integration) -> str:
    return f"alertkit:retired:{integration.id}"


def _told(integration: Integration) -> str:
    return f"alertkit:told:{integration.id}"
