"""
One attempt as a request buffer keeps it.

Rules of this file: a record is bounded and can be stored anywhere: texts are cut to 1,024 characters, a head to as many
in all, and what a database cannot hold in a text (lone surrogates, NUL) is replaced. What may be in a record at all is
decided in `_evidence.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from math import inf
from typing import Any

from attrs import field, frozen

from alertkit._checks import (
    at_least,
    instant,
    line,
    line_or_none,
    mapping,
    of_type,
    optional_text,
    refuse,
    required_text,
)
from alertkit._http import Headers
from alertkit.webhooks._health import COUNTED_AGAINST, FailureKind, Outcome
from alertkit.webhooks._plain import JsonValue

__all__ = ["MAX_TEXT", "RequestRecord"]

MAX_TEXT = 1024
"""Characters of a body, and of a head in all; as in the original. It bounds what an integration takes in a buffer."""


_NO_HEADERS = Headers()


def _clipped(text: str | None) -> Any:
    if not isinstance(text, str):
        return text
    return _storable(text[:MAX_TEXT])


def _storable(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\0", "\ufffd")


def _clipped_head(headers: Mapping[str, str] | None) -> Any:
    if not headers:
        return _NO_HEADERS
    if not isinstance(headers, Mapping):
        return headers
    kept, room = {}, MAX_TEXT
    for name, value in headers.items():
        clipped = (str(_clipped(str(name))), str(_clipped(str(value))))
        room -= len(clipped[0])
        if room <= 0:
            break
        kept[clipped[0]] = clipped[1][:room]
        room -= len(clipped[1])
    return Headers(kept)


def _length(text: str | None) -> str:
    return "None" if text is None else f"<{len(text)} characters>"


def _seconds(name: str, value: object) -> tuple[str, ...]:
    if value is None or (isinstance(value, (int, float)) and 0 <= value < inf):
        return ()
    return (f"{name} must be a number of seconds, at least 0",)


def _in_utc(value: datetime) -> Any:
    return value if instant("at", value) else value.astimezone(timezone.utc)


@frozen(kw_only=True)
class RequestRecord(JsonValue):
    """What is kept of an attempt. Heads and bodies are there for errors only. Raises `InvalidEventError`."""

    at: datetime = field(converter=_in_utc)
    """When the attempt began, in UTC; it counts on that day."""
    event_type: str
    url: str = field(converter=_clipped)
    """With its secrets hidden."""
    status: int
    """0 where nothing came back."""
    outcome: Outcome
    """What the attempt was counted as; `IGNORED` where it was not."""
    message_id: str = ""
    duration: float | None = None
    """Seconds from the start of the attempt to the end of the answer, or to giving up."""
    request_headers: Mapping[str, str] = field(default=None, converter=_clipped_head)
    request_body: str | None = field(default=None, converter=_clipped, repr=_length)
    response_headers: Mapping[str, str] = field(default=None, converter=_clipped_head)
    response_body: str | None = field(default=None, converter=_clipped, repr=_length)
    error_id: str | None = None
    """What the receiver calls its own error, if it says so."""
    project_id: str | None = None
    organization_id: str | None = None
    """None for an internal integration, which belongs to one organization anyway."""
    failure: FailureKind | None = None
    """Why nothing came back."""

    def __attrs_post_init__(self) -> None:
        """Refuse what no attempt can be."""
        refuse(
            instant("at", self.at),
            line("event_type", self.event_type),
            required_text("url", self.url),
            at_least("status", self.status, 0),
            of_type("outcome", self.outcome, Outcome),
            () if self.message_id == "" else line("message_id", self.message_id),
            _seconds("duration", self.duration),
            line_or_none("error_id", self.error_id),
            line_or_none("project_id", self.project_id),
            line_or_none("organization_id", self.organization_id),
            mapping("request_headers", self.request_headers),
            optional_text("request_body", self.request_body),
            mapping("response_headers", self.response_headers),
            optional_text("response_body", self.response_body),
            () if self.failure is None else of_type("failure", self.failure, FailureKind),
        )

    @property
    def is_error(self) -> bool:
        """
        Whether it is among the errors of a buffer: what counted against the endpoint, and of what counted as nothing
        every refusal and every silence.
        """
        if self.outcome is Outcome.IGNORED:
            return self.status == 0 or self.status >= 400
        return self.outcome in COUNTED_AGAINST
