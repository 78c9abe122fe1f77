"""
Which addresses may be dialled for a stranger, and what the host of a URL is.

Rules of this file: pure, nothing is resolved. Total: every text has an answer, and in doubt it is no. The two tables
alone know the ranges, and `docs/reference/addresses.md` shows them. `ipaddress.is_global` is not asked: multicast,
Azure's metadata service and most disguises of IPv4 are global to it, and its answers change between patch releases of
Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from attrs import frozen

from alertkit.errors import UsageError

__all__ = ["IPV4_DENIED", "IPV6_DENIED", "Address", "Allowed", "Network", "allowed", "may_dial", "read_host"]

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# Network, what it is, who says so.
IPV4_DENIED = (
    ("0.0.0.0/8", "this network, this host", "RFC 791, RFC 1122"),
    ("10.0.0.0/8", "private use", "RFC 1918"),
    ("100.64.0.0/10", "shared behind carriers' NAT; metadata of Alibaba (100.100.100.200)", "RFC 6598"),
    ("127.0.0.0/8", "loopback", "RFC 1122"),
    ("168.63.129.16/32", "metadata of Azure, an address of the public space", "Azure"),
    ("169.254.0.0/16", "link local; metadata of most clouds (169.254.169.254, 169.254.170.2)", "RFC 3927"),
    ("172.16.0.0/12", "private use", "RFC 1918"),
    ("192.0.0.0/24", "protocol assignments; metadata of Oracle (192.0.0.192)", "RFC 6890"),
    ("192.0.2.0/24", "documentation", "RFC 5737"),
    ("192.31.196.0/24", "AS112 anycast", "RFC 7535"),
    ("192.52.193.0/24", "AMT anycast", "RFC 7450"),
    ("192.88.99.0/24", "6to4 and 6a44 relays, deprecated", "RFC 7526, RFC 6751"),
    ("192.168.0.0/16", "private use", "RFC 1918"),
    ("192.175.48.0/24", "AS112 anycast", "RFC 7534"),
    ("198.18.0.0/15", "benchmarking", "RFC 2544"),
    ("198.51.100.0/24", "documentation", "RFC 5737"),
    ("203.0.113.0/24", "documentation", "RFC 5737"),
    ("224.0.0.0/4", "multicast", "RFC 5771"),
    ("240.0.0.0/4", "reserved; broadcast (255.255.255.255)", "RFC 1112, RFC 919"),
)
# The three rows that say "anything else" hold all that is outside 2000::/3, the only global unicast there is.
IPV6_DENIED = (
    ("::/128", "unspecified", "RFC 4291"),
    ("::1/128", "loopback", "RFC 4291"),
    ("::/96", "IPv4-compatible, deprecated", "RFC 4291"),
    ("::ffff:0:0/96", "IPv4-mapped", "RFC 4291"),
    ("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765"),
    ("64:ff9b::/96", "NAT64", "RFC 6052"),
    ("64:ff9b:1::/48", "NAT64 of a network's own", "RFC 8215"),
    ("100::/64", "discard only", "RFC 6666"),
    ("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    ("::/3", "anything else before 2000::/3", "RFC 4291"),
    ("2001::/23", "protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, DETs, anycast", "RFC 2928"),
    ("2001:db8::/32", "documentation", "RFC 3849"),
    ("2002::/16", "6to4", "RFC 3056"),
    ("2620:4f:8000::/48", "AS112 anycast", "RFC 7534"),
    ("3fff::/20", "documentation", "RFC 9637"),
    ("5f00::/16", "segment identifiers of SRv6", "RFC 9602"),
    ("4000::/2", "anything else from 4000::", "RFC 4291"),
    ("fc00::/7", "unique local; metadata of AWS (fd00:ec2::254) and Google (fd20:ce::254)", "RFC 4193"),
    ("fe80::/10", "link local", "RFC 4291"),
    ("fec0::/10", "site local, deprecated", "RFC 3879"),
    ("ff00::/8", "multicast", "RFC 4291"),
    ("8000::/1", "anything else from 8000::", "RFC 4291"),
)

# As numbers, from the first to the last address: comparing those takes a tenth of the time.
_DENIED_4, _DENIED_6 = (
    tuple((int(network[0]), int(network[-1])) for network in (ip_network(text) for text, _, _ in table))
    for table in (IPV4_DENIED, IPV6_DENIED)
)

_LAST_32 = 0xFFFF_FFFF
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
# Where an IPv4 address hides: in which network, how many bits from the right, and what inverts it.
_DISGUISES = (
    (IPv6Network("::/96"), 0, 0),
    (IPv6Network("::ffff:0:0/96"), 0, 0),
    (IPv6Network("::ffff:0:0:0/96"), 0, 0),
    (IPv6Network("64:ff9b::/96"), 0, 0),
    (_LOCAL_NAT64, 0, 0),
    (IPv6Network("2001::/32"), 64, 0),  # Teredo's server, and then the client behind it
    (IPv6Network("2001::/32"), 0, _LAST_32),
    (IPv6Network("2002::/16"), 80, 0),
)

# The last label begins with a letter, as that of every public name does: there no reader sees a number, of any base.
_IS_NAME = re.compile(
    r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9_-]{0,61}[a-z0-9_])?\.?", re.ASCII
).fullmatch
_LONGEST_NAME = 253


@frozen(kw_only=True)
class Allowed:
    """What may be dialled though it is not public: networks, and names of hosts."""

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()

    def has_name(self, name: str) -> bool:
        """Return whether the name, as `read_host` returns it, is allowed."""
        return name.removesuffix(".") in self.names

    def has_address(self, address: Address) -> bool:
        """Return whether the address is in one of the networks."""
        return _is_listed(address, self.networks)


def allowed(allow: Iterable[str | Network]) -> Allowed:
    """
    Return what a host allows: networks, addresses, each a network of one, and names of hosts.

    Raises `UsageError` listing everything that is none, such as `10.0.0.1/8`, whose address has bits after the prefix.
    """
    if isinstance(allow, Allowed):
        return allow
    if isinstance(allow, (str, bytes)) or not isinstance(allow, Iterable):
        raise UsageError(f"allow must be a collection of networks and names of hosts, not {type(allow).__name__}")
    networks: list[Network] = []
    names: set[str] = set()
    problems = []
    for item in allow:
        network = _network(item)
        name = read_host(item)
        if network is not None:
            networks.append(network)
        elif isinstance(name, str):
            names.add(name.removesuffix("."))
        else:
            problems.append(
                f"allow holds {item!r}, which is no network such as 10.0.0.0/8 (without bits after its prefix), "
                "no address and no name of a host (without port or wildcard)"
            )
    if problems:
        raise UsageError("; ".join(problems))
    return Allowed(networks=tuple(networks), names=frozenset(names))


def may_dial(address: str | Address, *, allow: tuple[Network, ...] = ()) -> bool:
    """
    Return whether a connection to `address`, as `getaddrinfo` yields it, may be opened for a stranger.

    Ordinary global unicast may, and what lies in a network of `allow`. Where an IPv6
    address hides an IPv4 address, `allow` opens it only if the hidden one may be dialled too. An IPv4-mapped one is the
    IPv4 address as far as the system is concerned, so the network of that is enough. What is no address may not be
    dialled.
    """
    found = _address(address)
    if isinstance(found, IPv4Address):
        return _is_listed(found, allow) or not _is_denied(found, _DENIED_4)
    if found is None:
        return False
    mapped = found.ipv4_mapped
    if _is_listed(found, allow) or (mapped is not None and _is_listed(mapped, allow)):
        return all(may_dial(hidden, allow=allow) for hidden in _hidden(found))
    # A global address needs no scope: who gives it one means an interface.
    return not (found.scope_id or _is_isatap(int(found)) or _is_denied(found, _DENIED_6))


def read_host(host: object) -> Address | str | None:
    """
    Return what the host of a URL is: an address in its one canonical spelling, a name in lower case, or None.

    None is for everything that some reader could take for an address where another sees something else: octal,
    hexadecimal, short and dotted-at-the-end forms, IPv6 that is not as RFC 5952 writes it, has a zone or is mapped
    IPv4, percent escapes, and whatever is not ASCII. A name is nothing that `inet_aton` or a browser reads as an
    address; what it stands for is for `may_dial` to judge once it is resolved.
    """
    if not isinstance(host, str) or not host.isascii():
        return None
    text = host.lower()
    if _IS_NAME(text):  # and then no address
        return text if len(text.removesuffix(".")) <= _LONGEST_NAME else None
    in_brackets = text.startswith("[") and text.endswith("]")
    literal = text[1:-1] if in_brackets else text
    address = _address(literal)
    if isinstance(address, IPv4Address):
        return None if in_brackets else address
    if address is None or address.scope_id or address.ipv4_mapped or str(address) != literal:
        return None
    return address


def _network(item: object) -> Network | None:
    if isinstance(item, (IPv4Network, IPv6Network)):
        return item
    try:
        return ip_network(item) if isinstance(item, str) and "%" not in item else None
    except ValueError:
        return None


def _address(address: object) -> Address | None:
    if isinstance(address, (IPv4Address, IPv6Address)):
        return address
    try:
        return ip_address(address) if isinstance(address, str) else None
    except ValueError:
        return None


def _is_denied(address: Address, ranges: tuple[tuple[int, int], ...]) -> bool:
    value = int(address)
    return any(first <= value <= last for first, last in ranges)


def _is_listed(address: Address, networks: tuple[Network, ...]) -> bool:
    # Where the IPv4 address stands in a local NAT64 prefix depends on its length: only at 96 is it surely the last.
    least = 96 if address in _LOCAL_NAT64 else 0
    return any(network.prefixlen >= least and address in network for network in networks)


def _hidden(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that some router or tunnel would make of `address`."""
    value = int(address)
    if value <= 1:  # unspecified and loopback, which RFC 4291 takes out of ::/96
        return []
    places = [(bits, inverted) for network, bits, inverted in _DISGUISES if address in network]
    if _is_isatap(value):
        places.append((0, 0))
    return [IPv4Address((value >> bits ^ inverted) & _LAST_32) for bits, inverted in places]


def _is_isatap(value: int) -> bool:
    # RFC 5214 §6.1: 0000:5efe or 0200:5efe before the IPv4 address, under any prefix.
    return value >> 32 & 0xFDFF_FFFF == 0x5EFE
