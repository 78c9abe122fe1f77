"""
The default transport, on requests.

Rules of this file: the shell. What is the same for every send to an endpoint is done once: the request is prepared as a
template, and what the environment says of proxies and CA bundles is read once and again when one of its variables
changes. Sending stays `Session.send`, so that test doubles of requests still see it.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

import requests
from attrs import frozen
from requests.cookies import RequestsCookieJar
from typing_extensions import Self

from alertkit._backoff import is_duration
from alertkit._checks import at_least, demand, methods
from alertkit._clock import Clock, SystemClock
from alertkit._http import HttpRequest, HttpResponse, origin
from alertkit._version import __version__
from alertkit.errors import AlertKitError, UsageError
from alertkit.transports._adapter import DeadlineAdapter, verify_problems
from alertkit.transports._body import body_of
from alertkit.transports._exchange import Exchange, Stage
from alertkit.transports._failures import FAILURES, is_timeout, translated
from alertkit.transports._guard import AddressGuard
from alertkit.transports._handed_in import prepared_by, sent_by
from alertkit.transports._resolving import Resolve, system_addresses

__all__ = ["RequestsTransport"]

# Everything that requests reads from the environment for a request (requests.utils, urllib.request.getproxies).
_ENVIRONMENT = (
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    *("no_proxy", "NO_PROXY", "REQUEST_METHOD"),
)
_KEYS = tuple(map(os.environ.encodekey, _ENVIRONMENT))
_SYSTEM_SETTINGS_FOR = 30.0  # seconds; macOS and Windows keep proxy settings that no variable shows
_MOST_ENDPOINTS = 1000


def _environment() -> tuple[object, ...]:
    """Return what the variables say now, to be compared with what they said before."""
    # Most of them are not there, for each of which `os.environ.get` raises and catches an error: a twentieth of a send.
    variables = getattr(os.environ, "_data", None)
    if isinstance(variables, dict):
        return tuple(map(variables.get, _KEYS))
    return tuple(map(os.environ.get, _ENVIRONMENT))  # pragma: no cover  (an interpreter that is not CPython)


class _NoCookies(RequestsCookieJar):
    """A jar that stays empty: an alert has no session, and a peer's cookies would pile up in it."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Take none."""


class _Session(requests.Session):
    """A session that does not look where a redirect points, which would read its whole body."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find none."""


@frozen
class _Endpoint:
    """What every send to one method and URL has in common."""

    template: requests.PreparedRequest
    settings: dict[str, Any]
    environment: tuple[object, ...]
    read_at: float


class RequestsTransport:
    """
    Sends requests over pooled keep-alive connections. Keeps every clause of `Transport`.

    Proxies and CA bundles come from the environment, as users of requests expect; credentials from `.netrc` do not,
    and cookies are not kept. A connection that the peer closed while it was idle is replaced silently, and one that
    breaks before the last byte of a request is out costs one immediate resend.

    A `session` that is handed in is used as it is, with its own adapters, headers and authentication, and not closed.
    It cannot be given our connections, so there a slow peer is held by its socket's timeout until the head of the
    answer is in, and by the deadline only from then on.

    Threads may share a transport. Closing is not final: a later send opens new connections.
    """

    def __init__(
        self,
        *,
        session: requests.Session | None = None,
        connect_timeout: float = 5.0,
        max_body: int = 1_048_576,
        pool_maxsize: int = 100,
        verify: bool | str = True,
        guard: AddressGuard | None = None,
        resolve: Resolve = system_addresses,
        clock: Clock | None = None,
    ) -> None:
        """
        Take what differs from the usual.

        `connect_timeout` bounds, in seconds, connecting to the end of the TLS handshake; `max_body` the bytes read of
        an answer, decompressed; `pool_maxsize` the idle connections kept for a host, and the hosts. `verify` is a path
        to a CA bundle, or False to trust anyone. `guard` is for URLs that strangers write: give one to a transport that
        sends webhooks. `resolve` is a function from a name to its addresses, as texts, instead of the system's; it is
        called in another thread. Raises `UsageError`.
        """
        demand(
            verify_problems(verify),
            () if is_duration(connect_timeout) and connect_timeout > 0 else ("connect_timeout must be more than 0",),
            at_least("max_body", max_body, 0),
            at_least("pool_maxsize", pool_maxsize, 1),
            () if clock is None else methods("clock", clock, "monotonic"),
            () if session is None else methods("session", session, "prepare_request", "send"),
            () if guard is None or isinstance(guard, AddressGuard) else ("guard must be an AddressGuard(...)",),
            () if callable(resolve) else ("resolve must be a function",),
            ("a session that is handed in dials by itself, so guard cannot be given with it",)
            if guard is not None and session is not None
            else (),
        )
        self._guard = guard
        self._resolve = resolve
        self._clock = SystemClock() if clock is None else clock
        self._exchange = Exchange(self._clock.monotonic)
        self._connect_timeout = connect_timeout
        self._max_body = max_body
        self._verify = verify
        self._handed_in = session
        self._pool_maxsize = pool_maxsize
        self._open()

    def send(self, request: HttpRequest, *, timeout: float) -> HttpResponse:
        """Send `request` and return the answer within `timeout` seconds, or raise."""
        interrupted = self._exchange.begin(timeout, self._connect_timeout)
        try:
            return self._send(request)
        finally:
            self._exchange.resume(interrupted)

    def _send(self, request: HttpRequest) -> HttpResponse:
        start = self._clock.monotonic()
        if self._process != os.getpid():  # forked since: two processes on one connection read each other's answers
            self._open()
        failure: AlertKitError
        try:
            response = self._answer(request)
        except FAILURES as error:
            failure = translated(error, url=request.url, stage=self._exchange.stage)
        except (ValueError, TypeError):
            if self._handed_in is not None:
                raise  # a hook or an adapter of the user's own
            failure = UsageError(f"{origin(request.url)} cannot be requested: the proxy settings cannot be used")
        else:
            body, complete = body_of(response.raw, most=self._max_body, exchange=self._exchange)
            if not complete:
                response.close()
            elapsed = self._clock.monotonic() - start
            return HttpResponse(response.status_code, response.headers, body, elapsed, complete)
        # Raised out here, where the library's error, which holds the whole request, is no longer its context.
        raise failure

    def close(self) -> None:
        """Close the idle connections, except those of a session that was handed in."""
        if self._handed_in is None:
            self._session.close()

    def __enter__(self) -> Self:
        """Return the transport itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _open(self) -> None:
        self._session = self._handed_in or self._new_session()
        self._endpoints: dict[tuple[str, str], _Endpoint] = {}
        self._process = os.getpid()

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.cookies = _NoCookies()
        adapter = DeadlineAdapter(
            self._exchange, resolve=self._resolve, guard=self._guard, pool_maxsize=self._pool_maxsize
        )
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _answer(self, request: HttpRequest) -> requests.Response:
        try:
            return self._exchanged(request)
        except FAILURES as error:
            stale = self._exchange.kept and self._exchange.stage is Stage.PART and not is_timeout(error)
            if not stale:
                raise
        return self._exchanged(request)

    def _exchanged(self, request: HttpRequest) -> requests.Response:
        prepared, settings = self._prepared(request)
        prepared.method = request.method  # which requests puts in capitals, and RFC 9110 §9.1 does not
        remaining = self._exchange.remaining()
        settings = {**settings, "timeout": (min(self._connect_timeout, remaining), remaining), "allow_redirects": False}
        if self._handed_in is None:
            return self._session.send(prepared, **settings)
        return sent_by(self._handed_in, prepared, settings)

    def _prepared(self, request: HttpRequest) -> tuple[requests.PreparedRequest, dict[str, Any]]:
        if self._handed_in is not None:
            return prepared_by(self._handed_in, request)
        endpoint = self._endpoint(request.method, request.url)
        prepared = endpoint.template.copy()
        for name, value in request.headers.items():
            prepared.headers[name] = value
        if request.body:
            prepared.body = request.body
            prepared.headers["Content-Length"] = str(len(request.body))
        return prepared, endpoint.settings

    def _endpoint(self, method: str, url: str) -> _Endpoint:
        endpoint = self._endpoints.get((method, url))
        environment = _environment()
        now = self._clock.monotonic()
        if endpoint is None or endpoint.environment != environment or now - endpoint.read_at > _SYSTEM_SETTINGS_FOR:
            if self._guard is not None:
                self._guard.check(url)  # as it was written; what requests makes of it is checked when it is dialled
            # Prepared without the session, which would look into `.netrc`.
            template = requests.Request(method, url, headers={"User-Agent": f"alertkit/{__version__}"}).prepare()
            template._cookies = None  # noqa: SLF001  an empty jar, copied for every send
            settings = self._session.merge_environment_settings(url, {}, True, self._verify, None)
            endpoint = _Endpoint(template, settings, environment, now)
            if len(self._endpoints) >= _MOST_ENDPOINTS:
                self._endpoints.clear()
            self._endpoints[(method, url)] = endpoint
        return endpoint
