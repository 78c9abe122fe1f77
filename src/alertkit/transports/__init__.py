"""Drivers of the `Transport` port. None is imported here: a driver's library is loaded when it is first needed."""

from __future__ import annotations

from typing import Protocol

from alertkit._http import Transport

__all__ = ["CloseableTransport", "default_transport"]


class CloseableTransport(Transport, Protocol):
    """A transport that holds connections."""

    def close(self) -> None:
        """Give the connections back; a later send opens new ones."""


def default_transport() -> CloseableTransport:
    """Return a new transport for a shell that was given none."""
    from alertkit.transports.requests import RequestsTransport

    return RequestsTransport()
