"""
How many requests may still be made, as arithmetic over a sliding window.

Rules of this file: pure, instants arrive as arguments, in seconds of a clock that does not go back.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["RateWindow"]

_PERIOD = 60.0  # seconds; PagerDuty counts by the minute


@frozen
class RateWindow:
    """
    At most `limit` requests in any minute, a tenth of them for what is urgent alone.

    Without that tenth a flood of errors would use up the minute in which something critical happens.
    """

    limit: int
    made: tuple[float, ...] = ()
    """When the requests were made, oldest first."""

    def wait(self, now: float, *, urgent: bool) -> float:
        """Return the seconds until one more may be made; 0.0: now."""
        allowed = self.limit if urgent else self.limit - self.limit // 10
        counted = self._counted(now)
        return 0.0 if len(counted) < allowed else counted[-allowed] + _PERIOD - now

    def after(self, now: float, requests: int) -> RateWindow:
        """Return the window after so many more."""
        return RateWindow(self.limit, (*self._counted(now), *[now] * requests))

    def _counted(self, now: float) -> list[float]:
        return [at for at in self.made if at + _PERIOD > now]
