"""Peers, proxies, sessions and settings that mean no good, or know no better."""

import time

import pytest
import requests

from alertkit import ConnectFailedError, HttpRequest, MalformedReplyError, UsageError
from alertkit.pagerduty import PagerDutyClient, ResolveEvent
from alertkit.testing import Conversation, FakePagerDuty, LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.transports._exchange import Stage
from alertkit.transports._failures import translated
from alertkit.transports.requests import RequestsTransport


def post(server, scheme="http"):
    """Return a POST to it."""
    return HttpRequest("POST", f"{scheme}://127.0.0.1:{server.port}/x", {}, b"{}")


def answering(data):
    """Return a play that answers every request with these bytes."""

    def play(talk: Conversation):
        while talk.read_request() is not None:
            talk.write(data)

    return play


@pytest.mark.parametrize("lengths", [b"Content-Length: 1\r\nContent-Length: 2", b"Content-Length: 1, 2"])
def test_lengths_that_contradict_each_other_cost_no_answer(lengths):
    """The status counts, and the connection is not used again."""
    with LoopbackServer(answering(b"HTTP/1.1 202 OK\r\n" + lengths + b"\r\n\r\n{}")) as server:
        with PagerDutyClient(FakePagerDuty.routing_key, base_url=server.url, deadline=1) as client:
            assert [client.send(ResolveEvent(dedup_key="k")).status for _ in range(2)] == [202, 202]
        assert server.connections == 2


def test_what_cannot_be_read_after_the_request_is_no_mistake_of_the_caller():
    """A header that the library refuses in an answer is the peer's."""
    error = translated(requests.exceptions.InvalidHeader("x"), url="http://h/", stage=Stage.ALL)

    assert type(error) is MalformedReplyError


def test_more_headers_than_http_client_takes():
    """A hundred and one headers are no answer."""
    head = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n"
    with LoopbackServer(answering(head)) as server, RequestsTransport() as transport:
        with pytest.raises(MalformedReplyError):
            transport.send(post(server), timeout=5)


@pytest.mark.parametrize("head", [b"no header at all\r\n", b"X: y\r\n: no name\r\n", b" folded\r\nX: y\r\n"])
def test_a_header_that_is_none_puts_no_url_into_the_log(head, caplog):
    """The status counts; urllib3 would warn of it, with the path and query in which a token may stand."""
    answer = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n"
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer)) as server:
        with RequestsTransport() as transport:
            response = transport.send(HttpRequest("POST", f"{server.url}/s3cr3t?key=s3cr3t"), timeout=5)

    assert (response.status, response.complete) == (200, True)
    assert "s3cr3t" not in caplog.text


@pytest.mark.parametrize("pause", [0, 0.3])
def test_a_handshake_that_stalls_behind_a_proxy_ends_with_the_time_to_connect(pause, monkeypatch):
    """The tunnel and the handshake behind it share that time, however late the tunnel stands."""

    def stalling(talk: Conversation):
        talk.read_request()
        talk.pause(pause)
        talk.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        talk.pause(30)

    with LoopbackServer(stalling) as proxy, RequestsTransport(connect_timeout=0.5) as transport:
        monkeypatch.setenv("https_proxy", proxy.url)
        start = time.monotonic()
        with pytest.raises(ConnectFailedError):
            transport.send(post(proxy, "https"), timeout=5)

        assert time.monotonic() - start < 0.8


def test_a_proxy_that_refuses_is_named_and_not_quoted(monkeypatch):
    """The error says that it was the proxy, and with which status; its words may be what it was sent."""
    with LoopbackServer(answering(b"HTTP/1.1 407 s3cr3t\r\nContent-Length: 0\r\n\r\n")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with RequestsTransport() as transport, pytest.raises(ConnectFailedError, match="407") as caught:
            transport.send(post(proxy, "https"), timeout=5)

        assert "s3cr3t" not in str(caught.value)
    monkeypatch.setenv("http_proxy", proxy.url)
    with RequestsTransport() as transport, pytest.raises(ConnectFailedError, match="through the proxy"):
        transport.send(post(proxy), timeout=5)


@pytest.mark.parametrize("proxy", ["http://us%E2%82%ACer:s3cr3t@127.0.0.1:9", "http://user:s3cr3t@"])
def test_proxy_settings_that_cannot_be_used(proxy, monkeypatch):
    """`UsageError` without the credentials."""
    monkeypatch.setenv("https_proxy", proxy)
    with RequestsTransport() as transport, pytest.raises(UsageError) as caught:
        transport.send(HttpRequest("POST", "https://127.0.0.1:9/"), timeout=5)

    assert "s3cr3t" not in repr(caught.value)


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_bundle_that_is_none_is_a_mistake_on_this_side(content, tmp_path, monkeypatch):
    """Nothing was sent, and no endpoint is to blame; the path, which is nobody's business there, is not in the text."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(content)
    with LoopbackServer(answering(b"")) as server, RequestsTransport(verify=str(bundle)) as transport:
        with pytest.raises(UsageError, match="the CA bundle of"):
            transport.send(post(server, "https"), timeout=5)
        bundle.unlink()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        for one in (transport, RequestsTransport()):
            with pytest.raises(UsageError, match="the CA bundle of") as raised:
                one.send(post(server, "https"), timeout=5)
            assert str(tmp_path) not in str(raised.value)
        with pytest.raises(UsageError, match="there is nothing at"):
            RequestsTransport(verify=str(bundle))
        assert server.connections == 0


@pytest.mark.parametrize("verify", ["", "a\0b", 0, 1, None])
def test_verifying_is_not_switched_off_by_accident(verify):
    """An empty path, as from a variable that is not set, is refused."""
    with pytest.raises(UsageError, match="verify"):
        RequestsTransport(verify=verify)


def test_a_deadline_without_end_is_a_day():
    """Infinity is more than a socket takes."""
    with FakePagerDuty() as fake, RequestsTransport() as transport:
        client = PagerDutyClient(
            fake.routing_key,
            base_url=fake.url,
            transport=transport,
            deadline=float("inf"),
            attempt_timeout=float("inf"),
        )
        assert client.check().status == 202


def test_another_process_gets_connections_of_its_own():
    """After a fork the kept ones belong to the parent."""
    with LoopbackServer(answering(answer_bytes(200))) as server, RequestsTransport() as transport:
        transport.send(post(server), timeout=5)
        left = transport._session
        transport._process = -1  # as if this were the child
        transport.send(post(server), timeout=5)
        transport.send(post(server), timeout=5)
        left.close()

        assert server.connections == 2


@pytest.mark.parametrize("location", ["/elsewhere", "http://[", "//\xff"])
def test_a_handed_in_session_reads_no_redirect(location):
    """An endless body behind a redirect is cut like any other, and where it points is not looked at."""

    def endless(talk: Conversation):
        talk.read_request()
        talk.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode("latin-1"))
        while talk.write(b"x" * 65536):
            pass

    with LoopbackServer(endless) as server, requests.Session() as session:
        response = RequestsTransport(session=session, max_body=1000).send(post(server), timeout=5)

    assert (response.status, len(response.body), response.complete) == (302, 1000, False)
    assert response.headers["Location"] == location


def test_a_session_that_raises_for_the_status_still_answers():
    """A common hook of sessions; the status is for the caller to judge."""
    with LoopbackServer(answering(answer_bytes(400, b"words"))) as server, requests.Session() as session:
        session.hooks["response"].append(lambda answer, **_: answer.raise_for_status())
        response = RequestsTransport(session=session).send(post(server), timeout=5)
        assert (response.status, response.body) == (400, b"words")

        def failing(_answer, **_):
            raise requests.HTTPError("mine")

        session.hooks["response"] = [failing]
        with pytest.raises(MalformedReplyError):
            RequestsTransport(session=session).send(post(server), timeout=5)

        def broken(_answer, **_):
            raise ValueError("mine")

        session.hooks["response"] = [broken]
        with pytest.raises(ValueError, match="mine"):
            RequestsTransport(session=session).send(post(server), timeout=5)
