"""
What an exception says of itself, in texts of a bounded length.

Rules of this file: part of the shell, since a traceback shows lines that are read from source files. Nothing here
raises, whatever the exception is: it is the one that shall be told of.
"""

from __future__ import annotations

import traceback
from types import TracebackType

__all__ = ["described", "one_line", "tail", "traceback_text", "type_name"]

_LONGEST_LINE = 2000
_LONGEST_TRACEBACK = 16_000
_MOST_FRAMES = 50


def one_line(text: str) -> str:
    """Return the first line that is not blank, cut; empty where there is none."""
    return text.lstrip()[:_LONGEST_LINE].partition("\n")[0].strip()


def type_name(error: BaseException) -> str:
    """Return the full name of its type."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def described(error: BaseException) -> str:
    """Return its type and its text in one line."""
    try:
        words = one_line(str(error))
    except Exception:  # noqa: BLE001  one whose own text raises is told by its type
        words = ""
    return f"{type_name(error)}: {words}" if words else type_name(error)


def traceback_text(error: BaseException, trace: TracebackType | None) -> str:
    """Return the traceback, with those of its causes; of one that is long the end, which is where it happened."""
    try:
        lines = traceback.format_exception(type(error), error, trace, limit=-_MOST_FRAMES)
    except Exception:  # noqa: BLE001  an exception's own attributes may raise too
        return described(error)
    return tail("".join(lines))


def tail(text: str) -> str:
    """Return the end of a text that is long."""
    return text if len(text) <= _LONGEST_TRACEBACK else "…" + text[-_LONGEST_TRACEBACK:]
