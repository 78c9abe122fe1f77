"""
What the installer says beside what an observer is told: lines on `alertkit.cloudflare`, with fields to search by.

Rules of this file: what a repository of the host's raised is the host's own, and is logged with its traceback. Of what
an authenticator raised only its kind and the traceback's frames are, since it was handed a token, which may stand in
its text.
"""

from __future__ import annotations

import logging

from alertkit._logging import say, without_text

__all__ = ["log_port_failure"]

_logger = logging.getLogger("alertkit.cloudflare")


def log_port_failure(port: str, error: Exception, *, text_is_safe: bool) -> None:
    """Say that something of the host's failed, and where."""
    kind = type(error).__name__
    shown = error if text_is_safe else without_text(error)
    fields = {"failed_port": port, "error": kind}
    say(_logger, logging.ERROR, "%s failed: %s", port, kind, fields=fields, error=shown)
