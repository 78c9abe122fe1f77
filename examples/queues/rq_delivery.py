"""
Webhooks through RQ: one function, which makes one attempt, and puts itself back into the queue.

    Queue(connection=redis).enqueue(deliver, "billing-sync", sender.prepare(event).to_json())

The workers want `rq worker --with-scheduler`, or nothing that waits is ever looked at.
"""

from __future__ import annotations

import random
from datetime import timedelta

from rq import Queue, get_current_job
from shop import integrations, sender
from webhook_schedule import next_wait

from alertkit.webhooks import Message


def deliver(integration_id: str, message: str, failures: int = 0) -> None:
    """Make one attempt; `failures` have gone before it."""
    integration = integrations.get(integration_id)
    if integration is None:  # deleted meanwhile
        return
    delivery = sender.send(integration, Message.from_json(message))
    wait = next_wait(delivery, failures, dice=random.random())
    job = get_current_job()
    if wait is not None and job is not None:
        queue = Queue(job.origin, connection=job.connection)
        queue.enqueue_in(timedelta(seconds=wait), deliver, integration_id, message, failures + 1)
