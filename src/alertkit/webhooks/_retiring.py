"""
Retiring an integration: claim, judge again, disable, tell, write down, clear, each once.

Rules of this file: effects. Exactly one process gets the claim; it judges once more on fresh tallies before it acts,
since an earlier one may have cleared them. Every step may fail and the rest still happens. The owners and the audit log
get the same snapshot, taken before anything is changed.

A buffer's claims are all the memory that this needs. Beside the claim of the integration itself, which ends with its
reset, there are three under names of their own, which do not:

    retired     for one lease from the beginning: attempts that were on their way come home, and retire nobody twice
    retiring    until all is done: what a crash leaves behind, so that a later call can finish it
    told        for a day where nothing could be disabled: owners are told once, not at every attempt
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

from attrs import frozen

from alertkit._clock import Clock
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally, Verdict, checked_tallies
from alertkit.webhooks._integration import Integration, IntegrationKind
from alertkit.webhooks._log import log_retired, log_would_retire
from alertkit.webhooks._ports import AuditLog, IntegrationRegistry, OwnerNotifier, RequestBuffer
from alertkit.webhooks._retirement import AuditEntry, RetirementNotice
from alertkit.webhooks._rules import HealthRules
from alertkit.webhooks._steps import Steps

__all__ = ["Conclusion", "Retiring", "Whom"]

_AS_LONG_AS_TALLIES = timedelta(days=RETENTION_DAYS - 1)
_A_DAY = timedelta(days=1)
_A_MOMENT = timedelta(microseconds=1)


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
        verdict = self._judged(tallies, today=today, steps=steps)
        if verdict is None or not verdict.broken or whom.integration.kind not in self._retires:
            return Conclusion(verdict=verdict)
        if self._dry_run:
            log_would_retire(whom.integration, verdict)
            return Conclusion(verdict=verdict, would_retire=True)
        return Conclusion(verdict=verdict, retirement=self._retire(whom, today=today, steps=steps))

    def finish(self, whom: Whom, *, steps: Steps) -> Conclusion:
        """Finish what a crash has left undone after the integration was disabled; nothing where there was none."""
        integration = whom.integration
        if self._dry_run or integration.kind not in self._retires:
            return Conclusion()
        now = self._clock.now()
        days = self._tallies(integration.id, until=now.date(), days=RETENTION_DAYS, steps=steps) or ()
        today = max((tally.day for tally in days if tally.total), default=None)
        if today is None:
            return Conclusion()
        tallies = [tally for tally in days if tally.day <= today][-self._rules.window :]
        verdict = self._judged(tallies, today=today, steps=steps)
        if verdict is None or not verdict.broken:
            return Conclusion(verdict=verdict)
        interrupted = self._was_interrupted(integration, steps)
        retirement = self._retire(whom, today=today, steps=steps) if interrupted else None
        return Conclusion(verdict=verdict, retirement=retirement)

    def _was_interrupted(self, integration: Integration, steps: Steps) -> bool:
        """Whether a retirement has begun and is not done: who gets its claim, for a moment, learns that none has."""
        for _ in range(2):  # for another one may ask in the same moment
            free = steps.ask("buffer.claim", lambda: self._claim(_retiring(integration), _A_MOMENT))
            if free:
                steps.ask("buffer.reset", lambda: self._buffer.reset(_retiring(integration)))
            if free is not False:
                return False
        return True

    def _judged(self, tallies: Sequence[DailyTally] | None, *, today: date, steps: Steps) -> Verdict | None:
        """Return the policy's verdict; None where there are no tallies, or the policy fails."""
        if tallies is None:
            return None
        return steps.ask("rules.policy", lambda: _verdict(self._rules.policy.judge(tallies, today=today)))

    def _retire(self, whom: Whom, *, today: date, steps: Steps) -> RetirementNotice | None:
        """Retire it, if nobody else does and it is still broken; return what is told."""
        integration = whom.integration
        if not steps.ask("buffer.claim", lambda: self._claim(integration.id, self._lease)):
            return None
        tallies = self._tallies(integration.id, until=today, days=self._rules.window, steps=steps)
        verdict = self._judged(tallies, today=today, steps=steps)
        if tallies is None or verdict is None or not verdict.broken:
            return None
        is_first = steps.ask("buffer.claim", lambda: self._claim(_retired(integration), self._lease))
        if not is_first:
            # The claim was free and this one is not: it has just been retired, and the attempt was on its way. What
            # such attempts count is held against nobody when the integration is enabled again.
            if is_first is not None:
                steps.ask("buffer.reset", lambda: self._buffer.reset(integration.id))
            return None
        steps.ask("buffer.reset", lambda: self._buffer.reset(_retiring(integration)))
        steps.ask("buffer.claim", lambda: self._claim(_retiring(integration), _AS_LONG_AS_TALLIES))
        notice = self._act(whom, verdict, tuple(tallies), steps)
        for name in (integration.id, _retiring(integration)):
            steps.ask("buffer.reset", lambda name=name: self._buffer.reset(name))  # type: ignore[misc]
        log_retired(notice)
        return notice

    def _act(self, whom: Whom, verdict: Verdict, tallies: tuple[DailyTally, ...], steps: Steps) -> RetirementNotice:
        integration, registry = whom.integration, self._registry
        disabled = registry is not None and steps.did("registry.disable", lambda: registry.disable(integration.id))
        notice = RetirementNotice(
            retirement_id=_retirement_id(integration.id, tallies),
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
        notifier, audit = self._notifier, self._audit
        if disabled or steps.ask("buffer.claim", lambda: self._claim(_told(integration), _A_DAY)) is not False:
            if notifier is not None:
                steps.ask("notifier.notify", lambda: notifier.notify(notice))
            if audit is not None:
                steps.ask("audit.record", lambda: audit.record(AuditEntry.of(notice)))
        return notice

    def _claim(self, name: str, lease: timedelta) -> bool:
        return bool(self._buffer.claim(name, at=self._clock.now(), lease=lease))

    def _tallies(self, integration_id: str, *, until: date, days: int, steps: Steps) -> tuple[DailyTally, ...] | None:
        return steps.ask(
            "buffer.tallies", lambda: checked_tallies(self._buffer.tallies(integration_id, until=until, days=days))
        )


def _retired(integration: Integration) -> str:
    return f"alertkit:retired:{integration.id}"


def _retiring(integration: Integration) -> str:
    return f"alertkit:retiring:{integration.id}"


def _told(integration: Integration) -> str:
    return f"alertkit:told:{integration.id}"


def _verdict(judged: object) -> Verdict:
    """Refuse what a policy of the host's own returns in its place."""
    if not isinstance(judged, Verdict):
        raise TypeError(f"judge must return a Verdict, not {type(judged).__name__}")
    return judged


def _retirement_id(integration_id: str, tallies: Sequence[DailyTally]) -> str:
    """Return what is the same as long as nothing more is counted: a retirement that is done again is known by it."""
    counted = [(t.day.isoformat(), t.success, t.error, t.timeout, t.fatal) for t in tallies if t.total]
    return "ret_" + hashlib.sha256(repr((integration_id, counted)).encode("utf-8")).hexdigest()[:32]
