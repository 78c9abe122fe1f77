"""
How bad it is, and every word that other systems have for it.

Rules of this file: one table from words to severities. PagerDuty takes four severities (Events API v2, PD-CEF); the
left side holds Sentry's levels, the names of `logging`, and the keywords of syslog (RFC 5424 §6.2.1) with the short
forms in use.
"""

from __future__ import annotations

from typing import Any, TypeVar, overload

from alertkit._words import Word
from alertkit.errors import InvalidEventError

__all__ = ["Severity", "known_severity", "severity_for_level"]


class Severity(Word):
    """The four severities of PagerDuty, worst first."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


def known_severity(value: object) -> tuple[str, ...]:
    """Demand a severity; return what is wrong in words, nothing if it is one."""
    if isinstance(value, Severity):
        return ()
    return (f"severity must be one of {', '.join(Severity)}, not {value!r}",)


_WORDS = {
    word: severity
    for severity, words in {
        Severity.CRITICAL: ("fatal", "critical", "crit", "alert", "emergency", "emerg", "panic"),
        Severity.ERROR: ("error", "err"),
        Severity.WARNING: ("warning", "warn"),
        Severity.INFO: ("info", "informational", "information", "notice", "debug"),
    }.items()
    for word in words
}

# The numbers of `logging`, worst first. A level between two counts as the lower one, as `logging` itself filters.
_NUMBERS = ((50, Severity.CRITICAL), (40, Severity.ERROR), (30, Severity.WARNING), (1, Severity.INFO))

_Default = TypeVar("_Default")
_REQUIRED: Any = object()


@overload
def severity_for_level(level: str | int) -> Severity: ...
@overload
def severity_for_level(level: str | int, default: _Default) -> Severity | _Default: ...
def severity_for_level(level: str | int, default: Any = _REQUIRED) -> Any:
    """
    Return the severity of a level: a word of Sentry, `logging` or syslog in any case, or a number of `logging`.

    An unknown level gives `default` if there is one and raises `InvalidEventError` otherwise.
    """
    severity: Severity | None = None
    if isinstance(level, str):
        severity = _WORDS.get(level.strip().lower())
    elif isinstance(level, int) and not isinstance(level, bool):
        severity = next((severity for number, severity in _NUMBERS if level >= number), None)
    if severity is not None:
        return severity
    if default is not _REQUIRED:
        return default
    raise InvalidEventError(
        [f"level {level!r} is unknown: use one of {', '.join(sorted(_WORDS))}, or a logging number"]
    )
