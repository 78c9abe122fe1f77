"""
The lookups of alerts, in memory: what a test of a host, or a first try, needs.

Rules of this file: they know what they were told, and what they were asked for, in order. A lock makes each call one
step.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from alertkit._organization import Organization, Project
from alertkit.webhooks._alert import InstalledIntegration
from alertkit.webhooks._event import Installation
from alertkit.webhooks._integration import Integration

__all__ = ["MemoryIntegrationLookup", "MemoryOrganizationLookup", "MemoryProjectLookup"]

_Item = TypeVar("_Item")
_Key = TypeVar("_Key")


class _Shelf(Generic[_Key, _Item]):
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[_Key, _Item] = {}
        self._calls: list[_Key] = []

    @property
    def calls(self) -> tuple[_Key, ...]:
        """What it was asked for, in order."""
        with self._lock:
            return tuple(self._calls)

    def _put(self, key: _Key, item: _Item) -> None:
        with self._lock:
            self._items[key] = item

    def _find(self, key: _Key) -> _Item | None:
        with self._lock:
            self._calls.append(key)
            return self._items.get(key)


class MemoryProjectLookup(_Shelf[str, Project]):
    """A `ProjectLookup` in memory. Threads may share it; `calls` are ids."""

    def add(self, project: Project) -> None:
        """Know the project, in place of any with its id."""
        self._put(project.id, project)

    def find(self, project_id: str) -> Project | None:
        """Return the project, or None."""
        return self._find(project_id)


class MemoryOrganizationLookup(_Shelf[str, Organization]):
    """An `OrganizationLookup` in memory. Threads may share it; `calls` are ids."""

    def add(self, organization: Organization) -> None:
        """Know the organization, in place of any with its id."""
        self._put(organization.id, organization)

    def find(self, organization_id: str) -> Organization | None:
        """Return the organization, or None."""
        return self._find(organization_id)


class MemoryIntegrationLookup(_Shelf[tuple[str, str], InstalledIntegration]):
    """An `IntegrationLookup` in memory. Threads may share it; `calls` are ids of an integration and an organization."""

    def add(self, integration: Integration, installation: Installation, *, organization_id: str) -> None:
        """Know the integration as this organization has it, in place of how it had it before."""
        self._put((integration.id, organization_id), InstalledIntegration(integration, installation))

    def find(self, integration_id: str, organization_id: str) -> InstalledIntegration | None:
        """Return the integration as the organization has it, or None."""
        return self._find((integration_id, organization_id))
