"""
A lookup by a unique field: from the cache, or loaded and remembered.

Rules of this file: the shell. Whatever the cache does, a lookup is answered by the loader. A load that was overtaken by
an invalidation leaves nothing behind: here it writes nothing any more, and in another process it writes only in place
of the entry that was there before it began, which now is a mark.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import frozen

from alertkit._checks import demand, line, methods
from alertkit._json import encode as encoded
from alertkit.caching._entries import (
    UNKNOWN,
    invalidated,
    is_about,
    key_of,
    known,
    loader_problems,
    payload_of,
    question_problems,
    ttl_problems,
)
from alertkit.caching._flights import Flight, Flights
from alertkit.caching._log import log_cache_failure, log_wrong
from alertkit.caching._ports import Cache
from alertkit.errors import StoreError, UsageError

__all__ = ["ReadThrough"]

_Value = TypeVar("_Value")


def _as_json(value: object) -> str:
    return encoded(value).decode("utf-8")


def _new_mark() -> str:
    return os.urandom(16).hex()


@frozen
class _Look(Generic[_Value]):
    """What one look into the cache has shown."""

    entry: str | None = None
    is_answer: bool = False
    value: _Value | None = None
    failed: bool = False


class ReadThrough(Generic[_Value]):
    """
    Looks values up by a unique field, through a cache.

        projects = ReadThrough(load={"id": by_id, "slug": by_slug}, cache=MemoryCache(), prefix="project")
        projects.get(slug="web")  # a project, or None

    Each key is loaded once at a time; who asks meanwhile waits and gets the same value, or the same error. Threads may
    share it, so values are best immutable. What comes back has in its field what was asked for: an entry that has not,
    or that cannot be read, is dropped, logged and loaded anew. What the cache fails at is logged and costs no lookup.
    """

    def __init__(
        self,
        *,
        load: Mapping[str, Callable[[Any], _Value | None]],
        cache: Cache,
        prefix: str,
        ttl: float = 60.0,
        negative_ttl: float = 5.0,
        encode: Callable[[_Value], str] = _as_json,
        decode: Callable[[str], _Value] = json.loads,
        patience: float = 30.0,
        new_mark: Callable[[], str] = _new_mark,
    ) -> None:
        """
        Take a loader for each unique field, and the cache.

        A loader is called with what was asked for and returns the value, or None where there is none. `prefix` is what
        the keys begin with: one for each kind of value in a cache. A value is served for `ttl` seconds at most, and
        that there is none for `negative_ttl`, which is at most `ttl`; 0 remembers no such thing. `encode` and `decode`
        make a value text and back; the loader's own value is returned when it is loaded, and a decoded one afterwards,
        so they should be equal. Without the two, values are what JSON has: a tuple is a list afterwards, and a number
        that is a key a text. `patience` is how many seconds to wait for a load of another thread's. Raises
        `UsageError`.
        """
        demand(
            loader_problems(load),
            methods("cache", cache, "get", "put", "replace"),
            line("prefix", prefix, most=100) or (() if prefix.isascii() else ("prefix must be ASCII",)),
            ttl_problems("ttl", ttl),
            () if negative_ttl == 0 else ttl_problems("negative_ttl", negative_ttl),
            ttl_problems("patience", patience),
            *(
                () if callable(function) else (f"{name} must be a function",)
                for name, function in (("encode", encode), ("decode", decode), ("new_mark", new_mark))
            ),
        )
        demand(() if negative_ttl <= ttl else ("negative_ttl must not be longer than ttl",))
        self._loaders = dict(load)
        self._cache = cache
        self._prefix = prefix
        self._ttl = ttl
        self._negative_ttl = negative_ttl
        self._encode = encode
        self._decode = decode
        self._new_mark = new_mark
        self._flights: Flights[_Value | None] = Flights(patience)

    def get(self, /, **asked: str | int) -> _Value | None:
        """
        Return the value whose field is this, as in `get(id="7")`, or None where there is none.

        Raises `UsageError` for a field that was not declared, for more than one, and for what is neither a text nor a
        whole number of at most 1,024 bits; whatever the loader raises, and then nothing is remembered; and `StoreError`
        where the loader returns something else than was asked for or asks for its own key, or another thread's load
        takes longer than `patience`.
        """
        if len(asked) != 1:
            raise UsageError(f"look up by one field, not by {len(asked)}: {', '.join(self._loaders)}")
        self._demand_declared(asked)
        ((field, wanted),) = asked.items()
        key = key_of(self._prefix, field, wanted)
        look = self._look(key, field, wanted)
        if look.is_answer:
            return look.value
        return self._flights.join(key, partial(self._loaded, key, field, wanted, look))

    def invalidate(self, /, **asked: str | int) -> None:
        """
        Forget what is known under these fields, as in `invalidate(id="7", slug="web")`; call it after the change.

        A lookup that begins afterwards loads anew, and what this object was loading meanwhile is not remembered. Nor is
        what others were, in this process or elsewhere, as long as the cache keeps the mark that is written now: for
        `ttl`, unless it has no room. A number is forgotten as a text too. Name each field by which the value may have
        been looked up, a slug that was changed by both of its names, one call for each. Raises `UsageError`, and
        `StoreError` where the cache cannot be told: then the old value may be served for as long as it was to be.
        """
        if not asked:
            raise UsageError(f"invalidate by one field or more: {', '.join(self._loaders)}")
        self._demand_declared(asked)
        failures = [failure for field, wanted in asked.items() if (failure := self._invalidated(field, wanted))]
        if failures:
            raise StoreError(f"the cache of {self._prefix} could not be told") from failures[0]

    def _demand_declared(self, asked: Mapping[str, object]) -> None:
        declared = ", ".join(self._loaders)
        demand(
            *(
                (f"{field} is no unique field, which are {declared}",)
                if field not in self._loaders
                else question_problems(field, wanted)
                for field, wanted in asked.items()
            )
        )

    def _look(self, key: str, field: str, wanted: str | int, *, drop: bool = False) -> _Look[_Value]:
        """Look into the cache; whoever is about to load may also `drop` what is wrong there."""
        try:
            entry = self._cache.get(key)
        except Exception as error:  # noqa: BLE001  the host's own, which may raise anything
            log_cache_failure("cache.get", self._prefix, field, error)
            return _Look(failed=True)
        if entry == UNKNOWN:
            return _Look(entry, is_answer=True)
        try:
            payload = payload_of(entry)
            if payload is None:
                return _Look(entry)
            value = self._decode(payload)
            if is_about(value, field, wanted):
                return _Look(entry, is_answer=True, value=value)
            problem = "is about another one"
        except Exception as error:  # noqa: BLE001  whatever stood there, it is no value
            problem = f"cannot be read: {type(error).__name__}"
        if not drop:
            return _Look(entry)
        log_wrong("entry", self._prefix, field, problem)
        instead = invalidated(self._new_mark())
        self._write(key, field, entry, instead, self._ttl)
        return _Look(instead)

    def _loaded(
        self, key: str, field: str, wanted: str | int, look: _Look[_Value], flight: Flight[_Value | None]
    ) -> _Value | None:
        if not look.failed:  # between that look and now another thread may have loaded it
            look = self._look(key, field, wanted, drop=True)
            if look.is_answer:
                return look.value
        value = self._loaders[field](wanted)
        entry: str | None
        if value is None:
            entry, ttl = UNKNOWN, self._negative_ttl
        elif is_about(value, field, wanted):
            entry, ttl = self._entry(value, field), self._ttl
        else:
            log_wrong("load", self._prefix, field, "brought another one")
            raise StoreError(f"the loader of {self._prefix} by {field} returned one whose {field} is another")
        if entry is not None and ttl and not look.failed:
            flight.write(partial(self._write, key, field, look.entry, entry, ttl))
        return value

    def _entry(self, value: _Value, field: str) -> str | None:
        try:
            return known(self._encode(value))
        except Exception as error:  # noqa: BLE001  the host's own; the value is there all the same
            log_cache_failure("encode", self._prefix, field, error)
            return None

    def _write(self, key: str, field: str, old: str | None, new: str, ttl: float) -> None:
        try:
            self._cache.replace(key, old, new, ttl=ttl)
        except Exception as error:  # noqa: BLE001  the host's own, which may raise anything
            log_cache_failure("cache.replace", self._prefix, field, error)

    def _invalidated(self, field: str, wanted: str | int) -> Exception | None:
        """Invalidate one field; what the cache failed at."""
        failure = None
        # An id that the host has as a number may have been looked up as text.
        for spelt in dict.fromkeys((wanted, str(wanted))):
            key = key_of(self._prefix, field, spelt)
            # Before there is a mark, since a load that is about to write must find it, though the cache may drop it.
            self._flights.outdate(key)
            try:
                self._cache.put(key, invalidated(self._new_mark()), ttl=self._ttl)
            except Exception as error:  # noqa: BLE001  the host's own, which may raise anything
                failure = error
            finally:
                # Afterwards, since a load that began before may still have found the old entry.
                self._flights.detach(key)
        return failure
