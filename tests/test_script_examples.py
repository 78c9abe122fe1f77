"""A job of cron, run as cron runs it, and an app whose own tests need no network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alertkit.testing import FakePagerDuty, WebhookReceiver

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def fake():
    """Return a PagerDuty on this machine."""
    with FakePagerDuty() as fake:
        yield fake


@pytest.fixture
def receiver():
    """Return an endpoint."""
    with WebhookReceiver() as receiver:
        yield receiver


def check(fake, receiver, percent):
    """Look at the disk, of which so much should be free, and return what the run said."""
    options = ["/", "--at-least", str(percent), "--pagerduty", fake.url, "--webhook", receiver.url]
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "disk_check.py"), *options, "--allow", "127.0.0.1"],
        env={
            **os.environ,
            "PAGERDUTY_ROUTING_KEY": fake.routing_key,
            "WEBHOOK_SECRET": receiver.secret,
            "no_proxy": "127.0.0.1",
            "NO_PROXY": "127.0.0.1",
        },
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_disk_that_is_full_and_then_is_not(fake, receiver):
    """Two runs that find it full are one alert and two webhooks; the run that finds room resolves, and calls nobody."""
    runs = [check(fake, receiver, percent) for percent in (101, 101, 0)]

    assert [(run.returncode, run.stdout, run.stderr) for run in runs] == [(0, "", "")] * 3
    (alert,) = fake.alerts
    assert (alert.state, alert.severity) == ("resolved", "critical")
    assert [webhook.untrusted for webhook in receiver.webhooks] == [None] * 2
    assert receiver.webhooks[0].payload["data"]["path"] == "/"


def test_who_could_not_be_told(fake, receiver):
    """Each is told whatever became of the other; the run ends with 1, and says why for cron's mail."""
    fake.will_answer(400)
    receiver.will_answer(500)
    neither = check(fake, receiver, 101)

    assert neither.returncode == 1
    assert "PagerDuty was not told: PagerDuty refused the event (HTTP 400)" in neither.stderr
    assert f"{receiver.url} answered HTTP 500" in neither.stderr


def test_the_tests_of_an_app_need_no_network():
    """They pass where no socket can be opened at all."""
    options = ["-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "-W", "error", "--disable-socket"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=EXAMPLES / "tested_app",
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    assert "9 passed" in ran.stdout
