"""No proxy and no CA bundle of the machine that runs the tests has a say."""

import pytest

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method", "requests_ca_bundle", "curl_ca_bundle")


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Take away what requests reads."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
