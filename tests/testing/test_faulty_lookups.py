"""The contracts of the lookups reject each implementation that breaks a clause."""

import re

import attrs
import pytest
from contract_runs import broken_clauses

import alertkit.testing.contracts as shipped
from alertkit.webhooks import InstalledIntegration


def exactly(known, asked):
    """Find what was asked for."""
    return known.get(asked)


def first_of_all(known, asked):
    """Find something."""
    return known.get(asked) and next(iter(known.values()))


def raising(known, asked):
    """Take what is not known for an error."""
    return known[asked]


def as_mysql_does(known, asked):
    """Take upper case for lower, and pass over blanks at the end."""
    return {key.lower(): item for key, item in known.items()}.get(asked.lower().rstrip(" "))


def stripping(known, asked):
    """Pass over blanks."""
    return known.get(asked.strip())


def like(known, asked):
    """Take what was asked for as a pattern of SQL."""
    pattern = re.escape(asked).replace("%", ".*").replace("_", ".")
    return next((item for key, item in known.items() if re.fullmatch(pattern, key)), None)


WAYS = [
    (exactly, set()),
    (first_of_all, {1}),
    (raising, {2, 3}),
    (as_mysql_does, {3}),
    (stripping, {3}),
    (like, {3}),
    (lambda known, asked: None, {1}),
    (lambda known, asked: known.get(asked, next(iter(known.values()))), {2, 3}),
]


class Lookup:
    """Finds what it knows, in some way."""

    def __init__(self, find, known):
        self.find = lambda asked: find(known, asked)


@pytest.mark.parametrize(("find", "clauses"), WAYS)
def test_a_faulty_lookup_of_projects_or_organizations_is_rejected(find, clauses):
    """The clauses that it breaks fail, and no other."""

    class Projects(shipped.ProjectLookupContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return Lookup(find, {project.id: project for project in self.projects})

    class Organizations(shipped.OrganizationLookupContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return Lookup(find, {organization.id: organization for organization in self.organizations})

    assert broken_clauses(Projects) == clauses
    assert broken_clauses(Organizations) == clauses


def test_a_project_by_its_slug_is_rejected():
    """Two organizations have one of the same name."""

    class Projects(shipped.ProjectLookupContract):
        """Makes it."""

        def make(self):
            """Return one that finds the last of a name."""
            by_slug = {project.slug: project for project in self.projects}
            return Lookup(exactly, {project.id: by_slug[project.slug] for project in self.projects})

    assert broken_clauses(Projects) == {1}


class Installed:
    """Finds what is installed."""

    def __init__(self, contract):
        first, second, third = contract.installations
        self.known = {
            (contract.shared.id, contract.organization_id): (contract.shared, first),
            (contract.shared.id, contract.other_organization_id): (contract.shared, second),
            (contract.own.id, contract.organization_id): (contract.own, third),
        }

    def find(self, integration_id, organization_id):
        """Find it."""
        found = self.known.get((integration_id, organization_id))
        return found and InstalledIntegration(*found)

    def disable(self, integration_id):
        """Disable it everywhere."""
        for key, (integration, installation) in self.known.items():
            if key[0] == integration_id:
                self.known[key] = (attrs.evolve(integration, enabled=False), installation)


class Deletes(Installed):
    """Does not find what is disabled, which is as good."""

    def disable(self, integration_id):
        """Forget it."""
        self.known = {key: found for key, found in self.known.items() if key[0] != integration_id}


class AnyInstallation(Installed):
    """Finds an integration whoever has installed it."""

    def find(self, integration_id, organization_id):
        """Look at the integration alone."""
        found = next((found for key, found in self.known.items() if key[0] == integration_id), None)
        return found and InstalledIntegration(*found)


class FirstInstallation(Installed):
    """Mixes up installations."""

    def find(self, integration_id, organization_id):
        """Return the first."""
        found = super().find(integration_id, organization_id)
        return found and AnyInstallation.find(self, integration_id, organization_id)


class Falls(Installed):
    """Takes an unknown organization for an error."""

    def find(self, integration_id, organization_id):
        """Look the organization up first."""
        if not any(key[1] == organization_id for key in self.known):
            raise LookupError(organization_id)
        return super().find(integration_id, organization_id)


class Folds(Installed):
    """Compares without regard to case."""

    def find(self, integration_id, organization_id):
        """Fold."""
        return super().find(integration_id.lower(), organization_id.lower())


class LikeIntegrations(Installed):
    """Takes the id of an integration as a pattern of SQL."""

    def find(self, integration_id, organization_id):
        """Match it."""
        known = {key[0]: found for key, found in self.known.items() if key[1] == organization_id}
        found = like(known, integration_id)
        return found and InstalledIntegration(*found)


class LikeOrganizations(Installed):
    """Takes the id of an organization as a pattern of SQL."""

    def find(self, integration_id, organization_id):
        """Match it."""
        known = {key[1]: found for key, found in self.known.items() if key[0] == integration_id}
        found = like(known, organization_id)
        return found and InstalledIntegration(*found)


class Remembers(Installed):
    """Finds what it has once found."""

    def __init__(self, contract):
        super().__init__(contract)
        self.found = {}

    def find(self, *ids):
        """Remember."""
        return self.found.setdefault(ids, super().find(*ids))


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (Installed, set()),
        (Deletes, set()),
        (AnyInstallation, {1, 2, 3, 4}),
        (FirstInstallation, {1}),
        (Falls, {2, 4}),
        (Folds, {4}),
        (LikeIntegrations, {4}),
        (LikeOrganizations, {4}),
        (Remembers, {5}),
    ],
)
def test_a_faulty_lookup_of_integrations_is_rejected(kind, clauses):
    """The clauses that it breaks fail, and no other."""

    class Faulty(shipped.IntegrationLookupContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return kind(self)

        def disable(self, lookup, integration_id):
            """Disable it."""
            lookup.disable(integration_id)

    assert broken_clauses(Faulty) == clauses


def test_installations_that_name_no_organization_are_rejected():
    """The dispatcher would send nothing by them."""

    class Faulty(shipped.IntegrationLookupContract):
        """Makes it."""

        installations = tuple(
            attrs.evolve(installation, organization_id=None)
            for installation in shipped.IntegrationLookupContract.installations
        )

        def make(self):
            """Return one."""
            return Installed(self)

        def disable(self, lookup, integration_id):
            """Disable it."""
            lookup.disable(integration_id)

    assert broken_clauses(Faulty) == {1}
