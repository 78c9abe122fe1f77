"""
A process of its own that works on a store: `python store_worker.py <store> <job> …`, where the store is the path of a
SQLite file or the port of a Redis.

It is told through its standard input when to go on, and says on its standard output what it has done.
"""

import os
import random
import resource
import signal
import sqlite3
import sys
import threading
import time
import warnings
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import redis

from alertkit import HttpResponse, StoreError
from alertkit.stores.redis import RedisRequestBuffer
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.testing import FrozenClock
from alertkit.webhooks import Installation, Integration, Outcome, RequestRecord, WebhookEvent, WebhookSender

AT = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
LEASE = timedelta(hours=1)


def opened(store):
    """Return a buffer over the store."""
    if store.isdigit():
        return RedisRequestBuffer(redis.Redis(host="127.0.0.1", port=int(store)))
    return SqliteRequestBuffer(store, busy_timeout=30)


def close(buffer):
    """Close what can be closed."""
    getattr(buffer, "close", lambda: None)()


def attempt(number):
    """Return the record of an error, known by its number."""
    return RequestRecord(
        at=AT,
        event_type="issue.created",
        url="https://hooks.example.com/in",
        status=500,
        outcome=Outcome.ERROR,
        message_id=f"m{number}",
        response_body=f"{number} " * 200,
    )


def say(*words):
    """Say a line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def recording(store, times):
    """Record so many errors, once told to begin, and say which counts came back."""
    say("ready")
    sys.stdin.readline()
    buffer = opened(store)
    counts = [buffer.record("hook", attempt(number), window=1)[0].error for number in range(int(times))]
    say(*counts)


class Gone:
    """An endpoint that says that it is gone, and the ports of a host, which say what is asked of them."""

    def send(self, request, *, timeout):
        """Answer 410."""
        return HttpResponse(410)

    def disable(self, integration_id):
        """Say it."""
        say("disable", integration_id)

    def notify(self, notice):
        """Say it."""
        say("notify", notice.integration_id)

    def record(self, entry):
        """Say it."""
        say("audit", entry.integration_id)


def racing(store):
    """Send one webhook to each integration whose id is read, until there are no more."""
    host = Gone()
    sender = WebhookSender(
        buffer=opened(store), registry=host, notifier=host, audit=host, transport=host, clock=FrozenClock(AT)
    )
    event = WebhookEvent(resource="issue", action="created", installation=Installation(uuid="u"))
    say("ready")
    for line in sys.stdin:
        name = line.strip()
        secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        integration = Integration(id=name, slug=name, name=name, url="https://hooks.example.com/in", secrets=secrets)
        delivery = sender.send(integration, event)
        say("sent", name, *(failure.message for failure in delivery.failures))


def dying(store, times):
    """Let a child record until it is killed, so many times; after each, see what is there."""
    dice = random.Random(7)
    for _ in range(int(times)):
        before = opened(store).tallies("hook", until=AT.date(), days=1)[0].error
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            buffer = opened(store)
            for number in range(before, before + 100_000):
                buffer.record("hook", attempt(number), window=1)
                os.write(writing, b".")
            os._exit(0)
        os.close(writing)
        os.read(reading, 1)  # it has begun
        time.sleep(dice.uniform(0, 0.03))  # while the child writes
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged = before + 1
        while some := os.read(reading, 65_536):
            acknowledged += len(some)
        os.close(reading)
        buffer = opened(store)
        counted = buffer.tallies("hook", until=AT.date(), days=1)[0].error
        numbers = [int(record.message_id[1:]) for record in buffer.recent("hook")]
        assert counted in (acknowledged, acknowledged + 1), (acknowledged, counted)
        assert numbers == list(range(counted - 1, max(counted - 101, -1), -1)), (counted, numbers)
        assert buffer.record("hook", attempt(counted), window=1)[0].error == counted + 1
        close(buffer)
    say("survived", times)


def forking(store):
    """Go on with the same buffer on both sides of a fork; the parent is done with it first, and a third one looks."""
    buffer = opened(store)
    buffer.record("hook", attempt(0), window=1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)  # the parent has closed it
        for number in range(51, 101):
            buffer.record("hook", attempt(number), window=1)
        sys.exit(0)
    for number in range(1, 51):
        buffer.record("hook", attempt(number), window=1)
    close(buffer)
    os.write(writing, b".")
    _, status = os.waitpid(child, 0)
    say("child", status, "counted", opened(store).record("hook", attempt(101), window=1)[0].error)


def forking_under_load(store):
    """Fork while other threads are in the middle of a call, twenty times; each child records."""
    buffer = opened(store)
    is_over = threading.Event()

    def load():
        while not is_over.is_set():
            buffer.record("busy", attempt(0), window=1)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of exactly this
        for number in range(20):
            child = os.fork()
            if child == 0:
                buffer.record("hook", attempt(number), window=1)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            assert status == 0, status
    is_over.set()
    for thread in threads:
        thread.join()
    say("counted", buffer.record("hook", attempt(20), window=1)[0].error)


def interrupted(store):
    """Be interrupted by a signal while a transaction waits to begin; then go on, and let others go on."""
    buffer, other = opened(store), sqlite3.connect(store, isolation_level=None, check_same_thread=False)

    def ring(*_):
        raise InterruptedError

    signal.signal(signal.SIGALRM, ring)
    for _ in range(20):
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.04, other.execute, ["ROLLBACK"])
        release.start()
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with suppress(InterruptedError):  # it is heard once the transaction has begun
            buffer.record("hook", attempt(0), window=1)
        release.join()
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    say("counted", buffer.record("hook", attempt(0), window=1)[0].error)


def say_what_fails(call):
    """Call, and say what the driver has raised."""
    try:
        call()
    except StoreError as error:
        say(type(error.__cause__).__name__, error)


def filling(store):
    """Record until the disk is full; then make room, and go on."""
    buffer = opened(store)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    counted = 0
    with suppress(StoreError):
        for number in range(10_000):
            buffer.record(f"hook-{number % 50}", attempt(number), window=1)
            counted += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    say_what_fails(lambda: buffer.record("another", attempt(0), window=1))
    say_what_fails(lambda: buffer.claim("another", at=AT, lease=LEASE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    total = sum(buffer.tallies(f"hook-{number}", until=AT.date(), days=1)[0].error for number in range(50))
    say("counted", total == counted, "now", buffer.record("another", attempt(0), window=1)[0].error)


def reading_only(store):
    """Be a user who may read the file and not write it."""
    if os.geteuid() == 0:
        os.setuid(65_534)
    say_what_fails(lambda: opened(store).record("hook", attempt(0), window=1))
    say_what_fails(lambda: opened(store).claim("hook", at=AT, lease=LEASE))


if __name__ == "__main__":
    jobs = {
        job.__name__: job
        for job in (recording, racing, dying, forking, forking_under_load, interrupted, filling, reading_only)
    }
    jobs[sys.argv[2]](sys.argv[1], *sys.argv[3:])
