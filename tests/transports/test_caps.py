"""What a peer sends costs no more than the limits say, in bytes that are kept and in memory."""

import gzip
import threading
import tracemalloc
import zlib

import pytest
import requests

from alertkit import HttpRequest, MalformedReplyError
from alertkit.testing import LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.transports.requests import AddressGuard, RequestsTransport

GUARD = AddressGuard(allow=["127.0.0.1"])
TEXT = b"an answer, " * 50


def gzipped(data):
    """Return it in gzip, the same whenever it is asked for: the tests are named by it."""
    return gzip.compress(data, mtime=0)


def raw_deflate(data):
    """Return what many servers send as deflate."""
    squeezing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezing.compress(data) + squeezing.flush()


def answered(answer, *, times=1, **settings):
    """Return the last of so many answers to a POST, each a connection kept or not."""
    play = answer if callable(answer) else lambda talk: [talk.write(answer) for _ in iter(talk.read_request, None)]
    with LoopbackServer(play) as server, RequestsTransport(guard=GUARD, **settings) as transport:
        for _ in range(times):
            response = transport.send(HttpRequest("POST", server.url, {}, b"{}"), timeout=10)
        return response, server.connections


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        *((encoding, gzipped(TEXT)) for encoding in ("gzip", "x-gzip", "GZIP", " gzip ")),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("deflate", zlib.compress(TEXT, 0)),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_what_comes_compressed_is_undone(encoding, body, chunked):
    """Though nobody asked for it; and a connection with such an answer is kept."""
    answer = answer_bytes(200, body, {"Content-Encoding": encoding})
    if chunked:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: " + encoding.encode()
        answer = head + b"\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    response, connections = answered(answer, times=3)

    assert (response.body, response.complete, connections) == (TEXT, True, 1)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"\x8b\x01\x80hi\x03"),
        ("gzip, gzip", gzipped(gzipped(TEXT))),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
def test_what_is_compressed_otherwise_is_left(encoding, body):
    """As it came."""
    response, _ = answered(answer_bytes(200, body, {"Content-Encoding": encoding}))

    assert (response.body, response.complete) == (body, True)


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip at all",
        gzipped(TEXT)[:-9],
        gzipped(TEXT)[:30] + b"\xff" * 40,
        b"\x1f",
        raw_deflate(TEXT)[:9],
    ],
)
def test_what_is_compressed_badly_is_cut(body):
    """The head counts, and of the body there is what could be undone."""
    response, _ = answered(answer_bytes(202, body, {"Content-Encoding": "gzip"}))

    assert (response.status, response.complete) == (202, False)
    assert TEXT.startswith(response.body)


def test_an_empty_body_is_complete_however_it_is_compressed():
    """As after 204, whose headers may be those of a page."""
    assert answered(b"HTTP/1.1 204 No\r\nContent-Encoding: gzip\r\n\r\n")[0].complete
    assert answered(answer_bytes(200, b"", {"Content-Encoding": "gzip"}))[0].complete


@pytest.mark.parametrize(
    ("body", "text", "whole"),
    [
        (gzipped(b"one, ") + gzipped(b"two"), b"one, two", True),
        (gzipped(b"") * 99 + gzipped(b"last"), b"last", True),
        (gzipped(b"") * 101, b"", False),
        (gzipped(b"one") + b"and what is none", b"one", False),
        (gzipped(b"one, ") + gzipped(b"two")[:-3], b"one, two", False),
    ],
)
def test_streams_in_a_row(body, text, whole):
    """They are one body; what stands behind them and is none makes it incomplete."""
    response, _ = answered(answer_bytes(200, body, {"Content-Encoding": "gzip"}))

    assert (response.body, response.complete) == (text, whole)


def test_tiny_chunks_are_put_together_in_time():
    """Three hundred thousand of them, one byte each."""
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 300_000 + b"0\r\n\r\n"
    response, _ = answered(chunks)

    assert (len(response.body), response.complete) == (300_000, True)


BOMB = gzipped(b"\0" * 200_000_000)


@pytest.mark.parametrize("body", [BOMB, zlib.compress(b"\0" * 100_000_000, 9)], ids=["gzip", "deflate"])
def test_a_bomb_costs_what_the_limit_costs(body):
    """A body of 100 MB or more that came in some 100 KB is never there, not even for a moment."""
    answer = answer_bytes(200, body, {"Content-Encoding": "gzip"})
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer)) as server:
        with RequestsTransport(guard=GUARD, max_body=1_000_000) as transport:
            tracemalloc.start()
            response = transport.send(HttpRequest("POST", server.url), timeout=10)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

    assert (len(response.body), response.complete) == (1_000_000, False)
    assert peak < 4_000_000


def test_a_bomb_in_a_session_that_was_handed_in():
    """It costs no more there."""
    answer = answer_bytes(200, BOMB, {"Content-Encoding": "gzip"})
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer)) as server, requests.Session() as own:
        tracemalloc.start()
        response = RequestsTransport(session=own).send(HttpRequest("POST", server.url), timeout=10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (len(response.body), response.complete) == (1_048_576, False)
    assert peak < 5_000_000


def test_what_becomes_of_nothing_has_a_limit_too():
    """A stream that is compressed to more than it says: blocks of nothing, without end."""

    def play(talk):
        talk.read_request()
        talk.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n")
        while talk.write(b"\x00\x00\x00\xff\xff" * 10_000):
            pass

    response, _ = answered(play, max_body=300_000)

    assert (response.body, response.complete) == (b"", False)
    assert response.elapsed < 5  # and it was not the time that ended it


@pytest.mark.parametrize(("size", "complete"), [(999, True), (1000, True), (1001, False), (5000, False)])
def test_a_body_at_its_limit(size, complete):
    """One byte more is cut."""
    response, _ = answered(answer_bytes(200, b"x" * size), max_body=1000)

    assert (len(response.body), response.complete) == (min(size, 1000), complete)


def headed(size):
    """Return an answer whose head has so many bytes."""
    lines = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n"]
    left = size - sum(map(len, lines)) - len(b"\r\n")
    while left:
        piece = min(left, 8000) if left - 8000 not in range(1, 10) else left - 20
        lines.append(b"X: " + b"y" * (piece - 5) + b"\r\n")
        left -= piece
    return b"".join([*lines, b"\r\n", b"{}"])


def test_a_head_at_its_limit():
    """64 KiB are read, with what comes behind them; twice as much is no answer."""
    assert answered(headed(65_000), times=2)[0].body == b"{}"
    assert answered(headed(65_536))[0].body == b"{}"
    assert answered(headed(65_536).replace(b"Length: 2", b"Length: 8") + b"{...}")[0].complete is False
    with pytest.raises(MalformedReplyError, match="HeadTooLarge"):
        answered(headed(80_000))


def test_the_head_and_the_body_have_limits_of_their_own():
    """What was spent on one head is not missing for the body, nor for the next head on the same connection."""
    body = b"x" * 500_000
    response, connections = answered(headed(60_000)[:-2].replace(b"Length: 2", b"Length: 500000") + body, times=3)

    assert (response.body, response.complete, connections) == (body, True, 1)


def test_connections_kept():
    """Idle connections are bounded for a host, and so are the hosts; those beyond are closed."""
    talking, change = set(), threading.Condition()

    def play(talk):
        with change:
            talking.add(talk)
        while (request := talk.read_request()) is not None:
            talk.write(answer_bytes(200, request.body))
        with change:
            talking.discard(talk)
            change.notify()

    with LoopbackServer(play) as server:
        with RequestsTransport(guard=GUARD, resolve=lambda _: ["127.0.0.1"], pool_maxsize=3) as transport:
            for path in "ab":
                for number in range(20):
                    url = f"http://h{number}.example:{server.port}/{path}"
                    assert transport.send(HttpRequest("POST", url), timeout=5).status == 200
            assert server.connections == 40
            with change:
                assert change.wait_for(lambda: len(talking) <= 3, timeout=10)
