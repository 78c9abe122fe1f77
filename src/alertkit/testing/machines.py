"""
Machines that drive an implementation of a port and its model side by side, through whatever Hypothesis thinks of.

Rules of this file: it is the only one here that needs Hypothesis (`alertkit[testing]`). The model is what alertkit
ships in memory, and the two must agree on every answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import Any

from hypothesis import strategies as st  # pip install "alertkit[testing]"
from hypothesis.stateful import RuleBasedStateMachine, rule

from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing.contracts._attempts import NOON, attempt
from alertkit.webhooks._health import RETENTION_DAYS, Outcome
from alertkit.webhooks._ports import RequestBuffer

__all__ = ["RequestBufferMachine"]

_RETENTION = timedelta(days=RETENTION_DAYS)
_A_MOMENT = timedelta(microseconds=1)
_HOOKS = st.sampled_from(["billing-sync", "billing", "{shop}:1"])
_EVENT_TYPES = st.sampled_from(["issue.created", "issue.ignored", "issue"])
_OUTCOMES = st.sampled_from(
    [
        (Outcome.SUCCESS, 200),
        (Outcome.ERROR, 500),
        (Outcome.TIMEOUT, 0),
        (Outcome.FATAL, 410),
        (Outcome.IGNORED, 429),
        (Outcome.IGNORED, 302),
    ]
)
_SKEWS = st.one_of(st.just(timedelta(0)), st.timedeltas(-2 * timedelta(days=1), 2 * timedelta(days=1)))
_STEPS = st.sampled_from(
    [
        *(timedelta(seconds=1), timedelta(hours=7), timedelta(days=1), timedelta(days=6)),
        *(_RETENTION - _A_MOMENT, _RETENTION, _RETENTION + _A_MOMENT),
    ]
)


class RequestBufferMachine(RuleBasedStateMachine):
    """
    A `RequestBuffer` and its model, with days that pass and clocks that are wrong.

    Subclass it, define `make`, and give your runner its test case: `TestMine = MyMachine.TestCase`. `close` gives back
    what a buffer holds, by calling its own `close` if it has one, unless you define it.
    """

    def make(self) -> RequestBuffer:
        """Return a fresh, empty buffer each time."""
        raise NotImplementedError("a subclass of this machine defines `make`")

    def close(self, buffer: Any) -> None:
        """Give back what a buffer holds."""
        getattr(buffer, "close", lambda: None)()

    def __init__(self) -> None:
        """Begin with nothing in either."""
        super().__init__()
        self._buffer = self.make()
        self._model = MemoryRequestBuffer()
        self._now = NOON
        self._latest = NOON
        self._lives: dict[str, int] = {}
        self._last_used: dict[str, datetime] = {}
        self._until: dict[str, datetime] = {}
        self._recorded = 0

    def teardown(self) -> None:
        """Compare what is left, and close the buffer."""
        try:
            for name in filter(lambda name: not self._may_be_forgotten(name), self._last_used):
                self._agree(partial(_all_records, name))
                self._agree(partial(_all_counts, name, self._now.date()))
        finally:
            self.close(self._buffer)

    @rule(hook=_HOOKS, event_type=_EVENT_TYPES, outcome=_OUTCOMES, skew=_SKEWS, window=st.integers(1, 40))
    def record(self, hook: str, event_type: str, outcome: tuple[Outcome, int], skew: timedelta, window: int) -> None:
        """Record an attempt of about now."""
        self._record(hook, event_type, outcome, self._now + skew, window)

    @rule(hook=_HOOKS, event_type=_EVENT_TYPES, outcome=_OUTCOMES, times=st.integers(90, 110))
    def flood(self, hook: str, event_type: str, outcome: tuple[Outcome, int], times: int) -> None:
        """Record many of the same."""
        for _ in range(times):
            self._record(hook, event_type, outcome, self._now, 1)

    @rule(hook=_HOOKS, event_type=_EVENT_TYPES, outcome=_OUTCOMES, days=st.integers(-3000, 3000))
    def record_under_a_wrong_clock(self, hook: str, event_type: str, outcome: tuple[Outcome, int], days: int) -> None:
        """Record an attempt of some other time."""
        self._record(hook, event_type, outcome, self._now + timedelta(days=days), 7)

    @rule(step=_STEPS)
    def time_passes(self, step: timedelta) -> None:
        """Let some time pass."""
        self._now += step

    @rule(
        hook=_HOOKS,
        skew=st.one_of(_SKEWS, _STEPS, _STEPS.map(lambda step: -step)),
        lease=st.one_of(st.timedeltas(_A_MOMENT, _RETENTION), st.just(timedelta(minutes=15))),
    )
    def claim(self, hook: str, skew: timedelta, lease: timedelta) -> None:
        """Claim."""
        self._claim(self._name(hook), self._now + skew, lease)

    @rule(hook=_HOOKS, away=st.sampled_from([timedelta(0), _RETENTION]), off=st.integers(-1, 1))
    def claim_at_the_edge(self, hook: str, away: timedelta, off: int) -> None:
        """Claim about when a claim has run out, or thirty days before: to the microsecond."""
        name = self._name(hook)
        if name in self._until:
            self._claim(name, self._until[name] - away + off * _A_MOMENT, timedelta(minutes=15))

    @rule(hook=_HOOKS)
    def reset(self, hook: str) -> None:
        """Reset."""
        name = self._name(hook)
        self._agree(lambda buffer: buffer.reset(name))

    @rule(
        hook=_HOOKS,
        event_type=st.one_of(st.none(), _EVENT_TYPES),
        errors_only=st.booleans(),
        limit=st.sampled_from([0, 1, 7, 100, 1000]),
    )
    def recent(self, hook: str, event_type: str | None, errors_only: bool, limit: int) -> None:
        """Read records."""
        name = self._name(hook)
        self._agree(lambda buffer: buffer.recent(name, event_type=event_type, errors_only=errors_only, limit=limit))

    @rule(hook=_HOOKS, away=st.integers(-40, 40), days=st.integers(1, 70))
    def tallies(self, hook: str, away: int, days: int) -> None:
        """Read counts."""
        name, until = self._name(hook), self._now.date() + timedelta(days=away)
        self._agree(lambda buffer: buffer.tallies(name, until=until, days=days))

    def _record(self, hook: str, event_type: str, outcome: tuple[Outcome, int], at: datetime, window: int) -> None:
        name = self._name(hook)
        self._recorded += 1
        record = attempt(self._recorded, at=at, event_type=event_type, outcome=outcome[0], status=outcome[1])
        self._use(name, at)
        self._agree(lambda buffer: buffer.record(name, record, window=window))

    def _claim(self, name: str, at: datetime, lease: timedelta) -> None:
        self._use(name, at)
        if self._agree(lambda buffer: buffer.claim(name, at=at, lease=lease)):
            self._until[name] = at + lease

    def _agree(self, ask: Callable[[RequestBuffer], object]) -> object:
        """Return what both answer; the model is right."""
        expected, got = ask(self._model), ask(self._buffer)
        if got != expected:
            raise AssertionError(_difference(got, expected))
        return expected

    def _name(self, hook: str) -> str:
        """Return the integration that is called so now: one that may be forgotten whole is replaced by a new one."""
        name = f"{hook}#{self._lives.get(hook, 0)}"
        if self._may_be_forgotten(name):
            self._lives[hook] = self._lives.get(hook, 0) + 1
            name = f"{hook}#{self._lives[hook]}"
        return name

    def _use(self, name: str, at: datetime) -> None:
        self._last_used[name] = max(at, self._last_used.get(name, at))
        self._latest = max(self._latest, at)

    def _may_be_forgotten(self, name: str) -> bool:
        return self._latest - self._last_used.get(name, self._latest) >= _RETENTION


def _difference(got: object, expected: object) -> str:
    if not isinstance(got, tuple) or not isinstance(expected, tuple):
        return f"{got} instead of {expected}"
    pairs = enumerate(zip_longest(got, expected))
    at, (one, another) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
    return f"{one} instead of {another}, at {at}; {len(got)} instead of {len(expected)} in all"


def _all_records(name: str, buffer: RequestBuffer) -> object:
    return buffer.recent(name, limit=1000)


def _all_counts(name: str, until: date, buffer: RequestBuffer) -> object:
    return buffer.tallies(name, until=until, days=70)
