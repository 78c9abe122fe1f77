"""
How long to wait before the next attempt, or whether to give up: arithmetic, no clock, no dice, no sleep.

Rules of this file: every number arrives as an argument. Full jitter (a wait drawn evenly from zero to a ceiling that
doubles) spreads the clients of a peer that comes back; a server's hint only ever lengthens the wait.
"""

from __future__ import annotations

import math

from attrs import frozen

from alertkit.errors import UsageError

__all__ = ["Backoff", "is_duration"]


def is_duration(value: object) -> bool:
    """Return whether `value` can be a number of seconds at all."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@frozen(kw_only=True)
class Backoff:
    """
    A retry policy: exponential with full jitter, bounded by attempts, the server's hint and the time that is left.

    The defaults spend about 15 of the default 30 seconds waiting, which is inside the few tries and the few minutes
    that PagerDuty's documentation recommends, and short enough for a caller that waits for the result.

    Raises `UsageError` listing every wrong number.
    """

    attempts: int = 6
    """How many requests one send may put on the wire, the first included; at least 1."""
    base: float = 1.0
    """Ceiling of the first wait in seconds; it doubles with each further one."""
    cap: float = 30.0
    """Highest ceiling of a drawn wait, in seconds."""
    hint_cap: float = 60.0
    """The longest wait, in seconds, that a server's hint can ask for."""

    def __attrs_post_init__(self) -> None:
        """Refuse numbers that make no policy, all of them at once."""
        problems = [
            f"{name} must be a finite number of seconds, at least 0, not {value!r}"
            for name, value in (("base", self.base), ("cap", self.cap), ("hint_cap", self.hint_cap))
            if not (is_duration(value) and math.isfinite(value) and value >= 0)
        ]
        if not (isinstance(self.attempts, int) and self.attempts >= 1):
            problems.append(f"attempts must be a whole number, at least 1, not {self.attempts!r}")
        if problems:
            raise UsageError("; ".join(problems))

    def delay(self, attempt: int, *, dice: float, remaining: float, hint: float | None = None) -> float | None:
        """
        Return the seconds to wait after failed attempt number `attempt` (the first is 1), or None to give up.

        `dice` is an even draw from [0, 1), `remaining` the seconds until the deadline, `hint` what the server asked
        for. A drawn wait takes at most half of what remains, so that there is time left to try; a hint that does not
        fit before the deadline gives up at once instead of waiting for nothing.
        """
        if attempt >= self.attempts:
            return None
        # 2.0 ** 63 seconds is past any cap; the exponent is bounded only so that a large attempt cannot overflow.
        ceiling = min(self.cap, self.base * 2.0 ** min(attempt - 1, 63), remaining / 2)
        wait = dice * ceiling
        if hint is not None:
            wait = max(wait, min(hint, self.hint_cap))
        return wait if wait < remaining else None
