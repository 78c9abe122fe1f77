"""
What the queue and the notifier say while they work: lines on `alertkit.mail`, with fields to search by.

Rules of this file: no address at any level, since owners are people. A mail is known by its Message-ID; whom it was for
is in the report that the observer gets.
"""

from __future__ import annotations

import logging

from alertkit._logging import say
from alertkit.mail._report import DropReason, MailOutcome, MailReport

__all__ = ["log_link_left_out", "log_observer_failure", "log_report", "log_retry"]

_logger = logging.getLogger("alertkit.mail")


def log_report(report: MailReport) -> None:
    """Say how far a mail has come: an error where it was dropped."""
    level = {MailOutcome.QUEUED: logging.DEBUG, MailOutcome.SENT: logging.INFO}.get(report.outcome, logging.ERROR)
    reason = None if report.reason is None else report.reason.value
    say(
        _logger,
        level,
        "mail %s: %s%s",
        report.message_id,
        report.outcome,
        _because(report.reason, report.problem),
        fields={
            "mail_message_id": report.message_id,
            "mail_outcome": report.outcome.value,
            "reason": reason,
            "attempts": report.attempts,
            "smtp_code": report.code,
        },
    )


def log_retry(message_id: str, *, attempts: int, problem: str, delay: float) -> None:
    """Say that a mail is to be tried again, and when."""
    say(
        _logger,
        logging.WARNING,
        "mail %s: %s; again in %.1f s",
        message_id,
        problem,
        delay,
        fields={"mail_message_id": message_id, "attempts": attempts, "delay": delay},
    )


def log_observer_failure(error: Exception) -> None:
    """Say that the observer failed. It was handed an address, which may stand in its text, so that is left out."""
    kind = type(error).__name__
    shown = RuntimeError(f"{kind}, without its text").with_traceback(error.__traceback__)
    say(_logger, logging.ERROR, "the observer failed: %s", kind, fields={"error": kind}, error=shown)


def log_link_left_out(integration_id: str, problem: str) -> None:
    """Say that the owners were told without a link to the request log."""
    fields = {"integration_id": integration_id}
    say(_logger, logging.ERROR, "no link to the requests of %s: %s", integration_id, problem, fields=fields)


def _because(reason: DropReason | None, problem: str) -> str:
    words = ", ".join(filter(None, (None if reason is None else reason.value, problem)))
    return f" ({words})" if words else ""
