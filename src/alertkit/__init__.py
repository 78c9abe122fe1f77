"""
Alerting for any Python app: PagerDuty events, signed webhooks, and the Cloudflare install form.

This is the face of the kernel: the error tree, one HTTP exchange as values, the transport port, time, and the retry
policy, and observers. Each slice is imported by its own path, such as `alertkit.pagerduty`.
"""

from alertkit._backoff import Backoff
from alertkit._clock import Clock, SystemClock
from alertkit._http import (
    Headers,
    HttpRequest,
    HttpResponse,
    Transport,
)
from alertkit._observation import LogLine, Observation, Observer
from alertkit._observers import LogObserver, each_of
from alertkit._version import __version__
from alertkit.errors import (
    AlertKitError,
    BlockedAddressError,
    ConnectFailedError,
    EndpointBrokenError,
    InvalidEventError,
    MalformedReplyError,
    PayloadTooLargeError,
    PeerError,
    RateLimitedError,
    RejectedError,
    StoreError,
    TimedOutError,
    TransportError,
    UnavailableError,
    UsageError,
    VerificationError,
)

__all__ = [
    "AlertKitError",
    "Backoff",
    "BlockedAddressError",
    "Clock",
    "ConnectFailedError",
    "EndpointBrokenError",
    "Headers",
    "HttpRequest",
    "HttpResponse",
    "InvalidEventError",
    "LogLine",
    "LogObserver",
    "MalformedReplyError",
    "Observation",
    "Observer",
    "PayloadTooLargeError",
    "PeerError",
    "RateLimitedError",
    "RejectedError",
    "StoreError",
    "SystemClock",
    "TimedOutError",
    "Transport",
    "TransportError",
    "UnavailableError",
    "UsageError",
    "VerificationError",
    "__version__",
    "each_of",
]
