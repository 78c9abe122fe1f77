"""Repositories of services that are wrong in one thing each, and the clause of the contract that finds it."""

import attrs
import pytest
from contract_runs import broken_clauses

from alertkit.pagerduty import Region
from alertkit.testing import MemoryServiceRepository
from alertkit.testing.contracts import ServiceRepositoryContract


class LosesTheRegion(MemoryServiceRepository):
    """Has no column for it."""

    def find(self, account_id, service_id):
        """Say the usual one."""
        found = super().find(account_id, service_id)
        return found and attrs.evolve(found, region=Region.US)


class FindsOnce(MemoryServiceRepository):
    """Uses up what it finds."""

    def find(self, account_id, service_id):
        """Find, and forget."""
        found = super().find(account_id, service_id)
        self.remove(account_id, service_id)
        return found


class RaisesForUnknown(MemoryServiceRepository):
    """Finds nothing, and says so loudly."""

    def find(self, account_id, service_id):
        """Look up."""
        return self._services[account_id, service_id]


class NeverForgets(MemoryServiceRepository):
    """Keeps what was removed."""

    def remove(self, account_id, service_id):
        """Do nothing."""


class IgnoresTheAccount(MemoryServiceRepository):
    """Looks up by the id of the service alone."""

    def find(self, account_id, service_id):
        """Take the newest of any account that is known."""
        if account_id not in {account for account, _ in self._services}:
            return None
        return next((found for (_, id_), found in reversed(self._services.items()) if id_ == service_id), None)


class OneOfEachId(MemoryServiceRepository):
    """Takes ids of services for unique, and the last one wins."""

    def add(self, account_id, service):
        """Push out the one of another account."""
        self._services = {key: found for key, found in self._services.items() if key[1] != service.id}
        super().add(account_id, service)


class BlindToBlanks(MemoryServiceRepository):
    """Is kind to blanks."""

    def find(self, account_id, service_id):
        """Strip."""
        return super().find(account_id.strip(), service_id.strip())


def _numbered(text):
    try:
        return str(int(text))
    except ValueError:
        return text


class AsksByNumber(MemoryServiceRepository):
    """Makes a number of whatever can be one."""

    def find(self, account_id, service_id):
        """Convert."""
        return super().find(_numbered(account_id), _numbered(service_id))


class AsksByPattern(MemoryServiceRepository):
    """Uses LIKE."""

    def find(self, account_id, service_id):
        """Take a percent sign for anything."""
        stem, sign, _ = service_id.partition("%")
        for (account, id_), found in self._services.items():
            if account == account_id and (id_.startswith(stem) if sign else id_ == service_id):
                return found
        return None


class BlindToCase(MemoryServiceRepository):
    """Compares as a database does that knows no case."""

    def find(self, account_id, service_id):
        """Fold."""
        return next(
            (
                found
                for (account, id_), found in self._services.items()
                if (account.lower(), id_.lower()) == (account_id.lower(), service_id.lower())
            ),
            None,
        )


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryServiceRepository, set()),
        (LosesTheRegion, {1}),
        (FindsOnce, {1}),
        (RaisesForUnknown, {2, 3, 5}),
        (NeverForgets, {2}),
        (IgnoresTheAccount, {3, 4}),
        (OneOfEachId, {4}),
        (BlindToBlanks, {5}),
        (AsksByNumber, {5}),
        (AsksByPattern, {5}),
        (BlindToCase, {5}),
    ],
)
def test_a_faulty_repository_of_services_is_rejected(kind, clauses):
    """The clause that it breaks fails."""
    contract = ServiceRepositoryContract
    named = attrs.evolve(contract.services[0], id="checkout")

    class Faulty(contract):
        """Makes it; the first service has an id of letters, as some databases do."""

        services = (named, *contract.services)

        def make(self):
            """Return one."""
            made = kind()
            for service in (*contract.services, named, self.removed, self.shared_ids[0]):
                made.add(self.account_id, service)
            for service in (self.foreign, self.shared_ids[1]):
                made.add(self.other_account_id, service)
            made.remove(self.account_id, self.removed.id)
            return made

    assert broken_clauses(Faulty) == clauses


def test_accounts_may_be_unable_to_share_an_id():
    """A repository whose ids are unique says so, and clause 4 asks for nothing."""

    class Unique(ServiceRepositoryContract):
        """Has no two services of the same id."""

        shared_ids = None

        def make(self):
            """Return one."""
            made = OneOfEachId()
            for service in self.services:
                made.add(self.account_id, service)
            made.add(self.other_account_id, self.foreign)
            return made

    assert broken_clauses(Unique) == set()
