"""
The thread that sends, and what it shares with those who put and close.

Rules of this file: neither the network nor an observer is waited for with the lock held. The thread begins with the
first mail, and ends when there was nothing to do for a while. A worker belongs to one process: a fork copies the lock
and the mails, but not the thread.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from attrs import evolve

from alertkit.mail._carrier import Carrier
from alertkit.mail._failure import Failure
from alertkit.mail._outgoing import Backlog, Outgoing
from alertkit.mail._pace import SmtpPace
from alertkit.mail._report import DropReason, MailCounts, MailOutcome, MailReport

__all__ = ["Worker"]

_GRACE = 0.5
"""Seconds in which a thread whose connection was closed under it comes to its end."""
_NO_HURRY = 86_400.0


class Worker:
    """What one process sends."""

    def __init__(
        self,
        carrier: Carrier,
        pace: SmtpPace,
        *,
        monotonic: Callable[[], float],
        dice: Callable[[], float],
        tell: Callable[[MailReport], None],
        thread: Callable[..., threading.Thread] = threading.Thread,
    ) -> None:
        """Begin with nothing to do, in this process."""
        self._carrier = carrier
        self._pace = pace
        self._monotonic = monotonic
        self._dice = dice
        self._tell = tell
        self._new_thread = thread
        self._changed = threading.Condition()
        self._backlog = Backlog(pace.capacity)
        self._in_hand: Outgoing | None = None
        self._thread: threading.Thread | None = None
        self._closing_at = math.inf
        """When it has to be over; infinite where it is not closed."""
        self._is_telling = False
        self._counts = MailCounts()

    @property
    def counts(self) -> MailCounts:
        """What was done so far."""
        with self._changed:
            return evolve(self._counts, waiting=self._unfinished())

    def put(self, arrived: tuple[Outgoing, ...]) -> bool:
        """Take them all, or none; whether they were taken."""
        with self._changed:
            reason = self._taken_or_why_not(arrived)
            if reason is None:
                self._counts = evolve(self._counts, queued=self._counts.queued + len(arrived))
                self._changed.notify_all()
                reports = tuple(outgoing.report(MailOutcome.QUEUED) for outgoing in arrived)
            else:
                reports = self._dropped(arrived, reason)
        self._tell_all(reports)
        return reason is None

    def flush(self, timeout: float) -> bool:
        """Wait until nothing is waiting; whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._unfinished() or self._is_telling), timeout)

    def close(self, timeout: float) -> bool:
        """
        Take nothing more, send what is there as long as there is time, and drop the rest; whether that is over.

        It is not where an observer closes: the thread that sends cannot wait for itself.
        """
        with self._changed:
            now = self._monotonic()
            self._closing_at = min(self._closing_at, now + timeout)
            self._backlog.hurry(now=now)  # what waits for its next attempt has no later one
            self._changed.notify_all()
            if self._thread is threading.current_thread():
                return False
            in_time = self._changed.wait_for(lambda: self._thread is None, timeout)
            if not in_time:
                self._closing_at = -math.inf  # whatever the clock says, which is the host's
                self._changed.notify_all()
        if not in_time:
            self._carrier.abort()
        with self._changed:
            self._changed.wait_for(lambda: self._thread is None, _GRACE)
            # There was no thread to be had, or it is in a call that nothing ends, such as a look-up of the host's name.
            reports = self._dropped((*self._taken_from_hand(), *self._backlog.clear()), DropReason.CLOSED)
        self._tell_all(reports)
        return True

    def _taken_from_hand(self) -> tuple[Outgoing, ...]:
        in_hand, self._in_hand = self._in_hand, None
        return () if in_hand is None else (in_hand,)

    def _unfinished(self) -> int:
        return len(self._backlog) + (self._in_hand is not None)

    def _taken_or_why_not(self, arrived: tuple[Outgoing, ...]) -> DropReason | None:
        if self._closing_at < math.inf:
            return DropReason.CLOSED
        if self._thread is None and not self._starts():
            return DropReason.NO_THREAD
        return None if self._backlog.add(arrived, now=self._monotonic()) else DropReason.FULL

    def _starts(self) -> bool:
        """Begin a thread; whether there is one. It waits for the lock, which a signal handler that puts has, too."""
        try:
            self._thread = self._new_thread(target=self._run, name="alertkit-mail", daemon=True)
            self._thread.start()
        except BaseException as error:
            self._thread = None  # and if it did begin, it ends
            if not isinstance(error, RuntimeError):
                raise
        return self._thread is not None

    def _run(self) -> None:
        with self._changed:
            is_wanted = self._thread is threading.current_thread()
        try:
            if is_wanted:
                self._send()
        except BaseException:  # such as the SystemExit of an observer, or dice that fail
            try:
                self._carrier.let_go()  # the next mail may be long in coming
            finally:
                self._hand_over()
            raise

    def _hand_over(self) -> None:
        """Leave what waits to another thread, and drop what was in hand."""
        with self._changed:
            left, self._thread = self._taken_from_hand(), None
            if len(self._backlog) and not self._starts():
                left += self._backlog.clear()
            reports = self._dropped(left, DropReason.NO_THREAD)
            self._changed.notify_all()
        self._tell_all(reports)

    def _send(self) -> None:
        linger = self._pace.linger
        while True:
            outgoing = self._next(linger)
            if outgoing is not None:
                until, answer_until = self._pace.ends_of_attempt(outgoing, now=self._monotonic())
                self._settle(outgoing, self._carrier.carry(outgoing, until=until, answer_until=answer_until))
                linger = self._pace.linger
                continue
            self._carrier.let_go()
            if self._has_ended():
                return
            linger = _NO_HURRY  # there is no connection to let go of; what is due, is due

    def _next(self, linger: float) -> Outgoing | None:
        """Wait for something to try; None where there was nothing for a while, or nothing is to be tried any more."""
        with self._changed:
            idle_until = self._monotonic() + linger
            while not self._leaves_rest(now := self._monotonic()):
                outgoing = self._backlog.take(now=now)
                if outgoing is not None:
                    self._in_hand = outgoing.tried(give_up_at=now + self._pace.deadline)
                    return self._in_hand
                due = self._backlog.due()
                patience = (idle_until if due is None else min(idle_until, due)) - now
                if patience <= 0:
                    return None
                self._changed.wait(patience)
        return None

    def _leaves_rest(self, now: float) -> bool:
        """Whether it is being closed, and what is still there, if anything, comes too late."""
        due = self._backlog.due()
        return self._closing_at < math.inf if due is None else max(due, now) >= self._closing_at

    def _has_ended(self) -> bool:
        """Whether the thread has nothing more to do, in which case it is given up."""
        with self._changed:
            if len(self._backlog) and not self._leaves_rest(self._monotonic()):
                return False
            reports = self._dropped(self._backlog.clear(), DropReason.CLOSED)
            if not reports:
                self._thread = None
                self._changed.notify_all()
                return True
        self._tell_all(reports)
        return False

    def _settle(self, outgoing: Outgoing, failure: Failure | None) -> None:
        """Count and tell what became of it."""
        with self._changed:
            if self._in_hand is not outgoing:  # whoever closed has waited long enough, and reported it
                return
            reports = self._settled(outgoing, failure)
            self._in_hand = None
            self._is_telling = True
        try:
            self._tell_all(reports)
        finally:
            with self._changed:
                self._is_telling = False
                self._changed.notify_all()

    def _settled(self, outgoing: Outgoing, failure: Failure | None) -> tuple[MailReport, ...]:
        """Count what became of it, or put it back; return what there is to tell."""
        if failure is None:
            self._counts = evolve(self._counts, sent=self._counts.sent + 1)
            return (outgoing.report(MailOutcome.SENT),)
        now = self._monotonic()
        follows = self._pace.consequence(outgoing, failure, now=now, dice=self._dice())
        if isinstance(follows, DropReason):
            # A server that takes nothing from us is not asked once more for each.
            others = self._backlog.clear() if failure.is_of_session and failure.reason is not None else ()
            return self._dropped((outgoing, *others), follows, failure)
        if now + follows >= self._closing_at:
            return self._dropped((outgoing,), DropReason.CLOSED, failure)
        self._backlog.put_back(outgoing.failed(failure), due=now + follows)
        self._counts = evolve(self._counts, retried=self._counts.retried + 1)
        return (outgoing.report(MailOutcome.RETRIED, failure=failure, delay=follows),)

    def _dropped(
        self, dropped: tuple[Outgoing, ...], reason: DropReason, failure: Failure | None = None
    ) -> tuple[MailReport, ...]:
        """Count them; return what there is to tell."""
        self._counts = evolve(self._counts, dropped=self._counts.dropped + len(dropped))
        return tuple(
            outgoing.report(MailOutcome.DROPPED, reason=reason, failure=failure or outgoing.last)
            for outgoing in dropped
        )

    def _tell_all(self, reports: tuple[MailReport, ...]) -> None:
        for report in reports:
            self._tell(report)
