"""
A state for each process, which nobody shares with the process that it was forked from.

Rules of this file: no lock, since a fork may have copied one that nobody opens again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["OfThisProcess"]

_State = TypeVar("_State")


class OfThisProcess(Generic[_State]):
    """What a process has for itself; a child begins with a new one."""

    def __init__(self, make: Callable[[], _State]) -> None:
        """Take what makes the state of a process."""
        self._make = make
        self._states: dict[int, _State] = {}

    def get(self) -> _State:
        """Return the state of this process."""
        process = os.getpid()
        state = self._states.get(process)
        if state is None:  # the first call, or the first one since a fork
            # `setdefault` is one step, so that two threads which come first both get the same.
            state = self._states.setdefault(process, self._make())
            for other in list(self._states):
                if other != process:
                    self._states.pop(other, None)
        return state
