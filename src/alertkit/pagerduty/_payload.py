"""
From an event to the bytes that PagerDuty takes: limits, shortening, and the list of what was changed.

Rules of this file: pure; no id is made here and nothing the caller passed is modified. Nearly every event is plain and
small, and passes in one encoding; only one that the encoder refuses is walked, and only one that is too large is cut.
Limits: PagerDuty, Events API v2 overview and PD-CEF. "1024 characters" and "255" do not say of what, so both are met
in UTF-16 units, the stricter reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from attrs import field, frozen

from alertkit._checks import refuse
from alertkit._json import encode
from alertkit.errors import InvalidEventError
from alertkit.pagerduty._changes import Change
from alertkit.pagerduty._checks import MAX_BODY, identity
from alertkit.pagerduty._events import AcknowledgeEvent, ChangeEvent, Event, Image, Link, ResolveEvent, TriggerEvent
from alertkit.pagerduty._keys import RoutingKey, fit_dedup_key, utf16_length

__all__ = ["PreparedEvent", "document_of", "prepare_event", "prepared_for"]

MAX_SUMMARY = 1024
ALERT_PATH = "/v2/enqueue"
CHANGE_PATH = "/v2/change/enqueue"


@frozen(kw_only=True)
class PreparedEvent:
    """An event as it will be sent, byte for byte."""

    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")
    """The request's body, which holds the routing key: strict JSON in UTF-8, at most 512,000 bytes."""
    dedup_key: str | None
    """The key as sent; None for a change event, and for a trigger that PagerDuty shall make one for."""
    path: str
    """Where to post it, below the host of the region."""
    changes: tuple[Change, ...]
    """Everything that is sent otherwise than it was given."""

    @property
    def payload(self) -> dict[str, Any]:
        """The whole request object, read back from `body`: a copy of one's own, and exactly what will be sent."""
        payload: dict[str, Any] = json.loads(self.body)
        return payload


def prepare_event(event: Event, *, routing_key: str, default_dedup_key: str | None = None) -> PreparedEvent:
    """
    Return `event` ready to send, without any network: what an offline test asserts on.

    `default_dedup_key` names the alert of a trigger that has no key of its own; the client always gives one, so that a
    retry is the same alert. Raises `InvalidEventError` for a key that PagerDuty would refuse. Nothing optional raises:
    it is shortened, dropped or spelt otherwise, and listed in `changes`.
    """
    if not isinstance(event, (TriggerEvent, AcknowledgeEvent, ResolveEvent, ChangeEvent)):
        raise InvalidEventError([f"event must be one of PagerDuty's events, not {type(event).__name__}"])
    key = RoutingKey.parse(routing_key, for_change=isinstance(event, ChangeEvent))
    path = CHANGE_PATH if isinstance(event, ChangeEvent) else ALERT_PATH
    return prepared_for(path, event, key, default_dedup_key, build=document_of, spell=encode)


def prepared_for(
    path: str,
    event: Event,
    key: RoutingKey,
    default_dedup_key: str | None,
    *,
    build: Callable[[Event, RoutingKey, str | None, list[Change]], dict[str, Any]],
    spell: Callable[[dict[str, Any]], bytes],
) -> PreparedEvent:
    """
    Return `event` as the API behind `path` takes it.

    `build` makes a document in the shape of v2, which is what is shortened; `spell` turns it into the bytes to send.
    """
    dedup_key = None if isinstance(event, ChangeEvent) else event.dedup_key
    if dedup_key is None and default_dedup_key is not None and isinstance(event, TriggerEvent):
        refuse(identity(default_dedup_key))
        dedup_key = default_dedup_key
    changes: list[Change] = []
    document = build(event, key, dedup_key, changes)
    body = _encoded(event, document, spell)
    # The two ways off the straight path are loaded when the first event takes them.
    if body is None:
        from alertkit.pagerduty._mending import mended

        changes = []
        document = build(mended(event, changes), key, dedup_key, changes)
        body = spell(document)
    if len(body) > MAX_BODY:
        from alertkit.pagerduty._shrinking import shrunk

        document = shrunk(document, changes, lambda document: len(spell(document)))
        body = spell(document)
    return PreparedEvent(body=body, dedup_key=document.get("dedup_key"), path=path, changes=tuple(changes))


def _encoded(event: Event, document: dict[str, Any], spell: Callable[[dict[str, Any]], bytes]) -> bytes | None:
    """Return the bytes of a document that JSON can hold as it stands, or None."""
    if "payload" in document and "custom_details" in document["payload"] and not event.plain_details:  # type: ignore[union-attr]
        return None
    try:
        return spell(document)
    # Not-a-number, an integer too long to print, a lone surrogate; and what the caller put into the details since.
    except (ValueError, TypeError, RecursionError):
        return None


def document_of(event: Event, key: RoutingKey, dedup_key: str | None, changes: list[Change]) -> dict[str, Any]:
    """Return the request object of the Events API v2, and append to `changes` what had to give to meet its limits."""
    if isinstance(event, ChangeEvent):
        return _change_document(event, key, changes)
    document: dict[str, Any] = {"routing_key": key.value, "event_action": event.event_action}
    if dedup_key is not None:
        document["dedup_key"] = fitting = fit_dedup_key(dedup_key)
        if fitting != dedup_key:
            changes.append(Change("dedup_key", "replaced by its SHA-256: over 255 characters", dedup_key, fitting))
    if isinstance(event, TriggerEvent):
        document["payload"] = payload = _trigger_payload(event, changes)
        details = payload.get("custom_details", {})
        if document.get("dedup_key") != dedup_key and isinstance(details, dict):
            # The responder sees the hash alone; the name of the alert stays readable among the details.
            payload["custom_details"] = {"dedup_key": dedup_key, **details}
        if event.client is not None:
            document["client"] = event.client
        if event.client_url is not None:
            document["client_url"] = event.client_url
        _add_lists(document, event, changes)
    return document


def _trigger_payload(event: TriggerEvent, changes: list[Change]) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "summary": _summary(event.summary, changes),
        "source": event.source,
        "severity": event.severity.value,
    }
    if event.timestamp is not None:
        payload["timestamp"] = _timestamp(event.timestamp)
    if event.component is not None:
        payload["component"] = event.component
    if event.group is not None:
        payload["group"] = event.group
    if event.class_ is not None:
        payload["class"] = event.class_
    if not _is_nothing(event.custom_details):
        payload["custom_details"] = event.custom_details
    return payload


def _change_document(event: ChangeEvent, key: RoutingKey, changes: list[Change]) -> dict[str, Any]:
    payload: dict[str, Any] = {"summary": _summary(event.summary, changes)}
    if event.source is not None:
        payload["source"] = event.source
    if event.timestamp is not None:
        payload["timestamp"] = _timestamp(event.timestamp)
    if not _is_nothing(event.custom_details):
        payload["custom_details"] = event.custom_details
    document = {"routing_key": key.value, "payload": payload}
    _add_lists(document, event, changes)
    return document


def _is_nothing(details: object) -> bool:
    # Not `not details`: what is no mapping at all is sent too, wrapped, even where it counts as false.
    return details is None or (type(details) is dict and not details)


def _summary(summary: str, changes: list[Change]) -> str:
    if utf16_length(summary) <= MAX_SUMMARY:
        return summary
    from alertkit.pagerduty._text import cut

    # Blanks in front go first: what is left must not be blank, which PagerDuty refuses.
    fitting = cut(summary.lstrip(), MAX_SUMMARY)
    changes.append(Change("summary", f"cut to {MAX_SUMMARY} characters", len(summary), len(fitting)))
    return fitting


def _timestamp(instant: datetime) -> str:
    # Always with an offset, milliseconds and all zeros: the spellings that PagerDuty is known to refuse lack one.
    return instant.astimezone(timezone.utc).isoformat(timespec="milliseconds")


def _add_lists(document: dict[str, Any], event: TriggerEvent | ChangeEvent, changes: list[Change]) -> None:
    if event.links:
        links = [_link(link, f"links[{index}]", changes) for index, link in enumerate(event.links)]
        if kept := [link for link in links if link]:
            document["links"] = kept
    if event.images:
        images = [_image(image, f"images[{index}]", changes) for index, image in enumerate(event.images)]
        if kept := [image for image in images if image]:
            document["images"] = kept


def _link(link: Link, path: str, changes: list[Change]) -> dict[str, str]:
    if not link.href or link.href.isspace():
        changes.append(Change(path, "dropped: its href is blank", "link", None))
        return {}
    return {"href": link.href} if link.text is None else {"href": link.href, "text": link.text}


def _image(image: Image, path: str, changes: list[Change]) -> dict[str, str]:
    if not image.src or image.src.isspace():
        changes.append(Change(path, "dropped: its src is blank", "image", None))
        return {}
    if not image.src.lower().startswith("https://"):
        changes.append(Change(path, "dropped: PagerDuty shows HTTPS images only", "image", None))
        return {}
    shown = {"src": image.src, "href": image.href, "alt": image.alt}
    return {name: text for name, text in shown.items() if text is not None}
