"""
What the host provides: which PagerDuty services an account has.

Rules of this file: numbered clauses, each proved by one test of the port's contract in `alertkit.testing.contracts`.
The port raises what its backend raises; the send is then a `StoreError`, with the cause.
"""

from __future__ import annotations

from typing import Protocol

from alertkit.pagerduty._service import PagerDutyService

__all__ = ["ServiceRepository"]


class ServiceRepository(Protocol):
    """
    The PagerDuty services of the host's accounts, looked up by id when a rule fires.

    1. A service of the account is found by its id, with its name, integration key and region, the same whenever it is
       asked for, as long as nothing has changed.
    2. One that is not known, or was removed, or whose account is not known, is None, and no error.
    3. A service of another account is None, though it exists.
    4. Two accounts may have a service of the same id: each finds its own.
    5. Ids are text and compared exactly: no other case, no blank or zero more or less, no part and no pattern.
    """

    def find(self, account_id: str, service_id: str) -> PagerDutyService | None:
        """Return the service, or None."""
        ...
