"""An event as bytes: the document, the id, and what JSON cannot hold."""

import json
import pickle
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from alertkit import InvalidEventError, UsageError
from alertkit.webhooks import Actor, Installation, Message, WebhookEvent
from alertkit.webhooks._message import prepare_message

HOST = Actor.application(id="alertkit", name="Alertkit")
INSTALLATION = Installation(uuid="6f1c", organization_id="1")
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def prepared(data, *, actor=None, message_id="msg_1", **given):
    """Return the message of an event with such data."""
    event = WebhookEvent(
        **{"resource": "issue", "action": "created", "installation": INSTALLATION, **given}, data=data, actor=actor
    )
    return prepare_message(event, message_id=message_id, default_actor=HOST)


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        (None, {"type": "application", "id": "alertkit", "name": "Alertkit"}),
        (Actor.user(id=7, name="Ann"), {"type": "user", "id": 7, "name": "Ann"}),
        (Actor.application(id="ci", name="CI"), {"type": "application", "id": "ci", "name": "CI"}),
    ],
)
def test_the_document(actor, shown):
    """Action, installation, data and actor, in that order; the host acted where nobody did."""
    message = prepared({"issue": {"id": "17"}}, actor=actor)

    assert list(json.loads(message.body).items()) == [
        ("action", "created"),
        ("installation", {"uuid": "6f1c"}),
        ("data", {"issue": {"id": "17"}}),
        ("actor", shown),
    ]


def test_what_a_message_knows():
    """Its id, its type, the organization, and whether it counts."""
    message = prepared({}, counts_toward_health=False)

    assert (message.id, message.event_type, message.resource) == ("msg_1", "issue.created", "issue")
    assert (message.organization_id, message.counts_toward_health) == ("1", False)


def test_the_bytes_are_compact_utf_8():
    """Neither blanks nor escapes where none are needed."""
    body = prepared({"name": "Zoë 🚨"}).body

    assert '"name":"Zoë 🚨"'.encode() in body
    assert b": " not in body


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_whatever_json_holds_arrives(data):
    """Any data of JSON reads back equal, and so does the message from JSON and from a pickle."""
    try:
        message = prepared(data)
    except InvalidEventError:  # a lone surrogate, or an integer of more digits than Python prints
        return

    assert json.loads(message.body)["data"] == data
    assert Message.from_json(message.to_json()) == pickle.loads(pickle.dumps(message)) == message


LOOP, RING = [], {}
LOOP.append(LOOP)
RING["a"] = RING


def nested(levels, value):
    """Return the value in as many lists, one in the other."""
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (
            {"at": datetime(2026, 1, 1, tzinfo=timezone.utc), "n": [1, Decimal(1)]},
            ("data.at is a datetime, which JSON does not have", "data.n[1] is a Decimal, which JSON does not have"),
        ),
        ({"a": {"b": float("nan")}}, ("data.a.b is no number of JSON",)),
        ({"a": (1, float("inf"))}, ("data.a[1] is no number of JSON",)),
        ({"a": 10**5000}, ("data.a is no number of JSON",)),
        ({"a": "x\ud800"}, ("data.a holds a lone surrogate",)),
        ({"x\ud800": 1}, ("a key of data holds a lone surrogate",)),
        (
            {"x\ud800": set()},
            ("data.x\\ud800 is a set, which JSON does not have", "a key of data holds a lone surrogate"),
        ),
        ({("a", "b"): 1}, ("a key of data is a tuple, not text",)),
        ({"a": {None: 1, True: 2, 3: 4, 0.5: 6}, "b": object()}, ("data.b is a object, which JSON does not have",)),
        ({"k" * 1000: object()}, (f"data.{'k' * 40} is a object, which JSON does not have",)),
        ({"a": nested(99, 7), "b": object()}, ("data.b is a object, which JSON does not have",)),
        (
            {"a": nested(100, 7), "b": object()},
            (
                f"data.a{'[0]' * 31}[… is more than 100 levels deep, or contains itself",
                "data.b is a object, which JSON does not have",
            ),
        ),
        ({"a": {float("nan"): 1}}, ("data holds what JSON does not have",)),
        (
            {"a": {1, 2}, "b": object},
            ("data.a is a set, which JSON does not have", "data.b is a type, which JSON does not have"),
        ),
    ],
)
def test_what_json_does_not_have(data, problems):
    """Every place is named, and nothing is sent otherwise than it was given."""
    with pytest.raises(InvalidEventError) as caught:
        prepared(data)

    assert caught.value.problems == problems
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("data", [{"a": LOOP}, {"a": [LOOP, LOOP]}, {"a": RING}])
def test_what_contains_itself(data):
    """It is told, and does not take forever."""
    with pytest.raises(InvalidEventError, match="more than 100 levels deep, or contains itself") as caught:
        prepared(data)

    assert 1 <= len(caught.value.problems) <= 20


def test_problems_are_bounded():
    """A thousand wrong values are twenty problems."""
    with pytest.raises(InvalidEventError) as caught:
        prepared({"a": [object()] * 1000})

    assert len(caught.value.problems) == 20


def test_a_name_of_an_actor_that_no_bytes_hold():
    """The other parts of the document are looked at too."""
    with pytest.raises(InvalidEventError, match=r"^actor\.name holds a lone surrogate$"):
        prepared({}, actor=Actor.user(id=1, name="\ud800"))


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\n", "ü", "x" * 129, None, 7, b"msg_1"])
def test_ids_that_are_none(message_id):
    """A dot would be read as the end of the id in what is signed, a blank or a line's end as the end of the header."""
    with pytest.raises(InvalidEventError, match="message_id must be 1 to 128 visible ASCII characters"):
        prepared({}, message_id=message_id)


@pytest.mark.parametrize("message_id", ["msg_1", "6f1c2d3e-0000-4000-8000-000000000000", "order:17/paid", "x" * 128])
def test_ids_of_the_hosts_own(message_id):
    """Any word without a dot is one."""
    assert prepared({}, message_id=message_id).id == message_id


def test_a_message_that_cannot_be_sent():
    """All its problems are told at once."""
    with pytest.raises(InvalidEventError) as caught:
        Message(id="a.b", resource="", action=" ", body="text", organization_id=1, counts_toward_health="yes")

    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        *("message_id", "resource", "action", "body", "organization_id", "counts_toward_health"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "7", '"x"', "{}", "{", "[" * 5000, '{"id":1}'),
        '{"id":"m","resource":"a","action":"b","body":"%%%"}',
        '{"id":"m","resource":"a","action":"b","body":7}',
        '{"id":"m","resource":"a","action":"b","body":["x"]}',
        '{"id":"m","resource":"a","action":"b","body":{"x":1}}',
        '{"id":"m","resource":"a","action":"b","body":"e30=","counts_toward_health":"yes"}',
        b"\xff",
    ],
)
def test_a_text_that_is_no_message(text):
    """It ends in a `UsageError` that repeats nothing of it."""
    with pytest.raises(UsageError, match=r"^this is no Message in JSON$") as caught:
        Message.from_json(text)

    assert caught.value.__cause__ is caught.value.__context__ is None


def test_what_is_no_text():
    """A queue that reads JSON itself hands over an object: that is told."""
    with pytest.raises(UsageError, match=r"^Message.from_json reads text, not dict$"):
        Message.from_json({"id": "m"})


def test_names_that_a_newer_version_writes_are_passed_over():
    """An older worker takes what a newer one has put into the queue."""
    message = Message.from_json('{"id":"m","resource":"a","action":"b","body":"e30=","from_the_future":[1]}')

    assert message == Message(id="m", resource="a", action="b", body=b"{}")


def test_no_repr_shows_the_body():
    """What is sent may be confidential."""
    assert "<" in repr(prepared({"k": "s3cr3t"}))
    assert "s3cr3t" not in repr(prepared({"k": "s3cr3t"}))
