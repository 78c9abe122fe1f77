"""
The host's ports of the webhooks, in memory: what a test of a host, or a program of one process, needs.

Rules of this file: they remember, in order, and nothing more. A lock makes each call one step.
"""

from __future__ import annotations

import threading

from alertkit.webhooks._retirement import AuditEntry, RetirementNotice

__all__ = ["MemoryAuditLog", "MemoryIntegrationRegistry", "MemoryOwnerNotifier"]


class MemoryIntegrationRegistry:
    """An `IntegrationRegistry` that knows which integrations it has disabled. Threads may share it."""

    def __init__(self) -> None:
        """Begin with everything enabled."""
        self._lock = threading.Lock()
        self._calls: list[str] = []
        self._disabled: dict[str, None] = {}

    @property
    def disabled(self) -> tuple[str, ...]:
        """What is disabled now, in the order in which it was."""
        with self._lock:
            return tuple(self._disabled)

    @property
    def disable_calls(self) -> tuple[str, ...]:
        """What `disable` was called with, in order, as often as it was."""
        with self._lock:
            return tuple(self._calls)

    def is_enabled(self, integration_id: str) -> bool:
        """Return whether the integration may be sent to."""
        with self._lock:
            return integration_id not in self._disabled

    def disable(self, integration_id: str) -> None:
        """Disable the integration."""
        with self._lock:
            self._calls.append(integration_id)
            self._disabled[integration_id] = None

    def enable(self, integration_id: str) -> None:
        """Enable it again, as its owner does when all is mended."""
        with self._lock:
            self._disabled.pop(integration_id, None)


class MemoryOwnerNotifier:
    """An `OwnerNotifier` that keeps the notices. Threads may share it."""

    def __init__(self) -> None:
        """Begin with no notice."""
        self._lock = threading.Lock()
        self._notices: list[RetirementNotice] = []

    @property
    def notices(self) -> tuple[RetirementNotice, ...]:
        """Every notice, oldest first."""
        with self._lock:
            return tuple(self._notices)

    def notify(self, notice: RetirementNotice) -> None:
        """Keep the notice."""
        with self._lock:
            self._notices.append(notice)


class MemoryAuditLog:
    """An `AuditLog` in memory. Threads may share it."""

    def __init__(self) -> None:
        """Begin with no entry."""
        self._lock = threading.Lock()
        self._entries: list[AuditEntry] = []

    @property
    def entries(self) -> tuple[AuditEntry, ...]:
        """Every entry, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def record(self, entry: AuditEntry) -> None:
        """Keep the entry."""
        with self._lock:
            self._entries.append(entry)
