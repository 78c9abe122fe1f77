"""
Every error that alertkit raises, and nothing else.

    AlertKitError
    ├── UsageError (ValueError)          the caller's mistake
    │   ├── InvalidEventError              every problem of the value at once
    │   └── PayloadTooLargeError           more bytes than the peer takes
    ├── TransportError                   nothing usable came back
    │   ├── ConnectFailedError             the request did not reach the peer
    │   ├── TimedOutError                  it may have
    │   └── BlockedAddressError            refused to dial
    ├── PeerError                        an answer came and it is a refusal or nonsense
    │   ├── RejectedError                  4xx: do not resend unchanged
    │   ├── RateLimitedError               slow down
    │   ├── UnavailableError               5xx: the peer could not take it now
    │   └── MalformedReplyError            not an answer of the protocol
    ├── VerificationError                inbound not trusted
    ├── EndpointBrokenError              policy withheld the send
    └── StoreError                       a backend failed

Rules of this file: it imports nothing of alertkit, so everything may import it. The split is by whose fault it is.
Every class says by `retryable` whether the same call can succeed later, survives pickling, and puts no secret into
its text: whoever raises one builds the text from hosts, limits and the peer's words, never from keys or whole URLs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Protocol

__all__ = [
    "AlertKitError",
    "Answer",
    "BlockedAddressError",
    "ConnectFailedError",
    "EndpointBrokenError",
    "InvalidEventError",
    "MalformedReplyError",
    "PayloadTooLargeError",
    "PeerError",
    "RateLimitedError",
    "RejectedError",
    "StoreError",
    "TimedOutError",
    "TransportError",
    "UnavailableError",
    "UsageError",
    "VerificationError",
]


class Answer(Protocol):
    """What an error may keep of an answer; `HttpResponse` is one. Declared here so that this file imports nothing."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers."""
        ...

    @property
    def body(self) -> bytes:
        """The response body."""
        ...


def _revive(kind: type[AlertKitError], args: tuple[object, ...], state: dict[str, object]) -> AlertKitError:
    """Rebuild an unpickled error without calling its constructor, whose keywords pickle does not know."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class AlertKitError(Exception):
    """The root of everything that alertkit raises on purpose."""

    retryable: bool = False
    """Whether the same call, unchanged, can succeed later."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the text and the attributes; the cause stays behind, as for every Python exception."""
        return _revive, (type(self), self.args, self.__dict__.copy())


class UsageError(AlertKitError, ValueError):
    """The caller passed something that cannot work; no byte has left."""


class InvalidEventError(UsageError):
    """A value that the peer would refuse. `problems` lists everything that is wrong with it, one sentence each."""

    problems: tuple[str, ...]

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class PayloadTooLargeError(UsageError):
    """The value needs `actual` bytes where the peer takes at most `limit`, and nothing optional is left to drop."""

    def __init__(self, message: str, *, limit: int, actual: int) -> None:
        super().__init__(message)
        self.limit: int = limit
        self.actual: int = actual


class TransportError(AlertKitError):
    """
    Nothing usable came back. Raised itself where the connection broke after the request had left, so that the peer
    may or may not have seen it; the subclasses know more.
    """

    retryable = True
    attempts: int = 0
    """How many requests the failed send had put on the wire."""
    dedup_key: str | None = None
    """The key of the event that was not delivered: resend with it and nobody is paged twice."""


class ConnectFailedError(TransportError):
    """The request did not reach the peer: no address, no connection, no TLS, or broken off before its last byte."""


class TimedOutError(TransportError):
    """No complete answer in time. The peer may have seen the request."""


class BlockedAddressError(TransportError):
    """The transport refused to dial the address."""

    retryable = False


class PeerError(AlertKitError):
    """
    An answer came, and it is a refusal or nonsense.

    `response` is the answer, or None where not even its head could be read. `message` and `errors` are the peer's own
    words, `retry_after` the seconds it asked to wait.
    """

    attempts: int = 0
    """How many requests the failed send had put on the wire."""
    dedup_key: str | None = None
    """The key of the event that was not delivered: resend with it and nobody is paged twice."""

    def __init__(
        self,
        text: str,
        *,
        response: Answer | None = None,
        message: str = "",
        errors: Iterable[str] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.response: Answer | None = response
        self.message: str = message
        self.errors: tuple[str, ...] = tuple(errors)
        self.retry_after: float | None = retry_after

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer, or None where none could be read."""
        return None if self.response is None else self.response.status


class RejectedError(PeerError):
    """The peer understood and refused (4xx, or a redirect, which is never followed): do not resend unchanged."""


class RateLimitedError(PeerError):
    """Too many requests. `retry_after` holds the seconds the peer asked to wait, or None."""

    retryable = True


class UnavailableError(PeerError):
    """The peer could not take the request now: any 5xx, and 408."""

    retryable = True


class MalformedReplyError(PeerError):
    """What came back is not an answer of the protocol."""

    retryable = True


class VerificationError(AlertKitError):
    """An inbound message is not trusted. `reason` is an enum member, so that no attacker's text is in it."""

    def __init__(self, reason: Enum) -> None:
        super().__init__(str(reason.value))
        self.reason: Enum = reason


class EndpointBrokenError(AlertKitError):
    """A policy withheld the send; `verdict` says why."""

    def __init__(self, text: str, *, verdict: object = None) -> None:
        super().__init__(text)
        self.verdict: object = verdict


class StoreError(AlertKitError):
    """A backend failed; the driver's error is the `__cause__`."""

    retryable = True
