"""
An observer that counts and remembers: what a test of a host needs.

Rules of this file: it knows no kind of observation by name; what it counts by, the observations say.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import TypeVar

from alertkit._checks import at_least, demand
from alertkit._observation import Observation

__all__ = ["CountingObserver"]

_Kind = TypeVar("_Kind", bound=Observation)
_Labels = frozenset[tuple[str, str]]


class CountingObserver:
    """
    Counts observations by their kind and labels, and keeps the last ones. Threads may share it.

    The counts are of all that it was told, whatever it has kept.
    """

    def __init__(self, *, keep: int = 1000) -> None:
        """Begin with nothing; `keep` is how many observations are kept. Raises `UsageError`."""
        demand(at_least("keep", keep, 0))
        self._lock = threading.Lock()
        self._kept: deque[Observation] = deque(maxlen=keep)
        self._counts: Counter[tuple[type[Observation], _Labels]] = Counter()

    def __call__(self, observation: Observation, /) -> None:
        """Count and keep an observation."""
        counted = type(observation), frozenset(observation.labels.items())
        with self._lock:
            self._counts[counted] += 1
            self._kept.append(observation)

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What is kept, oldest first."""
        with self._lock:
            return tuple(self._kept)

    def of(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """Return what is kept of one kind, oldest first."""
        return tuple(observation for observation in self.observations if isinstance(observation, kind))

    def count(self, kind: type[Observation] = Observation, /, **labels: str) -> int:
        """
        Return how many there were of one kind, or of all, with these labels.

        Raises `UsageError` for a label that none of them has, so that a misspelt one does not count as 0.
        """
        with self._lock:
            counts = [(seen, number) for (of, seen), number in self._counts.items() if issubclass(of, kind)]
        names = {name for seen, _ in counts for name, _ in seen}
        demand(f"no {kind.__name__} has the label {name}" for name in labels if counts and name not in names)
        return sum(number for seen, number in counts if seen >= labels.items())
