"""The tests of the app beside this file. They open no socket and wait for nothing."""

from __future__ import annotations

import json
from datetime import timedelta

from checkout import Checkout, Integrations

from alertkit.pagerduty import PagerDutyClient
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import FrozenClock, MemoryOwnerNotifier, ScriptedTransport
from alertkit.testing.contracts import IntegrationRegistryContract
from alertkit.webhooks import Integration, IntegrationRegistry, StandardWebhooksSigner, WebhookSender

SYNC = Integration(
    id="sync",
    slug="sync",
    name="Sync",
    url="https://hooks.example.com/in",
    secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
)


class World:
    """The app, with a PagerDuty and an endpoint that answer as they are told."""

    def __init__(self, *, pagerduty: tuple[int, ...] = (), endpoint: tuple[int, ...] = ()) -> None:
        """Take the statuses that each of them answers with, in order."""
        self.clock = FrozenClock()
        self.paged, self.called = ScriptedTransport(*pagerduty), ScriptedTransport(*endpoint)
        self.owners = MemoryOwnerNotifier()
        self.integrations = Integrations(SYNC)
        self.checkout = Checkout(
            PagerDutyClient("0" * 32, transport=self.paged, clock=self.clock),
            WebhookSender(
                buffer=MemoryRequestBuffer(),
                registry=self.integrations,
                notifier=self.owners,
                transport=self.called,
                clock=self.clock,
            ),
            self.integrations,
        )


def test_a_charge_that_fails_pages() -> None:
    """The page says why, and a second one is of the same alert."""
    world = World(pagerduty=(202, 202))

    assert world.checkout.cannot_charge("card processor is down")
    assert world.checkout.cannot_charge("card processor is down")

    first, second = (json.loads(request.body) for request in world.paged.requests)
    assert first["payload"]["summary"] == "Checkout cannot charge: card processor is down"
    assert first["dedup_key"] == second["dedup_key"]


def test_an_outage_of_pagerduty_is_waited_out() -> None:
    """The page gets through in the end, within the time that a send may take."""
    world = World(pagerduty=(503, 503, 202))

    assert world.checkout.cannot_charge("timeout")
    assert len(world.clock.slept) == 2


def test_a_customer_never_sees_that_paging_failed() -> None:
    """The app is told, and nothing is raised."""
    assert not World(pagerduty=(400,)).checkout.cannot_charge("timeout")


def test_an_order_is_told() -> None:
    """What arrives has a signature that the receiver can verify."""
    world = World(endpoint=(200,))
    delivery = world.checkout.order_placed("17", integration_id="sync")

    assert delivery is not None
    assert delivery.outcome == "success"
    (request,) = world.called.requests
    assert json.loads(request.body)["data"] == {"order": {"id": "17"}}
    StandardWebhooksSigner().verify(request.headers, request.body, secrets=SYNC.secrets, now=world.clock.now())


def test_an_integration_that_is_not_there() -> None:
    """Nobody is called."""
    world = World()

    assert world.checkout.order_placed("17", integration_id="gone") is None
    assert world.called.requests == ()


def test_an_endpoint_that_fails_for_a_week_is_disabled() -> None:
    """Its owners are told once, and it is not called again."""
    world = World(endpoint=(500,) * 7)
    for day in range(9):
        world.checkout.order_placed(str(day), integration_id="sync")
        world.clock.advance(timedelta(days=1))

    sync = world.integrations.find("sync")
    assert sync is not None
    assert not sync.enabled
    assert len(world.owners.notices) == 1
    assert len(world.called.requests) == 7


class TestIntegrations(IntegrationRegistryContract):
    """The table keeps the clauses of the port."""

    def make(self) -> IntegrationRegistry:
        """Return a table with the rows that the contract asks about."""
        return Integrations(*(Integration(id=one, slug="s", name="S", url=SYNC.url) for one in self.integration_ids))

    def is_enabled(self, registry: IntegrationRegistry, integration_id: str) -> bool:
        """Return whether the app would call it."""
        assert isinstance(registry, Integrations)
        found = registry.find(integration_id)
        return found is not None and found.enabled
