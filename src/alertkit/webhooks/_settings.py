"""
What a sender is built of, checked when it is built and not at the first attempt.

Rules of this file: pure; nothing is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alertkit._backoff import is_duration
from alertkit._checks import demand, methods, of_type, optional_observer
from alertkit._http import header_problems
from alertkit.errors import UsageError
from alertkit.webhooks._event import Actor
from alertkit.webhooks._hook_signer import HookSigner
from alertkit.webhooks._integration import IntegrationKind
from alertkit.webhooks._rules import HealthRules
from alertkit.webhooks._signer import Signer

__all__ = ["check_ports", "check_settings", "kinds_of", "prefixes_of", "signers_of"]


_LONGEST_LEASE = timedelta(days=1)
_METHODS = {
    "buffer": ("record", "recent", "tallies", "claim", "reset"),
    "registry": ("disable",),
    "notifier": ("notify",),
    "audit": ("record",),
    "transport": ("send",),
    "clock": ("now", "monotonic"),
}


def check_ports(buffer: object, signers: Iterable[Signer], **optional: object) -> None:
    """Demand the methods of each port; of the optional ones where they are not None. Raises `UsageError`."""
    ports = {"buffer": buffer, **{name: port for name, port in optional.items() if port is not None}}
    demand(
        *(methods(name, port, *_METHODS[name]) for name, port in ports.items()),
        *(methods(f"signers[{number}]", signer, "headers") for number, signer in enumerate(signers)),
    )


def check_settings(
    *,
    rules: object,
    timeout: object,
    lease: object,
    dry_run: object,
    default_actor: object,
    user_agent: str,
    new_message_id: object,
    observer: object,
) -> None:
    """Demand values that a sender can work with. Raises `UsageError`."""
    demand(
        of_type("rules", rules, HealthRules),
        () if is_duration(timeout) and timeout > 0 else ("timeout must be a number, more than 0 seconds",),  # type: ignore[operator]
        _lease_problems(lease, timeout),
        of_type("dry_run", dry_run, bool),
        of_type("default_actor", default_actor, Actor),
        header_problems({"User-Agent": user_agent}),
        () if callable(new_message_id) else ("new_message_id must be a function",),
        optional_observer("observer", observer),
    )


def _lease_problems(lease: object, timeout: object) -> tuple[str, ...]:
    """Demand more time than an attempt may take: one that was on its way must come home before the lease is over."""
    if not isinstance(lease, timedelta) or not timedelta(0) < lease <= _LONGEST_LEASE:
        return ("lease must be a timedelta, more than 0 and at most a day",)
    if is_duration(timeout) and lease.total_seconds() <= timeout:  # type: ignore[operator]
        return ("lease must be longer than timeout",)
    return ()


def signers_of(signers: Iterable[Signer]) -> tuple[Signer, ...]:
    """Return the signers. Raises `UsageError` where there is one in place of a list."""
    try:
        return tuple(signers)
    except TypeError:
        raise UsageError(f"signers must be a list of signers, not {type(signers).__name__}") from None


def prefixes_of(signers: Iterable[Signer]) -> tuple[str, ...]:
    """Return what the headers begin with that a receiver names its own errors by."""
    hooks = tuple(signer.prefix for signer in signers if isinstance(signer, HookSigner))
    return hooks or (HookSigner().prefix,)


def kinds_of(retires: Iterable[IntegrationKind | str]) -> frozenset[IntegrationKind]:
    """Return the kinds, which may be given by their words. Raises `UsageError`."""
    try:
        if not isinstance(retires, str):  # a lone kind is one, and would be taken apart into letters
            return frozenset(map(IntegrationKind, retires))
    except (TypeError, ValueError):
        pass
    raise UsageError(f"retires must be a list of kinds: {', '.join(kind.value for kind in IntegrationKind)}")
