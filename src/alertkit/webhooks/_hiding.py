"""
Hiding secrets in what comes back: an endpoint may echo whatever it was sent, in any spelling.

Rules of this file: pure. A secret is looked for whole, as JSON and URLs spell it, and by the runs of letters and digits
that it is made of, which are the same however the signs between them are spelt. What can be sent is bounded
(`_integration.py`), and so is what is looked at, so that no answer makes this expensive.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from urllib.parse import quote

from alertkit.webhooks._integration import Integration
from alertkit.webhooks._request import SignedRequest
from alertkit.webhooks._request_record import MAX_TEXT
from alertkit.webhooks._urls import HIDDEN, url_secrets

__all__ = ["Hiding", "is_public"]

# What an owner's own header holds may be a word of every answer, such as `prod`: hidden is what is as long as a token.
_SHORTEST_TOKEN = 6
_MARK = "\0"
"""Stands for a secret until all are found, since no secret holds it and it holds no part of one."""
_RUNS = re.compile(f"[A-Za-z0-9]{{{_SHORTEST_TOKEN},}}").findall
# Bytes of a body that are looked at: four for each character that is kept, and then some, for hiding makes it shorter.
_LOOKED_AT = 4 * MAX_TEXT + 16_384
_WORDS = re.compile(r"[^\s,;=\"']+").findall
_AS_GSON_SPELLS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "+=&<>'"}
_PUBLIC = re.compile(r"content-type|user-agent|(request|webhook|svix)-id|[a-z0-9-]+-(timestamp|resource)").fullmatch


def is_public(name: str) -> bool:
    """Return whether a header that the sender says is known to hold no secret."""
    return _PUBLIC(name.lower()) is not None


class Hiding:
    """Everything that was sent to one endpoint, and that nobody may read."""

    def __init__(self, request: SignedRequest, integration: Integration) -> None:
        """Take what was sent."""
        self._request = request
        self._integration = integration

    @cached_property
    def _pieces(self) -> list[str]:
        """The longest first, since others may be parts of it; found out for the first answer that is to be kept."""
        found = {piece for piece in _pieces(self._request, self._integration) if piece and _MARK not in piece}
        return sorted(found, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text with the secrets hidden."""
        text = text.replace(_MARK, "\ufffd")
        for piece in self._pieces:
            text = text.replace(piece, _MARK)
        return text.replace(_MARK, HIDDEN)

    def body(self, body: bytes) -> str:
        """Return the beginning of a body as text, with the secrets hidden; what is no UTF-8 in it is replaced."""
        mark = _MARK.encode()
        looked_at = body[:_LOOKED_AT].replace(mark, "\ufffd".encode())
        for piece in self._pieces:
            for spelling in _encodings(piece):
                looked_at = looked_at.replace(spelling, mark)
        if len(body) > _LOOKED_AT:  # half a secret may stand at the end
            looked_at = looked_at[: -4 * len(next(iter(self._pieces), "")) or None]
        return looked_at.decode("utf-8", "replace").replace(_MARK, HIDDEN)


def _encodings(piece: str) -> Iterator[bytes]:
    yield piece.encode("utf-8", "surrogatepass")
    if not piece.isascii():  # a header goes over the wire in Latin-1, and may come back as it came
        with suppress(UnicodeEncodeError):
            yield piece.encode("latin-1")


def _pieces(request: SignedRequest, integration: Integration) -> Iterator[str]:
    yield from integration.secrets
    tokens = [secret.removeprefix("whsec_") for secret in integration.secrets]
    tokens += (value for name, value in integration.headers.items() if not name.lower().startswith("accept"))
    tokens += (value for name, value in request.own_headers.items() if not is_public(name))
    tokens += url_secrets(request.http.url)
    for token in tokens:
        for text in (token, *_WORDS(token), *_credentials(token)):
            if len(text) >= _SHORTEST_TOKEN:
                yield from (
                    text,
                    quote(text, safe="", errors="replace"),
                    text.replace("/", "\\/"),
                    text.translate(_AS_GSON_SPELLS),
                )
            yield from _RUNS(text)


def _credentials(token: str) -> Iterable[str]:
    """Return what the value of an `Authorization: Basic` header says."""
    scheme, _, encoded = token.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        return b64decode(encoded).decode("utf-8", "replace").partition(":")
    except ValueError:
        return ()
