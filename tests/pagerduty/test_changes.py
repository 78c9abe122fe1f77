"""What holds for every prepared event, and that what is sent otherwise than it was given is always said."""

import pickle

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import ROUTING_KEY, BrokenMapping, BrokenText, changes, events, triggers, wild_texts, wild_values

from alertkit.pagerduty import Change, ChangeEvent, ResolveEvent, TriggerEvent, prepare_event
from alertkit.pagerduty._keys import utf16_length
from alertkit.testing._pagerduty_rules import parsed, refusals

any_size = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
wild_events = events(wild_texts(), wild_values())


def as_given(event):
    """Return the request that says what the event says, if nothing has to be changed."""
    document = {"routing_key": ROUTING_KEY}
    if not isinstance(event, ChangeEvent):
        document["event_action"] = event.event_action
    payload = {}
    for name, value in attrs.asdict(event, filter=lambda attribute, value: attribute.init).items():
        if value is None or value in ((), {}, []):
            continue
        if name in ("dedup_key", "client", "client_url"):
            document[name] = value
        elif name in ("links", "images"):
            document[name] = [{key: text for key, text in entry.items() if text is not None} for entry in value]
        elif name != "timestamp":
            payload["class" if name == "class_" else name] = value
    return {**document, "payload": payload} if payload else document


def as_sent(prepared):
    """Return the request without the time, which is always in another form than it was given."""
    document = prepared.payload
    document.get("payload", {}).pop("timestamp", None)
    return document


@any_size
@given(wild_events)
def test_pagerduty_takes_whatever_can_be_prepared(event):
    """By the rules of the fake: strict JSON in UTF-8, at most 512,000 bytes, every limit met."""
    prepared = prepare_event(event, routing_key=ROUTING_KEY)
    change = isinstance(event, ChangeEvent)
    document = parsed(prepared.body)

    assert document == prepared.payload
    assert refusals(document, size=len(prepared.body), change=change, known_keys=None) == []
    assert prepared.path == ("/v2/change/enqueue" if change else "/v2/enqueue")
    assert prepared.dedup_key == document.get("dedup_key")


@any_size
@given(wild_events)
def test_preparing_modifies_nothing_and_repeats_itself(event):
    """The event is as it was, and preparing it again gives the same bytes and the same changes."""
    before = pickle.dumps(event)
    first = prepare_event(event, routing_key=ROUTING_KEY)

    assert pickle.dumps(event) == before
    assert prepare_event(event, routing_key=ROUTING_KEY) == first


@any_size
@given(triggers() | changes())
def test_a_summary_is_the_beginning_of_the_one_given(event):
    """Within 1024 UTF-16 units, and so within 1024 code points; blanks in front may be gone."""
    sent = prepare_event(event, routing_key=ROUTING_KEY).payload["payload"]["summary"]

    assert utf16_length(sent) <= 1024
    assert event.summary.startswith(sent) or event.summary.lstrip().startswith(sent)
    assert sent.strip() != ""


@any_size
@given(events())
def test_no_change_means_sent_as_given(event):
    """And any change means that something was not: of what JSON can hold, nothing else is reported."""
    prepared = prepare_event(event, routing_key=ROUTING_KEY)

    assert (as_sent(prepared) == as_given(event)) == (prepared.changes == ())


@any_size
@given(wild_events)
def test_a_change_names_its_field_and_no_key(event):
    """The field is an attribute of the event, with the path inside it."""
    names = tuple(attribute.name for attribute in attrs.fields(type(event)) if attribute.init)

    for change in prepare_event(event, routing_key=ROUTING_KEY).changes:
        assert change.field.startswith(names)
        assert change.before != change.after or change.reason.startswith("spelt out")
        assert ROUTING_KEY not in str(change)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change("summary", "cut to 1024 characters", 1500, 1024), "summary: cut to 1024 characters (1500 → 1024)"),
        (
            Change("links[0]", "dropped: its href is blank", "link", None),
            "links[0]: dropped: its href is blank (link → None)",
        ),
    ],
)
def test_a_change_is_one_line(change, line):
    """The field, the reason, and what became of what."""
    assert str(change) == line


@pytest.mark.parametrize("kind", [TriggerEvent, ChangeEvent])
@pytest.mark.parametrize("details", ["text", ["a"], ("a",), 5, 0, False, "", {"a"}, BrokenText()])
def test_details_that_are_no_object_are_wrapped(kind, details):
    """PagerDuty takes an object; nothing that was given disappears without a word."""
    prepared = prepare_event(kind(summary="s", source="x", custom_details=details), routing_key=ROUTING_KEY)
    wrapped = prepared.payload["payload"]["custom_details"]

    assert list(wrapped) == ["details"]
    assert wrapped["details"] == {set: ["a"], tuple: ["a"], BrokenText: "<unreadable BrokenText: RuntimeError>"}.get(
        type(details), details
    )
    wrapping = Change("custom_details", "wrapped: PagerDuty takes an object", type(details).__name__, "object")
    assert prepared.changes[-1] == wrapping


@pytest.mark.parametrize(
    ("details", "field", "kept"),
    [({"a": BrokenMapping(), "b": 1}, "custom_details.a", {"b": 1}), (BrokenMapping(), "custom_details", {})],
)
def test_a_mapping_that_cannot_be_read_does_not_cost_the_alert(details, field, kept):
    """Neither as a detail nor as all of them: it is named, and the rest is sent."""
    event = TriggerEvent(summary="s", source="x", custom_details=details)
    prepared = prepare_event(event, routing_key=ROUTING_KEY)
    sent = prepared.payload["payload"]["custom_details"]

    assert {**sent, **kept} == sent
    assert "<unreadable BrokenMapping: RuntimeError>" in sent.values()
    assert field in [change.field for change in prepared.changes]


def test_all_changes_of_an_event_are_reported():
    """One for each thing, in one list."""
    event = TriggerEvent(
        summary="x" * 1025, source="x", dedup_key="k" * 256, custom_details={"s": {1}, "log": "x" * 600_000}
    )
    fields = [change.field for change in prepare_event(event, routing_key=ROUTING_KEY).changes]

    assert sorted(fields) == ["custom_details.log", "custom_details.s", "dedup_key", "summary"]
    assert prepare_event(ResolveEvent(dedup_key="k"), routing_key=ROUTING_KEY).changes == ()
