"""
Look up the service, and send to it.

Rules of this file: a service may go at any time after a rule was made that names it. That is a result and no error, so
that the loop over the host's rules goes on with the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from alertkit._checks import demand, line, methods, of_type
from alertkit._http import Transport
from alertkit.errors import StoreError, UsageError
from alertkit.pagerduty._checks import id_text
from alertkit.pagerduty._client import PagerDutyClient
from alertkit.pagerduty._error_event import ErrorEvent
from alertkit.pagerduty._events import Event, TriggerEvent
from alertkit.pagerduty._log import log_gone
from alertkit.pagerduty._metric_alert import MetricAlert
from alertkit.pagerduty._ports import ServiceRepository
from alertkit.pagerduty._replies import Receipt
from alertkit.pagerduty._service import PagerDutyService, ServiceGone
from alertkit.transports import TransportInUse

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ServicePager"]


def _usual_client(service: PagerDutyService, transport: Transport) -> PagerDutyClient:
    return PagerDutyClient(service.integration_key, region=service.region, transport=transport)


class ServicePager:
    """
    Sends events to the services of the host's accounts, by account and service id.

    The services share one transport. Threads may share a pager. Close it, or use it in a `with`, to give its
    connections back; closing is not final, and leaves a `transport` that was handed in alone.
    """

    def __init__(
        self,
        repository: ServiceRepository,
        *,
        transport: Transport | None = None,
        connect: Callable[[PagerDutyService, Transport], PagerDutyClient] = _usual_client,
    ) -> None:
        """
        Take the repository, and what differs from the usual.

        `connect` makes the client of a service over the transport that all share; by default one with the usual
        settings, in the region of the service. Raises `UsageError`.
        """
        demand(
            methods("repository", repository, "find"),
            () if transport is None else methods("transport", transport, "send"),
            () if callable(connect) else ("connect must be a function",),
        )
        self._repository = repository
        self._transport = TransportInUse(transport, guarded=False)
        self._connect = connect

    def client_for(self, account_id: str | int, service_id: str | int) -> PagerDutyClient | ServiceGone:
        """
        Return a client of the service, or `ServiceGone` where the account has no such service.

        Raises `UsageError` for ids that are none, and `StoreError` where the lookup failed, or found something else;
        that is `retryable` unless the cause is a `UsageError`, such as a stored key that PagerDuty could not take.
        """
        account, service = id_text(account_id), id_text(service_id)
        demand(line("account_id", account), line("service_id", service))
        found = self._found(account, service)
        if found is None:
            gone = ServiceGone(account, service)
            log_gone(str(gone), account, service)
            return gone
        return self._connect(found, self._transport)

    def send(
        self, event: Event | ErrorEvent | MetricAlert, *, account_id: str | int, service_id: str | int
    ) -> Receipt | ServiceGone:
        """
        Send `event` to the service, or return `ServiceGone` where the account has no such service.

        Raises what `client_for` and the client raise.
        """
        client = self.client_for(account_id, service_id)
        if isinstance(client, ServiceGone):
            return client
        if isinstance(event, (TriggerEvent, ErrorEvent, MetricAlert)):
            return client.send_trigger(event)
        return client.send(event)

    def close(self) -> None:
        """Give the pager's own connections back; a later send opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the pager itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pager."""
        self.close()

    def _found(self, account_id: str, service_id: str) -> PagerDutyService | None:
        try:
            service = self._repository.find(account_id, service_id)
            demand(() if service is None else of_type("what find returns", service, PagerDutyService))
            demand(() if service is None or service.id == service_id else ("find returned a service of another id",))
        except Exception as error:
            failure = StoreError(f"the lookup of PagerDuty service {service_id!r} of account {account_id!r} failed")
            failure.retryable = not isinstance(error, UsageError)
            raise failure from error
        return service
