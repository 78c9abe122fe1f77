"""What a buffer is given to keep: bounded, storable anywhere, and the same when it comes back."""

import json
import pickle
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st
from webhook_world import AT

from alertkit import InvalidEventError, UsageError
from alertkit.webhooks import FailureKind, Outcome, RequestRecord

TEXTS = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=30)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30).filter(str.strip)


def record(**given):
    """Return a record that differs from that of a success as given."""
    usual = {"at": AT, "event_type": "issue.created", "url": "https://h/in", "status": 200, "outcome": Outcome.SUCCESS}
    return RequestRecord(**{**usual, **given})


def test_the_least_that_is_kept():
    """Instant, type, URL, status and outcome; all else is empty."""
    least = record()

    assert (least.message_id, least.duration, least.failure, least.organization_id) == ("", None, None, None)
    assert (dict(least.request_headers), least.request_body, least.error_id) == ({}, None, None)


def test_an_instant_is_kept_in_utc():
    """The day that it counts on is that of UTC, in whatever zone it was told."""
    tokyo = timezone(timedelta(hours=9))
    kept = record(at=datetime(2026, 3, 10, 8, tzinfo=tokyo)).at

    assert kept.tzinfo is timezone.utc
    assert kept.date().isoformat() == "2026-03-09"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x" * 1025, "x" * 1024),
        ("ü" * 2000, "ü" * 1024),
        ("🚨" * 1024, "🚨" * 1024),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a?b"),
        ("", ""),
    ],
)
def test_texts_are_cut_and_made_storable(text, kept):
    """1,024 characters, none of which a database refuses."""
    made = record(request_body=text, response_body=text, url=text or "x")

    assert made.request_body == made.response_body == kept
    assert made.url == (kept or "x")


def test_a_head_is_cut_as_a_whole():
    """1,024 characters of names and values, in order; a name that does not fit any more is left out."""
    head = {"A": "x" * 500, "B": "y" * 900, "C": "z"}
    kept = record(response_headers=head).response_headers

    assert list(kept.items()) == [("A", "x" * 500), ("B", "y" * 522)]
    assert dict(record(request_headers={"X" * 1023: "yz"}).request_headers) == {"X" * 1023: "y"}
    assert dict(record(request_headers={"X" * 1024: "y"}).request_headers) == {}
    assert dict(record(request_headers={"A": 7, "B": "\ud800\0"}).request_headers) == {"A": "7", "B": "?\ufffd"}
    assert dict(record(request_headers={"\ud800": "x"}).request_headers) == {"?": "x"}


@pytest.mark.parametrize(
    ("given_fields", "problem"),
    [
        ({"at": datetime(2026, 1, 1)}, "at must be aware"),  # noqa: DTZ001  which is the mistake
        ({"at": "2026-01-01"}, "at must be a datetime, not str"),
        ({"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=9)))}, "at is out of range"),
        ({"event_type": " "}, "event_type is missing or blank"),
        ({"event_type": "x" * 257}, "event_type must have at most 256 characters"),
        ({"url": ""}, "url is missing or blank"),
        ({"status": -1}, "status must be a whole number, at least 0"),
        ({"status": "200"}, "status must be a whole number, at least 0"),
        ({"outcome": "success"}, "outcome must be of type Outcome, not str"),
        ({"message_id": 7}, "message_id must be text, not int"),
        ({"error_id": "x" * 257}, "error_id must have at most 256 characters"),
        ({"project_id": "7\0"}, "project_id must hold neither control characters nor lone surrogates"),
        ({"error_id": ""}, "error_id is missing or blank"),
        ({"duration": float("nan")}, "duration must be a number of seconds, at least 0"),
        ({"duration": -1}, "duration must be a number of seconds, at least 0"),
        ({"duration": float("inf")}, "duration must be a number of seconds, at least 0"),
        ({"duration": "1"}, "duration must be a number of seconds, at least 0"),
        ({"organization_id": "\ud800"}, "organization_id must hold neither control characters nor lone surrogates"),
        ({"request_body": b"bytes"}, "request_body must be text, not bytes"),
        ({"response_body": b"bytes"}, "response_body must be text, not bytes"),
        ({"failure": "timed_out"}, "failure must be of type FailureKind, not str"),
        ({"request_headers": "A: 7"}, "request_headers must be a mapping, not str"),
        ({"response_headers": [("A", "7")], "status": -1}, "status must be .*; response_headers must be a mapping"),
    ],
)
def test_what_no_attempt_can_be(given_fields, problem):
    """It is told by its field."""
    with pytest.raises(InvalidEventError, match=problem):
        record(**given_fields)


@pytest.mark.parametrize(
    ("outcome", "status", "is_error"),
    [
        (Outcome.SUCCESS, 200, False),
        (Outcome.SUCCESS, 404, False),  # the host's rules say so
        (Outcome.ERROR, 500, True),
        (Outcome.ERROR, 302, True),
        (Outcome.TIMEOUT, 0, True),
        (Outcome.FATAL, 410, True),
        (Outcome.IGNORED, 0, True),
        (Outcome.IGNORED, 429, True),
        (Outcome.IGNORED, 500, True),
        (Outcome.IGNORED, 400, True),
        (Outcome.IGNORED, 399, False),
        (Outcome.IGNORED, 302, False),
        (Outcome.IGNORED, 200, False),
    ],
)
def test_what_is_an_error(outcome, status, is_error):
    """What counted against the endpoint, and of what counted as nothing every refusal and every silence."""
    assert record(outcome=outcome, status=status).is_error is is_error


@given(
    st.builds(
        RequestRecord,
        at=st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.timezones()),  # noqa: DTZ001
        event_type=st.just("issue.created"),
        url=TEXTS.filter(lambda text: text.strip("\0").strip()),
        status=st.integers(0, 999),
        outcome=st.sampled_from(Outcome),
        message_id=st.just("") | WORDS,
        duration=st.none() | st.floats(0, 100) | st.integers(0, 100),
        request_headers=st.dictionaries(TEXTS, TEXTS, max_size=3),
        request_body=st.none() | TEXTS,
        response_headers=st.dictionaries(TEXTS, TEXTS, max_size=3),
        response_body=st.none() | TEXTS,
        error_id=st.none() | WORDS,
        failure=st.none() | st.sampled_from(FailureKind),
    )
)
def test_a_record_comes_back_equal(made):
    """From JSON and from a pickle, whatever texts it was made of."""
    text = made.to_json()

    assert RequestRecord.from_json(text) == RequestRecord.from_json(text.encode()) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert len(json.dumps(made.response_body or "")) < 13 * 1024


def test_json_leaves_out_what_is_not_there():
    """What is None is not written."""
    assert json.loads(record().to_json()) == {
        "at": "2026-03-10T12:00:00+00:00",
        "event_type": "issue.created",
        "url": "https://h/in",
        "status": 200,
        "outcome": "success",
        "message_id": "",
        "request_headers": {},
        "response_headers": {},
    }


def test_what_other_systems_write():
    """An explicit null is nothing; a text where there is a number to be, and the like, is told."""
    written = json.loads(record(request_body="\u00fc", request_headers={"A": "7"}).to_json())

    assert RequestRecord.from_json(json.dumps({**written, "failure": None})).failure is None
    assert "\u00fc" in record(request_body="\u00fc").to_json()
    for wrong in ({"request_headers": {"A": 7}}, {"duration": 10**400}, {"status": "200"}, {"url": ["x"]}):
        with pytest.raises(UsageError, match=r"^this is no RequestRecord in JSON$"):
            RequestRecord.from_json(json.dumps({**written, **wrong}))


def test_texts_and_numbers_of_a_driver():
    """What is a text and what is a number to Python are taken, of whatever class."""

    class Text(str):
        """A text of a driver."""

        __slots__ = ()

    class Number(int):
        """A number of a driver."""

    made = record(message_id=Text("m"), status=Number(201), duration=Number(1))

    assert RequestRecord.from_json(made.to_json()) == record(message_id="m", status=201, duration=1)


def test_no_repr_shows_what_was_said():
    """Names of headers are seen, and how long a body is; values and bodies may be confidential."""
    said = dict.fromkeys(("request_body", "response_body"), "s3cr3t")
    heads = {name: {"X-Said": "s3cr3t"} for name in ("request_headers", "response_headers")}

    assert "s3cr3t" not in repr(record(**said, **heads))
    assert "request_body=<6 characters>" in repr(record(**said))
    assert "request_body=None" in repr(record())
