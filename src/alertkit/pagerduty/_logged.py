"""
A log record as plain facts, and the alert that it amounts to.

Rules of this file: pure, and no fact can make it fail: whoever reads a record has made text of what must be text. Two
records are one alert where a person would say that the same thing went wrong again: the line of a file is no part of
that, since a deploy moves it, and neither are the arguments of the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from attrs import field, frozen

from alertkit.pagerduty._checks import identity
from alertkit.pagerduty._events import TriggerEvent
from alertkit.pagerduty._readable import legible
from alertkit.pagerduty._severity import Severity, severity_for_level

__all__ = ["Logged", "alert_of", "key_of", "severity_of"]

_LONGEST_NAME = 100  # with the digest it fits into a dedup key, however its characters are counted


@frozen(kw_only=True)
class Logged:
    """What a record says."""

    logger: str
    level: int
    level_name: str
    template: str
    """The message before its arguments went in; for a message that is no text, the type that it is of."""
    message: str
    headline: str
    """One line for a person."""
    module: str
    function: str
    line: int | None = None
    process: int | None = None
    thread: str | None = None
    at: datetime | None = None
    exception: str | None = None
    """The name of its type."""
    raised_in: str | None = None
    traceback: str | None = None
    stack: str | None = None
    given_key: str | None = None
    """What the host says that identifies the alert; passed over where it could not."""
    extra: Mapping[str, object] = field(factory=dict)


def severity_of(logged: Logged) -> Severity:
    """Return how bad it is; a level below all of `logging`'s is for information."""
    return severity_for_level(logged.level, default=Severity.INFO)


def key_of(logged: Logged) -> str:
    """Return the dedup key: the host's own, or one of logger, message before its arguments, exception and place."""
    if logged.given_key is not None and not identity(logged.given_key):
        return logged.given_key
    place = (logged.module, logged.function, logged.raised_in)
    # The spelling of Python tells ("a", "b") from ("ab",), and holds no lone surrogates.
    identifying = repr((logged.logger, logged.template, logged.exception, place))
    digest = sha256(identifying.encode()).hexdigest()[:32]
    return f"{legible(logged.logger[:_LONGEST_NAME])[:_LONGEST_NAME]}/{digest}"


def alert_of(logged: Logged, *, key: str, source: str | None, records: int) -> TriggerEvent:
    """Return the alert of `records` records, of which `logged` is the one to show."""
    facts: dict[str, object] = {
        "message": logged.message,
        "logger": logged.logger,
        "level": logged.level_name,
        "module": logged.module,
        "function": logged.function,
        "line": logged.line,
        "process": logged.process,
        "thread": logged.thread,
        "exception": logged.exception,
        "raised_in": logged.raised_in,
        "traceback": logged.traceback,
        "stack": logged.stack,
        "extra": dict(logged.extra) or None,
        "records": records,
    }
    return TriggerEvent(
        summary=logged.headline,
        source=logged.logger if source is None else source,
        severity=severity_of(logged),
        dedup_key=key,
        timestamp=logged.at,
        class_=logged.exception,
        custom_details={name: fact for name, fact in facts.items() if fact is not None},
    )
