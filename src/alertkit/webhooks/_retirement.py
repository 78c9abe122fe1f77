"""
What is told when an integration is retired: to its owners, and to the audit log.

Rules of this file: values that hold everything as it was at that moment, and no secret.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from alertkit.webhooks._health import DailyTally, Verdict
from alertkit.webhooks._plain import JsonValue

__all__ = ["AuditEntry", "RetirementNotice"]


@frozen(kw_only=True)
class _Retirement(JsonValue):
    retirement_id: str
    """The same when a retirement that a crash cut short is done again: who has seen it needs not act twice."""
    integration_id: str
    slug: str
    name: str
    url: str
    """Where its webhooks went, with its secrets hidden."""
    organization_id: str | None
    verdict: Verdict
    tallies: tuple[DailyTally, ...]
    """The counts that the verdict rests on, oldest day first, before they were cleared."""
    at: datetime
    disabled: bool
    """False where there was no registry, or it failed: somebody has to disable it by hand."""
    settings_url: str | None = None
    """Where a person changes the integration in the host's app."""


@frozen(kw_only=True)
class RetirementNotice(_Retirement):
    """What the owners of a retired integration are to know: what happened, why, and where to mend it."""

    def __str__(self) -> str:
        """Return it as a paragraph for a person."""
        done = "has been disabled" if self.disabled else "is broken, and could not be disabled"
        where = f" at {self.settings_url}" if self.settings_url else ""
        return (
            f"{self.name} ({self.slug}) {done}: {self.verdict.reason}. Its webhooks went to {self.url}. "
            f"Mend what answers there, then enable the integration again{where}."
        )


@frozen(kw_only=True)
class AuditEntry(_Retirement):
    """What the audit log keeps of a retirement."""

    action: str = "integration.disabled"
