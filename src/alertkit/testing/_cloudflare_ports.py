"""
The host's ports of the Cloudflare form, in memory: what a test of a host, or a first try, needs.

Rules of this file: they know what they were told, and whom they were asked about, in order. A lock makes each call one
step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

from alertkit._organization import Organization, Project
from alertkit.cloudflare._principal import Principal
from alertkit.cloudflare._project import ProjectKey

__all__ = [
    "MemoryAuthenticator",
    "MemoryOrganizationRepository",
    "MemoryProjectKeyRepository",
    "MemoryProjectRepository",
]

_Item = TypeVar("_Item")


class MemoryAuthenticator:
    """An `Authenticator` that knows the tokens it was given. Threads may share it."""

    def __init__(self) -> None:
        """Begin with no token."""
        self._lock = threading.Lock()
        self._principals: dict[str, Principal] = {}
        self._calls = 0

    @property
    def calls(self) -> int:
        """How often it was asked."""
        with self._lock:
            return self._calls

    def add(self, token: str, principal: Principal) -> None:
        """Know the token."""
        with self._lock:
            self._principals[token] = principal

    def revoke(self, token: str) -> None:
        """Forget the token."""
        with self._lock:
            self._principals.pop(token, None)

    def authenticate(self, token: str) -> Principal | None:
        """Return whose token it is, or None."""
        with self._lock:
            self._calls += 1
            return self._principals.get(token)


class _Shelf(Generic[_Item]):
    """Items under the id of what they belong to, each with the ids of those who may see it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[tuple[str, frozenset[str], _Item]] = []
        self._calls: list[str] = []

    @property
    def calls(self) -> tuple[str, ...]:
        """The ids that it was asked about, in order."""
        with self._lock:
            return tuple(self._calls)

    def _put(self, parent_id: str, item: _Item, members: Iterable[Principal], *, active: bool) -> None:
        seen_by = frozenset(member.id for member in members) if active else frozenset[str]()
        with self._lock:
            self._items.append((parent_id, seen_by, item))

    def _seen(self, asked_about: str, parent_id: str, principal: Principal) -> tuple[_Item, ...]:
        with self._lock:
            self._calls.append(asked_about)
            return tuple(
                item for parent, seen_by, item in self._items if parent == parent_id and principal.id in seen_by
            )


class MemoryOrganizationRepository(_Shelf[Organization]):
    """An `OrganizationRepository` in memory. Threads may share it; `calls` are ids of principals."""

    def add(self, organization: Organization, *, members: Iterable[Principal], active: bool = True) -> None:
        """Let these principals configure the organization, unless it is not active."""
        self._put("", organization, members, active=active)

    def for_principal(self, principal: Principal) -> tuple[Organization, ...]:
        """Return the organizations of the principal."""
        return self._seen(principal.id, "", principal)


class MemoryProjectRepository(_Shelf[Project]):
    """A `ProjectRepository` in memory. Threads may share it; `calls` are ids of organizations."""

    def add(self, project: Project, *, members: Iterable[Principal], active: bool = True) -> None:
        """Let these principals configure the project, unless it is not active."""
        self._put(project.organization_id, project, members, active=active)

    def for_organization(self, principal: Principal, organization: Organization) -> tuple[Project, ...]:
        """Return the projects of the organization that are the principal's to configure."""
        return self._seen(organization.id, organization.id, principal)


class MemoryProjectKeyRepository(_Shelf[ProjectKey]):
    """A `ProjectKeyRepository` in memory. Threads may share it; `calls` are ids of projects."""

    def add(self, key: ProjectKey, *, project: Project, members: Iterable[Principal], active: bool = True) -> None:
        """Let these principals, who may configure the project, see the key, unless it is not active."""
        self._put(project.id, key, members, active=active)

    def for_project(self, principal: Principal, project: Project) -> tuple[ProjectKey, ...]:
        """Return the keys of the project."""
        return self._seen(project.id, project.id, principal)
