"""
Retiring an integration: claim, judge again, disable, tell, write down, clear, each once.

Rules of this file: effects. Exactly one process gets the claim; it judges once more on fresh tallies before it acts,
since an earlier one may have cleared them. Every step may fail and the rest still happens. The owners and the audit log
get the same snapshot, taken before anything is changed.

A crash in the middle leaves the claim to run out and the tallies as they were, so that a later attempt begins anew.
When all is done the claim is taken again: attempts that were on their way then come home within it, and retire nobody
twice.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from attrs import frozen

from alertkit._clock import Clock
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally, Outcome, Verdict
from alertkit.webhooks._integration import Integration, IntegrationKind
from alertkit.webhooks._log import log_retired, log_would_retire
from alertkit.webhooks._ports import AuditLog, IntegrationRegistry, OwnerNotifier, RequestBuffer
from alertkit.webhooks._retirement import AuditEntry, RetirementNotice
from alertkit.webhooks._rules import HealthRules
from alertkit.webhooks._steps import Steps
from alertkit.webhooks._urls import masked_url

__all__ = ["Conclusion", "Retiring"]

_RECORDS_READ = 1000


@frozen(kw_only=True)
class Conclusion:
    """What followed from a failed attempt."""

    verdict: Verdict | None
    retired: bool = False
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
        # Held for single calls of the buffer only, never while a port of the host works.
        self._claiming = threading.Lock()

    def conclude(
        self,
        integration: Integration,
        organization_id: str | None,
        tallies: Sequence[DailyTally] | None,
        *,
        today: date,
        steps: Steps,
    ) -> Conclusion:
        """Judge the integration after a failed attempt, and retire it where that is what follows."""
        verdict = self._judged(tallies, today=today, steps=steps)
        if verdict is None or not verdict.broken or integration.kind not in self._retires:
            return Conclusion(verdict=verdict)
        if self._dry_run:
            log_would_retire(integration, verdict)
            return Conclusion(verdict=verdict, would_retire=True)
        return Conclusion(verdict=verdict, retired=self._retire(integration, organization_id, today=today, steps=steps))

    def finish(self, integration: Integration, organization_id: str | None, *, steps: Steps) -> bool:
        """
        Finish what a crash has left undone between disabling the integration and clearing its tallies.

        Whether there was something: the tallies still say broken, as of the last day on which anything counted.
        """
        if self._dry_run or integration.kind not in self._retires:
            return False
        days = self._tallies(integration.id, until=self._clock.now().date(), days=RETENTION_DAYS, steps=steps) or ()
        last = max((tally for tally in days if tally.total), key=lambda tally: tally.day, default=None)
        if last is None:
            return False
        tallies = [tally for tally in days if tally.day <= last.day][-self._rules.window :]
        verdict = self._judged(tallies, today=last.day, steps=steps)
        if verdict is None or not verdict.broken or self._were_cleared(integration.id, last, steps):
            return False
        return self._retire(integration, organization_id, today=last.day, steps=steps)

    def _judged(self, tallies: Sequence[DailyTally] | None, *, today: date, steps: Steps) -> Verdict | None:
        """Return the policy's verdict; None where there are no tallies, or the policy fails."""
        if tallies is None:
            return None
        return steps.ask("rules.policy", lambda: _verdict(self._rules.policy.judge(tallies, today=today)))

    def _retire(self, integration: Integration, organization_id: str | None, *, today: date, steps: Steps) -> bool:
        """Retire it, if nobody else does and it is still broken; whether this call did."""
        if not self._claim(integration.id, steps):
            return False
        tallies = self._tallies(integration.id, until=today, days=self._rules.window, steps=steps)
        verdict = self._judged(tallies, today=today, steps=steps)
        if tallies is None or verdict is None or not verdict.broken:
            return False
        self._act(integration, organization_id, verdict, tallies, steps)
        return True

    def _were_cleared(self, integration_id: str, tally: DailyTally, steps: Steps) -> bool:
        """
        Whether the tallies were cleared since: of that day more attempts are on record than are counted.

        Then those that are counted came home after the integration had been retired, and are no reason to do it again.
        """
        kept = steps.ask("buffer.recent", lambda: self._buffer.recent(integration_id, limit=_RECORDS_READ)) or ()
        counted = [r for r in kept if r.at.date() == tally.day and r.outcome is not Outcome.IGNORED]
        return len(counted) > tally.total

    def _act(
        self,
        integration: Integration,
        organization_id: str | None,
        verdict: Verdict,
        tallies: Sequence[DailyTally],
        steps: Steps,
    ) -> None:
        registry, notifier, audit = self._registry, self._notifier, self._audit
        disabled = registry is not None and steps.do("registry.disable", lambda: registry.disable(integration.id))
        snapshot: dict[str, Any] = {
            "retirement_id": _retirement_id(integration.id, tallies),
            "integration_id": integration.id,
            "slug": integration.slug,
            "name": integration.name,
            "url": masked_url(integration.url),
            "organization_id": organization_id,
            "verdict": verdict,
            "tallies": tuple(tallies),
            "at": self._clock.now(),
            "disabled": disabled,
            "settings_url": integration.settings_url,
        }
        notice = RetirementNotice(**snapshot)
        if notifier is not None:
            steps.do("notifier.notify", lambda: notifier.notify(notice))
        if audit is not None:
            steps.do("audit.record", lambda: audit.record(AuditEntry(**snapshot)))
        with self._claiming:  # no thread of this process gets in between
            steps.do("buffer.reset", lambda: self._buffer.reset(integration.id))
            steps.do("buffer.claim", lambda: self._claimed(integration.id))
        log_retired(notice)

    def _claim(self, integration_id: str, steps: Steps) -> bool:
        with self._claiming:
            return bool(steps.ask("buffer.claim", lambda: self._claimed(integration_id)))

    def _claimed(self, integration_id: str) -> bool:
        return self._buffer.claim(integration_id, at=self._clock.now(), lease=self._lease)

    def _tallies(self, integration_id: str, *, until: date, days: int, steps: Steps) -> tuple[DailyTally, ...] | None:
        return steps.ask("buffer.tallies", lambda: self._buffer.tallies(integration_id, until=until, days=days))


def _verdict(judged: object) -> Verdict:
    """Refuse what a policy of the host's own returns in its place."""
    if not isinstance(judged, Verdict):
        raise TypeError(f"judge must return a Verdict, not {type(judged).__name__}")
    return judged


def _retirement_id(integration_id: str, tallies: Sequence[DailyTally]) -> str:
    """Return what is the same as long as nothing more is counted: a retirement that is done again is known by it."""
    counted = [(t.day.isoformat(), t.success, t.error, t.timeout, t.fatal) for t in tallies if t.total]
    return "ret_" + hashlib.sha256(repr((integration_id, counted)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
