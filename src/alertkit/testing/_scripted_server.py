"""
A server on loopback that answers as it is told, but for the next requests as a test has ordered.

Rules of this file: what a request is worth is decided by the two functions that it is built with; here is only what may
become of an answer on its way.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from typing_extensions import Self

from alertkit.testing._loopback import Conversation, LoopbackServer, ReceivedRequest, answer_bytes

__all__ = ["ScriptedServer"]

_Received = TypeVar("_Received")


class ScriptedServer(Generic[_Received]):
    """
    A real HTTP server on a free port of 127.0.0.1, from its construction to the end of its `with`.

    Orders are carried out one a request, in the order they were given; without one, a request is answered as usual.
    Threads may share it.
    """

    def __init__(self, read: Callable[[ReceivedRequest], _Received], answer: Callable[[_Received], bytes]) -> None:
        """
        Start to listen.

        `read` is asked for each request that comes in, once, what is to be remembered of it; `answer` takes that and
        returns what goes back over the wire.
        """
        self._read = read
        self._usual_answer = answer
        self._lock = threading.Lock()
        # Each does something to a request, and says whether the connection goes on afterwards.
        self._tricks: deque[Callable[[Conversation, _Received], bool]] = deque()
        self._requests: list[ReceivedRequest] = []
        self._received: list[_Received] = []
        self._server = LoopbackServer(self._serve)

    @property
    def url(self) -> str:
        """Where to reach it, without a path."""
        return self._server.url

    @property
    def connections(self) -> int:
        """How many TCP connections were opened to it."""
        return self._server.connections

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Every request that came in whole, oldest first, whatever became of it."""
        with self._lock:
            return tuple(self._requests)

    def will_answer(
        self, status: int, body: object = None, *, headers: dict[str, str] | None = None, times: int = 1
    ) -> None:
        """Answer with `status` and take nothing; `body` is bytes, or an object to send as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = answer_bytes(status, data, headers)
        self._order(lambda talk, _: talk.write(answer), times)

    def will_delay(self, seconds: float, *, times: int = 1) -> None:
        """Take the request, and answer `seconds` later."""

        def trick(talk: Conversation, received: _Received) -> bool:
            answer = self._usual_answer(received)
            talk.pause(seconds)
            return talk.write(answer)

        self._order(trick, times)

    def will_drip(self, *, every: float, times: int = 1) -> None:
        """Take the request, and answer one byte every `every` seconds."""

        def trick(talk: Conversation, received: _Received) -> bool:
            talk.drip(self._usual_answer(received), every=every)
            return False

        self._order(trick, times)

    def will_drop(self, *, taking: bool = False, times: int = 1) -> None:
        """Close the connection without an answer; with `taking`, after the request has been taken."""

        def trick(_: Conversation, received: _Received) -> bool:
            if taking:
                self._usual_answer(received)
            return False

        self._order(trick, times)

    def stop(self) -> None:
        """Stop listening and close every connection."""
        self._server.stop()

    def __enter__(self) -> Self:
        """Return the server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def _order(self, trick: Callable[[Conversation, _Received], bool], times: int) -> None:
        with self._lock:
            self._tricks.extend([trick] * times)

    def _serve(self, talk: Conversation) -> None:
        going = True
        while going and (request := talk.read_request()) is not None:
            received = self._read(request)
            with self._lock:
                self._requests.append(request)
                self._received.append(received)
                trick = self._tricks.popleft() if self._tricks else None
            going = talk.write(self._usual_answer(received)) if trick is None else trick(talk, received)
