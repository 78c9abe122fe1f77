"""
Calls to what is the host's, none of which may keep a delivery from its end.

Rules of this file: every exception is caught, logged and kept; what is no `Exception` (an interrupt, an exit) is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from alertkit.webhooks._delivery import PortFailure
from alertkit.webhooks._log import log_port_failure

__all__ = ["Steps"]

_Result = TypeVar("_Result")
_LONGEST_TEXT = 1000


class Steps:
    """The host's parts in one delivery, and what failed of them."""

    def __init__(self, integration_id: str) -> None:
        """Begin one delivery."""
        self._integration_id = integration_id
        self._failures: list[PortFailure] = []

    @property
    def failures(self) -> tuple[PortFailure, ...]:
        """What failed so far, in order."""
        return tuple(self._failures)

    def ask(self, step: str, call: Callable[[], _Result]) -> _Result | None:
        """Return what `call` returns, or None where it raises."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001  the host's own, which may raise anything
            self._failures.append(PortFailure(step=step, error=type(error).__name__, message=_text(error)))
            log_port_failure(step, self._integration_id, error)
            return None

    def did(self, step: str, call: Callable[[], object]) -> bool:
        """Call; whether it did not raise."""
        return self.ask(step, lambda: (call(),)) is not None


def _text(error: Exception) -> str:
    try:
        return str(error)[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    except Exception:  # noqa: BLE001  one whose own text raises is told by its class
        return ""
