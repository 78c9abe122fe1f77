"""
What happened in the host, as a value: the event that a webhook tells of.

Rules of this file: names are checked here; whether JSON can hold `data` shows when the event becomes a message, since
only the encoder can tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from alertkit._checks import line, line_or_none, mapping, of_type, refuse, required_text
from alertkit._words import Word
from alertkit.webhooks._integration import secret_problems, texts

__all__ = ["Actor", "Installation", "InstallationStatus", "WebhookEvent", "confidential_in", "name_problems"]

# Standard Webhooks, "Event types": words of letters, digits and underscores, joined by dots. Hyphens are in use too.
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*").fullmatch
MAX_NAME = 64


def name_problems(name: str, value: object) -> tuple[str, ...]:
    """Demand a word, or several joined by dots."""
    if isinstance(value, str) and len(value) <= MAX_NAME and _NAME(value):
        return ()
    return (f"{name} must be letters, digits, - and _, joined by dots, at most {MAX_NAME} of them",)


class InstallationStatus(Word):
    """How far an installation has come."""

    PENDING = "pending"
    """It waits for the integration to take its code."""
    INSTALLED = "installed"


def _status(value: InstallationStatus | str | None) -> Any:
    # What is no status stays as it is, to be told with the rest.
    return next((status for status in InstallationStatus if status == value), value)


@frozen(kw_only=True)
class Installation:
    """An integration in one organization."""

    uuid: str
    """Sent with every webhook: how the receiver tells its customers apart."""
    organization_id: str | None = None
    organization_slug: str | None = None
    """This, the status and the code are for `InstallationNotifier`, and sent by it alone."""
    status: InstallationStatus | None = field(default=None, converter=_status)
    code: str | None = field(default=None, repr=False)
    """
    What the integration is authorized with, once. No record shows it, whatever event it comes with, so the message of
    each holds it: leave it out once it was taken.
    """

    def __attrs_post_init__(self) -> None:
        """Refuse what is no line of text, and no status."""
        is_status = self.status is None or isinstance(self.status, InstallationStatus)
        refuse(
            line("uuid", self.uuid),
            line_or_none("organization_id", self.organization_id),
            line_or_none("organization_slug", self.organization_slug),
            () if is_status else (f"status must be one of {', '.join(InstallationStatus)}",),
            line_or_none("code", self.code),
        )


@frozen(kw_only=True)
class Actor:
    """Who did it. Made by `Actor.user` or `Actor.application`."""

    type: str
    """`user` or `application`."""
    id: str | int
    name: str

    def __attrs_post_init__(self) -> None:
        """Refuse what is nobody."""
        known = self.type in ("user", "application")
        is_number = isinstance(self.id, int) and not isinstance(self.id, bool)
        refuse(
            () if known else ("type must be user or application",),
            () if is_number else required_text("id", self.id),
            required_text("name", self.name),
        )

    @classmethod
    def user(cls, *, id: str | int, name: str) -> Actor:  # noqa: A002  the field's own name
        """Return a person."""
        return cls(type="user", id=id, name=name)

    @classmethod
    def application(cls, *, id: str | int, name: str) -> Actor:  # noqa: A002  the field's own name
        """Return a program: an integration that acted, or the host itself."""
        return cls(type="application", id=id, name=name)


def confidential_in(named: tuple[str, ...], installation: Installation) -> tuple[str, ...]:
    """Return what no record of an event shows; what is wrong in either stays as it is, to be told."""
    code = getattr(installation, "code", None)
    if code is None or not isinstance(named, tuple) or code in named:
        return named
    return (*named, code)


def _copied(value: Mapping[str, object]) -> Any:
    """Copy the outermost level, so that a key added by the caller later is not sent by surprise."""
    return dict(value) if isinstance(value, Mapping) else value


@frozen(kw_only=True)
class WebhookEvent:
    """Something that an integration wants to hear of. Raises `InvalidEventError` with every problem."""

    resource: str
    """What it happened to, such as `issue`."""
    action: str
    """What happened, such as `created`."""
    installation: Installation
    data: Mapping[str, object] = field(factory=dict, converter=_copied, repr=False)
    """What JSON can hold. Its outermost level is copied."""
    actor: Actor | None = None
    """Who did it; None where nobody did: then it is the sender's `default_actor`, the host itself."""
    counts_toward_health: bool = True
    """False: how the endpoint takes this one never counts when it is judged."""
    confidential: tuple[str, ...] = field(default=(), converter=texts, repr=False)
    """
    Texts in the data that no record shows, such as a link that opens something. With the code of the installation,
    which is one without being named here, at most ten.
    """

    def __attrs_post_init__(self) -> None:
        """Refuse what is no event, with all problems."""
        refuse(
            name_problems("resource", self.resource),
            name_problems("action", self.action),
            of_type("installation", self.installation, Installation),
            mapping("data", self.data),
            () if self.actor is None else of_type("actor", self.actor, Actor),
            of_type("counts_toward_health", self.counts_toward_health, bool),
            secret_problems("confidential", confidential_in(self.confidential, self.installation)),
        )

    @property
    def event_type(self) -> str:
        """Resource and action, such as `issue.created`."""
        return f"{self.resource}.{self.action}"
