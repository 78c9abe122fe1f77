"""From events to the bytes that PagerDuty takes, and what is said about every difference."""

import hashlib
import json
import time
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from strategies import ROUTING_KEY

from alertkit import InvalidEventError
from alertkit.pagerduty import (
    AcknowledgeEvent,
    Change,
    ChangeEvent,
    Image,
    Link,
    ResolveEvent,
    TriggerEvent,
    prepare_event,
)

FULL = {
    "summary": "Größe: 🚨",
    "source": "db-1",
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, 678999, tzinfo=timezone(timedelta(hours=-2))),
    "custom_details": {"rate": 0.071, "rows": [{"log": None}], "火": True},
    "links": [Link(href="https://example.com/1", text="One"), Link(href="mailto:ops@example.com")],
    "images": [
        Image(src="https://example.com/a.png", href="https://example.com/a", alt="A"),
        Image(src="HTTPS://example.com/b"),
    ],
}
LINKS = [{"href": "https://example.com/1", "text": "One"}, {"href": "mailto:ops@example.com"}]
IMAGES = [
    {"src": "https://example.com/a.png", "href": "https://example.com/a", "alt": "A"},
    {"src": "HTTPS://example.com/b"},
]
SHARED = {
    "summary": "Größe: 🚨",
    "source": "db-1",
    "timestamp": "2026-01-02T05:04:05.678+00:00",
    "custom_details": {"rate": 0.071, "rows": [{"log": None}], "火": True},
}
SURROGATES = "spelt out lone surrogates, which UTF-8 cannot carry"


def prepared_of(event=None, **options):
    """Prepare an event, or a trigger with these fields."""
    if event is None:
        event, options = TriggerEvent(**{"summary": "s", "source": "x", **options}), {}
    return prepare_event(event, routing_key=ROUTING_KEY, **options)


def details_of(details, **fields):
    """Return the details as sent, and the changes."""
    prepared = prepared_of(custom_details=details, **fields)
    return prepared.payload["payload"].get("custom_details"), list(prepared.changes)


def test_a_trigger_with_every_field():
    """Every field of PD-CEF has its place; the time is in UTC with milliseconds and an offset."""
    optional = {"component": "pg", "group": "shop", "client": "Monitor", "client_url": "https://example.com"}
    event = TriggerEvent(**FULL, **optional, severity="warning", dedup_key="disk", class_="disk")
    prepared = prepare_event(event, routing_key=f" '{ROUTING_KEY}' ")

    assert prepared.payload == {
        "routing_key": ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "disk",
        "payload": {**SHARED, "severity": "warning", "component": "pg", "group": "shop", "class": "disk"},
        "client": "Monitor",
        "client_url": "https://example.com",
        "links": LINKS,
        "images": IMAGES,
    }
    assert (prepared.path, prepared.dedup_key, prepared.changes) == ("/v2/enqueue", "disk", ())
    assert json.dumps(prepared.payload, ensure_ascii=False, separators=(",", ":")).encode() == prepared.body


def test_a_change_with_every_field():
    """The fields of a change event, on its own path, with neither action nor dedup key."""
    prepared = prepared_of(ChangeEvent(**FULL))

    assert prepared.payload == {"routing_key": ROUTING_KEY, "payload": SHARED, "links": LINKS, "images": IMAGES}
    assert (prepared.path, prepared.dedup_key, prepared.changes) == ("/v2/change/enqueue", None, ())


@pytest.mark.parametrize(
    ("event", "rest"),
    [
        (TriggerEvent(summary="s", source="x"),
         {"event_action": "trigger", "payload": {"summary": "s", "source": "x", "severity": "error"}}),
        (AcknowledgeEvent(dedup_key="k"), {"event_action": "acknowledge", "dedup_key": "k"}),
        (ResolveEvent(dedup_key="k"), {"event_action": "resolve", "dedup_key": "k"}),
        (ChangeEvent(summary="s"), {"payload": {"summary": "s"}}),
        (ChangeEvent(summary="s", custom_details={}), {"payload": {"summary": "s"}}),
    ],
)  # fmt: skip
def test_what_is_absent_is_left_out(event, rest):
    """The smallest events hold nothing but what they need."""
    assert prepared_of(event).payload == {"routing_key": ROUTING_KEY, **rest}


def test_the_zone_of_the_machine_does_not_matter(monkeypatch):
    """Times are in UTC wherever the event is prepared."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    try:
        sent = prepared_of(timestamp=FULL["timestamp"]).payload["payload"]["timestamp"]
    finally:
        monkeypatch.undo()
        time.tzset()

    assert sent == SHARED["timestamp"]


@pytest.mark.parametrize(
    ("summary", "sent", "before", "after"),
    [
        ("x" * 1500, "x" * 1024, 1500, 1024),
        ("🚨" * 513, "🚨" * 512, 513, 512),
        ("x" + "👩‍👩‍👧‍👦" * 100, "x" + "👩‍👩‍👧‍👦" * 93, 701, 652),
        (" " * 2000 + "x", "x", 2001, 1),
        ("x" * 1024, "x" * 1024, None, None),
        ("🚨" * 512, "🚨" * 512, None, None),
        ("  x ", "  x ", None, None),
    ],
)
def test_a_summary_over_1024_utf16_units_is_cut(summary, sent, before, after):
    """Between characters, for alerts and for change events; blanks in front of a long one go first."""
    expected = [] if before is None else [Change("summary", "cut to 1024 characters", before, after)]

    for event in (TriggerEvent(summary=summary, source="x"), ChangeEvent(summary=summary)):
        prepared = prepared_of(event)
        assert (prepared.payload["payload"]["summary"], list(prepared.changes)) == (sent, expected)


def test_a_hashed_dedup_key_stays_readable():
    """The original stands first among the details of a trigger, unless they have a `dedup_key` of their own."""
    key = "k" * 256
    replaced, digest = prepared_of(ResolveEvent(dedup_key=key)), hashlib.sha256(key.encode()).hexdigest()
    change = Change("dedup_key", "replaced by its SHA-256: over 255 characters", key, digest)

    assert (replaced.dedup_key, replaced.payload["dedup_key"], replaced.changes) == (digest, digest, (change,))
    assert details_of(None, dedup_key=key) == ({"dedup_key": key}, [change])
    assert details_of({"a": 1}, dedup_key=key) == ({"dedup_key": key, "a": 1}, [change])
    assert details_of({"dedup_key": "own"}, dedup_key=key) == ({"dedup_key": "own"}, [change])
    assert details_of("text", dedup_key=key)[0] == {"dedup_key": key, "details": "text"}
    assert prepared_of(dedup_key=key).dedup_key == digest


def test_a_default_key_names_a_trigger_without_one():
    """And nothing else; it is fitted like any other."""
    trigger = TriggerEvent(summary="s", source="x")

    assert prepared_of(trigger, default_dedup_key="made").payload["dedup_key"] == "made"
    assert prepared_of(trigger).dedup_key is None
    assert len(prepared_of(trigger, default_dedup_key="m" * 300).dedup_key) == 64
    assert prepared_of(attrs.evolve(trigger, dedup_key="own"), default_dedup_key="made").dedup_key == "own"
    assert prepared_of(ResolveEvent(dedup_key="own"), default_dedup_key="made").dedup_key == "own"
    assert prepared_of(ChangeEvent(summary="s"), default_dedup_key="made").dedup_key is None


@pytest.mark.parametrize("key", ["", " ", "\ud800", "\ud800" * 300, 5])
def test_a_default_key_that_identifies_nothing_is_refused(key):
    """As it would be in an event."""
    with pytest.raises(InvalidEventError, match=r"dedup_key "):
        prepared_of(TriggerEvent(summary="s", source="x"), default_dedup_key=key)


def test_blank_links_and_images_are_dropped():
    """An entry that PagerDuty would refuse does not cost the alert; the others keep their order."""
    links = [Link(href=" "), Link(href="https://example.com", text=""), Link()]
    images = [
        Image(src=""),
        Image(src="http://example.com/a"),
        Image(src="https://example.com/b", alt=""),
        Image(src="\t"),
    ]
    prepared = prepared_of(links=links, images=images)

    assert prepared.payload["links"] == [{"href": "https://example.com", "text": ""}]
    assert prepared.payload["images"] == [{"src": "https://example.com/b", "alt": ""}]
    assert prepared.changes == (
        Change("links[0]", "dropped: its href is blank", "link", None),
        Change("links[2]", "dropped: its href is blank", "link", None),
        Change("images[0]", "dropped: its src is blank", "image", None),
        Change("images[1]", "dropped: PagerDuty shows HTTPS images only", "image", None),
        Change("images[3]", "dropped: its src is blank", "image", None),
    )
    assert not {"links", "images"} & set(prepared_of(links=links[:1], images=images[:1]).payload)


def test_texts_that_utf8_cannot_carry_are_spelt_out():
    """In every field, link and image, each of which is reported by its path."""
    texts = ("summary", "source", "component", "group", "class_", "client", "client_url")
    prepared = prepared_of(
        **{name: f"{name}\ud800" for name in texts},
        links=[Link(href="h"), Link(href="h\udfff", text="t\udfff")],
        images=[Image(src="https://\ud800", href="\ud801", alt="\ud802")],
        custom_details={"d\ud800": "\ud800"},
    )

    assert prepared.payload["payload"]["class"] == "class_\\ud800"
    assert prepared.payload["links"] == [{"href": "h"}, {"href": "h\\udfff", "text": "t\\udfff"}]
    paths = {"links[1].href", "links[1].text", "images[0].src", "images[0].href", "images[0].alt"}
    assert set(prepared.changes) == {
        *(Change(path, SURROGATES, "str", "str") for path in (*texts, *paths)),
        Change("custom_details.d\\ud800", "made the key text", "str", "d\\ud800"),
        Change("custom_details.d\\ud800", SURROGATES, "str", "\\ud800"),
    }


@pytest.mark.parametrize(
    ("late", "sent"),
    [
        (("k", datetime(2026, 1, 2, tzinfo=timezone.utc)), {"1": "a", "k": "2026-01-02T00:00:00+00:00"}),
        (("k", float("nan")), {"1": "a", "k": "NaN"}),
        (("k", "\ud800"), {"1": "a", "k": "\\ud800"}),
        (("k", {"in": {5}}), {"1": "a", "k": {"in": [5]}}),
    ],
)
def test_details_are_read_when_the_event_is_prepared(late, sent):
    """What was put inside them after the event was built is made readable too."""
    inner = {"1": "a"}
    event = TriggerEvent(summary="s", source="x", custom_details={"in": inner})
    inner[late[0]] = late[1]

    assert prepared_of(event).payload["payload"]["custom_details"] == {"in": sent}
    assert len(prepared_of(event).changes) == 1


@pytest.mark.parametrize("event", [None, {"summary": "s"}, "trigger", TriggerEvent])
def test_only_events_can_be_prepared(event):
    """Anything else is named by its type."""
    with pytest.raises(InvalidEventError) as caught:
        prepare_event(event, routing_key=ROUTING_KEY)

    assert caught.value.problems == (f"event must be one of PagerDuty's events, not {type(event).__name__}",)


def test_a_key_of_a_ruleset_takes_no_change_event():
    """It is refused before anything is sent, as a bad key is for any event; an alert passes."""
    with pytest.raises(InvalidEventError, match=r"^routing_key begins with R"):
        prepare_event(ChangeEvent(summary="s"), routing_key="R" * 32)
    with pytest.raises(InvalidEventError, match="looks like a REST API token"):
        prepare_event(ResolveEvent(dedup_key="k"), routing_key="u+" * 10)
    assert prepare_event(ResolveEvent(dedup_key="k"), routing_key="R" * 32).payload["routing_key"] == "R" * 32


def test_nothing_shows_the_routing_key():
    """Neither the prepared event nor a change; the payload is a copy of one's own."""
    prepared = prepared_of(summary="x" * 2000)
    prepared.payload["payload"].clear()

    assert ROUTING_KEY not in f"{prepared!r} {prepared.changes}"
    assert prepared.payload["payload"]["source"] == "x"
    assert repr(prepared).startswith(f"PreparedEvent(body=<{len(prepared.body)} bytes>, ")
