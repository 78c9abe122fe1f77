"""
An event of the Events API v2, as the legacy Events API v1 takes it.

Rules of this file: pure. What both APIs ask for (limits, shortening, the list of changes) is done to the document of
v2; here it is only spelt otherwise, last. Facts: PagerDuty, Events API v1. It knows no severity, source, component,
group, class and timestamp of an alert, which go among its details.
"""

from __future__ import annotations

from typing import Any

from alertkit._json import encode
from alertkit.errors import InvalidEventError
from alertkit.pagerduty._changes import Change
from alertkit.pagerduty._events import AcknowledgeEvent, Event, ResolveEvent, TriggerEvent
from alertkit.pagerduty._keys import RoutingKey
from alertkit.pagerduty._payload import PreparedEvent, document_of, prepared_for

__all__ = ["prepare_v1_event"]

PATH = "/generic/2010-04-15/create_event.json"
"""The date is the name of a version, and does not change."""

_HOMELESS = ("source", "severity", "component", "group", "class", "timestamp")
_CONTEXTS = (("links", "link"), ("images", "image"))


def prepare_v1_event(
    event: TriggerEvent | AcknowledgeEvent | ResolveEvent, *, service_key: str, default_dedup_key: str | None = None
) -> PreparedEvent:
    """
    Return `event` ready to send through the Events API v1, without any network: what an offline test asserts on.

    The summary becomes the `description`, the dedup key the `incident_key`, links and images the `contexts`. Source,
    severity, component, group, class and timestamp stand first among the `details`, under these names; where the
    event's own details have a key of that name, theirs keeps it and the other is `event_source`, say. That is how v1
    spells an event, and no change; whatever is shortened or dropped is listed in `changes`, under its name in `event`.

    Raises `InvalidEventError` for a key that PagerDuty would refuse, and for a `ChangeEvent`, which v1 does not have.
    """
    if not isinstance(event, (TriggerEvent, AcknowledgeEvent, ResolveEvent)):
        raise InvalidEventError(
            [f"event must be a trigger, an acknowledge or a resolve: the Events API v1 takes no {type(event).__name__}"]
        )
    key = RoutingKey.parse(service_key, name="service_key")
    return prepared_for(PATH, event, key, default_dedup_key, build=_with_contexts, spell=_spelt)


def _with_contexts(event: Event, key: RoutingKey, dedup_key: str | None, changes: list[Change]) -> dict[str, Any]:
    """Return the document of v2 with links and images that say what they are, as they will in `contexts`."""
    document = document_of(event, key, dedup_key, changes)
    for name, kind in _CONTEXTS:
        if name in document:
            document[name] = [{"type": kind, **member} for member in document[name]]
    return document


def _spelt(document: dict[str, Any]) -> bytes:
    """Return the bytes of a document in the shape of v2 as v1 has them."""
    spelt: dict[str, Any] = {"service_key": document["routing_key"], "event_type": document["event_action"]}
    if "dedup_key" in document:
        spelt["incident_key"] = document["dedup_key"]
    if "payload" in document:
        payload = document["payload"]
        spelt["description"] = payload["summary"]
        spelt["details"] = _details(payload)
    for name in ("client", "client_url"):
        if name in document:
            spelt[name] = document[name]
    if contexts := [member for name, _ in _CONTEXTS for member in document.get(name, ())]:
        spelt["contexts"] = contexts
    return encode(spelt)


def _details(payload: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = payload.get("custom_details", {})
    folded = {}
    for name in _HOMELESS:
        if name in payload:
            free = name
            while free in given:
                free = f"event_{free}"
            folded[free] = payload[name]
    return {**folded, **given}
