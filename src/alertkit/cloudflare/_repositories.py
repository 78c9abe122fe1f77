"""
Calls to what is the host's.

Rules of this file: each call is made once, at most, for each request, by whoever walks the form. Whatever it raises, or
yields against its contract, is logged and becomes `StoreError`, whose text names the port and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attrs import frozen

from alertkit._checks import demand, methods
from alertkit._organization import Organization, Project
from alertkit.cloudflare._log import log_port_failure
from alertkit.cloudflare._offers import keys_in_order, organizations_in_order, projects_in_order
from alertkit.cloudflare._ports import (
    Authenticator,
    OrganizationRepository,
    ProjectKeyRepository,
    ProjectRepository,
)
from alertkit.cloudflare._principal import Principal
from alertkit.cloudflare._project import ProjectKey
from alertkit.errors import StoreError, UsageError

__all__ = ["Repositories"]

_Result = TypeVar("_Result")


@frozen(kw_only=True)
class Repositories:
    """The four ports, asked safely. Raises `UsageError` for what is none of them."""

    authenticator: Authenticator
    organizations: OrganizationRepository
    projects: ProjectRepository
    keys: ProjectKeyRepository

    def __attrs_post_init__(self) -> None:
        """Demand the methods of each port."""
        demand(
            methods("authenticator", self.authenticator, "authenticate"),
            methods("organizations", self.organizations, "for_principal"),
            methods("projects", self.projects, "for_organization"),
            methods("keys", self.keys, "for_project"),
        )

    def principal_of(self, token: str) -> Principal | None:
        """Return whose token it is. Raises `StoreError`."""
        principal = _call("authenticator", lambda: self.authenticator.authenticate(token), text_is_safe=False)
        if principal is None:
            return None
        return _call("authenticator", lambda: _principal(principal))

    def organizations_of(self, principal: Principal) -> dict[str, Organization]:
        """Return the organizations on offer, by id. Raises `StoreError`."""
        return _call("organizations", lambda: organizations_in_order(self.organizations.for_principal(principal)))

    def projects_of(self, principal: Principal, organization: Organization) -> dict[str, Project]:
        """Return the projects on offer, by id. Raises `StoreError`."""
        return _call(
            "projects",
            lambda: projects_in_order(self.projects.for_organization(principal, organization), organization),
        )

    def keys_of(self, principal: Principal, project: Project) -> dict[str, ProjectKey]:
        """Return the keys on offer, by DSN. Raises `StoreError`."""
        return _call("keys", lambda: keys_in_order(self.keys.for_project(principal, project)))


def _principal(found: object) -> Principal:
    if not isinstance(found, Principal):
        raise UsageError(f"authenticate must return a Principal or None, not {type(found).__name__}")
    return found


def _call(port: str, ask: Callable[[], _Result], *, text_is_safe: bool = True) -> _Result:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  whatever it is, the request is answered
        log_port_failure(port, error, text_is_safe=text_is_safe)
    # Raised out here, where the host's error is no context of it: its text may hold the token.
    raise StoreError(port)
