"""
The scheme of Sentry's integration platform: `Request-ID`, and `…-Resource`, `…-Timestamp`, `…-Signature`.

Rules of this file: pure. It signs the body alone, which is what receivers of that platform expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from attrs import frozen

from alertkit._checks import refuse
from alertkit._http import header_problems
from alertkit._signing import SigningKey
from alertkit.webhooks._event import name_problems
from alertkit.webhooks._message import message_id_problems
from alertkit.webhooks._signer import (
    TOLERANCE,
    IncomingHeaders,
    body_bytes,
    check_timestamp,
    checked,
    demand_match,
    hashable,
    signature_headers,
    unix_seconds,
)

__all__ = ["HookSigner"]


@frozen
class HookSigner:
    """
    Signs as Sentry's integration platform does: hexadecimal HMAC-SHA-256 of the body alone.

    The id and the timestamp are not signed, so a receiver cannot tell a replay by them; `StandardWebhooksSigner` beside
    it can. Only the newest secret signs, since the header has room for one; any of them verifies.
    """

    prefix: str = "Sentry-Hook"
    """What the names of its headers begin with."""

    def __attrs_post_init__(self) -> None:
        """Refuse what begins no header."""
        refuse(header_problems({self.prefix: ""}))

    def headers(
        self, *, message_id: str, at: datetime, body: bytes, secrets: Sequence[str], resource: str = ""
    ) -> dict[str, str]:
        """
        Return `Request-ID`, `…-Timestamp` (unix seconds) and `…-Signature`, and `…-Resource` where there is one.

        Raises `UsageError`.
        """
        refuse(message_id_problems(message_id), name_problems("resource", resource) if resource else ())
        newest, *_ = _keys(hashable(secrets))
        said = {f"{self.prefix}-Resource": resource} if resource else {}
        return {
            "Request-ID": message_id,
            **said,
            f"{self.prefix}-Timestamp": unix_seconds(at),
            f"{self.prefix}-Signature": newest.sign(body_bytes(body)).hex(),
        }

    def verify(
        self,
        headers: IncomingHeaders,
        body: bytes,
        *,
        secrets: Sequence[str],
        now: datetime,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        """Return if the signature is right and the timestamp, which is not signed, within `tolerance` of `now`."""
        keys, body = _keys(hashable(secrets)), body_bytes(body)
        names = (f"{self.prefix}-Timestamp".lower(), f"{self.prefix}-Signature".lower())
        timestamp, signature = signature_headers(headers, *names)
        check_timestamp(timestamp, now=now, tolerance=tolerance)
        demand_match([signature], [key.sign(body).hex().encode("ascii") for key in keys])


@lru_cache(maxsize=256)
def _keys(secrets: tuple[str, ...]) -> tuple[SigningKey, ...]:
    return tuple(SigningKey(secret.encode("utf-8", "surrogatepass")) for secret in checked(secrets))
