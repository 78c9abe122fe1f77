"""
The main job, from end to end: page someone, and see what became of it.

    python examples/quickstart.py            against a PagerDuty on this machine, over real HTTP
    PAGERDUTY_ROUTING_KEY=... python examples/quickstart.py --live [--region eu]      against PagerDuty itself

It exits with 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

from alertkit import AlertKitError, Backoff
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
from alertkit.testing import FakePagerDuty

_failures: list[str] = []


def main() -> int:
    """Run the tour and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", action="store_true", help="talk to PagerDuty; needs PAGERDUTY_ROUTING_KEY")
    parser.add_argument("--region", choices=["us", "eu"], default="us")
    parser.add_argument("--verbose", action="store_true", help="show alertkit's log lines")
    options = parser.parse_args()
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
