"""
Every exception of requests, urllib3 and `http.client`, as an error of alertkit.

Rules of this file: one table from exception classes to what they mean, and a test that walks the libraries' classes and
fails on one that has no row. What comes out holds the host and the reason, and nothing else of the request: the
libraries' own texts hold whole URLs, whose paths and queries can be secrets, so none of them is passed on.
"""

from __future__ import annotations

import http.client as hc
import re
import ssl
from collections.abc import Iterator

import requests.exceptions as rx
import urllib3.exceptions as ux

from alertkit._http import origin
from alertkit.errors import (
    AlertKitError,
    ConnectFailedError,
    MalformedReplyError,
    TimedOutError,
    TransportError,
    UsageError,
)
from alertkit.transports._exchange import Stage

__all__ = ["FAILURES", "MEANINGS", "is_timeout", "translated"]

FAILURES = (rx.RequestException, ux.HTTPError, hc.HTTPException, OSError)
"""What a send, or reading its answer, can raise."""

MEANINGS: dict[type[BaseException], type[AlertKitError] | None] = {
    kind: meaning
    for meaning, kinds in (
        # No connection, or none that could be used: the request did not leave.
        (
            ConnectFailedError,
            (
                *(rx.ConnectTimeout, rx.ProxyError, rx.SSLError, ssl.SSLError),
                *(ux.ConnectTimeoutError, ux.NewConnectionError, ux.NameResolutionError, ux.ProxyError, ux.SSLError),
                *(ux.PoolError, ux.EmptyPoolError, ux.FullPoolError, ux.ClosedPoolError, ux.RequestError),
                *(hc.NotConnected, hc.ImproperConnectionState, hc.CannotSendRequest, hc.CannotSendHeader),
            ),
        ),
        (
            TimedOutError,
            (*(rx.Timeout, rx.ReadTimeout), *(ux.TimeoutError, ux.ReadTimeoutError), TimeoutError),
        ),
        # The connection was there and broke, or the answer did on its way.
        (
            TransportError,
            (
                *(rx.ChunkedEncodingError, rx.StreamConsumedError),
                *(ux.IncompleteRead, ux.InvalidChunkLength, ux.ResponseNotChunked, ux.BodyNotHttplibCompatible),
                *(hc.RemoteDisconnected, hc.IncompleteRead, hc.ResponseNotReady, ConnectionError),
            ),
        ),
        # Something came, and it is not HTTP.
        (
            MalformedReplyError,
            (
                *(rx.ContentDecodingError, rx.InvalidJSONError, rx.JSONDecodeError, rx.HTTPError, rx.RetryError),
                *(rx.TooManyRedirects, ux.ResponseError, ux.DecodeError, ux.HeaderParsingError, ux.HostChangedError),
                *(hc.HTTPException, hc.BadStatusLine, hc.LineTooLong, hc.UnknownProtocol, hc.UnknownTransferEncoding),
            ),
        ),
        # The request could not even be tried.
        (
            UsageError,
            (
                *(rx.URLRequired, rx.MissingSchema, rx.InvalidSchema, rx.InvalidURL, rx.InvalidHeader),
                *(rx.InvalidProxyURL, rx.UnrewindableBodyError),
                *(ux.LocationValueError, ux.LocationParseError, ux.URLSchemeUnknown, ux.InvalidHeader),
                *(ux.ProxySchemeUnknown, ux.ProxySchemeUnsupported, ux.UnrewindableBodyError, ux.TimeoutStateError),
                *(hc.InvalidURL, hc.UnimplementedFileMode),
            ),
        ),
        # Wrappers: what they mean stands inside.
        (
            None,
            (
                *(rx.RequestException, rx.ConnectionError),
                *(ux.HTTPError, ux.MaxRetryError, ux.ProtocolError),
                OSError,
            ),
        ),
    )
    for kind in kinds
}


def is_timeout(error: BaseException) -> bool:
    """Whether time ran out, at whatever stage."""
    return any(isinstance(link, (TimeoutError, rx.Timeout, ux.TimeoutError)) for link in _chain(error))


def translated(error: BaseException, *, url: str, stage: Stage) -> AlertKitError:
    """Return the error to raise instead of `error`, which ended a send to `url` at `stage`."""
    meaning = next(filter(None, map(_meaning, _chain(error))), TransportError)
    # requests wraps every error of a connection; these come bare, for a CA bundle that is missing or none.
    if type(error) is OSError or isinstance(error, (ssl.SSLError, PermissionError)):
        return UsageError(
            f"{origin(url)} cannot be requested: the CA bundle of `verify` or REQUESTS_CA_BUNDLE cannot be read"
        )
    if meaning is UsageError and stage is Stage.ALL:
        meaning = MalformedReplyError
    if meaning is UsageError:
        return UsageError(f"{origin(url)} cannot be requested: {_reason(error)}")
    if stage is Stage.NOTHING or (stage is Stage.PART and not is_timeout(error)):
        meaning = ConnectFailedError
    elif stage is Stage.PART:
        meaning = TimedOutError
    elif stage is Stage.ALL and meaning is ConnectFailedError:
        meaning = TransportError
    return meaning(f"{_WORDS[meaning].format(origin(url))}: {_reason(error)}")


# What a proxy writes behind its status is its own, and may be what it was sent.
_TUNNEL = re.compile(r"(Tunnel connection failed: \d+).*", re.DOTALL)

_WORDS: dict[type[AlertKitError], str] = {
    ConnectFailedError: "could not reach {}",
    TimedOutError: "no answer from {} in time",
    TransportError: "lost the connection to {}, which may have seen the request",
    MalformedReplyError: "{} did not answer in HTTP",
}


def _meaning(error: BaseException) -> type[AlertKitError] | None:
    return next((MEANINGS[kind] for kind in type(error).__mro__ if kind in MEANINGS), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """
    Yield `error` and what it wraps, from the outside in; the libraries wrap in three different ways.

    A context is none of them: at its end stands what the caller was handling when it sent, an alert as often as not.
    """
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen:
        yield link
        seen.append(link)
        inside = (getattr(link, "reason", None), *link.args, link.__cause__)
        link = next((wrapped for wrapped in inside if isinstance(wrapped, BaseException)), None)


def _reason(error: BaseException) -> str:
    """Return why, in words that hold nothing of the request: the system's own text, else the name of the class."""
    *outer, innermost = _chain(error)
    name = type(innermost).__name__
    if any(isinstance(link, (rx.ProxyError, ux.ProxyError)) for link in outer):
        name = f"through the proxy: {name}"
    if isinstance(innermost, OSError) and not isinstance(innermost, rx.RequestException):
        if innermost.strerror:
            return f"{name}: {innermost.strerror}"
        if type(innermost) is OSError:  # raised by http.client for a tunnel that is refused, and by us
            return _TUNNEL.sub(r"\1", str(innermost))[:200]
    return name
