"""
A PagerDuty that answers at once, in a process of its own so that it shares no interpreter lock with what is measured.

    POST (any path)       202 and PagerDuty's 94 bytes
    POST /slow/...        the same, after 50 ms
    POST /closing/...     the same, and the connection is closed
    GET  /stats           how many connections sent events, and how many events came

Rules of this file: loopback only; it ends when its standard input does, and so never outlives its parent. It reads of
HTTP what the measured clients write, no more.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DELAY", "Server", "running"]

DELAY = 0.05
_BODY = b'{"status":"success","message":"Event processed","dedup_key":"0f0e0d0c0b0a09080706050403020100"}'
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class _Counts:
    connections: int = 0
    requests: int = 0


class _Answers(asyncio.Protocol):
    """One connection."""

    def __init__(self, counts: _Counts) -> None:
        self._counts = counts
        self._received = b""
        self._is_new = True
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer when a request is complete; nobody here sends the next one before."""
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        target = head.split(b" ", 2)[1]
        if target == b"/stats":
            self._answer(b"200 OK", json.dumps(vars(self._counts)).encode(), close=True)
            return
        self._counts.requests += 1
        self._counts.connections += self._is_new
        self._is_new = False
        if target.startswith(b"/slow/"):
            asyncio.get_running_loop().call_later(DELAY, self._answer)
        else:
            self._answer(close=target.startswith(b"/closing/"))

    def _answer(self, status: bytes = b"202 Accepted", body: bytes = _BODY, *, close: bool = False) -> None:
        connection = b"Connection: close\r\n" if close else b""
        self._transport.write(
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
            % (status, len(body), connection, body)
        )
        if close:
            self._transport.close()


@dataclass(frozen=True)
class Server:
    """A running server, seen from the outside."""

    http_port: int
    https_port: int | None

    @property
    def http(self) -> str:
        """The base URL without TLS."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def https(self) -> str:
        """The base URL with TLS; the certificate is for `localhost`."""
        return f"https://localhost:{self.https_port}"

    def stats(self) -> tuple[int, int]:
        """Return the connections that sent an event so far, and the events."""
        with urllib.request.urlopen(f"{self.http}/stats", timeout=10) as answer:
            counts = json.load(answer)
        return counts["connections"], counts["requests"]


@contextmanager
def running(certificate: Path | None = None) -> Iterator[Server]:
    """Run a server; with TLS too where there is a PEM file of a key and its certificates."""
    command = [sys.executable, __file__, *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Server(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


async def _serve(certificate: str | None) -> None:
    loop = asyncio.get_running_loop()
    counts = _Counts()
    http = await loop.create_server(lambda: _Answers(counts), "127.0.0.1", 0, backlog=256)
    ports: dict[str, int | None] = {"http_port": http.sockets[0].getsockname()[1], "https_port": None}
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        https = await loop.create_server(lambda: _Answers(counts), "127.0.0.1", 0, backlog=256, ssl=context)
        ports["https_port"] = https.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    # A thread blocks on the pipe; the loop stays free, and the end of the parent ends the read.
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1] if len(sys.argv) > 1 else None))
