"""RequestsTransport: the contract, and what only it promises."""

import http.client
import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import requests.exceptions
import requests_mock
import responses
import urllib3.exceptions

from alertkit import (
    ConnectFailedError,
    HttpRequest,
    MalformedReplyError,
    TimedOutError,
    TransportError,
    UsageError,
)
from alertkit.pagerduty import PagerDutyClient, TriggerEvent
from alertkit.testing import Conversation, FakePagerDuty, FrozenClock, LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.testing.contracts import TransportContract
from alertkit.transports import TransportInUse
from alertkit.transports._connections import PlainConnection
from alertkit.transports._exchange import Exchange, Stage
from alertkit.transports._failures import MEANINGS, translated
from alertkit.transports._resolving import Resolver, system_addresses
from alertkit.transports.requests import RequestsTransport

URL = "http://127.0.0.1:9/path"


class TestRequestsTransport(TransportContract):
    """The shipped transport keeps every clause."""

    def make(self):
        """Return one."""
        return RequestsTransport()


class TestSmallRequestsTransport(TransportContract):
    """So does one with a smaller limit and a single connection kept."""

    max_body = 1000

    def make(self):
        """Return one."""
        return RequestsTransport(max_body=1000, pool_maxsize=1)


def while_handling(error, send):
    """Return what `send` returns in an `except` for the error, which is where alerts are sent."""
    try:
        raise error
    except type(error):
        return send()


def echoing(talk: Conversation):
    """Answer every request with its body."""
    while (request := talk.read_request()) is not None:
        talk.write(answer_bytes(200, request.body))


def post(url, body=b"{}", headers=None):
    """Return a POST."""
    return HttpRequest("POST", url, headers or {}, body)


def library_exceptions():
    """Every exception that requests, urllib3 and http.client define for a request."""
    for module in (requests.exceptions, urllib3.exceptions, http.client):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Exception) and not issubclass(kind, Warning) and kind.__module__ == module.__name__:
                yield kind


@pytest.mark.parametrize("kind", sorted(set(library_exceptions()), key=lambda kind: (kind.__module__, kind.__name__)))
def test_every_exception_of_the_libraries_has_a_meaning(kind):
    """A class that a new version brings fails here until someone says what it means."""
    assert kind in MEANINGS


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (requests.exceptions.ConnectTimeout("x"), ConnectFailedError),
        (requests.exceptions.SSLError("x"), ConnectFailedError),
        (requests.exceptions.ProxyError("x"), ConnectFailedError),
        (requests.exceptions.ReadTimeout("x"), TimedOutError),
        (requests.exceptions.ConnectionError("x"), TransportError),
        (requests.exceptions.ConnectionError(http.client.RemoteDisconnected("x")), TransportError),
        (requests.exceptions.ConnectionError(http.client.BadStatusLine("x")), MalformedReplyError),
        (requests.exceptions.InvalidURL("x"), UsageError),
        (ConnectionResetError("x"), TransportError),
    ],
)
def test_what_a_double_raises_is_read_by_its_class(raised, error):
    """In front of the connections nothing is known of the stage, so the class of the exception decides."""
    with responses.RequestsMock() as doubles, RequestsTransport() as transport:
        doubles.post(URL, body=raised)
        with pytest.raises(error) as caught:
            transport.send(post(URL), timeout=5)

    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("raised", "stage", "error"),
    [
        (requests.exceptions.ReadTimeout("x"), Stage.NOTHING, ConnectFailedError),
        (requests.exceptions.ReadTimeout("x"), Stage.PART, TimedOutError),
        (requests.exceptions.ConnectionError("x"), Stage.PART, ConnectFailedError),
        (requests.exceptions.SSLError("x"), Stage.ALL, TransportError),
        (requests.exceptions.InvalidURL("x"), Stage.NOTHING, UsageError),
    ],
)
def test_the_stage_outweighs_the_class(raised, stage, error):
    """What the peer can have seen is known better by the connection than by the exception."""
    assert type(translated(raised, url=URL, stage=stage)) is error


@pytest.mark.parametrize("double", ["responses", "requests-mock"])
def test_doubles_of_requests_still_see_every_send(double):
    """Hosts that test with `responses` or `requests-mock` go on doing so."""
    reply = {"status": "success", "message": "Event processed", "dedup_key": "k"}
    url = "https://events.pagerduty.com/v2/enqueue"
    event = TriggerEvent(summary="x", source="y", dedup_key="k")
    if double == "responses":
        with responses.RequestsMock() as doubles, PagerDutyClient("a" * 32) as client:
            doubles.post(url, json=reply, status=202)
            receipt = client.send_trigger(event)
            sent = doubles.calls[0].request.body
    else:
        with requests_mock.Mocker() as doubles, PagerDutyClient("a" * 32) as client:
            doubles.post(url, json=reply, status_code=202)
            receipt = client.send_trigger(event)
            sent = doubles.last_request.body

    assert (receipt.status, receipt.message) == (202, "Event processed")
    assert b'"dedup_key":"k"' in (sent if isinstance(sent, bytes) else sent.encode())


def test_a_request_is_written_in_one_go():
    """Head and body come in together, on a new connection and on a kept one, which is one packet instead of two."""
    seen = []

    def play(talk):
        while piece := talk.read_some():
            seen.append(piece)
            talk.write(answer_bytes(200))

    with LoopbackServer(play) as server, RequestsTransport() as transport:
        for body in (b"x" * 3000, b"", b"y"):
            transport.send(post(server.url, body), timeout=5)

    assert [piece.partition(b"\r\n\r\n")[2] for piece in seen] == [b"x" * 3000, b"", b"y"]


def test_a_kept_connection_is_looked_at_before_a_request_is_written():
    """Between the pool's look and the writing the peer may close it; then nothing is written, and a resend is safe."""

    def once(talk):
        talk.read_request()
        talk.write(answer_bytes(200))

    with LoopbackServer(once) as server:
        exchange, resolver = Exchange(time.monotonic), Resolver(system_addresses, guard=None)
        connection = PlainConnection("127.0.0.1", server.port, exchange=exchange, resolver=resolver)
        exchange.begin(5, 5)
        connection.request("POST", "/", b"{}", preload_content=False)
        assert connection.getresponse().read() == b""
        exchange.begin(5, 5)
        connection.sock.recv(1)  # returns when the peer has closed
        with pytest.raises(ConnectionResetError, match="while it was idle"):
            connection.request("POST", "/", b"{}", preload_content=False)

        assert exchange.stage is Stage.PART
        connection.close()


def test_an_idle_connection_that_was_closed_costs_nothing():
    """The peer closes after each answer without saying so: the next send dials anew, with no error and no resend."""
    seen = []
    closed = threading.Event()

    def once(talk: Conversation):
        seen.append(talk.read_request())
        talk.write(answer_bytes(200))
        talk.close()
        closed.set()

    with LoopbackServer(once) as server, RequestsTransport() as transport:
        for _ in range(3):
            assert transport.send(post(server.url), timeout=5).status == 200
            assert closed.wait(5)
            closed.clear()

    assert (len(seen), server.connections) == (3, 3)


@pytest.mark.parametrize("handled", [LookupError(), TimeoutError()])
def test_a_kept_connection_that_breaks_under_a_request_costs_one_resend(handled):
    """It broke before the last byte was out, so the peer cannot have acted on it: sent again at once, and delivered."""
    whole = []

    def first_then_reset(talk: Conversation):
        if server.connections == 1:
            talk.read_request()
            talk.write(answer_bytes(200))
            talk.read_some(10)
            talk.reset()
        else:
            whole.append(talk.read_request())
            talk.write(answer_bytes(200))

    with LoopbackServer(first_then_reset) as server, RequestsTransport() as transport:
        transport.send(post(server.url), timeout=5)
        response = while_handling(handled, lambda: transport.send(post(server.url, b"x" * 20_000_000), timeout=10))

    assert (response.status, len(whole), server.connections) == (200, 1, 2)


def test_a_new_connection_that_breaks_under_a_request_is_no_stale_one():
    """It is not resent: `ConnectFailedError`, for the peer cannot have acted on a part."""

    def reset(talk: Conversation):
        talk.read_some(10)
        talk.reset()

    with LoopbackServer(reset) as server, RequestsTransport() as transport:
        with pytest.raises(ConnectFailedError):
            transport.send(post(server.url, b"x" * 20_000_000), timeout=10)

        assert server.connections == 1


def test_a_kept_connection_that_breaks_after_a_request_is_not_resent():
    """The peer may have acted on it: that is for the caller to weigh."""
    seen = []

    def second_unanswered(talk: Conversation):
        seen.append(talk.read_request())
        talk.write(answer_bytes(200))
        seen.append(talk.read_request())

    with LoopbackServer(second_unanswered) as server, RequestsTransport() as transport:
        transport.send(post(server.url), timeout=5)
        with pytest.raises(TransportError) as caught:
            transport.send(post(server.url), timeout=5)

    assert type(caught.value) is TransportError
    assert (len(seen), server.connections) == (2, 1)


def test_closing_in_the_middle_of_a_send():
    """That send ends as it would have, and others go on meanwhile."""
    held, go_on = threading.Event(), threading.Event()

    def play(talk: Conversation):
        while (request := talk.read_request()) is not None:
            if request.body == b"slow":
                held.set()
                go_on.wait(10)
            talk.write(answer_bytes(200, request.body))

    with LoopbackServer(play) as server, RequestsTransport() as transport, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(transport.send, post(server.url, b"slow"), timeout=10)
        assert held.wait(10)
        transport.close()
        assert transport.send(post(server.url, b"quick"), timeout=5).body == b"quick"
        go_on.set()
        assert slow.result().body == b"slow"


def test_cookies_are_not_kept():
    """A peer's cookie is neither stored nor sent back."""
    seen = []

    def baking(talk: Conversation):
        while (request := talk.read_request()) is not None:
            seen.append(request)
            talk.write(answer_bytes(200, b"", {"Set-Cookie": "a=b"}))

    with LoopbackServer(baking) as server, RequestsTransport() as transport:
        for _ in range(2):
            transport.send(post(server.url), timeout=5)

    assert not any("cookie" in {name.lower() for name in request.headers} for request in seen)


def test_netrc_is_not_read(tmp_path, monkeypatch):
    """Credentials for a host in `.netrc` are for people, not for alerts."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    seen = []

    def watching(talk: Conversation):
        while (request := talk.read_request()) is not None:
            seen.append(request)
            talk.write(answer_bytes(200))

    with LoopbackServer(watching) as server, requests.Session() as session:
        for transport in (RequestsTransport(), RequestsTransport(session=session)):
            with transport:
                transport.send(post(server.url), timeout=5)

    assert len(seen) == 2
    assert not any("Authorization" in request.headers for request in seen)


def test_a_session_that_is_handed_in_is_used_and_left_open():
    """Its headers and authentication are sent, ours win, and it is not closed."""
    with FakePagerDuty() as fake, requests.Session() as session:
        session.headers["X-Mine"] = "yes"
        session.auth = ("user", "password")
        with PagerDutyClient(
            fake.routing_key, base_url=fake.url, transport=RequestsTransport(session=session)
        ) as client:
            client.check()
        with RequestsTransport(session=session) as transport:
            transport.send(post(fake.url), timeout=5)
        session.get(fake.url)

        headers = fake.requests[0].headers
        assert (headers["X-Mine"], headers["Content-Type"]) == ("yes", "application/json")
        assert headers["Authorization"].startswith("Basic ")
        assert fake.connections == 1


def test_a_handed_in_session_keeps_the_deadline_once_the_head_is_in():
    """Its connections are its own, so the deadline holds from the head of the answer on."""

    def slow_body(talk: Conversation):
        talk.read_request()
        talk.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
        talk.drip(b"x" * 1000, every=0.05)

    with LoopbackServer(slow_body) as server, requests.Session() as session:
        start = time.monotonic()
        response = RequestsTransport(session=session).send(post(server.url), timeout=0.5)

        assert (response.status, response.complete) == (202, False)
        assert time.monotonic() - start < 1.5


def test_what_is_known_of_endpoints_is_bounded():
    """A transport that sees ever new URLs keeps no more than a thousand templates."""
    with LoopbackServer(echoing) as server, RequestsTransport() as transport:
        for number in range(1100):
            transport.send(post(f"{server.url}/{number}"), timeout=5)

        assert len(transport._endpoints) <= 1000
        assert server.connections == 1


def test_settings_of_the_system_are_read_again_after_a_while(monkeypatch):
    """macOS and Windows keep proxies that no variable shows: what was read holds for half a minute."""
    clock = FrozenClock()
    with LoopbackServer(echoing) as server, RequestsTransport(clock=clock) as transport:
        transport.send(post(server.url), timeout=5)
        first = transport._endpoints["POST", server.url]
        clock.advance(30)
        transport.send(post(server.url), timeout=5)
        assert transport._endpoints["POST", server.url] is first
        clock.advance(0.1)
        transport.send(post(server.url), timeout=5)
        assert transport._endpoints["POST", server.url] is not first


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"connect_timeout": 0}, "connect_timeout must be more than 0"),
        ({"connect_timeout": "5"}, "connect_timeout must be more than 0"),
        ({"max_body": -1}, "max_body must be a whole number, at least 0"),
        ({"max_body": "1"}, "max_body must be a whole number, at least 0"),
        ({"pool_maxsize": 0}, "pool_maxsize must be a whole number, at least 1"),
        ({"pool_maxsize": 1.5}, "pool_maxsize must be a whole number, at least 1"),
        ({"clock": FrozenClock}, "clock must be an object, not the class FrozenClock"),
        ({"session": requests.Session}, "session must be an object, not the class Session"),
        ({"verify": "", "max_body": None}, "verify must be .*; max_body must be a whole number, at least 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong, problems):
    """`UsageError` with every problem when it is built, not at the first alert."""
    with pytest.raises(UsageError, match=f"^{problems}$"):
        RequestsTransport(**wrong)


@pytest.mark.parametrize(
    "url", ["http://exa mple.com", "http://*.example.com/", "http://127.0.0.1:99999/", "http://[::1"]
)
def test_a_url_that_cannot_be_requested_is_the_callers_mistake(url):
    """`UsageError`, from the request itself or from the transport."""
    with RequestsTransport() as transport, pytest.raises(UsageError):
        transport.send(post(url), timeout=5)


@pytest.mark.parametrize(
    "handled", [TimeoutError("s3cr3t"), OSError("s3cr3t"), requests.exceptions.InvalidURL("s3cr3t")]
)
def test_what_the_caller_was_handling_is_no_part_of_an_error(handled):
    """It is neither taken for the reason nor repeated, though Python calls it the context of whatever fails now."""
    with (
        RequestsTransport() as transport,
        pytest.raises(ConnectFailedError, match="ConnectionRefusedError: ") as caught,
    ):
        while_handling(handled, lambda: transport.send(post("http://127.0.0.1:9/"), timeout=5))

    assert "s3cr3t" not in str(caught.value)


def test_a_host_that_does_not_resolve():
    """`ConnectFailedError` with the system's reason, and the host, but not the path."""
    host = "a" * 64 + ".invalid"  # a label that long never reaches a resolver
    with RequestsTransport() as transport, pytest.raises(ConnectFailedError, match=host) as caught:
        transport.send(post(f"http://{host}/secret"), timeout=5)

    assert "secret" not in str(caught.value)


def test_a_method_arrives_as_it_was_spelt():
    """Its case means something, though requests thinks otherwise; so with a session that is handed in."""
    seen = []

    def watching(talk: Conversation):
        while (request := talk.read_request()) is not None:
            seen.append(request.method)
            talk.write(answer_bytes(200))

    with LoopbackServer(watching) as server, requests.Session() as session:
        for transport in (RequestsTransport(), RequestsTransport(session=session)):
            with transport:
                transport.send(HttpRequest("Notify", server.url), timeout=5)

    assert seen == ["Notify", "Notify"]


def test_an_empty_body_is_sent_as_one():
    """A POST without a body says so, and a GET says nothing."""
    seen = []

    def watching(talk: Conversation):
        while (request := talk.read_request()) is not None:
            seen.append(request)
            talk.write(answer_bytes(200))

    with LoopbackServer(watching) as server, RequestsTransport() as transport:
        transport.send(post(server.url, b""), timeout=5)
        transport.send(HttpRequest("GET", server.url), timeout=5)

    assert [(request.method, request.headers.get("Content-Length")) for request in seen] == [
        ("POST", "0"),
        ("GET", None),
    ]


def test_a_signal_handler_sends_while_its_thread_opens_the_transport():
    """It does not wait for what it has interrupted."""
    in_use, outcome = TransportInUse(None, guarded=False), []

    def interrupted():
        with in_use._opening, pytest.raises(ConnectFailedError) as caught:
            in_use.send(post("http://127.0.0.1:9/"), timeout=5)
        outcome.append(caught.value)

    thread = threading.Thread(target=interrupted, daemon=True)
    thread.start()
    thread.join(timeout=10)

    assert len(outcome) == 1
    in_use.close()


def test_an_address_needs_no_thread():
    """Only the look-up of a name has one."""
    before = set(threading.enumerate())
    with RequestsTransport() as transport, pytest.raises(ConnectFailedError):
        transport.send(post("http://127.0.0.1:9/"), timeout=5)

    assert set(threading.enumerate()) <= before
