"""
What the address guard costs, over a connection that is kept and over a new one each time.

Rules of this file: the same request goes to the same server, and only the guard differs. The name is looked up by a
function, the same for both, which counts; the peers, who have no such seam, are given the address.
"""

from __future__ import annotations

from collections.abc import Callable

import requests
from measure import Target, Variant, calls_within, interleaved, table
from requests_hardened import Config, HTTPSession
from server import running

from alertkit import HttpRequest
from alertkit.transports.requests import AddressGuard, RequestsTransport

__all__ = ["run"]

_BODY = b'{"type":"issue.created","data":{"issue":{"id":"17"}}}'
_HEADERS = {"Content-Type": "application/json"}
_UNGUARDED, _GUARDED, _SESSION = "alertkit, unguarded", "alertkit, guarded", "Session.post"


def run(rounds: int) -> None:
    with running() as server:
        _measure(server.http, "over a kept connection", 1.03, rounds)
        _measure(f"{server.http}/closing", "over a new connection each time", 1.05, rounds)


def _measure(url: str, how: str, limit: float, rounds: int) -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    guard = AddressGuard(allow=["127.0.0.1"])
    named = HttpRequest("POST", url.replace("127.0.0.1", "hooks.example") + "/in", _HEADERS, _BODY)
    unguarded = RequestsTransport(resolve=resolve)
    guarded = RequestsTransport(resolve=resolve, guard=guard)
    hardened = HTTPSession(
        Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=True,
            never_redirect=True,
            default_timeout=(5, 10),
        )
    )
    plain = requests.Session()
    ways: dict[str, Callable[[], object]] = {
        _UNGUARDED: lambda: unguarded.send(named, timeout=10),
        _GUARDED: lambda: guarded.send(named, timeout=10),
        _SESSION: lambda: plain.post(f"{url}/in", data=_BODY, headers=_HEADERS, timeout=10),
        "requests-hardened": lambda: hardened.post(f"{url}/in", data=_BODY, headers=_HEADERS, timeout=10),
    }
    variants = [Variant(name, way, calls_within(way, 0.1)) for name, way in ways.items()]
    samples = interleaved(variants, rounds)
    table(f"guard: {how}", samples, [_UNGUARDED, _SESSION], [Target(_GUARDED, _UNGUARDED, limit)])
    asked.clear()
    for _ in range(100):
        guarded.send(named, timeout=10)
    print(f"\n100 guarded sends: {len(asked)} name look-ups.")
    guarded.close()
    unguarded.close()
