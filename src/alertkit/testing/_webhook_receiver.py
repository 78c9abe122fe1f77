"""
An endpoint on loopback that takes webhooks as a real one does: verifies them, answers, and remembers.

Rules of this file: whether a request is trusted is the signer's to say; here is only what is kept of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from typing import Any

from attrs import field, frozen

from alertkit._clock import Clock, SystemClock
from alertkit._http import Headers
from alertkit.errors import VerificationError
from alertkit.testing._loopback import ReceivedRequest, answer_bytes
from alertkit.testing._scripted_server import ScriptedServer
from alertkit.webhooks._signer import Signer, hashable
from alertkit.webhooks._standard_webhooks import StandardWebhooksSigner

__all__ = ["ReceivedWebhook", "WebhookReceiver"]


@frozen(kw_only=True)
class ReceivedWebhook:
    """A webhook as it came in."""

    message_id: str
    """As the sender says; empty where it does not."""
    headers: Headers
    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")
    untrusted: Enum | None
    """Why its signature is not to be trusted, a `VerificationFailure`; None where it is."""

    @property
    def payload(self) -> dict[str, Any]:
        """The body, read; an empty object where it is no object of JSON."""
        try:
            payload = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return payload if isinstance(payload, dict) else {}


class WebhookReceiver(ScriptedServer[ReceivedWebhook]):
    """
    A stand-in for an endpoint in tests, over real HTTP on a free port of 127.0.0.1.

        with WebhookReceiver() as receiver:
            sender.send(Integration(url=receiver.url, secrets=[receiver.secret], ...), event)
            assert receiver.webhooks[0].payload["action"] == "created"

    A sender with a clock of its own, such as a `FrozenClock`, wants a receiver with the same one: a timestamp that is
    five minutes off is not trusted.

    It answers 200, or 401 where the signature is not to be trusted. A test orders anything else beforehand, for the
    next requests: `will_answer`, `will_delay`, `will_drip` and `will_drop`. Threads may share it.
    """

    secret: str = "whsec_YWxlcnRraXQtdGVzdGluZy1zZWNyZXQtMDAwMQ=="  # noqa: S105  for tests, and known to everybody
    """What it verifies with: the first of the secrets that it was given."""

    def __init__(
        self, *, secrets: Sequence[str] | None = None, signer: Signer | None = None, clock: Clock | None = None
    ) -> None:
        """
        Start to listen. `signer` verifies (Standard Webhooks unless given), at the time of `clock`.

        Raises `UsageError` for secrets that the signer cannot use.
        """
        self._secrets = (self.secret,) if secrets is None else hashable(secrets)
        self._signer = StandardWebhooksSigner() if signer is None else signer
        self._clock = SystemClock() if clock is None else clock
        self._signer.headers(message_id="trial", at=self._clock.now(), body=b"", secrets=self._secrets)
        self.secret = self._secrets[0]
        super().__init__(self._webhook, self._answer)

    @property
    def webhooks(self) -> tuple[ReceivedWebhook, ...]:
        """Every webhook that came in whole, oldest first, whatever it was answered."""
        with self._lock:
            return tuple(self._received)

    def _answer(self, webhook: ReceivedWebhook) -> bytes:
        return answer_bytes(200 if webhook.untrusted is None else 401)

    def _webhook(self, request: ReceivedRequest) -> ReceivedWebhook:
        """Return what the request is worth at this moment."""
        names = ("webhook-id", "Request-ID")
        untrusted: Enum | None = None
        try:
            self._signer.verify(request.headers, request.body, secrets=self._secrets, now=self._clock.now())
        except VerificationError as error:
            untrusted = error.reason
        return ReceivedWebhook(
            message_id=next((request.headers[name] for name in names if name in request.headers), ""),
            headers=request.headers,
            body=request.body,
            untrusted=untrusted,
        )
