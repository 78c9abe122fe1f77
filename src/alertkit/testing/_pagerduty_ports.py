"""
The host's port of PagerDuty services, in memory: what a test of a host, or a first try, needs.

Rules of this file: it knows what it was told. A lock makes each call one step.
"""

from __future__ import annotations

import threading

from alertkit.pagerduty._checks import id_text
from alertkit.pagerduty._service import PagerDutyService

__all__ = ["MemoryServiceRepository"]


class MemoryServiceRepository:
    """A `ServiceRepository` that knows the services it was given. Threads may share it."""

    def __init__(self) -> None:
        """Begin with no service."""
        self._lock = threading.Lock()
        self._services: dict[tuple[str, str], PagerDutyService] = {}

    def add(self, account_id: str | int, service: PagerDutyService) -> None:
        """Give the account a service, in place of one of the same id."""
        with self._lock:
            self._services[id_text(account_id), service.id] = service

    def remove(self, account_id: str | int, service_id: str | int) -> None:
        """Forget the service, if there is one."""
        with self._lock:
            self._services.pop((id_text(account_id), id_text(service_id)), None)

    def find(self, account_id: str, service_id: str) -> PagerDutyService | None:
        """Return the service, or None."""
        with self._lock:
            return self._services.get((account_id, service_id))
