"""One budget over everything: at whatever stage a peer dawdles, the send is over with it, and at most 0.2 s later."""

import socket
import ssl
import threading
import time
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from queue import Empty, SimpleQueue

import pytest
import trustme

from alertkit import ConnectFailedError, HttpRequest, MalformedReplyError, TimedOutError
from alertkit.testing import LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.transports._resolving import Resolver
from alertkit.transports.requests import AddressGuard, RequestsTransport

BUDGET, OVERSHOOT = 0.6, 0.2
GUARD = AddressGuard(allow=["127.0.0.1"])
HEAD = b"HTTP/1.1 200 OK\r\n"
RECORD = b"\x16\x03\x03\x3f\xff" + b"\x02" * 900  # of TLS, the beginning of a long one


@pytest.fixture(scope="module", params=["http", "https"])
def scheme(request):
    """Over plain TCP and over TLS."""
    return request.param


@pytest.fixture(scope="module")
def authority():
    """Who vouches for the servers."""
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority, tmp_path_factory):
    """The file that trusts it."""
    path = tmp_path_factory.mktemp("bundle") / "bundle.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def transport(bundle):
    """A guarded one, that may take all of the budget to connect."""
    with RequestsTransport(guard=GUARD, verify=bundle, connect_timeout=30) as opened:
        yield opened


@pytest.fixture
def serving(authority, scheme):
    """Return a server of a play, in the scheme of the test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return lambda play: LoopbackServer(play, tls=context if scheme == "https" else None)


def post(server, scheme="http", body=b"{}"):
    """Return a POST to it."""
    return HttpRequest("POST", f"{scheme}://127.0.0.1:{server.port}/x", {}, body)


class Within:
    """What happens inside takes the budget, and not much more or less."""

    def __init__(self, least=BUDGET - 0.1):
        """Take how long it takes at least."""
        self.least = least

    def __enter__(self):
        """Look at the clock."""
        self.start = time.monotonic()

    def __exit__(self, kind, error, trace):
        """Look again, unless something else has failed."""
        if kind is None:
            assert self.least <= time.monotonic() - self.start <= BUDGET + OVERSHOOT


# --- before there is a connection


def stuck(released):
    """Return a resolver that answers when it is released."""

    def resolve(_host):
        released.wait(30)
        return ["127.0.0.1"]

    return resolve


@pytest.mark.parametrize("connect_timeout", [30, BUDGET])
@pytest.mark.parametrize("guard", [GUARD, None])
def test_a_resolver_that_is_slow(connect_timeout, guard):
    """Nothing was sent; the look-up is left behind, and a later one works."""
    released = threading.Event()
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer_bytes(200))) as server:
        request = HttpRequest("POST", f"http://hooks.example:{server.port}/")
        with RequestsTransport(guard=guard, resolve=stuck(released), connect_timeout=connect_timeout) as transport:
            with Within(), pytest.raises(ConnectFailedError, match=r"hooks\.example"):
                transport.send(request, timeout=BUDGET if connect_timeout == 30 else 30)
            assert server.connections == 0
            released.set()
            assert transport.send(request, timeout=5).status == 200


def until(deadline):
    """Return what is left of it, as an exchange says it."""

    def remaining():
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    return remaining


def test_a_resolver_that_is_gone_costs_a_bounded_number_of_threads():
    """As many look-ups as may be stuck are; whoever comes then waits for a place, and no longer than they may."""
    released, started = threading.Event(), []

    def new_thread(**what):
        started.append(threading.Thread(**what))
        return started[-1]

    resolver = Resolver(stuck(released), guard=None, new_thread=new_thread)
    deadline = time.monotonic() + BUDGET

    def try_once():
        with pytest.raises(TimeoutError):
            resolver.addresses("hooks.example", 443, remaining=until(deadline))

    waiting = [threading.Thread(target=try_once) for _ in range(80)]
    with Within():
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
    assert len(started) == 50
    assert all(thread.daemon for thread in started)
    released.set()
    assert resolver.addresses("hooks.example", 443, remaining=lambda: 5) == ["127.0.0.1"]
    for thread in started:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_waiting_for_a_place_and_for_the_answer_is_one_wait():
    """A place that is free late leaves little time for the look-up itself."""
    released, asked = [threading.Event() for _ in range(51)], iter(range(51))
    resolver = Resolver(lambda _: stuck(released[next(asked)])("hooks.example"), guard=None)
    holding = [
        threading.Thread(target=lambda: resolver.addresses("hooks.example", 443, remaining=lambda: 30))
        for _ in range(50)
    ]
    for thread in holding:
        thread.start()
    timer = threading.Timer(BUDGET - 0.1, released[0].set)
    timer.start()
    with Within(), pytest.raises(TimeoutError):
        resolver.addresses("hooks.example", 443, remaining=until(time.monotonic() + BUDGET))
    for event in released:
        event.set()
    for thread in [*holding, timer]:
        thread.join()


def test_a_look_up_that_ends_its_thread_gives_its_place_back():
    """Whatever a function of the host's own raises."""

    def resolve(_host):
        raise SystemExit

    resolver = Resolver(resolve, guard=None)
    for _ in range(60):
        with pytest.raises(OSError, match="SystemExit"):
            resolver.addresses("hooks.example", 443, remaining=lambda: 5)


@pytest.mark.parametrize("found", [[IPv4Address("127.0.0.1")], ("127.0.0.1",), iter(["127.0.0.1"])])
def test_addresses_of_any_kind(found):
    """Texts, and what is an address when it is written as one."""
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer_bytes(200))) as server:
        with RequestsTransport(guard=GUARD, resolve=lambda _: found) as transport:
            request = HttpRequest("POST", f"http://hooks.example:{server.port}/")
            assert transport.send(request, timeout=5).status == 200


def test_a_resolver_sees_the_dot_at_the_end():
    """It keeps a name from being looked for in the domains of this network."""
    asked = []

    def resolve(host):
        asked.append(host)
        return ["127.0.0.1"]

    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer_bytes(200))) as server:
        with RequestsTransport(guard=GUARD, resolve=resolve) as transport:
            transport.send(HttpRequest("POST", f"http://hooks.example.:{server.port}/"), timeout=5)

    assert asked == ["hooks.example."]


def test_the_system_is_asked():
    """Unless another function is given."""
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer_bytes(200))) as server:
        with RequestsTransport() as transport:
            request = HttpRequest("POST", f"http://localhost:{server.port}/")
            assert transport.send(request, timeout=5).status == 200


def test_a_thread_answers_one_look_up_after_another():
    """And it ends when for a moment there was none; the next look-up has another."""
    started = []

    def new_thread(**what):
        started.append(threading.Thread(**what))
        return started[-1]

    resolver = Resolver(lambda _host: ["192.0.2.1"], guard=None, new_thread=new_thread)
    for _ in range(100):
        resolver.addresses("hooks.example", 443, remaining=lambda: 5)
    few = len(started)
    for thread in started:
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert resolver.addresses("hooks.example", 443, remaining=lambda: 5) == ["192.0.2.1"]
    assert len(started) == few + 1
    assert few < 50


def test_a_thread_that_somebody_counts_on_does_not_end():
    """It has waited in vain, and just then it was counted on: it waits on, and answers."""
    resolver = Resolver(lambda _host: ["192.0.2.1"], guard=None)
    answers, asked = SimpleQueue(), iter([Empty, ("hooks.example", "of the queue below"), Empty])

    class Asked:
        """Nobody asks, then somebody does, then nobody again."""

        def get(self, *, timeout):
            """Answer so, in time."""
            found = next(asked)
            if found is Empty:
                raise Empty
            assert timeout > 0
            return found[0], answers

    resolver._asked = Asked()
    resolver._free.acquire()
    resolver._answer()

    assert answers.get(timeout=0) == ["192.0.2.1"]


def test_where_no_thread_is_to_be_had():
    """As at the end of an interpreter: the look-up is done without one, for a page may hang on it."""

    class NoThread(threading.Thread):
        """One that cannot be started."""

        def start(self):
            """Say so, as Python does."""
            raise RuntimeError("can't start new thread")

    resolver = Resolver(lambda _host: ["192.0.2.1"], guard=None, new_thread=NoThread)
    for _ in range(60):
        assert resolver.addresses("hooks.example", 443, remaining=lambda: 5) == ["192.0.2.1"]


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), OSError("down"), UnicodeError("label"), KeyError()])
def test_a_look_up_that_fails(error):
    """Whatever a function of the host's own raises, nothing was sent, and the request is not in the text."""

    def resolve(_host):
        raise error

    with RequestsTransport(resolve=resolve) as transport, pytest.raises(ConnectFailedError) as raised:
        transport.send(HttpRequest("POST", "https://hooks.example/s3cr3t"), timeout=5)

    assert "s3cr3t" not in str(raised.value)


def test_a_look_up_that_finds_nothing():
    """No address is no connection."""
    with RequestsTransport(resolve=lambda _: []) as transport, pytest.raises(ConnectFailedError, match="hooks"):
        transport.send(HttpRequest("POST", "https://hooks.example/"), timeout=5)


@contextmanager
def not_accepting(address="127.0.0.1"):
    """Give a port at which connecting hangs, since its queue is full."""
    with socket.create_server((address, 0), backlog=0) as server, ExitStack() as fillers:
        port = server.getsockname()[1]
        for _ in range(3):  # as many as make it full
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((address, port))
        yield port


def test_a_host_that_does_not_accept(transport, scheme):
    """Connecting to it hangs."""
    with not_accepting() as port, Within(), pytest.raises(ConnectFailedError):
        transport.send(HttpRequest("POST", f"{scheme}://127.0.0.1:{port}/"), timeout=BUDGET)


def test_many_addresses_that_do_not_accept():
    """They share the time."""
    with RequestsTransport(guard=GUARD, resolve=lambda _: ["127.0.0.1"] * 20, connect_timeout=30) as transport:
        with not_accepting() as port, Within(), pytest.raises(ConnectFailedError):
            transport.send(HttpRequest("POST", f"http://hooks.example:{port}/"), timeout=BUDGET)


@pytest.mark.parametrize("play", [lambda talk: talk.pause(30), lambda talk: talk.drip(RECORD, every=0.05)])
def test_a_handshake_that_stalls_or_drips(transport, play):
    """What a peer sends in it, a byte now and then, does not prolong it."""
    with LoopbackServer(play) as server, Within(), pytest.raises(ConnectFailedError):
        transport.send(post(server, "https"), timeout=BUDGET)


def test_a_handshake_that_is_flooded(transport):
    """Hellos of the server's, as fast as they are taken, of which OpenSSL would eat any number in one call."""
    hello = b"\x16\x03\x03\x00\x04" + bytes(4)
    with LoopbackServer(lambda talk: talk.read_some() and forever(hello * 7000)(talk)) as server:
        with Within(), pytest.raises(ConnectFailedError):
            transport.send(post(server, "https"), timeout=BUDGET)


def test_a_slow_handshake_after_a_slow_look_up(bundle):
    """Both are of one budget."""

    def resolve(_host):
        threading.Event().wait(BUDGET / 2)
        return ["127.0.0.1"]

    with LoopbackServer(lambda talk: talk.pause(30)) as server:
        with RequestsTransport(guard=GUARD, verify=bundle, resolve=resolve, connect_timeout=30) as transport:
            with Within(), pytest.raises(ConnectFailedError):
                transport.send(HttpRequest("POST", f"https://hooks.example:{server.port}/"), timeout=BUDGET)


def test_one_address_of_many_that_accepts():
    """Those before it have a share of the time each, so that some is left."""
    guard, found = AddressGuard(allow=["127.0.0.0/8"]), ["127.0.0.2", "127.0.0.2", "127.0.0.1"]
    with not_accepting("127.0.0.2") as port, socket.create_server(("127.0.0.1", port)):
        with RequestsTransport(guard=guard, resolve=lambda _: found, connect_timeout=BUDGET) as transport:
            # It is connected to, and says nothing: the budget of the whole is over, and not that of connecting.
            with pytest.raises(TimedOutError):
                transport.send(HttpRequest("POST", f"http://hooks.example:{port}/"), timeout=BUDGET + 0.1)


# --- while the request is written, and before an answer


def test_a_peer_that_does_not_read(transport, serving, scheme):
    """The request is not out, so it timed out."""
    body = b"x" * 30_000_000
    with serving(lambda talk: talk.pause(30)) as server, Within(), pytest.raises(TimedOutError):
        transport.send(post(server, scheme, body), timeout=BUDGET)


def test_a_peer_that_reads_a_little_at_a_time(transport, serving, scheme):
    """Each piece that it takes does not begin the time anew."""

    def sipping(talk):
        while not talk.pause(0.05) and talk.read_some(4096):
            pass

    body = b"x" * 30_000_000
    with serving(sipping) as server, Within(), pytest.raises(TimedOutError):
        transport.send(post(server, scheme, body), timeout=BUDGET)


SLOW_HEADS = {
    "silence": lambda talk: talk.pause(30),
    "a status line, dripped": lambda talk: talk.drip(HEAD * 90, every=0.04),
    "headers, dripped": lambda talk: talk.drip(HEAD + b"X-More: and more\r\n" * 90, every=0.04),
    "a header without end, dripped": lambda talk: talk.write(HEAD + b"X: ") and talk.drip(b"x" * 900, every=0.04),
    "100 Continue, again and again": lambda talk: [
        talk.write(b"HTTP/1.1 100 Continue\r\n\r\n") for _ in range(600) if not talk.pause(0.04)
    ],
    "103 Early Hints, again and again": lambda talk: [
        talk.write(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n") for _ in range(600) if not talk.pause(0.04)
    ],
    "half a head": lambda talk: talk.write(HEAD + b"X: y\r\n") and talk.pause(30),
}


@pytest.mark.parametrize("play", SLOW_HEADS.values(), ids=SLOW_HEADS)
def test_a_head_that_does_not_end_in_time(play, transport, serving, scheme):
    """It timed out, though something came all the time."""
    with serving(lambda talk: talk.read_request() and play(talk)) as server:
        with Within(), pytest.raises(TimedOutError):
            transport.send(post(server, scheme), timeout=BUDGET)


def forever(data):
    """Return a play that writes the same as long as somebody takes it."""

    def play(talk):
        while talk.write(data):
            pass

    return play


FAST_HEADS = {
    "lines without end": lambda talk: talk.write(HEAD) and forever(b"X-More: and more\r\n" * 99)(talk),
    "one line without end": lambda talk: talk.write(HEAD + b"X: ") and forever(b"x" * 60_000)(talk),
    "a status line without end": forever(b"H" * 60_000),
    "100 Continue without end": forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "103 without end": forever(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 1000),
}


@pytest.mark.parametrize("play", FAST_HEADS.values(), ids=FAST_HEADS)
def test_a_head_without_end_is_not_waited_for(play, transport, serving, scheme):
    """There is a limit to what a head may be, and it is over with that."""
    with serving(lambda talk: talk.read_request() and play(talk)) as server:
        with Within(least=0), pytest.raises(MalformedReplyError):
            transport.send(post(server, scheme), timeout=BUDGET)


# --- the body


SLOW_BODIES = {
    "with a length": lambda talk: (
        talk.write(HEAD + b"Content-Length: 900\r\n\r\n") and talk.drip(b"x" * 900, every=0.04)
    ),
    "until it closes": lambda talk: talk.write(HEAD + b"\r\n") and talk.drip(b"x" * 900, every=0.04),
    "in chunks": lambda talk: (
        talk.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n") and talk.drip(b"1\r\nx\r\n" * 300, every=0.04)
    ),
    "a size of a chunk": lambda talk: (
        talk.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n") and talk.drip(b"0" * 900, every=0.04)
    ),
    "trailers": lambda talk: (
        talk.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
        and talk.drip(b"X: y\r\n" * 300, every=0.04)
    ),
    "nothing": lambda talk: talk.write(HEAD + b"Content-Length: 900\r\n\r\nx") and talk.pause(30),
}


@pytest.mark.parametrize("play", SLOW_BODIES.values(), ids=SLOW_BODIES)
def test_a_body_that_does_not_end_in_time(play, transport, serving, scheme):
    """The head is an answer, and of the body there is what came."""
    with serving(lambda talk: talk.read_request() and play(talk)) as server, Within():
        response = transport.send(post(server, scheme), timeout=BUDGET)

    assert (response.status, response.complete) == (200, False)
    assert set(response.body) <= set(b"x")


def test_trailers_without_end(transport, serving, scheme):
    """They are not kept, and the time ends them."""

    def play(talk):
        talk.read_request()
        talk.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
        forever(b"X-Trailer: y\r\n" * 900)(talk)

    with serving(play) as server, Within(least=0):
        response = transport.send(post(server, scheme), timeout=BUDGET)

    assert (response.status, response.body[:1], response.complete) == (200, b"x", False)


def test_a_next_send_has_time_of_its_own(transport, serving, scheme):
    """After each of these the connection is gone, and nothing of it is in the next answer."""
    plays = iter([*SLOW_BODIES.values(), *SLOW_HEADS.values()])

    def play(talk):
        while (request := talk.read_request()) is not None:
            if request.body == b"slow":
                next(plays)(talk)
                return
            talk.write(answer_bytes(200, b"mine"))

    with serving(play) as server:
        for stage in range(len(SLOW_BODIES) + len(SLOW_HEADS)):
            if stage < len(SLOW_BODIES):
                transport.send(post(server, scheme, b"slow"), timeout=0.2)
            else:
                with pytest.raises(TimedOutError):
                    transport.send(post(server, scheme, b"slow"), timeout=0.2)
            assert transport.send(post(server, scheme), timeout=5).body == b"mine"
