"""Which URL the events go to."""

import pytest

from alertkit import UsageError
from alertkit.pagerduty import Region
from alertkit.pagerduty._region import base_url_of

NO_URL = "base_url must be absolute, http or https, and percent-encoded"
HTTPS = "base_url must be https, for every request holds the routing key; http is for loopback only"
BARE = "base_url must have no credentials, query or fragment"


@pytest.mark.parametrize(
    ("region", "url"),
    [
        (Region.US, "https://events.pagerduty.com"),
        ("us", "https://events.pagerduty.com"),
        (Region.EU, "https://events.eu.pagerduty.com"),
        ("\tEU ", "https://events.eu.pagerduty.com"),
        ("eu", "https://events.eu.pagerduty.com"),
    ],
)
def test_a_region_has_a_host(region, url):
    """The region as a member or as its word."""
    assert base_url_of(region, None) == url


@pytest.mark.parametrize("region", ["", "EU-1", None, 1])
def test_an_unknown_region_is_refused(region):
    """The error names the regions there are."""
    with pytest.raises(UsageError, match=r"^region must be one of us, eu, not ") as caught:
        base_url_of(region, None)

    assert str(caught.value).endswith(repr(region))


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("https://proxy.example.com:8443/pd//", "https://proxy.example.com:8443/pd"),
        ("https://proxy.example.com/X/", "https://proxy.example.com/X"),
        ("HTTPS://proxy.example.com", "HTTPS://proxy.example.com"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://fake.localhost", "http://fake.localhost"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_a_base_url_wins_over_the_region(base_url, url):
    """It is taken without its last slashes; plain HTTP is enough for what never leaves the machine."""
    assert base_url_of("us", base_url) == url


@pytest.mark.parametrize(
    ("base_url", "problems"),
    [
        ("http://example.com", [HTTPS]),
        ("http://10.0.0.1", [HTTPS]),
        ("http://localhost.example.com", [HTTPS]),
        ("http://notlocalhost", [HTTPS]),
        ("https://user@example.com", [BARE]),
        ("https://user:word@example.com", [BARE]),
        ("https://@example.com", [BARE]),
        ("https://example.com?x=1", [BARE]),
        ("https://example.com#top", [BARE]),
        ("https://example.com/?", [BARE]),
        ("https://example.com/#", [BARE]),
        ("http://user@example.com/?x", [HTTPS, BARE]),
    ],
)
def test_a_base_url_that_would_mislead_a_request_is_refused(base_url, problems):
    """Every problem is named, and no credentials are repeated."""
    with pytest.raises(UsageError) as caught:
        base_url_of(Region.US, base_url)

    assert str(caught.value) == "; ".join(problems)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "events.pagerduty.com",
        "/v2",
        "//user@/",
        "ftp://example.com",
        "https://",
        "https://[::1",
        "https://example.com:port",
        "https://example.com:99999",
        "https://exämple.com",
        "https://example.com/a b",
        "https://exa\nmple.com",
        " https://example.com",
        b"https://example.com",
        5,
    ],
)
def test_what_is_no_url_of_a_request_is_refused(base_url):
    """When the client is built, and not by the request that would page somebody."""
    with pytest.raises(UsageError) as caught:
        base_url_of(Region.US, base_url)

    assert str(caught.value) == NO_URL
