"""
A message for one integration, signed: the HTTP request.

Rules of this file: pure; the instant arrives as an argument. What the sender says of a message wins over the headers of
the integration's owner, however those are spelt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from alertkit._http import Headers, HttpRequest
from alertkit.errors import InvalidEventError, UsageError
from alertkit.webhooks._integration import Integration, header_key
from alertkit.webhooks._message import Message
from alertkit.webhooks._signer import Signer

__all__ = ["SignedRequest", "signed_request"]


@frozen
class SignedRequest:
    """A request, and which of its headers are the sender's."""

    http: HttpRequest
    own_headers: Mapping[str, str]


def signed_request(
    message: Message, integration: Integration, *, url: str, at: datetime, signers: Iterable[Signer], user_agent: str
) -> SignedRequest:
    """Return the request of one attempt, begun at `at`. Raises `UsageError` for secrets that sign nothing."""
    try:
        signed = _signed(message, at, integration.secrets, signers)
    except InvalidEventError as error:  # whoever sends to many wants to know whose secrets they are
        raise InvalidEventError(f"integration {integration.id}: {problem}" for problem in error.problems) from None
    except UsageError as error:
        raise UsageError(f"integration {integration.id}: {error}") from None
    own = headers = Headers({"Content-Type": "application/json", "User-Agent": user_agent, **signed})
    if integration.headers:
        taken = set(map(header_key, own))
        custom = {name: value for name, value in integration.headers.items() if header_key(name) not in taken}
        headers = Headers({**custom, **own})
    return SignedRequest(HttpRequest("POST", url, headers, message.body), own)


def _signed(message: Message, at: datetime, secrets: Sequence[str], signers: Iterable[Signer]) -> dict[str, str]:
    """Return the headers of all signers."""
    signed: dict[str, str] = {}
    for signer in signers:
        said = signer.headers(
            message_id=message.id, at=at, body=message.body, secrets=secrets, resource=message.resource
        )
        if signed:
            _demand_apart(signed, said)
        signed.update(said)
    return signed


def _demand_apart(signed: Mapping[str, str], said: Mapping[str, str]) -> None:
    """Refuse signers that speak under the same names, unless they say the same: one would replace the other."""
    known = {header_key(name): value for name, value in signed.items()}
    for name, value in said.items():
        if known.get(header_key(name), value) != value:
            raise UsageError(f"two signers say {name}: give one of them another prefix")
