"""
One line of a log, which never costs what it is about.

Rules of this file: a handler, a filter or a record factory of the host's may raise; by then a page is delivered or a
webhook is sent, and that must not look as if it had failed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["say", "without_text"]


def say(
    logger: logging.Logger,
    level: int,
    text: str,
    *values: object,
    fields: Mapping[str, object],
    error: BaseException | None = None,
) -> None:
    """Log `text` with its `values`, with `fields` to search by, and the traceback of `error`."""
    with suppress(Exception):
        logger.log(level, text, *values, extra=dict(fields), exc_info=error)


def without_text(error: Exception) -> Exception:
    """
    Return an error that shows the class and the traceback of `error`, and nothing that it says.

    For what was handed something that no log may hold. A cause and a context have texts too, and do not come along.
    """
    return RuntimeError(f"{type(error).__name__}, without its text").with_traceback(error.__traceback__)
