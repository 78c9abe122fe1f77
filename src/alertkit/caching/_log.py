"""
What a lookup says while it works: lines on `alertkit.caching`, with fields to search by.

Rules of this file: a line names what is looked up and by which field, never what was asked for, which may be
confidential. What an error of the cache's or the host's own says is theirs, and needed to mend it.
"""

from __future__ import annotations

import logging

from alertkit._logging import say

__all__ = ["log_cache_failure", "log_wrong"]

_logger = logging.getLogger("alertkit.caching")


def log_cache_failure(step: str, prefix: str, field: str, error: Exception) -> None:
    """Say that a lookup goes on without the cache."""
    kind = type(error).__name__
    fields = {"prefix": prefix, "field": field, "step": step, "error": kind}
    say(_logger, logging.ERROR, "%s failed for %s by %s: %s", step, prefix, field, kind, fields=fields, error=error)


def log_wrong(source: str, prefix: str, field: str, problem: str) -> None:
    """Say that what came back is not what was asked for."""
    fields = {"prefix": prefix, "field": field, "source": source, "problem": problem}
    say(_logger, logging.WARNING, "the %s of %s by %s %s", source, prefix, field, problem, fields=fields)
