"""
Calls to what is the host's, none of which may keep a delivery from its end.

Rules of this file: every exception is caught, logged and kept; what is no `Exception` (an interrupt, an exit) is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from alertkit._observation import Observation, Observer
from alertkit._observers import each_of, tell
from alertkit.errors import AlertKitError
from alertkit.webhooks._delivery import PortFailure
from alertkit.webhooks._exchange import Exchange
from alertkit.webhooks._health import DailyTally, Outcome, checked_tallies
from alertkit.webhooks._log import log_port_failure
from alertkit.webhooks._observations import AttemptRecorded
from alertkit.webhooks._ports import RequestBuffer
from alertkit.webhooks._request_record import RequestRecord
from alertkit.webhooks._rules import HealthRules

__all__ = ["Steps"]

_Result = TypeVar("_Result")
_LONGEST_TEXT = 1000
_NOBODY = each_of()


class Steps:
    """The host's parts in one delivery, and what failed of them."""

    def __init__(self, integration_id: str, observer: Observer = _NOBODY) -> None:
        """Begin one delivery, of which the observer is told."""
        self._observer = observer
        self._integration_id = integration_id
        self._failures: list[PortFailure] = []

    @property
    def failures(self) -> tuple[PortFailure, ...]:
        """What failed so far, in order."""
        return tuple(self._failures)

    def tell(self, observation: Observation) -> None:
        """Tell the observer; one that fails is no port, and no failure of the delivery."""
        tell(self._observer, observation)

    def ask(self, step: str, call: Callable[[], _Result], *, has_secrets: bool = False) -> _Result | None:
        """Return what `call` returns, or None where it raises: one that `has_secrets` may say them in its words."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001  the host's own, which may raise anything
            in_its_words = not has_secrets or isinstance(error, AlertKitError)
            message = _text(error) if in_its_words else ""
            self._failures.append(PortFailure(step=step, error=type(error).__name__, message=message))
            log_port_failure(step, self._integration_id, error, in_its_words=in_its_words)
            return None

    def classify(self, exchange: Exchange, rules: HealthRules) -> Outcome:
        """Return what the rules make of an exchange; where they fail, that must not count against the endpoint."""
        outcome = self.ask("rules.classify", lambda: Outcome(rules.classify(exchange.status_or_failure)))
        return Outcome.IGNORED if outcome is None else outcome

    def record(self, record: RequestRecord, buffer: RequestBuffer, *, window: int) -> tuple[DailyTally, ...] | None:
        """Have the buffer keep an attempt; return the tallies, or None where it fails."""
        tallies = self.ask(
            "buffer.record", lambda: checked_tallies(buffer.record(self._integration_id, record, window=window))
        )
        recorded = AttemptRecorded(
            integration_id=self._integration_id,
            message_id=record.message_id,
            outcome=record.outcome,
            error=self._failures[-1].error if tallies is None else None,
        )
        self.tell(recorded)
        return tallies

    def did(self, step: str, call: Callable[[], object]) -> bool:
        """Call; whether it did not raise."""
        return self.ask(step, lambda: (call(),)) is not None


def _text(error: Exception) -> str:
    try:
        return str(error)[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    except Exception:  # noqa: BLE001  one whose own text raises is told by its class
        return ""
