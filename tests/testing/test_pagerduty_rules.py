"""What the fake refuses, and in which words: PagerDuty's own where they are known."""

import json
import re

import pytest
from hypothesis import given, strategies as st

from alertkit.testing._pagerduty_rules import parsed, refusals

KEY = "0123456789abcdefABCDEF0123456789"
PAYLOAD = {"summary": "Disk full", "source": "db-1", "severity": "error"}
TRIGGER = {"routing_key": KEY, "event_action": "trigger", "payload": PAYLOAD}
CHANGE = {"routing_key": KEY, "payload": {"summary": "Deploy 42"}}
ABSENT = object()
BLANKS = (ABSENT, None, "", " ", "\t\n", "\u2003")
SEVERITIES = "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
ACTIONS = "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
KEY_LENGTH = "Length of 'routing_key' is incorrect (should be 32 characters)"
KEY_LETTERS = "'routing_key' cannot contain non-alphanumeric characters."
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def changed(document, **fields):
    """Return a copy of the document with these fields; a double underscore leads into the payload."""
    document = {**document, "payload": dict(document["payload"])}
    for path, value in fields.items():
        inside, name = (document["payload"], path[9:]) if path.startswith("payload__") else (document, path)
        inside[name] = value
        if value is ABSENT:
            del inside[name]
    return document


def refused(document, *, size=1000, change=False, known_keys=None):
    """Return what is refused in an event of usual size."""
    return refusals(document, size=size, change=change, known_keys=known_keys)


@pytest.mark.parametrize(
    "document",
    [
        TRIGGER,
        changed(TRIGGER, payload__severity="critical", dedup_key="disk", client="Monitor", links=[], images=[]),
        changed(TRIGGER, links=[{"href": "https://a.example"}], images=[{"src": "https://a.example/i.png"}]),
        changed(TRIGGER, payload__custom_details={"a": [1, {"b": None}]}, payload__timestamp=None, unknown=1),
        {"routing_key": KEY, "event_action": "acknowledge", "dedup_key": "disk"},
        {"routing_key": KEY, "event_action": "resolve", "dedup_key": "disk", "payload": None},
    ],
)
def test_what_pagerduty_takes_is_taken(document):
    """A full event, the least one, and a resolve with a key and nothing else."""
    assert refused(document) == []


@pytest.mark.parametrize("field", ["routing_key", "event_action", "payload__summary", "payload__source"])
@pytest.mark.parametrize("blank", BLANKS, ids=["absent", "null", "empty", "blank", "control", "em space"])
def test_what_is_required_is_not_blank(field, blank):
    """A field that is absent, null or of blanks only is missing."""
    problems = refused(changed(TRIGGER, **{field: blank}))

    assert f"'{field.replace('__', '.')}' is missing or blank" in problems


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
@pytest.mark.parametrize("blank", BLANKS, ids=["absent", "null", "empty", "blank", "control", "em space"])
def test_an_alert_is_named_by_its_dedup_key(action, blank):
    """Only a trigger may leave the key to PagerDuty."""
    document = changed(TRIGGER, event_action=action, dedup_key=blank)

    assert refused(document) == ["'dedup_key' is missing or blank"]
    assert refused(changed(document, event_action="trigger")) == []


@pytest.mark.parametrize(
    ("key", "problems"),
    [
        ("a" * 31, [KEY_LENGTH]),
        ("a" * 33, [KEY_LENGTH]),
        ("e+abcdefgh-12345_678", [KEY_LENGTH, KEY_LETTERS]),
        ("a" * 31 + "-", [KEY_LETTERS]),
        ("a" * 31 + "é", [KEY_LETTERS]),
        ("a" * 31 + "٣", [KEY_LETTERS]),
        (7, [KEY_LENGTH]),
        (["a" * 28], [KEY_LETTERS]),
        ("R" + "a" * 31, []),
    ],
)
def test_a_routing_key_is_32_letters_and_digits(key, problems):
    """Length and letters are two complaints."""
    assert refused(changed(TRIGGER, routing_key=key)) == problems


def test_a_key_that_does_not_exist_is_refused():
    """Where the keys are known, a well-formed one that is none of them is invalid; other problems come first."""
    assert refused(TRIGGER, known_keys={KEY}) == []
    assert refused(TRIGGER, known_keys={KEY.lower()}) == ["Invalid routing key"]
    assert refused(changed(TRIGGER, routing_key="short"), known_keys={KEY}) == [KEY_LENGTH]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"event_action": "Trigger"}, ACTIONS),
        ({"event_action": ["trigger"]}, ACTIONS),
        ({"payload": None}, "'payload' is missing or blank"),
        ({"payload": []}, "'payload' is missing or blank"),
        ({"payload__severity": ABSENT}, SEVERITIES),
        ({"payload__severity": "fatal"}, SEVERITIES),
        ({"payload__severity": "Error"}, SEVERITIES),
        ({"payload__severity": {}}, SEVERITIES),
        ({"payload__summary": "x" * 1025}, "'summary' is too long (maiximum is 1024 characters)"),
        ({"payload__summary": "🔥" * 513}, "'summary' is too long (maiximum is 1024 characters)"),
        ({"dedup_key": "k" * 256}, "'dedup_key' is too long (maximum is 255 characters)"),
        ({"dedup_key": "🔥" * 128}, "'dedup_key' is too long (maximum is 255 characters)"),
        ({"links": [{"href": "https://a.example"}, {"text": "a"}]}, "'links[1].href' is missing or blank"),
        ({"links": [{"href": " "}]}, "'links[0].href' is missing or blank"),
        ({"links": ["https://a.example"]}, "'links[0].href' is missing or blank"),
        ({"images": [{"href": "https://a.example"}]}, "'images[0].src' is missing or blank"),
    ],
)
def test_what_pagerduty_refuses_is_refused_in_its_words(fields, problem):
    """One mistake, one complaint."""
    assert refused({**TRIGGER, **fields} if "payload" in fields else changed(TRIGGER, **fields)) == [problem]


@pytest.mark.parametrize(
    "fields",
    [
        {"payload__summary": "x" * 1024},
        {"payload__summary": "🔥" * 512},
        {"dedup_key": "k" * 255},
        {"dedup_key": "🔥" * 127},
        {"dedup_key": "\ud800" * 255},
    ],
)
def test_a_limit_itself_is_taken(fields):
    """The most that fits, counted in UTF-16 units, which is the strictest way to count characters."""
    assert refused(changed(TRIGGER, **fields)) == []


def test_a_body_has_512000_bytes_at_most():
    """512 KB are read as the smaller number."""
    assert refused(TRIGGER, size=512_000) == []
    assert refused(TRIGGER, size=512_001) == ["Event is too large (maximum is 512000 bytes)"]


@pytest.mark.parametrize("name", ["links", "images"])
@pytest.mark.parametrize("members", [5, True, "https://a.example", {"href": "https://a.example"}])
def test_links_and_images_are_lists(name, members):
    """Anything else in their place is refused."""
    assert refused(changed(TRIGGER, **{name: members})) != []


@pytest.mark.parametrize("src", ["http://a.example/i.png", "ftp://a.example/i.png", "/i.png", 5])
def test_images_come_over_https(src):
    """An image from anywhere else is refused."""
    (problem,) = refused(changed(TRIGGER, images=[{"src": src}]))

    assert "images[0].src" in problem


INSTANTS = (
    *("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.123+00:00", "2015-07-17T08:42:58.3+0000"),
    *("2024-02-29T23:59:59-07:00", "9999-12-31T00:00:00Z"),
)
NO_INSTANTS = (
    *("2021-10-22 5:01:32", "2026-03-01 12:00:00Z", "2026-3-1T12:00:00Z", "2026-03-01T5:00:00Z", "2026-03-01T12:00:00"),
    *("2026-03-01", "2026-13-01T12:00:00Z", "2026-03-01T24:00:00Z", "2026-02-30T12:00:00Z", "2025-02-29T12:00:00Z"),
    *("0000-01-01T00:00:00Z", "٢٠٢٦-03-01T12:00:00Z", " 2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z\n", "", 17e8, {}),
)


@pytest.mark.parametrize("timestamp", INSTANTS)
def test_a_timestamp_is_an_instant_in_iso_8601(timestamp):
    """With a T, padded with zeros, and with an offset."""
    assert refused(changed(TRIGGER, payload__timestamp=timestamp)) == []


@pytest.mark.parametrize("timestamp", NO_INSTANTS)
def test_no_other_timestamp_is_taken(timestamp):
    """Not what PagerDuty is known to refuse, not a day that does not exist, and not what leaves the instant open."""
    problem = "'payload.timestamp' is invalid (must be an ISO 8601 date and time)"

    assert refused(changed(TRIGGER, payload__timestamp=timestamp)) == [problem]


def test_a_change_needs_a_summary_and_no_action():
    """Source and severity are an alert's; a rule on links holds for both."""
    assert refused(CHANGE, change=True) == []
    assert refused(changed(CHANGE, payload__summary=ABSENT), change=True) == ["'payload.summary' is missing or blank"]
    assert refused(changed(CHANGE, links=[{}]), change=True) == ["'links[0].href' is missing or blank"]
    assert refused({"routing_key": KEY}, change=True) == ["'payload' is missing or blank"]


def test_an_orchestration_takes_no_changes():
    """A key that begins with R takes alerts, not change events."""
    key = "R" + "a" * 31

    assert refused(changed(CHANGE, routing_key=key), change=True) == ["'routing_key' does not accept change events"]
    assert refused(changed(CHANGE, routing_key=key.lower()), change=True) == []


def test_all_complaints_come_at_once():
    """Every mistake is named in one answer."""
    assert refused({"event_action": "trigger", "payload": {"severity": "bad", "timestamp": "now"}}, size=600_000) == [
        "'routing_key' is missing or blank",
        "Event is too large (maximum is 512000 bytes)",
        "'payload.summary' is missing or blank",
        "'payload.source' is missing or blank",
        SEVERITIES,
        "'payload.timestamp' is invalid (must be an ISO 8601 date and time)",
    ]


@given(st.dictionaries(st.text(), JSON))
def test_any_object_is_read(document):
    """Every object that strict JSON can write is read as it is."""
    assert parsed(json.dumps(document, allow_nan=False).encode()) == document


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("routing_key", "event_action", "dedup_key", "payload", "links", "images"), JSON),
    ),
    st.booleans(),
    st.none() | st.just({KEY}),
)
def test_no_object_breaks_the_rules(document, change, known_keys):
    """Whatever an object holds, the rules answer in texts and raise nothing."""
    for probe in (document, {**TRIGGER, **document}, changed(TRIGGER, payload={**PAYLOAD, **document})):
        problems = refused(probe, change=change, known_keys=known_keys)
        assert all(re.fullmatch(r"[\w '].+", problem) for problem in problems)
