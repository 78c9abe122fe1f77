"""
The port of a signing scheme, and what every scheme has to check alike.

Rules of this file: pure; instants arrive as arguments. Whoever verifies is attacked, so whatever stands in the headers
or the body ends in `VerificationError`, whose reason is an enum, and in nothing else. `InvalidEventError` and
`UsageError` are for the caller's own mistakes: no secret, an instant without a time zone, a body that is text. No
secret is in any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from math import floor
from typing import Protocol

from alertkit._checks import demand, instant, refuse, required_text
from alertkit._http import IncomingHeaders
from alertkit._signing import any_matches
from alertkit.errors import UsageError, VerificationError

__all__ = [
    "TOLERANCE",
    "IncomingHeaders",
    "Signer",
    "VerificationFailure",
    "body_bytes",
    "check_timestamp",
    "checked",
    "demand_match",
    "hashable",
    "signature_headers",
    "unix_seconds",
]

TOLERANCE = timedelta(minutes=5)
"""How old or early a timestamp may be, as in every library of Standard Webhooks."""

_NO_TIME = timedelta(0)
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,11}").fullmatch


class VerificationFailure(Enum):
    """Why a message is not trusted."""

    MISSING_HEADER = "a header that belongs to the signature is missing"
    MALFORMED_HEADER = "a header that belongs to the signature cannot be read"
    TOO_OLD = "the timestamp is too old"
    TOO_NEW = "the timestamp lies in the future"
    NO_MATCH = "no signature matches"


class Signer(Protocol):
    """
    One scheme of signing.

    1. What it signs, it verifies: under every secret that it was given, until the tolerance is over.
    2. It verifies nothing else: no other body and no other secret; what belongs to the signature must be there,
       unchanged, once, and text.
    3. Whatever comes in ends in `VerificationError` or in None.
    4. It answers the same to the same arguments: it keeps no state, reads no clock and rolls no dice.
    """

    def headers(
        self, *, message_id: str, at: datetime, body: bytes, secrets: Sequence[str], resource: str = ""
    ) -> dict[str, str]:
        """Return the headers that sign `body`, sent at `at`; `secrets` newest first."""
        ...

    def verify(
        self,
        headers: IncomingHeaders,
        body: bytes,
        *,
        secrets: Sequence[str],
        now: datetime,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        """Return if the headers sign `body` with one of the secrets. Raises `VerificationError`."""
        ...


def hashable(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as a tuple of texts, by which a signer remembers its keys. Raises `UsageError`."""
    try:
        texts = None if isinstance(secrets, str) else tuple(secrets)
    except TypeError:
        texts = None
    if texts is None:
        raise UsageError(f"secrets must be a list of texts, not {type(secrets).__name__}")
    for secret in texts:
        if not isinstance(secret, str):
            checked(texts)
    return texts


def checked(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return the secrets, and refuse what leaves a message unsigned: none at all, or a blank one."""
    if not secrets:
        raise UsageError("secrets must hold at least one secret: without one nothing can be signed")
    refuse(*(required_text(f"secrets[{number}]", secret) for number, secret in enumerate(secrets)))
    return secrets


def body_bytes(body: bytes) -> bytes:
    """Refuse a body that is not the bytes which go over the wire: text has been decoded, and may differ from them."""
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise UsageError(f"body must be bytes, as they go over the wire, not {type(body).__name__}")
    return bytes(body)  # the very same, where they are bytes already


def unix_seconds(at: datetime) -> str:
    """Return the second in which `at` lies."""
    demand(instant("at", at))
    return str(floor(at.timestamp()))


def signature_headers(headers: IncomingHeaders, *names: str) -> list[str]:
    """
    Return the values of the headers; `names` are in lower case.

    Raises `VerificationError`, also where one of them came twice: who reads the message after us may read the other.
    """
    if not hasattr(headers, "items"):
        raise UsageError(f"headers must be a mapping, not {type(headers).__name__}")
    found: dict[str, str] = {}
    for name, value in headers.items():
        # Not what only becomes ASCII when it is made small, such as the sign for kelvin.
        if isinstance(name, str) and name.isascii() and (key := name.lower()) in names:
            if key in found:
                raise VerificationError(VerificationFailure.MALFORMED_HEADER)
            found[key] = value
    values = [found.get(name) for name in names]
    if not all(values):
        raise VerificationError(VerificationFailure.MISSING_HEADER)
    texts = [value for value in values if isinstance(value, str) and value.isascii()]
    if len(texts) < len(values):
        raise VerificationError(VerificationFailure.MALFORMED_HEADER)
    return texts


def check_timestamp(timestamp: str, *, now: datetime, tolerance: timedelta) -> None:
    """Demand whole seconds, within `tolerance` of `now`. Raises `VerificationError`."""
    if not isinstance(tolerance, timedelta) or tolerance < _NO_TIME:
        raise UsageError("tolerance must be a timedelta, and not negative")
    demand(instant("now", now))
    tolerated = tolerance.total_seconds()
    if not _TIMESTAMP(timestamp):
        raise VerificationError(VerificationFailure.MALFORMED_HEADER)
    age = now.timestamp() - int(timestamp)
    if age > tolerated:
        raise VerificationError(VerificationFailure.TOO_OLD)
    if -age > tolerated:
        raise VerificationError(VerificationFailure.TOO_NEW)


def demand_match(offered: Iterable[str], expected: Iterable[bytes]) -> None:
    """Demand that one of the offered signatures is one of the expected. Raises `VerificationError`."""
    if not any_matches([signature.encode("ascii") for signature in offered], expected):
        raise VerificationError(VerificationFailure.NO_MATCH)
