"""
Which host an event goes to.

Rules of this file: pure. The body of every request holds the routing key, so that plain HTTP is for loopback only.
Hosts: PagerDuty, "Service Regions"; an account lives in one region, and its keys work there only.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from alertkit._checks import demand
from alertkit._http import url_problems
from alertkit._words import Word
from alertkit.errors import UsageError

__all__ = ["Region", "base_url_of", "region_of"]


class Region(Word):
    """Where the PagerDuty account lives."""

    US = "us"
    EU = "eu"


_HOSTS = {Region.US: "https://events.pagerduty.com", Region.EU: "https://events.eu.pagerduty.com"}


def region_of(region: Region | str) -> Region:
    """Return the region, which may be given by its word. Raises `UsageError`."""
    try:
        return Region(region.strip().lower() if isinstance(region, str) else region)
    except ValueError:
        known = ", ".join(member.value for member in Region)
        raise UsageError(f"region must be one of {known}, not {region!r}") from None


def base_url_of(region: Region | str, base_url: str | None) -> str:
    """
    Return the URL that the paths are appended to: `base_url` where there is one, else the host of the region.

    Raises `UsageError` for an unknown region, and for a base URL that no request can have, is not HTTPS (HTTP is enough
    on loopback), has credentials, a query or a fragment.
    """
    if base_url is None:
        return _HOSTS[region_of(region)]
    demand(url_problems("base_url", base_url))
    parts = urlsplit(base_url)
    problems = []
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        problems.append("base_url must be https, for every request holds the routing key; http is for loopback only")
    if parts.username is not None or "?" in base_url or "#" in base_url:
        problems.append("base_url must have no credentials, query or fragment")
    demand(problems)
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
