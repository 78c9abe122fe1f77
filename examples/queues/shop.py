"""
What the RQ example beside this file delivers with: yours has its own table of integrations, and a store that lasts.

The guard lets a sender reach this machine, where the endpoints of tests are. Leave `transport` out in an app.
"""

from __future__ import annotations

from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.transports.requests import AddressGuard, RequestsTransport
from alertkit.webhooks import Integration, WebhookSender

integrations: dict[str, Integration] = {}
sender = WebhookSender(
    buffer=MemoryRequestBuffer(), transport=RequestsTransport(guard=AddressGuard(allow=["127.0.0.1"]))
)
