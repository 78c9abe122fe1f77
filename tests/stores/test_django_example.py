"""The example over Django: the whole contract, processes, bounds, and what it raises."""

import json
import os
import subprocess
import sys
from datetime import date, datetime, timezone

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connections, transaction
from store_calls import DAY, calls, failed
from webhook_world import AT

from alertkit import StoreError, UsageError
from alertkit.testing.contracts import RequestBufferContract

# Two names of one database: a thread has a connection of its own by each. A test sets the file, as `NAME`.
DATABASE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = WAL"},
}
SETTINGS = {
    "INSTALLED_APPS": ["django_buffer"],
    "DATABASES": {"default": {}, "alertkit": {**DATABASE}, "again": {**DATABASE}},
    "LOGGING_CONFIG": None,  # logging stays as the other tests have it
}
settings.configure(**SETTINGS)
django.setup()

from django_buffer.buffer import DjangoRequestBuffer  # noqa: E402  there are models only once Django is set up
from django_buffer.models import IntegrationRow, RecordRow  # noqa: E402


@pytest.fixture(autouse=True)
def path(tmp_path):
    """Return the path of a file that is not there yet."""
    name = str(tmp_path / "requests.sqlite3")
    for alias in ("alertkit", "again"):
        connections.settings[alias]["NAME"] = name
    return name


class TestDjangoRequestBuffer(RequestBufferContract):
    """Keeps every clause."""

    def make(self):
        """Return an empty one, over a new file."""
        with connections["alertkit"].schema_editor() as editor:
            for model in apps.get_app_config("django_buffer").get_models():
                editor.create_model(model)
        return DjangoRequestBuffer("alertkit")

    def open_again(self, buffer):
        """Open the file by its other name."""
        return DjangoRequestBuffer("again")

    def close(self, buffer):
        """Close the connection of this thread."""
        connections[buffer.using].close()


@pytest.fixture
def empty():
    """Return a buffer over a file without tables."""
    yield DjangoRequestBuffer("alertkit")
    connections["alertkit"].close()


@pytest.fixture
def buffer(empty):
    """Return a buffer."""
    return TestDjangoRequestBuffer().make()


PROCESS = """
import datetime, json, sys
import django
from django.conf import settings
from alertkit.webhooks import RequestRecord

settings.configure(**json.loads(sys.argv[1]))
django.setup()
from django_buffer.buffer import DjangoRequestBuffer

buffer, record = DjangoRequestBuffer("alertkit"), RequestRecord.from_json(sys.argv[2])
for _ in range(25):
    won = buffer.claim("a", at=record.at, lease=datetime.timedelta(days=1))
    print(buffer.record("a", record, window=1)[0].total, won)
"""


def test_processes_lose_nothing(buffer, path):
    """Four of them record at once; no two see the same count, and one gets the claim."""
    theirs = json.dumps({**SETTINGS, "DATABASES": {"default": {}, "alertkit": {**DATABASE, "NAME": path}}})
    command = [sys.executable, "-W", "error", "-c", PROCESS, theirs, failed().to_json()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = [line.split() for process in running for line in process.communicate(timeout=60)[0].splitlines()]

    assert sorted(int(count) for count, _ in told) == list(range(1, 101))
    assert [claimed for _, claimed in told].count("True") == 1


def test_what_is_kept_is_bounded(buffer):
    """No rows stay behind that no reading shows: of a hundred event types the last records, and of no other one."""
    for number in range(103):
        buffer.record("a", failed(event_type=f"issue.{number}"), window=1)
    for _ in range(102):
        buffer.record("a", failed(event_type="issue.102"), window=1)

    assert RecordRow.objects.using("alertkit").count() == 99 + 100
    assert len(buffer.recent("a", limit=1000)) == 99 + 100


def test_an_integration_is_deleted_with_its_records(buffer):
    """Of its row nothing is left, and the next record begins anew."""
    for name in ("a", "b"):
        buffer.record(name, failed(), window=1)
    IntegrationRow.objects.using("alertkit").filter(id="a").delete()

    assert [len(buffer.recent(name)) for name in ("a", "b")] == [0, 1]
    assert buffer.record("a", failed(), window=1)[0].error == 1


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)])
def test_a_clock_at_the_ends_of_the_calendar(buffer, at):
    """It is kept to the microsecond as any other one."""
    record = failed(at)

    assert buffer.record("a", record, window=1)[0].error == 1
    assert buffer.recent("a") == (record,)
    assert [buffer.claim("a", at=at, lease=30 * DAY) for _ in range(2)] == [True, False]


def test_no_step_can_be_undone_by_a_transaction_around_it(buffer):
    """Inside one whatever changes something is refused, and nothing has changed then."""
    for name in ("record", "claim", "reset"):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic("alertkit"):
            calls(buffer)[name]()

    assert buffer.recent("a") == ()
    assert buffer.claim("a", at=AT, lease=DAY)


def test_reading_leaves_a_transaction_around_it_alone(buffer):
    """Its connection stays open, and what it has written is there."""
    buffer.record("a", failed(), window=1)
    with transaction.atomic("alertkit"):
        IntegrationRow.objects.using("alertkit").create(id="b")
        assert (len(buffer.recent("a")), buffer.tallies("a", until=AT.date(), days=1)[0].error) == (1, 1)

    assert IntegrationRow.objects.using("alertkit").count() == 2


@pytest.mark.parametrize("name", calls(None))
def test_a_database_that_fails(empty, name):
    """The error is alertkit's, with the driver's as its cause, and shows nothing of a record."""
    with pytest.raises(StoreError, match="failed: OperationalError") as caught:
        calls(empty)[name]()
    assert isinstance(caught.value.__cause__, OperationalError)


@pytest.mark.parametrize(
    "call",
    [
        lambda buffer: buffer.record("a", failed(), window=800_000),
        lambda buffer: buffer.tallies("a", until=date(1, 1, 3), days=4),
        lambda buffer: buffer.claim("a", at=AT.replace(tzinfo=None), lease=DAY),
    ],
)
def test_arguments_that_make_no_sense(buffer, call):
    """Beside those of the contract: what lies before the calendar, and an instant in some time zone or other."""
    with pytest.raises(UsageError):
        call(buffer)
    assert buffer.recent("a") == ()
