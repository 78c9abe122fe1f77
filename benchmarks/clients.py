"""
The ways to send one and the same alert: the standard library, requests, the peers, and alertkit.

Rules of this file: every sender encodes its body on each send, checks the status and reads the answer, as far as the
peer does that at all; what a peer leaves out is said in README.md. No network code is replaced. Threads may share a
sender.
"""

from __future__ import annotations

import http.client
import json
import logging
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from apprise import Apprise
from apprise.plugins.pagerduty import PAGERDUTY_API_LOOKUP, NotifyPagerDuty, PagerDutyRegion
from details import Details
from pagerduty import EventsApiV2Client
from requests.adapters import HTTPAdapter

from alertkit.pagerduty import PagerDutyClient, Severity, TriggerEvent, prepare_event

__all__ = [
    "KEY",
    "LoopbackEventsClient",
    "Send",
    "equal_dict",
    "trigger",
    "with_alertkit",
    "with_alertkit_building",
    "with_apprise",
    "with_http_client",
    "with_pagerduty",
    "with_session",
]

Send = Callable[[], object]

KEY = "0123456789abcdef0123456789abcdef"
_SUMMARY = "IntegrityError: duplicate key value violates unique constraint"
_SOURCE = "checkout.services.orders"
_DEDUP_KEY = "checkout/orders/4711"
_PATH = "/v2/enqueue"


def trigger(details: Details) -> TriggerEvent:
    return TriggerEvent(
        summary=_SUMMARY,
        source=_SOURCE,
        severity=Severity.ERROR,
        dedup_key=_DEDUP_KEY,
        component="checkout",
        custom_details=details,
    )


def equal_dict(details: Details) -> dict[str, Any]:
    return prepare_event(trigger(details), routing_key=KEY).payload


def with_http_client(base_url: str, details: Details) -> Send:
    """One connection per thread, and nothing else: what the standard library costs."""
    document = equal_dict(details)
    parts = urlsplit(base_url)
    mine = threading.local()

    def send() -> object:
        connection = getattr(mine, "connection", None)
        if connection is None:
            connection = mine.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        body = json.dumps(document).encode()
        connection.request("POST", parts.path + _PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 202
        return json.loads(content)

    return send


def with_session(base_url: str, details: Details, *, pool_maxsize: int | None = None) -> Send:
    """One session for all threads; `pool_maxsize` None is the pool of 10 that it comes with."""
    document = equal_dict(details)
    session = requests.Session()
    if pool_maxsize is not None:
        session.mount("http://", HTTPAdapter(pool_maxsize=pool_maxsize))
    # A pool that is too small says so on every send; what the text costs on a terminal is not to be measured.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

    def send() -> object:
        answer = session.post(base_url + _PATH, json=document, timeout=10)
        answer.raise_for_status()
        return answer.json()

    return send


class LoopbackEventsClient(EventsApiV2Client):
    """
    The client of the `pagerduty` package, with a base URL that need not be HTTPS.

    It checks the scheme in the setter of `url`, a plain property, which is overridden here; all else is its own.
    """

    @property
    def url(self) -> str:
        """The base URL."""
        return self._url or ""

    @url.setter
    def url(self, new_base_url: str) -> None:
        self._url = new_base_url


def with_pagerduty(
    base_url: str, details: Details, *, kind: type[LoopbackEventsClient] = LoopbackEventsClient, **options: Any
) -> Send:
    client = kind(KEY, base_url=base_url, **options)

    def send() -> object:
        return client.trigger(
            summary=_SUMMARY,
            source=_SOURCE,
            dedup_key=_DEDUP_KEY,
            severity="error",
            payload={"component": "checkout"},
            custom_details=details,
        )

    return send


class _UnthrottledPagerDuty(NotifyPagerDuty):  # type: ignore[no-untyped-call]
    """apprise's plugin, without the pause of 5.5 seconds that it makes between two alerts."""

    request_rate_per_sec = 0


def with_apprise(base_url: str, details: Details) -> Send:
    # The plugin takes its URL from this table of regions, and from nowhere else.
    PAGERDUTY_API_LOOKUP[PagerDutyRegion.US] = base_url + _PATH
    plugin = _UnthrottledPagerDuty(
        apikey=KEY, integrationkey=KEY, source=_SOURCE, component="checkout", severity="error", dedup=_DEDUP_KEY
    )
    taken: Any = plugin.details  # its constructor is annotated for texts; its `send` takes anything
    taken.update(details)
    notifier = Apprise()
    notifier.add(plugin)

    def send() -> object:
        sent = notifier.notify(body=_SUMMARY)
        assert sent
        return sent

    return send


def with_alertkit(base_url: str, details: Details, **options: Any) -> Send:
    client = PagerDutyClient(KEY, base_url=base_url, **options)
    event = trigger(details)
    return lambda: client.send_trigger(event)


def with_alertkit_building(base_url: str, details: Details, **options: Any) -> Send:
    client = PagerDutyClient(KEY, base_url=base_url, **options)
    return lambda: client.send_trigger(trigger(details))
