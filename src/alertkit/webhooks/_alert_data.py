"""
An alerted error → the data of `event_alert.triggered`.

Rules of this file: pure. The names are those of Sentry's webhooks, which receivers know; what a caller adds stands
beside them and never in place of one.
"""

from __future__ import annotations

from collections.abc import Mapping

from alertkit._checks import required_text
from alertkit._organization import Organization, Project
from alertkit.webhooks._alert import AlertedError
from alertkit.webhooks._alert_urls import AlertUrls

__all__ = ["ERROR_ATTRIBUTES", "additional_problems", "alert_data"]

_DOCUMENTED = ("event", "triggered_rule")
_SENT_AS_THEY_ARE = ("event_id", "title", "message", "level", "culprit", "transaction", "issue_id")
ERROR_ATTRIBUTES = (*_SENT_AS_THEY_ARE, "project_id", "tags", "details")
"""What an error has to have."""


def additional_problems(key: object, payload: object) -> tuple[str, ...]:
    """Demand a key of the caller's own, and a payload and a key, or neither."""
    if key is None:
        return () if payload is None else ("additional_payload needs an additional_payload_key",)
    problems = required_text("additional_payload_key", key)
    if not problems and key in _DOCUMENTED:
        return (f"additional_payload_key must not be {key}, which is documented",)
    return problems


def alert_data(
    error_event: AlertedError,
    *,
    project: Project,
    organization: Organization,
    issue_id: str,
    urls: AlertUrls,
    rule: str,
    additional: Mapping[str, object],
) -> dict[str, object]:
    """Return what is told of an error that a rule has alerted about; `additional` stands beside it."""
    places = {"organization": organization.slug, "project": project.slug, "issue_id": issue_id}
    return {
        **additional,
        "event": {
            **{name: getattr(error_event, name) for name in _SENT_AS_THEY_ARE},
            "event_id": str(error_event.event_id),
            "issue_id": issue_id,
            "project": project.id,
            "tags": [[key, value] for key, value in dict(error_event.tags or {}).items()],
            "extra": dict(error_event.details or {}),
            **urls.of(**places, event_id=str(error_event.event_id)),
        },
        "triggered_rule": rule,
    }
