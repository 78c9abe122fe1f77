"""
What the installer says while it works: lines on `alertkit.cloudflare`, with fields to search by.

Rules of this file: a line is made of words of ours. What a repository of the host's raised is the host's own, and is
logged with its traceback. Of what an authenticator raised only its kind and the traceback's frames are: it was handed a
token, which may stand in its text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from alertkit._logging import say
from alertkit.cloudflare._event import HookEvent
from alertkit.cloudflare._reply import HookRecord

__all__ = ["log_observer_failure", "log_port_failure", "log_record"]

_logger = logging.getLogger("alertkit.cloudflare")


# Whoever chooses an organization or a project, or logs out, means what comes after it to change.
_CHANGES_THE_REST = (HookEvent.ORGANIZATION, HookEvent.PROJECT, HookEvent.ACCOUNT_LOGOUT)


def log_record(record: HookRecord) -> None:
    """Say what became of a request: a warning where it was refused or failed, or a choice is gone that nobody undid."""
    event = None if record.event is None else record.event.value
    refusal = None if record.refusal is None else record.refusal.name.lower()
    undone = (record.replaced or record.dropped) and record.event not in _CHANGES_THE_REST
    say(
        _logger,
        logging.WARNING if record.refusal or record.lost or record.failed_port or undone else logging.INFO,
        "hook %s: %s",
        event or "refused",
        ", ".join(_said(record)),
        fields={
            "event": event,
            "http_status": record.status,
            "refusal": refusal,
            "is_test": record.is_test,
            "secret_index": record.secret_index,
            "is_known": record.is_known,
            "replaced": list(record.replaced),
            "dropped": list(record.dropped),
            "lost": record.lost,
            "failed_port": record.failed_port,
        },
    )


def _said(record: HookRecord) -> Iterator[str]:
    yield str(record.status) if record.refusal is None else record.refusal.value
    if record.is_known is False:
        yield "the token is nobody's"
    for what, names in (("replaced", record.replaced), ("dropped", record.dropped)):
        if names:
            yield f"{what} {' and '.join(names)}"
    if record.lost is not None:
        yield f"the {record.lost} is none of those on offer"
    if record.failed_port is not None:
        yield f"{record.failed_port} failed"


def log_port_failure(port: str, error: Exception, *, text_is_safe: bool) -> None:
    """Say that something of the host's failed, and where."""
    kind = type(error).__name__
    # A cause and a context have texts too, so of what is not safe neither comes along.
    shown = error if text_is_safe else RuntimeError(f"{kind}, without its text").with_traceback(error.__traceback__)
    fields = {"failed_port": port, "error": kind}
    say(_logger, logging.ERROR, "%s failed: %s", port, kind, fields=fields, error=shown)


def log_observer_failure(error: Exception) -> None:
    """Say that the observer failed; the reply is not touched by it."""
    kind = type(error).__name__
    say(_logger, logging.ERROR, "the observer failed: %s", kind, fields={"error": kind}, error=error)
