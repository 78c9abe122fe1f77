"""
An event as it is sent: bytes and an id, both fixed before the first attempt.

Rules of this file: pure; ids arrive as arguments. The event is serialised here and nowhere else, so that the bytes that
are signed, sent and recorded are the same. A message holds no secret of an integration and can wait in any queue, but
for what is confidential in its event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from attrs import field, frozen

from alertkit._checks import line_or_none, of_type, refuse
from alertkit._json import encode
from alertkit.errors import InvalidEventError
from alertkit.webhooks._event import Actor, WebhookEvent, confidential_in, name_problems
from alertkit.webhooks._integration import secret_problems
from alertkit.webhooks._plain import JsonValue

__all__ = ["Message", "message_id_problems", "prepare_message"]

# Standard Webhooks: unique, no dot, since dots join what is signed. Visible ASCII, since it is a header.
_ID = re.compile(r"[!-\-/-~]{1,128}").fullmatch
_MOST_PROBLEMS = 20
_DEEPEST = 100
_LONGEST_STEP = 40


def message_id_problems(value: object) -> tuple[str, ...]:
    """Demand an id that is one word in a header and in what is signed."""
    if isinstance(value, str) and _ID(value):
        return ()
    return ("message_id must be 1 to 128 visible ASCII characters, no dot among them",)


@frozen(kw_only=True)
class Message(JsonValue):
    """What is sent, byte for byte. `to_json` and `from_json`, or pickle, carry it through a task queue."""

    id: str
    """The same for every attempt, so that the receiver takes it once."""
    resource: str
    action: str
    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")
    organization_id: str | None = None
    counts_toward_health: bool = True
    confidential: tuple[str, ...] = field(default=(), repr=False)
    """Texts that no record shows: what the event called so, and the code of its installation."""

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be sent."""
        refuse(
            message_id_problems(self.id),
            name_problems("resource", self.resource),
            name_problems("action", self.action),
            of_type("body", self.body, bytes),
            line_or_none("organization_id", self.organization_id),
            of_type("counts_toward_health", self.counts_toward_health, bool),
            secret_problems("confidential", self.confidential),
        )

    @property
    def event_type(self) -> str:
        """Resource and action, such as `issue.created`."""
        return f"{self.resource}.{self.action}"


def prepare_message(event: WebhookEvent, *, message_id: str, default_actor: Actor) -> Message:
    """
    Return `event` ready to be signed and sent; `default_actor` did it where nobody did.

    Raises `InvalidEventError` for data that JSON cannot hold, naming each place.
    """
    actor = event.actor or default_actor
    document: dict[str, object] = {
        "action": event.action,
        "installation": {"uuid": event.installation.uuid},
        "data": event.data,
        "actor": {"type": actor.type, "id": actor.id, "name": actor.name},
    }
    try:
        body = encode(document)
    except (ValueError, TypeError, RecursionError):
        found = chain.from_iterable(_unlike_json(name, document[name]) for name in ("data", "actor", "installation"))
        problems = tuple(islice(found, _MOST_PROBLEMS)) or ("data holds what JSON does not have",)
        raise InvalidEventError(problems) from None
    return Message(
        id=message_id,
        resource=event.resource,
        action=event.action,
        body=body,
        organization_id=event.installation.organization_id,
        counts_toward_health=event.counts_toward_health,
        confidential=confidential_in(event.confidential, event.installation),
    )


def _unlike_json(path: str, value: object, depth: int = 0) -> Iterator[str]:
    """Yield what JSON or UTF-8 cannot hold of `value`, by its place."""
    if depth > _DEEPEST:
        yield f"{path[:100]}… is more than {_DEEPEST} levels deep, or contains itself"
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _unlike_json(f"{path}.{_step(key)}", member, depth + 1)
            if isinstance(key, str):
                yield from _unlike_json(f"a key of {path}", key)
            elif not isinstance(key, (int, float, type(None))):
                yield f"a key of {path} is a {type(key).__name__}, not text"
    elif isinstance(value, (list, tuple)):
        for index, member in enumerate(value):
            yield from _unlike_json(f"{path}[{index}]", member, depth + 1)
    else:
        try:
            encode(value)
        except TypeError:
            yield f"{path} is a {type(value).__name__}, which JSON does not have"
        except ValueError as error:
            words = "holds a lone surrogate" if isinstance(error, UnicodeEncodeError) else "is no number of JSON"
            yield f"{path} {words}"


def _step(key: object) -> str:
    return str(key)[:_LONGEST_STEP].encode("utf-8", "backslashreplace").decode("utf-8")
