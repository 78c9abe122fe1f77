"""
The contract of the `Transport` port, one test for each of its clauses.

Rules of this file: real sockets on loopback, no test framework, and no wait longer than the second that a clause needs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from alertkit._http import HttpRequest, Transport
from alertkit.errors import (
    AlertKitError,
    ConnectFailedError,
    MalformedReplyError,
    TimedOutError,
    TransportError,
)
from alertkit.testing._loopback import Conversation, LoopbackServer, ReceivedRequest, answer_bytes

__all__ = ["TransportContract"]

_SECRET = "s3cr3t"  # noqa: S105  (stands in the path, the query, a header and the body, and must not come back out)
_OVERSHOOT = 0.2
_Play = Callable[[Conversation], None]


class TransportContract:
    """Subclass it and define `make`; a `close` that the transport has is called at the end of each test."""

    max_body = 1_048_576
    """The most bytes of a body that the transport under test reads."""

    def make(self) -> Transport:
        """Return a new transport that may dial 127.0.0.1."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_everything_arrives_as_given(self) -> None:
        """The method, the path and query, the headers and the body arrive as given."""
        seen: list[ReceivedRequest] = []
        with self._peer(_answering(answer_bytes(202), seen)) as (transport, server):
            body = bytes(range(256)) * 300
            headers = {"X-One": "a b\u00e9", "Content-Type": "text/plain"}
            transport.send(HttpRequest("POST", f"{server.url}/p%20q/?a=b&c=%2F", headers, body), timeout=5)

        (request,) = seen
        assert (request.method, request.target, request.body) == ("POST", "/p%20q/?a=b&c=%2F", body)
        assert {name: request.headers[name] for name in headers} == headers

    def test_clause_2_any_status_is_returned(self) -> None:
        """Any status is returned, none raised."""
        for status in (200, 202, 204, 400, 404, 408, 429, 500, 503, 599):
            body = b"" if status == 204 else b"words"
            with self._peer(_answering(answer_bytes(status, body, {"X-Said": "yes"}))) as (transport, server):
                response = transport.send(_request(server), timeout=5)

            assert (response.status, response.body, response.complete) == (status, body, True)
            assert response.headers["x-said"] == "yes"
            assert 0 <= response.elapsed < 5

    def test_clause_3_a_redirect_is_an_answer(self) -> None:
        """A redirect is returned like any other answer, never followed."""
        seen: list[ReceivedRequest] = []
        for status in (301, 302, 303, 307, 308):
            answer = answer_bytes(status, b"", {"Location": "/elsewhere"})
            with self._peer(_answering(answer, seen)) as (transport, server):
                assert transport.send(_request(server), timeout=5).status == status
        assert len(seen) == 5

    def test_clause_4_a_refused_connection(self) -> None:
        """`ConnectFailedError` when the request did not reach the peer."""
        with self._peer(_answering(answer_bytes(200))) as (transport, server):
            server.stop()
            with _raises(ConnectFailedError):
                transport.send(_request(server), timeout=5)

    def test_clause_5_silence_and_dripping_end_at_the_timeout(self) -> None:
        """`TimedOutError` when no head of an answer has come in time, however the peer dawdles."""
        endless_head = b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 1000
        continues = b"HTTP/1.1 100 Continue\r\n\r\n" * 1000
        plays: tuple[_Play, ...] = (
            lambda talk: _after_request(talk, lambda: talk.pause(30)),
            lambda talk: _after_request(talk, lambda: talk.drip(endless_head, every=0.05)),
            lambda talk: _after_request(talk, lambda: talk.drip(continues, every=0.05)),
        )
        for play in plays:
            with self._peer(play) as (transport, server):
                start = time.monotonic()
                with _raises(TimedOutError):
                    transport.send(_request(server), timeout=0.5)

                assert 0.4 <= time.monotonic() - start <= 0.5 + _OVERSHOOT

    def test_clause_6_a_lost_connection(self) -> None:
        """`TransportError` when the connection is lost after the request has left."""
        plays: tuple[_Play, ...] = (
            lambda talk: _after_request(talk, lambda: None),
            lambda talk: _after_request(talk, talk.reset),
        )
        for play in plays:
            with self._peer(play) as (transport, server), _raises(TransportError) as errors:
                transport.send(_request(server), timeout=5)
            assert not isinstance(errors[0], (ConnectFailedError, TimedOutError))

    def test_clause_7_an_answer_that_is_not_http(self) -> None:
        """`MalformedReplyError` when what comes back is not HTTP."""
        for garbage in (b"SSH-2.0-OpenSSH_9.6\r\n", b"\x15\x03\x01\x00\x02\x02\x16\r\n", b"HTTP/1.1 abc Nope\r\n\r\n"):

            def play(talk: Conversation, garbage: bytes = garbage) -> None:
                _after_request(talk, partial(talk.write, garbage))

            with self._peer(play) as (transport, server), _raises(MalformedReplyError):
                transport.send(_request(server), timeout=5)

    def test_clause_8_a_body_is_cut(self) -> None:
        """A body that breaks off, is over the limit, or is not over in time is cut, and `complete` is False."""
        too_long = b"x" * (self.max_body + 1)
        short = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\nhalf of it"
        broken_chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"

        def slow(talk: Conversation) -> None:
            talk.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
            talk.drip(b"x" * 999, every=0.05)

        plays: tuple[tuple[int, bytes | None, _Play], ...] = (
            (400, b"half of it", lambda talk: _after_request(talk, lambda: talk.write(short))),
            (200, b"half", lambda talk: _after_request(talk, lambda: talk.write(broken_chunk))),
            (200, too_long[:-1], lambda talk: _after_request(talk, lambda: talk.write(answer_bytes(200, too_long)))),
            (202, None, lambda talk: _after_request(talk, lambda: slow(talk))),
        )
        for status, body, play in plays:
            with self._peer(play) as (transport, server):
                response = transport.send(_request(server), timeout=0.5 if body is None else 5)

            assert (response.status, response.complete) == (status, False)
            assert body is None or response.body == body
            assert response.elapsed <= 5

    def test_clause_9_after_any_failure_the_next_send_works(self) -> None:
        """After any failure the next send works."""
        failures: list[_Play] = [
            lambda talk: _after_request(talk, lambda: talk.pause(30)),
            lambda talk: _after_request(talk, talk.reset),
            lambda talk: _after_request(talk, lambda: talk.write(b"garbage\r\n\r\n")),
            lambda talk: _after_request(talk, lambda: talk.write(answer_bytes(200, b"x" * 9)[:-4])),
        ]
        left = list(failures)
        well = _answering(answer_bytes(200, b"well"))

        def one_after_the_other(talk: Conversation) -> None:
            play = left.pop() if left else well
            play(talk)

        with self._peer(one_after_the_other) as (transport, server):
            for _ in failures:
                try:
                    response = transport.send(_request(server), timeout=0.3)
                except AlertKitError:
                    continue
                assert not response.complete
            assert transport.send(_request(server), timeout=5).body == b"well"

    def test_clause_10_many_threads_send_at_once(self) -> None:
        """Many threads may send at once, and each gets its own answer."""

        def play(talk: Conversation) -> None:
            while (request := talk.read_request()) is not None:
                talk.write(answer_bytes(200, request.body))

        with self._peer(play) as (transport, server), ThreadPoolExecutor(16) as threads:
            together = threading.Barrier(16)

            def send(number: int) -> bool:
                if number < 16:
                    together.wait(timeout=10)
                body = str(number).encode() * 50
                return transport.send(_request(server, body), timeout=10).body == body

            assert all(threads.map(send, range(400)))

    def test_clause_11_no_text_holds_a_secret(self) -> None:
        """No error's text holds a path, a query, a header's value or a body, and none has a context that does."""
        plays: tuple[_Play, ...] = (
            lambda talk: _after_request(talk, lambda: talk.pause(30)),
            lambda talk: _after_request(talk, talk.reset),
            lambda talk: _after_request(talk, lambda: talk.write(f"{_SECRET}\r\n\r\n".encode())),
        )
        for play in plays:
            with self._peer(play) as (transport, server), _raises(AlertKitError) as errors:
                transport.send(_request(server, _SECRET.encode()), timeout=0.3)
            (error,) = errors
            assert _SECRET not in f"{error} {error!r}"
            assert error.__cause__ is None
            assert error.__context__ is None

    @contextmanager
    def _peer(self, play: _Play) -> Iterator[tuple[Transport, LoopbackServer]]:
        transport = self.make()
        try:
            with LoopbackServer(play) as server:
                yield transport, server
        finally:
            getattr(transport, "close", lambda: None)()


def _request(server: LoopbackServer, body: bytes = b"{}") -> HttpRequest:
    return HttpRequest("POST", f"{server.url}/{_SECRET}?key={_SECRET}", {"Authorization": _SECRET}, body)


def _answering(answer: bytes, seen: list[ReceivedRequest] | None = None) -> _Play:
    def play(talk: Conversation) -> None:
        while (request := talk.read_request()) is not None:
            if seen is not None:
                seen.append(request)
            talk.write(answer)

    return play


def _after_request(talk: Conversation, then: Callable[[], object]) -> None:
    talk.read_request()
    then()


@contextmanager
def _raises(kind: type[AlertKitError]) -> Iterator[list[AlertKitError]]:
    """Demand that the block raises `kind`; the list holds the error afterwards."""
    errors: list[AlertKitError] = []
    try:
        yield errors
    except kind as error:
        errors.append(error)
    if not errors:
        raise AssertionError(f"{kind.__name__} was not raised")
