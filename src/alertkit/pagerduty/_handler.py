"""
A handler of `logging` whose records page.

Rules of this file: whatever a record is, the code that logs it goes on as if nobody listened: nothing is raised, and
nothing is waited for. What alertkit logs itself, and what is logged while an alert is being sent, is no alert, or one
that cannot be delivered would make the next.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from alertkit._backoff import is_duration
from alertkit._checks import at_least, demand, methods, optional_function, required_text
from alertkit._clock import Clock, SystemClock
from alertkit.pagerduty._alert_worker import THREAD_NAME, AlertWorker
from alertkit.pagerduty._client import PagerDutyClient
from alertkit.pagerduty._log import log_function_failure
from alertkit.pagerduty._outbox import AlertCounts, Outbox
from alertkit.pagerduty._rate_window import RateWindow
from alertkit.pagerduty._record_reading import read_record
from alertkit.pagerduty._region import Region

__all__ = ["PagerDutyHandler"]

_OWN_LOGGERS = "alertkit"
_DEEPEST = 2  # a record may come while another one is read (a signal does that); one that comes of itself must end


class PagerDutyHandler(logging.Handler):
    """
    Turns log records into PagerDuty alerts, in a thread of its own. Logging never waits for it, and never fails by it.

    Records are one alert if logger, message (before its arguments), exception and place are the same; to group them
    otherwise, log with `extra={"dedup_key": ...}` or give `key`. An alert that was sent is not sent again for
    `interval` seconds unless it becomes worse: what comes meanwhile is one alert, whose details say how many `records`
    it stands for.

    The most severe alert goes first, and none while `per_minute` requests, retries included, were made in the last
    minute; a tenth of them is kept for critical alerts. PagerDuty takes about 120 a minute and routing key (Events API
    v2, rate limits): share them out where several processes have the same key. When `capacity` alerts wait, the newest
    of the least severe is dropped.

    While PagerDuty is down, alerts wait, and are tried again after pauses of 1 to 15 seconds. What it refuses, and what
    still fails an hour after its first try, is given up, counted as `failed`, and logged on `alertkit.pagerduty`.
    Records of `alertkit` and of its threads are never alerts.

    `close`, which `logging.shutdown` calls when the interpreter ends, sends what is left, for `close_within` seconds at
    most, and is final. `dictConfig`, `fileConfig` and `basicConfig(force=True)` close handlers with the lock of
    `logging` in hand, for which all threads would wait: `close` returns at once there, what is left is sent in the
    background, and the end of the program waits for that.

    After a fork the child has a thread and a queue of its own and sends nothing of its parent's.
    """

    def __init__(
        self,
        routing_key: str | None = None,
        *,
        client: PagerDutyClient | None = None,
        level: int | str = logging.ERROR,
        source: str | None = None,
        key: Callable[[logging.LogRecord], str | None] | None = None,
        region: Region | str = Region.US,
        interval: float = 60.0,
        per_minute: int = 120,
        capacity: int = 1000,
        close_within: float = 5.0,
        clock: Clock | None = None,
    ) -> None:
        """
        Take the integration key of the service, or a client, which is then not closed, and what differs from the usual.

        `source` is what is broken, such as the host; None: the name of the logger. `key` returns the dedup key of a
        record, or None for the usual one. `interval` and `close_within` are seconds. Raises `UsageError`.
        """
        demand(
            () if (routing_key is None) != (client is None) else ("give exactly one of routing_key and client",),
            () if client is None or region == Region.US else ("region is that of the client: give it there",),
            () if client is None else methods("client", client, "send"),
            () if source is None else required_text("source", source),
            _level("level", level),
            optional_function("key", key),
            at_least("per_minute", per_minute, 1),
            at_least("capacity", capacity, 1),
            _seconds("interval", interval),
            _seconds("close_within", close_within),
        )
        clock = SystemClock() if clock is None else clock
        self._own_client = None if routing_key is None else PagerDutyClient(routing_key, region=region, clock=clock)
        self._key = key
        self._close_within = close_within
        self._reading = threading.local()
        self._failed_functions: set[str] = set()
        self._worker = AlertWorker(
            (self._own_client or client).send,  # type: ignore[union-attr]  # one of them is there
            new_outbox=lambda: Outbox(capacity=capacity, interval=interval, window=RateWindow(per_minute)),
            clock=clock,
            source=source,
        )
        super().__init__(level)

    @property
    def counts(self) -> AlertCounts:
        """What became of the records so far, in this process."""
        return self._worker.counts

    def createLock(self) -> None:  # noqa: N802  the name that `logging` calls
        """Make none: nothing here needs one, and `logging.shutdown` would hold it while the last alerts are sent."""
        self.lock: Any = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Emit a record that the filters let pass; one that fails lets none pass: it may be there to hide a secret."""
        try:
            passed: bool | logging.LogRecord = self.filter(record)
        except Exception as error:  # noqa: BLE001  the host's own
            self._failed("filter", error)
            return False
        if passed:  # a filter may put another record in its place, from Python 3.12 on
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record sent; never raises, and never waits."""
        depth = getattr(self._reading, "depth", 0)
        if depth >= _DEEPEST:
            return
        self._reading.depth = depth + 1
        try:
            if not _is_own(record):
                self._worker.put(read_record(record, formatter=self.formatter, key=self._key, failed=self._failed))
        except Exception:  # noqa: BLE001  such as MemoryError
            with suppress(Exception):  # it writes to a stream, which may be closed
                self.handleError(record)
        finally:
            self._reading.depth = depth

    def close(self) -> None:
        """
        Send what is left, for `close_within` seconds at most; what is logged afterwards is dropped.

        Where the caller has the lock of `logging`, this happens in the background.
        """
        super().close()
        self._worker.end(self._close_within)
        if not _has_lock_of_logging():
            self._finish()
            return
        with suppress(RuntimeError):  # no more threads: the worker's own still sends, if the process lives on
            threading.Thread(target=self._finish, name=THREAD_NAME).start()  # no daemon: the interpreter waits for it

    def _finish(self) -> None:
        self._worker.close(self._close_within)
        if self._own_client is not None:
            self._own_client.close()

    def _failed(self, name: str, error: Exception) -> None:
        if name not in self._failed_functions:
            self._failed_functions.add(name)
            log_function_failure(name, error)


def _level(name: str, value: object) -> tuple[str, ...]:
    # `getLevelName` answers a name that it knows with its number.
    known = isinstance(value, int) or (isinstance(value, str) and isinstance(logging.getLevelName(value), int))
    return () if known else (f"{name} must be a number, or a name that `logging` knows",)


def _seconds(name: str, value: object) -> tuple[str, ...]:
    return () if is_duration(value) and 0 <= value < threading.TIMEOUT_MAX else (f"{name} must be seconds, at least 0",)  # type: ignore[operator]


def _has_lock_of_logging() -> bool:
    # Whatever the worker's thread logs (here, in urllib3, in an observer) may need that lock, so that to wait for the
    # thread would be to wait for ourselves. `logging` has no public word for it; without this one, closing waits.
    is_owned = getattr(getattr(logging, "_lock", None), "_is_owned", bool)
    return bool(is_owned())


def _is_own(record: logging.LogRecord) -> bool:
    # By name, so that it holds for records that come by way of a queue, and for the threads of other such handlers.
    logger = str(record.name)
    if logger == _OWN_LOGGERS or logger.startswith(f"{_OWN_LOGGERS}."):
        return True
    return THREAD_NAME in (record.threadName, threading.current_thread().name)
