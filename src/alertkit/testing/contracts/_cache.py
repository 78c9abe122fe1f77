"""
The contract of a cache, one test for each clause.

Rules of this file: no test framework and no waiting. Only the subclass knows how time passes in its cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from alertkit.caching._ports import Cache
from alertkit.errors import UsageError
from alertkit.testing.contracts._attempts import at_once

__all__ = ["CacheContract"]

_TEXTS = ("plain", "", "ünï ☃ 🚨", "a\0b\r\n", '{"id":"7"}', "-", "x" * 100_000)
_KEYS = ('project:id:"7"', "project:id:7", 'project:id:"7', 'project:slug:"7"', "*", "{a}", "A", "a", "a b%", "k" * 512)
_FORTY_DAYS = 40 * 86_400.0
"""Some caches take whole seconds only, and some more than 30 days for an instant that is past."""


class CacheContract:
    """Subclass it and define `make` and `let_pass`."""

    def make(self) -> Cache:
        """Return an empty cache."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def let_pass(self, cache: Cache, seconds: float) -> None:
        """Let the time of the cache's entries pass, best without waiting."""
        raise NotImplementedError("a subclass of this contract defines `let_pass`")

    def open_again(self, cache: Cache) -> Cache:
        """Return a second cache over the same entries, as another process has it; the same one, unless overridden."""
        return cache

    def close(self, cache: Cache) -> None:
        """Give back what `make` or `open_again` took. Nothing, unless overridden."""

    @contextmanager
    def _made(self) -> Iterator[Cache]:
        cache = self.make()
        try:
            yield cache
        finally:
            self.close(cache)

    def test_clause_1_what_was_written_is_read(self) -> None:
        """Under this very key, whatever the text, and nothing under any other."""
        with self._made() as cache:
            for text in _TEXTS:
                cache.put("a", text, ttl=60.0)
                assert cache.get("a") == text
                assert cache.replace("a", text, text + "!", ttl=60.0)
                assert cache.get("a") == text + "!"
            for number, key in enumerate(_KEYS[:-1]):
                cache.put(key, f"text {number}", ttl=60.0)

            assert [cache.get(key) for key in _KEYS[:-1]] == [f"text {number}" for number in range(len(_KEYS) - 1)]
            assert cache.get(_KEYS[-1]) is None
            cache.put(_KEYS[-1], "last", ttl=60.0)
            assert cache.get(_KEYS[-1]) == "last"

    def test_clause_2_an_entry_ends(self) -> None:
        """After its time, be it less than a second or more than a month, and then it can be written anew."""
        with self._made() as cache:
            cache.put("month", "d", ttl=_FORTY_DAYS)
            cache.put("moment", "e", ttl=0.5)
            for key, ttl in (("month replaced", _FORTY_DAYS), ("moment replaced", 0.5)):
                assert cache.replace(key, None, "f", ttl=ttl)
            cache.put("long", "a", ttl=1000.0)
            cache.put("short", "b", ttl=10.5)
            assert cache.replace("replaced", None, "c", ttl=10)
            for seconds in (4, 4):
                self.let_pass(cache, seconds)
                assert [cache.get(key) for key in ("long", "short", "replaced")] == ["a", "b", "c"]
                assert [cache.get(key) for key in ("month", "month replaced")] == ["d", "f"]
                assert [cache.get(key) for key in ("moment", "moment replaced")] == [None, None]
            self.let_pass(cache, 3)

            assert [cache.get(key) for key in ("long", "short", "replaced")] == ["a", None, None]
            assert not cache.replace("short", "b", "again", ttl=10)
            assert cache.replace("short", None, "again", ttl=10)
            assert cache.get("short") == "again"

    def test_clause_3_the_last_write_counts(self) -> None:
        """Its text, and its time, longer or shorter than that of the one before."""
        with self._made() as cache:
            cache.put("longer", "a", ttl=10)
            cache.put("longer", "b", ttl=100)
            cache.put("shorter", "a", ttl=100)
            cache.put("shorter", "b", ttl=10)
            cache.put("replaced", "a", ttl=10)
            assert cache.replace("replaced", "a", "b", ttl=100)
            assert [cache.get(key) for key in ("longer", "shorter", "replaced")] == ["b"] * 3
            self.let_pass(cache, 50)

            assert [cache.get(key) for key in ("longer", "shorter", "replaced")] == ["b", None, "b"]

    def test_clause_4_replaced_is_what_was_expected(self) -> None:
        """And nothing else: then the entry stays, and so does its time."""
        with self._made() as cache:
            cache.put("a", "one", ttl=60)
            cache.put("empty", "", ttl=60)
            for old in (None, "", "One", "one ", "on"):
                assert cache.replace("a", old, "two", ttl=1000) is False
            assert cache.replace("empty", None, "two", ttl=60) is False
            for old in ("", "one"):
                assert cache.replace("nothing", old, "two", ttl=60) is False

            assert [cache.get(key) for key in ("a", "empty", "nothing")] == ["one", "", None]
            assert cache.replace("empty", "", "two", ttl=60) is True
            assert cache.replace("nothing", None, "two", ttl=60) is True
            assert cache.replace("a", "one", "two", ttl=60) is True
            assert [cache.get(key) for key in ("a", "empty", "nothing")] == ["two"] * 3
            cache.put("kept", "one", ttl=10)
            assert not cache.replace("kept", "other", "two", ttl=1000)
            self.let_pass(cache, 11)
            assert cache.get("kept") is None

    def test_clause_5_one_of_many_replaces(self) -> None:
        """Exactly one caller does, where there is an entry and where there is none."""
        with self._made() as cache, ExitStack() as stack:
            caches = [cache]
            for _ in range(7):
                caches.append(self.open_again(cache))
                if caches[-1] is not cache:
                    stack.callback(self.close, caches[-1])
            for number in range(20):
                cache.put(f"old {number}", "old", ttl=60)
                for key, old in ((f"old {number}", "old"), (f"none {number}", None)):
                    won = at_once(8, partial(_replaced, caches, key, old))
                    assert won.count(True) == 1
                    assert cache.get(key) == f"by {won.index(True)}"

    def test_clause_6_a_time_that_is_none(self) -> None:
        """Refused, and nothing has changed."""
        with self._made() as cache:
            cache.put("a", "one", ttl=60)
            bad: tuple[Any, ...] = (0, -1.0, math.inf, math.nan, True, "60", None)
            for ttl in bad:
                for write in (
                    partial(cache.put, "a", "two", ttl=ttl),
                    partial(cache.replace, "a", "one", "two", ttl=ttl),
                ):
                    written = False
                    with suppress(UsageError):
                        write()
                        written = True
                    assert not written
            assert cache.get("a") == "one"


def _replaced(caches: Sequence[Cache], key: str, old: str | None, number: int) -> bool:
    return caches[number].replace(key, old, f"by {number}", ttl=60)
