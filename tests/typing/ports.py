"""Each shipped implementation is assigned to its port. Type-checked, never executed."""

from ipaddress import IPv4Network

from alertkit import Clock, Headers, HttpResponse, SystemClock, Transport
from alertkit.errors import Answer, PeerError, RateLimitedError
from alertkit.pagerduty import PagerDutyClient
from alertkit.pagerduty.services import PagerDutyService, ServicePager, ServiceRepository
from alertkit.pagerduty.v1 import EventsV1Client
from alertkit.testing import FrozenClock, MemoryServiceRepository, ScriptedTransport
from alertkit.testing.contracts import ServiceRepositoryContract, TransportContract
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
repositories: list[ServiceRepository] = [MemoryServiceRepository()]
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


def legacy_clients(transport: Transport, clock: Clock) -> list[EventsV1Client]:
    """The client of v1 takes the same ports."""
    return [EventsV1Client("0" * 32, transport=transport, clock=clock), EventsV1Client("0" * 32, region="eu")]


def connect(service: PagerDutyService, transport: Transport) -> PagerDutyClient:
    """Make the client of a service as the host wants it."""
    return PagerDutyClient(service.integration_key, transport=transport, deadline=60.0)


pagers = [ServicePager(repositories[0]), ServicePager(repositories[0], transport=transports[0], connect=connect)]


class Services(ServiceRepositoryContract):
    """A contract takes whatever is a repository."""

    def make(self) -> ServiceRepository:
        """Return one."""
        return MemoryServiceRepository()
