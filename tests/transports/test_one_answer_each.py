"""A request gets its own answer: nothing that a peer sends before, between or behind is taken for it."""

import logging
import socket
import ssl
import time

import pytest
import trustme

from alertkit import HttpRequest, MalformedReplyError, TimedOutError
from alertkit.testing import Conversation, LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.transports._connections import _BoundedSocket
from alertkit.transports._exchange import Exchange
from alertkit.transports.requests import RequestsTransport


@pytest.fixture(scope="module", params=["plain", "tls"])
def world(request, tmp_path_factory):
    """The context of a server and the bundle that trusts it; None and True for plain HTTP."""
    if request.param == "plain":
        return None, True
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("bundle") / "bundle.pem"
    authority.cert_pem.write_to_path(bundle)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, str(bundle)


def post(server):
    """Return a POST to it."""
    return HttpRequest("POST", server.url, {}, b"{}")


def sized(size):
    """Return an answer of so many bytes in all."""
    bare = len(answer_bytes(200, b"first", {"X-Pad": ""}))
    return answer_bytes(200, b"first", {"X-Pad": "p" * (size - bare)})


@pytest.mark.parametrize("size", [200, 8192, 8193, 16384])
def test_what_follows_an_answer_is_not_the_next_one(world, size):
    """A second answer that nobody asked for is thrown away with its connection, wherever a buffer ends."""
    context, verify = world

    def surplus(talk: Conversation):
        first = server.connections == 1
        while talk.read_request() is not None:
            talk.write(sized(size) + answer_bytes(202, b"surplus") if first else answer_bytes(200, b"second"))

    with LoopbackServer(surplus, tls=context) as server, RequestsTransport(verify=verify) as transport:
        assert transport.send(post(server), timeout=5).body == b"first"
        assert transport.send(post(server), timeout=5).body == b"second"
        assert server.connections == 2


def test_interim_answers_are_not_the_answer(world):
    """100, 102 and 103 announce one; it is read behind them, and the connection is kept."""
    context, verify = world
    interim = b"".join(f"HTTP/1.1 {status} Soon\r\nLink: </a>\r\n\r\n".encode() for status in (100, 103, 102, 103))

    def announcing(talk: Conversation):
        while talk.read_request() is not None:
            talk.write(interim + answer_bytes(202, b"taken"))

    with LoopbackServer(announcing, tls=context) as server, RequestsTransport(verify=verify) as transport:
        for _ in range(3):
            response = transport.send(post(server), timeout=5)
            assert (response.status, response.body, response.headers.get("Link")) == (202, b"taken", None)
        assert server.connections == 1


def test_interim_answers_without_end_are_no_answer():
    """A flood of 103 ends with the room for a head."""

    def flooding(talk: Conversation):
        talk.read_request()
        while talk.write(b"HTTP/1.1 103 Soon\r\n\r\n" * 100):
            pass

    with LoopbackServer(flooding) as server, RequestsTransport() as transport, pytest.raises(MalformedReplyError):
        transport.send(post(server), timeout=5)


def test_another_protocol_ends_the_connection(world):
    """A 101 that nobody asked for is returned as it is, and what follows it is not HTTP."""
    context, verify = world

    def switching(talk: Conversation):
        while talk.read_request() is not None:
            talk.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")

    with LoopbackServer(switching, tls=context) as server, RequestsTransport(verify=verify) as transport:
        for _ in range(2):
            assert transport.send(post(server), timeout=5).status == 101
        assert server.connections == 2


def test_a_send_in_the_middle_of_a_send_changes_nothing_for_it():
    """A log handler may send too; the send that it interrupts keeps its own deadline."""
    inner = []

    def silent(talk: Conversation):
        talk.read_request()
        talk.pause(30)

    def answering(talk: Conversation):
        while talk.read_request() is not None:
            talk.write(answer_bytes(200))

    class Sending(logging.Handler):
        """Sends on the first line that it is given."""

        def emit(self, record):
            """Send once."""
            if not inner:
                inner.append(None)
                inner.append(transport.send(post(quick), timeout=20).status)

    logger = logging.getLogger("urllib3.connectionpool")
    handler = Sending()
    with LoopbackServer(silent) as slow, LoopbackServer(answering) as quick, RequestsTransport() as transport:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            start = time.monotonic()
            with pytest.raises(TimedOutError):
                transport.send(post(slow), timeout=0.5)
            assert time.monotonic() - start < 1
        finally:
            logger.setLevel(logging.NOTSET)
            logger.removeHandler(handler)
    assert inner == [None, 200]


def test_an_answer_can_be_closed_twice():
    """As every file can; the second time there is nothing left to look at."""
    exchange = Exchange(time.monotonic)
    exchange.begin(1, 1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = _BoundedSocket(ours, exchange).makefile("rb")
        reader.close()
        reader.close()

    assert reader.closed
