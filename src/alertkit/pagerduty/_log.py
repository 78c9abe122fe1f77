"""
What the slice says while it works: lines on `alertkit.pagerduty`, with fields to search by.

Rules of this file: a line names the alert by its dedup key, and holds no routing key; the texts of errors hold none.
"""

from __future__ import annotations

import logging

from alertkit._logging import say
from alertkit.errors import PeerError, TransportError
from alertkit.pagerduty._replies import Receipt
from alertkit.pagerduty._service import ServiceGone

__all__ = [
    "log_alert_lost",
    "log_delivery",
    "log_failure",
    "log_gone",
    "log_incident_untold",
    "log_key_failure",
    "log_outbox_full",
    "log_undelivered",
]

_logger = logging.getLogger("alertkit.pagerduty")
_MOST_LOGGED = 20  # an event of a great many values can have as many changes


def log_failure(error: TransportError | PeerError, delay: float | None) -> None:
    """Say that an attempt failed, and when the next one comes, if one does."""
    say(
        _logger,
        logging.WARNING,
        "%s: attempt %d failed, %s: %s",
        error.dedup_key or "change event",
        error.attempts,
        "giving up" if delay is None else f"next in {delay:.2f} s",
        error,
        fields={
            "dedup_key": error.dedup_key,
            "attempt": error.attempts,
            "delay": delay,
            "error": type(error).__name__,
            "http_status": error.status if isinstance(error, PeerError) else None,
        },
    )


def log_delivery(receipt: Receipt) -> None:
    """Say that PagerDuty has the event."""
    changed = tuple(change.field for change in receipt.changes[:_MOST_LOGGED])
    say(
        _logger,
        logging.INFO,
        "%s: delivered at attempt %d",
        receipt.dedup_key or "change event",
        receipt.attempts,
        fields={
            "dedup_key": receipt.dedup_key,
            "attempt": receipt.attempts,
            "http_status": receipt.status,
            "changed": changed,
        },
    )


def log_gone(gone: ServiceGone) -> None:
    """Say that a rule names a service which is not there, so that nobody was paged."""
    say(
        _logger,
        logging.WARNING,
        "%s: nobody is paged",
        gone,
        fields={"account_id": gone.account_id, "service_id": gone.service_id},
    )


def log_alert_lost(dedup_key: str, records: int, error: Exception) -> None:
    """Say that an alert of the log could not be delivered, and is not tried again."""
    say(
        _logger,
        logging.WARNING,
        "%s: an alert of %d log records could not be delivered",
        dedup_key,
        records,
        fields={"dedup_key": dedup_key, "records": records, "error": type(error).__name__},
        error=error,
    )


def log_outbox_full() -> None:
    """Say that alerts of the log are being dropped; said once."""
    say(_logger, logging.WARNING, "too many alerts of the log are waiting: the least severe are dropped", fields={})


def log_undelivered(dropped: int, failed: int, pending: int) -> None:
    """Say what a handler that was closed did not deliver."""
    say(
        _logger,
        logging.WARNING,
        "closed: of the alerts of the log %d were dropped, %d failed and %d are still on their way",
        dropped,
        failed,
        pending,
        fields={"dropped": dropped, "failed": failed, "pending": pending},
    )


def log_key_failure(error: Exception) -> None:
    """Say that the host's function of the dedup key failed; the usual key is used instead."""
    say(_logger, logging.ERROR, "the function for dedup keys failed", fields={}, error=error)


def log_incident_untold(dedup_key: str, action: str, error: Exception) -> None:
    """Say that PagerDuty was not told how a block ended."""
    say(
        _logger,
        logging.ERROR,
        "%s: the %s could not be delivered",
        dedup_key,
        action,
        fields={"dedup_key": dedup_key, "action": action, "error": type(error).__name__},
        error=error,
    )
