"""
What the tests of the webhooks are about, made to differ from the usual as a test needs.

Rules of this file: nothing is random and nothing is shared that can be changed.
"""

from datetime import datetime, timezone

from alertkit import StoreError
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import FrozenClock, MemoryAuditLog, MemoryIntegrationRegistry, MemoryOwnerNotifier
from alertkit.webhooks import Installation, Integration, WebhookEvent, WebhookSender

AT = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URL = "https://hooks.example.com/in"


def integration(**given):
    """Return an internal integration with one secret."""
    usual = {"id": "billing-sync", "slug": "billing-sync", "name": "Billing sync", "url": URL, "secrets": [SECRET]}
    return Integration(**{**usual, **given})


def event(**given):
    """Return `issue.created`."""
    usual = {
        "resource": "issue",
        "action": "created",
        "installation": Installation(uuid="6f1c", organization_id="1"),
        "data": {"issue": {"id": "17"}},
    }
    return WebhookEvent(**{**usual, **given})


class Failing:
    """A port of the host's, every call of which fails."""

    def __init__(self, error=None):
        """Take what it raises."""
        self.error = error or StoreError("down")

    def __getattr__(self, name):
        """Be any method."""

        def fail(*_, **__):
            raise self.error

        return fail


class World:
    """A host with everything in memory, and a sender over it."""

    def __init__(self, transport, **options):
        """Take the transport, and options of the sender."""
        self.clock = options.pop("clock", None) or FrozenClock(AT)
        self.buffer = options.pop("buffer", None) or MemoryRequestBuffer()
        self.registry = options.pop("registry", None) or MemoryIntegrationRegistry()
        self.notifier = options.pop("notifier", None) or MemoryOwnerNotifier()
        self.audit = options.pop("audit", None) or MemoryAuditLog()
        self.transport = transport
        self.sender = WebhookSender(
            buffer=self.buffer,
            registry=self.registry,
            notifier=self.notifier,
            audit=self.audit,
            transport=transport,
            clock=self.clock,
            new_message_id=lambda: "msg_made",
            **options,
        )

    def send(self, *, to=None, what=None, **options):
        """Send, the usual to the usual."""
        return self.sender.send(to or integration(), what or event(), **options)

    @property
    def told(self):
        """How often each port was told, registry, notifier, audit."""
        return len(self.registry.disable_calls), len(self.notifier.notices), len(self.audit.entries)

    def tallies(self, days=7, integration_id="billing-sync"):
        """Return the counts of the last days."""
        return self.buffer.tallies(integration_id, until=self.clock.now().date(), days=days)
