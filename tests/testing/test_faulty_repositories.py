"""Ports of an install form that are wrong in one thing each, and the clause of the contract that finds it."""

import re

import pytest
from contract_runs import broken_clauses

import alertkit.testing.contracts as shipped
from alertkit.cloudflare import Organization, Project, ProjectKey
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
)


def authenticator(contract, kind):
    """Return one that knows the tokens of the contract; dead ones are known and revoked."""
    made = kind()
    made.add(contract.token, contract.member)
    made.add(contract.other_token, contract.other)
    for token in contract.dead_tokens:
        made.add(token, contract.member)
        made.revoke(token)
    return made


class OneForAll(MemoryAuthenticator):
    """Takes every good token for the first one."""

    def authenticate(self, token):
        """Forget who."""
        return super().authenticate(token) and shipped.AuthenticatorContract.member


class RaisesForUnknown(MemoryAuthenticator):
    """Finds nothing, and says so loudly."""

    def authenticate(self, token):
        """Look up."""
        return self._principals[token]


class NeverForgets(MemoryAuthenticator):
    """Keeps what was revoked."""

    def revoke(self, token):
        """Do nothing."""


class BlindToCase(MemoryAuthenticator):
    """Compares as a database does that knows no case."""

    def authenticate(self, token):
        """Fold."""
        return next((found for known, found in self._principals.items() if known.lower() == token.lower()), None)


class LikesPatterns(MemoryAuthenticator):
    """Asks a database with LIKE."""

    def authenticate(self, token):
        """Match as SQL does."""
        pattern = re.compile(re.escape(token).replace("%", ".*").replace("_", ".")).fullmatch
        return next((found for known, found in self._principals.items() if pattern(known)), None)


class Strips(MemoryAuthenticator):
    """Is kind to blanks."""

    def authenticate(self, token):
        """Strip."""
        return super().authenticate(token.strip())


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryAuthenticator, set()),
        (OneForAll, {1}),
        (RaisesForUnknown, {2, 3, 4}),
        (NeverForgets, {3}),
        (BlindToCase, {4}),
        (Strips, {4}),
        (LikesPatterns, {4}),
    ],
)
def test_a_faulty_authenticator_is_rejected(kind, clauses):
    """The clause that it breaks fails."""

    class Faulty(shipped.AuthenticatorContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return authenticator(self, kind)

    assert broken_clauses(Faulty) == clauses


def organizations(contract, kind):
    """Return one that holds the organizations of the contract."""
    made = kind()
    for organization in contract.visible:
        made.add(organization, members=[contract.member])
    made.add(contract.foreign, members=[contract.other])
    made.add(contract.inactive, members=[contract.member], active=False)
    return made


class _Showing:
    """Something that shows more than it should."""

    def add(self, item, *, members, active=True, **parent):
        """Show it to whoever `shown` says."""
        self.everyone = getattr(self, "everyone", {*()}) | {*members}
        super().add(item, members=members, active=active, **parent)


class ShowsAll(_Showing, MemoryOrganizationRepository):
    """Asks nobody who belongs to what."""

    def for_principal(self, principal):
        """Return all that are active."""
        found = {one for person in self.everyone for one in super(ShowsAll, self).for_principal(person)}
        return found if principal in self.everyone else ()


class ShowsOne(MemoryOrganizationRepository):
    """Returns the first one only."""

    def for_principal(self, principal):
        """Cut."""
        return super().for_principal(principal)[:1]


class ShowsInactive(MemoryOrganizationRepository):
    """Knows no difference between active and not."""

    def add(self, organization, *, members, active=True):
        """Forget."""
        super().add(organization, members=members)


class Labels(ShowsAll):
    """Shows what a principal may not see, and says so in its name."""

    def for_principal(self, principal):
        """Rename those of others."""
        own = MemoryOrganizationRepository.for_principal(self, principal)
        return [one if one in own else Organization(one.id, "no access") for one in super().for_principal(principal)]


class RaisesForStrangers(MemoryOrganizationRepository):
    """Is surprised by who belongs nowhere."""

    def for_principal(self, principal):
        """Raise."""
        found = super().for_principal(principal)
        return [found[0], *found]


class Pages(MemoryOrganizationRepository):
    """Goes on where it ended the last time."""

    def for_principal(self, principal):
        """Return everything, and then nothing."""
        seen = [asked for asked in self.calls if asked == principal.id]
        found = super().for_principal(principal)
        return () if seen else found


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryOrganizationRepository, set()),
        (ShowsOne, {1}),
        (ShowsAll, {2}),
        (Labels, {2}),
        (ShowsInactive, {3}),
        (RaisesForStrangers, {4}),
        (Pages, {5}),
    ],
)
def test_a_faulty_repository_of_organizations_is_rejected(kind, clauses):
    """The clause that it breaks fails."""

    class Faulty(shipped.OrganizationRepositoryContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return organizations(self, kind)

    assert broken_clauses(Faulty) == clauses


def projects(contract, kind):
    """Return one that holds the projects of the contract."""
    made = kind()
    for project in (*contract.visible, contract.elsewhere):
        made.add(project, members=[contract.member])
    for project in (contract.hidden, contract.foreign):
        made.add(project, members=[contract.other])
    made.add(contract.inactive, members=[contract.member], active=False)
    return made


class NamesNoOrganization(MemoryProjectRepository):
    """Forgets whose projects they are."""

    def for_organization(self, principal, organization):
        """Say another one."""
        return [Project(one.id, one.slug, "0") for one in super().for_organization(principal, organization)]


class IgnoresOrganization(MemoryProjectRepository):
    """Returns all projects of a member of the organization."""

    def for_organization(self, principal, organization):
        """Collect."""
        found = super().for_organization(principal, organization)
        others = [
            super(IgnoresOrganization, self).for_organization(principal, Organization(n, "x")) for n in ("101", "102")
        ]
        return {*found, *others[0], *others[1]} if found else ()


class IgnoresTeams(_Showing, MemoryProjectRepository):
    """Shows a member of the organization all of its projects."""

    def for_organization(self, principal, organization):
        """Collect, for who sees any."""
        own = super().for_organization(principal, organization)
        found = {
            one for person in self.everyone for one in super(IgnoresTeams, self).for_organization(person, organization)
        }
        return found if own else ()


class CachesByOrganization(MemoryProjectRepository):
    """Remembers the projects of an organization, whoever asks."""

    def for_organization(self, principal, organization):
        """Remember what was found."""
        known = self.__dict__.setdefault("known", {})
        found = known.get(organization.id) or super().for_organization(principal, organization)
        known[organization.id] = found
        return found


class Invents(MemoryProjectRepository):
    """Adds one that nobody has."""

    def for_organization(self, principal, organization):
        """Add."""
        found = super().for_organization(principal, organization)
        return (*found, Project("77777", "new", organization.id)) if found else found


class KeepsDeleted(MemoryProjectRepository):
    """Knows no difference between active and not."""

    def add(self, project, *, members, active=True):
        """Forget."""
        super().add(project, members=members)


class TrustsTheOrganization(_Showing, MemoryProjectRepository):
    """Takes it for granted that who asks is a member."""

    def for_organization(self, principal, organization):
        """Collect for strangers."""
        own = super().for_organization(principal, organization)
        if own:
            return own
        return {
            one
            for person in self.everyone
            for one in super(TrustsTheOrganization, self).for_organization(person, organization)
        }


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryProjectRepository, set()),
        (NamesNoOrganization, {1}),
        (IgnoresOrganization, {2}),
        (IgnoresTeams, {3}),
        (KeepsDeleted, {4}),
        (CachesByOrganization, {1, 5}),
        (Invents, {2, 3}),
        (TrustsTheOrganization, {5}),
    ],
)
def test_a_faulty_repository_of_projects_is_rejected(kind, clauses):
    """The clause that it breaks fails."""

    class Faulty(shipped.ProjectRepositoryContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return projects(self, kind)

    assert broken_clauses(Faulty) == clauses


def keys(contract, kind):
    """Return one that holds the keys of the contract."""
    made = kind()
    for key in contract.active:
        made.add(key, project=contract.project, members=[contract.member])
    made.add(contract.disabled, project=contract.project, members=[contract.member], active=False)
    made.add(contract.elsewhere, project=contract.second_project, members=[contract.member])
    made.add(contract.foreign, project=contract.foreign_project, members=[contract.other])
    made.add(contract.hidden, project=contract.hidden_project, members=[contract.other])
    made.add(contract.inactive, project=contract.inactive_project, members=[contract.member], active=False)
    return made


class FirstKey(MemoryProjectKeyRepository):
    """Returns one key, the default one."""

    def for_project(self, principal, project):
        """Cut."""
        return super().for_project(principal, project)[:1]


class KeysOfTheOrganization(MemoryProjectKeyRepository):
    """Returns the keys of all projects of the organization."""

    def for_project(self, principal, project):
        """Collect."""
        found = super().for_project(principal, project)
        others = [
            super(KeysOfTheOrganization, self).for_project(principal, Project(n, "x", "1")) for n in ("1001", "1002")
        ]
        return {*found, *others[0], *others[1]} if found else ()


class ShowsDisabled(MemoryProjectKeyRepository):
    """Knows no difference between active keys and others."""

    def add(self, key, *, project, members, active=True):
        """Forget, unless it is the project that is not active."""
        super().add(key, project=project, members=members, active=active or project.id == "1001")


class AnotherDsn(ShowsDisabled):
    """Says of a disabled key something else."""

    def for_project(self, principal, project):
        """Change it."""
        found = super().for_project(principal, project)
        return [one if one.public_key != "c3" else ProjectKey("c3", "https://c3@example.com/0") for one in found]


class KeysOfDeleted(MemoryProjectKeyRepository):
    """Knows no difference between active projects and others."""

    def add(self, key, *, project, members, active=True):
        """Forget, unless it is the key that is not active."""
        super().add(key, project=project, members=members, active=active or project.id == "1004")


class CachesByProject(MemoryProjectKeyRepository):
    """Remembers the keys of a project, whoever asks."""

    def for_project(self, principal, project):
        """Remember what was found."""
        known = self.__dict__.setdefault("known", {})
        found = known.get(project.id) or super().for_project(principal, project)
        known[project.id] = found
        return found


class KeysOfEveryTeam(_Showing, MemoryProjectKeyRepository):
    """Shows a member of an organization the keys of all its projects."""

    def for_project(self, principal, project):
        """Collect, for who sees any."""
        own = super().for_project(principal, project)
        if project.organization_id != "101" or principal.id == "3" or project.id == "1999":
            return own
        return {one for person in self.everyone for one in super(KeysOfEveryTeam, self).for_project(person, project)}


class TrustsTheProject(_Showing, MemoryProjectKeyRepository):
    """Takes it for granted that who asks may see the project."""

    def for_project(self, principal, project):
        """Collect for strangers."""
        own = super().for_project(principal, project)
        if own:
            return own
        return {one for person in self.everyone for one in super(TrustsTheProject, self).for_project(person, project)}


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryProjectKeyRepository, set()),
        (FirstKey, {1}),
        (KeysOfTheOrganization, {2}),
        (ShowsDisabled, {3}),
        (TrustsTheProject, {4}),
        (KeysOfDeleted, {4}),
        (KeysOfEveryTeam, {4}),
        (CachesByProject, {4}),
        (AnotherDsn, {3}),
    ],
)
def test_a_faulty_repository_of_keys_is_rejected(kind, clauses):
    """The clause that it breaks fails."""

    class Faulty(shipped.ProjectKeyRepositoryContract):
        """Makes it."""

        def make(self):
            """Return one."""
            return keys(self, kind)

    assert broken_clauses(Faulty) == clauses


@pytest.mark.parametrize("wrong_from", [2, 3])
def test_a_repository_that_forgets_is_rejected(wrong_from):
    """Whoever is asked again answers the same, the second time and the third."""

    def forgetting(kind, method):
        def answer(self, *asked):
            found = getattr(kind, method)(self, *asked)
            return () if len(self.calls) >= wrong_from else found

        return type("Forgetting", (kind,), {method: answer})

    class Projects(shipped.ProjectRepositoryContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return projects(self, forgetting(MemoryProjectRepository, "for_organization"))

    class Keys(shipped.ProjectKeyRepositoryContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return keys(self, forgetting(MemoryProjectKeyRepository, "for_project"))

    assert 6 in broken_clauses(Projects)
    assert 5 in broken_clauses(Keys)
