"""Events as the Events API v1 takes them: everything of an event has its place, and every event fits."""

import json
import pickle
from datetime import datetime, timezone

import attrs
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from strategies import ROUTING_KEY, triggers, wild_texts, wild_values

from alertkit import InvalidEventError
from alertkit.pagerduty import AcknowledgeEvent, Change, ChangeEvent, Image, Link, ResolveEvent, TriggerEvent
from alertkit.pagerduty.v1 import prepare_v1_event
from alertkit.testing._pagerduty_rules import parsed
from alertkit.testing._pagerduty_v1_rules import v1_refusals

LIMIT = 512_000
any_size = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def prepared_of(details=None, **fields):
    """Prepare a trigger with these details."""
    event = TriggerEvent(**{"summary": "s", "source": "x", "custom_details": details, **fields})
    prepared = prepare_v1_event(event, service_key=ROUTING_KEY)
    assert len(prepared.body) <= LIMIT
    return prepared


def test_everything_has_its_place():
    """The summary is the description, links and images are contexts, and what has no field stands in the details."""
    prepared = prepare_v1_event(
        TriggerEvent(
            summary="Disk full",
            source="db-1",
            severity="critical",
            dedup_key="disk",
            timestamp=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
            component="postgres",
            group="db",
            class_="capacity",
            custom_details={"free": 0},
            links=[Link(href="https://a.example/", text="Dashboard"), Link(href="https://b.example/")],
            images=[Image(src="https://a.example/i.png", href="https://a.example/", alt="Graph")],
            client="Monitor",
            client_url="https://m.example/",
        ),
        service_key=ROUTING_KEY,
    )

    assert prepared.payload == {
        "service_key": ROUTING_KEY,
        "event_type": "trigger",
        "incident_key": "disk",
        "description": "Disk full",
        "details": {
            "source": "db-1",
            "severity": "critical",
            "component": "postgres",
            "group": "db",
            "class": "capacity",
            "timestamp": "2026-01-02T03:04:05.000+00:00",
            "free": 0,
        },
        "client": "Monitor",
        "client_url": "https://m.example/",
        "contexts": [
            {"type": "link", "href": "https://a.example/", "text": "Dashboard"},
            {"type": "link", "href": "https://b.example/"},
            {"type": "image", "src": "https://a.example/i.png", "href": "https://a.example/", "alt": "Graph"},
        ],
    }
    assert prepared.path == "/generic/2010-04-15/create_event.json"
    assert (prepared.dedup_key, prepared.changes) == ("disk", ())
    assert next(iter(prepared.payload["details"])) == "source"


def test_the_least_event():
    """What an event does not have is not sent; a trigger without a key leaves it to PagerDuty unless there is one."""
    event = TriggerEvent(summary="Disk full", source="db-1")
    least = {
        "service_key": ROUTING_KEY,
        "event_type": "trigger",
        "description": "Disk full",
        "details": {"source": "db-1", "severity": "error"},
    }

    assert prepare_v1_event(event, service_key=f" '{ROUTING_KEY}'").payload == least
    prepared = prepare_v1_event(event, service_key=ROUTING_KEY, default_dedup_key="made-up")
    assert prepared.payload == {**least, "incident_key": "made-up"}
    assert prepared.dedup_key == "made-up"


@pytest.mark.parametrize(("kind", "word"), [(AcknowledgeEvent, "acknowledge"), (ResolveEvent, "resolve")])
def test_what_closes_names_the_alert_and_no_more(kind, word):
    """Key, type and incident key."""
    prepared = prepare_v1_event(kind(dedup_key="disk"), service_key=ROUTING_KEY)

    assert prepared.payload == {"service_key": ROUTING_KEY, "event_type": word, "incident_key": "disk"}


def test_a_detail_keeps_its_name():
    """Where it has the name of a field, the field gets another one, and neither is lost."""
    details = {"source": "mine", "severity": 5, "event_severity": 6, "group": None}
    sent = prepared_of(details, group="db").payload["details"]

    assert sent == {**details, "event_source": "x", "event_event_severity": "error", "event_group": "db"}


@pytest.mark.parametrize("action", [TriggerEvent, AcknowledgeEvent, ResolveEvent])
def test_a_long_key_is_hashed_alike(action):
    """The same for every action, as in v2, and the name of the alert stays readable in a trigger."""
    fields = {"summary": "s", "source": "x"} if action is TriggerEvent else {}
    prepared = prepare_v1_event(action(dedup_key="k" * 256, **fields), service_key=ROUTING_KEY)

    assert prepared.dedup_key == prepared.payload["incident_key"]
    assert len(prepared.dedup_key) == 64
    assert [change.field for change in prepared.changes] == ["dedup_key"]
    assert prepared.payload.get("details", {"dedup_key": "k" * 256})["dedup_key"] == "k" * 256


def test_the_description_has_1024_characters():
    """Cut between characters, and reported under the caller's name for it."""
    prepared = prepared_of(summary="🚨" * 600)

    assert prepared.payload["description"] == "🚨" * 512
    assert prepared.changes == (Change("summary", "cut to 1024 characters", 600, 512),)


@pytest.mark.parametrize(
    ("details", "sent", "fields"),
    [
        (["a"], {"details": ["a"]}, ["custom_details"]),
        ({"a": float("nan"), 1: {2}}, {"a": "NaN", "1": [2]}, ["custom_details.a", "custom_details.1"]),
        ({"\ud800": "\udc00"}, {"\\ud800": "\\udc00"}, ["custom_details.\\ud800"]),
    ],
)
def test_what_json_lacks_is_spelt_out(details, sent, fields):
    """As in v2, and the fields that are folded in stand beside it."""
    prepared = prepared_of(details)

    assert prepared.payload["details"] == {"source": "x", "severity": "error", **sent}
    assert set(fields) <= {change.field for change in prepared.changes}


def test_what_cannot_be_shown_is_dropped():
    """A blank link and an image that is not HTTPS cost no alert."""
    prepared = prepared_of(links=[Link(href=" ")], images=[Image(src="http://a.example/i.png")])

    assert "contexts" not in prepared.payload
    assert [change.field for change in prepared.changes] == ["links[0]", "images[0]"]


def test_what_fits_to_the_byte_is_left_alone():
    """The bytes are those of v1: 512,000 are sent as given, and of one more only as much goes as has to."""
    spare = LIMIT - len(prepared_of({"log": ""}).body)
    full, over = prepared_of({"log": "x" * spare}), prepared_of({"log": "x" * (spare + 1)})

    assert (len(full.body), full.changes) == (LIMIT, ())
    assert over.payload["details"]["log"] == "x" * (spare - 3) + "…"
    assert len(over.body) == LIMIT


@pytest.mark.parametrize("field", ["source", "component", "group", "class_"])
def test_a_folded_field_is_shortened_as_a_field(field):
    """Under its own name, and not below 1024 bytes: it says more than a detail does."""
    prepared = prepared_of({"d": "d" * 600_000}, **{field: "f" * 700_000})

    assert prepared.payload["details"][field.rstrip("_")] == "f" * 1019 + "…"
    assert [change.field for change in prepared.changes] == [field, "custom_details.d"]


@pytest.mark.parametrize("size", [1, 10, 100, 5000])
def test_contexts_that_are_too_many_are_dropped_from_the_end(size):
    """Images before links; each takes more bytes in v1 than in v2, and the request fits all the same."""
    count = 600_000 // (size + 40)
    links = [Link(href="https://a.example/" + "l" * size)] * count
    images = [Image(src="https://a.example/" + "i" * size)] * count
    prepared = prepared_of({"kept": 1}, links=links, images=images)
    contexts = prepared.payload["contexts"]

    assert {context["type"] for context in contexts} == {"link"}
    assert LIMIT - len(prepared.body) < size + 60
    assert prepared.payload["details"]["kept"] == 1
    assert [(change.field, change.after) for change in prepared.changes] == [("images", 0), ("links", len(contexts))]


def test_a_link_goes_only_where_dropping_the_images_is_not_enough():
    """Asked again once they are gone, to the byte: the list that links and images share is not gone with them."""
    images = [Image(src="https://a.example/" + "i" * 500)]
    frame = len(prepared_of(links=[Link(href="https://a.example/")] * 2).body)
    for over in range(-20, 21):
        links = [Link(href="https://a.example/" + "l" * size) for size in (100_000, LIMIT - frame - 100_000 + over)]
        prepared = prepared_of(links=links, images=images)

        assert len(prepared.payload["contexts"]) == (2 if over <= 0 else 1)


def test_a_change_event_has_no_place_in_v1():
    """Nor has what is no event; the message names the kind, and no key is shown."""
    for wrong, kind in ((ChangeEvent(summary="Deploy"), "ChangeEvent"), (None, "NoneType"), ({}, "dict")):
        with pytest.raises(InvalidEventError, match=f"the Events API v1 takes no {kind}"):
            prepare_v1_event(wrong, service_key=ROUTING_KEY)


def test_a_key_that_pagerduty_would_refuse():
    """Is called what the caller calls it."""
    with pytest.raises(InvalidEventError, match="service_key must have 32 characters, not 5"):
        prepare_v1_event(ResolveEvent(dedup_key="k"), service_key="short")


_closing = st.sampled_from((AcknowledgeEvent, ResolveEvent))
_wild_events = triggers(wild_texts(), wild_values()) | st.builds(
    lambda kind, key: kind(dedup_key=key), _closing, st.text(min_size=1).filter(lambda text: text.strip() != "")
)


@any_size
@given(_wild_events)
def test_pagerduty_takes_whatever_can_be_prepared(event):
    """By the rules of the fake: strict JSON, at most 512,000 bytes; and the event is as it was."""
    before = pickle.dumps(event)
    prepared = prepare_v1_event(event, service_key=ROUTING_KEY)
    document = parsed(prepared.body)

    assert len(prepared.body) <= LIMIT
    assert v1_refusals(document, size=len(prepared.body), known_keys=None) == []
    assert document["incident_key"] == prepared.dedup_key if "incident_key" in document else not prepared.dedup_key
    assert pickle.dumps(event) == before
    assert prepare_v1_event(event, service_key=ROUTING_KEY) == prepared
    assert not any(ROUTING_KEY in str(change) for change in prepared.changes)


_NAMES = ("source", "severity", "component", "group", "class", "timestamp")


@any_size
@given(triggers(), st.dictionaries(st.sampled_from((*_NAMES, *map("event_{}".format, _NAMES))), st.integers()))
def test_folding_loses_nothing(event, named_alike):
    """However the details are named, each of them and each field of the event is sent, under a name of its own."""
    event = attrs.evolve(event, custom_details={**(event.custom_details or {}), **named_alike})
    prepared = prepare_v1_event(event, service_key=ROUTING_KEY)
    sent = prepared.payload["details"]
    fields = [event.source, event.severity.value, event.component, event.group, event.class_, event.timestamp]

    if prepared.changes == ():
        assert json.loads(json.dumps({**sent, **event.custom_details})) == sent
        added = list(sent)[: len(sent) - len(event.custom_details)]
        assert len(added) == sum(field is not None for field in fields)
