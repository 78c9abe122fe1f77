"""Events, who did them, and where they are installed."""

import pytest

from alertkit import InvalidEventError
from alertkit.webhooks import Actor, Installation, WebhookEvent

INSTALLATION = Installation(uuid="6f1c", organization_id="1")


def problems(make, **given):
    """Return what is wrong with a value."""
    with pytest.raises(InvalidEventError) as caught:
        make(**given)
    return caught.value.problems


def test_an_event_has_a_type():
    """Resource and action make the type; nobody acted and it counts, unless said otherwise."""
    event = WebhookEvent(resource="issue", action="created", installation=INSTALLATION)

    assert event.event_type == "issue.created"
    assert (event.actor, event.counts_toward_health, event.data) == (None, True, {})


def test_data_is_copied_at_its_outermost_level():
    """A key that the caller adds afterwards is not sent."""
    data = {"issue": {"id": "17"}}
    event = WebhookEvent(resource="issue", action="created", installation=INSTALLATION, data=data)
    data["late"] = True

    assert event.data == {"issue": {"id": "17"}}
    assert "17" not in repr(event)


@pytest.mark.parametrize("name", ["issue", "event_alert", "metric-alert", "order.item", "A1", "x" * 64])
def test_names_of_resources_and_actions(name):
    """Words of letters, digits, hyphens and underscores, joined by dots."""
    assert WebhookEvent(resource=name, action=name, installation=INSTALLATION).event_type == f"{name}.{name}"


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a.", ".a", "a..b", "a/b", "ü", "a\n", "a\r\nX: y", "x" * 65, None, 1, b"issue"]
)
def test_names_that_are_none(name):
    """What would be no word of a header, a key or an event type is refused."""
    words = "must be letters, digits, - and _, joined by dots, at most 64 of them"
    found = problems(WebhookEvent, resource=name, action=name, installation=INSTALLATION)

    assert found == (f"resource {words}", f"action {words}")


def test_all_problems_of_an_event_are_told_at_once():
    """One error names everything that is of the wrong kind."""
    found = problems(
        WebhookEvent,
        resource="issue",
        action="created",
        installation="6f1c",
        data=[1],
        actor="me",
        counts_toward_health=1,
    )

    assert found == (
        "installation must be of type Installation, not str",
        "data must be a mapping, not list",
        "actor must be of type Actor, not str",
        "counts_toward_health must be of type bool, not int",
    )


def test_who_did_it():
    """A person or a program, whose id is a number in some hosts."""
    assert Actor.user(id=7, name="Ann") == Actor(type="user", id=7, name="Ann")
    assert Actor.application(id="alertkit", name="Alertkit") == Actor(
        type="application", id="alertkit", name="Alertkit"
    )


def test_nobody_did_it():
    """What is no actor is told with all problems."""
    assert problems(Actor, type="robot", id=True, name=" ") == (
        "type must be user or application",
        "id must be text, not bool",
        "name is missing or blank",
    )
    assert problems(Actor.user, id="", name="Ann") == ("id is missing or blank",)


def test_an_installation_has_a_uuid():
    """The receiver tells its customers apart by it; the organization may be unknown."""
    assert Installation(uuid="6f1c").organization_id is None
    assert problems(Installation, uuid="", organization_id=1) == (
        "uuid is missing or blank",
        "organization_id must be text, not int",
    )
