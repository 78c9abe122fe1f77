"""
One HTTP exchange as two values, and the port that turns the first into the second.

Rules of this file: no I/O library. A request that could be misread on the wire cannot be built. Neither value shows a
body, a header's value, or more of a URL than its origin in its `repr`: keys and tokens live in all three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from attrs import field, frozen

from alertkit.errors import UsageError

__all__ = [
    "Headers",
    "HttpRequest",
    "HttpResponse",
    "IncomingHeaders",
    "Transport",
    "header_problems",
    "origin",
    "retry_after",
    "url_problems",
]

# RFC 9110 §5.6.2 (token) and §5.5 (field values): the two places where CR, LF or NUL would start a second header.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch
# RFC 3986 §3: a host there must be, a backslash there must not, which some readers take for a slash, and a bracket only
# around an address: `urlsplit` looks for one in the credentials too.
# The classes are spelt out, printable ASCII less what would end that part: a range up to the last code point takes ten
# times as long to compile as everything else in this file.
_URL = re.compile(
    r"https?://([!\"$-.0->A-Z^-~]*@)?(\[[0-9a-f:.]+\]|[!\"$-.0-9;<->A-Z^-~]+)"
    r"(:(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?"
    r"([/?#][\x21-\x7e]*)?",
    re.IGNORECASE | re.ASCII,
).fullmatch
_FRAMING = frozenset({"content-length", "transfer-encoding"})


def _key(name: str) -> str:
    return name.lower() if isinstance(name, str) else name  # what is no text is told by whoever builds a request


class Headers(Mapping[str, str]):
    """HTTP headers: immutable, looked up without regard to case, iterated as they were spelt."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        pairs = headers.items() if headers else ()
        try:
            self._items = {name.lower(): (name, value) for name, value in pairs}
        except AttributeError:
            self._items = {_key(name): (name, value) for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        """Return the value of the header, whatever the case of `name`."""
        return self._items[_key(name)][1]

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a header, whatever the case of `name`."""
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names as they were spelt."""
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        """Return how many headers there are."""
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        """Compare names without regard to case, and values."""
        if not isinstance(other, Mapping):
            return NotImplemented
        return self._values() == Headers(other)._values()

    def __hash__(self) -> int:
        """Hash what `__eq__` compares."""
        return hash(frozenset(self._values().items()))

    def __repr__(self) -> str:
        """Show the names only: values hold signatures and tokens."""
        return f"Headers({', '.join(self)})"

    def _values(self) -> dict[str, str]:
        return {key: value for key, (_, value) in self._items.items()}


class IncomingHeaders(Protocol):
    """A mapping of names to values, both text, in any case, as a web framework has it."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return pairs of name and value."""
        ...


def _keep_headers(exchange: HttpRequest | HttpResponse) -> None:
    # Not a converter: pyright sees the field of one as a descriptor, which no protocol with `headers` matches.
    if not isinstance(exchange.headers, Headers):
        object.__setattr__(exchange, "headers", Headers(exchange.headers))


def url_problems(name: str, value: object) -> tuple[str, ...]:
    """Demand an absolute URL of HTTP that every reader reads alike."""
    if isinstance(value, str) and _URL(value) and ("[" not in value or _is_addressed(value)):
        return ()
    return (f"{name} must be absolute, http or https, and percent-encoded",)


def _is_addressed(url: str) -> bool:
    """Return whether what stands in brackets is an address; up to Python 3.10 `urlsplit` takes anything there."""
    from ipaddress import IPv6Address  # few URLs have brackets, and the module is slow to import

    try:
        parts = urlsplit(url)
        if "[" in parts.netloc:
            IPv6Address(str(parts.hostname))
    except ValueError:
        return False
    return True


def header_problems(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Demand headers that stay headers on the wire, and leave the framing of the body to the transport."""
    problems = []
    for name, value in headers._items.values() if isinstance(headers, Headers) else headers.items():  # noqa: SLF001
        if not (isinstance(name, str) and _TOKEN(name)):
            problems.append("a header's name must be an HTTP token")
        elif name.lower() in _FRAMING:
            problems.append(f"header {name} is for the transport to set")
        elif not (isinstance(value, str) and ((value.isascii() and value.isprintable()) or _VALUE(value))):
            problems.append(f"the value of header {name} must be text of one line in Latin-1")
    return tuple(problems)


def origin(url: str) -> str:
    """Return scheme, host and port of `url` for texts: no path, query or credentials, where secrets live."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return "an unreadable URL"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _size(value: bytes) -> str:
    return f"<{len(value)} bytes>"


@frozen
class HttpRequest:
    """A request, ready to send. Raises `UsageError` for what could be misread on the wire."""

    method: str
    url: str = field(repr=origin)
    """Absolute, `http` or `https`, already percent-encoded."""
    headers: Mapping[str, str] = field(factory=Headers)
    """Sent as given; the transport adds `Host` and `Content-Length`. Kept as `Headers`."""
    body: bytes = field(default=b"", repr=_size)

    def __attrs_post_init__(self) -> None:
        """Refuse a request that is not one, with all its problems."""
        _keep_headers(self)
        problems = []
        if not (isinstance(self.method, str) and _TOKEN(self.method)):
            problems.append("method must be an HTTP token")
        problems += url_problems("url", self.url)
        if not isinstance(self.body, bytes):
            problems.append(f"body must be bytes, not {type(self.body).__name__}")
        problems += header_problems(self.headers)
        if problems:
            raise UsageError("; ".join(problems))


@frozen
class HttpResponse:
    """An answer. Any status is one: what it means is for the slices to say."""

    status: int
    headers: Mapping[str, str] = field(factory=Headers)
    """Kept as `Headers`: looked up without regard to case."""
    body: bytes = field(default=b"", repr=_size)
    elapsed: float = 0.0
    """Seconds from the start of the send to the last byte read."""
    complete: bool = True
    """False where the body broke off, was over the transport's limit or came too slowly: `body` is what there was."""

    def __attrs_post_init__(self) -> None:
        """Make the headers immutable and blind to case."""
        _keep_headers(self)


class Transport(Protocol):
    """
    The seam to the network: one request in, one answer out.

    1. The method, the path and query, the headers and the body arrive as given.
    2. Any status is returned, none raised.
    3. A redirect is returned like any other answer, never followed.
    4. `ConnectFailedError` when the request did not reach the peer.
    5. `TimedOutError` when no head of an answer has come `timeout` seconds after the call, however the peer dawdles.
    6. `TransportError` when the connection is lost after the request has left.
    7. `MalformedReplyError` when what comes back is not HTTP.
    8. A body that breaks off, is over the transport's limit, or is not over in time is cut, and `complete` is False.
    9. After any failure the next send works.
    10. Many threads may send at once.
    11. No error's text holds a path, a query, a header's value or a body.
    """

    def send(self, request: HttpRequest, *, timeout: float) -> HttpResponse:
        """Send `request` and return the answer within `timeout` seconds, or raise."""
        ...


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """
    Return the seconds that the server asks to wait, or None where it does not say.

    Reads `Retry-After` in both forms of RFC 9110 §10.2.3, and else `ratelimit-reset` (seconds). A date that has passed
    is 0; what cannot be read is as if it were not there.
    """
    for name in ("Retry-After", "ratelimit-reset"):
        text = headers.get(name, "").strip()
        # The length is bounded since int() refuses more than 4300 digits, and no peer means 10^12 seconds.
        if text.isascii() and text.isdigit() and len(text) <= 12:
            return float(text)
        if text and name == "Retry-After" and (seconds := _seconds_until(text, now=now)) is not None:
            return seconds
    return None


def _seconds_until(date: str, *, now: datetime) -> float | None:
    from email.utils import parsedate_to_datetime  # few answers hold a date, and the module is slow to import

    try:
        return max(0.0, (parsedate_to_datetime(date) - now).total_seconds())
    except (TypeError, ValueError, OverflowError, IndexError):  # no date, or a naive one, which HTTP does not have
        return None
