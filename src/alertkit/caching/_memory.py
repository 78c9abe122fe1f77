"""
A cache in memory: for one process, and as the model of every other cache.

Rules of this file: one lock makes each call one step. What it holds is bounded, whatever is written: what was not used
for longest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from alertkit._checks import at_least, demand, methods
from alertkit._clock import Clock, SystemClock
from alertkit._processes import OfThisProcess
from alertkit._turn import Turn
from alertkit.caching._entries import ttl_problems

__all__ = ["MemoryCache"]


class MemoryCache:
    """
    A `Cache` that lives as long as its process. Threads may share it; a child that is forked begins with an empty one.

    A signal handler that interrupts one of its calls and calls it in turn gets `StoreError`, at once: neither call
    would be one step.
    """

    def __init__(
        self, *, max_entries: int = 10_000, max_characters: int = 16_000_000, clock: Clock | None = None
    ) -> None:
        """
        Begin empty. There are never more entries than `max_entries`, nor more than `max_characters` of keys and texts.

        A text that is longer than that by itself is not kept, as if it had gone at once, and no other goes for it.
        Raises `UsageError`.
        """
        clock = SystemClock() if clock is None else clock
        demand(
            at_least("max_entries", max_entries, 1),
            at_least("max_characters", max_characters, 1),
            methods("clock", clock, "monotonic"),
        )
        self._shelf = OfThisProcess(partial(_Shelf, max_entries, max_characters, clock))

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        shelf = self._shelf.get()
        with shelf.turn:
            return shelf.get(key)

    def put(self, key: str, text: str, *, ttl: float) -> None:
        """Write a text under a key, for `ttl` seconds."""
        demand(ttl_problems("ttl", ttl))
        shelf = self._shelf.get()
        with shelf.turn:
            shelf.put(key, text, ttl)

    def replace(self, key: str, old: str | None, new: str, *, ttl: float) -> bool:
        """Write `new` under a key where `old` is, as one atomic step; whether it was."""
        demand(ttl_problems("ttl", ttl))
        shelf = self._shelf.get()
        with shelf.turn:
            if shelf.get(key) != old:
                return False
            shelf.put(key, new, ttl)
            return True


class _Shelf:
    """What a cache holds in one process."""

    def __init__(self, max_entries: int, max_characters: int, clock: Clock) -> None:
        self._max_entries = max_entries
        self._max_characters = max_characters
        self._clock = clock
        self.turn = Turn("a cache in memory")
        self.entries: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """The text and when its time is over, by key; what was used last at the end."""
        self._characters = 0

    def get(self, key: str) -> str | None:
        if key not in self.entries:
            return None
        text, until = self.entries[key]
        if self._clock.monotonic() >= until:
            self._drop(key)
            return None
        self.entries.move_to_end(key)
        return text

    def put(self, key: str, text: str, ttl: float) -> None:
        if key in self.entries:
            self._drop(key)
        if len(key) + len(text) > self._max_characters:
            return
        self.entries[key] = (text, self._clock.monotonic() + ttl)
        self._characters += len(key) + len(text)
        while len(self.entries) > self._max_entries or self._characters > self._max_characters:
            self._drop(next(iter(self.entries)))

    def _drop(self, key: str) -> None:
        text, _ = self.entries.pop(key)
        self._characters -= len(key) + len(text)
