"""The news of an installation: what is told, what is refused, and that its code is in no record."""

import html
import json
import logging
import pickle
from urllib.parse import quote

import attrs
import pytest
from webhook_world import AT, SECRET, World, event, integration

from alertkit import HttpResponse, InvalidEventError, TimedOutError, UsageError
from alertkit.testing import ScriptedTransport
from alertkit.webhooks import (
    Actor,
    Delivery,
    Installation,
    InstallationNotifier,
    InstallationStatus,
    Message,
    Outcome,
    StandardWebhooksSigner,
    WebhookEvent,
)

CODE = "f3c71b49/1e39+49b6=b0"
ANN = Actor.user(id=7, name="Ann")


def installation(**given):
    """Return one that waits for the integration."""
    usual = {"uuid": "a8e5", "organization_id": "1", "organization_slug": "acme", "status": "pending", "code": CODE}
    return Installation(**{**usual, **given})


def told(*steps, about=None, to=None, **given):
    """Send the news over these steps; return the world and the delivery."""
    world = World(ScriptedTransport(*steps))
    delivery = InstallationNotifier(sender=world.sender).send(
        to or integration(uuid="2ebf-07"), about or installation(), **given
    )
    return world, delivery


def test_an_integration_was_installed():
    """It is told where, under which name, and with which code to authorize itself, signed."""
    world, delivery = told(200, actor=ANN)

    (request,) = world.transport.requests
    StandardWebhooksSigner().verify(request.headers, request.body, secrets=[SECRET], now=AT)
    assert json.loads(request.body) == {
        "action": "created",
        "installation": {"uuid": "a8e5"},
        "actor": {"type": "user", "id": 7, "name": "Ann"},
        "data": {
            "installation": {
                "uuid": "a8e5",
                "status": "pending",
                "organization": {"slug": "acme"},
                "app": {"uuid": "2ebf-07", "slug": "billing-sync"},
                "code": CODE,
            }
        },
    }
    assert delivery.outcome is Outcome.SUCCESS
    assert delivery.message.event_type == "installation.created"
    assert world.tallies(1)[0].success == 1


def test_an_integration_is_gone():
    """It is told the same without the code; nobody in particular did it."""
    world, delivery = told(200, action="deleted", to=integration(), about=installation(status="installed"))

    document = json.loads(world.transport.requests[0].body)
    assert document["action"] == "deleted"
    assert document["actor"]["id"] == "alertkit"
    assert document["data"]["installation"] == {
        "uuid": "a8e5",
        "status": "installed",
        "organization": {"slug": "acme"},
        "app": {"uuid": "billing-sync", "slug": "billing-sync"},
    }
    assert delivery.message.event_type == "installation.deleted"


def test_an_installation_that_says_little():
    """It is installed; the slug of its organization is null."""
    world, delivery = told(200, about=Installation(uuid="a8e5", organization_id="1"))

    assert delivery.outcome == "success"
    said = json.loads(world.transport.requests[0].body)["data"]["installation"]
    assert (said["uuid"], said["status"], said["organization"]) == ("a8e5", "installed", {"slug": None})


def test_an_installation_without_a_code():
    """As an internal integration has none: there is no such key, not even an empty one."""
    world, delivery = told(200, about=installation(code=None))

    assert "code" not in json.loads(world.transport.requests[0].body)["data"]["installation"]
    assert delivery.message.confidential == ()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"action": "updated"}, "action must be created or deleted"),
        ({"action": "Created"}, "action must be created or deleted"),
        ({"action": ["created"]}, "action must be created or deleted"),
        ({"about": "a8e5"}, "installation must be of type Installation, not str"),
        ({"to": "billing-sync"}, "integration must be of type Integration, not str"),
        ({"actor": "Ann"}, "actor must be of type Actor"),
    ],
)
def test_a_mistake_of_the_caller(given, problem):
    """It is raised, and nothing is sent."""
    with pytest.raises(UsageError, match=problem):
        told(**given)


def test_what_a_notifier_is_built_of():
    """A sender."""
    with pytest.raises(UsageError, match="sender must be of type WebhookSender"):
        InstallationNotifier(sender=None)


def echoes():
    """Return the code as an endpoint may give it back."""
    return [
        CODE,
        json.dumps({"got": CODE}),
        json.dumps(CODE).replace("/", "\\/"),
        quote(CODE, safe=""),
        html.escape(CODE).replace("=", "&#61;"),
        f"https://app.example.com/?code={quote(CODE)}",
    ]


@pytest.mark.parametrize("echo", echoes())
@pytest.mark.parametrize("action", ["created", "deleted"])
def test_the_code_is_in_no_record(echo, action, caplog):
    """Neither in what was sent nor in what came back, whole or broken off, nor in a text, a line or an error."""
    caplog.set_level(logging.DEBUG)
    answer = HttpResponse(500, {"X-Echo": echo, "Sentry-Hook-Error": "e1"}, f"no: {echo}!".encode(), 0.25)
    broken_off = HttpResponse(500, {}, f"no: {CODE[:-3]}".encode(), 0.25, complete=False)
    for came in (answer, broken_off, TimedOutError("no answer")):
        world, delivery = told(came, action=action)
        (record,) = world.buffer.recent("billing-sync")

        shown = [record.to_json(), repr(record), str(dict(record.response_headers)), repr(delivery), caplog.text]
        shown += [str(delivery.error), repr(delivery.error), repr(delivery.message), repr(installation())]
        shown += [str(vars(line)) for line in caplog.records]
        for text in shown:
            assert CODE not in text
            assert CODE[:8] not in text
            assert quote(CODE, safe="") not in text
        if action == "created":
            assert '"code":"[hidden]"' in record.request_body
        assert '"status":"pending"' in record.request_body


@pytest.mark.parametrize("code", ["word", "abcdef", "a", "x" * 256, "ünï☃", 'a"b\\c', "50%2F"])
def test_a_code_of_any_kind_is_hidden(code):
    """Also one that is a word, is short, or looks escaped."""
    body = f"<p>{code}</p>".encode()
    world, _ = told(HttpResponse(500, {}, body), about=installation(code=code), to=integration(slug="2", id="2"))
    (record,) = world.buffer.recent("2")

    assert "[hidden]" in record.response_body
    assert code not in record.response_body.replace("[hidden]", "")
    assert code not in record.request_body.replace("[hidden]", "")


def test_the_code_is_hidden_when_it_is_sent_again():
    """By another process too, out of a queue: the message says what is confidential."""
    world, delivery = told(HttpResponse(503, {}, CODE.encode()), HttpResponse(503, {}, CODE.encode()))
    message = Message.from_json(delivery.message.to_json())
    assert message == delivery.message == pickle.loads(pickle.dumps(message))
    assert Delivery.from_json(delivery.to_json()) == delivery
    world.send(what=message)

    assert world.transport.requests[0].body == world.transport.requests[1].body
    for record in world.buffer.recent("billing-sync"):
        assert CODE not in record.to_json()


@pytest.mark.parametrize("named", [[], [CODE], ["s3cret"]])
def test_the_code_is_in_no_record_of_any_other_event(named):
    """Its endpoint knows it too, and may give it back; nobody has to call it confidential."""
    world = World(ScriptedTransport(HttpResponse(500, {}, f"{CODE} s3cret".encode())))
    delivery = world.send(what=event(installation=installation(), data={"a": CODE}, confidential=named))

    (record,) = world.buffer.recent("billing-sync")
    assert CODE not in record.to_json()
    assert record.response_body == ("[hidden] [hidden]" if "s3cret" in named else "[hidden] s3cret")
    assert sorted(delivery.message.confidential) == sorted({CODE, *named})


def test_the_code_is_one_of_ten():
    """The event is refused where there are too many, and nothing is left for when it is sent."""
    ten = [f"secret {number}" for number in range(10)]
    assert len(event(confidential=ten[1:], installation=installation()).confidential) == 9
    with pytest.raises(InvalidEventError, match="confidential must be at most 10, not 11"):
        event(confidential=ten, installation=installation())


def test_a_message_of_an_older_release():
    """It has nothing confidential."""
    older = json.loads(World(ScriptedTransport()).sender.prepare(event()).to_json())
    del older["confidential"]

    assert Message.from_json(json.dumps(older)).confidential == ()


def test_what_a_host_calls_confidential():
    """In any event of its own."""
    world = World(ScriptedTransport(HttpResponse(500, {}, b"got t0p and s3cret")))
    world.send(what=event(data={"a": "t0p", "b": ["s3cret"]}, confidential=["t0p", "s3cret"]))

    (record,) = world.buffer.recent("billing-sync")
    assert record.response_body == "got [hidden] and [hidden]"
    assert '"data":{"a":"[hidden]","b":["[hidden]"]}' in record.request_body


@pytest.mark.parametrize(
    ("confidential", "problem"),
    [
        ("code", "confidential must be a list of texts, not str"),
        (["", 7], r"confidential\[0\] is missing or blank; confidential\[1\] must be text"),
        (["x" * 1025], r"confidential\[0\] must have at most 1024 characters"),
        (["x"] * 11, "confidential must be at most 10"),
    ],
)
def test_what_cannot_be_confidential(confidential, problem):
    """What is looked for in every answer is bounded; no error repeats it."""
    with pytest.raises(InvalidEventError, match=problem):
        event(confidential=confidential)
    given = tuple(confidential) if isinstance(confidential, list) else confidential
    with pytest.raises(InvalidEventError, match=problem):
        Message(id="m", resource="a", action="b", body=b"{}", confidential=given)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"status": "gone"}, "status must be one of pending, installed"),
        ({"organization_slug": 7}, "organization_slug must be text"),
        ({"code": CODE + "\n"}, "code must hold neither control characters"),
        ({"code": ""}, "code is missing or blank"),
    ],
)
def test_an_installation_that_is_none(given, problem):
    """It is told, and never with the code."""
    with pytest.raises(InvalidEventError, match=problem) as caught:
        installation(**given)

    assert CODE not in str(caught.value)


def test_an_installation_may_be_given_its_status_by_its_word():
    """And shows neither the code nor loses it."""
    one = installation(status="installed")

    assert one.status is InstallationStatus.INSTALLED
    assert attrs.evolve(one, status=InstallationStatus.PENDING) == installation()
    assert CODE not in repr(WebhookEvent(resource="a", action="b", installation=one, confidential=[CODE]))


def test_a_uuid_that_is_none():
    """An integration's has to be a line."""
    with pytest.raises(InvalidEventError, match="uuid is missing or blank"):
        integration(uuid=" ")
