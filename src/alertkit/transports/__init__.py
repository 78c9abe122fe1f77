"""
Drivers of the `Transport` port, and how a shell comes by one.

Rules of this file: no driver is imported here; a driver's library is loaded when it is first needed.
"""

from __future__ import annotations

import threading
from typing import Protocol

from alertkit._http import HttpRequest, HttpResponse, Transport

__all__ = ["CloseableTransport", "TransportInUse", "default_transport"]


class CloseableTransport(Transport, Protocol):
    """A transport that holds connections."""

    def close(self) -> None:
        """Give the connections back; a later send opens new ones."""


def default_transport(*, guarded: bool) -> CloseableTransport:
    """Return a new transport for a shell that was given none, guarded where strangers write the URLs."""
    from alertkit.transports.requests import AddressGuard, RequestsTransport

    return RequestsTransport(guard=AddressGuard() if guarded else None)


class TransportInUse:
    """
    The transport that a shell was handed, or the default one, opened when it is first needed.

    Closing gives back what was opened here and leaves one that was handed in alone; a later send opens anew. Threads
    may share it.
    """

    def __init__(self, handed_in: Transport | None, *, guarded: bool) -> None:
        """Take what the caller has, or None, and whether the default one is guarded."""
        self._handed_in = handed_in
        self._guarded = guarded
        self._own: CloseableTransport | None = None
        # A signal handler that sends may interrupt it, for as long as an import takes.
        self._opening = threading.RLock()

    def send(self, request: HttpRequest, *, timeout: float) -> HttpResponse:
        """Send `request` and return the answer within `timeout` seconds, or raise."""
        return self._transport().send(request, timeout=timeout)

    def close(self) -> None:
        """Close what was opened here."""
        with self._opening:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _transport(self) -> Transport:
        if self._handed_in is not None:
            return self._handed_in
        own = self._own
        if own is None:
            with self._opening:
                own = self._own = self._own or default_transport(guarded=self._guarded)
        return own
