"""The default transport, on requests, and the guard for URLs that strangers write."""

from alertkit.transports._guard import AddressGuard
from alertkit.transports._transport import RequestsTransport

__all__ = ["AddressGuard", "RequestsTransport"]
