"""
What is kept of an attempt: enough to find out what went wrong, and no secret.

Rules of this file: pure. Heads and bodies are kept for errors only. Of the request's head only what is known to be no
secret is kept; of the answer's, what neither looks like one nor repeats one. Whatever the endpoint echoes (a signature,
a secret, a header of the owner's, credentials of the URL) is hidden wherever it stands, before anything is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import attrs

from alertkit._http import HttpResponse
from alertkit.webhooks._exchange import Exchange
from alertkit.webhooks._health import Outcome
from alertkit.webhooks._integration import Integration, IntegrationKind, header_key
from alertkit.webhooks._message import Message
from alertkit.webhooks._request import SignedRequest
from alertkit.webhooks._request_record import MAX_TEXT, RequestRecord
from alertkit.webhooks._urls import HIDDEN, masked_url, url_secrets

__all__ = ["request_record"]

# Bytes of a body that are looked at: four for each character that is kept, and room for a secret that ends behind it.
_LOOKED_AT = 4 * MAX_TEXT + 16_384
# What an owner's own header holds may be a word of every answer, such as `prod`: hidden is what is as long as a token.
_SHORTEST_TOKEN = 6

_KNOWN_REQUEST_HEADERS = re.compile(
    r"content-type|user-agent|(request|webhook|svix)-id|[a-z0-9-]+-(timestamp|resource)"
).fullmatch
_SENSITIVE_ANSWER_HEADERS = re.compile(r"cookie|auth|token|secret|signature|passw|api-?key|session").search
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


def request_record(
    exchange: Exchange,
    *,
    at: datetime,
    message: Message,
    integration: Integration,
    request: SignedRequest,
    outcome: Outcome,
    prefixes: Iterable[str],
) -> RequestRecord:
    """
    Return what is kept of the exchange; `outcome` is what it is counted as.

    `prefixes` are those of the headers `…-Error` and `…-Project`, in which a receiver names its own error.
    """
    response = exchange.response
    error_id, project_id = (None, None) if response is None else _named_error(response, prefixes)
    record = RequestRecord(
        at=at,
        event_type=message.event_type,
        url=masked_url(request.http.url),
        status=exchange.status,
        outcome=outcome,
        message_id=message.id,
        duration=exchange.duration,
        error_id=error_id,
        project_id=project_id,
        organization_id=None if integration.kind is IntegrationKind.INTERNAL else message.organization_id,
        failure=exchange.failure,
    )
    return _with_evidence(record, request, response, integration) if record.is_error else record


def _with_evidence(
    record: RequestRecord, request: SignedRequest, response: HttpResponse | None, integration: Integration
) -> RequestRecord:
    secrets = sorted(set(_secrets(request, integration)), key=len, reverse=True)
    own = {name: value for name, value in request.own_headers.items() if _KNOWN_REQUEST_HEADERS(name.lower())}
    kept: dict[str, Any] = {
        "request_headers": {name: _hidden(value, secrets) for name, value in own.items()},
        "request_body": _hidden_text(request.http.body, secrets),
    }
    if response is not None:
        theirs = set(map(header_key, integration.headers))
        kept["response_headers"] = {
            name: _hidden(str(value), secrets)
            for name, value in response.headers.items()
            if header_key(name) not in theirs and not _SENSITIVE_ANSWER_HEADERS(name.lower())
        }
        kept["response_body"] = _hidden_text(response.body, secrets)
    return attrs.evolve(record, **kept)


def _secrets(request: SignedRequest, integration: Integration) -> Iterator[str]:
    """Yield everything that a peer could echo and nobody may read."""
    for secret in integration.secrets:
        yield secret
        yield secret.removeprefix("whsec_") or secret
    unknown = (value for name, value in request.own_headers.items() if not _KNOWN_REQUEST_HEADERS(name.lower()))
    tokens = (*integration.headers.values(), *unknown, *url_secrets(request.http.url))
    for token in tokens:
        pieces = (token, *token.replace(",", " ").split())
        yield from (piece for piece in pieces if len(piece) >= _SHORTEST_TOKEN)


def _hidden(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _hidden_text(body: bytes, secrets: Iterable[str]) -> str:
    """Return the beginning of a body as text; what is no UTF-8 in it is replaced."""
    body = body[:_LOOKED_AT]
    for secret in secrets:
        for spelling in _encodings(secret):
            body = body.replace(spelling, HIDDEN.encode())
    return body.decode("utf-8", "replace")


def _encodings(secret: str) -> Iterator[bytes]:
    yield secret.encode("utf-8", "surrogatepass")
    if not secret.isascii():  # a header goes over the wire in Latin-1, and may come back as it came
        with suppress(UnicodeEncodeError):
            yield secret.encode("latin-1")


def _named_error(response: HttpResponse, prefixes: Iterable[str]) -> tuple[str | None, str | None]:
    """Return the ids of the receiver's error and of its project: both, or neither."""
    headers = response.headers
    for prefix in prefixes:
        names = (f"{prefix}-Error", f"{prefix}-Project")
        if all(name in headers and _ID(headers[name]) for name in names):
            error, project = (headers[name] for name in names)
            return error, project
    return None, None
