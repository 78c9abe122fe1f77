"""
What is kept of an attempt: enough to find out what went wrong, and no secret.

Rules of this file: pure. Heads and bodies are kept for errors only. Of the request's head only what is known to be no
secret is kept; of the answer's, what neither looks like one nor repeats one. Whatever the endpoint echoes (a signature,
a secret, a header of the owner's, credentials of the URL) is hidden wherever it stands, before anything is cut.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from alertkit._http import HttpResponse
from alertkit.webhooks._exchange import Exchange
from alertkit.webhooks._health import Outcome
from alertkit.webhooks._hiding import Hiding, is_public
from alertkit.webhooks._integration import Integration, IntegrationKind, header_key
from alertkit.webhooks._message import Message
from alertkit.webhooks._request import SignedRequest
from alertkit.webhooks._request_record import MAX_TEXT, RequestRecord
from alertkit.webhooks._urls import masked_url

__all__ = ["request_record"]

_MOST_HEAD = 4 * MAX_TEXT
"""Characters of an answer's head that are looked at; some of its headers are not kept."""
_SENSITIVE = re.compile("cookie|auth|token|secret|signature|passw|key|jwt|session|credential|csrf|xsrf").search
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
    hide = Hiding.in_answer(request, integration, message.confidential)
    error_id, project_id = (None, None) if response is None else _named_error(response, prefixes, hide)
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
    if not record.is_error:
        return record
    return _with_evidence(record, request, response, integration, message=message, hide=hide)


def _with_evidence(
    record: RequestRecord,
    request: SignedRequest,
    response: HttpResponse | None,
    integration: Integration,
    *,
    message: Message,
    hide: Hiding,
) -> RequestRecord:
    kept: dict[str, Any] = {
        "request_headers": {name: value for name, value in request.own_headers.items() if is_public(name)},
        "request_body": Hiding.in_request(request, integration, message.confidential).body(request.http.body),
    }
    if response is not None:
        theirs = set(map(header_key, integration.headers))
        kept["response_headers"] = dict(_fit_to_keep(response.headers, theirs, hide))
        kept["response_body"] = hide.body(response.body, is_cut=not response.complete)
    return attrs.evolve(record, **kept)


def _fit_to_keep(headers: Mapping[str, str], theirs: Container[str], hide: Hiding) -> Iterator[tuple[str, str]]:
    """Yield the headers of an answer that may be kept, of as many as can be."""
    room = _MOST_HEAD
    for name, value in headers.items():
        text = str(value)
        room -= len(name) + len(text)
        if room < 0:
            return
        key = header_key(name)
        if key not in theirs and not _SENSITIVE(key) and hide.text(name) == name:
            yield name, hide.text(text)


def _named_error(response: HttpResponse, prefixes: Iterable[str], hide: Hiding) -> tuple[str | None, str | None]:
    """Return the ids of the receiver's error and of its project: both, or neither."""
    headers = response.headers
    for prefix in prefixes:
        names = (f"{prefix}-Error", f"{prefix}-Project")
        if all(name in headers and _ID(headers[name]) for name in names):
            error, project = (headers[name] for name in names)
            # An endpoint can name what it was sent, too.
            return (error, project) if hide.text(error + project) == error + project else (None, None)
    return None, None
