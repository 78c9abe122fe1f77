"""
A server on loopback that answers as its subclass says, but for the next requests as a test has ordered.

Rules of this file: what a request is worth is the subclass's to decide; here is only what may become of an answer on
its way.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from alertkit.testing._loopback import Conversation, LoopbackServer, ReceivedRequest, answer_bytes

__all__ = ["ScriptedServer"]

_Trick = Callable[[Conversation, ReceivedRequest], bool]
"""Does something to a request; whether the connection goes on afterwards."""


class ScriptedServer:
    """
    A real HTTP server on a free port of 127.0.0.1, from its construction to the end of its `with`.

    Orders are carried out one a request, in the order they were given; without one, a request is answered as usual.
    Threads may share it.
    """

    def __init__(self, answer: Callable[[ReceivedRequest], bytes]) -> None:
        """Start to listen. `answer` takes a request and returns what goes back over the wire."""
        self._usual_answer = answer
        self._lock = threading.Lock()
        self._tricks: deque[_Trick] = deque()
        self._requests: list[ReceivedRequest] = []
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
        self._order(lambda talk, _: talk.write(answer_bytes(status, data, headers)), times)

    def will_delay(self, seconds: float, *, times: int = 1) -> None:
        """Take the request, and answer `seconds` later."""

        def trick(talk: Conversation, request: ReceivedRequest) -> bool:
            answer = self._usual_answer(request)
            talk.pause(seconds)
            return talk.write(answer)

        self._order(trick, times)

    def will_drip(self, *, every: float, times: int = 1) -> None:
        """Take the request, and answer one byte every `every` seconds."""

        def trick(talk: Conversation, request: ReceivedRequest) -> bool:
            talk.drip(self._usual_answer(request), every=every)
            return False

        self._order(trick, times)

    def will_drop(self, *, taking: bool = False, times: int = 1) -> None:
        """Close the connection without an answer; with `taking`, after the request has been taken."""

        def trick(_: Conversation, request: ReceivedRequest) -> bool:
            if taking:
                self._usual_answer(request)
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

    def _came_in(self, request: ReceivedRequest) -> None:
        """Remember a request, before anything is done with it."""
        with self._lock:
            self._requests.append(request)

    def _order(self, trick: _Trick, times: int) -> None:
        with self._lock:
            self._tricks.extend([trick] * times)

    def _serve(self, talk: Conversation) -> None:
        going = True
        while going and (request := talk.read_request()) is not None:
            self._came_in(request)
            with self._lock:
                trick = self._tricks.popleft() if self._tricks else None
            going = talk.write(self._usual_answer(request)) if trick is None else trick(talk, request)
