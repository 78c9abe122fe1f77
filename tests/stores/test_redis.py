"""The buffer in Redis: the whole contract, on a real server and on a real cluster, and what a server can do to it."""

import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import redis.asyncio
from redis_server import RedisServer, make_a_cluster
from store_calls import LEASE, calls, failed
from webhook_world import AT, World

from alertkit import HttpResponse, StoreError, UsageError
from alertkit.stores._redis_scripts import CLAIM, RECENT, RECORD
from alertkit.stores.redis import RedisRequestBuffer
from alertkit.testing import ScriptedTransport
from alertkit.testing.contracts import RequestBufferContract
from alertkit.webhooks import Outcome

DAY = 86_400
CONNECTING = ("HELLO", "CLIENT", "ECHO")
"""What the client that watches says when it connects, and at the end."""


class TestRedisRequestBuffer(RequestBufferContract):
    """Keeps every clause, with each kind of client."""

    @pytest.fixture(autouse=True)
    def _kind(self, kind):
        self.server, self.client = kind

    def make(self):
        """Return one over an empty server."""
        with self.server.client() as client:
            client.flushall()
        return self.open_again(None)

    def open_again(self, buffer):
        """Return another one, with a client of its own."""
        return RedisRequestBuffer(self.client())

    def close(self, buffer):
        """Close the client."""
        buffer._client.close()


@pytest.fixture
def buffer(client):
    """Return a buffer over it."""
    return RedisRequestBuffer(client)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (
            lambda client: RedisRequestBuffer(None),
            r"client must be a redis.Redis or a redis.RedisCluster, not a built",
        ),
        (lambda client: RedisRequestBuffer(redis.asyncio.Redis()), r"not a redis.asyncio.client.Redis$"),
        (lambda client: RedisRequestBuffer(client.pipeline()), r"not a redis.client.Pipeline$"),
        (lambda client: RedisRequestBuffer(redis.Redis(encoding="latin-1")), "client must speak UTF-8, not latin-1"),
        (lambda client: RedisRequestBuffer(client, prefix="shop{1}:"), "prefix must hold no braces"),
        (lambda client: RedisRequestBuffer(client, prefix=""), "prefix is missing or blank"),
        (lambda client: RedisRequestBuffer(client, prefix=7), "prefix must be text, not int"),
    ],
)
def test_what_is_no_client_and_no_prefix(make, problem, client):
    """It is told when the buffer is made."""
    with pytest.raises(UsageError, match=problem):
        make(client)


class Watched:
    """What comes in at a server, but for what scripts do there."""

    def __init__(self, server):
        """Take the server."""
        self.client = server.client()
        self.commands = []

    def __enter__(self):
        """Watch."""
        self.monitor = self.client.monitor()
        self.monitor.__enter__()
        return self

    def __exit__(self, *_):
        """Read what came in."""
        with self.client as other:
            other.echo("end")
            for command in self.monitor.listen():
                if command["command"] == "ECHO end":
                    break
                if command["client_type"] != "lua":
                    self.commands.append(command["command"].split()[0])
            self.monitor.__exit__(None, None, None)


def test_each_call_is_one_command(buffer, server):
    """One round trip for each, counted at the server, once it has seen the scripts."""
    for call in calls(buffer).values():
        call()
    with Watched(server) as watched:
        for call in calls(buffer).values():
            call()

    asked = [name for name in watched.commands if name not in CONNECTING]
    assert asked == ["EVALSHA", "EVALSHA", "DEL", "EVALSHA", "HGETALL"]


def test_a_delivery_is_one_round_trip(buffer, server):
    """A webhook that fails costs one, and so does one that succeeds."""
    world = World(ScriptedTransport(*[HttpResponse(status) for status in (500, 200, 500, 200)]), buffer=buffer)
    world.send()
    with Watched(server) as watched:
        for _ in range(3):
            world.send()

    assert [name for name in watched.commands if name not in CONNECTING] == ["EVALSHA"] * 3


def test_what_an_access_list_has_to_allow():
    """The how-to names every command of the scripts, and of ours beside them, and no other."""
    page = (Path(__file__).parent.parent.parent / "docs" / "how-to" / "choose-a-store.md").read_text()
    listed = page[page.index("where it is one of a cluster") : page.index("## When the store fails")]
    called = set(re.findall(r"redis\.call\('(\w+)'", RECORD.text + RECENT.text + CLAIM.text))

    assert set(re.findall("`([A-Z]+)`", listed)) == called | {"EVALSHA", "EVAL", "HGETALL", "DEL"}


@pytest.mark.parametrize("name", ["a", "{shop}:1", "}{", "a}b", "%7B", "{", "ünïcode 1", "x" * 256])
def test_the_keys_of_an_integration(name, client):
    """All begin as the host says, lie in one slot, and are cleared away in time where nobody uses them any more."""
    buffer = RedisRequestBuffer(client, prefix="shop:alerts:")
    buffer.record(name, failed(), window=1)
    buffer.claim(name, at=AT, lease=LEASE)

    keys = [key.decode() for key in client.scan_iter()]
    assert len(keys) == 5
    assert all(key.startswith("shop:alerts:{") for key in keys)
    assert len({re.search("{(.+?)}", key)[1] for key in keys}) == 1
    for key in keys:
        days = 32 if key.endswith(":claim") else 31
        assert (days - 1) * DAY < client.ttl(key) <= days * DAY


def test_ids_that_look_like_keys(buffer):
    """No id is taken for another one, whatever signs of Redis's own it holds."""
    names = ["a", "{a}", "%7Ba%7D", "a}:days", "a}:records", "a{b", "a%7Bb", "*"]
    for number, name in enumerate(names):
        buffer.record(name, failed(message_id=f"m{number}"), window=1)

    assert [[record.message_id for record in buffer.recent(name)] for name in names] == [[f"m{n}"] for n in range(8)]


def test_a_claim_keeps_the_rest(buffer, client):
    """What a call of an integration's needs is not cleared away under it."""
    buffer.record("a", failed(), window=1)
    for key in client.scan_iter():
        client.expire(key, 10)
    buffer.claim("a", at=AT, lease=timedelta(days=30))

    assert min(client.ttl(key) for key in client.scan_iter()) > 30 * DAY
    assert client.ttl("alertkit:{a}:claim") > 61 * DAY


def test_a_server_that_has_forgotten_the_scripts(buffer, client):
    """They are sent again."""
    for call in calls(buffer).values():
        client.script_flush()
        call()
    assert not client.exists("alertkit:{a}:claim")


def test_what_is_kept_is_bounded(buffer, client):
    """Whatever is recorded of an integration."""
    for number in range(450):
        outcome = Outcome.ERROR if number % 2 else Outcome.SUCCESS
        at = AT + timedelta(hours=3 * number)
        window = buffer.record("a", failed(at=at, outcome=outcome), window=7)

    assert client.hlen("alertkit:{a}:records") == 200 + 2
    assert client.zcard("alertkit:{a}:names") == client.zcard("alertkit:{a}:instants") == 200
    assert client.hlen("alertkit:{a}:days") <= 60
    assert sum(tally.total for tally in window) == 6 * 8 + 6


def test_a_server_without_memory(buffer, client):
    """What writes tells it and has written nothing; what reads, and what makes room, goes on."""
    buffer.record("a", failed(), window=1)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)
    try:
        for name in ("record", "claim"):
            with pytest.raises(StoreError, match=r"Redis: .*command not allowed when used memory"):
                calls(buffer)[name]()
        assert len(buffer.recent("a")) == buffer.tallies("a", until=AT.date(), days=1)[0].error == 1
        world = World(ScriptedTransport(HttpResponse(500)), buffer=buffer)
        assert [failure.step for failure in world.send().failures] == ["buffer.record"]
        buffer.reset("a")
    finally:
        client.config_set("maxmemory", 0)
    assert client.zcard("alertkit:{a}:names") == client.hlen("alertkit:{a}:records") - 2 == 1


def test_a_server_that_is_only_a_replica(buffer, client):
    """As after a failover: writing is refused, and reading what is there goes on."""
    buffer.record("a", failed(), window=1)
    client.replicaof("127.0.0.1", "1")
    try:
        for name in ("record", "claim", "reset"):
            with pytest.raises(StoreError, match=r"Redis: .*read only replica") as caught:
                calls(buffer)[name]()
            assert isinstance(caught.value.__cause__, redis.RedisError)
        assert len(buffer.recent("a")) == 1
    finally:
        client.replicaof("NO", "ONE")


def test_a_server_that_is_gone(tmp_path):
    """Every call tells it."""
    server = RedisServer(tmp_path)
    client = server.client(retry=None)
    server.stop()

    for name, call in calls(RedisRequestBuffer(client)).items():
        with pytest.raises(StoreError, match=r"Redis: .*onnect") as caught:
            pytest.fail(f"{name} returned {call()}")
        assert isinstance(caught.value.__cause__, redis.ConnectionError)
    client.close()


def test_a_server_that_does_not_answer(server):
    """A call takes no longer than the client's timeout."""
    client = server.client(retry=None, socket_timeout=0.05)
    buffer = RedisRequestBuffer(client)
    with server.client() as other:
        other.flushall()
        buffer.reset("a")
        other.client_pause(1000)
        with pytest.raises(StoreError, match="Redis: Timeout"):
            buffer.recent("a")
        with suppress(redis.ResponseError):  # since Redis 6.2
            other.client_unpause()
    client.close()


def test_a_cluster_that_is_gone(tmp_path):
    """What its client raises is of another family, and a `StoreError` all the same."""
    server = RedisServer(tmp_path, "--cluster-enabled", "yes")
    make_a_cluster(server)
    client = redis.RedisCluster(host="127.0.0.1", port=server.port)
    buffer = RedisRequestBuffer(client)
    buffer.record("", failed(), window=1)
    with pytest.raises(UsageError, match=r"not a redis.cluster.ClusterPipeline$"):
        RedisRequestBuffer(client.pipeline())
    server.stop()

    for name, call in calls(buffer).items():
        with pytest.raises(StoreError, match=r"^Redis: "):
            pytest.fail(f"{name} returned {call()}")
    client.close()


def test_an_event_type_that_is_none(buffer):
    """An empty one is one that nothing has."""
    buffer.record("a", failed(), window=1)

    assert buffer.recent("a", event_type="") == buffer.recent("a", event_type="issue") == ()


def test_a_record_that_was_evicted(buffer, client):
    """What is left is read."""
    for number in range(3):
        buffer.record("a", failed(message_id=f"m{number}"), window=1)
    client.hdel("alertkit:{a}:records", client.zrange("alertkit:{a}:names", 1, 1)[0])

    assert [record.message_id for record in buffer.recent("a")] == ["m2", "m0"]


@pytest.mark.parametrize("text", ["{", "7", b"\xff", '{"at": 1}'])
def test_a_record_that_cannot_be_read(text, buffer, client):
    """Somebody has written into the hash."""
    buffer.record("a", failed(), window=1)
    (name,) = client.zrange("alertkit:{a}:names", 0, -1)
    client.hset("alertkit:{a}:records", name, text)

    with pytest.raises(StoreError, match="a record of a cannot be read"):
        buffer.recent("a")
