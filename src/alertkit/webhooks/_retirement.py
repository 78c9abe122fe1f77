"""
What is told when an integration is retired: to its owners, and to the audit log.

Rules of this file: values that hold everything as it was at that moment, and no secret.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from attrs import field, fields, frozen

from alertkit._checks import instant, refuse
from alertkit.webhooks._health import DailyTally, Verdict
from alertkit.webhooks._plain import JsonValue

__all__ = ["AuditEntry", "RetirementNotice", "retirement_id"]


def retirement_id(integration_id: str, last: object) -> str:
    """Return what a retirement is known by; `last` is the attempt before it, so that one done again is the same."""
    text = repr((integration_id, last))  # which holds no lone surrogates
    return "ret_" + hashlib.sha256(text.encode()).hexdigest()[:32]


@frozen(kw_only=True)
class _Retirement(JsonValue):
    retirement_id: str
    """The same when a retirement that a crash cut short is done again, as long as nothing more was recorded."""
    integration_id: str
    slug: str
    name: str
    url: str
    """Where the webhook went, with its secrets hidden."""
    organization_id: str | None = None
    verdict: Verdict
    tallies: tuple[DailyTally, ...]
    """The counts that the verdict rests on, oldest day first, before they were cleared."""
    at: datetime
    disabled: bool
    """False where there was no registry, or it failed: somebody has to disable it by hand."""
    settings_url: str | None = None
    """Where a person changes the integration in the host's app."""

    def __attrs_post_init__(self) -> None:
        """Refuse an instant that means something else elsewhere."""
        refuse(instant("at", self.at))


@frozen(kw_only=True)
class RetirementNotice(_Retirement):
    """What the owners of a broken integration are to know: what happened, why, and where to mend it."""

    def __str__(self) -> str:
        """Return it as a paragraph for a person."""
        done = "has been disabled" if self.disabled else "is broken, and has not been disabled"
        where = f" at {self.settings_url}" if self.settings_url else ""
        again = (
            f", then enable the integration again{where}" if self.disabled else f", or disable the integration{where}"
        )
        return (
            f"{self.name} ({self.slug}) {done}: {self.verdict.reason}. Its webhooks went to {self.url}. "
            f"Mend what answers there{again}."
        )


@frozen(kw_only=True)
class AuditEntry(_Retirement):
    """What the audit log keeps of a retirement."""

    action: str = field(default="integration.disabled")
    """`integration.disabled`, or `integration.broken` where it could not be disabled."""

    @classmethod
    def of(cls, notice: RetirementNotice) -> AuditEntry:
        """Return the entry that says what the notice says."""
        snapshot = {member.name: getattr(notice, member.name) for member in fields(RetirementNotice)}
        return cls(action="integration.disabled" if notice.disabled else "integration.broken", **snapshot)
