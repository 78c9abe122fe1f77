"""The install form in Flask, Django and FastAPI: each app is started for real, and driven over HTTP."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from redis_server import free_port

from alertkit.testing import signed_hook

EXAMPLES = Path(__file__).parent.parent / "examples"
SECRET = "the security key of the app"
TOKEN = "tok-pat"


@pytest.fixture(scope="module", params=["flask_app", "django_app", "fastapi_app"])
def url(request):
    """Return where the app listens."""
    port = free_port()
    command = [sys.executable, str(EXAMPLES / f"{request.param}.py"), "--port", str(port), "--secret", SECRET]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}/cloudflare"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            requests.get(url, timeout=10)
            break
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.05)  # until it listens
    yield url
    process.kill()
    process.communicate(timeout=30)


def asked(url, event, options=None, *, secret=SECRET, token=TOKEN):
    """Return what the app answers to a hook."""
    hook = signed_hook(event, options, secret=secret, token=token, properties={"account": {"order": 0}})
    return requests.post(f"{url}/webhook", data=hook.body, headers=hook.headers, timeout=30)


def test_an_install(url):
    """A customer connects an account, chooses another organization, and comes back to one that has projects."""
    opened = asked(url, "preview", token=None)
    assert (opened.status_code, opened.json()["proceed"]) == (200, True)
    assert opened.json()["install"]["options"] == {}

    connected = asked(url, "option-change:account").json()["install"]
    assert connected["options"] == {"organization": "205", "project": "22", "dsn": "https://a1@events.example.com/22"}
    assert connected["schema"]["properties"]["organization"]["enumNames"] == {"205": "acme", "101": "zeta"}
    assert connected["schema"]["properties"]["account"] == {"order": 0}

    elsewhere = asked(url, "option-change:organization", {"organization": "101"}).json()["install"]
    assert (elsewhere["options"], elsewhere["schema"]["properties"]["project"]["enum"]) == ({"organization": "101"}, [])

    assert asked(url, "before-new-install", connected["options"]).json()["proceed"] is True
    wrong = asked(url, "before-new-install", {**connected["options"], "dsn": "https://b@elsewhere.example/1"}).json()
    assert (wrong["proceed"], wrong["errors"][0]["fields"]) == (False, ["dsn"])


def test_who_is_not_let_in(url):
    """A wrong signature is a bare 400, and an event that needs an account without one a 401."""
    forged = asked(url, "preview", secret="another")
    assert (forged.status_code, forged.content) == (400, b"")

    anonymous = asked(url, "option-change:account", token="nobody's")
    assert (anonymous.status_code, anonymous.json()) == (401, {"proceed": False})


def test_the_name_of_an_account(url):
    """The metadata endpoint says whose token it is, and nothing to others."""
    known = requests.get(f"{url}/metadata", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    assert known.json() == {"metadata": {"userId": "7", "username": "pat", "email": "pat@example.com"}}

    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        assert requests.get(f"{url}/metadata", headers=headers, timeout=30).status_code == 401


def test_a_body_that_is_too_large(url):
    """One that is too large is refused."""
    answer = requests.post(f"{url}/webhook", data=b"x" * 4_000_000, timeout=30)

    assert answer.status_code in {400, 413}
