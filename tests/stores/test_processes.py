"""The stores that survive, under several processes, and under processes that die."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis_server import RedisServer
from webhook_world import AT, World, event, integration

from alertkit import HttpResponse
from alertkit.stores.redis import RedisRequestBuffer
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.webhooks import Outcome

WORKER = str(Path(__file__).parent.parent / "store_worker.py")


@pytest.fixture(params=["sqlite", "redis"])
def store(request, tmp_path):
    """Return what a worker opens: the path of a file, or the port of a server."""
    if request.param == "sqlite":
        yield str(tmp_path / "alerts.db")
    else:
        server = RedisServer(tmp_path)
        yield str(server.port)
        server.stop()


@pytest.fixture
def workers():
    """Return what starts a worker; all are gone at the end."""
    with ExitStack() as stack:

        def started(store, job, *arguments):
            process = subprocess.Popen(
                [sys.executable, "-W", "error", WORKER, store, job, *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.wait, 60)
            stack.callback(process.kill)
            stack.callback(process.stdout.close)
            stack.callback(process.stdin.close)
            return process

        yield started


def says(process):
    """Return the words of the next line."""
    return process.stdout.readline().split()


def test_eight_processes_record(store, workers):
    """Every count arrives, and no two processes see the same one; the file they all open is made only once."""
    processes = [workers(store, "recording", 100) for _ in range(8)]
    for process in processes:
        assert says(process) == ["ready"]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()

    counts = [int(count) for process in processes for count in says(process)]
    assert sorted(counts) == list(range(1, 801))


def test_eight_processes_race_to_retire(store, workers):
    """A hundred integrations, each broken for all of them at once: each is disabled, told and written down once."""
    processes = [workers(store, "racing") for _ in range(8)]
    for process in processes:
        assert says(process) == ["ready"]
    done = []
    for number in range(100):
        for process in processes:
            process.stdin.write(f"hook-{number}\n")
            process.stdin.flush()
        for process in processes:
            while (words := says(process))[0] != "sent":
                done.append(tuple(words))
            assert words[1:] == [f"hook-{number}"]

    expected = itertools.product(("disable", "notify", "audit"), (f"hook-{number}" for number in range(100)))
    assert sorted(done) == sorted(expected)


def test_a_hundred_processes_are_killed_while_they_write(store, workers):
    """The store opens, what was acknowledged is there, at most the attempt in flight is missing, and it goes on."""
    assert says(workers(store, "dying", 100)) == ["survived", "100"]


def test_both_sides_of_a_fork(store, workers):
    """A server that forks after it has made its buffer loses nothing, whichever side is done with it first."""
    assert says(workers(store, "forking")) == ["child", "0", "counted", "102"]


def test_a_fork_in_the_middle_of_a_call(tmp_path, workers):
    """Neither side is locked out, and nothing is lost."""
    assert says(workers(str(tmp_path / "alerts.db"), "forking_under_load")) == ["counted", "21"]


def test_a_signal_in_the_middle_of_a_call(tmp_path, workers):
    """What its handler raises comes out, and locks nobody out."""
    words = says(workers(str(tmp_path / "alerts.db"), "interrupted"))

    assert words[0] == "counted"
    assert int(words[1]) in range(1, 22)


def test_a_disk_that_is_full(tmp_path, workers):
    """Each call tells it, nothing is half written, and once there is room again it goes on."""
    process = workers(str(tmp_path / "alerts.db"), "filling")

    for _ in range(2):
        assert says(process)[0] == "OperationalError"
    assert says(process) == ["counted", "True", "now", "1"]


def test_a_file_that_may_only_be_read(workers):
    """Each call tells it."""
    folder = tempfile.mkdtemp()
    path = f"{folder}/alerts.db"
    try:
        SqliteRequestBuffer(path).close()
        os.chmod(path, 0o444)
        os.chmod(folder, 0o555)
        process = workers(path, "reading_only")
        for _ in range(2):
            assert says(process)[0] == "OperationalError"
    finally:
        os.chmod(folder, 0o755)
        shutil.rmtree(folder)


class Failing:
    """An endpoint that fails."""

    def send(self, request, *, timeout):
        """Answer 500."""
        return HttpResponse(500)


def test_redis_stops_and_starts_under_load(tmp_path):
    """Deliveries go on, each tells that it was not counted, and counting resumes with the server."""
    server = RedisServer(tmp_path)
    client = server.client(socket_timeout=5, retry=None)
    world = World(Failing(), buffer=RedisRequestBuffer(client))
    deliveries, phase = {name: [] for name in ("up", "going down", "down", "coming up", "up again")}, ["up"]
    is_over = threading.Event()

    def load():
        while not is_over.is_set():
            during = phase[0]
            delivery = world.sender.send(integration(), event())
            if phase[0] == during:
                deliveries[during].append(delivery)

    def until_there_are(number):
        while len(deliveries[phase[0]]) < number:
            is_over.wait(0.001)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        until_there_are(200)
        phase[0] = "going down"
        server.stop()
        phase[0] = "down"
        until_there_are(200)
        phase[0] = "coming up"
        server.start()
        phase[0] = "up again"
        until_there_are(200)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()

    failures = {name: [failure for each in some for failure in each.failures] for name, some in deliveries.items()}
    assert {delivery.outcome for some in deliveries.values() for delivery in some} == {Outcome.ERROR}
    assert failures["up"] == []
    assert {(failure.step, failure.error) for failure in failures["down"]} == {("buffer.record", "StoreError")}
    assert len(failures["down"]) == len(deliveries["down"])
    assert failures["up again"] == []
    assert world.buffer.tallies("billing-sync", until=AT.date(), days=1)[0].error >= 200
    client.close()
    server.stop()
