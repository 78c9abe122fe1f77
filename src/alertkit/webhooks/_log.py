"""
What the sender says beside what an observer is told: lines on `alertkit.webhooks`, with fields to search by.

Rules of this file: what a port of the host raised is the host's own, and is logged with its traceback, without its
words where it was handed a secret. An id of an alert may be whatever a stranger sent: it is shown as one line that is
not long.
"""

from __future__ import annotations

import logging

from alertkit._checks import MAX_LINE
from alertkit._logging import say, without_text
from alertkit.webhooks._alert import AlertProblem

__all__ = ["log_not_dispatched", "log_port_failure"]

_logger = logging.getLogger("alertkit.webhooks")


def log_port_failure(step: str, integration_id: str, error: Exception, *, in_its_words: bool) -> None:
    """Say that something of the host's failed beside a delivery."""
    integration_id = _one_line(integration_id)
    say(
        _logger,
        logging.ERROR,
        "%s failed for %s: %s",
        step,
        integration_id,
        type(error).__name__,
        fields={"integration_id": integration_id, "step": step, "error": type(error).__name__},
        error=error if in_its_words else without_text(error),
    )


def log_not_dispatched(integration_id: str, event_id: str, problem: AlertProblem) -> None:
    """Say that an alert was not sent, and why."""
    integration_id, event_id = _one_line(integration_id), _one_line(event_id)
    say(
        _logger,
        logging.WARNING,
        "alert about %s not sent to %s: %s",
        event_id,
        integration_id,
        problem.value,
        fields={"integration_id": integration_id, "event_id": event_id, "problem": problem.value},
    )


def _one_line(text: object) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(text)[:MAX_LINE])
