"""
Hiding secrets in what is kept: an endpoint may echo whatever it was sent, in any spelling.

Rules of this file: pure. A secret is looked for as it was sent, and in the text as JSON, HTML and URLs would read it,
one in the other. Where it only shows there, that reading is kept instead of the text. What can be sent is bounded
(`_integration.py`), and so is what is looked at, so that no answer makes this expensive.
"""

from __future__ import annotations

import re
from base64 import b64decode
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from html import unescape
from itertools import chain
from urllib.parse import unquote

from alertkit.webhooks._integration import Integration
from alertkit.webhooks._request import SignedRequest
from alertkit.webhooks._request_record import MAX_TEXT
from alertkit.webhooks._urls import HIDDEN, is_word, url_credentials, url_values

__all__ = ["Hiding", "is_public"]

# What an owner writes may be a word of every answer, such as `prod`: hidden is what is as long as a token.
_SHORTEST_TOKEN = 6
_SHORTEST_BEGINNING = 4
_MARK = "\0"
"""Stands for a secret until all are found, since no secret holds it and it holds no part of one."""
_LOOKED_AT = 8 * MAX_TEXT
"""Bytes of a body: at least twice the characters that are kept of it, since hiding makes it shorter."""
_TOKENS = re.compile(r"[^\s,;=\"']+").findall
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\"'\\/bfnrt]))")
_CONTROLS = dict(zip("bfnrt", "\b\f\n\r\t", strict=True))
_ENDLESS_REFERENCE = re.compile("&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_HALF_AN_ESCAPE = re.compile(r"(%[0-9a-fA-F]?|\\(u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?|&#?\w{0,8})$")
_NOTHING = re.compile("(?!)")
_LOOKS_ESCAPED = re.compile(r"[\\&%]").search
_utf8 = getincrementaldecoder("utf-8")
_WANTED = frozenset({"accept", "accept-charset", "accept-encoding", "accept-language"})
"""What an owner wants the answer to be like is no secret, and stands in many answers."""
_PUBLIC = re.compile(r"content-type|user-agent|(request|webhook|svix)-id|[a-z0-9-]+-(timestamp|resource)").fullmatch


def is_public(name: str) -> bool:
    """Return whether a header that the sender says is known to hold no secret."""
    return _PUBLIC(name.lower()) is not None


class Hiding:
    """What nobody may read of all that was sent to one endpoint."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """Take what is to be hidden; it is not asked for until there is a text to look at."""
        self._given = pieces

    @classmethod
    def in_request(cls, request: SignedRequest, integration: Integration, confidential: Iterable[str]) -> Hiding:
        """
        Return what hides secrets in what the host sent: whatever lets the request in, and is no word of a text, and
        whatever the host calls confidential.
        """
        return cls(chain(confidential, (piece for piece in _secrets(request, integration) if not is_word(piece))))

    @classmethod
    def in_answer(cls, request: SignedRequest, integration: Integration, confidential: Iterable[str]) -> Hiding:
        """
        Return what hides secrets in what came back: whatever lets the request in, the values of the query, and whatever
        the host calls confidential.
        """
        values = (value for value in url_values(request.http.url) if not is_word(value))
        return cls(chain(confidential, _secrets(request, integration), _long_enough(values)))

    @cached_property
    def _pieces(self) -> list[str]:
        """The longest first, since others may be parts of it."""
        found = {spelling for piece in self._given for spelling in _spellings(piece)}
        return sorted((piece for piece in found if piece and _MARK not in piece), key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text with the secrets hidden."""
        return self._hidden(text, is_cut=False)

    def body(self, body: bytes, *, is_cut: bool = False) -> str:
        """
        Return the beginning of a body as text, with the secrets hidden; what is no UTF-8 in it is replaced.

        Where it `is_cut`, the beginning of a secret may stand at the end, and is hidden too.
        """
        seen = body[:_LOOKED_AT]
        is_cut = is_cut or len(seen) < len(body)
        text = _utf8("replace").decode(seen, final=not is_cut)
        return self._hidden(text, is_cut=is_cut)

    def _hidden(self, text: str, *, is_cut: bool) -> str:
        half_an_escape = _HALF_AN_ESCAPE if is_cut else _NOTHING
        text = half_an_escape.sub("", text.replace(_MARK, "\ufffd"))
        hidden = read = self._marked(text, is_cut=is_cut)
        for reading in _READINGS:
            again = half_an_escape.sub("", reading(read))
            if again != read:
                read = self._marked(again, is_cut=is_cut)
                if read != again:
                    hidden = read
        return hidden.replace(_MARK, HIDDEN)

    def _marked(self, text: str, *, is_cut: bool) -> str:
        for piece in self._pieces:
            text = text.replace(piece, _MARK)
        if is_cut:
            ends = [end for piece in self._pieces if (end := _beginning_at_the_end(text, piece)) >= 0]
            return text[: min(ends)] + _MARK if ends else text
        return text


def _beginning_at_the_end(text: str, piece: str) -> int:
    """Return where the beginning of `piece` stands that ends with the text, or -1."""
    head = piece[:_SHORTEST_BEGINNING]
    at = text.find(head, max(0, len(text) - len(piece)))
    while at >= 0 and not piece.startswith(text[at:]):
        at = text.find(head, at + 1)
    return at


def _unescaped(text: str) -> str:
    r"""Return the text as JSON and JavaScript read it: `\/` is `/`, and `\u002b` is `+`."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(
        lambda found: _CONTROLS.get(found[3], found[3]) if found[3] else chr(int(found[1] or found[2], 16)), text
    )
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _referred(text: str) -> str:
    """Return the text as HTML reads it; no sign has a number of eight digits, and Python gives up on thousands."""
    return unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


_READINGS: tuple[Callable[[str], str], ...] = (_unescaped, _referred, unquote) * 3
"""A text is read anew for what was escaped, and escaped again."""


def _spellings(piece: str) -> set[str]:
    """Return a secret as it was sent, and in those of its spellings that no reading undoes."""
    found = {piece, piece.replace(" ", "+"), *_long_enough([piece.rstrip("=")])}
    if not piece.isascii():
        with suppress(UnicodeEncodeError):
            found.add(piece.encode("utf-8").decode("latin-1"))
        with suppress(UnicodeEncodeError):  # a header goes over the wire in Latin-1, and may come back as it came
            found.add(piece.encode("latin-1").decode("utf-8", "replace"))
    if _LOOKS_ESCAPED(piece):  # then a reading that undoes what was done to a secret changes the secret too
        for reading in _READINGS:
            found |= {reading(spelling) for spelling in found}
    return found


def _secrets(request: SignedRequest, integration: Integration) -> Iterator[str]:
    yield from integration.secrets
    yield from _long_enough(secret.removeprefix("whsec_") for secret in integration.secrets)
    values = [value for name, value in integration.headers.items() if name.lower() not in _WANTED]
    values += (value for name, value in request.own_headers.items() if not is_public(name))
    yield from _long_enough(chain.from_iterable(map(_parts, values)))
    yield from _long_enough(url_credentials(request.http.url))


def _parts(value: str) -> Iterator[str]:
    """Yield the parts of a header's value that are a secret by themselves."""
    yield value
    scheme, _, rest = value.partition(" ")
    yield rest
    for parameter in re.split(r"[;,]\s*", value):
        yield parameter.partition("=")[2].strip("\"'")
    yield from (token for token in _TOKENS(value) if not is_word(token))
    if scheme.lower() == "basic":
        with suppress(ValueError):
            decoded = b64decode(rest).decode("utf-8", "replace")
            user, _, password = decoded.partition(":")
            yield from (decoded, password, *(() if is_word(user) else (user,)))


def _long_enough(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if len(text) >= _SHORTEST_TOKEN)
