"""
A server on 127.0.0.1 that does to each connection what a test tells it, down to the byte.

Rules of this file: real sockets, loopback only, and nothing outlives the `with`: every wait ends when the server stops.
It reads as much HTTP as the tests' clients write: a head, and a body with a Content-Length.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from attrs import field, frozen
from typing_extensions import Self

from alertkit._http import Headers

__all__ = ["Conversation", "LoopbackServer", "ReceivedRequest", "answer_bytes"]

_MOST_HEAD = 65536
_REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


@frozen
class ReceivedRequest:
    """A request as it came in."""

    method: str
    target: str
    headers: Headers
    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")


def answer_bytes(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """Return an HTTP/1.1 answer as it goes over the wire."""
    given = Headers({"Content-Type": "application/json", **(headers or {}), "Content-Length": str(len(body))})
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unnamed')}", *(f"{name}: {given[name]}" for name in given)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Conversation:
    """One connection, seen from the server. Everything fails quietly once the client is gone."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        """Take an accepted connection."""
        self._connection = connection
        self._stopping = stopping
        self._unread = b""

    def read_request(self) -> ReceivedRequest | None:
        """Return the next request, or None when the client closes, or sends no HTTP."""
        while b"\r\n\r\n" not in self._unread:
            if len(self._unread) > _MOST_HEAD or not self._read_more():
                return None
        head, self._unread = self._unread.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = Headers({name: value.strip() for name, _, value in pairs})
        length = headers.get("Content-Length", "0")
        if first.count(" ") < 2 or not length.isdecimal():
            return None
        end = int(length)
        while len(self._unread) < end:
            if not self._read_more():
                return None
        body, self._unread = self._unread[:end], self._unread[end:]
        method, target, _ = first.split(" ", 2)
        return ReceivedRequest(method, target, headers, body)

    def read_some(self, most: int = _MOST_HEAD) -> bytes:
        """Return whatever comes next, empty when the client has closed."""
        try:
            return self._connection.recv(most)
        except OSError:
            return b""

    def write(self, data: bytes) -> bool:
        """Send `data`; whether the client still takes it."""
        try:
            self._connection.sendall(data)
        except OSError:
            return False
        return True

    def drip(self, data: bytes, *, every: float) -> None:
        """Send `data` one byte at a time, `every` seconds, for as long as the client takes it."""
        for index in range(len(data)):
            if not self.write(data[index : index + 1]) or self.pause(every):
                return

    def pause(self, seconds: float) -> bool:
        """Wait; whether the server is being stopped, which ends the wait."""
        return self._stopping.wait(seconds)

    def close(self) -> None:
        """Close the connection in order."""
        _shut_down(self._connection)
        self._connection.close()

    def reset(self) -> None:
        """Break the connection off with a TCP reset instead of an orderly close."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def _read_more(self) -> bool:
        piece = self.read_some()
        self._unread += piece
        return bool(piece)


class LoopbackServer:
    """
    A server that plays `play` on every connection, each in a thread of its own.

    Use it in a `with`: it listens on a free port of 127.0.0.1 from its construction on and stops at the end.
    """

    def __init__(self, play: Callable[[Conversation], None], *, tls: ssl.SSLContext | None = None) -> None:
        """Listen. `tls` makes it an HTTPS server; what fails in its handshake is a connection that never talks."""
        self._play = play
        self._tls = tls
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        """The port that it listens on."""
        self._accepting = threading.Thread(target=self._accept, name="loopback-accept", daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        """Where to reach it, without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were opened to it."""
        with self._lock:
            return self._connections

    def stop(self) -> None:
        """Close every connection and wait for all threads to end."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes `accept`: on some systems nothing else does
        self._accepting.join()
        self._listener.close()
        with self._lock:
            connections, threads = list(self._open), list(self._threads)
        for connection in connections:
            _shut_down(connection)
        for thread in threads:
            thread.join()

    def __enter__(self) -> Self:
        """Return the server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._talk, args=(connection,), name="loopback-talk", daemon=True)
            with self._lock:
                self._connections += 1
                self._open.add(connection)
                self._threads = [alive for alive in self._threads if alive.is_alive()]
                self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        talking = connection
        try:
            if self._tls is not None:
                talking = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._lock:
                    self._open.add(talking)  # first, so that stopping can end the handshake
                if self._stopping.is_set():  # it may have looked before
                    return
                talking.do_handshake()
            self._play(Conversation(talking, self._stopping))
        except OSError:  # a handshake that fails is the client's to report
            pass
        finally:
            with self._lock:
                self._open -= {connection, talking}
            talking.close()
            connection.close()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # the client was faster
        connection.shutdown(socket.SHUT_RDWR)
