"""The cache in memory: the whole contract, and its bounds."""

import pytest

from alertkit import UsageError
from alertkit.caching import MemoryCache
from alertkit.testing import FrozenClock
from alertkit.testing.contracts import CacheContract


class TestMemoryCache(CacheContract):
    """Keeps every clause."""

    def make(self):
        """Return one whose time stands still."""
        self.clock = FrozenClock()
        return MemoryCache(clock=self.clock)

    def let_pass(self, cache, seconds):
        """Move the time on."""
        self.clock.advance(seconds)


def test_the_number_of_entries_is_bounded():
    """What was not used for longest goes; reading and writing are use."""
    cache = MemoryCache(max_entries=3)
    for key in "abc":
        cache.put(key, key, ttl=60)
    assert cache.get("a") == "a"
    cache.put("b", "again", ttl=60)
    cache.put("d", "d", ttl=60)

    assert [cache.get(key) for key in "abcd"] == ["a", "again", None, "d"]
    assert len(cache._entries) == 3


def test_the_characters_are_bounded():
    """Those of keys and texts together; what is over the bound alone is not kept, and an entry that goes is counted."""
    cache = MemoryCache(max_characters=20)
    cache.put("a", "1234", ttl=60)
    cache.put("b", "1" * 14, ttl=60)
    assert [cache.get(key) for key in "ab"] == ["1234", "1" * 14]
    cache.put("b", "1" * 15, ttl=60)
    assert [cache.get(key) for key in "ab"] == [None, "1" * 15]
    cache.put("b", "1", ttl=60)
    cache.put("c", "1" * 17, ttl=60)
    assert [cache.get(key) for key in "bc"] == ["1", "1" * 17]
    cache.put("d", "1" * 20, ttl=60)
    assert not cache._entries


def test_an_entry_whose_time_is_over_makes_room():
    """Once somebody has asked for it."""
    clock = FrozenClock()
    cache = MemoryCache(max_characters=10, clock=clock)
    cache.put("a", "12345", ttl=1)
    clock.advance(1)
    assert cache.get("a") is None
    cache.put("b", "1", ttl=1)
    cache.put("c", "1234567", ttl=1)

    assert [cache.get(key) for key in "bc"] == ["1", "1234567"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"max_entries": 0, "max_characters": True}, "max_entries .*at least 1; max_characters .*at least 1"),
        ({"clock": FrozenClock}, "clock must be an object"),
    ],
)
def test_bounds_that_are_none(options, problem):
    """They are told when the cache is made."""
    with pytest.raises(UsageError, match=problem):
        MemoryCache(**options)
