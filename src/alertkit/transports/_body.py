"""
The body of an answer, read up to a limit.

Rules of this file: whatever breaks a body, the head of the answer counts. What came compressed is undone a bounded
piece at a time, so that a bomb costs what the limit costs. Requests of ours ask for no compression; what comes
compressed all the same is undone if it is gzip or deflate, once, and left as it is otherwise.
"""

from __future__ import annotations

import zlib
from typing import Any

from alertkit.transports._exchange import Exchange
from alertkit.transports._failures import FAILURES

__all__ = ["body_of"]

_PIECE = 65536
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_MOST_STREAMS = 100  # each takes the time that it takes to begin


def body_of(raw: Any, *, most: int, exchange: Exchange) -> tuple[bytes, bool]:
    """Return at most so many bytes of the body, and whether they are all of it, in the time that is left."""
    body, came = bytearray(), 0
    undo = _Undo() if raw.headers.get("Content-Encoding", "").strip().lower() in _UNDONE else None
    try:
        while max(came, len(body)) <= most:
            exchange.remaining()  # a session that was handed in does not watch the deadline itself
            piece = raw.read1(_PIECE, decode_content=False)  # what is there, unlike `read`
            came += len(piece)
            body += piece if undo is None else undo.next(piece, most=most + 1 - len(body))
            # Where the length is known the connection is given back with the last byte; else by one more read.
            if not piece or (raw.length_remaining == 0 and raw.closed):
                return bytes(body[:most]), len(body) <= most and (undo is None or undo.is_over)
    except FAILURES:
        pass
    return bytes(body[:most]), False


_UNDONE = frozenset({"gzip", "x-gzip", "deflate"})


class _Undo:
    """Undoes one compressed body, which may be several in a row."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._begun = 0
        self._is_broken = False

    @property
    def is_over(self) -> bool:
        """Whether the stream came to its end, or never began."""
        return not self._is_broken and (self._stream is None or self._stream.eof)

    def next(self, piece: bytes, *, most: int) -> bytes:
        """Return what the next piece becomes, so many bytes at most; what would be more, or is no stream, is lost."""
        undone = bytearray()
        try:
            while piece and len(undone) < most and not self._is_broken:
                if self.is_over:
                    self._begin(piece)
                undone += self._stream.decompress(piece, most - len(undone))
                piece = self._stream.unused_data
        except zlib.error:
            self._is_broken = True
        return bytes(undone)

    def _begin(self, piece: bytes) -> None:
        self._begun += 1
        if self._begun > _MOST_STREAMS:
            raise zlib.error("too many streams")
        # Many servers send deflate without the frame that RFC 9110 §8.4.1.2 asks for; the first byte tells.
        framed = piece[0] == 0x1F or piece[0] & 0x0F == zlib.DEFLATED
        self._stream = zlib.decompressobj(_GZIP_OR_ZLIB if framed else _RAW_DEFLATE)
