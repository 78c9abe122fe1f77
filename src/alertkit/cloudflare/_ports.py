"""
What the host provides: who a token belongs to, and what its owner may choose.

Rules of this file: numbered clauses, each proved by one test of the port's contract in `alertkit.testing.contracts`.
Ports raise what their backend raises; the answer is then a 503, and the cause is in the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from alertkit._organization import Organization, Project
from alertkit.cloudflare._principal import Principal
from alertkit.cloudflare._project import ProjectKey

__all__ = ["Authenticator", "OrganizationRepository", "ProjectKeyRepository", "ProjectRepository"]


class Authenticator(Protocol):
    """
    Who an access token belongs to. It is asked only about tokens of requests whose signature is right.

    1. A token that is good has its principal, the same whenever it is asked.
    2. One that is not known is nobody's: None, and no error.
    3. Neither is one that has expired or was revoked, or whose owner is not active any more.
    4. Tokens are compared exactly: no other case, and no blank more or less.
    """

    def authenticate(self, token: str) -> Principal | None:
        """Return whose token it is, or None."""
        ...


class OrganizationRepository(Protocol):
    """
    Which organizations a principal may send a site's events to.

    They may come in any order and more than once: the installer sorts them, and shows each once.

    1. Every organization in which the principal may configure projects is there.
    2. No other is, whoever else may.
    3. None is there that is not active, though the principal belongs to it.
    4. For a principal that is not known there is nothing, and no error.
    5. Whoever asks twice finds the same, as long as nothing has changed.
    """

    def for_principal(self, principal: Principal) -> Iterable[Organization]:
        """Yield the organizations of the principal."""
        ...


class ProjectRepository(Protocol):
    """
    Which projects of an organization a principal may send a site's events to.

    They may come in any order and more than once: the installer sorts them, and shows each once.

    1. Every project of the organization that the principal may configure is there, and names the organization as its
       own.
    2. None of another organization is, though the principal may configure it.
    3. None is there that only others of the same organization may configure.
    4. None is there that is not active, or waits to be deleted.
    5. Of an organization that is not known, or not the principal's, there is nothing, and no error.
    6. Whoever asks twice finds the same, as long as nothing has changed.
    """

    def for_organization(self, principal: Principal, organization: Organization) -> Iterable[Project]:
        """Yield the projects of the organization that are the principal's to configure."""
        ...


class ProjectKeyRepository(Protocol):
    """
    Which keys a project has.

    They may come in any order and more than once: the installer sorts them, and shows each DSN once.

    1. Every key of the project that is active is there, with its public DSN.
    2. None of another project is.
    3. None is there that is disabled.
    4. Of a project that is not known, not active, or not the principal's, there is nothing, and no error.
    5. Whoever asks twice finds the same, as long as nothing has changed.
    """

    def for_project(self, principal: Principal, project: Project) -> Iterable[ProjectKey]:
        """Yield the keys of the project."""
        ...
