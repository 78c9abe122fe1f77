"""
Mail over SMTP, in the background.

Rules of this file: the public shell. `put` hands over and returns; a thread of the worker's does the rest. What becomes
of each mail is counted and told.
"""

from __future__ import annotations

import atexit
import random
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from types import TracebackType
from typing import TYPE_CHECKING, Any

from alertkit._backoff import Backoff
from alertkit._checks import demand, methods, optional_observer
from alertkit._clock import Clock, SystemClock
from alertkit._observers import observer_or_log, tell
from alertkit._processes import OfThisProcess
from alertkit.mail._carrier import Carrier
from alertkit.mail._envelope import envelope_of
from alertkit.mail._outgoing import outgoing_of
from alertkit.mail._pace import SmtpPace, duration_problems
from alertkit.mail._report import MailCounts, MailReport
from alertkit.mail._route import SmtpRoute, SmtpTls
from alertkit.mail._worker import Worker

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SmtpMailQueue"]


class SmtpMailQueue:
    """
    Sends mail through one server, from a thread of its own. Keeps every clause of `MailQueue`.

    `put` never waits for the network: where there is no room it returns False. What cannot pass now (4xx, no
    connection, a server that stalls) is tried again; what is refused (5xx) is not. Each mail ends as sent or dropped,
    which is counted in `counts` and told to the `observer`; the usual one logs it, without an address.

    The thread begins with the first mail and ends, with its connection, after `linger` seconds without one. It does not
    keep the interpreter from exiting: at exit the queue is closed, with `exit_timeout`. A process that was forked has a
    queue of its own, empty and open; what waited in its parent is its parent's. Threads may share a queue.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        tls: SmtpTls | str = SmtpTls.STARTTLS,
        username: str | None = None,
        password: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        ehlo_name: str | None = None,
        capacity: int = 1000,
        timeout: float = 30.0,
        answer_timeout: float = 600.0,
        deadline: float = 1800.0,
        linger: float = 5.0,
        exit_timeout: float = 5.0,
        backoff: Backoff | None = None,
        observer: Callable[[MailReport], object] | None = None,
        clock: Clock | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        """
        Take the server, and what differs from the usual; nothing is opened yet. Durations are seconds.

        `tls` is `starttls` (port 587), `implicit` (465) or `none` (25); with TLS the certificate must be good for
        `host`, by the machine's authorities unless `ssl_context` says otherwise, and a password is sent with TLS only.
        `ehlo_name` is what the program calls itself; left out, its address. `capacity` is how many mails may wait, a
        message to two recipients being two. `timeout` bounds one attempt, from connecting to the last byte of the mail;
        the answer to all of it has `answer_timeout` more, and others wait behind it. `deadline` bounds all attempts at
        a mail and the waits between them, counted from the first. `backoff` says how often and after which waits; of
        each, at least half is waited. Unless given: eight attempts, and between the first and the last about ten
        minutes, never less than six. `observer` is called with each `MailReport`, in place of the log (None:
        `LogObserver()`), from the thread that puts or the one that sends, and not always in the order of events.
        `clock` says when a wait is over; the waits are real. Raises `UsageError`.
        """
        kind: Any = next((member for member in SmtpTls if member == tls), tls)
        self._route = SmtpRoute(
            host=host,
            port=SmtpRoute.usual_port(kind) if port is None else port,
            tls=kind,
            username=username,
            password=password,
            ssl_context=ssl_context,
            ehlo_name=ehlo_name,
        )
        self._pace = SmtpPace(
            capacity=capacity,
            timeout=timeout,
            answer_timeout=answer_timeout,
            deadline=deadline,
            linger=linger,
            exit_timeout=exit_timeout,
            backoff=Backoff(attempts=8, base=10.0, cap=240.0) if backoff is None else backoff,
        )
        demand(
            optional_observer("observer", observer),
            () if callable(dice) else ("dice must be a function",),
            () if clock is None else methods("clock", clock, "monotonic"),
        )
        self._observer = observer_or_log(observer)
        self._clock = SystemClock() if clock is None else clock
        self._dice = dice
        self._workers = OfThisProcess(self._new_worker)

    @property
    def counts(self) -> MailCounts:
        """What was done so far in this process."""
        return self._workers.get().counts

    def put(self, message: EmailMessage) -> bool:
        """
        Take a message; whether it was taken. It needs one From, To, Date and Message-ID, and ASCII addresses.

        False where there is no room for all its recipients, or the queue is closed. Raises `InvalidEventError`.
        """
        return self._workers.get().put(outgoing_of(envelope_of(message)))

    def flush(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds until every mail is sent or dropped; whether it is. Raises `UsageError`."""
        demand(duration_problems("timeout", timeout))
        return self._workers.get().flush(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """
        Send what waits, for at most `timeout` seconds, and drop the rest. That is final: nothing is taken any more.

        Where the server stalls its connection is cut then, which takes half a second more at most. From the observer it
        returns at once, and the thread that sends does all this when the observer has returned. Raises `UsageError`.
        """
        demand(duration_problems("timeout", timeout))
        if self._workers.get().close(timeout):  # otherwise the interpreter may exit before it is over
            atexit.unregister(self._at_exit)

    def __enter__(self) -> Self:
        """Return the queue itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the queue."""
        self.close()

    def __repr__(self) -> str:
        """Return it with the server, and without the credentials."""
        return f"SmtpMailQueue({self._route.host!r}, {self._route.port}, tls={self._route.tls.value!r})"

    def _at_exit(self) -> None:
        self.close(self._pace.exit_timeout)

    def _new_worker(self) -> Worker:
        atexit.register(self._at_exit)  # for each process: a parent that closed had it taken off
        return Worker(
            Carrier(self._route, self._clock.monotonic),
            self._pace,
            monotonic=self._clock.monotonic,
            dice=self._dice,
            tell=self._tell,
        )

    def _tell(self, report: MailReport) -> None:
        tell(self._observer, report)
