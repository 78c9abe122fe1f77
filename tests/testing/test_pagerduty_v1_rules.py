"""What the fake refuses of v1, and what becomes of what it takes."""

import http.client
import json
from contextlib import closing

import pytest
from hypothesis import given, strategies as st

from alertkit.testing import AlertState, FakePagerDuty
from alertkit.testing._pagerduty_v1_rules import v1_refusals

KEY = "0123456789abcdefABCDEF0123456789"
TRIGGER = {"service_key": KEY, "event_type": "trigger", "description": "Disk full"}
PATH = "/generic/2010-04-15/create_event.json"
TYPES = "event_type is invalid (must be one of: trigger acknowledge resolve)"
LENGTH = "Service key is the wrong length (should be 32 characters)"
LETTERS = "Service key cannot contain non-alphanumeric characters"
ABSENT = object()
BLANKS = (ABSENT, None, "", " \t", "\u2003")
LINK, IMAGE = {"type": "link", "href": "https://a.example"}, {"type": "image", "src": "https://a.example/i.png"}


def changed(**fields):
    """Return a trigger with these fields, or without them."""
    return {name: value for name, value in {**TRIGGER, **fields}.items() if value is not ABSENT}


def refused(document, *, size=1000, known_keys=None):
    """Return what is refused in an event of usual size."""
    return v1_refusals(document, size=size, known_keys=known_keys)


@pytest.mark.parametrize(
    "document",
    [
        TRIGGER,
        changed(incident_key="disk", details={"a": [1]}, client="Monitor", contexts=[LINK, IMAGE], unknown=1),
        changed(details=None, incident_key=None, contexts=[]),
        changed(description="x" * 1024, incident_key="k" * 255),
        {"service_key": KEY, "event_type": "acknowledge", "incident_key": "disk"},
        {"service_key": KEY, "event_type": "resolve", "incident_key": "disk", "contexts": None},
    ],
)
def test_what_v1_takes_is_taken(document):
    """A full event, the least one, and a resolve with a key and nothing else."""
    assert refused(document) == []


@pytest.mark.parametrize("blank", BLANKS, ids=["absent", "null", "empty", "blank", "em space"])
def test_what_is_required_is_not_blank(blank):
    """Key, type and description of a trigger; the incident key of anything else."""
    assert refused(changed(service_key=blank)) == ["Service key is missing or blank"]
    assert refused(changed(event_type=blank)) == [TYPES]
    assert refused(changed(description=blank)) == ["Description is missing or blank"]
    assert refused(changed(event_type="resolve", incident_key=blank)) == ["Incident key is missing or blank"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"service_key": "a" * 31}, LENGTH),
        ({"service_key": "a" * 31 + "-"}, LETTERS),
        ({"service_key": "a" * 31 + "٣"}, LETTERS),
        ({"event_type": "Trigger"}, TYPES),
        ({"event_type": ["trigger"]}, TYPES),
        ({"incident_key": 5}, "Incident key must be text"),
        ({"incident_key": "k" * 256}, "Incident key is too long (maximum is 255 characters)"),
        ({"description": "x" * 1025}, "Description is too long (maximum is 1024 characters)"),
        ({"description": "🔥" * 513}, "Description is too long (maximum is 1024 characters)"),
        ({"details": "text"}, "Details must be an object"),
        ({"contexts": LINK}, "Contexts must be a list"),
        ({"contexts": [LINK, {"type": "video"}]}, "contexts[1].type is invalid (must be one of: link image)"),
        ({"contexts": ["link"]}, "contexts[0].type is invalid (must be one of: link image)"),
        ({"contexts": [{"type": ["link"]}]}, "contexts[0].type is invalid (must be one of: link image)"),
        ({"contexts": [{"type": "link", "href": " "}]}, "contexts[0].href is missing or blank"),
        ({"contexts": [{"type": "image", "href": "https://a.example"}]}, "contexts[0].src is missing or blank"),
        ({"contexts": [{**IMAGE, "src": "http://a.example/i"}]}, "contexts[0].src must be an HTTPS URL"),
    ],
)
def test_what_v1_refuses_is_refused(fields, problem):
    """One mistake, one complaint; in PagerDuty's words where they are known."""
    assert refused(changed(**fields)) == [problem]


def test_all_complaints_come_at_once():
    """Size and existence of the key included; whether it exists is asked last."""
    assert refused({}, size=512_001) == [
        "Service key is missing or blank",
        "Event is too large (maximum is 512000 bytes)",
        TYPES,
    ]
    assert refused(TRIGGER, size=512_000, known_keys={KEY}) == []
    assert refused(TRIGGER, known_keys={KEY.lower()}) == ["Service key is invalid"]
    assert refused(changed(service_key="short"), known_keys={KEY}) == [LENGTH]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
_FIELDS = ("service_key", "event_type", "incident_key", "description", "details", "contexts")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(_FIELDS, JSON)), st.none() | st.just({KEY}))
def test_no_object_breaks_the_rules(document, known_keys):
    """Whatever an object holds, the rules answer in texts and raise nothing."""
    for probe in (document, {**TRIGGER, **document}):
        assert all(problem[:1].isalpha() for problem in refused(probe, known_keys=known_keys))


@pytest.fixture
def fake():
    """A fake that runs."""
    with FakePagerDuty() as running:
        yield running


def ask(fake, document, path=PATH, method="POST"):
    """Return the status and the answer, read, to a document or to bytes."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with closing(http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=5)) as connection:
        connection.request(method, path, body)
        response = connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data else None


def test_v1_answers_in_its_own_way(fake):
    """200 with an incident key, made up where there is none; 400 with what is wrong; 405 for another method."""
    taken = {"status": "success", "message": "Event processed"}
    assert ask(fake, changed(incident_key="disk")) == (200, {**taken, "incident_key": "disk"})
    status, reply = ask(fake, TRIGGER)
    assert (status, reply["incident_key"]) == (200, fake.alerts[1].dedup_key)
    assert ask(fake, changed(description="")) == (
        400,
        {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": ["Description is missing or blank"],
        },
    )
    assert ask(fake, b"{")[0] == 400
    assert ask(fake, TRIGGER, method="GET") == (405, None)
    assert len(fake.alerts) == 2


def test_the_alerts_of_both_apis_stand_together(fake):
    """One key is one alert, whichever API its events come by; v1 has no severity."""
    v2 = {"summary": "Disk full", "source": "db-1", "severity": "error"}
    ask(fake, {"routing_key": KEY, "event_action": "trigger", "dedup_key": "disk", "payload": v2}, "/v2/enqueue")
    assert fake.alerts[0].severity == "error"
    ask(fake, changed(incident_key="disk", description="Disk fuller"))
    (alert,) = fake.alerts
    assert (alert.summary, alert.severity, alert.triggers, alert.routing_key) == ("Disk fuller", "", 2, KEY)

    ask(fake, {"service_key": KEY, "event_type": "acknowledge", "incident_key": "disk"})
    assert fake.alerts[0].state is AlertState.ACKNOWLEDGED
    ask(fake, {"service_key": KEY, "event_type": "resolve", "incident_key": "disk"})
    assert fake.alerts[0].state is AlertState.RESOLVED


def test_each_api_limits_the_rate_by_its_own_status(fake):
    """The same order is a 403 to v1 and a 429 to v2, with the same words."""
    fake.will_throttle(retry_after=7, times=2)
    answers = [ask(fake, TRIGGER, path) for path in (PATH, "/v2/enqueue")]

    assert [status for status, _ in answers] == [403, 429]
    assert answers[0][1] == answers[1][1]
    assert answers[0][1]["status"] == "throttle exceeded"
    assert fake.alerts == ()
