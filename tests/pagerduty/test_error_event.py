"""How an error of the app becomes an alert."""

import pytest

from alertkit import InvalidEventError
from alertkit.pagerduty import ErrorEvent, Link, Severity, TriggerEvent

FULL = {
    "event_id": "9f2c",
    "message": "boom",
    "title": "ValueError: boom",
    "level": "fatal",
    "transaction": "GET /cart",
    "culprit": "shop.cart",
    "short_id": "SHOP-1A",
    "project_slug": "shop",
    "url": "https://example.com/issues/1",
    "details": {"release": "1.2"},
    "tags": {"browser": "Firefox"},
}


def trigger(**fields):
    """Return the alert of an error with these fields."""
    return TriggerEvent.from_error_event(ErrorEvent(**{"event_id": "9f2c", **fields}))


def test_every_field_has_its_place():
    """Message, transaction, short id, project, issue and tags become an alert."""
    assert trigger(**FULL) == TriggerEvent(
        summary="boom",
        source="GET /cart",
        severity=Severity.CRITICAL,
        dedup_key="SHOP-1A",
        component="shop",
        custom_details={"release": "1.2", "tags": {"browser": "Firefox"}},
        links=[Link(href="https://example.com/issues/1", text="Issue")],
    )


@pytest.mark.parametrize(
    "nothing", [{}, {name: "" for name in FULL if name not in ("event_id", "level", "details", "tags")}]
)
def test_an_id_is_enough(nothing):
    """What is absent or empty falls back; without a short id every error is an alert of its own."""
    assert trigger(**nothing) == TriggerEvent(
        summary="Event 9f2c", source="<unknown>", severity=Severity.ERROR, custom_details={}
    )


@pytest.mark.parametrize(
    ("fields", "summary", "source"),
    [
        ({"message": " \n", "title": "Title"}, "Title", "<unknown>"),
        ({"message": None, "title": "\t"}, "Event 9f2c", "<unknown>"),
        ({"message": " m "}, " m ", "<unknown>"),
        ({"transaction": " ", "culprit": "c"}, "Event 9f2c", "c"),
        ({"transaction": "t", "culprit": "c"}, "Event 9f2c", "t"),
    ],
)
def test_what_is_blank_falls_back(fields, summary, source):
    """The summary is the message, else the title; the source the transaction, else the culprit."""
    event = trigger(**fields)

    assert (event.summary, event.source) == (summary, source)


def test_a_blank_short_id_identifies_nothing():
    """It counts as none, like any other blank field, rather than costing the alert."""
    assert trigger(short_id=" ").dedup_key is None


@pytest.mark.parametrize(
    ("details", "tags", "sent"),
    [
        ({}, {}, {}),
        ({"tags": "own"}, {"a": 1}, {"tags": "own"}),
        ({"tags": None}, {"a": 1}, {"tags": None}),
        ({"a": 1}, [("b", 2)], {"a": 1, "tags": {"b": 2}}),
    ],
)
def test_tags_are_sent_among_the_details(details, tags, sent):
    """Under `tags`, unless the details have a key of that name."""
    assert trigger(details=details, tags=tags).custom_details == sent


def test_nothing_given_is_modified():
    """Neither the details nor the error event get the tags."""
    details, tags = {"a": 1}, {"b": 2}
    error_event = ErrorEvent(event_id="1", details=details, tags=tags)

    TriggerEvent.from_error_event(error_event)

    assert (details, tags) == ({"a": 1}, {"b": 2})
    assert error_event == ErrorEvent(event_id="1", details={"a": 1}, tags={"b": 2})


@pytest.mark.parametrize(
    ("level", "severity"), [("debug", Severity.INFO), ("Warning", Severity.WARNING), (40, Severity.ERROR)]
)
def test_levels_become_severities(level, severity):
    """In words and in numbers."""
    assert trigger(level=level).severity is severity


def test_an_unknown_level_is_an_error():
    """It is named rather than guessed at."""
    with pytest.raises(InvalidEventError, match=r"^level 'sample' is unknown"):
        trigger(level="sample")


def test_all_problems_come_at_once():
    """An id that is missing and every field that is no text."""
    ids = ("short_id", "issue_id", "project_id", "project_slug")
    names = ("message", "title", "transaction", "culprit", *ids, "url")

    with pytest.raises(InvalidEventError) as caught:
        ErrorEvent(event_id="", **dict.fromkeys(names, 1))

    assert caught.value.problems == (
        "event_id is missing or blank",
        *(f"{name} must be text, not int" for name in names),
    )


@pytest.mark.parametrize("name", ["details", "tags"])
def test_details_that_are_no_mapping_are_refused(name):
    """The error names the field."""
    with pytest.raises(InvalidEventError, match=rf"^{name} "):
        ErrorEvent(event_id="1", **{name: None})
