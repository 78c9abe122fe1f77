"""
A job for cron: it looks at a disk, pages where there is little room, sends a webhook, and closes what it opened.

    PAGERDUTY_ROUTING_KEY=…
    WEBHOOK_SECRET=whsec_…
    */5 * * * *  /srv/shop/.venv/bin/python /srv/shop/disk_check.py /data --webhook https://hooks.example.com/

Each run says how it is now: little room triggers an alert of one key, and room enough resolves it, whichever run that
is. Nothing is tried again but within a run's deadline, since the next run comes by itself. It exits with 1 where
somebody could not be told, so that cron's own mail says so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys

from alertkit import AlertKitError
from alertkit.pagerduty import PagerDutyClient, ResolveEvent, TriggerEvent
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.transports.requests import AddressGuard, RequestsTransport
from alertkit.webhooks import Installation, Integration, WebhookEvent, WebhookSender


def main() -> int:
    """Check, tell, close, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--at-least", type=float, default=10, help="percent that should be free")
    parser.add_argument("--webhook", help="who else is told")
    parser.add_argument("--pagerduty", help="another PagerDuty, for a test")
    parser.add_argument("--allow", action="append", default=[], help="a network of yours that the webhook may go to")
    options = parser.parse_args()

    usage = shutil.disk_usage(options.path)
    free = 100 * usage.free / usage.total
    is_low, host = free < options.at_least, socket.gethostname()
    key = f"disk/{host}/{options.path}"
    told = [
        page(
            TriggerEvent(
                summary=f"{options.path} on {host} has {free:.1f} % free",
                source=host,
                severity="critical",
                dedup_key=key,
                custom_details={"free_bytes": usage.free, "total_bytes": usage.total},
            )
            if is_low
            else ResolveEvent(dedup_key=key),
            base_url=options.pagerduty,
        )
    ]
    if options.webhook and is_low:
        event = WebhookEvent(
            resource="disk",
            action="low",
            installation=Installation(uuid=host),
            data={"path": options.path, "free_percent": round(free, 1)},
        )
        told.append(call(options.webhook, event, allow=options.allow))
    return 0 if all(told) else 1


def page(event: TriggerEvent | ResolveEvent, *, base_url: str | None) -> bool:
    """Tell PagerDuty; whether it has it."""
    try:
        with PagerDutyClient(os.environ["PAGERDUTY_ROUTING_KEY"], base_url=base_url, deadline=60.0) as pagerduty:
            pagerduty.send(event)
    except AlertKitError as error:
        print(f"PagerDuty was not told: {error}", file=sys.stderr)
        return False
    return True


def call(url: str, event: WebhookEvent, *, allow: list[str]) -> bool:
    """Tell the endpoint; whether it took it."""
    endpoint = Integration(
        id="endpoint", slug="endpoint", name="Endpoint", url=url, secrets=[os.environ["WEBHOOK_SECRET"]]
    )
    with (
        RequestsTransport(guard=AddressGuard(allow=allow)) as transport,
        WebhookSender(buffer=MemoryRequestBuffer(), transport=transport) as sender,
    ):
        delivery = sender.send(endpoint, event)
    return not delivery.problem  # which the log says, on standard error as long as nobody has set it up


if __name__ == "__main__":
    sys.exit(main())
