"""
An app that alerts: a checkout that cannot charge pages someone, and each order is told to an integration.

Everything that reaches outside is handed in, so that its tests, beside this file, need no network.
"""

from __future__ import annotations

import attrs

from alertkit import AlertKitError
from alertkit.pagerduty import PagerDutyClient, TriggerEvent
from alertkit.webhooks import Delivery, Installation, Integration, WebhookEvent, WebhookSender


class Integrations:
    """The app's table of integrations, which is the sender's registry too."""

    def __init__(self, *integrations: Integration) -> None:
        """Take the rows."""
        self._rows = {integration.id: integration for integration in integrations}

    def find(self, integration_id: str) -> Integration | None:
        """Return the integration as it is now."""
        return self._rows.get(integration_id)

    def disable(self, integration_id: str) -> None:
        """Switch the integration off, if it is still there."""
        found = self._rows.get(integration_id)
        if found is not None:
            self._rows[integration_id] = attrs.evolve(found, enabled=False)


@attrs.frozen
class Checkout:
    """What happens to orders."""

    pagerduty: PagerDutyClient
    sender: WebhookSender
    integrations: Integrations

    def cannot_charge(self, reason: str) -> bool:
        """Page someone; whether someone is paged. A customer waits, so nothing is raised."""
        event = TriggerEvent(
            summary=f"Checkout cannot charge: {reason}",
            source="checkout",
            severity="critical",
            dedup_key="checkout/charge",
        )
        try:
            self.pagerduty.send_trigger(event)
        except AlertKitError:
            return False
        return True

    def order_placed(self, order_id: str, *, integration_id: str) -> Delivery | None:
        """Tell the integration; None where there is none."""
        integration = self.integrations.find(integration_id)
        if integration is None:
            return None
        event = WebhookEvent(
            resource="order", action="placed", installation=Installation(uuid="6f1c"), data={"order": {"id": order_id}}
        )
        return self.sender.send(integration, event)
