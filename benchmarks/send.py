"""
One alert over keep-alive loopback HTTP, from one thread and from many; and what can be counted rather than timed.

Rules of this file: every client sends the same event with 2 KB of details to the same server. Many threads share one
client, except http.client, which cannot be shared.
"""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from clients import (
    Send,
    with_alertkit,
    with_alertkit_building,
    with_apprise,
    with_http_client,
    with_pagerduty,
    with_session,
)
from details import grown, stack_trace
from measure import Samples, Target, Variant, calls_within, duration, interleaved, table
from server import DELAY, Server, running
from typing_extensions import Self

__all__ = ["run"]

_DETAILS = grown(stack_trace, 2_000)
_THREADS = 32

_STDLIB = "http.client"
_SESSION = "Session.post"
_WIDE_SESSION = "Session.post, pool of 32"
_PAGERDUTY = "pagerduty package"
_ALERTKIT = "alertkit"

_WAITING = 1000
_IDEAL = -(-_WAITING // _THREADS) * DELAY


def run(rounds: int) -> None:
    with running() as server:
        _one_thread(server, rounds)
        _many_threads(server, rounds)
        _waiting(server, max(1, rounds // 4))


def _one_thread(server: Server, rounds: int) -> None:
    ways: dict[str, Send] = {
        _STDLIB: with_http_client(server.http, _DETAILS),
        _SESSION: with_session(server.http, _DETAILS),
        _PAGERDUTY: with_pagerduty(server.http, _DETAILS),
        "apprise": with_apprise(server.http, _DETAILS),
        _ALERTKIT: with_alertkit(server.http, _DETAILS),
        "alertkit, building the event": with_alertkit_building(server.http, _DETAILS),
    }
    variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
    targets = [Target(_ALERTKIT, _SESSION, 0.65), Target(_ALERTKIT, _PAGERDUTY, 0.85)]
    table("send: 1 thread", interleaved(variants, rounds), [_STDLIB, _SESSION, _PAGERDUTY], targets, cpu=True)


def _many_threads(server: Server, rounds: int) -> None:
    per_thread = 10
    with _Crew(_THREADS) as crew:
        variants = [
            Variant(name, partial(crew.each, partial(_repeat, way, per_thread)))
            for name, way in _shareable(server.http).items()
        ]
        samples = interleaved(variants, rounds)
    per_send = {
        name: Samples(*([s / (_THREADS * per_thread) for s in column] for column in (taken.wall, taken.cpu)))
        for name, taken in samples.items()
    }
    table(f"send: {_THREADS} threads, time per send overall", per_send, [_WIDE_SESSION, _PAGERDUTY], cpu=True)


def _waiting(server: Server, rounds: int) -> None:
    """Send to a server that takes its time: whether the threads wait for it together, over connections that stay."""
    base_url = f"{server.http}/slow"
    opened: dict[str, list[float]] = {}
    with _Crew(_THREADS) as crew:

        def counted(name: str, way: Send) -> Callable[[], object]:
            crew.each(partial(_repeat, way, 3))  # every thread at once, so that the pool is as full as it gets

            def thousand() -> None:
                before, _ = server.stats()
                numbers = itertools.count()
                crew.each(lambda: [way() for _ in iter(lambda: next(numbers) < _WAITING, False)])
                after, _ = server.stats()
                opened.setdefault(name, []).append((after - before) * 100 / _WAITING)

            return thousand

        variants = [Variant(name, counted(name, way)) for name, way in _shareable(base_url).items()]
        samples = interleaved(variants, rounds)
    _print_waiting(samples, opened)


def _print_waiting(samples: Mapping[str, Samples], opened: Mapping[str, list[float]]) -> None:
    print(
        f"\n### send: {_WAITING} alerts from {_THREADS} threads to a server that answers after {duration(DELAY)}, "
        f"ideally {duration(_IDEAL)}\n\n"
        "| variant | median | x ideal | new connections per 100 steady sends | target |\n"
        "| --- | --- | --- | --- | --- |"
    )
    for name, taken in samples.items():
        took = statistics.median(taken.wall)
        most = max(opened[name])
        verdict = ""
        if name == _ALERTKIT:
            verdict = (
                f"<= 1.15 x ideal: {'met' if took <= 1.15 * _IDEAL else 'MISSED'}; "
                f"0 connections: {'met' if most == 0 else 'MISSED'}"
            )
        print(f"| {name} | {duration(took)} | {took / _IDEAL:.2f} | {most:.1f} | {verdict} |")


def _shareable(base_url: str) -> dict[str, Send]:
    return {
        _STDLIB: with_http_client(base_url, _DETAILS),
        _SESSION: with_session(base_url, _DETAILS),
        _WIDE_SESSION: with_session(base_url, _DETAILS, pool_maxsize=_THREADS),
        _PAGERDUTY: with_pagerduty(base_url, _DETAILS),
        _ALERTKIT: with_alertkit(base_url, _DETAILS),
    }


def _repeat(way: Send, times: int) -> None:
    for _ in range(times):
        way()


class _Crew:
    """Threads that stay, so that what they keep (a connection of http.client) stays too, and that start together."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._start = threading.Barrier(size)
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Self:
        """Return the crew itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the threads end."""
        self._pool.shutdown()

    def each(self, work: Callable[[], object]) -> None:
        """Let every thread do `work`, and wait for the last."""

        def together() -> None:
            self._start.wait(timeout=60)
            work()

        begun = time.monotonic()
        for done in [self._pool.submit(together) for _ in range(self._size)]:
            done.result(timeout=max(1.0, begun + 120 - time.monotonic()))
