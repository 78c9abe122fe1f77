"""
How far the exchange of this thread has come, and how long it may still take.

Rules of this file: no I/O. One `Exchange` belongs to one transport; a thread sees its own, since a send happens in one
thread from beginning to end. The connections write the stage, the failure map reads it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

__all__ = ["Exchange", "Stage"]


_LONGEST = 86_400.0  # seconds; sockets refuse a timeout that the platform's time cannot hold, infinity among them


class Stage(Enum):
    """What the peer can have seen, in the order in which it comes to see it."""

    UNKNOWN = auto()
    """None of our connections has been asked: a session that was handed in, or a test double in front of them."""
    NOTHING = auto()
    """There is no connection yet, or its TLS handshake is not over."""
    PART = auto()
    """The connection stands; not all bytes of the request are handed over, so the peer cannot act on it."""
    ALL = auto()
    """Every byte is handed over: the peer may have acted on the request."""


class Exchange(threading.local):
    """The exchange that the current thread is in."""

    stage: Stage
    kept: bool
    """Whether it goes over a connection that an earlier exchange had opened."""
    until: float
    connect_until: float

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.begin(0.0, 0.0)

    def begin(self, timeout: float, connect_timeout: float) -> dict[str, Any]:
        """
        Start an exchange that may take `timeout` seconds, `connect_timeout` of them for the connection.

        Returns the one that it interrupts, for `resume`: a logging handler that sends does so in the middle of a send.
        """
        interrupted = self.__dict__.copy()
        now = self._monotonic()
        self.until = now + min(timeout, _LONGEST)
        self.connect_until = now + min(timeout, connect_timeout, _LONGEST)
        self.stage = Stage.UNKNOWN
        self.kept = True
        return interrupted

    def resume(self, interrupted: dict[str, Any]) -> None:
        """Go on with the exchange that `begin` has interrupted."""
        self.__dict__.update(interrupted)

    def remaining(self) -> float:
        """Return the seconds left, of those for connecting while it connects. Raises `TimeoutError` without any."""
        return self._left(self.connect_until if self.stage is Stage.NOTHING else self.until)

    def connect_remaining(self) -> float:
        """Return the seconds left for connecting. Raises `TimeoutError` when there are none."""
        return self._left(self.connect_until)

    def handshake_remaining(self) -> float:
        """Return the seconds left for a TLS handshake; never quite none, so that it is the handshake that fails."""
        return max(self.connect_until - self._monotonic(), 0.001)

    def _left(self, until: float) -> float:
        left = until - self._monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left
