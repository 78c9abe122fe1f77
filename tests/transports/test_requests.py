"""RequestsTransport against the contract, and what only it does."""

from alertkit.testing.contracts import TransportContract
from alertkit.transports.requests import RequestsTransport


class TestRequestsTransport(TransportContract):
    """The shipped transport keeps every clause."""

    def make(self):
        """Return one."""
        return RequestsTransport()
