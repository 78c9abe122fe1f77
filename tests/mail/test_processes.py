"""A process that ends with mail in its queue, and one that forks."""

import os
import subprocess
import sys
from pathlib import Path

from mail_world import PAUSE, SOON, STALL, MailServer

import alertkit

TESTS = Path(__file__).parent.parent


def run(*arguments):
    """Run the worker; what it has to say is returned."""
    path = os.pathsep.join([str(TESTS), str(Path(alertkit.__file__).parent.parent)])
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(TESTS / "mail_worker.py"), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=2 * SOON,
        check=False,
    )


def test_an_interpreter_that_exits_sends_what_waits():
    """Nobody closed the queue."""
    with MailServer() as server:
        ran = run("exit", server.port, SOON)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert [message["Subject"] for _, message in server.arrived(2)] == ["Number 1", "Number 2"]


def test_an_interpreter_that_exits_is_not_held_by_a_server_that_stalls():
    """After `exit_timeout` the rest is dropped, and the log says so."""
    with MailServer() as server:
        server.orders["DATA"].append(STALL)
        ran = run("exit", server.port, 0.2)

        assert ran.returncode == 0
        assert ran.stderr.count("dropped (closed") == 2


def test_an_interpreter_that_exits_sends_what_waits_though_an_observer_closed_the_queue():
    """The observer could not wait for the rest."""
    with MailServer() as server:
        server.orders["MAIL"].extend([None, PAUSE])
        ran = run("observer", server.port)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert [recipient for recipient, _ in server.arrived(2)] == ["pat@example.com", "kim@example.com"]


def test_a_fork_sends_nothing_of_its_parents_and_does_not_hang():
    """What waits is sent once, by the parent; the child's queue is empty and open, whoever had the lock."""
    with MailServer() as server:
        ran = run("fork", server.port)

        assert (ran.returncode, ran.stderr) == (0, "mail <4@host.example>: dropped (closed)\n")
        arrived = [message["Subject"] for _, message in server.arrived(4)]
        assert sorted(arrived) == ["Number 1", "Number 2", "Number 3", "Number 5"]
        assert server.connections == 2


def test_a_fork_that_exits_sends_what_waits_though_its_parent_had_closed():
    """Its queue is its own, open, and closed at its exit."""
    with MailServer() as server:
        server.orders["MAIL"].append(PAUSE)
        ran = run("fork-closed", server.port)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert [message["Subject"] for _, message in server.arrived(1)] == ["Number 1"]
