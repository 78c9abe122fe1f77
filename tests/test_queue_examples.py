"""Webhooks through a task queue: what the two examples decide, and each of them with a worker of its queue."""

import threading
from datetime import datetime, timezone

import pytest
from celery import Celery, signals
from celery.contrib.testing.worker import start_worker
from celery_delivery import delivery_task
from redis_server import RedisServer
from rq import Queue, SimpleWorker
from rq_delivery import deliver
from shop import integrations
from webhook_schedule import SCHEDULE, next_wait
from webhook_world import World, event, integration

from alertkit import BlockedAddressError, HttpResponse
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import ScriptedTransport, WebhookReceiver
from alertkit.transports.requests import AddressGuard, RequestsTransport
from alertkit.webhooks import WebhookSender


def delivery(step, **given):
    """Return what became of an attempt."""
    return World(ScriptedTransport(step)).send(to=integration(**given))


def asking(status, seconds):
    """Return an answer that asks for some seconds."""
    return HttpResponse(status, headers={"Retry-After": str(seconds)})


@pytest.mark.parametrize(
    ("step", "failures", "dice", "wait"),
    [
        (503, 0, 0.0, 5),
        (503, 0, 0.5, 5.5),
        (503, 8, 0.0, 86_400),
        (503, 9, 0.0, None),
        (asking(503, 60), 0, 0.0, 60),
        (asking(503, 60), 1, 0.0, 300),
        (asking(429, 86_401), 0, 0.0, 86_400),
        (404, 2, 0.0, 1_800),
        (410, 0, 0.0, None),
        (200, 0, 0.0, None),
        (BlockedAddressError("refused to dial"), 0, 0.0, None),
    ],
)
def test_when_it_is_tried_again(step, failures, dice, wait):
    """After the schedule, or what the endpoint asks for; not after a success, a 410, a refusal of ours, or nine."""
    assert next_wait(delivery(step), failures, dice=dice) == wait


def test_what_is_disabled_is_not_tried_again():
    """Its owner sends nothing until it is enabled."""
    assert next_wait(delivery(200, enabled=False), 0, dice=0.0) is None


def test_the_schedule_is_the_advice_of_standard_webhooks():
    """Ten attempts in a little more than three days."""
    assert len(SCHEDULE) == 9
    assert sum(SCHEDULE) == 272_105


@pytest.fixture
def receiver():
    """Return an endpoint."""
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def celery():
    """Return the task of an app that has a worker, the rows that it looks up, and what waits until a task is done."""
    app = Celery("shop", broker="memory://", set_as_current=False)
    app.conf.update(
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_transport_options={"polling_interval": 0.01},
    )
    rows, done = {}, threading.Semaphore(0)

    def release(**_):
        done.release()

    transport = RequestsTransport(guard=AddressGuard(allow=["127.0.0.1"]))
    with transport, WebhookSender(buffer=MemoryRequestBuffer(), transport=transport) as sender:
        task = delivery_task(app, sender=sender, find=rows.get, schedule=(0, 0))
        signals.task_success.connect(release, sender=task)
        with start_worker(app, perform_ping_check=False):
            yield task, rows, lambda: done.acquire(timeout=30)


def test_celery_tries_again(celery, receiver):
    """An attempt that fails is made again with the same id and signed anew, until the endpoint has the message."""
    task, rows, is_done = celery
    rows["sync"] = integration(id="sync", url=receiver.url, secrets=[receiver.secret])
    receiver.will_answer(503)
    receiver.will_drop()
    task.delay("sync", prepared().to_json())
    assert is_done()

    assert [webhook.message_id for webhook in receiver.webhooks] == ["msg_made"] * 3
    assert [webhook.untrusted for webhook in receiver.webhooks] == [None] * 3


def test_celery_gives_up(celery, receiver):
    """After the last attempt of the schedule, and at once where the integration is gone."""
    task, rows, is_done = celery
    rows["sync"] = integration(id="sync", url=receiver.url, secrets=[receiver.secret])
    for _ in range(4):
        receiver.will_answer(503)
    task.delay("sync", prepared().to_json())
    assert is_done()
    task.delay("deleted", prepared().to_json())
    assert is_done()

    assert len(receiver.webhooks) == 3


def test_a_killed_worker_of_celery_loses_nothing():
    """Its tasks are acknowledged when they are done, and go back into the queue where the worker is lost."""
    task = delivery_task(Celery("shop", set_as_current=False), sender=None, find=None)

    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)


@pytest.fixture
def queue(tmp_path):
    """Return a queue in a Redis of its own."""
    server = RedisServer(tmp_path)
    with server.client() as client:
        yield Queue(connection=client)
    server.stop()
    integrations.clear()


def test_rq_tries_again(queue, receiver):
    """An attempt that fails is scheduled again with the same id, after the schedule, and ends with a success."""
    integrations["sync"] = integration(id="sync", url=receiver.url, secrets=[receiver.secret])
    worker = SimpleWorker([queue], connection=queue.connection)
    receiver.will_answer(503)
    before = datetime.now(timezone.utc)
    queue.enqueue(deliver, "sync", prepared().to_json())
    worker.work(burst=True)

    (waiting,) = queue.scheduled_job_registry.get_job_ids()
    wait = (queue.scheduled_job_registry.get_scheduled_time(waiting) - before).total_seconds()
    assert 4 < wait < 40  # five or six seconds, and a registry counts in whole ones
    assert queue.fetch_job(waiting).args[2] == 1

    queue.scheduled_job_registry.remove(waiting)
    queue.enqueue_job(queue.fetch_job(waiting))  # as the scheduler of a worker does when it is time
    worker.work(burst=True)

    assert [webhook.message_id for webhook in receiver.webhooks] == ["msg_made"] * 2
    assert queue.scheduled_job_registry.get_job_ids() == []
    assert queue.failed_job_registry.get_job_ids() == []


def test_rq_forgets_what_is_gone(queue):
    """A message for an integration that was deleted is no failure."""
    queue.enqueue(deliver, "deleted", prepared().to_json())
    SimpleWorker([queue], connection=queue.connection).work(burst=True)

    assert queue.failed_job_registry.get_job_ids() == []
    assert queue.scheduled_job_registry.get_job_ids() == []


def prepared():
    """Return a message, as an outbox would hold it."""
    return World(ScriptedTransport()).sender.prepare(event())
