"""
Connections that keep a deadline: the part of urllib3 that a total time limit has to reach into.

urllib3's timeouts bound one operation on a socket, so a peer that sends a byte now and then outlasts them. Here every
operation gets what is left of the exchange: each address dialled, the TLS handshake, each piece written and each read.

Rules of this file: it overrides only what urllib3 and `http.client` call on a connection, keeps nothing from one
exchange to the next, and leaves every error as the library raised it, for `_failures.py` to read.
"""

from __future__ import annotations

import http.client
import io
import socket
import sys
from contextlib import suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from alertkit.transports._exchange import Exchange, Stage
from alertkit.transports._resolving import Resolver
from alertkit.transports._tls import Paced

__all__ = ["PlainConnection", "TLSConnection"]

# The most that one `send` of a TLS socket takes; each gets its own deadline there, unlike `sendall` of a plain socket.
_PIECE = 16384
_AHEAD = 8192
"""Bytes that a buffer reads at once."""
MAX_HEAD = 65_536
"""Bytes of an answer's head, interim ones before it included. Servers send a few thousand, and take 8 to 16 KiB."""


class HeadTooLarge(http.client.HTTPException):
    """More came before a body than any server means to send."""


class _BoundedReads(io.RawIOBase):
    """The read side of a socket, each read of it within the deadline of the exchange that began it."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        # The unbuffered file of the socket, rather than the socket, since it counts towards when the socket closes.
        self._file: Any = sock.makefile("rb", buffering=0)
        self._exchange = exchange
        self._over = False
        self._head_left: float = MAX_HEAD + _AHEAD  # what is read ahead may be of the body already

    def readable(self) -> bool:
        """Say that it reads, which the buffer around it asks."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read once, in the time that is left; nothing once the answer is over."""
        if self._over:
            return 0
        self._sock.settimeout(self._exchange.remaining())
        count: int | None = self._file.readinto(buffer)
        self._head_left -= count or 0
        if self._head_left < 0:
            raise HeadTooLarge
        return count

    def end_of_head(self) -> None:
        """Count no further: what comes now is the body, and bounded by who reads it."""
        self._head_left = float("inf")

    def end(self, reader: io.BufferedReader) -> None:
        """Break the connection if bytes came in that are not of the answer: the next one must not begin with them."""
        self._over = True
        # TLS keeps what it has decrypted where no `select` sees it. Ours can be asked; urllib3's, within the TLS of a
        # proxy, cannot, so it serves one exchange, and it is the socket within that can be shut down.
        has_unread = getattr(self._sock, "has_unread", None)
        within: socket.socket | None = getattr(self._sock, "socket", None)
        if within is not None or reader.peek(1) or (has_unread is not None and has_unread()):
            with suppress(OSError):
                (self._sock if within is None else within).shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the file of the socket too."""
        self._file.close()
        super().close()


class _AnswerReader(io.BufferedReader):
    """The buffered read side, for one answer and not a byte more."""

    def close(self) -> None:
        """Look what is left over, then close."""
        if not self.closed:
            reads: Any = self.raw
            reads.end(self)
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer behind any number of interim ones; `http.client` knows 100 only and takes a 103 for the answer."""

    def begin(self) -> None:
        """Read heads until one is final."""
        reads: Any = self.fp
        super().begin()
        while 100 < self.status < 200 and self.status != 101:
            self.headers = self.msg = None  # type: ignore[assignment]  # which is how `begin` knows that it must read
            super().begin()
        reads.raw.end_of_head()
        # What cannot be read in a head urllib3 would log, and the whole URL with it, where tokens are.
        self.headers.defects.clear()
        self.headers.set_payload("")
        lengths = {
            length.strip() for value in self.headers.get_all("Content-Length", []) for length in value.split(",")
        }
        if len(lengths) > 1:  # the status counts all the same, and where the body ends only the connection can tell
            del self.headers["Content-Length"]
            self.length = None
            self.will_close = True
        if self.status == 101:  # nobody asked for another protocol, and what follows is not HTTP
            self.will_close = True


class _BoundedSocket:
    """What `http.client` needs of a socket to read an answer from it."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._reads = _BoundedReads(sock, exchange)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the buffered read side."""
        return _AnswerReader(self._reads, _AHEAD)


class _Deadline:
    """What the plain and the TLS connection share. Mixed in before urllib3's class."""

    exchange: Exchange
    resolver: Resolver
    sock: Any
    _held: list[bytes] | None = None
    """What of a request is handed over and not written yet."""

    def __init__(self, *args: Any, exchange: Exchange, resolver: Resolver, **kwargs: Any) -> None:
        self.exchange = exchange
        self.resolver = resolver
        super().__init__(*args, **kwargs)

    def connect(self) -> None:
        """Connect, to the end of the TLS handshake."""
        self.exchange.kept = False
        self.exchange.stage = Stage.NOTHING
        held, self._held = self._held, None  # what a proxy is asked on the way is written at once
        super().connect()  # type: ignore[misc]
        self._held = held
        self.exchange.stage = Stage.PART

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Write the request, head and body in one go, which is one packet for most; note when all of it is out."""
        if self.sock is not None:
            self.exchange.stage = Stage.PART
        self._held = []
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
            request = b"".join(self._held)
        finally:
            self._held = None
        # The pool has looked too, but that was a while ago: what is written now is out, and its fate cannot be told.
        if self.exchange.kept and not self.is_connected:  # type: ignore[attr-defined]
            raise ConnectionResetError("closed by the peer while it was idle")
        self.send(request)
        self.exchange.stage = Stage.ALL

    def send(self, data: Any) -> None:
        """Write one part of the request, in the time that is left."""
        if self.sock is None:
            self.connect()
        if self._held is not None:
            self._held.append(data)
            return
        sock: Any = self.sock
        for start in range(0, len(data), _PIECE):
            sock.settimeout(self.exchange.remaining())
            super().send(data[start : start + _PIECE])  # type: ignore[misc]

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        """Return the answer, read within the deadline; `http.client` calls this where it would make one."""
        return _Answer(_BoundedSocket(sock, self.exchange), *args, **kwargs)  # type: ignore[arg-type]

    def _new_conn(self) -> socket.socket:
        """Dial each address of the host in turn, all of them within the time for connecting, and no other."""
        connection: Any = self
        found = self._addresses(connection)
        failure: OSError | None = None
        for dialled, address in enumerate(found):
            try:
                sock = create_connection(
                    (address, connection.port),
                    # A share each, so that one address which swallows everything leaves time for the others.
                    self.exchange.connect_remaining() / (len(found) - dialled),
                    source_address=connection.source_address,
                    socket_options=connection.socket_options,
                )
            except OSError as error:
                failure = error
            else:
                sys.audit("http.client.connect", self, connection.host, connection.port)
                sock.settimeout(self.exchange.handshake_remaining())
                return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(connection, "timed out") from failure
        raise NewConnectionError(connection, str(failure)) from failure

    def _addresses(self, connection: Any) -> list[str]:
        """Return what the host resolves to; nothing is looked up again, for it might say something else then."""
        # urllib3 keeps the host with its trailing dot, which a resolver must see, under this name only.
        host = connection._dns_host  # noqa: SLF001
        try:
            return self.resolver.addresses(host, connection.port, remaining=self.exchange.connect_remaining)
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, str(error)) from error
        except OSError as error:
            raise NameResolutionError(connection.host, connection, error) from error  # type: ignore[arg-type]


class PlainConnection(_Deadline, HTTPConnection):  # type: ignore[misc]
    """A plain connection that keeps the deadline."""


class TLSConnection(_Deadline, HTTPSConnection):  # type: ignore[misc]
    """A TLS connection that keeps the deadline."""

    def _connect_tls_proxy(self, *args: Any, **kwargs: Any) -> Any:
        """Make what goes through the TLS of a proxy keep it too."""
        return Paced(super()._connect_tls_proxy(*args, **kwargs), self.exchange)
