"""
A request buffer and a cache in Redis or Valkey, single or cluster: for a fleet.

Rules of this file: no clock. Each call is one command, and so one round trip; what it does inside the server stands in
`_redis_scripts.py`. The server's own clock ends the entries of the cache. Of the buffer it ends nothing that a call can
ask for: it only clears away what nobody has used for more than thirty days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import redis  # pip install "alertkit[redis]"
from redis.client import Pipeline
from redis.cluster import ClusterPipeline
from redis.exceptions import NoScriptError, RedisClusterException

from alertkit._checks import demand, line
from alertkit.caching._entries import ttl_problems
from alertkit.errors import StoreError
from alertkit.stores._calls import (
    ALL,
    MONTH,
    MOST_EVENT_TYPES,
    MOST_RECORDS,
    check_claim,
    check_limit,
    check_tallies,
    check_window,
    microseconds,
    read,
    tally,
)
from alertkit.stores._redis_scripts import CLAIM, RECENT, RECORD, REPLACE, Script
from alertkit.webhooks._health import RETENTION_DAYS, DailyTally, Outcome
from alertkit.webhooks._request_record import RequestRecord

__all__ = ["RedisCache", "RedisRequestBuffer"]

_KEYS = ("records", "names", "instants", "days", "claim")
_COUNTED = ("success", "error", "timeout", "fatal")
_DAY = 86_400
_TTL = (RETENTION_DAYS + 1) * _DAY
"""Seconds that a key lives after the last record or claim; a day more than a buffer has to keep anything."""


class RedisRequestBuffer:
    """
    A `RequestBuffer` in the Redis behind a client of yours, which any number of threads, processes and hosts share.

    The client's timeouts and retries are its own: give it `socket_timeout` and `socket_connect_timeout`. One that
    retries may count an attempt twice where the connection broke after the server had counted it. Whatever the client
    raises is a `StoreError`. `decode_responses` may be on or off. Needs Redis 5 or newer, or any Valkey.
    """

    def __init__(self, client: redis.Redis | redis.RedisCluster, *, prefix: str = "alertkit:") -> None:
        """
        Take the client, which stays the caller's to close, and what every key begins with.

        Nothing is sent yet. Raises `UsageError`.
        """
        demand(_client_problems(client), _prefix_problems(prefix))
        self._client: Any = client
        self._prefix = prefix

    def record(self, integration_id: str, record: RequestRecord, *, window: int) -> tuple[DailyTally, ...]:
        """Append the record, count its outcome on its day, and return the last `window` days, as one atomic step."""
        check_window(window, until=record.at)
        at, day, days = microseconds(record.at), record.at.toordinal(), min(window, RETENTION_DAYS)
        kind = "e" if record.is_error else "o"
        outcome = "" if record.outcome is Outcome.IGNORED else record.outcome.value
        counts = self._run(
            RECORD,
            integration_id,
            *(record.to_json().encode("utf-8"), at, at - MONTH, at + MONTH, day, record.event_type, kind, outcome),
            *(days, MOST_RECORDS, MOST_EVENT_TYPES, RETENTION_DAYS, _TTL),
        )
        before = [tally(one) for one in range(day - window + 1, day - days + 1)]
        return (*before, *_tallies(counts, first=day - days + 1))

    def recent(
        self, integration_id: str, *, event_type: str | None = None, errors_only: bool = False, limit: int = 100
    ) -> tuple[RequestRecord, ...]:
        """Return the newest records, newest first."""
        check_limit(limit)
        asked = ("type" if event_type is not None else "all", event_type or "", int(errors_only))
        texts = self._run(RECENT, integration_id, *asked, min(limit, ALL), MOST_RECORDS)
        return read(texts, integration_id)

    def tallies(self, integration_id: str, *, until: date, days: int) -> tuple[DailyTally, ...]:
        """Return the counts of `days` days, oldest first, `until` last."""
        check_tallies(until, days)
        with _as_store_errors():
            found = self._client.hgetall(self._keys(integration_id)[_KEYS.index("days")])
        counts = {_text(name): count for name, count in found.items()}
        last = until.toordinal()
        wanted = [counts.get(f"{day} {outcome}") for day in range(last - days + 1, last + 1) for outcome in _COUNTED]
        return _tallies(wanted, first=last - days + 1)

    def claim(self, integration_id: str, *, at: datetime, lease: timedelta) -> bool:
        """Return True for exactly one caller until the lease runs out or `reset` is called."""
        check_claim(at, lease)
        now, until, ttl = microseconds(at), microseconds(at + lease), _TTL + lease.days * _DAY + _DAY
        return bool(self._run(CLAIM, integration_id, now, now + MONTH, until, ttl, _TTL))

    def reset(self, integration_id: str) -> None:
        """Forget the tallies and the claim, keep the records."""
        _, _, _, days, claim = self._keys(integration_id)
        with _as_store_errors():
            self._client.delete(days, claim)

    def _run(self, script: Script, integration_id: str, *arguments: object) -> Any:
        return _run(self._client, script, self._keys(integration_id), *arguments)

    def _keys(self, integration_id: str) -> tuple[str, ...]:
        """Return the keys of an integration; what stands in braces decides the slot, so that all are in one."""
        name = integration_id.replace("%", "%25").replace("{", "%7B").replace("}", "%7D") or "%"
        return tuple(f"{self._prefix}{{{name}}}:{key}" for key in _KEYS)


class RedisCache:
    """
    A `Cache` in the Redis behind a client of yours, which any number of threads, processes and hosts share.

    The client's timeouts and retries are its own, and a lookup waits for as long: give it `socket_timeout` and
    `socket_connect_timeout`. Whatever the client raises is a `StoreError`. `decode_responses` may be on or off. Needs
    Redis 5 or newer, or any Valkey.
    """

    def __init__(self, client: redis.Redis | redis.RedisCluster, *, prefix: str = "alertkit:cache:") -> None:
        """
        Take the client, which stays the caller's to close, and what every key begins with.

        Nothing is sent yet. Raises `UsageError`.
        """
        demand(_client_problems(client), _prefix_problems(prefix))
        self._client: Any = client
        self._prefix = prefix

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        with _as_store_errors():
            text = self._client.get(self._prefix + key)
            return None if text is None else _text(text)

    def put(self, key: str, text: str, *, ttl: float) -> None:
        """Write a text under a key, for `ttl` seconds."""
        demand(ttl_problems("ttl", ttl))
        with _as_store_errors():
            self._client.set(self._prefix + key, text, px=_milliseconds(ttl))

    def replace(self, key: str, old: str | None, new: str, *, ttl: float) -> bool:
        """Write `new` under a key where `old` is, as one atomic step; whether it was."""
        demand(ttl_problems("ttl", ttl))
        expected = ("0", "") if old is None else ("1", old)
        return bool(_run(self._client, REPLACE, (self._prefix + key,), *expected, new, _milliseconds(ttl)))


def _milliseconds(ttl: float) -> int:
    """Return what Redis counts in, never more than was asked for, unless that is less than one."""
    return max(1, int(ttl * 1000))


def _run(client: Any, script: Script, keys: Sequence[str], *arguments: object) -> Any:
    with _as_store_errors():
        try:
            return client.evalsha(script.sha, len(keys), *keys, *arguments)
        except NoScriptError:  # a server that has not seen it yet, or was restarted
            return client.eval(script.text, len(keys), *keys, *arguments)


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    # Those of a cluster are a family of their own; an OSError is what a client could not even wrap.
    # A text that is no UTF-8 is somebody else's.
    except (redis.RedisError, RedisClusterException, OSError, UnicodeError) as error:
        raise StoreError(f"Redis: {error}") from error


def _client_problems(client: object) -> tuple[str, ...]:
    if isinstance(client, (redis.Redis, redis.RedisCluster)) and not isinstance(client, (Pipeline, ClusterPipeline)):
        encoding = str(client.get_encoder().encoding)
        return () if encoding.lower() in ("utf-8", "utf8") else (f"client must speak UTF-8, not {encoding}",)
    kind = type(client)
    return (f"client must be a redis.Redis or a redis.RedisCluster, not a {kind.__module__}.{kind.__qualname__}",)


def _prefix_problems(prefix: object) -> tuple[str, ...]:
    if isinstance(prefix, str) and ("{" in prefix or "}" in prefix):
        return ("prefix must hold no braces, which decide where Redis Cluster keeps a key",)
    return line("prefix", prefix)


def _text(name: Any) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else str(name)


def _tallies(counts: Sequence[Any], *, first: int) -> tuple[DailyTally, ...]:
    """Return the days whose four counts follow one another."""
    numbers = [int(count or 0) for count in counts]
    return tuple([tally(first + at // 4, *numbers[at : at + 4]) for at in range(0, len(numbers), 4)])
