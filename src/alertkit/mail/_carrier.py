"""
Carries one message after the other to the server, over one connection as long as that holds.

Rules of this file: I/O, in one thread; `abort` alone may be called from another one. What goes wrong is returned.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from alertkit.mail._failure import Failure, SmtpFailedError, Stage
from alertkit.mail._outgoing import Outgoing
from alertkit.mail._report import DropReason
from alertkit.mail._route import SmtpRoute
from alertkit.mail._session import Session

__all__ = ["Carrier"]


class Carrier:
    """Has a conversation with the server, or none."""

    def __init__(self, route: SmtpRoute, monotonic: Callable[[], float]) -> None:
        """Take the way to the server; nothing is opened yet."""
        self._route = route
        self._monotonic = monotonic
        self._context = route.ssl_context
        self._session: Session | None = None
        self._aborted = False

    def carry(self, outgoing: Outgoing, *, until: float, answer_until: float) -> Failure | None:
        """Hand one message over, and wait for the answer to the whole of it; return why that failed, or None."""
        if outgoing.last is not None and self._monotonic() >= until:
            return outgoing.last  # others before it took all its time: that is no fault of this connection
        was_open = self._session is not None
        failure = self._carried(outgoing, until, answer_until)
        is_stale = was_open and failure is not None and failure.stage is Stage.MAIL and failure.ends_session
        if is_stale and self._monotonic() < until:
            # The server had let go of a connection that was not used for a while. It has seen nothing of the message.
            failure = self._carried(outgoing, until, answer_until)
        return failure

    def let_go(self) -> None:
        """Close the connection, if there is one."""
        session, self._session = self._session, None
        if session is not None:
            session.say_goodbye()

    def abort(self) -> None:
        """End whatever the other thread waits for, now and later."""
        self._aborted = True
        session = self._session
        if session is not None:
            session.abort()

    def _carried(self, outgoing: Outgoing, until: float, answer_until: float) -> Failure | None:
        session = self._session
        is_new = session is None
        if session is None:
            session = self._session = Session(self._route, self._trust, self._monotonic)
        if self._aborted:  # asked after the session could be seen: one of the two threads sees the other
            session.abort()
        try:
            if is_new:
                session.open(until)
            session.deliver(outgoing, until, answer_until)
        except Exception as error:  # noqa: BLE001  whatever it is, the message is still there, and so are the others
            failure = _failure_of(error, session.stage)
            self._after(failure, session)
            return failure
        except BaseException:  # in the middle of something, which nobody can go on with
            session.close()
            self._session = None
            raise
        return None

    def _after(self, failure: Failure, session: Session) -> None:
        if not failure.ends_session:
            with suppress(Exception):  # as above
                session.start_over()
                return
        session.close()
        self._session = None

    def _trust(self) -> ssl.SSLContext:
        # Reading the machine's certificates takes a while, so it is done once, and not before it is needed.
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context


def _failure_of(error: Exception, stage: Stage) -> Failure:
    if isinstance(error, SmtpFailedError):
        return error.failure
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(stage=stage, what="the certificate is not to be trusted", reason=DropReason.UNTRUSTED)
    return Failure(stage=stage, what=_words(error, stage))


def _words(error: Exception, stage: Stage) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, socket.gaierror):
        return "the host was not found"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, ssl.SSLError):
        return "the handshake failed" if stage is Stage.TLS else "the connection broke"
    return "the connection broke" if isinstance(error, ConnectionError) else type(error).__name__
