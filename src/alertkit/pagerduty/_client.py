"""
The client of the Events API v2.

Rules of this file: it says what is this API's own; how an event is sent stands in `_events_client.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from alertkit._backoff import Backoff
from alertkit._clock import Clock
from alertkit._http import Transport
from alertkit._observation import Observer
from alertkit.pagerduty._events import ChangeEvent, Event
from alertkit.pagerduty._events_client import EventsClient, expected, new_key
from alertkit.pagerduty._keys import RoutingKey
from alertkit.pagerduty._payload import PreparedEvent, prepare_event
from alertkit.pagerduty._region import Region
from alertkit.pagerduty._replies import Receipt

__all__ = ["PagerDutyClient"]


class PagerDutyClient(EventsClient):
    """
    Sends events to one PagerDuty service through the Events API v2.

    A send returns a `Receipt` once PagerDuty has taken the event, and otherwise raises within `deadline` seconds:
    `InvalidEventError` before any byte leaves, `PeerError` for an answer that is a refusal, `TransportError` where no
    answer came. Both of the latter carry `attempts` and `dedup_key`: to send the event again later with the same key
    pages nobody twice.

    Retried, as PagerDuty recommends: 429, 408, every 5xx, and whatever left no answer. A change event has no dedup key,
    so one whose fate is unknown (sent, and no answer) is not sent again unless `resend_changes` asks for it.

    Threads may share a client. Close it, or use it in a `with`, to give its connections back; closing is not final,
    and leaves a `transport` that was handed in alone.
    """

    _throttling = frozenset({429})

    def __init__(
        self,
        routing_key: str,
        *,
        region: Region | str = Region.US,
        base_url: str | None = None,
        transport: Transport | None = None,
        backoff: Backoff | None = None,
        deadline: float = 30.0,
        attempt_timeout: float = 10.0,
        resend_changes: bool = False,
        clock: Clock | None = None,
        new_dedup_key: Callable[[], str] = new_key,
        dice: Callable[[], float] | None = None,
        observer: Observer | None = None,
    ) -> None:
        """
        Take the integration key of the service, and what differs from the usual.

        `deadline` bounds a whole send and `attempt_timeout` one attempt of it, both in seconds. `dice` returns a float
        from [0, 1) for the jitter of the waits; None: `random.random`. `base_url` is for a
        proxy or a fake (plain HTTP on loopback only) and wins over `region`. `observer` is told of every event that is
        prepared and of every attempt, in place of the log; None: `LogObserver()`. Raises `UsageError`.
        """
        super().__init__(
            RoutingKey.parse(routing_key),
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
        self._resend_changes = resend_changes

    def send_change(self, event: ChangeEvent) -> Receipt:
        """Record a change; it pages nobody."""
        return self.send(expected(event, ChangeEvent))

    def send(self, event: Event) -> Receipt:
        """Prepare `event` and send it, again and again while that can help: the primitive under the others."""
        return self._send(event, resend=self._resend_changes)

    def _prepared(self, event: Event, default_dedup_key: str | None) -> PreparedEvent:
        return prepare_event(event, routing_key=self._key.value, default_dedup_key=default_dedup_key)
