"""
One load for each key at a time: who comes while it is under way waits for what it brings.

Rules of this file: a wait is bounded, and who has waited in vain lets go of the load, so that one that hangs does not
stop whoever comes next. Waiting for another thread is real time: no `Clock` can do it. A lock is held for a moment, or
for one write, and what interrupts its thread does not wait for it. A child that is forked has no load under way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from alertkit._processes import OfThisProcess
from alertkit.errors import StoreError

__all__ = ["Flight", "Flights"]

_Value = TypeVar("_Value")


class Flight(Generic[_Value]):
    """One load that is under way."""

    def __init__(self) -> None:
        """Begin, led by this thread."""
        self.landing: Future[_Value] = Future()
        self.leader = threading.get_ident()
        self._is_stale = False
        self._writing = threading.RLock()

    def outdate(self) -> None:
        """Let it write nothing any more; return when nothing of it is being written."""
        with self._writing:
            self._is_stale = True

    def write(self, write: Callable[[], None]) -> None:
        """Write what was loaded, unless it is stale."""
        with self._writing:
            if not self._is_stale:
                write()


class _Sky(Generic[_Value]):
    """The loads of one process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.flights: dict[str, Flight[_Value]] = {}
        """Those that can be joined, by key."""
        self.loading: dict[Flight[_Value], str] = {}
        """The keys of all, also of those that were let go of."""

    def land(self, key: str, flight: Flight[_Value]) -> None:
        with self.lock:
            if self.flights.get(key) is flight:
                self.flights.pop(key, None)


class Flights(Generic[_Value]):
    """The loads that are under way in this process."""

    def __init__(self, patience: float) -> None:
        """Begin with none. `patience` is how many seconds one waits for a load of another thread's."""
        self._patience = patience
        self._sky: OfThisProcess[_Sky[_Value]] = OfThisProcess(_Sky)

    def join(self, key: str, load: Callable[[Flight[_Value]], _Value]) -> _Value:
        """
        Return what `load` returns, or what the load of another thread does that is under way; raise what that raises.

        Raises `StoreError` where another thread's takes too long, and where this thread's is under way.
        """
        sky, own = self._sky.get(), Flight[_Value]()
        with sky.lock:
            flight = sky.flights.setdefault(key, own)
            if flight is own:
                sky.loading[own] = key
        return self._lead(sky, key, flight, load) if flight is own else self._follow(sky, key, flight)

    def outdate(self, key: str) -> None:
        """Let the loads that are under way, also those that nobody waits for, write nothing any more."""
        for flight, of in list(self._sky.get().loading.items()):
            if of == key:
                flight.outdate()

    def detach(self, key: str) -> None:
        """Let nobody join the load that is under way, if there is one; who has joined it gets what it brings."""
        sky = self._sky.get()
        with sky.lock:
            sky.flights.pop(key, None)

    def _lead(
        self, sky: _Sky[_Value], key: str, flight: Flight[_Value], load: Callable[[Flight[_Value]], _Value]
    ) -> _Value:
        try:
            value = load(flight)
        except Exception as error:
            flight.landing.set_exception(error)
            raise
        except BaseException:  # an interrupt or an exit is this thread's alone
            flight.landing.set_exception(StoreError("the load was broken off"))
            raise
        else:
            flight.landing.set_result(value)
            return value
        finally:
            sky.land(key, flight)
            sky.loading.pop(flight, None)

    def _follow(self, sky: _Sky[_Value], key: str, flight: Flight[_Value]) -> _Value:
        if flight.leader == threading.get_ident():
            raise StoreError("this thread is loading it already: a loader must not ask for its own key")
        wait([flight.landing], timeout=min(self._patience, threading.TIMEOUT_MAX))  # more is an OverflowError
        if not flight.landing.done():
            sky.land(key, flight)
            raise StoreError(f"another thread's load has taken more than {self._patience} seconds")
        return flight.landing.result()
