"""
One conversation with a server: hello, TLS, login, and then one message after the other.

Rules of this file: I/O. RFC 5321, without extensions but STARTTLS and AUTH. No command is sent before the answer to the
one before it, and none of a message's before TLS, where TLS is wanted. A wrong answer raises `SmtpFailedError`, and
everything else an `OSError`.
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable

from alertkit.mail._failure import Failure, SmtpFailedError, Stage
from alertkit.mail._outgoing import Outgoing
from alertkit.mail._report import DropReason
from alertkit.mail._route import SmtpRoute, SmtpTls
from alertkit.mail._wire import Reply, Wire

__all__ = ["Session"]

_COURTESY = 2.0  # seconds, for what no mail hangs on


class Session:
    """A conversation. It is not opened twice."""

    def __init__(self, route: SmtpRoute, context: Callable[[], ssl.SSLContext], monotonic: Callable[[], float]) -> None:
        """Take the way to the server; nothing is sent yet."""
        self._route = route
        self._context = context
        self._monotonic = monotonic
        self._wire = Wire(monotonic)
        self._offered: dict[str, str] = {}
        self.stage = Stage.CONNECT
        """What it is about."""

    def open(self, until: float) -> None:
        """Connect, and come as far as a message could be sent."""
        self._wire.until = until
        self.stage = Stage.CONNECT
        self._wire.dial(self._route.host, self._route.port)
        if self._route.tls is SmtpTls.IMPLICIT:
            self._start_tls()
        self._expect(Stage.GREETING, None, 220)
        self._hello()
        if self._route.tls is SmtpTls.STARTTLS:
            if "STARTTLS" not in self._offered:
                raise SmtpFailedError(
                    Failure(stage=Stage.TLS, what="STARTTLS is not offered", reason=DropReason.UNTRUSTED)
                )
            self._expect(Stage.TLS, "STARTTLS", 220)
            self._start_tls()
            self._hello()
        if self._route.username is not None and self._route.password is not None:
            self._log_in(self._route.username, self._route.password)

    def deliver(self, outgoing: Outgoing, until: float, answer_until: float) -> None:
        """
        Hand one message over for one recipient; when this returns, the server is answerable for it.

        What it says to the whole of it has time until `answer_until`: some look at a message for minutes (RFC 5321
        §4.5.3.2.6), and who does not wait for that sends it again.
        """
        self._wire.until = until
        self._expect(Stage.MAIL, f"MAIL FROM:<{outgoing.sender}>", 250)
        self._expect(Stage.RCPT, f"RCPT TO:<{outgoing.recipient}>", 250, 251)
        self._expect(Stage.DATA, "DATA", 354)
        self._wire.write(_stuffed(outgoing.data))
        self._wire.until = answer_until
        self._expect(Stage.END, None, 250)

    def start_over(self) -> None:
        """Make the server forget a message that it refused."""
        self._wire.until = min(self._wire.until, self._monotonic() + _COURTESY)
        self._expect(self.stage, "RSET", 250)

    def say_goodbye(self) -> None:
        """Take leave, and close."""
        self._wire.until = self._monotonic() + _COURTESY
        try:
            self._wire.write(b"QUIT\r\n")
            self._wire.reply()
        except OSError:
            pass
        finally:
            self.close()

    def abort(self) -> None:
        """End whatever another thread is waiting for here."""
        self._wire.abort()

    def close(self) -> None:
        """Close the connection without a word."""
        self._wire.close()

    def _start_tls(self) -> None:
        self.stage = Stage.TLS
        self._wire.start_tls(self._context(), self._route.host)

    def _hello(self) -> None:
        _, texts = self._expect(Stage.EHLO, f"EHLO {self._route.ehlo_name or _literal(self._wire.local_address)}", 250)
        offers = (text.upper().partition(" ") for text in texts[1:])
        self._offered = {name: rest for name, _, rest in offers}

    def _log_in(self, username: str, password: str) -> None:
        methods = self._offered.get("AUTH", "").split()
        if "PLAIN" in methods:
            self._expect(Stage.AUTH, f"AUTH PLAIN {_base64(f'{chr(0)}{username}{chr(0)}{password}')}", 235)
        elif "LOGIN" in methods:
            self._expect(Stage.AUTH, "AUTH LOGIN", 334)
            self._expect(Stage.AUTH, _base64(username), 334)
            self._expect(Stage.AUTH, _base64(password), 235)
        else:
            what = "neither PLAIN nor LOGIN is offered"
            raise SmtpFailedError(Failure(stage=Stage.AUTH, what=what, reason=DropReason.REFUSED))

    def _expect(self, stage: Stage, command: str | None, *codes: int) -> Reply:
        self.stage = stage
        if command is not None:
            self._wire.write(f"{command}\r\n".encode("ascii"))
        reply = self._wire.reply()
        if reply[0] not in codes:
            raise SmtpFailedError(Failure.answered(stage, reply[0]))
        return reply


def _stuffed(data: bytes) -> bytes:
    """Return a message with its end; a lone full stop in it would be one."""
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    return b"\r\n".join([*(b"." + line if line.startswith(b".") else line for line in lines), b".", b""])


def _literal(address: str) -> str:
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return b64encode(text.encode("ascii")).decode("ascii")
