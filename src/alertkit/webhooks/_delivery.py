"""
What became of one attempt, for the caller.

Rules of this file: everything is said in values, so that a delivery can go through a task queue; the error that an
attempt amounts to is made when it is asked for. No text here holds more of a URL than its origin.
"""

from __future__ import annotations

from attrs import frozen

from alertkit._http import HttpResponse
from alertkit.errors import (
    AlertKitError,
    BlockedAddressError,
    ConnectFailedError,
    EndpointBrokenError,
    MalformedReplyError,
    PeerError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    TransportError,
    UnavailableError,
    UsageError,
)
from alertkit.webhooks._health import NOT_TRIED, FailureKind, Outcome, Verdict
from alertkit.webhooks._message import Message
from alertkit.webhooks._plain import JsonValue
from alertkit.webhooks._request_record import RequestRecord
from alertkit.webhooks._retirement import RetirementNotice

__all__ = ["Delivery", "PortFailure"]


@frozen(kw_only=True)
class PortFailure:
    """Something of the host's that failed beside a delivery."""

    step: str
    """What was asked: `buffer.record`, `rules.policy`, `registry.disable`, …"""
    error: str
    """The class of the exception."""
    message: str
    """Its text; empty where it was handed a secret, which its text may hold."""


_UNANSWERED: dict[FailureKind, type[AlertKitError]] = {
    FailureKind.CONNECT_FAILED: ConnectFailedError,
    FailureKind.TIMED_OUT: TimedOutError,
    FailureKind.CONNECTION_LOST: TransportError,
    FailureKind.MALFORMED_REPLY: MalformedReplyError,
    FailureKind.BLOCKED: BlockedAddressError,
    FailureKind.NOT_SENDABLE: UsageError,
}


@frozen(kw_only=True)
class Delivery(JsonValue):
    """One attempt to deliver a message. `to_json` and `from_json`, or pickle, carry it through a task queue."""

    integration_id: str
    message: Message
    """What was sent. Sending it again keeps its id, so that the receiver takes it once."""
    outcome: Outcome
    """What the rules made of the answer. (`record.outcome` is what was counted, which may be nothing.)"""
    response: HttpResponse | None = None
    record: RequestRecord | None = None
    """The attempt as the buffer was given it; None where nothing was sent."""
    failure: FailureKind | None = None
    """Why nothing usable came back."""
    problem: str = ""
    """What went wrong, in words; empty where nothing did, or where what did counts as nothing (an ignored 2xx)."""
    retry_after: float | None = None
    """The seconds that the endpoint asked to wait, if it did."""
    verdict: Verdict | None = None
    """What the policy said, where this attempt made it speak: after an attempt that counted against the endpoint."""
    retirement: RetirementNotice | None = None
    """What was told where this attempt found the integration broken and acted, whether or not it reached anybody."""
    would_retire: bool = False
    """Whether it would have, were it not for `dry_run`."""
    failures: tuple[PortFailure, ...] = ()
    """What the host's ports failed at. None of it changed what the endpoint was sent."""

    @property
    def retired(self) -> bool:
        """Whether this attempt retired the integration: it is disabled now."""
        return self.retirement is not None and self.retirement.disabled

    @property
    def sent(self) -> bool:
        """Whether a byte may have left: not for an integration that is disabled, nor where this side refused."""
        return self.record is not None and self.failure not in NOT_TRIED

    @property
    def error(self) -> AlertKitError | None:
        """What went wrong, as the error to raise; None where the endpoint took the message."""
        if not self.problem:
            return None
        error = self._error()
        if isinstance(error, (TransportError, PeerError)):
            error.attempts = 1
        return error

    def raise_for_outcome(self) -> None:
        """
        Raise `error`, if there is one; its `retryable` says whether to send the message again.

        ==================================  ==========================================
        what came back                      raises
        ==================================  ==========================================
        504                                 `TimedOutError`
        408, 503 and every other 5xx        `UnavailableError`
        429                                 `RateLimitedError`, with `retry_after`
        3xx, other 4xx, 1xx                 `RejectedError`
        a 2xx that the rules count against  `RejectedError`
        a 2xx that the rules ignore         nothing
        any other status, or no HTTP        `MalformedReplyError`
        nothing                             `ConnectFailedError`, `TimedOutError`, `TransportError`
        nothing: refused to dial            `BlockedAddressError`
        nothing: not sendable               `UsageError`
        nothing was sent: it is disabled    `EndpointBrokenError`
        ==================================  ==========================================
        """
        error = self.error
        if error is not None:
            raise error

    def _error(self) -> AlertKitError:
        response = self.response
        if response is not None and response.status != 504:
            return _refusal(response.status)(self.problem, response=response, retry_after=self.retry_after)
        if self.failure is None and response is None:
            return EndpointBrokenError(self.problem, verdict=self.verdict)
        return _UNANSWERED[self.failure or FailureKind.TIMED_OUT](self.problem)


def _refusal(status: int) -> type[PeerError]:
    if status == 429:
        return RateLimitedError
    if status == 408 or 500 <= status < 600:
        return UnavailableError
    return RejectedError if 100 <= status < 500 else MalformedReplyError
