"""
What the notifier says while it works: lines on `alertkit.mail`, with fields to search by.

Rules of this file: no address at any level, since owners are people.
"""

from __future__ import annotations

import logging

from alertkit._logging import say

__all__ = ["log_link_left_out"]

_logger = logging.getLogger("alertkit.mail")


def log_link_left_out(integration_id: str, problem: str) -> None:
    """Say that the owners were told without a link to the request log."""
    fields = {"integration_id": integration_id}
    say(_logger, logging.ERROR, "no link to the requests of %s: %s", integration_id, problem, fields=fields)
