"""
What a host provides for its alerts: lookups by id.

Rules of this file: as in `_ports.py`. Whatever a lookup raises becomes a result of the dispatcher's. What is looked up
of projects and organizations is remembered in a cache for a while; of integrations it never is, since they have secrets
and may be disabled at any time.
"""

from __future__ import annotations

from typing import Protocol

from alertkit._organization import Organization, Project
from alertkit.webhooks._alert import InstalledIntegration

__all__ = ["IntegrationLookup", "OrganizationLookup", "ProjectLookup"]


class ProjectLookup(Protocol):
    """
    The projects of the host, by id.

    1. A project is found by its id, and names the organization that it belongs to.
    2. One that is not known is None, and no error.
    3. Ids are compared exactly: no other case, no blank more or less, and no pattern.
    """

    def find(self, project_id: str) -> Project | None:
        """Return the project, or None."""
        ...


class OrganizationLookup(Protocol):
    """
    The organizations of the host, by id.

    1. An organization is found by its id.
    2. One that is not known is None, and no error.
    3. Ids are compared exactly: no other case, no blank more or less, and no pattern.
    """

    def find(self, organization_id: str) -> Organization | None:
        """Return the organization, or None."""
        ...


class IntegrationLookup(Protocol):
    """
    The integrations of the host, by id, each as one organization has installed it.

    1. An integration that is installed in the organization is found, with its installation there, which names the
       organization: the dispatcher sends nothing by one that names another, or none.
    2. One that is not known is None, and no error; so is any in an organization that is not known.
    3. So is one that is installed only in others.
    4. Ids are compared exactly: no other case, no blank more or less, and no pattern.
    5. It is found as it is now: one that was disabled a moment ago is not enabled.
    """

    def find(self, integration_id: str, organization_id: str) -> InstalledIntegration | None:
        """Return the integration as the organization has it, or None."""
        ...
