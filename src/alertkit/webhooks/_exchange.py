"""
What came of one request: an answer, or why there is none.

Rules of this file: pure. The texts of errors of a transport hold no more than the origin of a URL, and so do those that
are made here; an exchange holds none.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from alertkit._http import HttpResponse, origin, retry_after
from alertkit.errors import (
    AlertKitError,
    BlockedAddressError,
    ConnectFailedError,
    MalformedReplyError,
    TimedOutError,
    TransportError,
    UsageError,
)
from alertkit.webhooks._health import FailureKind, Outcome

__all__ = ["UNANSWERED", "Exchange"]

# By the first that fits.
_FAILURES: dict[type[AlertKitError], FailureKind] = {
    BlockedAddressError: FailureKind.BLOCKED,
    ConnectFailedError: FailureKind.CONNECT_FAILED,
    TimedOutError: FailureKind.TIMED_OUT,
    TransportError: FailureKind.CONNECTION_LOST,
    MalformedReplyError: FailureKind.MALFORMED_REPLY,
    UsageError: FailureKind.NOT_SENDABLE,
}

UNANSWERED = tuple(_FAILURES)
"""What a transport raises where it has no answer to return."""


@frozen(kw_only=True)
class Exchange:
    """One request, and what came of it: `response` or `failure`."""

    response: HttpResponse | None = None
    failure: FailureKind | None = None
    reason: str = ""
    """Why there is no answer."""
    retry_after: float | None = None
    """The seconds that the endpoint asked to wait."""
    duration: float

    @classmethod
    def answered(cls, response: HttpResponse, *, now: datetime) -> Exchange:
        """Return the exchange that ended with an answer."""
        return cls(
            response=response,
            retry_after=None if response.status < 300 else retry_after(response.headers, now=now),
            duration=response.elapsed,
        )

    @classmethod
    def failed(cls, error: AlertKitError, *, duration: float) -> Exchange:
        """Return the exchange that ended without one."""
        failure = next(_FAILURES[kind] for kind in _FAILURES if isinstance(error, kind))
        return cls(failure=failure, reason=str(error) or type(error).__name__, duration=duration)

    @property
    def status_or_failure(self) -> int | FailureKind:
        """What a classification is asked about: the status, or why there is none."""
        if self.failure is not None:
            return self.failure
        return self.status

    @property
    def status(self) -> int:
        """The status of the answer; 0 where there is none."""
        return 0 if self.response is None else self.response.status

    def problem(self, outcome: Outcome, url: str) -> str:
        """Return what went wrong at `url`, in words; nothing where nothing did."""
        well = outcome is Outcome.SUCCESS or (outcome is Outcome.IGNORED and 200 <= self.status < 300)
        if well:
            return ""
        redirect = ": a redirect, which is not followed" if 300 <= self.status < 400 else ""
        return self.reason or f"{origin(url)} answered HTTP {self.status}{redirect}"
