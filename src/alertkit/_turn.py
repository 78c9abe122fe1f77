"""
One thread at a time, and nothing that interrupts it.

Rules of this file: a signal handler runs in the middle of whatever its thread does, and a lock that this thread holds
would have it wait for itself. It is told so instead.
"""

from __future__ import annotations

import threading

from alertkit.errors import StoreError

__all__ = ["Turn"]


class Turn:
    """A lock that a thread holds while it works; what interrupts it and wants it too gets `StoreError`, at once."""

    def __init__(self, what: str) -> None:
        """Take what is worked at, as the error says it."""
        self._what = what
        self._lock = threading.RLock()  # which lets an interruption in, to be told
        self._is_at_work = False

    def __enter__(self) -> None:
        """Wait for other threads. Raises `StoreError`."""
        self._lock.acquire()
        if self._is_at_work:
            self._lock.release()
            raise StoreError(f"{self._what} was called by what interrupted one of its calls")
        self._is_at_work = True

    def __exit__(self, *_: object) -> None:
        """Let the next one in."""
        self._is_at_work = False
        self._lock.release()
