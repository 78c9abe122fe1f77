"""
What the sender says while it works: lines on `alertkit.webhooks`, with fields to search by.

Rules of this file: a line names the integration and the message, and no more of a URL than its origin. What a port of
the host raised is the host's own, and is logged with its traceback; no port is handed a secret.
"""

from __future__ import annotations

import logging

from alertkit._logging import say
from alertkit.webhooks._alert import AlertProblem
from alertkit.webhooks._delivery import Delivery
from alertkit.webhooks._health import Outcome, Verdict
from alertkit.webhooks._integration import Integration
from alertkit.webhooks._retirement import RetirementNotice

__all__ = ["log_attempt", "log_not_dispatched", "log_port_failure", "log_retired", "log_would_retire"]

_logger = logging.getLogger("alertkit.webhooks")


def log_attempt(delivery: Delivery) -> None:
    """Say what became of an attempt: a warning where the endpoint did not take the message."""
    level = logging.INFO if delivery.outcome is Outcome.SUCCESS or delivery.record is None else logging.WARNING
    if not _logger.isEnabledFor(level):  # asked here, since most lines are of this kind and are read by nobody
        return
    say(
        _logger,
        level,
        "%s to %s: %s",
        delivery.message.event_type,
        delivery.integration_id,
        delivery.problem or "delivered",
        fields={
            "integration_id": delivery.integration_id,
            "event_type": delivery.message.event_type,
            "message_id": delivery.message.id,
            "outcome": delivery.outcome.value,
            "http_status": None if delivery.response is None else delivery.response.status,
            "failure": None if delivery.failure is None else delivery.failure.value,
            "duration": None if delivery.record is None else delivery.record.duration,
        },
    )


def log_port_failure(step: str, integration_id: str, error: Exception) -> None:
    """Say that something of the host's failed beside a delivery."""
    say(
        _logger,
        logging.ERROR,
        "%s failed for %s: %s",
        step,
        integration_id,
        type(error).__name__,
        fields={"integration_id": integration_id, "step": step, "error": type(error).__name__},
        error=error,
    )


def log_retired(notice: RetirementNotice) -> None:
    """Say that an integration was retired, and why; an error where it could not be disabled."""
    say(
        _logger,
        logging.WARNING if notice.disabled else logging.ERROR,
        "retired %s: %s" if notice.disabled else "%s is broken and has not been disabled: %s",
        notice.integration_id,
        notice.verdict.reason,
        fields={
            "integration_id": notice.integration_id,
            "slug": notice.slug,
            "organization_id": notice.organization_id,
            "retirement_id": notice.retirement_id,
            "reason": notice.verdict.reason,
            "tallies": {
                tally.day.isoformat(): [tally.success, tally.error, tally.timeout, tally.fatal]
                for tally in notice.tallies
            },
            "disabled": notice.disabled,
        },
    )


def log_would_retire(integration: Integration, verdict: Verdict) -> None:
    """Say that an integration would have been retired."""
    say(
        _logger,
        logging.WARNING,
        "would retire %s: %s",
        integration.id,
        verdict.reason,
        fields={"integration_id": integration.id, "slug": integration.slug, "reason": verdict.reason},
    )


def log_not_dispatched(integration_id: str, event_id: str, problem: AlertProblem) -> None:
    """Say that an alert was not sent, and why."""
    say(
        _logger,
        logging.WARNING,
        "alert about %s not sent to %s: %s",
        event_id,
        integration_id,
        problem.value,
        fields={"integration_id": integration_id, "event_id": event_id, "problem": problem.value},
    )
