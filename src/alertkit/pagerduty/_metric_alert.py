"""
A metric that crossed a threshold, or came back: what `MetricAlert.to_event` turns into a trigger or a resolve.

Rules of this file: one table from status to severity; CLOSED has none, since it resolves. Warning and critical share
one dedup key, so that the alert which opened is the one that closes.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from alertkit._checks import optional_text, refuse, required_text
from alertkit._words import Word
from alertkit.pagerduty._checks import id_text, identity
from alertkit.pagerduty._events import Link, ResolveEvent, TriggerEvent
from alertkit.pagerduty._severity import Severity, known_severity, severity_for_level

__all__ = ["MetricAlert", "MetricStatus"]


class MetricStatus(Word):
    """Where the metric stands."""

    WARNING = "warning"
    CRITICAL = "critical"
    CLOSED = "closed"
    """Back to normal."""


_SEVERITY = {MetricStatus.WARNING: Severity.WARNING, MetricStatus.CRITICAL: Severity.CRITICAL}
_STATUSES = tuple(status.value for status in MetricStatus)


def _status(value: MetricStatus | str) -> Any:
    if isinstance(value, str) and not isinstance(value, MetricStatus):
        word = value.strip().lower()
        return MetricStatus(word) if word in _STATUSES else value
    return value


def _known_status(value: object) -> tuple[str, ...]:
    if isinstance(value, MetricStatus):
        return ()
    return (f"status must be one of {', '.join(_STATUSES)}, not {value!r}",)


def _severity(value: Severity | str | int | None) -> Any:
    # A rule's setting arrives as text, and its word for "none chosen" is `default`. What is unknown stays, to be told.
    return None if value is None or value == "default" else severity_for_level(value, value)


@frozen(kw_only=True)
class MetricAlert:
    """A rule over a metric and where it stands now. Raises `InvalidEventError` with every problem."""

    organization_id: str | int
    identifier: str | int
    """Names the incident within the organization."""
    rule_name: str
    """The summary of the alert."""
    status: MetricStatus = field(converter=_status)
    title: str | None = None
    """The label of the link."""
    text: str | None = None
    """What is measured, for the details."""
    url: str | None = None
    severity: Severity | None = field(default=None, converter=_severity)
    """Overrides the severity of a trigger: one of the four, or any level that `severity_for_level` knows. None or
    `"default"`: by status. Means nothing on a resolve."""

    def __attrs_post_init__(self) -> None:
        """Refuse what would name no alert, with all problems."""
        ids = (
            *required_text("organization_id", id_text(self.organization_id)),
            *required_text("identifier", id_text(self.identifier)),
        )
        refuse(
            ids or identity(self.dedup_key),
            required_text("rule_name", self.rule_name),
            _known_status(self.status),
            *(optional_text(name, getattr(self, name)) for name in ("title", "text", "url")),
            # A resolve has no severity, so that a wrong one must not keep the alert open.
            () if self.severity is None or self.status is MetricStatus.CLOSED else known_severity(self.severity),
        )

    @property
    def dedup_key(self) -> str:
        """The identity of the alert, the same for every status."""
        return f"incident_{self.organization_id}_{self.identifier}"

    def to_event(self) -> TriggerEvent | ResolveEvent:
        """Return the resolve of a closed alert, and the trigger of any other."""
        if self.status is MetricStatus.CLOSED:
            return ResolveEvent(dedup_key=self.dedup_key)
        return TriggerEvent(
            summary=self.rule_name,
            source=str(self.identifier),
            severity=_SEVERITY[self.status] if self.severity is None else self.severity,
            dedup_key=self.dedup_key,
            custom_details={"details": self.text} if self.text else None,
            links=[Link(href=self.url, text=self.title)] if self.url else [],
        )
