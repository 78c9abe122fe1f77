"""
A transport with no network: it answers from a script and remembers what it was sent.

Rules of this file: no I/O. A script that has run out is a mistake of the test and says so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from alertkit._http import HttpRequest, HttpResponse
from alertkit.errors import UsageError

__all__ = ["ScriptedTransport", "Step"]

Step: TypeAlias = int | HttpResponse | BaseException | type[BaseException] | Callable[[HttpRequest], HttpResponse]
"""What to do with one request: answer with a bare status or a response, raise, or ask a function."""


class ScriptedTransport:
    """
    Answers the first request with the first step, the second with the second, and so on.

    Once the steps are used up a further request is an `AssertionError`. Threads may share it.
    """

    def __init__(self, *steps: Step) -> None:
        """Take the script. Raises `UsageError` for a step that is none, such as a list of them."""
        for step in steps:
            if isinstance(step, bool) or not (isinstance(step, (int, HttpResponse, BaseException)) or callable(step)):
                raise UsageError(f"a step is a status, a response, an error or a function, not {type(step).__name__}")
        self._steps = deque(steps)
        self._requests: list[HttpRequest] = []
        self._timeouts: list[float] = []
        self._lock = threading.Lock()

    @property
    def requests(self) -> tuple[HttpRequest, ...]:
        """Everything that was sent, oldest first."""
        with self._lock:
            return tuple(self._requests)

    @property
    def timeouts(self) -> tuple[float, ...]:
        """The time that each of `requests` was given, in seconds."""
        with self._lock:
            return tuple(self._timeouts)

    def send(self, request: HttpRequest, *, timeout: float) -> HttpResponse:
        """Remember the request and do what the next step says."""
        with self._lock:
            self._requests.append(request)
            self._timeouts.append(timeout)
            if not self._steps:
                raise AssertionError(f"the script has no step for request {len(self._requests)}")
            step = self._steps.popleft()
        if isinstance(step, int):
            return HttpResponse(step)
        if isinstance(step, HttpResponse):
            return step
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, type):
            raise step()
        return step(request)
