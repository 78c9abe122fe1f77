"""
A PagerDuty service of one of the host's accounts, and what is left of one that is gone.

Rules of this file: values. The integration key of a service is shown nowhere.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from alertkit._checks import line, refuse
from alertkit.errors import InvalidEventError, UsageError
from alertkit.pagerduty._checks import id_text
from alertkit.pagerduty._keys import RoutingKey, key_problems
from alertkit.pagerduty._region import Region, region_of

__all__ = ["PagerDutyService", "ServiceGone"]


def _id(value: str | int) -> Any:
    return id_text(value)


def _key(value: str) -> Any:
    try:
        return RoutingKey.parse(value).value
    except InvalidEventError:
        return value  # reported with the rest


def _region(value: Region | str) -> Any:
    try:
        return region_of(value)
    except UsageError:
        return value


@frozen(kw_only=True)
class PagerDutyService:
    """A service, as the host keeps it for one of its accounts. Raises `InvalidEventError` with every problem."""

    id: str = field(converter=_id)
    """The host's own id of it; a number is kept as text."""
    name: str
    """What people know it by."""
    integration_key: str = field(repr=False, converter=_key)
    """The routing key of its Events API v2 integration, cleaned of the blanks and quotes of a paste."""
    region: Region = field(default=Region.US, converter=_region)
    """Where its PagerDuty account lives."""

    def __attrs_post_init__(self) -> None:
        """Refuse what no event could be sent to, with all problems."""
        known = ", ".join(region.value for region in Region)
        refuse(
            line("id", self.id),
            line("name", self.name),
            key_problems("integration_key", self.integration_key),
            () if isinstance(self.region, Region) else (f"region must be one of {known}",),
        )


@frozen
class ServiceGone:
    """The account has no such service, any more or at all: nobody was paged."""

    account_id: str
    service_id: str

    def __str__(self) -> str:
        """Return one line for a person."""
        return f"account {self.account_id!r} has no PagerDuty service {self.service_id!r}"
