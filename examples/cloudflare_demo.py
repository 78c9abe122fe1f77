"""
What the three apps beside this file serve: an installer over a few organizations in memory, and who a token belongs to.

Yours has an `Authenticator` and repositories over its own database in their place.
"""

from __future__ import annotations

import argparse

from alertkit.cloudflare import Installer, Organization, Principal, Project, ProjectKey
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
)

TOKEN = "tok-pat"  # noqa: S105  of nobody real
PAT = Principal("7", username="pat", email="pat@example.com")


def arguments() -> argparse.Namespace:
    """Return what the app was started with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True, help="the app's security key")
    return parser.parse_args()


def authenticator() -> MemoryAuthenticator:
    """Return who knows the token of one user."""
    known = MemoryAuthenticator()
    known.add(TOKEN, PAT)
    return known


def installer(secret: str) -> Installer:
    """Return an installer for what that user may choose."""
    organizations, projects, keys = (
        MemoryOrganizationRepository(),
        MemoryProjectRepository(),
        MemoryProjectKeyRepository(),
    )
    for organization in (Organization("205", "acme"), Organization("101", "zeta")):
        organizations.add(organization, members=[PAT])
    web = Project("22", "web", "205")
    projects.add(web, members=[PAT])
    keys.add(ProjectKey("a1", "https://a1@events.example.com/22"), project=web, members=[PAT])
    return Installer(
        secret=secret, authenticator=authenticator(), organizations=organizations, projects=projects, keys=keys
    )


def principal_of(authorization: str | None) -> Principal | None:
    """Return whose token a header of `Authorization: Bearer …` holds."""
    scheme, _, token = (authorization or "").partition(" ")
    return authenticator().authenticate(token) if scheme.lower() == "bearer" else None
