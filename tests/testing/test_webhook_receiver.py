"""WebhookReceiver and the ports in memory: what a host tests with."""

import http.client
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from alertkit import UsageError
from alertkit.testing import (
    FrozenClock,
    MemoryAuditLog,
    MemoryIntegrationRegistry,
    MemoryOwnerNotifier,
    WebhookReceiver,
)
from alertkit.testing.contracts import AuditLogContract, IntegrationRegistryContract, OwnerNotifierContract
from alertkit.webhooks import HookSigner, StandardWebhooksSigner, VerificationFailure

AT = datetime(2026, 3, 10, tzinfo=timezone.utc)


def post(receiver, body, headers):
    """Return the status of the answer."""
    with closing(http.client.HTTPConnection(receiver.url.removeprefix("http://"), timeout=5)) as connection:
        connection.request("POST", "/in", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def signed(body=b"{}", *, at=AT, secret=WebhookReceiver.secret):
    """Return the headers that sign a body."""
    return StandardWebhooksSigner().headers(message_id="msg_1", at=at, body=body, secrets=[secret])


def test_it_takes_what_is_signed():
    """At the time of its clock."""
    with WebhookReceiver(clock=FrozenClock(AT)) as receiver:
        assert post(receiver, b'{"action":"created"}', signed(b'{"action":"created"}')) == 200

    (webhook,) = receiver.webhooks
    assert (webhook.message_id, webhook.untrusted, webhook.payload) == ("msg_1", None, {"action": "created"})
    assert "created" not in repr(webhook)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, VerificationFailure.MISSING_HEADER),
        (signed(b"other"), VerificationFailure.NO_MATCH),
        (signed(secret="whsec_" + "A" * 32), VerificationFailure.NO_MATCH),
        (signed(at=AT - timedelta(hours=1)), VerificationFailure.TOO_OLD),
        ({**signed(), "webhook-timestamp": "soon"}, VerificationFailure.MALFORMED_HEADER),
    ],
)
def test_it_refuses_what_is_not(headers, reason):
    """With a 401, and it remembers why."""
    with WebhookReceiver(clock=FrozenClock(AT)) as receiver:
        assert post(receiver, b"{}", headers) == 401

    (webhook,) = receiver.webhooks
    assert webhook.untrusted is reason
    assert webhook.message_id == headers.get("webhook-id", "")


def test_trust_is_judged_when_it_comes_in():
    """What was trusted stays trusted, however late a test looks."""
    clock = FrozenClock(AT)
    with WebhookReceiver(clock=clock) as receiver:
        post(receiver, b"{}", signed())
        clock.advance(timedelta(days=1))

    assert receiver.webhooks[0].untrusted is None


def test_an_order_that_is_no_answer_is_told_at_once():
    """In the test that gives it, not in a thread of the server."""
    with WebhookReceiver(clock=FrozenClock(AT)) as receiver:
        with pytest.raises(UnicodeEncodeError):
            receiver.will_answer(200, headers={"X-Text": "\u2603"})
        with pytest.raises(TypeError, match="not JSON serializable"):
            receiver.will_answer(200, {"at": AT})
        assert post(receiver, b"{}", signed()) == 200


def test_orders_are_carried_out_and_remembered():
    """An ordered answer is given whatever the signature; the webhook is remembered with what it is worth."""
    with WebhookReceiver(clock=FrozenClock(AT)) as receiver:
        receiver.will_answer(503, {"error": "busy"}, headers={"Retry-After": "7"})
        assert [post(receiver, b"{}", signed()) for _ in range(2)] == [503, 200]

    assert [webhook.untrusted for webhook in receiver.webhooks] == [None, None]
    assert len(receiver.requests) == 2


def test_another_scheme():
    """Any signer verifies, with any secrets."""
    hook = HookSigner(prefix="Shop")
    with WebhookReceiver(signer=hook, secrets=["s3cr3t"], clock=FrozenClock(AT)) as receiver:
        headers = hook.headers(message_id="m", at=AT, body=b"{}", secrets=["s3cr3t"])
        assert post(receiver, b"{}", headers) == 200
        assert receiver.secret == "s3cr3t"
    assert receiver.webhooks[0].message_id == "m"


def test_which_id_it_is_known_by():
    """That of Standard Webhooks, where there are two."""
    with WebhookReceiver(clock=FrozenClock(AT)) as receiver:
        post(receiver, b"{}", {"Request-ID": "other", **signed()})
    assert receiver.webhooks[0].message_id == "msg_1"


@pytest.mark.parametrize("secrets", [[], ["not a key"], "whsec_YWxlcnRraXQtdGVzdGluZy1zZWNyZXQtMDAwMQ=="])
def test_secrets_that_verify_nothing(secrets):
    """They are told before it listens."""
    with pytest.raises(UsageError, match="secrets"):
        WebhookReceiver(secrets=secrets)


def test_a_connection_goes_on_after_a_delay():
    """The next request comes over the same one."""
    with (
        WebhookReceiver(clock=FrozenClock(AT)) as receiver,
        closing(http.client.HTTPConnection(receiver.url.removeprefix("http://"), timeout=5)) as connection,
    ):
        receiver.will_delay(0.01)
        for _ in range(2):
            connection.request("POST", "/in", b"{}", signed())
            assert connection.getresponse().read() == b""
        assert receiver.connections == 1


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"7", b"{", b"[" * 100_000])
def test_a_body_that_is_no_object(body):
    """It reads as an empty one."""
    with WebhookReceiver(clock=FrozenClock(AT)) as receiver:
        assert post(receiver, body, signed(body)) == 200
    assert receiver.webhooks[0].payload == {}


class TestMemoryIntegrationRegistry(IntegrationRegistryContract):
    """Keeps every clause."""

    def make(self):
        """Return one, in which everything is enabled."""
        return MemoryIntegrationRegistry()

    def is_enabled(self, registry, integration_id):
        """Look."""
        return registry.is_enabled(integration_id)


class TestMemoryOwnerNotifier(OwnerNotifierContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        return MemoryOwnerNotifier()

    def told(self, notifier):
        """Return the notices as texts."""
        return [str(notice) for notice in notifier.notices]


class TestMemoryAuditLog(AuditLogContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        return MemoryAuditLog()

    def kept(self, audit):
        """Return the entries."""
        return audit.entries


def test_an_owner_enables_again():
    """The registry knows what is disabled now, and how often it was told."""
    registry = MemoryIntegrationRegistry()
    registry.disable("a")
    registry.enable("a")
    registry.enable("b")
    registry.disable("c")

    assert [registry.is_enabled(each) for each in "abc"] == [True, True, False]
    assert (registry.disabled, registry.disable_calls) == (("c",), ("a", "c"))
