"""
What a request buffer takes of time and room: recording against the bare work of its backend, and reading when full.

Rules of this file: a real SQLite file in a folder of its own, and a real Redis on loopback. The bare work writes the
same bytes: its JSON is made beforehand, since whoever writes by hand may have it already.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import attrs
import redis
from measure import Target, Variant, calls_within, interleaved, table

from alertkit.stores.redis import RedisRequestBuffer
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.testing import ScriptedTransport
from alertkit.webhooks import (
    Installation,
    Integration,
    Outcome,
    RequestBuffer,
    RequestRecord,
    WebhookEvent,
    WebhookSender,
)

sys.path.append(os.path.join(os.path.dirname(__file__), os.pardir, "tests"))
from redis_server import RedisServer

__all__ = ["run"]

_AT = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
_HEAD = {"Content-Type": "application/json", "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek"}
_SUCCESS = RequestRecord(
    at=_AT,
    event_type="issue.created",
    url="https://hooks.example.com/in",
    status=200,
    outcome=Outcome.SUCCESS,
    message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
    duration=0.25,
)
_ERROR = attrs.evolve(
    _SUCCESS,
    status=500,
    outcome=Outcome.ERROR,
    request_headers=_HEAD,
    request_body="x" * 1024,
    response_headers=_HEAD,
    response_body="y" * 1024,
)
_READINGS: dict[str, Callable[[RequestBuffer, str], object]] = {
    "recent": lambda buffer, name: buffer.recent(name),
    "tallies": lambda buffer, name: buffer.tallies(name, until=_AT.date(), days=7),
}
_BARE_INSERT = "bare INSERT"
_BARE_PIPELINE = "bare pipeline"


def run(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _sqlite_records(folder, rounds)
        server = RedisServer(folder)
        try:
            with server.client() as client:
                print(f"\nRedis {client.info()['redis_version']}.")
                _redis_records(client, rounds)
                _round_trips(server, client)
                _readings(folder, client, rounds)
        finally:
            server.stop()


def _sqlite_records(folder: str, rounds: int) -> None:
    bare = sqlite3.connect(f"{folder}/bare.db", isolation_level=None)
    for statement in ("journal_mode = WAL", "synchronous = NORMAL"):
        bare.execute(f"PRAGMA {statement}")
    bare.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, integration TEXT, record TEXT)")
    with SqliteRequestBuffer(f"{folder}/alerts.db") as buffer:
        for name, record in (("an error with bodies of 2 KB", _ERROR), ("a success", _SUCCESS)):
            text = record.to_json()

            def insert(text: str = text) -> None:
                bare.execute("BEGIN IMMEDIATE")
                bare.execute("INSERT INTO record (integration, record) VALUES (?, ?)", ("a", text))
                bare.execute("COMMIT")

            def alertkit(record: RequestRecord = record) -> None:
                buffer.record(record.outcome.value, record, window=7)

            _full_week(buffer, record)
            _compare(
                f"SQLite: record {name} ({len(text):,} bytes)",
                {_BARE_INSERT: insert, "alertkit": alertkit, "alertkit, its JSON alone": record.to_json},
                Target("alertkit", _BARE_INSERT, 3),
                rounds,
            )
    bare.close()


def _redis_records(client: redis.Redis, rounds: int) -> None:
    buffer = RedisRequestBuffer(client)
    for name, record in (("an error with bodies of 2 KB", _ERROR), ("a success", _SUCCESS)):
        text = record.to_json().encode()
        numbers = iter(range(10**9))

        def pipelined(text: bytes = text, record: RequestRecord = record, numbers: Iterator[int] = numbers) -> None:
            _same_commands(client, text, "e" if record.is_error else "o", next(numbers))

        def alertkit(record: RequestRecord = record) -> None:
            buffer.record(record.outcome.value, record, window=7)

        _full_week(buffer, record)
        for _ in range(100):
            pipelined()
        _compare(
            f"Redis: record {name}",
            {_BARE_PIPELINE: pipelined, "alertkit": alertkit, "PING": client.ping},
            Target("alertkit", _BARE_PIPELINE, 1.3),
            rounds,
        )


def _same_commands(client: redis.Redis, text: bytes, kind: str, number: int) -> None:
    """Do what the script does to a full buffer, in one pipeline, which knows already what it would be told."""
    records, names, instants, days = (f"bare:{{a}}:{key}" for key in ("records", "names", "instants", "days"))
    name, old = f"issue.created\0{kind}\0{number:016}", f"issue.created\0{kind}\0{number - 100:016}"
    low, high = f"[issue.created\0{kind}\0", f"(issue.created\0{kind}\1"
    pipeline = client.pipeline(transaction=False)
    pipeline.hincrby(records, "number", 1)
    pipeline.hset(records, name, text)
    pipeline.zadd(names, {name: 0})
    pipeline.zadd(instants, {name: 1.7e15})
    pipeline.zrangebyscore(instants, "-inf", "(1.6e15")
    pipeline.zrangebyscore(instants, "(1.8e15", "+inf")
    pipeline.zlexcount(names, low, high)
    pipeline.zrangebylex(names, low, high, 0, 1)
    pipeline.hdel(records, old)
    pipeline.zrem(names, old)
    pipeline.zrem(instants, old)
    pipeline.zlexcount(names, "[issue.created\0", "(issue.created\1")
    pipeline.hget(records, "day")
    pipeline.hset(records, "day", "739685")
    pipeline.hincrby(days, "739685 error", 1)
    for key in (records, names, instants, days):
        pipeline.expire(key, 2_678_400)
    pipeline.hmget(days, [f"{739_679 + day} {each}" for day in range(7) for each in ("a", "b", "c", "d")])
    pipeline.execute()


def _round_trips(server: RedisServer, client: redis.Redis) -> None:
    """Print what a delivery costs at the server, counted there."""
    integration = Integration(
        id="trips", slug="a", name="A", url="https://h.example", secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    event = WebhookEvent(resource="issue", action="created", installation=Installation(uuid="u"))
    sender = WebhookSender(buffer=RedisRequestBuffer(client), transport=ScriptedTransport(*[200, 500] * 51))
    sender.send(integration, event)
    with server.client() as watching, watching.monitor() as monitor:
        for _ in range(100):
            sender.send(integration, event)
        client.echo("end")
        commands = 0
        for command in monitor.listen():
            if command["command"] == "ECHO end":
                break
            commands += command["client_type"] != "lua"
    verdict = "met" if commands == 100 else "MISSED"
    print(f"\n100 webhooks, half of them failed: {commands} round trips, counted at the server, target 100: {verdict}.")


def _readings(folder: str, client: redis.Redis, rounds: int) -> None:
    """Print what reading costs when a few integrations are full, and when many are; and what one takes of room."""
    client.flushall()
    stores: dict[str, Callable[[int], RequestBuffer]] = {
        "SQLite": lambda many: SqliteRequestBuffer(f"{folder}/{many}.db"),
        "Redis": lambda many: RedisRequestBuffer(client, prefix=f"{many}:"),
    }
    for name, made in stores.items():
        few, full = made(10), made(1000)
        for buffer, many in ((few, 10), (full, 1000)):
            _fill(buffer, many)
        for what, call in _READINGS.items():
            ways = {"10 full": _reading(few, 10, call), "1000 full": _reading(full, 1000, call)}
            _compare(f"{name}: {what}", ways, Target("1000 full", "10 full", 1.2), rounds)
    in_file = os.path.getsize(f"{folder}/1000.db") / 1000
    in_redis = sum(client.memory_usage(key, samples=0) or 0 for key in client.scan_iter("10:{hook-0}:*"))
    print(f"\nOne full integration, with bodies of 2 KB: SQLite {in_file / 1e6:.2f} MB, Redis {in_redis / 1e6:.2f} MB.")


def _reading(buffer: RequestBuffer, many: int, call: Callable[[RequestBuffer, str], object]) -> Callable[[], object]:
    numbers = iter(range(10**9))
    return lambda: call(buffer, f"hook-{next(numbers) * 7 % many}")


def _fill(buffer: RequestBuffer, many: int) -> None:
    for number in range(many):
        for _ in range(100):
            buffer.record(f"hook-{number}", _ERROR, window=1)
            buffer.record(f"hook-{number}", _SUCCESS, window=1)


def _full_week(buffer: RequestBuffer, record: RequestRecord) -> None:
    """Fill what records of this kind can fill, over a week."""
    for number in range(210):
        at = _AT - timedelta(days=6) + timedelta(hours=number * 24 * 6 / 210)
        buffer.record(record.outcome.value, attrs.evolve(record, at=at), window=7)


def _compare(title: str, ways: dict[str, Callable[[], object]], target: Target, rounds: int) -> None:
    variants = [Variant(name, way, calls_within(way, 0.03)) for name, way in ways.items()]
    table(f"stores: {title}", interleaved(variants, rounds), [target.baseline], [target])
