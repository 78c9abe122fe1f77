"""
What a host needs to test its use of alertkit, and what alertkit tests itself with: time that stands still, a transport
without a network, and servers on loopback that behave like the real ones.
"""

from alertkit.testing._clock import FrozenClock
from alertkit.testing._cloudflare_ports import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
)
from alertkit.testing._loopback import Conversation, LoopbackServer, ReceivedRequest
from alertkit.testing._mail_queue import MemoryMailQueue, SentMail
from alertkit.testing._observer import CountingObserver
from alertkit.testing._pagerduty import Alert, AlertState, FakePagerDuty
from alertkit.testing._pagerduty_ports import MemoryServiceRepository
from alertkit.testing._scripted_server import ScriptedServer
from alertkit.testing._signed_hook import SignedHook, signed_hook
from alertkit.testing._transport import ScriptedTransport, Step
from alertkit.testing._webhook_lookups import (
    MemoryIntegrationLookup,
    MemoryOrganizationLookup,
    MemoryProjectLookup,
)
from alertkit.testing._webhook_ports import MemoryAuditLog, MemoryIntegrationRegistry, MemoryOwnerNotifier
from alertkit.testing._webhook_receiver import ReceivedWebhook, WebhookReceiver

__all__ = [
    "Alert",
    "AlertState",
    "Conversation",
    "CountingObserver",
    "FakePagerDuty",
    "FrozenClock",
    "LoopbackServer",
    "MemoryAuditLog",
    "MemoryAuthenticator",
    "MemoryIntegrationLookup",
    "MemoryIntegrationRegistry",
    "MemoryMailQueue",
    "MemoryOrganizationLookup",
    "MemoryOrganizationRepository",
    "MemoryOwnerNotifier",
    "MemoryProjectKeyRepository",
    "MemoryProjectLookup",
    "MemoryProjectRepository",
    "MemoryServiceRepository",
    "ReceivedRequest",
    "ReceivedWebhook",
    "ScriptedServer",
    "ScriptedTransport",
    "SentMail",
    "SignedHook",
    "Step",
    "WebhookReceiver",
    "signed_hook",
]
