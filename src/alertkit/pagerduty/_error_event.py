"""
An error of the app, as the app knows it: what `TriggerEvent.from_error_event` turns into an alert.

Rules of this file: the names are those of the system that found the error, not PagerDuty's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from alertkit._checks import mapping, optional_text, refuse, required_text

__all__ = ["ErrorEvent"]


def _copied(value: Mapping[str, object] | Iterable[tuple[str, object]]) -> Any:
    """Copy a mapping, or pairs, which is how some systems hold their tags; anything else stays, to be reported."""
    try:
        return dict(value)
    except (TypeError, ValueError):
        return value


@frozen(kw_only=True)
class ErrorEvent:
    """One error, grouped into an issue that people know by its `short_id`. Raises `InvalidEventError`."""

    event_id: str
    message: str | None = None
    title: str | None = None
    """Used where the message is blank."""
    level: str | int = "error"
    """Any word or number that `severity_for_level` knows."""
    transaction: str | None = None
    culprit: str | None = None
    short_id: str | None = None
    """The issue's name, such as `SHOP-1A`: all its errors are one alert. None: every error is an alert of its own."""
    issue_id: str | None = None
    """The issue's id and, beside it, the project's: not sent to PagerDuty; a webhook about this error needs both."""
    project_id: str | None = None
    project_slug: str | None = None
    url: str | None = None
    """Where to see the issue."""
    details: Mapping[str, object] = field(factory=dict, converter=_copied)
    tags: Mapping[str, object] = field(factory=dict, converter=_copied)
    """Sent as `tags` in the details, unless the details have a key of that name."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is not text, with all problems."""
        optional = (
            "message",
            "title",
            "transaction",
            "culprit",
            "short_id",
            "issue_id",
            "project_id",
            "project_slug",
            "url",
        )
        refuse(
            required_text("event_id", self.event_id),
            *(optional_text(name, getattr(self, name)) for name in optional),
            *(mapping(name, getattr(self, name)) for name in ("details", "tags")),
        )
