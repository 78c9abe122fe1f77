"""
The contracts of the repositories behind an install form, one test for each clause of each port.

Rules of this file: no test framework. The world that a contract asks about stands in its attributes, so that a subclass
can give it ids that its database can have; `make` builds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alertkit._organization import Organization, Project
from alertkit.cloudflare._ports import (
    OrganizationRepository,
    ProjectKeyRepository,
    ProjectRepository,
)
from alertkit.cloudflare._project import ProjectKey
from alertkit.testing.contracts._authenticator import People

__all__ = [
    "OrganizationRepositoryContract",
    "ProjectKeyRepositoryContract",
    "ProjectRepositoryContract",
]


def _ids(found: Iterable[Organization | Project]) -> set[str]:
    return {one.id for one in found}


def _public_keys(found: Iterable[ProjectKey]) -> set[str]:
    return {key.public_key for key in found}


class OrganizationRepositoryContract(People):
    """Subclass it and define `make`."""

    visible: Sequence[Organization] = (Organization("101", "zeta"), Organization("102", "acme"))
    """Those that `member` may configure, and `other` may not."""
    foreign: Organization = Organization("103", "globex")
    """One that `other` may configure, and `member` may not."""
    inactive: Organization = Organization("104", "closed")
    """One that `member` belongs to, and which is not active any more."""

    def make(self) -> OrganizationRepository:
        """Return a repository that holds these organizations."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_every_one_is_there(self) -> None:
        """Every organization in which the principal may configure projects is there."""
        repository = self.make()

        assert set(self.visible) <= set(repository.for_principal(self.member))
        assert self.foreign in set(repository.for_principal(self.other))

    def test_clause_2_no_other_is(self) -> None:
        """What only others may configure is not there."""
        repository = self.make()

        assert _ids(repository.for_principal(self.member)) <= _ids((*self.visible, self.inactive))
        assert not _ids(self.visible) & _ids(repository.for_principal(self.other))

    def test_clause_3_none_that_is_not_active(self) -> None:
        """Though the principal belongs to it."""
        assert self.inactive.id not in _ids(self.make().for_principal(self.member))

    def test_clause_4_nothing_for_who_is_not_known(self) -> None:
        """And no error."""
        assert not set(self.make().for_principal(self.nobody))

    def test_clause_5_the_same_when_asked_twice(self) -> None:
        """As long as nothing has changed."""
        repository = self.make()
        answers = [set(repository.for_principal(self.member)) for _ in range(3)]

        assert answers[0] == answers[1] == answers[2]


class ProjectRepositoryContract(People):
    """Subclass it and define `make`."""

    organization: Organization = Organization("101", "zeta")
    """One that `member` and `other` may configure."""
    second_organization: Organization = Organization("102", "acme")
    """One that `member` may configure."""
    foreign_organization: Organization = Organization("103", "globex")
    """One that `other` may configure, and `member` may not."""
    unknown_organization: Organization = Organization("199", "nowhere")
    """One that there is not."""
    visible: Sequence[Project] = (Project("1001", "web", "101"), Project("1002", "api", "101"))
    """Those of `organization` that `member` may configure."""
    hidden: Project | None = Project("1003", "payroll", "101")
    """One of `organization` that `other` may configure, and `member` may not; None where your members may all."""
    inactive: Project = Project("1004", "old", "101")
    """One of `organization` that was `member`'s to configure, and is not active, or waits to be deleted."""
    elsewhere: Project = Project("1005", "shop", "102")
    """One of `second_organization` that `member` may configure."""
    foreign: Project = Project("1006", "hr", "103")
    """One of `foreign_organization` that `other` may configure."""

    def make(self) -> ProjectRepository:
        """Return a repository that holds these projects."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_every_one_is_there(self) -> None:
        """Every project of the organization that the principal may configure, with the organization's id."""
        repository = self.make()

        assert set(self.visible) <= set(repository.for_organization(self.member, self.organization))
        assert self.elsewhere in set(repository.for_organization(self.member, self.second_organization))
        if self.hidden is not None:
            assert self.hidden in set(repository.for_organization(self.other, self.organization))

    def test_clause_2_none_of_another_organization(self) -> None:
        """Though the principal may configure it."""
        repository = self.make()

        assert self.elsewhere.id not in _ids(repository.for_organization(self.member, self.organization))
        assert _ids(repository.for_organization(self.member, self.second_organization)) <= {self.elsewhere.id}

    def test_clause_3_none_of_others(self) -> None:
        """What only others of the same organization may configure is not there."""
        found = _ids(self.make().for_organization(self.member, self.organization))

        assert self.hidden is None or self.hidden.id not in found
        assert found <= _ids((*self.visible, self.inactive, self.elsewhere))

    def test_clause_4_none_that_is_not_active(self) -> None:
        """Nor one that waits to be deleted."""
        assert self.inactive.id not in _ids(self.make().for_organization(self.member, self.organization))

    def test_clause_5_nothing_of_an_organization_that_is_not_the_principals(self) -> None:
        """Nor of one that is not known, nor for a principal that is not, and no error."""
        repository = self.make()

        assert not set(repository.for_organization(self.member, self.unknown_organization))
        assert not set(repository.for_organization(self.member, self.foreign_organization))
        # Whoever asked before says nothing of who asks now.
        assert set(repository.for_organization(self.member, self.organization))
        assert not set(repository.for_organization(self.nobody, self.organization))

    def test_clause_6_the_same_when_asked_twice(self) -> None:
        """As long as nothing has changed."""
        repository = self.make()
        answers = [set(repository.for_organization(self.member, self.organization)) for _ in range(3)]

        assert answers[0] == answers[1] == answers[2]


class ProjectKeyRepositoryContract(People):
    """Subclass it and define `make`."""

    project: Project = Project("1001", "web", "101")
    """One that `member` may configure."""
    second_project: Project = Project("1002", "api", "101")
    """Another one that `member` may configure."""
    foreign_project: Project = Project("1006", "hr", "103")
    """One that `other` may configure, and `member` may not."""
    hidden_project: Project | None = Project("1003", "payroll", "101")
    """One beside `project` that `other` may configure, and `member` may not; None where your members may all."""
    inactive_project: Project = Project("1004", "old", "101")
    """One that was `member`'s to configure, and is not active, or waits to be deleted."""
    unknown_project: Project = Project("1999", "nowhere", "101")
    """One that there is not."""
    active: Sequence[ProjectKey] = (
        ProjectKey("b2", "https://b2@example.com/1001"),
        ProjectKey("a1", "https://a1@example.com/1001"),
    )
    """Those of `project`."""
    disabled: ProjectKey = ProjectKey("c3", "https://c3@example.com/1001")
    """One of `project` that is disabled."""
    elsewhere: ProjectKey = ProjectKey("d4", "https://d4@example.com/1002")
    """One of `second_project`."""
    foreign: ProjectKey = ProjectKey("e5", "https://e5@example.com/1006")
    """One of `foreign_project`."""
    hidden: ProjectKey = ProjectKey("f6", "https://f6@example.com/1003")
    """One of `hidden_project`, where there is one."""
    inactive: ProjectKey = ProjectKey("g7", "https://g7@example.com/1004")
    """One of `inactive_project`."""

    def make(self) -> ProjectKeyRepository:
        """Return a repository that holds these keys."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_every_one_is_there(self) -> None:
        """Every key of the project that is active, with its public DSN."""
        repository = self.make()

        assert set(self.active) <= set(repository.for_project(self.member, self.project))
        assert self.elsewhere in set(repository.for_project(self.member, self.second_project))
        assert self.foreign in set(repository.for_project(self.other, self.foreign_project))
        if self.hidden_project is not None:
            assert self.hidden in set(repository.for_project(self.other, self.hidden_project))

    def test_clause_2_none_of_another_project(self) -> None:
        """Though the principal may configure it."""
        repository = self.make()

        found = _public_keys(repository.for_project(self.member, self.project))
        assert found <= _public_keys((*self.active, self.disabled))
        assert _public_keys(repository.for_project(self.member, self.second_project)) <= {self.elsewhere.public_key}

    def test_clause_3_none_that_is_disabled(self) -> None:
        """Events that come with it would be dropped."""
        found = _public_keys(self.make().for_project(self.member, self.project))

        assert self.disabled.public_key not in found

    def test_clause_4_nothing_of_a_project_that_is_not_the_principals(self) -> None:
        """Nor of one that is not known or not active, nor for a principal that is not known, and no error."""
        repository = self.make()

        for project in (self.unknown_project, self.foreign_project, self.inactive_project, self.hidden_project):
            assert project is None or not set(repository.for_project(self.member, project))
        # Whoever asked before says nothing of who asks now.
        assert set(repository.for_project(self.member, self.project))
        assert not set(repository.for_project(self.nobody, self.project))

    def test_clause_5_the_same_when_asked_twice(self) -> None:
        """As long as nothing has changed."""
        repository = self.make()
        answers = [set(repository.for_project(self.member, self.project)) for _ in range(3)]

        assert answers[0] == answers[1] == answers[2]
