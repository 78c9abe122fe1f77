"""
The contracts of what a host provides beside its request buffer, one test for each clause of each port.

Rules of this file: no test framework. What a port has done shows in the host's own world, so each contract has a hook
that looks there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alertkit.testing.contracts._attempts import NOON
from alertkit.webhooks._health import DailyTally, Verdict
from alertkit.webhooks._ports import AuditLog, IntegrationRegistry, OwnerNotifier
from alertkit.webhooks._retirement import AuditEntry, RetirementNotice

__all__ = ["AuditLogContract", "IntegrationRegistryContract", "OwnerNotifierContract"]


class IntegrationRegistryContract:
    """Subclass it and define `make` and `is_enabled`."""

    integration_ids: Sequence[str] = ("billing-sync", "billing-sync-2")
    """Two ids that your registry can have."""

    def make(self) -> IntegrationRegistry:
        """Return a registry that holds `integration_ids`, both enabled."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def is_enabled(self, registry: IntegrationRegistry, integration_id: str) -> bool:
        """Return whether the host would hand the integration to a sender as enabled."""
        raise NotImplementedError("a subclass of this contract defines `is_enabled`")

    def test_clause_1_disabled_is_disabled(self) -> None:
        """After `disable` the integration is disabled."""
        registry = self.make()
        first, _ = self.integration_ids
        assert self.is_enabled(registry, first)
        registry.disable(first)

        assert not self.is_enabled(registry, first)

    def test_clause_2_twice_and_unknown_are_no_errors(self) -> None:
        """Disabling one that is disabled, or that is not there any more, is no error."""
        registry = self.make()
        first, second = self.integration_ids
        registry.disable(first)
        registry.disable(first)
        registry.disable(first + second)

        assert not self.is_enabled(registry, first)

    def test_clause_3_the_others_stay(self) -> None:
        """Every other integration stays as it is."""
        registry = self.make()
        first, second = self.integration_ids
        registry.disable(first)

        assert self.is_enabled(registry, second)


class OwnerNotifierContract:
    """Subclass it and define `make` and `told`."""

    def make(self) -> OwnerNotifier:
        """Return a notifier that has told nobody anything yet."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def told(self, notifier: OwnerNotifier) -> Sequence[str]:
        """Return the texts that reached the owners, or are queued for them, oldest first."""
        raise NotImplementedError("a subclass of this contract defines `told`")

    def test_clause_1_owners_read_what_why_and_where(self) -> None:
        """A notice reaches its owners whole: what was disabled, why, and where to mend it."""
        notifier = self.make()
        notifier.notify(RetirementNotice(**_snapshot(1)))

        (text,) = self.told(notifier)
        for part in ("Billing sync 1", "silent for a week", "https://hooks.example.com/1", "https://host.example/1"):
            assert part in text

    def test_clause_2_in_the_order_in_which_they_came(self) -> None:
        """Notices are told in the order in which they came, and each of them is."""
        notifier = self.make()
        for number in range(3):
            notifier.notify(RetirementNotice(**_snapshot(number)))

        texts = self.told(notifier)
        assert [f"Billing sync {number}" in text for number, text in enumerate(texts)] == [True] * 3


class AuditLogContract:
    """Subclass it and define `make` and `kept`."""

    def make(self) -> AuditLog:
        """Return an audit log without an entry."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def kept(self, audit: AuditLog) -> Sequence[AuditEntry]:
        """Return every entry as it reads back from the log, oldest first."""
        raise NotImplementedError("a subclass of this contract defines `kept`")

    def test_clause_1_an_entry_is_kept_as_it_was_given(self) -> None:
        """An entry reads back equal, the tallies and the verdict too."""
        audit = self.make()
        entry = AuditEntry(**_snapshot(1))
        audit.record(entry)

        assert list(self.kept(audit)) == [entry]

    def test_clause_2_in_the_order_in_which_they_came(self) -> None:
        """Entries are kept in the order in which they came."""
        audit = self.make()
        entries = [AuditEntry(**_snapshot(number)) for number in (2, 1, 3)]
        for entry in entries:
            audit.record(entry)

        assert list(self.kept(audit)) == entries


def _snapshot(number: int) -> dict[str, Any]:
    day = NOON.date()
    return {
        "retirement_id": f"ret_{number}",
        "integration_id": f"billing-sync-{number}",
        "slug": f"billing-sync-{number}",
        "name": f"Billing sync {number}",
        "url": f"https://hooks.example.com/{number}",
        "organization_id": str(number),
        "verdict": Verdict(True, "silent for a week", (day,)),
        "tallies": (DailyTally(day=day, timeout=number),),
        "at": NOON,
        "disabled": True,
        "settings_url": f"https://host.example/{number}",
    }
