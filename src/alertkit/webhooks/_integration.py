"""
Whom webhooks go to: an integration as the host keeps it, and what an owner may write into one.

Rules of this file: owners are strangers. Whatever they wrote that would change the shape of a request, or speak for the
sender, cannot be built into an integration; it is told with all other problems, so that a form can show them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from attrs import field, frozen

from alertkit._checks import optional_text, refuse, required_text
from alertkit._http import Headers, header_problems, origin, url_problems

__all__ = ["Integration", "IntegrationKind", "header_key"]

MAX_SECRETS = 10
"""More than any rotation needs (Svix keeps ten); each is one signature in a header that servers bound."""
MAX_HEADERS = 50
MAX_HEADER_VALUE = 4096
"""Characters; as in Svix. Many servers refuse a head of more than 8 KB."""

# What frames the request, is said by the sender itself, or signs it.
_RESERVED = frozenset(
    {
        *("host", "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "date"),
        *("content-type", "content-encoding", "content-length", "transfer-encoding", "user-agent"),
    }
)
_RESERVED_BEGINNINGS = ("proxy-", "webhook-", "svix-")


class IntegrationKind(str, Enum):
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

    CGI and WSGI spell both `-` and `_` as `_`, so that `webhook_signature` would be read in place of the signed one.
    """
    return name.lower().replace("_", "-")


def _texts(value: Iterable[str]) -> Any:
    # A lone text would be taken apart into letters; it stays as it is, to be told.
    return value if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)


def _headers(value: Mapping[str, str] | None) -> Any:
    return Headers(value) if isinstance(value, Mapping) or value is None else value


def _kind(value: IntegrationKind | str) -> Any:
    return IntegrationKind(value) if value in {kind.value for kind in IntegrationKind} else value


@frozen(kw_only=True)
class Integration:
    """An endpoint that wants webhooks. Raises `InvalidEventError` with every problem."""

    id: str
    """What the host knows it by; counts and records are kept under it."""
    slug: str
    name: str
    url: str = field(repr=origin)
    """Absolute, `http` or `https`, percent-encoded. Credentials in it are sent as Basic authentication."""
    secrets: tuple[str, ...] = field(default=(), converter=_texts, repr=False)
    """What requests are signed with, newest first, at most ten: rotation is a longer list for a while."""
    kind: IntegrationKind = field(default=IntegrationKind.INTERNAL, converter=_kind)
    headers: Mapping[str, str] = field(default=None, converter=_headers)
    """Headers of the owner's own, at most 50. They are never recorded and never replace one of the sender's."""
    enabled: bool = True
    """False: nothing is sent."""
    settings_url: str | None = None
    """Where a person changes it in the host's app; shown in the notice that it was disabled."""

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be called, with all problems."""
        refuse(
            required_text("id", self.id),
            required_text("slug", self.slug),
            required_text("name", self.name),
            url_problems("url", self.url),
            _secret_problems(self.secrets),
            () if isinstance(self.kind, IntegrationKind) else (f"kind must be one of {_KINDS}",),
            _custom_header_problems(self.headers),
            () if isinstance(self.enabled, bool) else ("enabled must be True or False",),
            optional_text("settings_url", self.settings_url),
        )


_KINDS = ", ".join(kind.value for kind in IntegrationKind)


def _secret_problems(secrets: object) -> Iterable[str]:
    if not isinstance(secrets, tuple):
        return (f"secrets must be a list of texts, not {type(secrets).__name__}",)
    problems = [problem for n, secret in enumerate(secrets) for problem in required_text(f"secrets[{n}]", secret)]
    if len(secrets) > MAX_SECRETS:
        problems.append(f"secrets must be at most {MAX_SECRETS}, not {len(secrets)}")
    return problems


def _custom_header_problems(headers: object) -> Iterable[str]:
    if not isinstance(headers, Headers):
        return (f"headers must be a mapping, not {type(headers).__name__}",)
    problems = list(header_problems(headers))
    if problems:
        return problems
    if len(headers) > MAX_HEADERS:
        problems.append(f"headers must be at most {MAX_HEADERS}, not {len(headers)}")
    for name, value in headers.items():
        key = header_key(name)
        if key in _RESERVED or key.startswith(_RESERVED_BEGINNINGS):
            problems.append(f"header {name} is for the sender to set")
        if len(value) > MAX_HEADER_VALUE:
            problems.append(f"the value of header {name} must have at most {MAX_HEADER_VALUE} characters")
        if value != value.strip():
            problems.append(f"the value of header {name} must not begin or end with a blank")
    return problems
