"""
What the slice says beside what an observer is told: lines on `alertkit.pagerduty`, with fields to search by.

Rules of this file: a line names the alert by its dedup key, and holds no routing key; the texts of errors hold none.
"""

from __future__ import annotations

import logging

from alertkit._logging import say

__all__ = [
    "log_alert_lost",
    "log_function_failure",
    "log_gone",
    "log_incident_untold",
    "log_outbox_full",
    "log_undelivered",
]

_logger = logging.getLogger("alertkit.pagerduty")


def log_gone(told: str, account_id: str, service_id: str) -> None:
    """Say that a rule names a service which is not there, so that nobody was paged."""
    say(
        _logger,
        logging.WARNING,
        "%s: nobody is paged",
        told,
        fields={"account_id": account_id, "service_id": service_id},
    )


def log_alert_lost(dedup_key: str, records: int, error: Exception) -> None:
    """Say that an alert of the log could not be delivered, and is not tried again."""
    say(
        _logger,
        logging.ERROR,
        "%s: an alert could not be delivered (log records: %d)",
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
        logging.ERROR,
        "closed, and alerts of the log were not delivered: %d were dropped, %d failed and %d were not waited for",
        dropped,
        failed,
        pending,
        fields={"dropped": dropped, "failed": failed, "pending": pending},
    )


def log_function_failure(name: str, error: Exception) -> None:
    """Say that a function of the host's failed; said once of each."""
    say(_logger, logging.ERROR, "the %s of a handler failed", name, fields={"function": name}, error=error)


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
