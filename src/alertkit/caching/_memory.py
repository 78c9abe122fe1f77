"""
A cache in memory: for one process, and as the model of every other cache.

Rules of this file: one lock makes each call one step. What it holds is bounded, whatever is written: what was not used
for longest goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from alertkit._checks import at_least, demand, methods
from alertkit._clock import Clock, SystemClock
from alertkit.caching._entries import ttl_problems

__all__ = ["MemoryCache"]


class MemoryCache:
    """A `Cache` that lives as long as its process. Threads may share it."""

    def __init__(
        self, *, max_entries: int = 10_000, max_characters: int = 16_000_000, clock: Clock | None = None
    ) -> None:
        """
        Begin empty. There are never more entries than `max_entries`, nor more than `max_characters` of keys and texts.

        Raises `UsageError`.
        """
        self._clock = SystemClock() if clock is None else clock
        demand(
            at_least("max_entries", max_entries, 1),
            at_least("max_characters", max_characters, 1),
            methods("clock", self._clock, "monotonic"),
        )
        self._max_entries = max_entries
        self._max_characters = max_characters
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """The text and when its time is over, by key; what was used last at the end."""
        self._characters = 0

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        with self._lock:
            return self._get(key)

    def put(self, key: str, text: str, *, ttl: float) -> None:
        """Write a text under a key, for `ttl` seconds."""
        demand(ttl_problems("ttl", ttl))
        with self._lock:
            self._put(key, text, ttl)

    def replace(self, key: str, old: str | None, new: str, *, ttl: float) -> bool:
        """Write `new` under a key where `old` is, as one atomic step; whether it was."""
        demand(ttl_problems("ttl", ttl))
        with self._lock:
            if self._get(key) != old:
                return False
            self._put(key, new, ttl)
            return True

    def _get(self, key: str) -> str | None:
        if key not in self._entries:
            return None
        text, until = self._entries[key]
        if self._clock.monotonic() >= until:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return text

    def _put(self, key: str, text: str, ttl: float) -> None:
        if key in self._entries:
            self._drop(key)
        self._entries[key] = (text, self._clock.monotonic() + ttl)
        self._characters += len(key) + len(text)
        while len(self._entries) > self._max_entries or self._characters > self._max_characters:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        text, _ = self._entries.pop(key)
        self._characters -= len(key) + len(text)
