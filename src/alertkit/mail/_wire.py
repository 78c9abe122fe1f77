"""
A connection that speaks in lines and keeps a deadline.

Rules of this file: I/O. Every wait is for what is left of the deadline, so that a server which drips gains nothing;
what it sends is bounded. Whatever goes wrong is an `OSError`. `abort` may be called from another thread, at any time.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

__all__ = ["Reply", "Wire"]

_PIECE = 65_536
_LONGEST_LINE = 4096
_MOST_LINES = 128
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL).fullmatch

Reply = tuple[int, tuple[str, ...]]
"""The code, and the texts of its lines."""
Places = Sequence[tuple[int, int, int, str, Any]]
"""Addresses, as the system's look-up has them."""


class Wire:
    """One connection."""

    def __init__(self, monotonic: Callable[[], float], look_up: Callable[..., Places] = socket.getaddrinfo) -> None:
        """Begin with none."""
        self._monotonic = monotonic
        self._look_up = look_up
        self._socket: socket.socket | None = None
        self._unread = b""
        self._aborted = False
        self.until = 0.0
        """When whatever is being done has to be over."""

    def dial(self, host: str, port: int) -> None:
        """Connect to the first of the host's addresses that answers; each gets its share of the time."""
        places = self._look_up(host, port, type=socket.SOCK_STREAM)
        error: OSError = ConnectionError("the host has no address")
        for number, (family, kind, protocol, _, place) in enumerate(places):
            try:
                self._hold(socket.socket(family, kind, protocol))  # which a machine without that family refuses
                connection = self._open()
                connection.settimeout(self._remaining() / (len(places) - number))
                connection.connect(place)
            except OSError as failed:
                self.close()
                error = failed
            else:
                return
        raise error

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on in TLS."""
        if self._unread:  # said in the clear by somebody, to be taken for what is said in TLS
            raise ConnectionError("there is something before TLS")
        plain = self._open()
        plain.settimeout(self._remaining())
        wrapped = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        self._hold(wrapped)
        wrapped.do_handshake()

    @property
    def local_address(self) -> str:
        """The address of this end."""
        return str(self._open().getsockname()[0])

    def write(self, data: bytes) -> None:
        """Send it all."""
        connection, rest = self._open(), memoryview(data)
        while rest:
            connection.settimeout(self._remaining())
            rest = rest[connection.send(rest[:_PIECE]) :]

    def reply(self) -> Reply:
        """Return what the server says next, all lines of it."""
        texts = []
        for _ in range(_MOST_LINES):
            found = _REPLY_LINE(self._line())
            if found is None:
                break
            texts.append((found[3] or b"").decode("ascii", "replace"))
            if found[2] != b"-":
                return int(found[1]), tuple(texts)
        raise ConnectionError("this is not SMTP")

    def abort(self) -> None:
        """End every wait, now and later."""
        self._aborted = True
        connection = self._socket
        if connection is not None:
            with suppress(OSError):
                # Not the method of an SSLSocket, which would drop its TLS under the thread that is in it.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()

    def _hold(self, connection: socket.socket) -> None:
        self._socket = connection
        if self._aborted:  # between two connections, where there was nothing to shut down
            raise ConnectionError("aborted")

    def _open(self) -> socket.socket:
        if self._socket is None or self._aborted:
            raise ConnectionError("there is no connection")
        return self._socket

    def _remaining(self) -> float:
        left = self.until - self._monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def _line(self) -> bytes:
        connection = self._open()
        while b"\n" not in self._unread[: _LONGEST_LINE + 1]:
            if len(self._unread) > _LONGEST_LINE:
                raise ConnectionError("this line is too long")
            connection.settimeout(self._remaining())
            piece = connection.recv(_PIECE)
            if not piece:
                raise ConnectionError("the server closed the connection")
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        return line.removesuffix(b"\r")
