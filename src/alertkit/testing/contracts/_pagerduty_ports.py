"""
The contract of what a host provides for PagerDuty, one test for each clause of the port.

Rules of this file: no test framework. The world that the contract asks about stands in its attributes, so that a
subclass can give it ids that its database can have; `make` builds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from alertkit.pagerduty._ports import ServiceRepository
from alertkit.pagerduty._region import Region
from alertkit.pagerduty._service import PagerDutyService
from alertkit.testing.contracts._near import near

__all__ = ["ServiceRepositoryContract"]


class ServiceRepositoryContract:
    """Subclass it and define `make`."""

    account_id: str = "1"
    other_account_id: str = "2"
    unknown_account_id: str = "9"
    """Of no account."""
    services: Sequence[PagerDutyService] = (
        PagerDutyService(id="17", name="Checkout", integration_key="0" * 31 + "a"),
        PagerDutyService(id="18", name="Search", integration_key="0" * 31 + "b", region=Region.EU),
    )
    """Those of the account."""
    foreign: PagerDutyService = PagerDutyService(id="19", name="Payroll", integration_key="0" * 31 + "c")
    """One of the other account."""
    shared_ids: tuple[PagerDutyService, PagerDutyService] | None = (
        PagerDutyService(id="20", name="Disk", integration_key="0" * 31 + "d"),
        PagerDutyService(id="20", name="Tape", integration_key="0" * 31 + "e"),
    )
    """One of the account and one of the other, with the same id; None where no two services can have the same."""
    removed: PagerDutyService = PagerDutyService(id="21", name="Old", integration_key="0" * 31 + "f")
    """One that the account had, and has no more."""

    def make(self) -> ServiceRepository:
        """Return a repository that holds these services."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_a_service_is_found_by_its_id(self) -> None:
        """With all that is known of it, whenever it is asked for."""
        repository = self.make()
        for _ in range(2):
            for service in self.services:
                assert repository.find(self.account_id, service.id) == service
            assert repository.find(self.other_account_id, self.foreign.id) == self.foreign

    def test_clause_2_one_that_is_gone_is_none(self) -> None:
        """Nor is one that never was, and no error."""
        repository = self.make()

        assert repository.find(self.account_id, self.removed.id) is None
        assert repository.find(self.unknown_account_id, self.services[0].id) is None
        for unknown in ("999999", "unknown", "'; --", "x" * 256, "-1", "9" * 40, "é"):
            assert repository.find(self.account_id, unknown) is None
            assert repository.find(unknown, self.services[0].id) is None

    def test_clause_3_one_of_another_account_is_none(self) -> None:
        """Though it exists."""
        repository = self.make()

        assert repository.find(self.account_id, self.foreign.id) is None
        for service in self.services:
            assert repository.find(self.other_account_id, service.id) is None

    def test_clause_4_each_account_finds_its_own(self) -> None:
        """Where two services have the same id."""
        if self.shared_ids is not None:
            repository = self.make()

            assert repository.find(self.account_id, self.shared_ids[0].id) == self.shared_ids[0]
            assert repository.find(self.other_account_id, self.shared_ids[1].id) == self.shared_ids[1]

    def test_clause_5_ids_are_compared_exactly(self) -> None:
        """No other spelling of an id finds what the id finds."""
        repository = self.make()
        for other in (other for service in self.services for other in near(service.id)):
            assert repository.find(self.account_id, other) is None
        for other in near(self.account_id):
            assert repository.find(other, self.services[0].id) is None
