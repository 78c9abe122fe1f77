"""
Webhooks through Celery: one task, which makes one attempt.

    app = Celery("shop", broker="redis://…")
    deliver = delivery_task(app, sender=sender, find=find_integration)
    ...
    deliver.delay("billing-sync", sender.prepare(event).to_json())
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from celery import Celery, Task
from webhook_schedule import SCHEDULE, next_wait

from alertkit.webhooks import Integration, Message, WebhookSender


def delivery_task(
    app: Celery,
    *,
    sender: WebhookSender,
    find: Callable[[str], Integration | None],
    schedule: Sequence[float] = SCHEDULE,
) -> Task:
    """Register the task with the app, and return it. `find` looks up an integration by its id, for each attempt."""

    # Acknowledged when it is done: a worker that is killed loses no webhook, and the receiver knows its id if it comes
    # twice.
    @app.task(
        name="webhooks.deliver",
        bind=True,
        shared=False,
        acks_late=True,
        reject_on_worker_lost=True,
        ignore_result=True,
        max_retries=len(schedule),
    )
    def deliver(self: Task, integration_id: str, message: str) -> None:
        integration = find(integration_id)
        if integration is None:  # deleted meanwhile
            return
        delivery = sender.send(integration, Message.from_json(message))
        wait = next_wait(delivery, self.request.retries, dice=random.random(), schedule=schedule)
        if wait is not None:
            raise self.retry(countdown=wait)

    return deliver
