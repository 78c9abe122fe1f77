"""The ports in memory keep the contracts, and say what they were asked."""

from alertkit.cloudflare import Organization
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
)
from alertkit.testing.contracts import (
    AuthenticatorContract,
    OrganizationRepositoryContract,
    ProjectKeyRepositoryContract,
    ProjectRepositoryContract,
)


class TestMemoryAuthenticator(AuthenticatorContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        authenticator = MemoryAuthenticator()
        authenticator.add(self.token, self.member)
        authenticator.add(self.other_token, self.other)
        for token in self.dead_tokens:
            authenticator.add(token, self.member)
            authenticator.revoke(token)
        return authenticator


class TestMemoryOrganizationRepository(OrganizationRepositoryContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        repository = MemoryOrganizationRepository()
        for organization in self.visible:
            repository.add(organization, members=[self.member])
        repository.add(self.foreign, members=[self.other])
        repository.add(self.inactive, members=[self.member], active=False)
        return repository


class TestMemoryProjectRepository(ProjectRepositoryContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        repository = MemoryProjectRepository()
        for project in (*self.visible, self.elsewhere):
            repository.add(project, members=[self.member])
        for project in (self.hidden, self.foreign):
            repository.add(project, members=[self.other])
        repository.add(self.inactive, members=[self.member], active=False)
        return repository


class TestMemoryProjectKeyRepository(ProjectKeyRepositoryContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        repository = MemoryProjectKeyRepository()
        for key in self.active:
            repository.add(key, project=self.project, members=[self.member])
        repository.add(self.disabled, project=self.project, members=[self.member], active=False)
        repository.add(self.elsewhere, project=self.second_project, members=[self.member])
        repository.add(self.foreign, project=self.foreign_project, members=[self.other])
        return repository


def test_calls_are_counted():
    """Whom a repository was asked about, in order, and how often an authenticator was asked."""
    people = OrganizationRepositoryContract
    repository, authenticator = MemoryOrganizationRepository(), MemoryAuthenticator()
    repository.add(Organization("1", "acme"), members=[people.member, people.other])
    for one in (people.other, people.member, people.other):
        repository.for_principal(one)
    authenticator.authenticate("x")
    authenticator.revoke("x")

    assert repository.calls == ("2", "1", "2")
    assert authenticator.calls == 1
