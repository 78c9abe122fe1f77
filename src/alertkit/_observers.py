"""
Telling an observer, and the two that alertkit has itself: the log, and several in place of one.

Rules of this file: whatever an observer does, what it is told of has happened, and what comes next happens too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from alertkit._checks import demand, optional_observer
from alertkit._logging import say, without_text
from alertkit._observation import Observation, Observer

__all__ = ["LogObserver", "each_of", "observer_or_log", "tell"]

_Observed = TypeVar("_Observed", bound=Observation)


class LogObserver:
    """
    The structured log, which is told where no other observer is given: one line, with fields, on `alertkit.<part>`.

    What is no line of it, such as what was prepared, is passed over. It has no state, and never raises.
    """

    def __call__(self, observation: Observation, /) -> None:
        """Log what happened, where the level of its logger lets it pass."""
        level = observation.log_level
        if level is None:
            return
        logger = _logger_of(observation.part)
        if logger.isEnabledFor(level):  # asked here, since most lines are read by nobody
            line = observation.log_line()
            say(logger, level, line.text, *line.values, fields=line.fields)


def each_of(*observers: Observer) -> Observer:
    """
    Return an observer that tells each of these, in this order, whatever the others raise; none of them: nobody.

    `each_of(LogObserver(), mine)` keeps the log beside an observer of yours. Raises `UsageError`.
    """
    demand(*(_problems(f"observers[{number}]", observer) for number, observer in enumerate(observers)))

    def told(observation: Observation, /) -> None:
        for observer in observers:
            tell(observer, observation)

    return told


def observer_or_log(observer: Callable[[_Observed], object] | None) -> Callable[[_Observed], object]:
    """Return whom to tell: the log, where nobody is named."""
    return LogObserver() if observer is None else observer


def tell(observer: Callable[[_Observed], object], observation: _Observed) -> None:
    """Tell the observer; what it raises is logged."""
    try:
        observer(observation)
    except Exception as error:  # noqa: BLE001  the host's own, which may raise anything
        kind = type(error).__name__
        shown = without_text(error) if observation.is_personal else error
        logger = _logger_of(observation.part)
        say(logger, logging.ERROR, "the observer failed: %s", kind, fields={"error": kind}, error=shown)


def _problems(name: str, observer: object) -> tuple[str, ...]:
    return (f"{name} must be a function",) if observer is None else optional_observer(name, observer)


@lru_cache
def _logger_of(part: str) -> logging.Logger:
    return logging.getLogger(f"alertkit.{part}")
