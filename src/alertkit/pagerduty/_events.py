"""
What happened, as values: the events of PagerDuty's Events API v2.

Rules of this file: frozen, keyword-only, and complete: every field of PD-CEF has its argument. What PagerDuty would
refuse cannot be built; what it would refuse only by length or shape of something optional can be, and is fitted when
the event is prepared (`_payload.py`), since optional things never cost an alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from attrs import Factory, field, frozen

from alertkit._checks import instant_or_none, members, optional_text, refuse, required_text
from alertkit.pagerduty._checks import identity, is_plain
from alertkit.pagerduty._severity import Severity, known_severity, severity_for_level

if TYPE_CHECKING:
    from alertkit.pagerduty._error_event import ErrorEvent

__all__ = ["AcknowledgeEvent", "ChangeEvent", "Event", "Image", "Link", "ResolveEvent", "TriggerEvent"]


@frozen(kw_only=True)
class Link:
    """A link shown with the alert. One with a blank `href` is dropped when the event is prepared."""

    href: str = field(default="")
    text: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what is not text."""
        refuse(optional_text("href", self.href), optional_text("text", self.text))


@frozen(kw_only=True)
class Image:
    """An image shown with the alert. One whose `src` is blank or not HTTPS is dropped when the event is prepared."""

    src: str = field(default="")
    href: str | None = None
    alt: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what is not text."""
        refuse(
            optional_text("src", self.src),
            optional_text("href", self.href),
            optional_text("alt", self.alt),
        )


def _severity(value: Severity | str) -> Any:
    """Take PagerDuty's four words in any case; what is none of them stays as it is, to be reported with the rest."""
    if isinstance(value, str) and not isinstance(value, Severity):
        word = value.strip().lower()
        return Severity(word) if word in _SEVERITIES else value
    return value


_SEVERITIES = frozenset(severity.value for severity in Severity)


def _details(value: Mapping[str, object] | None) -> Any:
    """Copy the outermost level, so that a key added by the caller later is not sent by surprise."""
    try:
        return dict(value) if isinstance(value, Mapping) else value
    except Exception:  # noqa: BLE001  a mapping of the caller's own, whose failure must not cost the alert
        return value


def _links(value: Iterable[Link]) -> tuple[Link, ...]:
    return _sequence(value)


def _images(value: Iterable[Image]) -> tuple[Image, ...]:
    return _sequence(value)


def _sequence(value: Iterable[Any]) -> tuple[Any, ...]:
    # A lone value or None would otherwise end in a TypeError that names nothing; it is reported by its type instead.
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


_ASK = Factory(lambda event: is_plain(event.custom_details), takes_self=True)


@frozen(kw_only=True)
class TriggerEvent:
    """
    Open an alert, or add to the open one with the same `dedup_key`. Raises `InvalidEventError` with every problem.

    Limits of PagerDuty (Events API v2, PD-CEF) that are met when the event is prepared: `summary` 1024 characters,
    `dedup_key` 255, the whole request 512 KB.
    """

    event_action: ClassVar[str] = "trigger"

    summary: str
    """One line for a person; not blank."""
    source: str
    """What is broken: a host, a service, an ARN; not blank."""
    severity: Severity = field(default=Severity.ERROR, converter=_severity)
    dedup_key: str | None = None
    """The identity of the alert. None: the client makes one before its first attempt."""
    timestamp: datetime | None = None
    """When it was noticed, aware; None: when PagerDuty receives it."""
    component: str | None = None
    group: str | None = None
    class_: str | None = None
    custom_details: Mapping[str, object] | None = field(default=None, converter=_details)
    """Anything worth knowing; values that JSON lacks become readable. Its outermost level is copied. Do not change what
    is inside until the event is sent: what JSON lacks is still noticed then, but keys that are not text are not."""
    links: tuple[Link, ...] = field(default=(), converter=_links)
    images: tuple[Image, ...] = field(default=(), converter=_images)
    client: str | None = None
    """The name of the system that alerts, shown as a link to `client_url`."""
    client_url: str | None = None
    plain_details: bool = field(init=False, repr=False, eq=False, default=_ASK)
    """Whether JSON can hold the details as they are: asked once, however often the event is prepared."""

    def __attrs_post_init__(self) -> None:
        """Refuse what PagerDuty would refuse, with all problems."""
        refuse(
            required_text("summary", self.summary),
            required_text("source", self.source),
            known_severity(self.severity),
            () if self.dedup_key is None else identity(self.dedup_key),
            instant_or_none("timestamp", self.timestamp),
            optional_text("component", self.component),
            optional_text("group", self.group),
            optional_text("class_", self.class_),
            members("links", self.links, Link),
            members("images", self.images, Image),
            optional_text("client", self.client),
            optional_text("client_url", self.client_url),
        )

    @classmethod
    def from_error_event(cls, error_event: ErrorEvent) -> TriggerEvent:
        """
        Describe an error of the app as an alert.

        The summary is the message, else the title; the source the transaction, else the culprit, else `<unknown>`;
        the alert is identified by the issue's short id. Raises `InvalidEventError` for an unknown level.
        """
        details = dict(error_event.details)
        if error_event.tags:
            details.setdefault("tags", dict(error_event.tags))
        return cls(
            summary=_first(error_event.message, error_event.title, f"Event {error_event.event_id}"),
            source=_first(error_event.transaction, error_event.culprit, "<unknown>"),
            severity=severity_for_level(error_event.level),
            dedup_key=_present(error_event.short_id),
            component=_present(error_event.project_slug),
            custom_details=details,
            links=[Link(href=error_event.url, text="Issue")] if error_event.url else [],
        )


@frozen(kw_only=True)
class AcknowledgeEvent:
    """Say that someone is at it. Without an open alert of this key PagerDuty drops it silently."""

    event_action: ClassVar[str] = "acknowledge"

    dedup_key: str

    def __attrs_post_init__(self) -> None:
        """Refuse a key that names no alert."""
        refuse(identity(self.dedup_key))


@frozen(kw_only=True)
class ResolveEvent:
    """Close the alert. Without an open alert of this key PagerDuty drops it silently."""

    event_action: ClassVar[str] = "resolve"

    dedup_key: str

    def __attrs_post_init__(self) -> None:
        """Refuse a key that names no alert."""
        refuse(identity(self.dedup_key))


@frozen(kw_only=True)
class ChangeEvent:
    """
    Something was changed: a deploy, a flag, a migration. Pages nobody; PagerDuty keeps it for 90 days.

    PagerDuty's guide names links only, its schema `images` too: they are sent as given. A change event has no
    `dedup_key`, so the same one sent twice is shown twice.
    """

    summary: str
    source: str | None = None
    timestamp: datetime | None = None
    custom_details: Mapping[str, object] | None = field(default=None, converter=_details)
    links: tuple[Link, ...] = field(default=(), converter=_links)
    images: tuple[Image, ...] = field(default=(), converter=_images)

    plain_details: bool = field(init=False, repr=False, eq=False, default=_ASK)
    """As in `TriggerEvent`."""

    def __attrs_post_init__(self) -> None:
        """Refuse what PagerDuty would refuse, with all problems."""
        refuse(
            required_text("summary", self.summary),
            optional_text("source", self.source),
            instant_or_none("timestamp", self.timestamp),
            members("links", self.links, Link),
            members("images", self.images, Image),
        )


Event: TypeAlias = TriggerEvent | AcknowledgeEvent | ResolveEvent | ChangeEvent
"""Everything that can be prepared and sent."""


def _present(text: str | None) -> str | None:
    return text if text and not text.isspace() else None


def _first(*texts: str | None) -> str:
    return next(filter(None, map(_present, texts)))
