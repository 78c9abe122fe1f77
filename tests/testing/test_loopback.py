"""LoopbackServer: every connection is played to the byte, in plain and in TLS, and nothing outlives the server."""

import gc
import socket
import ssl
import threading
import warnings
from contextlib import closing

import pytest
import trustme

from alertkit.testing import Conversation, LoopbackServer
from alertkit.testing._loopback import answer_bytes

AUTHORITY = trustme.CA()


def contexts():
    """Return the TLS contexts of a server and of a client that trusts it."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(server)
    AUTHORITY.configure_trust(client)
    return server, client


def dial(server, trusting=None):
    """Return a connection to the server, in TLS if there is a context to trust it by."""
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    return closing(plain if trusting is None else trusting.wrap_socket(plain, server_hostname="127.0.0.1"))


def read_all(connection):
    """Read until the server closes."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def reading(seen, count=1):
    """Return a play that reads requests, and notes each one or None."""

    def play(talk: Conversation):
        seen.extend(talk.read_request() for _ in range(count))
        talk.write(b"done")

    return play


def heard(data, count=1):
    """Return what a server reads of a client that sends `data`, nothing further, and waits for the end."""
    seen = []
    with LoopbackServer(reading(seen, count)) as server, dial(server) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        read_all(client)
    return seen


def stops_within(server, seconds):
    """Stop the server; whether that took no longer than so many seconds."""
    stopping = threading.Thread(target=server.stop, daemon=True)
    stopping.start()
    stopping.join(seconds)
    return not stopping.is_alive()


def of_loopback():
    """Return the threads that servers have running."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("loopback")]


def test_a_request_is_read_as_it_came():
    """Method, target, headers without regard to case, and the body to its last byte; its `repr` hides the values."""
    (request,) = heard(b"POST /a%20b?c=d HTTP/1.1\r\nX-One:  a:b \r\ncontent-length: 4\r\n\r\n\x00\xff\r\nmore")

    assert (request.method, request.target, request.body) == ("POST", "/a%20b?c=d", b"\x00\xff\r\n")
    assert dict(request.headers) == {"X-One": "a:b", "content-length": "4"}
    assert "headers=Headers(X-One, content-length), body=<4 bytes>" in repr(request)


def test_requests_follow_each_other_on_one_connection():
    """What was sent in one piece is read as two requests, and then as the end."""
    one, two = b"GET /1 HTTP/1.1\r\n\r\n", b"PUT /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nok"
    first, second, end = heard(one + two, count=3)

    assert (first.target, first.body, second.target, second.body, end) == ("/1", b"", "/2", b"ok", None)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"GET / HTTP/1.1\r\n", b"x" * 70_000, b"hello\r\n\r\n", b"GET /\r\n\r\n", b"\r\n\r\n"),
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nfour",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nbody",
    ],
)
def test_what_is_no_whole_request_is_none(data):
    """A client that closes early, sends an endless head, or no HTTP, has made no request."""
    assert heard(data) == [None]


@pytest.mark.parametrize(
    ("status", "first"), [(202, b"HTTP/1.1 202 Accepted"), (405, b"HTTP/1.1 405 Method"), (299, b"HTTP/1.1 299 ")]
)
def test_an_answer_states_its_length(status, first):
    """The length is that of the body, whatever headers were given, and however they are spelt."""
    for length, kind in (("Content-Length", "Content-Type"), ("content-length", "content-type")):
        data = answer_bytes(status, b"four", {"X-One": "é", length: "9", kind: "text/plain"})

        head, body = data.split(b"\r\n\r\n")
        assert head.startswith(first)
        assert head.split(b"\r\n")[1:] == [f"{kind}: text/plain".encode(), b"X-One: \xe9", b"Content-Length: 4"]
        assert body == b"four"


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_play_speaks_in_both_directions(tls):
    """Pieces are read and written as the play says, and its end closes the connection."""
    accepting, trusting = contexts() if tls else (None, None)
    seen = []

    def play(talk: Conversation):
        seen.append(talk.read_some(3))
        seen.append(talk.write(b"first "))
        talk.drip(b"then", every=0.001)

    with LoopbackServer(play, tls=accepting) as server, dial(server, trusting) as client:
        client.sendall(b"abc")
        data = read_all(client)

    assert server.url == f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    assert (seen, data, server.connections) == ([b"abc", True], b"first then", 1)


def test_a_reset_is_no_orderly_end():
    """The client gets `ECONNRESET`, and the play goes on quietly."""
    seen = []

    def play(talk: Conversation):
        talk.read_some()
        talk.reset()
        seen.extend((talk.read_some(), talk.write(b"late")))

    with LoopbackServer(play) as server, dial(server) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)

    assert seen == [b"", False]


def test_a_play_can_close_in_order():
    """The client reads what was sent and then the end; closing twice is harmless, and nothing is written after it."""
    seen = []

    def play(talk: Conversation):
        talk.write(b"all")
        talk.close()
        talk.close()
        seen.append(talk.write(b"late"))

    with LoopbackServer(play) as server, dial(server) as client:
        assert read_all(client) == b"all"

    assert seen == [False]


def test_a_drip_ends_when_the_client_has_gone():
    """Nobody drips to the end for a client that closed."""
    ended = threading.Event()

    def play(talk: Conversation):
        talk.drip(b"x" * 1_000_000, every=0.001)
        ended.set()

    with LoopbackServer(play) as server:
        with dial(server) as client:
            client.recv(1)
        assert ended.wait(5)


def test_a_client_that_does_not_trust_us_is_no_error():
    """A handshake that fails is reported by the client; the server serves the next one."""
    accepting, trusting = contexts()
    with LoopbackServer(lambda talk: talk.write(b"well"), tls=accepting) as server:
        with pytest.raises(ssl.SSLCertVerificationError), dial(server, ssl.create_default_context()):
            pass
        with dial(server, trusting) as client:
            assert read_all(client) == b"well"


PENDING = {
    "reads": lambda talk: talk.read_some(),
    "waits": lambda talk: talk.pause(60),
    "drips": lambda talk: talk.drip(b"x" * 100, every=60),
    "writes": lambda talk: talk.write(b"x" * 100_000_000),
}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("play", PENDING.values(), ids=PENDING)
def test_stopping_ends_whatever_is_pending(play, tls):
    """A play that reads, waits, drips or writes into a full buffer is over at once, and its thread with it."""
    accepting, trusting = contexts() if tls else (None, None)
    started = threading.Event()

    def playing(talk: Conversation):
        started.set()
        play(talk)

    server = LoopbackServer(playing, tls=accepting)
    with dial(server, trusting):
        assert started.wait(5)
        assert stops_within(server, 2)
        assert of_loopback() == []
    server.stop()


def test_stopping_ends_a_handshake_that_never_ends():
    """A client that breaks off in the middle of its handshake does not keep a TLS server from stopping."""
    accepting, trusting = contexts()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        trusting.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1").do_handshake()
    server = LoopbackServer(lambda talk: None, tls=accepting)
    with dial(server) as client:
        client.sendall(outgoing.read())
        assert client.recv(1)  # the server has answered, and waits for the second half
        assert stops_within(server, 2)
    assert of_loopback() == []


def test_a_handshake_that_begins_while_the_server_stops():
    """It is over at once, though the server has looked for open connections before, and the client never speaks."""
    accepting, _ = contexts()
    server = LoopbackServer(lambda talk: None, tls=accepting)
    server.stop()
    silent, accepted = socket.socketpair()
    with closing(silent):
        talking = threading.Thread(target=server._talk, args=(accepted,), daemon=True)
        talking.start()
        talking.join(2)
        assert not talking.is_alive()


def test_nothing_is_left_behind():
    """No thread, no open port and no socket that is only collected outlives a server."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with LoopbackServer(reading([])) as server, dial(server) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            port = server.port
            read_all(client)
        del server, client
        gc.collect()

    assert [warning for warning in warned if issubclass(warning.category, ResourceWarning)] == []
    assert of_loopback() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
