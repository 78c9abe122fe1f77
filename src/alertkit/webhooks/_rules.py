"""
What an attempt counts as, and when an integration is broken: one value that a host can replace, in whole or in part.

Rules of this file: pure. A classification takes the status of an answer, or why none came, and knows nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from alertkit._checks import at_least, methods, refuse
from alertkit.webhooks._health import NOT_TRIED, RETENTION_DAYS, FailureKind, Outcome
from alertkit.webhooks._policy import BrokenPolicy, ConsecutiveErrorDays, FatalTrips, TimeoutFlood, any_of, window_of

__all__ = ["HealthRules"]


def _default_outcome(came: int | FailureKind) -> Outcome:
    if came in NOT_TRIED or came == 429:
        return Outcome.IGNORED  # refused by us, and an endpoint that is well and busy
    if came is FailureKind.MALFORMED_REPLY:
        return Outcome.ERROR
    if isinstance(came, FailureKind):
        return Outcome.TIMEOUT
    if 200 <= came < 300:
        return Outcome.SUCCESS
    return Outcome.FATAL if came == 410 else Outcome.ERROR


def _sentry_outcome(came: int | FailureKind) -> Outcome:
    if came in NOT_TRIED:
        return Outcome.IGNORED
    if isinstance(came, FailureKind):
        return Outcome.TIMEOUT
    if came < 300:
        return Outcome.SUCCESS
    return Outcome.ERROR if 400 <= came < 500 and came != 429 else Outcome.IGNORED


_DEFAULT_POLICY = any_of(FatalTrips(), ConsecutiveErrorDays(7, count_timeouts=True))


@frozen(kw_only=True)
class HealthRules:
    """
    How health is judged. What is left out is as in `default`.

    ==========================  =========  ==========
    came back                   `default`  `sentry`
    ==========================  =========  ==========
    1xx                         error      success
    2xx                         success    success
    3xx                         error      ignored
    410                         fatal      error
    429                         ignored    ignored
    other 4xx                   error      error
    5xx and above               error      ignored
    no HTTP                     error      timeout
    nothing was tried           ignored    ignored
    nothing                     timeout    timeout
    ==========================  =========  ==========
    """

    classify: Callable[[int | FailureKind], Outcome] = _default_outcome
    """Takes the status of an answer, or why none came; returns what the attempt counts as."""
    policy: BrokenPolicy = _DEFAULT_POLICY

    def __attrs_post_init__(self) -> None:
        """Refuse what would fail at the first attempt."""
        refuse(
            () if callable(self.classify) else ("classify must be a function",),
            methods("policy", self.policy, "judge")
            or at_least("window", self.window, 1)
            or _window_problems(self.window),
        )

    @classmethod
    def default(cls) -> HealthRules:
        """
        Return rules that catch what is broken and spare what is busy.

        Broken is an endpoint that says so (410), or that for seven days in a row, today included, had failures or
        silence and not one success.
        """
        return cls()

    @classmethod
    def sentry(cls) -> HealthRules:
        """
        Return the rules of Sentry's platform as they last were.

        Broken is a fatal answer, 1,000 timeouts in one day, or seven days in a row of errors without a success, all
        within the last seven days. What users said of them is in the documentation.
        """
        return cls(classify=_sentry_outcome, policy=any_of(FatalTrips(), TimeoutFlood(1000), ConsecutiveErrorDays(7)))

    @property
    def window(self) -> int:
        """How many days the policy looks at, at most the thirty that a buffer keeps."""
        return window_of(self.policy)


def _window_problems(window: int) -> tuple[str, ...]:
    return (f"window must be at most {RETENTION_DAYS} days",) if window > RETENTION_DAYS else ()
