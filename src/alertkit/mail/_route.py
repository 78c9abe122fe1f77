"""
Which server mail goes to, and how it is spoken to.

Rules of this file: values, checked when a queue is built, with one error that lists all problems. The password is in no
`repr` and no problem.
"""

from __future__ import annotations

import re
import ssl

from attrs import field, frozen

from alertkit._checks import at_least, demand, of_type
from alertkit._words import Word

__all__ = ["SmtpRoute", "SmtpTls"]

_LABEL = r"\w(?:[\w-]{0,61}\w)?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}|[0-9A-Fa-f:.]{{2,45}}", re.ASCII).fullmatch
_NAME = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}").fullmatch


class SmtpTls(Word):
    """How a connection is made confidential."""

    STARTTLS = "starttls"
    """The server must offer it, and nothing is said before it; port 587 unless given."""
    IMPLICIT = "implicit"
    """TLS from the first byte; port 465 unless given."""
    NONE = "none"
    """In the clear, for a relay on the same machine; port 25 unless given. No password is ever sent."""


_PORTS = {SmtpTls.STARTTLS: 587, SmtpTls.IMPLICIT: 465, SmtpTls.NONE: 25}


@frozen(kw_only=True)
class SmtpRoute:
    """A server, and how it is spoken to. Raises `UsageError` with every problem."""

    host: str
    tls: SmtpTls
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    ssl_context: ssl.SSLContext | None = None
    ehlo_name: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what no connection can be made with, and a password that everybody could read."""
        demand(
            () if isinstance(self.host, str) and _HOST(self.host) else ("host must be a host name or an address",),
            () if isinstance(self.tls, SmtpTls) else (f"tls must be one of {', '.join(SmtpTls)}",),
            at_least("port", self.port, 1),
            ("port must be at most 65535",) if isinstance(self.port, int) and self.port > 65535 else (),
            _credential_problems("username", self.username),
            _credential_problems("password", self.password),
            _pair_problems(self.username, self.password, self.tls),
            () if self.ssl_context is None else of_type("ssl_context", self.ssl_context, ssl.SSLContext),
            () if self.ehlo_name is None or _is_name(self.ehlo_name) else ("ehlo_name must be a host name",),
        )

    @staticmethod
    def usual_port(tls: object) -> int:
        """Return the port that goes with the kind of TLS."""
        return next((port for kind, port in _PORTS.items() if kind == tls), 587)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME(value) is not None


def _credential_problems(name: str, value: object) -> tuple[str, ...]:
    if value is None or (isinstance(value, str) and 0 < len(value) <= 255 and value.isascii() and value.isprintable()):
        return ()
    return (f"{name} must be 1 to 255 characters of ASCII that can be seen",)


def _pair_problems(username: object, password: object, tls: object) -> tuple[str, ...]:
    if (username is None) != (password is None):
        return ("username and password go together",)
    if password is not None and tls is SmtpTls.NONE:
        return ("a password is not sent without TLS",)
    return ()
