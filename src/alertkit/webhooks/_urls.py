"""
A URL as it may be shown and kept: what people put secrets into is hidden, the rest stays, since it helps.

Rules of this file: pure. Hidden are credentials, the value of every parameter of the query, whatever its name, and the
fragment. A path stays: where it holds a token there is no telling which part of it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus, urlsplit

__all__ = ["HIDDEN", "masked_url", "url_secrets"]

HIDDEN = "[hidden]"

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


def _masked_parameter(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    if not value.strip("="):  # a lone word may be the secret itself; base64 ends in signs of equality
        return HIDDEN if name else parameter
    return f"{name}={HIDDEN}"


def url_secrets(url: str) -> Iterator[str]:
    """Yield what `masked_url` hides, in each spelling in which a peer may give it back."""
    parts = urlsplit(url)
    userinfo = parts.netloc.rpartition("@")[0]
    user, _, password = userinfo.partition(":")
    yield from (password, unquote(password), userinfo)
    if userinfo:
        yield b64encode(f"{unquote(user)}:{unquote(password)}".encode("utf-8", "surrogateescape")).decode("ascii")
    for parameter in parts.query.split("&"):
        name, _, value = parameter.partition("=")
        secret = value if value.strip("=") else name
        yield from (parameter if secret is name else value, secret, unquote_plus(secret))
    yield from (parts.fragment, unquote(parts.fragment))
