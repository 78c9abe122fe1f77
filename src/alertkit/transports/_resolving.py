"""
Name look-ups that keep a deadline, which the system's own do not, and yield only what may be dialled.

Rules of this file: a look-up runs in another thread, since nothing can interrupt it, and whoever waits for it goes on
without it when time is up. As many as `_MOST` may be stuck at once; then there is none to be had, and that is a look-up
that took too long. A thread that has answered waits a moment for the next one, since starting it is what costs, and no
longer: a host may want to fork.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from queue import Empty, SimpleQueue

from urllib3.util.connection import allowed_gai_family

from alertkit.transports._guard import AddressGuard

__all__ = ["Resolve", "Resolver", "system_addresses"]

Resolve = Callable[[str], Iterable[object]]
"""From the name of a host to its addresses. It may raise `OSError`."""

_MOST = 50
"""Look-ups at the same time; a resolver that is gone must not cost a host a thread for each webhook."""

_IDLE_FOR = 0.5
"""Seconds that a thread waits for another look-up."""

_Answers = SimpleQueue[list[str] | BaseException]


def system_addresses(host: str) -> list[str]:
    """Return the addresses that the system finds for the name, in the order in which it prefers them."""
    found = socket.getaddrinfo(host, None, allowed_gai_family(), socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Resolver:
    """Looks names up, for a guard if there is one. Threads may share it."""

    def __init__(
        self,
        resolve: Resolve,
        *,
        guard: AddressGuard | None,
        new_thread: Callable[..., threading.Thread] = threading.Thread,
    ) -> None:
        self._resolve = resolve
        self._guard = guard
        self._new_thread = new_thread
        self._free = threading.BoundedSemaphore(_MOST)
        self._asked: SimpleQueue[tuple[str, _Answers]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def addresses(self, host: str, port: int, *, remaining: Callable[[], float]) -> list[str]:
        """
        Return all addresses of the host, in the seconds that `remaining` says are left.

        Raises `BlockedAddressError` where the guard lets the host, its port or one of the addresses not be dialled,
        and `OSError` where nothing is found: `TimeoutError` where that is for want of time.
        """
        if self._guard is None:
            return self._found(host, remaining)
        is_allowed = self._guard.check_host(host, port)
        found = self._found(host, remaining)
        if not is_allowed:
            self._guard.check_addresses(host, found)
        return found

    def _found(self, host: str, remaining: Callable[[], float]) -> list[str]:
        if _is_address(host):
            return [host]
        if not self._free.acquire(timeout=remaining()):
            raise TimeoutError("too many name look-ups at once")
        answers: _Answers = SimpleQueue()
        self._asked.put((host, answers))
        if not self._takes_one_that_is_idle():
            self._start_another()
        try:
            found = answers.get(timeout=remaining())
        except Empty:
            found = TimeoutError("the name look-up took too long")
        if isinstance(found, OSError):
            raise found
        # A label that is too long, or whatever a function of the host's own raises.
        if isinstance(found, BaseException):
            raise OSError(f"the name look-up failed: {type(found).__name__}") from found
        if not found:
            raise OSError("the host has no address")
        return found

    def _start_another(self) -> None:
        try:
            self._new_thread(target=self._answer, name="alertkit-look-up", daemon=True).start()
        except RuntimeError:  # no thread is to be had, as at the end of an interpreter; a page may still be sent then
            with suppress(Empty):
                self._answer_next(timeout=0)

    def _takes_one_that_is_idle(self) -> bool:
        """Return whether a thread was idle; then it is not any more."""
        with self._lock:
            self._idle, taken = max(self._idle - 1, 0), self._idle > 0
        return taken

    def _answer(self) -> None:
        """Answer one look-up after another, until for a moment there is none."""
        while True:
            try:
                self._answer_next(timeout=_IDLE_FOR)
            except Empty:
                if self._takes_one_that_is_idle():  # itself, for its end; otherwise somebody has just counted on it
                    return
            else:
                with self._lock:
                    self._idle += 1

    def _answer_next(self, *, timeout: float) -> None:
        host, answers = self._asked.get(timeout=timeout)
        try:
            answers.put([str(address) for address in self._resolve(host)])
        except BaseException as error:  # noqa: BLE001  whoever waits for it reads it
            answers.put(error)
        finally:
            self._free.release()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
