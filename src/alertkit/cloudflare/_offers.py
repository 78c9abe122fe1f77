"""
What repositories yield, put in order.

Rules of this file: pure, and it may raise: a repository that breaks its contract is told so, and not mended here, since
what it yields by mistake may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from alertkit._checks import demand, of_type
from alertkit._organization import Organization, Project
from alertkit.cloudflare._form import Choices
from alertkit.cloudflare._project import ProjectKey
from alertkit.errors import UsageError

__all__ = ["choices_of", "keys_in_order", "organizations_in_order", "projects_in_order"]

_Item = TypeVar("_Item")


def organizations_in_order(found: Iterable[Organization]) -> dict[str, Organization]:
    """Return the organizations by id, sorted by slug, each once. Raises `UsageError`."""
    return _in_order(found, Organization, lambda one: (one.slug, one.id), lambda one: one.id)


def projects_in_order(found: Iterable[Project], organization: Organization) -> dict[str, Project]:
    """Return the projects by id, sorted by slug, each once. Raises `UsageError`, also for one of elsewhere."""
    projects = list(found)
    if any(isinstance(one, Project) and one.organization_id != organization.id for one in projects):
        raise UsageError("for_organization must yield projects of this organization only")
    return _in_order(projects, Project, lambda one: (one.slug, one.id), lambda one: one.id)


def keys_in_order(found: Iterable[ProjectKey]) -> dict[str, ProjectKey]:
    """Return the keys by DSN, sorted by public key, each once. Raises `UsageError`."""
    return _in_order(found, ProjectKey, lambda one: (one.public_key, one.dsn), lambda one: one.dsn)


def choices_of(offered: Mapping[str, Organization | Project | ProjectKey]) -> Choices:
    """Return what a person chooses among."""
    return {value: one.public_key if isinstance(one, ProjectKey) else one.slug for value, one in offered.items()}


def _in_order(
    found: Iterable[_Item], kind: type[_Item], order: Callable[[_Item], tuple[str, str]], key: Callable[[_Item], str]
) -> dict[str, _Item]:
    items = list(found)
    for item in items:
        if not isinstance(item, kind):
            demand(of_type("what a repository yields", item, kind))
    offered: dict[str, _Item] = {}
    for item in sorted(items, key=order):
        offered.setdefault(key(item), item)
    return offered
