"""
A signed webhook over keep-alive loopback HTTP, its signature alone, and what a buffer takes of memory.

Rules of this file: every way posts the same bytes to the same server. The clock is the machine's; nothing is retired.
"""

from __future__ import annotations

import tracemalloc
from datetime import datetime, timedelta, timezone

import requests
import standardwebhooks
from details import grown, stack_trace
from measure import Target, Variant, calls_within, interleaved, table
from server import Server, running

from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.transports.requests import AddressGuard, RequestsTransport
from alertkit.webhooks import (
    Installation,
    Integration,
    Outcome,
    RequestRecord,
    StandardWebhooksSigner,
    WebhookEvent,
    WebhookSender,
)

__all__ = ["run", "run_memory"]

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
_EVENT = WebhookEvent(
    resource="issue",
    action="created",
    installation=Installation(uuid="6f1c", organization_id="1"),
    data=grown(stack_trace, 2_000),
)
_SESSION = "Session.post"
_PACKAGE = "standardwebhooks"


def run(rounds: int) -> None:
    with running() as server:
        _sends(server, rounds)
    _signatures(rounds)


def _sends(server: Server, rounds: int) -> None:
    url = f"{server.http}/in"
    integration = Integration(id="a", slug="a", name="A", url=url, secrets=[_SECRET])
    session = requests.Session()
    published = standardwebhooks.Webhook(_SECRET)
    with (
        RequestsTransport(guard=AddressGuard(allow=["127.0.0.1"])) as transport,
        WebhookSender(buffer=MemoryRequestBuffer(), transport=transport) as sender,
    ):
        message = sender.prepare(_EVENT)
        body, text = message.body, message.body.decode()

        def bare() -> None:
            session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=10).raise_for_status()

        def signed() -> None:
            now = datetime.now(timezone.utc)
            headers = {
                "Content-Type": "application/json",
                "webhook-id": _ID,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": published.sign(_ID, now, text),
            }
            session.post(url, data=body, headers=headers, timeout=10).raise_for_status()

        ways = {
            _SESSION: bare,
            "Session.post, signed by standardwebhooks": signed,
            "alertkit": lambda: sender.send(integration, _EVENT),
            "alertkit, of a message": lambda: sender.send(integration, message),
        }
        variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
        samples = interleaved(variants, rounds)
    table(f"webhooks: send {len(body):,} bytes", samples, [_SESSION], [Target("alertkit", _SESSION, 0.75)], cpu=True)


def _signatures(rounds: int) -> None:
    body = WebhookSender(buffer=MemoryRequestBuffer()).prepare(_EVENT).body
    text = body.decode()
    signer = StandardWebhooksSigner()
    published = standardwebhooks.Webhook(_SECRET)

    def package() -> None:
        now = datetime.now(timezone.utc)
        signature = published.sign(_ID, now, text)
        headers = {
            "webhook-id": _ID,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        published.verify(body, headers)

    def alertkit() -> None:
        now = datetime.now(timezone.utc)
        headers = signer.headers(message_id=_ID, at=now, body=body, secrets=(_SECRET,))
        signer.verify(headers, body, secrets=(_SECRET,), now=now)

    ways = {_PACKAGE: package, "alertkit": alertkit}
    variants = [Variant(name, way, calls_within(way, 0.03)) for name, way in ways.items()]
    samples = interleaved(variants, rounds)
    table(f"webhooks: sign and verify {len(body):,} bytes", samples, [_PACKAGE], [Target("alertkit", _PACKAGE, 0.5)])


def run_memory(attempts: int) -> None:
    """Print what the buffer takes of one integration, full, and full again many times over."""
    buffer = MemoryRequestBuffer()
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)

    def record(number: int, of: int) -> None:
        text = f"{number:08}" * 128
        attempt = RequestRecord(
            at=begin + timedelta(days=60) * (number / of),
            event_type="issue.created",
            url="https://hooks.example.com/in",
            status=500,
            outcome=Outcome.ERROR,
            request_body=text,
            response_body=text,
        )
        buffer.record("a", attempt, window=7)

    tracemalloc.start()
    for number in range(1_000):
        record(number, 1_000)
    full, _ = tracemalloc.get_traced_memory()
    for number in range(attempts):
        record(number, attempts)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    verdict = "met" if after <= 1.05 * full else "MISSED"
    print(
        "\n### webhooks: memory of one integration in MemoryRequestBuffer: one event type, the longest bodies\n\n"
        f"After 1,000 errors {full / 1e6:.2f} MB, after {attempts:,} more {after / 1e6:.2f} MB, "
        f"target <= 1.05 x: {verdict}."
    )
