"""
An alerted error → the data of `event_alert.triggered`.

Rules of this file: pure. The names are those of Sentry's webhooks, which receivers know; what a caller adds stands
beside them and never in place of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from alertkit._checks import required_text
from alertkit._organization import Organization, Project
from alertkit.webhooks._alert_urls import AlertUrls

__all__ = ["Facts", "additional_problems", "alert_data"]

_DOCUMENTED = ("event", "triggered_rule")
_SENT_AS_THEY_ARE = ("title", "message", "level", "culprit", "transaction")
_ATTRIBUTES = ("event_id", *_SENT_AS_THEY_ARE, "issue_id", "project_id", "tags", "details")
_LACKING = object()


@frozen
class Facts:
    """What an error says of itself. Its attributes may be lazy, and are read once, here."""

    event_id: str
    issue_id: str | None
    """None is what is no id."""
    project_id: str | None
    said: Mapping[str, object]
    tags: Any
    details: Any
    lacking: tuple[str, ...]
    """The attributes that it has not."""

    @classmethod
    def of(cls, error_event: object) -> Facts:
        """Read all of it; raise whatever an attribute raises."""
        read = {name: getattr(error_event, name, _LACKING) for name in _ATTRIBUTES}
        return cls(
            event_id=str(read["event_id"]),
            issue_id=_id(read["issue_id"]),
            project_id=_id(read["project_id"]),
            said={name: read[name] for name in _SENT_AS_THEY_ARE},
            tags=_copied(read["tags"]),
            details=_copied(read["details"]),
            lacking=tuple(name for name, value in read.items() if value is _LACKING),
        )


def _id(value: object) -> str | None:
    """Return an id as text; a number is understood, as ids of a host often are."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number or isinstance(value, str) else None


def _copied(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def additional_problems(key: object, payload: object) -> tuple[str, ...]:
    """Demand a key of the caller's own, and a payload and a key, or neither."""
    if key is None:
        return () if payload is None else ("additional_payload needs an additional_payload_key",)
    problems = required_text("additional_payload_key", key)
    if not problems and key in _DOCUMENTED:
        return (f"additional_payload_key must not be {key}, which is documented",)
    return problems


def alert_data(
    error: Facts,
    *,
    project: Project,
    organization: Organization,
    urls: AlertUrls,
    rule: str,
    additional: Mapping[str, object],
) -> dict[str, object]:
    """Return what is told of an error that a rule has alerted about; `additional` stands beside it."""
    places = {"organization": organization.slug, "project": project.slug, "issue_id": str(error.issue_id)}
    return {
        **additional,
        "event": {
            "event_id": error.event_id,
            **error.said,
            "issue_id": error.issue_id,
            "project": project.id,
            "tags": [[key, value] for key, value in dict(error.tags or {}).items()],
            "extra": dict(error.details or {}),
            **urls.of(**places, event_id=error.event_id),
        },
        "triggered_rule": rule,
    }
