"""The cache in Redis: the whole contract, on a real server and a real cluster, and what a server can do to it."""

from functools import partial

import pytest
import redis
from redis_server import RedisServer

from alertkit import StoreError, UsageError
from alertkit.caching import ReadThrough
from alertkit.stores.redis import RedisCache, _milliseconds
from alertkit.testing.contracts import CacheContract


class TestRedisCache(CacheContract):
    """Keeps every clause, with each kind of client."""

    @pytest.fixture(autouse=True)
    def _kind(self, kind):
        self.server, self.client = kind

    def make(self):
        """Return one over an empty server."""
        with self.server.client() as client:
            client.flushall()
        return RedisCache(self.client())

    def open_again(self, cache):
        """Return one over a connection of its own."""
        return RedisCache(self.client())

    def let_pass(self, cache, seconds):
        """Take the seconds off the time that each key has left, as the server would have by then."""
        with self.server.client() as client:
            for key in client.scan_iter():
                client.pexpire(key, client.pttl(key) - int(seconds * 1000))

    def close(self, cache):
        """Close the client."""
        cache._client.close()


def calls(cache):
    """Return every call that a cache has, by its name."""
    return {
        "put": lambda: cache.put("a", "one", ttl=60),
        "replace": lambda: cache.replace("a", "one", "two", ttl=60),
        "get": lambda: cache.get("a"),
    }


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda client: RedisCache(client.pipeline()), "client must be a redis.Redis or a redis.RedisCluster"),
        (lambda client: RedisCache(client, prefix="shop{1}:"), "prefix must hold no braces"),
    ],
)
def test_what_is_no_client_and_no_prefix(make, problem, client):
    """It is told when the cache is made."""
    with pytest.raises(UsageError, match=problem):
        make(client)


def test_the_keys_of_a_cache(client):
    """They begin as the host says, and go by themselves, to the millisecond that was asked for."""
    cache = RedisCache(client, prefix="shop:")
    cache.put("a", "one", ttl=2.5)
    cache.replace("b", None, "one", ttl=0.0001)
    cache.replace("c", None, "one", ttl=2.5)

    assert set(client.scan_iter()) - {b"shop:b"} == {b"shop:a", b"shop:c"}
    assert 2000 < client.pttl("shop:a") <= 2500
    assert 2000 < client.pttl("shop:c") <= 2500


@pytest.mark.parametrize(
    ("ttl", "expected"), [(2.5, 2500), (0.0029, 2), (0.0019, 1), (0.001, 1), (0.0001, 1), (59.9999, 59_999)]
)
def test_no_entry_lives_longer_than_was_asked_for(ttl, expected):
    """Its time is rounded down to milliseconds, of which there is at least one."""
    assert _milliseconds(ttl) == expected


def made_by(name, asked):
    """Return a value that says who has loaded it."""
    return {"id": asked, "by": name}


def test_a_lookup_of_two_processes(server, client):
    """What one has loaded, the other finds; what one invalidates, the other loads anew."""
    with server.client(retry=None) as second:
        here, there = (
            ReadThrough(load={"id": partial(made_by, name)}, cache=RedisCache(one), prefix="p")
            for name, one in (("here", client), ("there", second))
        )
        assert here.get(id=7) == there.get(id=7) == {"id": 7, "by": "here"}
        here.invalidate(id=7)
        assert there.get(id=7) == here.get(id=7) == {"id": 7, "by": "there"}


def test_an_invalidation_by_another_process_defeats_a_load_in_flight(server, client):
    """What was loaded meanwhile is not remembered."""
    with server.client(retry=None) as second:
        versions = iter((1, 2, 3))
        there = ReadThrough(load={"id": partial(made_by, "there")}, cache=RedisCache(second), prefix="p")

        def load(asked):
            version = next(versions)
            if version == 1:
                there.invalidate(id=asked)
            return {"id": asked, "version": version}

        here = ReadThrough(load={"id": load}, cache=RedisCache(client), prefix="p")
        assert [here.get(id=7)["version"] for _ in range(3)] == [1, 2, 2]


def test_a_server_that_has_forgotten_the_script(client):
    """It is sent again."""
    cache = RedisCache(client)
    for _ in range(2):
        client.script_flush()
        cache.put("a", "one", ttl=60)
        assert cache.replace("a", "one", "two", ttl=60)


def test_what_somebody_else_has_written(client):
    """What is no text, or no string of Redis, is told."""
    cache = RedisCache(client)
    client.set("alertkit:cache:a", b"\xff")
    client.rpush("alertkit:cache:b", "one")

    for key in "ab":
        with pytest.raises(StoreError, match=r"^Redis: "):
            cache.get(key)
    with pytest.raises(StoreError, match=r"^Redis: "):
        cache.put("a", "\ud800", ttl=1)


def test_a_server_that_is_gone(tmp_path):
    """Every call tells it, and a lookup goes on without it."""
    server = RedisServer(tmp_path)
    client = server.client(retry=None)
    server.stop()
    cache = RedisCache(client)

    for name, call in calls(cache).items():
        with pytest.raises(StoreError, match=r"Redis: .*onnect") as caught:
            pytest.fail(f"{name} returned {call()}")
        assert isinstance(caught.value.__cause__, redis.ConnectionError)
    assert ReadThrough(load={"id": lambda asked: {"id": asked}}, cache=cache, prefix="p").get(id=7) == {"id": 7}
    client.close()


def test_a_server_without_memory(client):
    """Writing tells it, reading goes on, and so does a lookup."""
    cache = RedisCache(client)
    cache.put("a", "one", ttl=60)
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)
    try:
        for name in ("put", "replace"):
            with pytest.raises(StoreError, match=r"Redis: .*command not allowed when used memory"):
                calls(cache)[name]()
        assert cache.get("a") == "one"
        assert ReadThrough(load={"id": lambda asked: {"id": asked}}, cache=cache, prefix="p").get(id=7) == {"id": 7}
    finally:
        client.config_set("maxmemory", 0)
