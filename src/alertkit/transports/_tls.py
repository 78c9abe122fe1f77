"""
TLS that keeps a deadline.

A socket's timeout does not bound one call on a TLS socket: as long as bytes arrive, OpenSSL goes on within the call,
and a peer that floods it with hellos and session tickets, which are nothing to us, holds it there. Here OpenSSL works
in memory, and is fed a piece at a time, each within what is left of the exchange.

Rules of this file: I/O. What an `SSLSocket` raises it raises too. Only what urllib3 and `http.client` ask of a socket
is here.
"""

from __future__ import annotations

import io
import socket
import ssl
from contextlib import suppress
from typing import Any

from urllib3.util.ssl_ import create_urllib3_context

from alertkit.transports._exchange import Exchange

__all__ = ["DeadlineContext", "Paced", "TLSSocket"]

_PIECE = 16384  # a record of TLS
_SETTINGS = (
    *("options", "verify_flags", "minimum_version", "maximum_version", "post_handshake_auth"),
    *("hostname_checks_common_name", "keylog_filename"),
)


class DeadlineContext(ssl.SSLContext):
    """An `SSLContext` as urllib3 makes it, whose sockets keep the deadline of an exchange."""

    exchange: Exchange

    @classmethod
    def of(cls, exchange: Exchange, *, verifies: bool) -> DeadlineContext:
        """Return one that trusts nobody yet, or, if it does not verify, everybody."""
        usual = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE)
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.exchange = exchange
        for name in _SETTINGS:
            value = getattr(usual, name, None)
            if value is not None:
                setattr(context, name, value)
        context.check_hostname = usual.check_hostname
        context.verify_mode = usual.verify_mode
        return context

    def wrap_socket(  # type: ignore[override]
        self, sock: socket.socket, *_: Any, server_hostname: str | None = None, **__: Any
    ) -> TLSSocket:
        """Return the socket in TLS, with the handshake done; urllib3 gives no more than the name."""
        return TLSSocket(sock, self, server_hostname)


class TLSSocket:
    """A connected socket in TLS."""

    def __init__(self, sock: socket.socket, context: DeadlineContext, server_hostname: str | None) -> None:
        """Shake hands."""
        self._sock = sock
        self._exchange = context.exchange
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._goes, server_hostname=server_hostname)
        self._until_done(self._tls.do_handshake)

    def recv_into(self, buffer: Any) -> int:
        """Read once; 0 at the end, also at one without a word, which whoever knows the length will notice."""
        try:
            return int(self._until_done(self._tls.read, len(buffer), buffer))
        except ssl.SSLEOFError:
            return 0

    def sendall(self, data: Any) -> None:
        """Write it all."""
        with memoryview(data).cast("B") as rest:
            sent = 0
            while sent < len(rest):
                sent += self._until_done(self._tls.write, rest[sent : sent + _PIECE])

    def has_unread(self) -> bool:
        """Whether something of the peer's came that nobody has read; what TLS sends for itself is nothing."""
        try:
            return len(self._tls.read(1)) > 0
        except ssl.SSLError:
            return False

    def makefile(self, _mode: str, buffering: int = -1) -> io.RawIOBase | io.BufferedReader:
        """Return the read side, buffered unless told otherwise, as sockets do; it keeps the connection open."""
        reads = _ReadSide(self, self._sock.makefile("rb", buffering=0))
        return reads if buffering == 0 else io.BufferedReader(reads)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing that lasts: each piece has its own time."""
        self._sock.settimeout(seconds)

    def fileno(self) -> int:
        """Return the descriptor, to see whether the peer has closed."""
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        """Break the connection."""
        self._sock.shutdown(how)

    def close(self) -> None:
        """Close the connection, as soon as no file of it is open."""
        self._sock.close()

    def _until_done(self, work: Any, *args: Any) -> Any:
        while True:
            try:
                result = work(*args)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                with suppress(OSError):
                    self._write_out()  # the alert that says why
                raise
            else:
                self._write_out()
                return result
            self._write_out()
            self._sock.settimeout(self._exchange.remaining())
            piece = self._sock.recv(_PIECE)
            if piece:
                self._came.write(piece)
            else:
                self._came.write_eof()

    def _write_out(self) -> None:
        if self._goes.pending:
            self._sock.settimeout(self._exchange.remaining())
            self._sock.sendall(self._goes.read())


class _ReadSide(io.RawIOBase):
    """A file over a TLS socket, and one over what is beneath it, which keeps that open."""

    def __init__(self, tls: TLSSocket, beneath: Any) -> None:
        self._tls = tls
        self._beneath = beneath

    def readable(self) -> bool:
        """Say that it reads, which a buffer around it asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read once."""
        return self._tls.recv_into(buffer)

    def close(self) -> None:
        """Let go of what is beneath."""
        self._beneath.close()
        super().close()


class Paced:
    """A socket each of whose reads and writes has what is left: for urllib3's own TLS, which makes many in a row."""

    def __init__(self, sock: Any, exchange: Exchange) -> None:
        """Stand in front of a socket."""
        object.__setattr__(self, "_behind", (sock, exchange))

    def recv(self, size: int) -> bytes:
        """Read once, in the time that is left."""
        sock, exchange = self._behind
        sock.settimeout(exchange.remaining())
        piece: bytes = sock.recv(size)
        return piece

    def sendall(self, data: Any) -> None:
        """Write it, in the time that is left."""
        sock, exchange = self._behind
        sock.settimeout(exchange.remaining())
        sock.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind[0], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._behind[0], name, value)
