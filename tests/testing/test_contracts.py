"""The shipped contracts see who breaks them: each clause fails for an implementation that is wrong in just that."""

import inspect
import re

import attrs
import pytest
from contract_runs import broken_clauses

import alertkit.testing.contracts as shipped
from alertkit import Transport
from alertkit.caching import Cache
from alertkit.cloudflare import Authenticator, OrganizationRepository, ProjectKeyRepository, ProjectRepository
from alertkit.mail import MailQueue
from alertkit.pagerduty.services import ServiceRepository
from alertkit.testing import MemoryAuditLog, MemoryIntegrationRegistry, MemoryOwnerNotifier
from alertkit.webhooks import (
    AuditLog,
    BrokenPolicy,
    HookSigner,
    IntegrationLookup,
    IntegrationRegistry,
    OrganizationLookup,
    OwnerNotifier,
    ProjectLookup,
    RequestBuffer,
    Signer,
    Verdict,
)

PORTS = {
    shipped.TransportContract: Transport,
    shipped.RequestBufferContract: RequestBuffer,
    shipped.IntegrationRegistryContract: IntegrationRegistry,
    shipped.OwnerNotifierContract: OwnerNotifier,
    shipped.AuditLogContract: AuditLog,
    shipped.ProjectLookupContract: ProjectLookup,
    shipped.OrganizationLookupContract: OrganizationLookup,
    shipped.IntegrationLookupContract: IntegrationLookup,
    shipped.SignerContract: Signer,
    shipped.CacheContract: Cache,
    shipped.BrokenPolicyContract: BrokenPolicy,
    shipped.AuthenticatorContract: Authenticator,
    shipped.OrganizationRepositoryContract: OrganizationRepository,
    shipped.ProjectRepositoryContract: ProjectRepository,
    shipped.ProjectKeyRepositoryContract: ProjectKeyRepository,
    shipped.ServiceRepositoryContract: ServiceRepository,
    shipped.MailQueueContract: MailQueue,
}


@pytest.mark.parametrize(("contract", "port"), PORTS.items(), ids=lambda each: each.__name__)
def test_each_clause_of_a_port_has_one_test(contract, port):
    """The numbers in the docstring of the port are those of the tests in its contract."""
    clauses = re.findall(r"^(\d+)\. ", inspect.getdoc(port), re.MULTILINE)
    tests = [re.match(r"test_clause_(\d+)_", name) for name in dir(contract) if name.startswith("test_")]

    assert sorted(found[1] for found in tests) == sorted(clauses)


@pytest.mark.parametrize("contract", PORTS, ids=lambda each: each.__name__)
def test_a_contract_says_what_it_needs(contract):
    """Whoever subclasses it and forgets a hook is told by Python itself."""
    optional = ("test_", "_", "close", "open_again")
    hooks = [name for name, _ in inspect.getmembers(contract, inspect.isfunction) if not name.startswith(optional)]

    assert "make" in hooks
    for name in hooks:
        missing = [None] * (len(inspect.signature(getattr(contract, name)).parameters) - 1)
        with pytest.raises(NotImplementedError):
            getattr(contract(), name)(*missing)


class DisablesNothing(MemoryIntegrationRegistry):
    """Takes note and does nothing."""

    def disable(self, integration_id):
        """Do nothing."""


class DisablesOnce(MemoryIntegrationRegistry):
    """Fails for what is disabled already."""

    def disable(self, integration_id):
        """Fail the second time."""
        if not self.is_enabled(integration_id):
            raise LookupError(integration_id)
        super().disable(integration_id)


class DisablesAll(MemoryIntegrationRegistry):
    """Disables every integration."""

    def is_enabled(self, integration_id):
        """Be all or nothing."""
        return not self.disabled


@pytest.mark.parametrize(("registry", "clause"), [(DisablesNothing, 1), (DisablesOnce, 2), (DisablesAll, 3)], ids=str)
def test_a_faulty_registry_is_rejected(registry, clause):
    """By the clause that it breaks."""

    class Faulty(shipped.IntegrationRegistryContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return registry()

        def is_enabled(self, made, integration_id):
            """Look."""
            return made.is_enabled(integration_id)

    assert clause in broken_clauses(Faulty)


@pytest.mark.parametrize(
    ("told", "clause"),
    [
        (lambda notices: [notice.name for notice in notices], 1),
        (lambda notices: [str(notice) for notice in notices[:1]], 2),
        (lambda notices: [str(notice) for notice in notices[::-1]], 2),
        (lambda notices: [], 1),
    ],
)
def test_a_faulty_notifier_is_rejected(told, clause):
    """One that tells half of it, too few, in the wrong order, or nothing."""

    class Faulty(shipped.OwnerNotifierContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return MemoryOwnerNotifier()

        def told(self, notifier):
            """Tell."""
            return told(notifier.notices)

    assert clause in broken_clauses(Faulty)


@pytest.mark.parametrize(
    ("kept", "clause"),
    [
        (lambda entries: [attrs.evolve(entry, tallies=()) for entry in entries], 1),
        (lambda entries: entries[:1], 2),
        (lambda entries: entries[::-1], 2),
    ],
)
def test_a_faulty_audit_log_is_rejected(kept, clause):
    """One that keeps half of it, too few, or in the wrong order."""

    class Faulty(shipped.AuditLogContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return MemoryAuditLog()

        def kept(self, audit):
            """Keep."""
            return kept(audit.entries)

    assert clause in broken_clauses(Faulty)


class SignsWithTheOldest(HookSigner):
    """Takes the last secret for the newest."""

    def headers(self, *, secrets, **options):
        """Turn around."""
        return super().headers(secrets=secrets[::-1], **options)

    def verify(self, headers, body, *, secrets, **options):
        """Know one secret."""
        super().verify(headers, body, secrets=secrets[:1], **options)


class TrustsEverybody(HookSigner):
    """Verifies nothing."""

    def verify(self, headers, body, **options):
        """Trust."""


class Leaks(HookSigner):
    """Lets another error out."""

    def verify(self, headers, body, **options):
        """Read a number first."""
        float(headers.get("Sentry-Hook-Timestamp", "0"))
        super().verify(headers, body, **options)


class Random(HookSigner):
    """Signs otherwise every time."""

    def headers(self, **options):
        """Count."""
        return {**super().headers(**options), "X-Nonce": str(id(object()) + len(CALLS.append(1) or CALLS))}


CALLS = []


@pytest.mark.parametrize(
    ("signer", "clause"),
    [(SignsWithTheOldest, 1), (TrustsEverybody, 2), (Leaks, 3), (Random, 4)],
    ids=str,
)
def test_a_faulty_signer_is_rejected(signer, clause):
    """By the clause that it breaks."""

    class Faulty(shipped.SignerContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return signer()

    assert clause in broken_clauses(Faulty)


class Mute:
    """Gives no reason."""

    def judge(self, tallies, *, today):
        """Say nothing."""
        return Verdict(False)


class Moody:
    """Changes its mind."""

    def judge(self, tallies, *, today):
        """Say otherwise every time."""
        CALLS.append(1)
        return Verdict(len(CALLS) % 2 == 0, "so it is")


class Consumes:
    """Uses up what it looks at."""

    def judge(self, tallies, *, today):
        """Take it away, where that can be done."""
        if isinstance(tallies, list):
            tallies.clear()
        return Verdict(False, "all is well")


class AgainstSuccess:
    """Breaks what works."""

    def judge(self, tallies, *, today):
        """Count successes."""
        return Verdict(sum(tally.success for tally in tallies) > 30, "too good")


class WantsTraffic:
    """Breaks what mostly fails, once there were enough attempts to say so, successes among them."""

    def __init__(self, least, days):
        """Take how many attempts that are, and in how many days, each of which has to have a failure."""
        self.least, self.days = least, days

    def judge(self, tallies, *, today):
        """Count."""
        seen = tallies[-self.days :]
        total, well = sum(tally.total for tally in seen), sum(tally.success for tally in seen)
        is_failing = all(tally.total > tally.success for tally in seen) and total > 2 * well
        return Verdict(is_failing and total >= self.least, f"{well} of {total} attempts went well")


@pytest.mark.parametrize("days", [1, 7])
@pytest.mark.parametrize("least", [10, 20, 50, 95, 98, 100, 103, 105, 200, 500, 1000])
def test_a_policy_that_a_success_makes_speak_is_rejected(least, days):
    """Wherever its threshold lies, up to a thousand attempts."""

    class Faulty(shipped.BrokenPolicyContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return WantsTraffic(least, days)

    assert broken_clauses(Faulty) == {3}


@pytest.mark.parametrize(("policy", "clause"), [(Mute, 1), (Moody, 2), (Consumes, 2), (AgainstSuccess, 3)], ids=str)
def test_a_faulty_policy_is_rejected(policy, clause):
    """By the clause that it breaks."""

    class Faulty(shipped.BrokenPolicyContract):
        """Makes one."""

        def make(self):
            """Return one."""
            return policy()

    assert clause in broken_clauses(Faulty)
