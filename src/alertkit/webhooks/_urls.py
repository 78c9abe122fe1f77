"""
A URL as it may be shown and kept: what people put secrets into is hidden, the rest stays, since it helps.

Rules of this file: pure. Hidden are credentials, the value of every parameter of the query, whatever its name, and the
fragment. A path stays: where it holds a token there is no telling which part of it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

__all__ = ["HIDDEN", "is_word", "masked_url", "url_credentials", "url_values"]

HIDDEN = "[hidden]"

_WORD = re.compile("[A-Za-z]?[a-z]{0,14}").fullmatch
_CAN_HOLD_SECRETS = re.compile("[@?#]").search


def masked_url(url: str) -> str:
    """Return `url` with its secrets hidden."""
    if not _CAN_HOLD_SECRETS(url):
        return url
    rest, hash_sign, fragment = url.partition("#")
    rest, question_mark, query = rest.partition("?")
    scheme, slashes, place = rest.partition("://")
    authority, slash, path = place.partition("/")
    host = authority.rpartition("@")[2]
    credentials = f"{HIDDEN}@" if "@" in authority else ""
    query = "&".join(_masked_parameter(parameter) for parameter in query.split("&"))
    fragment = HIDDEN if fragment else ""
    return f"{scheme}{slashes}{credentials}{host}{slash}{path}{question_mark}{query}{hash_sign}{fragment}"


def is_word(text: str) -> bool:
    """Return whether a text is a plain word, which may stand anywhere, and no token."""
    return _WORD(text) is not None


def _masked_parameter(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    if not value.strip("="):  # a lone word may be the secret itself; base64 ends in signs of equality
        return HIDDEN if name else parameter
    return f"{name}={HIDDEN}"


def url_credentials(url: str) -> Iterator[str]:
    """Yield the credentials that `masked_url` hides, in each spelling in which a peer may give them back."""
    userinfo = _place(url).partition("/")[0].rpartition("@")[0]
    user, _, password = userinfo.partition(":")
    yield from (password, unquote(password), userinfo)
    if not is_word(user):  # nor a name, but a key with no password, or one that says no more
        yield from (user, unquote(user))
    if userinfo:
        yield b64encode(f"{unquote(user)}:{unquote(password)}".encode("utf-8", "surrogateescape")).decode("ascii")


def url_values(url: str) -> Iterator[str]:
    """Yield what else `masked_url` hides, as it stands there and as it reads."""
    rest, _, fragment = url.partition("#")
    for parameter in re.split("[&;]", rest.partition("?")[2]):
        name, _, value = parameter.partition("=")
        if value.strip("="):
            yield from (value, unquote_plus(value))
        else:
            yield from (parameter, name, unquote_plus(parameter))
    yield from (fragment, unquote(fragment))


def _place(url: str) -> str:
    """Return host and path, with all that stands before the host."""
    return url.partition("#")[0].partition("?")[0].partition("://")[2]
