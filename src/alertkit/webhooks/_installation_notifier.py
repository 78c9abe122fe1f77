"""
An integration was installed, or is gone: `installation.created`, `installation.deleted`.

Rules of this file: a shell over the sender. The code that authorizes an integration is sent once, when it is installed.
"""

from __future__ import annotations

from alertkit._checks import demand, of_type
from alertkit.webhooks._delivery import Delivery
from alertkit.webhooks._event import Actor, Installation, InstallationStatus, WebhookEvent
from alertkit.webhooks._integration import Integration
from alertkit.webhooks._sender import WebhookSender

__all__ = ["InstallationNotifier"]

_ACTIONS = ("created", "deleted")


class InstallationNotifier:
    """Tells an integration that an organization has installed it, or has it no longer. Threads may share it."""

    def __init__(self, *, sender: WebhookSender) -> None:
        """Take the sender, which stays the caller's to close. Raises `UsageError`."""
        demand(of_type("sender", sender, WebhookSender))
        self._sender = sender

    def send(
        self,
        integration: Integration,
        installation: Installation,
        *,
        action: str = "created",
        actor: Actor | None = None,
    ) -> Delivery:
        """
        Make one attempt to deliver `installation.created` or `installation.deleted`; to try again, send its message.

        An installation that says nothing of its status is installed. Its `code` goes with `created` alone, and is in no
        record; the message, which a task queue may hold, has it. `actor` is who did it, the sender's default where it
        is None. Raises `UsageError` for any other action.
        """
        demand(
            of_type("integration", integration, Integration),
            () if action in _ACTIONS else (f"action must be {' or '.join(_ACTIONS)}",),
            of_type("installation", installation, Installation),
        )
        said: dict[str, object] = {
            "uuid": installation.uuid,
            "status": installation.status or InstallationStatus.INSTALLED,
            "organization": {"slug": installation.organization_slug},
            "app": {"uuid": integration.uuid or integration.id, "slug": integration.slug},
        }
        if action == "created" and installation.code is not None:
            said["code"] = installation.code
        event = WebhookEvent(
            resource="installation",
            action=action,
            installation=installation,
            data={"installation": said},
            actor=actor,
        )
        return self._sender.send(integration, event)
