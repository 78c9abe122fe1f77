"""The types of the Cloudflare form that a caller sees, as the design writes them. Type-checked, never executed."""

from collections.abc import Iterable, Iterator, Mapping

from typing_extensions import assert_type

from alertkit.cloudflare import (
    Authenticator,
    HookEvent,
    HookRecord,
    HookRefusal,
    Installer,
    Organization,
    OrganizationRepository,
    Principal,
    Project,
    ProjectKey,
    ProjectKeyRepository,
    ProjectRepository,
    Reply,
    account_metadata,
)
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
    SignedHook,
    signed_hook,
)
from alertkit.testing.contracts import (
    AuthenticatorContract,
    OrganizationRepositoryContract,
    ProjectKeyRepositoryContract,
    ProjectRepositoryContract,
)

authenticators: list[Authenticator] = [MemoryAuthenticator()]
organizations: list[OrganizationRepository] = [MemoryOrganizationRepository()]
projects: list[ProjectRepository] = [MemoryProjectRepository()]
keys: list[ProjectKeyRepository] = [MemoryProjectKeyRepository()]


class Lazy:
    """A repository of a host's own, which yields."""

    def for_principal(self, principal: Principal) -> Iterator[Organization]:
        """Yield one."""
        yield Organization(principal.id, "acme")


def observe(record: HookRecord) -> None:
    """Look."""
    assert_type(record.event, HookEvent | None)
    assert_type(record.refusal, HookRefusal | None)
    assert_type(record.replaced, tuple[str, ...])
    assert_type(record.dropped, tuple[str, ...])
    assert_type((record.secret_index, record.is_known), tuple[int | None, bool | None])
    assert_type((record.lost, record.failed_port), tuple[str | None, str | None])


def handling(body: bytes, headers: Mapping[str, str]) -> None:
    """An installer takes the ports, one secret or several, and the headers of any framework."""
    installer = Installer(
        secret=["new", "old"],
        authenticator=authenticators[0],
        organizations=Lazy(),
        projects=projects[0],
        keys=keys[0],
        allow_test_variant=False,
        titles={"organization": "Organization"},
        observer=observe,
        max_body=100_000,
    )
    hook = signed_hook("preview", {"organization": "1"}, secret="new", token=None, variant="1")
    assert_type(hook, SignedHook)
    installer.handle(body=hook.body, headers=hook.headers)
    reply = installer.handle(body=body, headers=headers)
    assert_type(reply, Reply)
    assert_type(reply.status, int)
    assert_type(reply.headers, Mapping[str, str])
    assert_type(reply.body, bytes)


def values() -> None:
    """Places and names."""
    principal = Principal("7", username="pat", email="")
    assert_type(principal.id, str)
    assert_type(Project("2", "web", organization_id="1").organization_id, str)
    assert_type(ProjectKey(public_key="a", dsn="https://a@h/1").dsn, str)
    assert_type(account_metadata(principal), dict[str, dict[str, str]])


class Tokens(AuthenticatorContract):
    """A contract takes whatever authenticates."""

    def make(self) -> Authenticator:
        """Return one."""
        return authenticators[0]


class Organizations(OrganizationRepositoryContract):
    """A contract takes whatever has organizations, in a world of its own."""

    visible = (Organization("1", "a"),)

    def make(self) -> OrganizationRepository:
        """Return one."""
        return Lazy()


class Projects(ProjectRepositoryContract):
    """A contract takes whatever has projects."""

    def make(self) -> ProjectRepository:
        """Return one."""
        return projects[0]


class Keys(ProjectKeyRepositoryContract):
    """A contract takes whatever has keys."""

    def make(self) -> ProjectKeyRepository:
        """Return one."""
        return keys[0]


def asking(repository: OrganizationRepository) -> Iterable[Organization]:
    """A port answers with anything that can be gone through."""
    return repository.for_principal(Principal("7"))
