"""
What PagerDuty answered: a receipt, or the right error; and what an error says of the event.

Rules of this file: pure. Any 2xx is delivered, whatever its body holds, since a resend could page twice. The body of
any other answer is read as far as it can be, and no text that comes out of here holds the routing key, not even where
a peer echoes the request.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen

from alertkit._http import HttpResponse, retry_after
from alertkit.errors import (
    BlockedAddressError,
    ConnectFailedError,
    MalformedReplyError,
    PeerError,
    RateLimitedError,
    RejectedError,
    TransportError,
    UnavailableError,
)
from alertkit.pagerduty._changes import Change
from alertkit.pagerduty._keys import RoutingKey
from alertkit.pagerduty._payload import PreparedEvent

__all__ = ["Receipt", "is_fate_unknown", "read_reply"]

_LONGEST_TEXT = 1000


@frozen
class Receipt:
    """PagerDuty has taken the event: queued, which is not yet an incident (its rules may drop it)."""

    status: int
    """The HTTP status: 202 from PagerDuty itself, and 200 from its Events API v1."""
    message: str
    """PagerDuty's words, empty where the answer had none."""
    dedup_key: str
    """The key of the alert, for acknowledging and resolving; empty for a change event, which has none."""
    attempts: int
    """How many requests were put on the wire."""
    changes: tuple[Change, ...] = ()
    """Everything that was sent otherwise than it was given."""


def read_reply(
    response: HttpResponse,
    *,
    prepared: PreparedEvent,
    key: RoutingKey,
    now: datetime,
    attempts: int,
    throttling: frozenset[int],
) -> Receipt:
    """
    Return the receipt for a 2xx, and raise the `PeerError` that fits for anything else.

    `throttling` are the statuses that this API limits the rate with.
    """
    status = response.status
    reply = _object(response.body)
    message = _text(reply.get("message"), key)
    if 200 <= status < 300:
        return Receipt(
            status=status,
            message=message,
            dedup_key=prepared.dedup_key or "",
            attempts=attempts,
            changes=prepared.changes,
        )
    errors = _texts(reply.get("errors"), key)
    words = ": ".join(filter(None, (message, "; ".join(errors))))
    kind, meaning = _kind(status, throttling, key)
    raise kind(
        f"PagerDuty {meaning} (HTTP {status})" + (f": {words}" if words else ""),
        response=_without_key(response, key),
        message=message,
        errors=errors,
        retry_after=retry_after(response.headers, now=now),
    )


def is_fate_unknown(error: TransportError | PeerError) -> bool:
    """
    Whether PagerDuty may have taken the event all the same.

    An answer with a status says no: a 5xx means not processed (PagerDuty's word on its incidents).
    """
    if isinstance(error, PeerError):
        return isinstance(error, MalformedReplyError)
    return not isinstance(error, (ConnectFailedError, BlockedAddressError))


def _hidden(key: RoutingKey) -> str:
    return f"[{key.name}]"


def _without_key(response: HttpResponse, key: RoutingKey) -> HttpResponse:
    return attrs.evolve(
        response,
        headers={name: value.replace(key.value, _hidden(key)) for name, value in response.headers.items()},
        body=response.body.replace(key.value.encode(), _hidden(key).encode()),
    )


def _kind(status: int, throttling: frozenset[int], key: RoutingKey) -> tuple[type[PeerError], str]:
    if status in throttling:
        return RateLimitedError, f"limits the rate of this {key.name.replace('_', ' ')}"
    if not 300 <= status < 600:
        return MalformedReplyError, "answered with a status that HTTP does not have"
    if status == 408 or status >= 500:
        return UnavailableError, "could not take the event"
    if status < 400:
        return RejectedError, "answered with a redirect, which is never followed: check the host"
    return RejectedError, "refused the event"


def _object(body: bytes) -> dict[str, Any]:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return reply if isinstance(reply, dict) else {}


def _text(value: object, key: RoutingKey) -> str:
    return value.replace(key.value, _hidden(key))[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _texts(value: object, key: RoutingKey) -> tuple[str, ...]:
    members = value if isinstance(value, list) else [value]
    return tuple(text for text in (_text(member, key) for member in members[:100]) if text)
