"""
One load for each key at a time: who comes while it is under way waits for what it brings.

Rules of this file: a wait is bounded, and who has waited in vain lets go of the load, so that one that hangs (or was
under way when the process forked) does not stop whoever comes next. Waiting for another thread is real time: no `Clock`
can do it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from alertkit.errors import StoreError

__all__ = ["Flights"]

_Value = TypeVar("_Value")


class Flights(Generic[_Value]):
    """The loads that are under way in this process."""

    def __init__(self, patience: float) -> None:
        """Begin with none. `patience` is how many seconds one waits for a load of another thread's."""
        self._patience = patience
        self._lock = threading.Lock()
        self._flights: dict[str, Future[_Value]] = {}

    def join(self, key: str, load: Callable[[], _Value]) -> _Value:
        """
        Return what `load` returns, or what the load of another thread does that is under way; raise what that raises.

        Raises `StoreError` where another thread's takes too long.
        """
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        return self._lead(key, flight, load) if leads else self._follow(key, flight)

    def detach(self, key: str) -> None:
        """Let nobody join the load that is under way, if there is one; who has joined it gets what it brings."""
        with self._lock:
            self._flights.pop(key, None)

    def _lead(self, key: str, flight: Future[_Value], load: Callable[[], _Value]) -> _Value:
        try:
            value = load()
        except Exception as error:
            flight.set_exception(error)
            raise
        except BaseException:  # an interrupt or an exit is this thread's alone
            flight.set_exception(StoreError("the load was broken off"))
            raise
        else:
            flight.set_result(value)
            return value
        finally:
            self._land(key, flight)

    def _follow(self, key: str, flight: Future[_Value]) -> _Value:
        wait([flight], timeout=self._patience)
        if not flight.done():
            self._land(key, flight)
            raise StoreError(f"another thread's load has taken more than {self._patience} seconds")
        return flight.result()

    def _land(self, key: str, flight: Future[_Value]) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
