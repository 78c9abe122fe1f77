"""
Something that happened, as a value, and the port that is told of it.

Rules of this file: pure. What a metric, a log and a test want to know of an observation it says itself, so that one
observer serves all parts of alertkit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from attrs import frozen

__all__ = [
    "DEBUG",
    "ERROR",
    "INFO",
    "NONE",
    "WARNING",
    "LogLine",
    "Observation",
    "Observer",
    "status_class",
    "yes_or_no",
]

DEBUG, INFO, WARNING, ERROR = 10, 20, 30, 40
"""The levels of `logging`, which a pure file does not import."""

NONE = "none"
"""The label of what is not there: the observations of a kind all have the same labels."""


@frozen
class LogLine:
    """What the log says of an observation."""

    text: str
    """With a `%` for each of the values."""
    values: tuple[object, ...]
    fields: Mapping[str, object]
    """To search by: the `extra` of the log record."""


@frozen(kw_only=True)
class Observation:
    """
    Something that happened in one part of alertkit: words, numbers, instants and ids.

    Later versions may have further kinds, and further fields and labels of these.
    """

    part: ClassVar[str]
    """The part of alertkit, such as `pagerduty`."""
    kind: ClassVar[str]
    """What happened, in a word, by which it is told apart from the others of its part."""
    is_personal: ClassVar[bool] = False
    """Whether it names a person, so that what an observer raises of it must not be repeated in a log."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Words to count by, `part` and `kind` among them: few, never an id, `none` for what is not there."""
        return {"part": self.part, "kind": self.kind}

    @property
    def seconds(self) -> float | None:
        """How long it took, where that was measured."""
        return None

    @property
    def log_level(self) -> int | None:
        """The level at which it is worth a line in the log; None: not at all."""
        return None

    def log_line(self) -> LogLine:
        """Return that line."""
        return LogLine("%s", (self.kind,), self.labels)


class Observer(Protocol):
    """
    Whoever is told what happens: any function of one argument, such as the `append` of a list.

    1. It is called with each observation once, after it happened and before whoever did it goes on.
    2. It is called in the thread that does the work, which waits for it: it should be quick, and hand over what is
       not. Several threads may call it at once.
    3. What it returns is ignored. What it raises is logged on the logger of the part, `alertkit.…`, and changes
       nothing; what is no `Exception`, such as an exit, goes on its way.
    4. No observation holds a secret, a header, a body, or more of a URL than its origin.
    5. It may be told of kinds that it does not know, and has to let them pass.
    """

    def __call__(self, observation: Observation, /) -> object:
        """Take note of what happened."""
        ...


def status_class(status: int | None) -> str:
    """Return the label of an HTTP status, which a stranger chooses: `2xx`, `4xx`, …, `other`."""
    if status is None:
        return NONE
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


def yes_or_no(value: bool | None) -> str:
    """Return the label of what is so, is not so, or did not come up."""
    if value is None:
        return NONE
    return "yes" if value else "no"
