"""
From a log record to plain facts, in the thread that logs.

Rules of this file: a record holds whatever the app put there, so nothing of it is trusted to be of its type, to print,
or to be small; what cannot be read is left out, and the alert goes all the same. Nothing that is read refers to an
object of the app any more when the record is on its way.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from itertools import islice
from types import TracebackType
from typing import Any

from alertkit.pagerduty._logged import Logged
from alertkit.pagerduty._tracebacks import described, one_line, tail, traceback_text, type_name

__all__ = ["read_record"]

_LONGEST_TEXT = 4000
_LONGEST_EXTRA = 1000
_MOST_EXTRAS = 50
_BARE = logging.LogRecord("", 0, "", 0, "", (), None)  # not of the host's factory, which adds what is its own
_OF_EVERY_RECORD = frozenset({*vars(_BARE), "message", "asctime", "taskName", "dedup_key"})
_encoder = json.JSONEncoder(allow_nan=False)


def read_record(
    record: logging.LogRecord,
    *,
    formatter: logging.Formatter | None,
    key: Callable[[logging.LogRecord], str | None] | None,
    failed: Callable[[str, Exception], object],
) -> Logged:
    """
    Return the facts of a record; `formatter` makes its headline and `key` its dedup key, where there is one.

    `failed` is told which of the two failed, and how.
    """
    facts: dict[str, Any] = vars(record)
    error, trace = _exception(facts.get("exc_info"))
    message = _message(record)
    logger = _text(facts.get("name")) or "<unknown>"
    headline = (None if formatter is None else _formatted(record, formatter, failed)) or _headline(message, error)
    return Logged(
        logger=logger,
        level=facts["levelno"] if isinstance(facts.get("levelno"), int) else 0,
        level_name=_text(facts.get("levelname")),
        template=_template(facts.get("msg")),
        message=message[:_LONGEST_TEXT],
        headline=headline or f"{logger}: a record without a message",
        module=_text(facts.get("module")),
        function=_text(facts.get("funcName")),
        line=_number(facts.get("lineno")),
        process=_number(facts.get("process")),
        thread=_text(facts.get("threadName")) or None,
        at=_instant(facts.get("created")),
        exception=None if error is None else type_name(error),
        raised_in=None if trace is None else _place(trace),
        traceback=_traceback(facts.get("exc_text"), error, trace),
        stack=tail(facts["stack_info"]) if isinstance(facts.get("stack_info"), str) else None,
        given_key=_exact(
            facts.get("dedup_key") if key is None or "dedup_key" in facts else _asked(key, record, failed)
        ),
        extra=_extra(facts),
    )


def _text(value: object) -> str:
    return value.strip()[:_LONGEST_TEXT] if type(value) is str else ""


def _exact(value: Any) -> str | None:
    # The type is asked: a proxy that cannot be reached does not even say what it is.
    return str.__str__(value) if issubclass(type(value), str) else None


def _number(value: object) -> int | None:
    return value if type(value) is int else None


def _instant(created: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(created, timezone.utc)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _message(record: logging.LogRecord) -> str:
    try:
        return str(record.getMessage())
    except Exception:  # noqa: BLE001  arguments that do not fit, or cannot be printed
        return _template(record.msg)


def _template(message: object) -> str:
    # What is no text differs from one record to the next wherever an address or an id stands in it.
    return message[:_LONGEST_TEXT] if type(message) is str else f"<{type(message).__qualname__}>"


def _headline(message: str, error: BaseException | None) -> str:
    words = one_line(message)
    if error is None:
        return words
    return f"{words} ({described(error)})" if words else described(error)


def _formatted(
    record: logging.LogRecord, formatter: logging.Formatter, failed: Callable[[str, Exception], object]
) -> str:
    bare = copy.copy(record)
    bare.exc_info = bare.exc_text = bare.stack_info = None  # which would be further lines
    try:
        return one_line(formatter.format(bare))
    except Exception as error:  # noqa: BLE001  the host's own, or arguments that do not fit
        failed("formatter", error)
        return ""


def _exception(found: object) -> tuple[BaseException | None, TracebackType | None]:
    if not (isinstance(found, tuple) and len(found) == 3 and isinstance(found[1], BaseException)):
        return None, None
    return found[1], found[2] if isinstance(found[2], TracebackType) else None


def _place(trace: TracebackType) -> str:
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}.{trace.tb_frame.f_code.co_name}"


def _traceback(formatted: object, error: BaseException | None, trace: TracebackType | None) -> str | None:
    if isinstance(formatted, str) and formatted:  # another handler came first, or another process
        return tail(formatted)
    return None if error is None else traceback_text(error, trace)


def _asked(
    key: Callable[[logging.LogRecord], object],
    record: logging.LogRecord,
    failed: Callable[[str, Exception], object],
) -> str | None:
    try:
        answer = key(record)
        if answer is None or isinstance(answer, str):
            return answer
        raise TypeError(f"key must return text or None, not {type(answer).__name__}")  # noqa: TRY301  told alike
    except Exception as error:  # noqa: BLE001  the host's own
        failed("key", error)
        return None


def _extra(facts: dict[str, Any]) -> dict[str, object]:
    items = list(facts.items())
    given = ((name, value) for name, value in items if type(name) is str and name not in _OF_EVERY_RECORD)
    read = ((name, _json(value)) for name, value in islice(given, _MOST_EXTRAS))
    return {name: text for name, text in read if text is not None}


def _json(value: object) -> object:
    """Return a copy of what JSON can hold, cut to text where it is long, and None for anything else."""
    if type(value) is str:
        return value[:_LONGEST_EXTRA]
    text = ""
    try:
        for piece in _encoder.iterencode(value):  # piece by piece, so that what is large costs no more than its cut
            text += piece
            if len(text) > _LONGEST_EXTRA:
                return text[:_LONGEST_EXTRA] + "…"
        return json.loads(text)
    except Exception:  # noqa: BLE001  TypeError for most; an object of the app's own may raise anything
        return None
