"""The cache in memory: the whole contract, and its bounds."""

import threading

import pytest
from forked import exit_code_of

from alertkit import StoreError, UsageError
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
    assert len(cache._shelf.get().entries) == 3


def test_the_characters_are_bounded():
    """Those of keys and texts together; an entry that goes is counted."""
    cache = MemoryCache(max_characters=20)
    cache.put("a", "1234", ttl=60)
    cache.put("b", "1" * 14, ttl=60)
    assert [cache.get(key) for key in "ab"] == ["1234", "1" * 14]
    cache.put("b", "1" * 15, ttl=60)
    assert [cache.get(key) for key in "ab"] == [None, "1" * 15]
    cache.put("b", "1", ttl=60)
    cache.put("c", "1" * 17, ttl=60)
    assert [cache.get(key) for key in "bc"] == ["1", "1" * 17]


def test_a_text_that_is_too_long_by_itself():
    """Is not kept, and no other goes for it, but the one in whose place it was written."""
    cache = MemoryCache(max_characters=20)
    for key in "abc":
        cache.put(key, "1", ttl=60)
    cache.put("d", "1" * 20, ttl=60)
    assert cache.replace("a", "1", "1" * 20, ttl=60)
    assert [cache.get(key) for key in "abcd"] == [None, "1", "1", None]
    cache.put("d", "1" * 15, ttl=60)

    assert [cache.get(key) for key in "abcd"] == [None, "1", "1", "1" * 15]


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


class Interrupting(FrozenClock):
    """Time, in whose telling something happens."""

    def __init__(self):
        super().__init__()
        self.meanwhile = lambda: None

    def monotonic(self):
        """Let it happen once."""
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return super().monotonic()


@pytest.mark.parametrize(
    "call",
    [
        lambda cache: cache.get("a"),
        lambda cache: cache.put("a", "two", ttl=60),
        lambda cache: cache.replace("a", "one", "two", ttl=60),
    ],
)
def test_what_interrupts_a_call(call):
    """A signal handler of the same thread gets an error instead of waiting for ever, and the call is one step."""
    clock, told = Interrupting(), []
    cache = MemoryCache(clock=clock)
    cache.put("a", "one", ttl=60)

    def handler():
        with pytest.raises(StoreError, match="by what interrupted one of its calls") as caught:
            call(cache)
        told.append(caught.value)

    clock.meanwhile = handler
    assert cache.get("a") == "one"
    assert len(told) == 1
    call(cache)


def test_a_process_that_was_forked():
    """It begins empty, though another thread was in the middle of a call; its parent goes on with what it had."""
    clock, entered, go_on = Interrupting(), threading.Event(), threading.Event()
    cache = MemoryCache(clock=clock)
    cache.put("a", "one", ttl=60)
    clock.meanwhile = lambda: (entered.set(), go_on.wait(30))
    thread = threading.Thread(target=cache.get, args=("a",))
    thread.start()
    assert entered.wait(30)

    def child():
        assert cache.get("a") is None
        cache.put("a", "two", ttl=60)
        assert cache.get("a") == "two"

    assert exit_code_of(child) == 0
    go_on.set()
    thread.join(30)
    assert cache.get("a") == "one"


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
