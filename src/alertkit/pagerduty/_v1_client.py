"""
The client of the legacy Events API v1.

Rules of this file: it says what is this API's own; how an event is sent stands in `_events_client.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from alertkit._backoff import Backoff
from alertkit._clock import Clock
from alertkit._http import Transport
from alertkit._observation import Observer
from alertkit.pagerduty._events import AcknowledgeEvent, Event, Image, Link, ResolveEvent, TriggerEvent
from alertkit.pagerduty._events_client import EventsClient, new_key
from alertkit.pagerduty._keys import RoutingKey
from alertkit.pagerduty._payload import PreparedEvent
from alertkit.pagerduty._region import Region
from alertkit.pagerduty._replies import Receipt
from alertkit.pagerduty._v1_document import prepare_v1_event

__all__ = ["EventsV1Client"]


class EventsV1Client(EventsClient):
    """
    Sends events to one PagerDuty service through the Events API v1, for integrations that have a service key of it.

    It takes the events of v2 and keeps the promises of `PagerDutyClient`, method by method, so that a move to v2 is a
    change of the client and its key. What differs is v1's: a 403 limits the rate, as a 429 does, and is retried; there
    is no change event; what v1 has no field for goes among the details (`prepare_v1_event`).
    """

    _throttling = frozenset({403, 429})

    def __init__(
        self,
        service_key: str,
        *,
        region: Region | str = Region.US,
        base_url: str | None = None,
        transport: Transport | None = None,
        backoff: Backoff | None = None,
        deadline: float = 30.0,
        attempt_timeout: float = 10.0,
        clock: Clock | None = None,
        new_dedup_key: Callable[[], str] = new_key,
        dice: Callable[[], float] | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Take the service key, and what differs from the usual, as `PagerDutyClient` does. Raises `UsageError`."""
        super().__init__(
            RoutingKey.parse(service_key, name="service_key"),
            region=region,
            base_url=base_url,
            transport=transport,
            backoff=backoff,
            deadline=deadline,
            attempt_timeout=attempt_timeout,
            clock=clock,
            new_dedup_key=new_dedup_key,
            dice=dice,
            observer=observer,
        )

    def trigger_incident(
        self,
        description: str,
        *,
        incident_key: str | None = None,
        details: Mapping[str, object] | None = None,
        client: str | None = None,
        client_url: str | None = None,
        contexts: Iterable[Link | Image] = (),
    ) -> Receipt:
        """
        Open an incident, in v1's own words: what `send_trigger` does with an event whose source is the client.

        Raises `InvalidEventError` with every problem, and what a send raises.
        """
        shown = tuple(contexts)
        event = TriggerEvent(
            summary=description,
            source=client if isinstance(client, str) and client.strip() else "unknown",
            dedup_key=incident_key,
            custom_details=details,
            client=client,
            client_url=client_url,
            links=[context for context in shown if isinstance(context, Link)],
            images=[context for context in shown if not isinstance(context, Link)],
        )
        return self.send(event)

    def send(self, event: TriggerEvent | AcknowledgeEvent | ResolveEvent) -> Receipt:
        """Prepare `event` and send it, again and again while that can help: the primitive under the others."""
        return self._send(event)

    def _prepared(self, event: Event, default_dedup_key: str | None) -> PreparedEvent:
        # A change event, which v1 does not have, is refused in there.
        return prepare_v1_event(event, service_key=self._key.value, default_dedup_key=default_dedup_key)  # type: ignore[arg-type]
