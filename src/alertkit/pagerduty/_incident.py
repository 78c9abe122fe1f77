"""
An incident that opens when a block of code fails, and closes when it succeeds again.

Rules of this file: what the block does counts, whatever becomes of the alert: its exception goes on unchanged, and its
success stays one. What PagerDuty could not be told is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar

import attrs
from attrs import field, frozen

from alertkit._checks import demand, of_type
from alertkit.errors import UsageError
from alertkit.pagerduty._events import Event, ResolveEvent, TriggerEvent
from alertkit.pagerduty._log import log_incident_untold
from alertkit.pagerduty._replies import Receipt
from alertkit.pagerduty._tracebacks import described, traceback_text, type_name

__all__ = ["Incident", "IncidentRun"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_runs: ContextVar[tuple[tuple[Incident, IncidentRun], ...]] = ContextVar("alertkit_incident_runs", default=())


@frozen
class IncidentRun:
    """One run of the block."""

    details: dict[str, object] = field(factory=dict, init=False)
    """What is worth knowing should the block fail: sent among the details of the alert."""


class Incident(ContextDecorator):
    """
    Triggers an alert when its block raises, and resolves it when its block ends well.

    Made by `PagerDutyClient.incident`. May be entered any number of times, one within another and by several threads
    or tasks; as a decorator it is entered at every call. How a run ended that was interrupted (`KeyboardInterrupt`,
    `SystemExit`, whatever is no `failures`) is not known, so nothing is sent.
    """

    def __init__(
        self,
        send: Callable[[Event], Receipt],
        template: TriggerEvent,
        *,
        resolve: bool,
        failures: type[BaseException] | tuple[type[BaseException], ...],
    ) -> None:
        """Take how to send, and the alert without what only the exception knows. Raises `UsageError`."""
        kinds = failures if isinstance(failures, tuple) else (failures,)
        known = all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)
        demand(
            of_type("resolve", resolve, bool),
            () if known else ("failures must be classes of exceptions",),
            () if template.dedup_key is not None else ("dedup_key must be text",),
        )
        self._send = send
        self._template = template
        self._resolve = resolve
        self._failures = kinds

    def __call__(self, func: _Function) -> _Function:
        """Return the function with every call a run. Raises `UsageError` for one whose call does not run it."""
        import inspect  # slow to import, and needed by decorators only

        later = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        called = (func, type(func).__call__)  # an object's own call may be a coroutine too
        if any(is_later(each) for is_later in later for each in called):
            raise UsageError("an incident cannot decorate a coroutine or a generator: use `with` inside it")
        return super().__call__(func)

    def __enter__(self) -> IncidentRun:
        """Begin a run."""
        run = IncidentRun()
        _runs.set((*_runs.get(), (self, run)))
        return run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run that was begun last in this thread or task."""
        run = self._ended()
        if error is None:
            if self._resolve:
                self._tell("resolve", lambda: ResolveEvent(dedup_key=str(self._template.dedup_key)))
        elif isinstance(error, self._failures):
            self._tell("trigger", lambda: self._alert(run, error, trace))

    def _ended(self) -> IncidentRun:
        runs = _runs.get()
        for index in reversed(range(len(runs))):
            if runs[index][0] is self:
                _runs.set(runs[:index] + runs[index + 1 :])
                return runs[index][1]
        return IncidentRun()  # begun in another context, as a fixture may be: the alert goes without its details

    def _tell(self, action: str, event: Callable[[], Event]) -> None:
        try:
            self._send(event())
        except Exception as error:  # noqa: BLE001  a transport of the host's own may raise anything
            log_incident_untold(str(self._template.dedup_key), action, error)

    def _alert(self, run: IncidentRun, error: BaseException, trace: TracebackType | None) -> TriggerEvent:
        found = {"exception": described(error), "traceback": traceback_text(error, trace)}
        return attrs.evolve(
            self._template,
            summary=f"{self._template.summary}: {described(error)}",
            class_=type_name(error),
            custom_details={**found, **run.details},
        )
