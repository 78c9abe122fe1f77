"""The client and its own transport against a PagerDuty on loopback, over real sockets."""

import gc
import socket
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from alertkit import (
    AlertKitError,
    Backoff,
    ConnectFailedError,
    PeerError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    TransportError,
)
from alertkit.pagerduty import ChangeEvent, Image, Link, PagerDutyClient, TriggerEvent
from alertkit.testing import AlertState, Conversation, FakePagerDuty, LoopbackServer

KEY = FakePagerDuty.routing_key
QUICK = Backoff(attempts=6, base=0.01)
EVENT = TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk")


@pytest.fixture
def fake():
    """A PagerDuty on loopback."""
    with FakePagerDuty() as server:
        yield server


@pytest.fixture
def client(fake):
    """A client of it that retries quickly."""
    with PagerDutyClient(KEY, base_url=fake.url, backoff=QUICK, deadline=5) as opened:
        yield opened


def test_the_life_of_an_alert(fake, client):
    """Trigger, trigger again, acknowledge, resolve: one alert, one page; a later trigger opens another."""
    for _ in range(2):
        client.send_trigger(EVENT)
    client.send_acknowledge("disk")
    assert [(alert.state, alert.triggers) for alert in fake.alerts] == [(AlertState.ACKNOWLEDGED, 2)]

    client.send_resolve("disk")
    client.send_trigger(EVENT)
    client.send_change(ChangeEvent(summary="Deploy 42", source="ci"))
    client.check()

    assert [alert.state for alert in fake.alerts] == [AlertState.RESOLVED, AlertState.TRIGGERED]
    assert [change["payload"]["summary"] for change in fake.change_events] == ["Deploy 42"]
    assert fake.connections == 1


def test_everything_that_an_event_can_hold_is_taken(fake, client):
    """A full event and one that needs every kind of mending both pass PagerDuty's checks."""
    client.send_trigger(
        TriggerEvent(
            summary="🚨" * 2000,
            source="db-1",
            severity="critical",
            dedup_key="k" * 300,
            component="disk",
            group="db",
            class_="capacity",
            custom_details={"log": "火" * 400_000, 1: {2, 3}, "nan": float("nan")},
            links=[Link(href="https://example.com/", text="x"), Link(href=" ")],
            images=[Image(src="https://example.com/x.png"), Image(src="http://example.com/y.png")],
            client="monitor",
            client_url="https://example.com/",
        )
    )

    assert [alert.triggers for alert in fake.alerts] == [1]
    assert len(fake.requests[0].body) <= 512_000


def test_a_retry_never_pages_twice(fake, client):
    """The event was taken and the answer lost: the resend joins the alert that the first one opened."""
    fake.will_drop(taking=True, times=2)

    receipt = client.send_trigger(TriggerEvent(summary="Disk full", source="db-1"))

    assert receipt.attempts == 3
    assert [(alert.dedup_key, alert.triggers) for alert in fake.alerts] == [(receipt.dedup_key, 3)]
    assert len({request.body for request in fake.requests}) == 1


def test_rate_limits_and_outages_pass(fake, client):
    """429 with and without a hint, 5xx and dropped connections are outlasted."""
    fake.will_throttle(retry_after="0")
    fake.will_throttle()
    fake.will_answer(503, b"<html>")
    fake.will_drop()

    assert client.send_trigger(EVENT).attempts == 5


def test_a_rate_limit_that_lasts(fake, client):
    """The error says how long, in PagerDuty's words."""
    fake.will_throttle(retry_after="120")

    with pytest.raises(RateLimitedError, match="too quickly") as caught:
        client.send_trigger(EVENT)

    assert caught.value.retry_after == 120.0


def test_a_key_that_does_not_exist():
    """A well-formed key of nobody is refused in PagerDuty's words, by a check too."""
    with FakePagerDuty(routing_keys=["f" * 32]) as fake, PagerDutyClient(KEY, base_url=fake.url) as client:
        for send in (client.check, lambda: client.send_trigger(EVENT)):
            with pytest.raises(RejectedError) as caught:
                send()
            assert caught.value.errors == ("Invalid routing key",)


def _silent(talk: Conversation) -> None:
    talk.read_request()
    talk.pause(30)


def _deaf(talk: Conversation) -> None:
    talk.pause(30)


def _dripping(talk: Conversation) -> None:
    talk.read_request()
    talk.drip(b"HTTP/1.1 202 Accepted\r\nX-Slow: " + b"x" * 1000, every=0.02)


def _resetting(talk: Conversation) -> None:
    talk.read_request()
    talk.reset()


def _garbling(talk: Conversation) -> None:
    talk.read_request()
    talk.write(b"\x00\xff" * 100 + b"\r\n\r\n")


@pytest.mark.parametrize("play", [_silent, _deaf, _dripping])
def test_a_peer_that_dawdles_ends_in_time(play):
    """Silence, deafness and dripping end in `TimedOutError` within the deadline."""
    with LoopbackServer(play) as server, PagerDutyClient(KEY, base_url=server.url, deadline=0.6) as client:
        start = time.monotonic()
        with pytest.raises(TimedOutError):
            client.send_trigger(EVENT)

        assert time.monotonic() - start < 0.8


@pytest.mark.parametrize(("play", "error"), [(_resetting, TransportError), (_garbling, PeerError)])
def test_a_peer_that_breaks_things(play, error):
    """A reset is a `TransportError`, garbage a `PeerError`, both after all attempts."""
    with LoopbackServer(play) as server, PagerDutyClient(KEY, base_url=server.url, backoff=QUICK) as client:
        with pytest.raises(error) as caught:
            client.send_trigger(EVENT)

        assert (caught.value.attempts, server.connections) == (6, 6)


def test_a_peer_that_is_not_there():
    """A refused connection is `ConnectFailedError` once the attempts are used up."""
    with FakePagerDuty() as fake:
        url = fake.url
    with PagerDutyClient(KEY, base_url=url, backoff=QUICK) as client, pytest.raises(ConnectFailedError) as caught:
        client.send_trigger(EVENT)

    assert caught.value.attempts == 6


def test_a_status_counts_before_its_body():
    """An accepted event whose answer lies about its length, or never ends, is delivered."""
    lying = b"HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{}"

    def endless(talk: Conversation) -> None:
        talk.read_request()
        talk.write(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n")
        while talk.write(b"1000\r\n" + b"x" * 4096 + b"\r\n"):
            pass

    def lie(talk: Conversation) -> None:
        talk.read_request()
        talk.write(lying)

    for play in (lie, endless):
        with LoopbackServer(play) as server, PagerDutyClient(KEY, base_url=server.url, deadline=5) as client:
            assert client.send_trigger(EVENT).status == 202


def test_after_every_fault_the_client_works(fake, client):
    """Whatever happened to one send, the next is delivered."""
    for fault in (fake.will_drop, lambda: fake.will_answer(400), lambda: fake.will_answer(302), fake.will_throttle):
        fault()
        with suppress(AlertKitError):
            client.send_trigger(EVENT)
        assert client.send_trigger(EVENT).attempts == 1


def test_threads_keep_their_connections(fake, client):
    """32 threads open at most a connection each, and none of them again."""
    with ThreadPoolExecutor(32) as threads:
        for _ in range(2):
            receipts = list(threads.map(lambda _: client.send_trigger(EVENT), range(320)))
            assert {receipt.attempts for receipt in receipts} == {1}

    assert fake.connections <= 32
    assert len(fake.requests) == 640


def test_closing_gives_back_every_socket_and_is_not_final(fake):
    """No socket is left to the garbage collector, and a closed client opens new ones when it is used again."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = PagerDutyClient(KEY, base_url=fake.url)
        client.close()
        client.send_trigger(EVENT)
        client.close()
        client.send_trigger(EVENT)
        client.close()
        gc.collect()

    assert fake.connections == 2


def test_a_dead_backlog_does_not_hold_a_send():
    """A host that swallows every SYN ends in `ConnectFailedError` within the deadline."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        filling = [socket.socket() for _ in range(4)]
        for attempt in filling:
            attempt.setblocking(False)
            attempt.connect_ex(address)
        with PagerDutyClient(KEY, base_url=f"http://127.0.0.1:{address[1]}", deadline=0.7) as client:
            start = time.monotonic()
            with pytest.raises(ConnectFailedError):
                client.send_trigger(EVENT)

            assert time.monotonic() - start < 0.9
        for attempt in filling:
            attempt.close()
