"""
What a transport may be pointed at by a stranger.

Rules of this file: pure; whatever it says no to is a `BlockedAddressError`, which names the host and never what it
resolved to: that would tell a stranger what is in the network of the host's.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from urllib.parse import urlsplit

from attrs import field, frozen

from alertkit._addresses import Allowed, allowed, may_dial, read_host
from alertkit._checks import demand, of_type
from alertkit._http import url_problems
from alertkit.errors import BlockedAddressError, UsageError

__all__ = ["AddressGuard"]

_USUAL_PORTS = {"http": 80, "https": 443}
_LONGEST_SHOWN = 253  # characters of a host; no name is longer


class _UsualPorts:
    """Where no mail or login service listens."""

    def __contains__(self, port: object) -> bool:
        return port in (80, 443) or (isinstance(port, int) and 1024 <= port <= 65535)

    def __repr__(self) -> str:
        return "<80, 443, 1024 to 65535>"


@frozen(kw_only=True)
class AddressGuard:
    """
    Keeps `RequestsTransport(guard=AddressGuard())` away from everything but public addresses.

    `allow` are networks, addresses and names of hosts of your own that may be dialled all the same:
    `["10.20.0.0/16", "192.0.2.7", "hooks.corp.example"]`, without wildcards. A host that is allowed by name may have
    any address, and what a URL spells as it stands in `allow` any port. `ports` are those of everybody else; unless you
    say otherwise 80, 443 and all from 1024 on, where no mail or login service listens. Behind a proxy the address that
    is dialled cannot be seen, so where one is set nothing is sent, unless `behind_proxy` says that the proxy does the
    checking.

    What may be dialled stands in the reference of addresses. Raises `UsageError` with every problem.
    """

    allow: Allowed = field(factory=Allowed, converter=allowed)
    ports: Container[int] = _UsualPorts()
    behind_proxy: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse settings that mean nothing, with all problems."""
        demand(_port_problems(self.ports), of_type("behind_proxy", self.behind_proxy, bool))

    def check(self, url: str) -> None:
        """
        Refuse a URL that would not be dialled whatever its host resolves to: a form can say so when it is entered.

        Nothing is looked up, so a URL that passes may still be refused when it is dialled. Raises
        `BlockedAddressError`, and `UsageError` for what is no absolute URL of HTTP.
        """
        problems = url_problems("url", url)
        if problems:
            raise UsageError(problems[0])
        parts = urlsplit(url)
        host = parts.hostname or ""
        if "@" in parts.netloc:
            raise _refusal(host, "its URL holds a user or a password, for which there is the header Authorization")
        self.check_host(host, _USUAL_PORTS[parts.scheme] if parts.port is None else parts.port)

    def check_host(self, host: str, port: int) -> bool:
        """Refuse a host, as the URL has it, or its port; whether it is allowed. Raises `BlockedAddressError`."""
        found = read_host(host)
        if found is None:
            raise _refusal(host, "its host is neither a name nor an address in its usual spelling")
        if isinstance(found, str):
            if self.allow.has_name(found):
                return True
            if "." not in found.rstrip("."):
                raise _refusal(host, "a name without a dot is one of this network only")
        elif not may_dial(found, allow=self.allow.networks):
            raise _refusal(host, "its address is not public")
        elif self.allow.has_address(found):
            return True
        if port not in self.ports:
            raise _refusal(host, f"port {port} is not among those that may be dialled")
        return False

    def check_addresses(self, host: str, addresses: Collection[str]) -> None:
        """Refuse a host if one of its addresses is none to dial. Raises `BlockedAddressError`."""
        if not all(may_dial(address, allow=self.allow.networks) for address in addresses):
            raise _refusal(host, "it resolves to an address that is not public")

    def check_proxy(self, url: str) -> None:
        """Refuse to hand the URL to a proxy, unless that is to check it. Raises `BlockedAddressError`."""
        if not self.behind_proxy:
            host = urlsplit(url).hostname or ""
            raise _refusal(
                host,
                "the environment sets a proxy, and a guard cannot see what that dials "
                "(NO_PROXY leaves a host out, AddressGuard(behind_proxy=True) trusts the proxy)",
            )


def _port_problems(ports: object) -> tuple[str, ...]:
    if isinstance(ports, str) or not isinstance(ports, Container):
        return ("ports must be a collection of numbers, such as {443} or range(8000, 9000)",)
    if not isinstance(ports, Collection):
        return ()
    wrong = [port for port in ports if type(port) is not int or not 0 < port < 65536]
    if wrong or not ports:
        return (f"ports must be numbers from 1 to 65535, not {wrong[0]!r}" if wrong else "ports must not be empty",)
    return ()


def _refusal(host: str, why: str) -> BlockedAddressError:
    return BlockedAddressError(f"refused to dial {host[:_LONGEST_SHOWN]}: {why}")
