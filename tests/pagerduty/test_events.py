"""What can be built as an event, and what is said about what cannot."""

from collections import UserDict
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from strategies import BrokenMapping

from alertkit import InvalidEventError, UsageError
from alertkit.pagerduty import AcknowledgeEvent, ChangeEvent, Image, Link, ResolveEvent, Severity, TriggerEvent

REQUIRED = {"summary": "Disk full", "source": "db-1"}
EAST, WEST = timezone(timedelta(hours=5)), timezone(timedelta(hours=-5))


def problems_of(kind, **fields):
    """Return what is wrong with these fields, besides which nothing is."""
    with pytest.raises(InvalidEventError) as caught:
        kind(**fields)
    return list(caught.value.problems)


def test_a_summary_and_a_source_are_enough():
    """What is left out is absent, and the severity is an error."""
    event = TriggerEvent(**REQUIRED)

    assert event.severity is Severity.ERROR
    assert (event.links, event.images) == ((), ())
    optional = ("dedup_key", "timestamp", "component", "group", "class_", "custom_details", "client", "client_url")
    assert [getattr(event, name) for name in optional] == [None] * 8


@pytest.mark.parametrize(
    "word", ["critical", "CRITICAL", " Critical\n", Severity.CRITICAL, type("Word", (str,), {})("critical")]
)
def test_a_severity_may_be_a_word(word):
    """Case and surrounding blanks do not matter, nor which kind of text it is."""
    assert TriggerEvent(**REQUIRED, severity=word).severity is Severity.CRITICAL


def test_lists_are_kept_as_tuples():
    """Any iterable of links and images will do, a lone one is a list of one, and later additions do not count."""
    links = [Link(href="https://example.com")]
    event = ChangeEvent(summary="s", links=iter(links), images=(Image(src=f"https://example.com/{n}") for n in "ab"))

    links.append(Link(href="https://example.com/later"))

    assert event.links == (links[0],) == ChangeEvent(summary="s", links=links[0]).links
    assert [image.src for image in event.images] == ["https://example.com/a", "https://example.com/b"]


@pytest.mark.parametrize("kind", [TriggerEvent, ChangeEvent])
def test_a_detail_added_later_is_not_sent(kind):
    """The outermost level of the details is copied, of any mapping."""
    given = {"a": 1}
    event, other = kind(**REQUIRED, custom_details=given), kind(**REQUIRED, custom_details=UserDict(given))

    given["b"] = 2

    assert event.custom_details == {"a": 1} == other.custom_details
    assert event == other


@pytest.mark.parametrize("kind", [TriggerEvent, ChangeEvent])
def test_details_that_cannot_be_read_can_be_built(kind):
    """A mapping whose own methods fail does not cost the event, and what is no mapping is kept to be wrapped."""
    assert kind(**REQUIRED, custom_details=BrokenMapping()).summary == "Disk full"
    assert kind(**REQUIRED, custom_details=[("a", 1)]).custom_details == [("a", 1)]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("summary", "", "summary is missing or blank"),
        ("summary", " \n\u3000", "summary is missing or blank"),
        ("summary", None, "summary must be text, not NoneType"),
        ("source", "\t", "source is missing or blank"),
        ("source", 5, "source must be text, not int"),
        ("severity", "fatal", "severity must be one of critical, error, warning, info, not 'fatal'"),
        ("severity", None, "severity must be one of critical, error, warning, info, not None"),
        ("severity", 40, "severity must be one of critical, error, warning, info, not 40"),
        ("dedup_key", "", "dedup_key is missing or blank"),
        ("dedup_key", "  ", "dedup_key is missing or blank"),
        ("dedup_key", 17, "dedup_key must be text, not int"),
        ("dedup_key", "k\ud800", "dedup_key holds a lone surrogate, which UTF-8 cannot carry"),
        ("timestamp", "2026-01-01", "timestamp must be a datetime, not str"),
        ("timestamp", 0, "timestamp must be a datetime, not int"),
        (
            "timestamp",
            datetime(2026, 1, 1),  # noqa: DTZ001  naive on purpose
            "timestamp must be aware: a naive one would be read in some time zone or other",
        ),
        (
            "timestamp",
            datetime(1, 1, 1, tzinfo=EAST),
            "timestamp is out of range: in UTC it must lie in the years 1 to 9999",
        ),
        (
            "timestamp",
            datetime(9999, 12, 31, 23, tzinfo=WEST),
            "timestamp is out of range: in UTC it must lie in the years 1 to 9999",
        ),
        ("component", 1, "component must be text, not int"),
        ("group", b"g", "group must be text, not bytes"),
        ("class_", ["c"], "class_ must be text, not list"),
        ("client", 1.5, "client must be text, not float"),
        ("client_url", True, "client_url must be text, not bool"),
        ("links", None, "links[0] must be of type Link, not NoneType"),
        ("links", 5, "links[0] must be of type Link, not int"),
        ("links", "https://example.com", "links[0] must be of type Link, not str"),
        ("links", [Link(), {"href": "x"}], "links[1] must be of type Link, not dict"),
        ("images", Link(href="x"), "images[0] must be of type Image, not Link"),
        ("images", [Image(), Link()], "images[1] must be of type Image, not Link"),
    ],
)
def test_what_pagerduty_would_refuse_cannot_be_built(field, value, problem):
    """The problem names the field and what it must be."""
    assert problems_of(TriggerEvent, **{**REQUIRED, field: value}) == [problem]


def test_all_problems_of_a_trigger_come_at_once():
    """In the order of the fields; the error is a `UsageError` and a `ValueError` whose text holds them all."""
    texts = ("component", "group", "class_", "client", "client_url")
    wrong = {"links": [1, Link()], "images": [2, 3], "severity": "?", "dedup_key": "", "timestamp": 0}
    problems = problems_of(TriggerEvent, summary=None, source="", **dict.fromkeys(texts, 1), **wrong)

    assert problems == [
        "summary must be text, not NoneType",
        "source is missing or blank",
        "severity must be one of critical, error, warning, info, not '?'",
        "dedup_key is missing or blank",
        "timestamp must be a datetime, not int",
        *(f"{name} must be text, not int" for name in texts[:3]),
        "links[0] must be of type Link, not int",
        "images[0] must be of type Image, not int",
        "images[1] must be of type Image, not int",
        *(f"{name} must be text, not int" for name in texts[3:]),
    ]
    error = InvalidEventError(problems)
    assert isinstance(error, UsageError)
    assert isinstance(error, ValueError)
    assert str(error) == "; ".join(problems)


def test_all_problems_of_a_change_come_at_once():
    """A change event needs a summary only."""
    wrong = {"source": 1, "timestamp": "now", "links": [None], "images": [None]}

    assert ChangeEvent(summary="Deploy 42").source is None
    assert problems_of(ChangeEvent, summary=" ", **wrong) == [
        "summary is missing or blank",
        "source must be text, not int",
        "timestamp must be a datetime, not str",
        "links[0] must be of type Link, not NoneType",
        "images[0] must be of type Image, not NoneType",
    ]


@pytest.mark.parametrize("kind", [AcknowledgeEvent, ResolveEvent])
@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "dedup_key must be text, not NoneType"),
        ("", "dedup_key is missing or blank"),
        ("\udfff", "dedup_key holds a lone surrogate, which UTF-8 cannot carry"),
    ],
)
def test_a_closing_event_names_its_alert(kind, key, problem):
    """Without a key, PagerDuty would refuse it."""
    assert problems_of(kind, dedup_key=key) == [problem]


@pytest.mark.parametrize(
    ("kind", "fields", "problems"),
    [
        (Link, {"href": None, "text": 1}, ["text must be text, not int"]),
        (Link, {"href": 1}, ["href must be text, not int"]),
        (Image, {"src": 1, "href": 2, "alt": 3}, [f"{name} must be text, not int" for name in ("src", "href", "alt")]),
    ],
)
def test_links_and_images_hold_text(kind, fields, problems):
    """What is blank or absent is a matter of preparing; what is no text is refused at once."""
    assert problems_of(kind, **fields) == problems
    assert kind() == kind(**dict.fromkeys(list(fields)[:1], ""))


@pytest.mark.parametrize(
    "event",
    [TriggerEvent(**REQUIRED), AcknowledgeEvent(dedup_key="k"), ResolveEvent(dedup_key="k"), ChangeEvent(**REQUIRED)],
)
def test_events_are_values(event):
    """Equal when their fields are, frozen, keyword-only."""
    assert event == attrs.evolve(event)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.summary = "other"
    with pytest.raises(TypeError):
        type(event)("positional")
