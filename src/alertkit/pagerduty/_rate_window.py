"""
How many requests may still be made, as arithmetic over a sliding window.

Rules of this file: pure, instants arrive as arguments, in seconds of a clock that does not go back.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["RateWindow"]


@frozen
class RateWindow:
    """
    At most `limit` requests in any `period` seconds, a tenth of them for what is urgent alone.

    Without that tenth a flood of errors would use up the minute in which something critical happens.
    """

    limit: int
    period: float = 60.0
    made: tuple[float, ...] = ()
    """When the requests were made, oldest first."""

    def wait(self, now: float, *, urgent: bool) -> float:
        """Return the seconds until one more may be made; 0.0: now."""
        allowed = self.limit if urgent else self.limit - self.limit // 10
        counted = [at for at in self.made if at + self.period > now]
        return 0.0 if len(counted) < allowed else counted[-allowed] + self.period - now

    def after(self, now: float, requests: int) -> RateWindow:
        """Return the window after so many more."""
        counted = [at for at in self.made if at + self.period > now]
        return RateWindow(self.limit, self.period, (*counted, *[now] * requests))
