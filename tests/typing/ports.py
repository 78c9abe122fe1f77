"""Each shipped implementation is assigned to its port. Type-checked, never executed."""

from ipaddress import IPv4Network

from alertkit import Clock, Headers, HttpResponse, SystemClock, Transport
from alertkit.errors import Answer, PeerError, RateLimitedError
from alertkit.pagerduty import PagerDutyClient
from alertkit.testing import FrozenClock, ScriptedTransport
from alertkit.testing.contracts import TransportContract
from alertkit.transports import CloseableTransport, default_transport
from alertkit.transports.requests import AddressGuard, RequestsTransport

transports: list[Transport] = [RequestsTransport(), ScriptedTransport(202), default_transport(guarded=True)]
closeable: list[CloseableTransport] = [RequestsTransport(), default_transport(guarded=False)]
guarded: list[Transport] = [
    RequestsTransport(guard=AddressGuard()),
    RequestsTransport(
        guard=AddressGuard(
            allow=["10.0.0.0/8", IPv4Network("192.0.2.0/24")], ports=range(8000, 9000), behind_proxy=True
        ),
        resolve=lambda host: [host],
    ),
]
clocks: list[Clock] = [SystemClock(), FrozenClock()]
answer: Answer = HttpResponse(429, Headers({"Retry-After": "7"}), b"", 0.5)
error: PeerError = RateLimitedError("slow down", response=HttpResponse(429), errors=["a"], retry_after=7.0)


class Contract(TransportContract):
    """A contract takes whatever is a transport."""

    def make(self) -> Transport:
        """Return one."""
        return RequestsTransport(clock=FrozenClock())


def clients(transport: Transport, clock: Clock) -> list[PagerDutyClient]:
    """A shell takes the ports, and every implementation of them."""
    return [
        PagerDutyClient("0" * 32, transport=transport, clock=clock),
        PagerDutyClient("0" * 32, transport=ScriptedTransport(202, OSError("disk")), clock=FrozenClock()),
        PagerDutyClient("0" * 32, transport=RequestsTransport(), clock=SystemClock()),
    ]
