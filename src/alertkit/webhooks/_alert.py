"""
An alert: what is told of an error, to which installed integration, and what became of it.

Rules of this file: an error is whatever has these attributes, so that the same object goes to PagerDuty too. A mapping
that a converter of `attrs` makes is none to every type checker, so that two of them may be anything here.
"""

from __future__ import annotations

from typing import Any, Protocol

from attrs import frozen

from alertkit._checks import of_type, refuse
from alertkit._words import Word
from alertkit.webhooks._delivery import Delivery, PortFailure
from alertkit.webhooks._event import Installation
from alertkit.webhooks._integration import Integration

__all__ = ["AlertDispatch", "AlertProblem", "AlertedError", "InstalledIntegration"]


class AlertedError(Protocol):
    """
    What an alert tells of an error. `alertkit.pagerduty.ErrorEvent` has all of it, and so may a class of yours.

    Each attribute is read once, so it may be lazy; what one raises is a result.
    """

    @property
    def event_id(self) -> str:
        """The id of this one error."""
        ...

    @property
    def issue_id(self) -> str | None:
        """The id of the group that it belongs to; None cannot be alerted about."""
        ...

    @property
    def project_id(self) -> str | None:
        """The id of the project that it happened in; None cannot be alerted about."""
        ...

    @property
    def title(self) -> str | None:
        """What it is called."""
        ...

    @property
    def message(self) -> str | None:
        """What it says."""
        ...

    @property
    def level(self) -> str | int:
        """How bad it is."""
        ...

    @property
    def culprit(self) -> str | None:
        """Where in the code it happened."""
        ...

    @property
    def transaction(self) -> str | None:
        """What was being done."""
        ...

    @property
    def tags(self) -> Any:
        """A mapping of what it can be searched by."""
        ...

    @property
    def details(self) -> Any:
        """A mapping of anything else that JSON can hold."""
        ...


@frozen
class InstalledIntegration:
    """An integration as an organization has it. Raises `InvalidEventError`."""

    integration: Integration
    installation: Installation

    def __attrs_post_init__(self) -> None:
        """Refuse what is neither."""
        refuse(
            of_type("integration", self.integration, Integration),
            of_type("installation", self.installation, Installation),
        )


class AlertProblem(Word):
    """Why an alert was not sent."""

    UNKNOWN_ISSUE = "unknown_issue"
    """The error belongs to no issue."""
    UNKNOWN_PROJECT = "unknown_project"
    UNKNOWN_ORGANIZATION = "unknown_organization"
    UNKNOWN_INTEGRATION = "unknown_integration"
    """There is none of this id, or it is not installed in the organization."""
    LOOKUP_FAILED = "lookup_failed"
    """A lookup or an attribute of the error raised, or a lookup returned another than was asked for. It may go well."""
    NOT_SENDABLE = "not_sendable"
    """Details that JSON cannot hold, names that no URL can, or secrets that sign nothing. It will be so again."""


@frozen(kw_only=True)
class AlertDispatch:
    """What became of an alert: a delivery, or the problem for which there is none."""

    integration_id: str
    event_id: str
    """Empty where it could not be read."""
    delivery: Delivery | None = None
    problem: AlertProblem | None = None
    failures: tuple[PortFailure, ...] = ()
    """What raised before there was a delivery; what failed beside one is on the delivery."""
