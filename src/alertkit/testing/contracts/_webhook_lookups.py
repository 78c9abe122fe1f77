"""
The contracts of the lookups that a host provides for its alerts, one test for each clause of each port.

Rules of this file: no test framework. The world that a contract asks about stands in its attributes, so that a subclass
can give it ids that its database can have; `make` builds it.
"""

from __future__ import annotations

from collections.abc import Iterable

from alertkit._organization import Organization, Project
from alertkit.testing.contracts._near import near
from alertkit.webhooks._alert import InstalledIntegration
from alertkit.webhooks._alert_ports import IntegrationLookup, OrganizationLookup, ProjectLookup
from alertkit.webhooks._event import Installation
from alertkit.webhooks._integration import Integration

__all__ = ["IntegrationLookupContract", "OrganizationLookupContract", "ProjectLookupContract"]

_UNKNOWN = ("", "'; --", "x" * 4096)
"""Ids of nothing, wherever."""


class ProjectLookupContract:
    """Subclass it and define `make`."""

    projects: tuple[Project, ...] = (Project("p-1001", "web", "o-101"), Project("p-1002", "web", "o-102"))
    """Those that there are."""
    unknown_id: str = "p-1999"
    """One that there is not."""

    def make(self) -> ProjectLookup:
        """Return a lookup that knows `projects`."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_a_project_is_found(self) -> None:
        """By its id, with its organization."""
        lookup = self.make()

        assert tuple(lookup.find(project.id) for project in self.projects) == self.projects

    def test_clause_2_an_unknown_one_is_none(self) -> None:
        """And no error."""
        _finds_none(self.make(), (self.unknown_id, *_UNKNOWN, "~"))

    def test_clause_3_ids_are_compared_exactly(self) -> None:
        """No other case, no blank more or less, and no pattern."""
        _finds_none(self.make(), (other for project in self.projects for other in near(project.id)))


class OrganizationLookupContract:
    """Subclass it and define `make`."""

    organizations: tuple[Organization, ...] = (Organization("o-101", "acme"), Organization("o-102", "bolt"))
    """Those that there are."""
    unknown_id: str = "o-199"
    """One that there is not."""

    def make(self) -> OrganizationLookup:
        """Return a lookup that knows `organizations`."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_an_organization_is_found(self) -> None:
        """By its id."""
        lookup = self.make()

        assert tuple(lookup.find(organization.id) for organization in self.organizations) == self.organizations

    def test_clause_2_an_unknown_one_is_none(self) -> None:
        """And no error."""
        _finds_none(self.make(), (self.unknown_id, *_UNKNOWN, "~"))

    def test_clause_3_ids_are_compared_exactly(self) -> None:
        """No other case, no blank more or less, and no pattern."""
        _finds_none(self.make(), (other for organization in self.organizations for other in near(organization.id)))


class IntegrationLookupContract:
    """Subclass it and define `make` and `disable`."""

    organization_id: str = "o-101"
    """One that has installed `shared` and `own`."""
    other_organization_id: str = "o-102"
    """One that has installed `shared`, and not `own`."""
    unknown_id: str = "o-199"
    """The id of neither an integration nor an organization."""
    shared: Integration = Integration(
        id="i-billing", slug="billing", name="Billing", url="https://hooks.example.com/in", secrets=["s3cr3t-1"]
    )
    own: Integration = Integration(id="i-own", slug="own", name="Own", url="https://own.example.com/in")
    installations: tuple[Installation, Installation, Installation] = (
        Installation(uuid="6f1c-1", organization_id="o-101"),
        Installation(uuid="6f1c-2", organization_id="o-102"),
        Installation(uuid="6f1c-3", organization_id="o-101"),
    )
    """Of `shared` in the first organization and in the other, and of `own` in the first."""

    def make(self) -> IntegrationLookup:
        """Return a lookup that knows these."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def disable(self, lookup: IntegrationLookup, integration_id: str) -> None:
        """Disable the integration, in every organization, as the host's registry does."""
        raise NotImplementedError("a subclass of this contract defines `disable`")

    def test_clause_1_what_is_installed_is_found(self) -> None:
        """With the installation of the very organization, which names it."""
        lookup = self.make()
        first, second, third = self.installations
        for integration, organization_id, installation in (
            (self.shared, self.organization_id, first),
            (self.shared, self.other_organization_id, second),
            (self.own, self.organization_id, third),
        ):
            found = lookup.find(integration.id, organization_id)
            assert found is not None
            assert found == InstalledIntegration(integration, installation)
            assert found.installation.organization_id == organization_id

    def test_clause_2_an_unknown_one_is_none(self) -> None:
        """And no error, whichever of the two is not known."""
        lookup = self.make()
        for unknown in (self.unknown_id, *_UNKNOWN):
            assert lookup.find(unknown, self.organization_id) is None
            assert lookup.find(self.shared.id, unknown) is None

    def test_clause_3_one_that_others_have_installed_is_none(self) -> None:
        """It is not this organization's."""
        assert self.make().find(self.own.id, self.other_organization_id) is None

    def test_clause_4_ids_are_compared_exactly(self) -> None:
        """No other case, no blank more or less, and no pattern, of either."""
        lookup = self.make()

        assert all(lookup.find(other, self.organization_id) is None for other in near(self.shared.id))
        assert all(lookup.find(self.shared.id, other) is None for other in near(self.organization_id))

    def test_clause_5_it_is_found_as_it_is_now(self) -> None:
        """One that was found enabled and is disabled is not enabled any more."""
        lookup = self.make()
        before = lookup.find(self.shared.id, self.organization_id)
        assert before is not None
        assert before.integration.enabled
        self.disable(lookup, self.shared.id)
        after = lookup.find(self.shared.id, self.organization_id)

        assert after is None or not after.integration.enabled


def _finds_none(lookup: ProjectLookup | OrganizationLookup, ids: Iterable[str]) -> None:
    for unknown in ids:
        assert lookup.find(unknown) is None
