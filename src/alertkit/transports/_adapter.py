"""
requests' own adapter over connections that keep a deadline, with what is the same for every send done once.

requests hands urllib3 the path of a CA bundle, from which every new connection reads the whole of it again: 16 of the
19 ms that such a connection costs. And it chooses a pool of connections anew for every send. Here the contexts and the
choices are kept.

Rules of this file: it overrides only what requests documents for subclasses, and `send` stays requests' own, so that
test doubles still see it.
"""

from __future__ import annotations

import os
import ssl
import threading
import weakref
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from alertkit._http import Headers
from alertkit.transports._connections import PlainConnection, TLSConnection
from alertkit.transports._exchange import Exchange
from alertkit.transports._guard import AddressGuard
from alertkit.transports._resolving import Resolve, Resolver
from alertkit.transports._tls import DeadlineContext

__all__ = ["DeadlineAdapter", "verify_problems"]

_MOST_REMEMBERED = 1000


def verify_problems(verify: object) -> tuple[str, ...]:
    """Demand True, False, or the path of a CA bundle that is there."""
    if not (isinstance(verify, bool) or (isinstance(verify, str) and verify and "\0" not in verify)):
        return ("verify must be True, False, or the path of a CA bundle",)
    if isinstance(verify, str) and not os.path.exists(verify):
        return (f"verify must be the path of a CA bundle, and there is nothing at {verify!r}",)
    return ()


class _Response(requests.Response):
    """A response with what a session and the transport look at, which is little of what requests prepares."""

    def __init__(self) -> None:
        self._content = False
        self._content_consumed = False
        self.history = []


class DeadlineAdapter(HTTPAdapter):
    """Opens our connections, one `SSLContext` for each CA bundle for as long as its file is unchanged."""

    def __init__(self, exchange: Exchange, *, resolve: Resolve, guard: AddressGuard | None, pool_maxsize: int) -> None:
        self._exchange = exchange
        self._resolve = resolve
        self._guard = guard
        self._found: dict[tuple[object, ...], weakref.ref[Any]] = {}
        self._contexts: dict[tuple[str | None, Any], tuple[int, ssl.SSLContext]] = {}
        self._loading = threading.RLock()  # for long enough that a signal handler which sends may interrupt it
        self._making = threading.Lock()
        super().__init__(pool_connections=pool_maxsize, pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools open our connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes(self._guard)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pools behind an HTTP proxy open our connections; SOCKS has connections of its own."""
        with self._making:  # another thread must not open a connection of urllib3's own in between
            known = proxy in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not known and not proxy.lower().startswith("socks"):
                manager.pool_classes_by_scheme = self._pool_classes(None)  # what is dialled is the proxy
        return manager

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: dict[str, str] | None = None, cert: Any = None
    ) -> Any:
        """Return the pool that requests chooses, and remember it: choosing again costs a tenth of a send."""
        context = self._context(verify, cert) if request.url.lower().startswith("https:") else None
        key = (request.url, verify, cert, tuple((proxies or {}).items()), context)
        remembered = self._found.get(key)
        found = None if remembered is None else remembered()
        if found is None:  # or it has gone since, closed by us or for want of room
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            if self._guard is not None:
                self._guard.check(request.url)
                if select_proxy(request.url, proxies):
                    self._guard.check_proxy(request.url)
            found = super().get_connection_with_tls_context(request, verify, proxies, cert)
            # Weakly: a pool that had to make room closes its connections when nobody holds it any more.
            self._found[key] = weakref.ref(found)
        return found

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the pool the shared context of the CA bundle, instead of the bundle's path."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool["ssl_context"] = self._context(verify, cert)
            pool.pop("ca_certs", None)
            pool.pop("ca_cert_dir", None)
        return host, pool

    def request_url(self, request: Any, proxies: dict[str, str] | None) -> str:
        """Return the target; without a proxy it is the path, for which requests need not be asked."""
        return super().request_url(request, proxies) if proxies else str(request.path_url)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Build what the transport reads, without the guess at an encoding and the jar of cookies that it does not."""
        response = _Response()
        response.status_code = resp.status
        # As the transport hands them on; nothing on the way there looks at them.
        response.headers = Headers(dict(resp.headers.itermerged()))  # type: ignore[assignment]
        response.raw = resp
        response.url = req.url
        response.request = req
        return response

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Check the paths as requests does, and keep the connections from reading the bundle again."""
        super().cert_verify(conn, url, verify, cert)
        # A proxy that is itself spoken to in TLS is verified by these paths; it has no context of its own.
        if verify and not (conn.proxy is not None and conn.proxy.scheme == "https"):
            conn.ca_certs = conn.ca_cert_dir = None

    def _pool_classes(self, guard: AddressGuard | None) -> dict[str, Any]:
        resolver = Resolver(self._resolve, guard=guard)
        return {
            scheme: type(
                pool.__name__,
                (pool,),
                {"ConnectionCls": staticmethod(partial(kind, exchange=self._exchange, resolver=resolver))},
            )
            for scheme, pool, kind in (
                ("http", HTTPConnectionPool, PlainConnection),
                ("https", HTTPSConnectionPool, TLSConnection),
            )
        }

    def _context(self, verify: bool | str | None, cert: Any) -> ssl.SSLContext | None:
        path = None if not verify else DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)
        try:
            changed = 0 if path is None else os.stat(path).st_mtime_ns
        except OSError:
            return None  # `cert_verify`, which comes next, says it in requests' words
        with self._loading:
            known, context = self._contexts.get((path, cert), (None, None))
            if context is None or known != changed:
                context = DeadlineContext.of(self._exchange, verifies=path is not None)
                if path is not None:
                    context.load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})
                self._contexts[(path, cert)] = (changed, context)
        return context
