"""
Whom webhooks go to: an integration as the host keeps it, and what an owner may write into one.

Rules of this file: owners are strangers. Whatever they wrote that would change the shape of a request, or speak for the
sender, cannot be built into an integration; it is told with all other problems, so that a form can show them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from alertkit._checks import line, line_or_none, of_type, optional_text, refuse, required_text
from alertkit._http import Headers, header_problems, origin, url_problems
from alertkit._words import Word

__all__ = ["Integration", "IntegrationKind", "endpoint_problems", "header_key", "secret_problems", "texts"]

MAX_ID = 200
"""Characters; a buffer keeps claims under it and a word or two of the sender's own in front, as under an id."""
MAX_SECRETS = 10
"""More than any rotation needs (Svix keeps ten); each is one signature in a header that servers bound."""
MAX_SECRET = 1024
"""Characters; twice the longest key that any scheme of signing has a use for, in hexadecimal."""
MAX_URL = 2048
"""Characters; the shortest limit that is in wide use."""
MAX_HEADERS = 50
MAX_HEAD = 4096
"""Characters of all custom headers, names and values. Many servers refuse a head of more than 8 KB in all."""

# What frames the request, is said by the sender itself, or signs it.
_RESERVED = frozenset(
    {
        *("host", "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "date"),
        *("content-type", "content-encoding", "content-length", "transfer-encoding", "user-agent"),
    }
)
_SIGN = re.compile("[^a-z0-9]")
_RESERVED_BEGINNINGS = ("proxy-", "webhook-", "svix-")


class IntegrationKind(Word):
    """Who may install it, which decides whether it is retired on its own."""

    INTERNAL = "internal"
    """Made by one organization for itself."""
    UNPUBLISHED = "unpublished"
    """In the making: known to its makers only."""
    PUBLISHED = "published"
    """Offered to everybody; many organizations share its endpoint."""


def header_key(name: str) -> str:
    """
    Return what a header is known by at the other end, where it may be an environment variable.

    CGI and WSGI know no difference between `-` and `_`, some servers none between any two signs, so that
    `webhook_signature` or `webhook.signature` would be read in place of the signed one.
    """
    return _SIGN.sub("-", name.lower())


def texts(value: Iterable[str]) -> Any:
    """Return the texts of a list as a tuple."""
    # A lone text would be taken apart into letters; it stays as it is, to be told.
    return value if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)


def _headers(value: Mapping[str, str] | None) -> Any:
    return Headers(value) if isinstance(value, Mapping) or value is None else value


def _kind(value: IntegrationKind | str) -> Any:
    # What is no kind stays as it is, to be told with the rest.
    return next((kind for kind in IntegrationKind if kind == value), value)


def endpoint_problems(name: str, value: object) -> tuple[str, ...]:
    """Demand a URL that webhooks can be sent to."""
    problems = url_problems(name, value)
    if not problems and isinstance(value, str) and len(value) > MAX_URL:
        return (f"{name} must have at most {MAX_URL} characters, not {len(value)}",)
    return problems


@frozen(kw_only=True)
class Integration:
    """An endpoint that wants webhooks. Raises `InvalidEventError` with every problem."""

    id: str
    """What the host knows it by, at most 200 characters; counts and records are kept under it."""
    slug: str
    name: str
    url: str = field(repr=origin)
    """
    Absolute, `http` or `https`, percent-encoded, at most 2,048 characters. Credentials in it are sent as Basic
    authentication by a transport without a guard; a guard, which the usual transport has, refuses the URL.
    """
    secrets: tuple[str, ...] = field(default=(), converter=texts, repr=False)
    """What requests are signed with, newest first, at most ten: rotation is a longer list for a while."""
    kind: IntegrationKind = field(default=IntegrationKind.INTERNAL, converter=_kind)
    headers: Mapping[str, str] = field(default=None, converter=_headers)
    """
    Headers of the owner's own: at most 50, and 4,096 characters in all. They are never recorded and never replace one
    of the sender's.
    """
    enabled: bool = True
    """False: nothing is sent."""
    uuid: str | None = None
    """What `installation.created` and `installation.deleted` call it; None: its id."""
    settings_url: str | None = None
    """Where a person changes it in the host's app; shown in the notice that it was disabled."""

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be called, with all problems."""
        refuse(
            line("id", self.id, most=MAX_ID),
            line("slug", self.slug),
            line("name", self.name),
            endpoint_problems("url", self.url),
            secret_problems("secrets", self.secrets),
            () if isinstance(self.kind, IntegrationKind) else (f"kind must be one of {_KINDS}",),
            _custom_header_problems(self.headers),
            of_type("enabled", self.enabled, bool),
            line_or_none("uuid", self.uuid),
            optional_text("settings_url", self.settings_url),
        )


_KINDS = ", ".join(kind.value for kind in IntegrationKind)


def secret_problems(name: str, secrets: object) -> Iterable[str]:
    """Demand texts, few and short enough to be looked for wherever they may come back."""
    if not isinstance(secrets, tuple):
        return (f"{name} must be a list of texts, not {type(secrets).__name__}",)
    problems = [problem for n, secret in enumerate(secrets) for problem in required_text(f"{name}[{n}]", secret)]
    problems += [
        f"{name}[{n}] must have at most {MAX_SECRET} characters, not {len(secret)}"
        for n, secret in enumerate(secrets)
        if isinstance(secret, str) and len(secret) > MAX_SECRET
    ]
    if len(secrets) > MAX_SECRETS:
        problems.append(f"{name} must be at most {MAX_SECRETS}, not {len(secrets)}")
    return problems


def _custom_header_problems(headers: object) -> Iterable[str]:
    if not isinstance(headers, Headers):
        return (f"headers must be a mapping, not {type(headers).__name__}",)
    problems = list(header_problems(headers))
    if problems:
        return problems
    if len(headers) > MAX_HEADERS:
        problems.append(f"headers must be at most {MAX_HEADERS}, not {len(headers)}")
    size = sum(len(name) + len(value) for name, value in headers.items())
    if size > MAX_HEAD:
        problems.append(f"headers must have at most {MAX_HEAD} characters in all, not {size}")
    for name, value in headers.items():
        key = header_key(name)
        if key in _RESERVED or key.startswith(_RESERVED_BEGINNINGS):
            problems.append(f"header {name} is for the sender to set")
        if value != value.strip():
            problems.append(f"the value of header {name} must not begin or end with a blank")
    return problems
