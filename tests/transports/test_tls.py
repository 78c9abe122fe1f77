"""TLS keeps the deadline whatever a peer does with TLS itself, and is TLS as ever otherwise."""

import hashlib
import hmac
import os
import socket
import ssl
import struct
import threading
import time

import pytest
import trustme
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util.ssl_ import create_urllib3_context

from alertkit import ConnectFailedError, HttpRequest, TimedOutError, TransportError
from alertkit.testing import LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.transports._body import body_of
from alertkit.transports._exchange import Exchange
from alertkit.transports._tls import DeadlineContext
from alertkit.transports.requests import AddressGuard, RequestsTransport

BUDGET, OVERSHOOT = 0.6, 0.2
GUARD = AddressGuard(allow=["127.0.0.1"], behind_proxy=True)


@pytest.fixture(scope="module")
def authority():
    """Who vouches for the servers."""
    return trustme.CA()


@pytest.fixture
def bundle(authority, tmp_path):
    """The file that trusts it."""
    authority.cert_pem.write_to_path(tmp_path / "bundle.pem")
    return str(tmp_path / "bundle.pem")


@pytest.fixture
def context(authority):
    """A server's side of TLS."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "hooks.example").configure_cert(made)
    return made


def took(send):
    """Return what it returned or raised, and the seconds."""
    start = time.monotonic()
    try:
        result = send()
    except TransportError as error:
        result = error
    return result, time.monotonic() - start


def expanded(secret, label, length):
    """Derive a key of TLS 1.3 (RFC 8446 §7.1) that is no longer than the hash, which is as long as the secret."""
    name = b"tls13 " + label
    information = struct.pack(">HB", length, len(name)) + name + b"\0\x01"
    return hmac.new(secret, information, {32: hashlib.sha256, 48: hashlib.sha384}[len(secret)]).digest()[:length]


class Tickets:
    """A server that sends session tickets of TLS 1.3 as fast as they are taken, which no library does."""

    def __init__(self, context, folder, first):
        """Take what it sends before, as HTTP."""
        self.context, self.first, self.keys = context, first, folder / "keys"
        context.num_tickets = 0
        context.keylog_filename = str(self.keys)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        """Answer one connection so."""
        connection, _ = self.listener.accept()
        connection.settimeout(20)
        tls = self.context.wrap_socket(connection, server_side=True)
        tls.recv(65536)
        raw = socket.socket(fileno=os.dup(tls.fileno()))
        raw.settimeout(20)
        secret = next(line for line in self.keys.read_text().splitlines() if line.startswith("SERVER_TRAFFIC_SECRET_0"))
        secret = bytes.fromhex(secret.split()[2])
        key = AESGCM(expanded(secret, b"key", 16 if len(secret) == 32 else 32))
        nonce = expanded(secret, b"iv", 12)
        ticket = struct.pack(">II", 7200, 1) + b"\x01\x05" + struct.pack(">H", 8) + bytes(8) + b"\0\0"
        tickets = (b"\x04" + len(ticket).to_bytes(3, "big") + ticket) * 500
        number = 0
        try:
            for content, kind in ([(self.first, 23)] if self.first else []) + [(tickets, 22)] * 100_000:
                inner = content + bytes([kind])
                head = b"\x17\x03\x03" + struct.pack(">H", len(inner) + 16)
                used = bytes(a ^ b for a, b in zip(nonce, struct.pack(">4xQ", number), strict=True))
                raw.sendall(head + key.encrypt(used, inner, head))
                number += 1
        except OSError:
            pass  # whom it floods has gone
        finally:
            raw.close()
            tls.close()

    def close(self):
        """Stop."""
        self.thread.join(timeout=30)
        self.listener.close()
        assert not self.thread.is_alive()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_tickets_without_end(first, context, bundle, tmp_path):
    """They are no answer, and no part of one."""
    server = Tickets(context, tmp_path, first)
    with RequestsTransport(guard=GUARD, verify=bundle) as transport:
        request = HttpRequest("POST", f"https://127.0.0.1:{server.port}/", {}, b"{}")
        result, seconds = took(lambda: transport.send(request, timeout=BUDGET))
    server.close()

    assert seconds <= BUDGET + OVERSHOOT
    if first:
        assert (result.status, result.body, result.complete) == (200, b"ab", False)
    else:
        assert type(result) is TimedOutError


class Tunnel:
    """An `https` proxy, and behind it a host that drips: TLS in TLS."""

    def __init__(self, context, stage):
        """Take where it begins to drip: the handshake, the head, the body."""
        self.context, self.stage = context, stage
        self.server = LoopbackServer(self.play, tls=context)

    def play(self, talk):
        """Open the tunnel, and be the host behind it."""
        talk.read_request()
        talk.write(b"HTTP/1.1 200 OK\r\n\r\n")
        if self.stage == "handshake":
            talk.read_some()
            talk.drip(b"\x16\x03\x03\x3f\xff" + b"\x02" * 900, every=0.05)
            return
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner = self.context.wrap_bio(came, goes, server_side=True)

        def done(work, *args):
            while True:
                try:
                    result = work(*args)
                except ssl.SSLWantReadError:
                    talk.write(goes.read())
                    came.write(talk.read_some())
                else:
                    return result

        done(inner.do_handshake)
        done(inner.read, 65536)
        if self.stage in ("nothing", "surplus"):
            inner.write(answer_bytes(200, b"through") * (1 if self.stage == "nothing" else 2))
            talk.write(goes.read())
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n"
        inner.write(head if self.stage == "head" else head + b"\r\nx")
        talk.write(goes.read())
        for byte in b"X: more\r\n" * 90 if self.stage == "head" else b"y" * 800:
            inner.write(bytes([byte]))
            if not talk.write(goes.read()) or talk.pause(0.05):
                return


@pytest.mark.parametrize(
    ("stage", "kind"), [("handshake", ConnectFailedError), ("head", TimedOutError), ("body", None), ("nothing", None)]
)
def test_a_host_behind_a_proxy_that_speaks_tls(stage, kind, context, bundle, monkeypatch):
    """It gains nothing by dripping there."""
    tunnel = Tunnel(context, stage)
    with tunnel.server as server, RequestsTransport(guard=GUARD, verify=bundle, connect_timeout=30) as transport:
        monkeypatch.setenv("https_proxy", f"https://127.0.0.1:{server.port}")
        request = HttpRequest("POST", "https://hooks.example/x", {}, b"{}")
        result, seconds = took(lambda: transport.send(request, timeout=BUDGET))

    assert seconds <= BUDGET + OVERSHOOT
    if kind is not None:
        assert type(result) is kind
    elif stage == "body":
        assert (result.status, result.body[:1], result.complete) == (200, b"x", False)
    else:
        assert (result.status, result.body, result.complete) == (200, b"through", True)


def test_what_follows_an_answer_behind_a_proxy_that_speaks_tls(context, bundle, monkeypatch):
    """It is not the next answer, and no error: each exchange has a connection of its own there."""
    with Tunnel(context, "surplus").server as server, RequestsTransport(guard=GUARD, verify=bundle) as transport:
        monkeypatch.setenv("https_proxy", f"https://127.0.0.1:{server.port}")
        for _ in range(2):
            response = transport.send(HttpRequest("POST", "https://hooks.example/x", {}, b"{}"), timeout=5)
            assert (response.body, response.complete) == (b"through", True)
        assert server.connections == 2


@pytest.mark.parametrize(("length", "complete"), [(b"Content-Length: 9\r\n", False), (b"", True)])
def test_a_peer_that_hangs_up_without_a_word(length, complete, context, bundle):
    """A body of known length is known to be cut; one that ends with the connection is as long as it is."""

    def play(talk):
        talk.read_request()
        talk.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\nhalf")
        socket.socket.shutdown(talk._connection, socket.SHUT_RDWR)  # without TLS saying so

    with LoopbackServer(play, tls=context) as server, RequestsTransport(guard=GUARD, verify=bundle) as transport:
        response = transport.send(HttpRequest("POST", f"https://127.0.0.1:{server.port}/"), timeout=5)

    assert (response.body, response.complete) == (b"half", complete)


def test_trusting_anyone(context):
    """Where the host says so, and then whatever the name."""
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer_bytes(200)), tls=context) as server:
        with RequestsTransport(guard=AddressGuard(allow=["127.0.0.1"]), verify=False) as transport:
            with pytest.warns(InsecureRequestWarning):
                assert transport.send(HttpRequest("POST", f"https://127.0.0.1:{server.port}/"), timeout=5).status == 200


def test_a_large_request_and_a_large_answer(context, bundle):
    """Many records of TLS in both directions, over one connection."""
    body = bytes(range(256)) * 20_000

    def echoing(talk):
        while (request := talk.read_request()) is not None:
            talk.write(answer_bytes(200, request.body))

    with LoopbackServer(echoing, tls=context) as server:
        with RequestsTransport(guard=GUARD, verify=bundle, max_body=10_000_000) as transport:
            for _ in range(2):
                request = HttpRequest("POST", f"https://127.0.0.1:{server.port}/", {}, body)
                assert transport.send(request, timeout=30).body == body
        assert server.connections == 1


def test_a_connection_that_is_not_ours_can_use_it(context):
    """As those behind a SOCKS proxy do: they are urllib3's own, and get our context of the CA bundle."""
    exchange = Exchange(time.monotonic)
    exchange.begin(5, 5)
    ours = DeadlineContext.of(exchange, verifies=False)

    def echoing(talk):
        while (request := talk.read_request()) is not None:
            talk.write(answer_bytes(200, request.body))

    with LoopbackServer(echoing, tls=context) as server:
        with HTTPSConnectionPool("127.0.0.1", server.port, ssl_context=ours) as pool:
            for _ in range(2):
                with pytest.warns(InsecureRequestWarning):
                    answer = pool.urlopen("POST", "/", body=b"{}", preload_content=False)
                assert body_of(answer, most=100, exchange=exchange) == (b"{}", True)
        assert server.connections == 1


def test_the_context_is_the_usual_one():
    """What urllib3 sets, and no more and no less."""
    usual = create_urllib3_context()
    ours = DeadlineContext.of(None, verifies=True)
    for name in ("options", "verify_flags", "verify_mode", "check_hostname", "minimum_version", "maximum_version"):
        assert getattr(ours, name) == getattr(usual, name)
    assert DeadlineContext.of(None, verifies=False).verify_mode is ssl.CERT_NONE
