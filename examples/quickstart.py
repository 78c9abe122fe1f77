"""
The main job, from end to end: page someone, deliver webhooks until their endpoint is broken, and see what became of it.

    python examples/quickstart.py            against servers on this machine, over real HTTP
    PAGERDUTY_ROUTING_KEY=... python examples/quickstart.py --live [--region eu]      pages through PagerDuty itself

It exits with 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from datetime import datetime, timedelta, timezone

from cloudflare_demo import TOKEN, installer

from alertkit import AlertKitError, Backoff
from alertkit.cloudflare import Reply
from alertkit.pagerduty import (
    ChangeEvent,
    ErrorEvent,
    Link,
    MetricAlert,
    PagerDutyClient,
    Receipt,
    Severity,
    TriggerEvent,
)
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.testing import (
    FakePagerDuty,
    FrozenClock,
    MemoryAuditLog,
    MemoryIntegrationRegistry,
    MemoryOwnerNotifier,
    WebhookReceiver,
    signed_hook,
)
from alertkit.transports.requests import AddressGuard, RequestsTransport
from alertkit.webhooks import Actor, Delivery, Installation, Integration, Outcome, WebhookEvent, WebhookSender

_failures: list[str] = []


def main() -> int:
    """Run the tour and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", action="store_true", help="talk to PagerDuty; needs PAGERDUTY_ROUTING_KEY")
    parser.add_argument("--region", choices=["us", "eu"], default="us")
    parser.add_argument("--verbose", action="store_true", help="show alertkit's log lines")
    options = parser.parse_args()
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"  # whatever proxy there is, this machine needs none
    logging.basicConfig(level=logging.INFO if options.verbose else logging.ERROR, format="    log: %(message)s")
    if options.live:
        key = os.environ.get("PAGERDUTY_ROUTING_KEY", "")
        if not key:
            print("--live needs PAGERDUTY_ROUTING_KEY, the integration key of an Events API v2 integration")
            return 2
        with PagerDutyClient(key, region=options.region) as pagerduty:
            tour(pagerduty)
    else:
        with (
            FakePagerDuty() as fake,
            PagerDutyClient(fake.routing_key, base_url=fake.url, backoff=Backoff(base=0.05)) as pagerduty,
        ):
            print(f"PagerDuty, as played on {fake.url}\n")
            tour(pagerduty)
            rough_weather(fake, pagerduty)
            print("\nWhat PagerDuty shows now:")
            for alert in fake.alerts:
                print(f"    {alert.state.value:<12} {alert.severity:<8} {alert.summary[:60]}")
            expect("all alerts resolved", all(alert.state == "resolved" for alert in fake.alerts))
            expect("one change event", len(fake.change_events) == 1)
            expect("one connection for it all but those that broke", fake.connections == 2)
        clock = FrozenClock(datetime(2026, 3, 1, 9, tzinfo=timezone.utc))
        with WebhookReceiver(clock=clock) as receiver, tempfile.TemporaryDirectory() as folder:
            print(f"\nAn endpoint that wants webhooks, as played on {receiver.url}\n")
            with SqliteRequestBuffer(f"{folder}/alerts.db") as buffer:
                eight_days(receiver, buffer, clock)
        print("\nA customer fills in the install form of a Cloudflare app\n")
        an_install("the security key of the app")
    print("\nEverything as it should be." if not _failures else f"\nWrong: {', '.join(_failures)}")
    return 1 if _failures else 0


def tour(pagerduty: PagerDutyClient) -> None:
    """Send one of everything, and resolve what was opened."""
    say("check: key, region and network are right, and nothing was paged", pagerduty.check())
    alert = TriggerEvent(
        summary="Checkout error rate above 5 %",
        source="checkout-7c9f",
        severity=Severity.ERROR,
        component="checkout",
        custom_details={"rate": 0.071, "log": "timeout talking to the card processor\n" * 20_000},
        links=[Link(href="https://grafana.example.com/d/1", text="Dashboard")],
    )
    receipt = say("trigger: an alert is open", pagerduty.send_trigger(alert))
    expect("too long a log was shortened, and said so", [c.field for c in receipt.changes] == ["custom_details.log"])
    key = receipt.dedup_key
    say("acknowledge: somebody is at it", pagerduty.send_acknowledge(key))
    say("resolve: it is over", pagerduty.send_resolve(key))
    error = ErrorEvent(event_id="9f2c", title="ZeroDivisionError", culprit="shop.cart", short_id="SHOP-1A")
    say("an error of the app, as an alert", pagerduty.send_trigger(error))
    say("resolved by the issue's short id", pagerduty.send_resolve("SHOP-1A"))
    for status in ("warning", "critical", "closed"):
        metric = MetricAlert(organization_id="1", identifier="17", rule_name="p95 above 2 s", status=status)
        say(f"a metric alert that is {status}", pagerduty.send_trigger(metric))
    say("change: a deploy", pagerduty.send_change(ChangeEvent(summary="Deploy 42", source="ci")))


def rough_weather(fake: FakePagerDuty, pagerduty: PagerDutyClient) -> None:
    """Get an alert through an outage, a rate limit and a lost answer, and page once."""
    print("\nNow PagerDuty answers 503, then 429, then takes the event and loses its answer:")
    fake.will_answer(503)
    fake.will_throttle(retry_after="0")
    fake.will_drop(taking=True)
    event = TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk-full")
    receipt = say("trigger: delivered all the same", pagerduty.send_trigger(event))
    paged = [alert for alert in fake.alerts if alert.dedup_key == "disk-full"]
    expect("four attempts", receipt.attempts == 4)
    expect("one alert", len(paged) == 1)
    say("resolve", pagerduty.send_resolve("disk-full"))
    try:
        pagerduty.send_trigger(TriggerEvent(summary=" ", source="", severity="awful"))
    except AlertKitError as error:
        print(f"  ✓ an event that PagerDuty would refuse never leaves:\n      {error}")
    else:
        expect("a wrong event is refused", False)


def eight_days(receiver: WebhookReceiver, buffer: SqliteRequestBuffer, clock: FrozenClock) -> None:
    """Deliver a webhook a day to an endpoint that goes bad after the first, until it is retired."""
    registry, owners, audit = MemoryIntegrationRegistry(), MemoryOwnerNotifier(), MemoryAuditLog()

    def integration() -> Integration:
        return Integration(
            id="billing-sync",
            slug="billing-sync",
            name="Billing sync",
            url=f"{receiver.url}/in?token=secret",
            secrets=[receiver.secret],
            enabled=registry.is_enabled("billing-sync"),
            settings_url="https://shop.example.com/integrations/billing-sync",
        )

    # The usual transport dials public addresses only; what is on this machine has to be allowed.
    with (
        RequestsTransport(guard=AddressGuard(allow=["127.0.0.1"])) as transport,
        WebhookSender(
            buffer=buffer, registry=registry, notifier=owners, audit=audit, transport=transport, clock=clock
        ) as sender,
    ):
        deliveries = []
        for day in range(1, 9):
            if day > 1:
                receiver.will_answer(500, {"detail": "the disk is full"})
            deliveries.append(sender.send(integration(), issue_created(day)))
            tell(day, deliveries[-1])
            clock.advance(timedelta(days=1))

        expect("all arrived, signed", [webhook.untrusted for webhook in receiver.webhooks] == [None] * 8)
        expect("the eighth day retired it", [delivery.retired for delivery in deliveries] == [False] * 7 + [True])
        expect("disabled once", registry.disable_calls == ("billing-sync",))
        print("\nIts owners read:\n")
        for notice in owners.notices:
            print(f"    {notice}")
        print("\nThe audit log has:\n")
        for entry in audit.entries:
            counts = ", ".join(f"{tally.day:%d %b}: {tally.error}" for tally in entry.tallies)
            print(f"    {entry.action} {entry.slug} at {entry.at:%Y-%m-%d %H:%M} UTC (errors by day: {counts})")
        print("\nThe request log, newest first:\n")
        for record in buffer.recent("billing-sync", limit=3):
            print(
                f"    {record.at:%d %b %H:%M} {record.event_type} {record.status} {record.url} {record.response_body}"
            )
        counted = buffer.tallies("billing-sync", until=clock.now().date(), days=30)
        expect("one notice and one entry", (len(owners.notices), len(audit.entries)) == (1, 1))
        expect("the counts are cleared", sum(tally.total for tally in counted) == 0)
        expect("eight attempts on record", len(buffer.recent("billing-sync")) == 8)

        withheld = sender.send(integration(), issue_created(9))
        print(f"\n  ✓ the ninth day: {withheld.problem}")
        expect("it is not called again", len(receiver.requests) == 8 and not withheld.sent)


def an_install(secret: str) -> None:
    """Answer the signed hooks of an install, and print the form that each of them shows."""
    form = installer(secret)

    def hook(event: str, options: dict[str, str], token: str | None = TOKEN) -> Reply:
        signed = signed_hook(event, options, secret=secret, token=token)
        return form.handle(body=signed.body, headers=signed.headers)

    def show(what: str, reply: Reply) -> dict[str, str]:
        install = json.loads(reply.body)["install"]
        print(f"  ✓ {what}")
        for name, field in install["schema"]["properties"].items():
            names = field.get("enumNames", {})
            choices = ", ".join(names.get(choice, choice) for choice in field["enum"]) or "nothing to choose"
            chosen = install["options"].get(name, "")
            print(f"      {field['title']}: {names.get(chosen, chosen) or '—'} (of {choices})")
        expect(what, reply.status == 200)
        options: dict[str, str] = install["options"]
        return options

    show("the form is opened, and no account is connected", hook("preview", {}, token=None))
    chosen = show("an account is connected", hook("option-change:account", {}))
    show("another organization is chosen", hook("option-change:organization", {**chosen, "organization": "101"}))
    stored = json.loads(hook("before-new-install", chosen).body)
    expect("what belongs together may be stored", stored["proceed"])
    refused = json.loads(hook("before-new-install", {**chosen, "organization": "101"}).body)
    print(f"  ✓ what does not is refused: {refused['errors'][0]['message']}")
    expect("what does not belong together is refused", not refused["proceed"])


def issue_created(number: int) -> WebhookEvent:
    """Return the event of a day."""
    return WebhookEvent(
        resource="issue",
        action="created",
        installation=Installation(uuid="6f1c", organization_id="1"),
        data={"issue": {"id": number, "title": "ZeroDivisionError"}},
        actor=Actor.user(id=7, name="Ann"),
    )


def tell(day: int, delivery: Delivery) -> None:
    """Print what became of a day's webhook."""
    words = delivery.problem or f"delivered as {delivery.message.id[:12]}…"
    if delivery.verdict is not None:
        words += f"; {delivery.verdict.reason.rpartition('; ')[2]}"
    print(f"  ✓ day {day}: {words}" + (": retired" if delivery.retired else ""))
    expect(f"day {day}", delivery.outcome is (Outcome.SUCCESS if day == 1 else Outcome.ERROR))
    expect(f"day {day}: no port failed", delivery.failures == ())


def say(what: str, receipt: Receipt) -> Receipt:
    """Print what a receipt says."""
    print(f"  ✓ {what}\n      HTTP {receipt.status}, {receipt.message!r}, attempts {receipt.attempts}")
    for change in receipt.changes:
        print(f"      changed: {change}")
    expect(what, 200 <= receipt.status < 300)
    return receipt


def expect(what: str, holds: bool) -> None:
    """Remember what does not hold."""
    if not holds:
        print(f"  ✗ {what}")
        _failures.append(what)


if __name__ == "__main__":
    sys.exit(main())
