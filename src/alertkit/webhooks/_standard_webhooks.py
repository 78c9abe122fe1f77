"""
The Standard Webhooks specification 1.0.0, scheme v1: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

Rules of this file: pure, and stricter than the specification's own libraries in what it takes: one spelling of a
timestamp, of a signature and of a secret each.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from attrs import frozen

from alertkit._checks import refuse
from alertkit._signing import SigningKey
from alertkit.errors import VerificationError
from alertkit.webhooks._message import message_id_problems
from alertkit.webhooks._signer import (
    TOLERANCE,
    IncomingHeaders,
    VerificationFailure,
    body_bytes,
    check_timestamp,
    checked,
    demand_match,
    hashable,
    signature_headers,
    unix_seconds,
)

__all__ = ["StandardWebhooksSigner"]

_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_MOST_SIGNATURES = 32  # three rotations at once; without a bound a header could cost as much work as it likes


@frozen
class StandardWebhooksSigner:
    """
    Signs as the Standard Webhooks specification 1.0.0 says, in scheme v1 (HMAC-SHA-256).

    Secrets are `whsec_` and the base64 of 24 to 64 bytes. Each of them gives a signature, so that a receiver that knows
    the old or the new one accepts the message while they are being changed.
    """

    def headers(
        self,
        *,
        message_id: str,
        at: datetime,
        body: bytes,
        secrets: Sequence[str],
        resource: str = "",  # noqa: ARG002  it is not part of this scheme
    ) -> dict[str, str]:
        """Return `webhook-id`, `webhook-timestamp` (of this attempt) and `webhook-signature`. Raises `UsageError`."""
        refuse(message_id_problems(message_id))
        timestamp, body = unix_seconds(at), body_bytes(body)
        signatures = [
            b"v1," + signature for signature in _signatures(_keys(hashable(secrets)), message_id, timestamp, body)
        ]
        return {_ID: message_id, _TIMESTAMP: timestamp, _SIGNATURE: b" ".join(signatures).decode("ascii")}

    def verify(
        self,
        headers: IncomingHeaders,
        body: bytes,
        *,
        secrets: Sequence[str],
        now: datetime,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        """Return if one of the signatures is right and the timestamp within `tolerance` of `now`."""
        keys, body = _keys(hashable(secrets)), body_bytes(body)
        message_id, timestamp, signatures = signature_headers(headers, _ID, _TIMESTAMP, _SIGNATURE)
        check_timestamp(timestamp, now=now, tolerance=tolerance)
        if message_id_problems(message_id) or signatures.count(" ") >= _MOST_SIGNATURES:
            raise VerificationError(VerificationFailure.MALFORMED_HEADER)
        # Compared as text, not decoded: base64 has many spellings of the same bytes, and one is right.
        offered = [entry[3:] for entry in signatures.split(" ") if entry.startswith("v1,")]
        demand_match(offered, _signatures(keys, message_id, timestamp, body))


def _signatures(keys: Iterable[SigningKey], message_id: str, timestamp: str, body: bytes) -> list[bytes]:
    """Return the base64 of one signature for each key."""
    head = f"{message_id}.{timestamp}.".encode("ascii")
    return [b2a_base64(key.sign(head, body), newline=False) for key in keys]


@lru_cache(maxsize=256)
def _keys(secrets: tuple[str, ...]) -> tuple[SigningKey, ...]:
    keys = [_key(secret) for secret in checked(secrets)]
    refuse(
        f"secrets[{number}] must be whsec_ and the base64 of 24 to 64 bytes"
        for number, key in enumerate(keys)
        if not 24 <= len(key) <= 64
    )
    return tuple(map(SigningKey, keys))


def _key(secret: str) -> bytes:
    """Return the key, or nothing where the secret is none."""
    if not secret.startswith("whsec_"):
        return b""
    text = secret[len("whsec_") :]
    try:
        key = b64decode(text + "==")  # more padding than there has to be does no harm
    except ValueError:
        return b""
    # Several spellings decode alike; a key that is not spelt as one is written has been cut, or tampered with.
    canonical = b64encode(key).decode("ascii")
    return key if text in (canonical, canonical.rstrip("=")) else b""
