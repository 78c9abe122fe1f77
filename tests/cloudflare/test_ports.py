"""The ports in memory keep the contracts, and say what they were asked."""

import json

from cloudflare_world import SECRET, TOKEN, World
from contract_runs import broken_clauses

from alertkit.cloudflare import Organization
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
    signed_hook,
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
        repository.add(self.hidden, project=self.hidden_project, members=[self.other])
        repository.add(self.inactive, project=self.inactive_project, members=[self.member], active=False)
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


def test_hosts_whose_members_may_configure_all():
    """They have no project that is hidden, and say so."""

    class Projects(TestMemoryProjectRepository):
        """Has none."""

        hidden = None

        def make(self):
            """Return one in which both see what the first one may."""
            repository = MemoryProjectRepository()
            for project in (*self.visible, self.elsewhere):
                repository.add(project, members=[self.member, self.other])
            repository.add(self.foreign, members=[self.other])
            return repository

    class Keys(TestMemoryProjectKeyRepository):
        """Has no key of such a project either."""

        hidden_project = None

        def make(self):
            """Return one."""
            repository = MemoryProjectKeyRepository()
            for key in self.active:
                repository.add(key, project=self.project, members=[self.member, self.other])
            repository.add(self.elsewhere, project=self.second_project, members=[self.member])
            repository.add(self.foreign, project=self.foreign_project, members=[self.other])
            return repository

    assert broken_clauses(Projects) == broken_clauses(Keys) == set()


def test_a_signed_hook():
    """It is admitted as what it says, under either key, and shows neither its body nor its signature."""
    world = World(allow_test_variant=True)
    chosen = {"organization": "205", "project": "22", "dsn": "https://a1@example.com/22"}
    live = signed_hook("preview", chosen, secret=SECRET, token=TOKEN, properties={"account": {"order": 0}})
    test = signed_hook("option-change:account", secret="test-key", variant="test")
    replies = [world.installer.handle(body=hook.body, headers=hook.headers) for hook in (live, test)]

    assert [reply.status for reply in replies] == [200, 401]
    assert json.loads(replies[0].body)["install"]["options"] == chosen
    assert "account" in json.loads(replies[0].body)["install"]["schema"]["properties"]
    assert TOKEN not in repr(live)
    assert live.headers["X-Signature-HMAC-SHA256-HEX"] not in repr(live)
