"""
What a sender tells an observer of an integration's health.

Rules of this file: values, made of words, counts and ids. None holds a URL or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from alertkit._observation import ERROR, WARNING, LogLine, Observation, yes_or_no
from alertkit.webhooks._health import DailyTally, Verdict
from alertkit.webhooks._integration import Integration
from alertkit.webhooks._retirement import RetirementNotice

__all__ = ["IntegrationRetired", "VerdictSpoken"]


@frozen(kw_only=True)
class VerdictSpoken(Observation):
    """The policy has judged: after an attempt that counted against the endpoint, and again before it is retired."""

    part: ClassVar[str] = "webhooks"
    kind: ClassVar[str] = "verdict_spoken"
    integration_id: str
    slug: str
    broken: bool
    reason: str
    """Why, in the words of the policy."""
    would_retire: bool = False
    """Whether the integration would be retired now, were it not for `dry_run`."""

    @classmethod
    def of(cls, verdict: Verdict, integration: Integration, *, would_retire: bool) -> VerdictSpoken:
        """Return what is told of a verdict."""
        return cls(
            integration_id=integration.id,
            slug=integration.slug,
            broken=verdict.broken,
            reason=verdict.reason,
            would_retire=would_retire,
        )

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `broken` and `would_retire`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "broken": yes_or_no(self.broken),
            "would_retire": yes_or_no(self.would_retire),
        }

    @property
    def log_level(self) -> int | None:
        """Of a dry run, a warning; what follows otherwise has a line of its own."""
        return WARNING if self.would_retire else None

    def log_line(self) -> LogLine:
        """Say that the integration would have been retired."""
        return LogLine(
            "would retire %s: %s",
            (self.integration_id, self.reason),
            {"integration_id": self.integration_id, "slug": self.slug, "reason": self.reason},
        )


@frozen(kw_only=True)
class IntegrationRetired(Observation):
    """An integration was found broken and acted upon, by whichever steps worked."""

    part: ClassVar[str] = "webhooks"
    kind: ClassVar[str] = "integration_retired"
    retirement_id: str
    integration_id: str
    slug: str
    organization_id: str | None
    reason: str
    """Why, in the words of the policy."""
    tallies: tuple[DailyTally, ...] = field(repr=False)
    """The counts that it rests on, before they were cleared."""
    disabled: bool
    """False where there is no registry, or it failed: somebody has to disable it by hand."""
    notified: bool | None
    """Whether the notifier took the notice; None where there is none, or it had it within the last day."""
    audited: bool | None
    """Whether the audit log took the entry; None as above."""
    cleared: bool
    """Whether the counts were cleared."""

    @classmethod
    def of(
        cls, notice: RetirementNotice, *, told: tuple[bool | None, bool | None], cleared: bool
    ) -> IntegrationRetired:
        """Return what is told of a retirement; `told` is whether the notifier and the audit log took it."""
        return cls(
            retirement_id=notice.retirement_id,
            integration_id=notice.integration_id,
            slug=notice.slug,
            organization_id=notice.organization_id,
            reason=notice.verdict.reason,
            tallies=notice.tallies,
            disabled=notice.disabled,
            notified=told[0],
            audited=told[1],
            cleared=cleared,
        )

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, and of the steps `disabled`, `notified`, `audited` and `cleared`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "disabled": yes_or_no(self.disabled),
            "notified": yes_or_no(self.notified),
            "audited": yes_or_no(self.audited),
            "cleared": yes_or_no(self.cleared),
        }

    @property
    def log_level(self) -> int:
        """Error where it could not be disabled."""
        return WARNING if self.disabled else ERROR

    def log_line(self) -> LogLine:
        """Say that it was retired, and why."""
        return LogLine(
            "retired %s: %s" if self.disabled else "%s is broken and has not been disabled: %s",
            (self.integration_id, self.reason),
            {
                "integration_id": self.integration_id,
                "slug": self.slug,
                "organization_id": self.organization_id,
                "retirement_id": self.retirement_id,
                "reason": self.reason,
                "tallies": {
                    tally.day.isoformat(): [tally.success, tally.error, tally.timeout, tally.fatal]
                    for tally in self.tallies
                },
                "disabled": self.disabled,
            },
        )
