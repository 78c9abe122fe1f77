"""Which addresses may be dialled: registries and a catalogue of attacks as tables, what never happens as properties."""

import re
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

import pytest
from address_catalogue import CANONICAL, OTHER_SPELLINGS, PUBLIC, words
from hypothesis import assume, example, given, strategies as st

from alertkit._addresses import IPV4_DENIED, IPV6_DENIED, allowed, may_dial, read_host
from alertkit.errors import UsageError

# IANA's registries of special-purpose addresses as of 2025-10-09: block, name, whether it says "globally reachable".
# Those that are reachable are anycast services, relays and identifiers: nobody's webhook is there, and all are denied.
IANA = [
    ("0.0.0.0/8", "This network", False),
    ("0.0.0.0/32", "This host on this network", False),
    ("10.0.0.0/8", "Private-Use", False),
    ("100.64.0.0/10", "Shared Address Space", False),
    ("127.0.0.0/8", "Loopback", False),
    ("169.254.0.0/16", "Link Local", False),
    ("172.16.0.0/12", "Private-Use", False),
    ("192.0.0.0/24", "IETF Protocol Assignments", False),
    ("192.0.0.0/29", "IPv4 Service Continuity Prefix", False),
    ("192.0.0.8/32", "IPv4 dummy address", False),
    ("192.0.0.9/32", "Port Control Protocol Anycast", True),
    ("192.0.0.10/32", "Traversal Using Relays around NAT Anycast", True),
    ("192.0.0.170/32", "NAT64/DNS64 Discovery", False),
    ("192.0.0.171/32", "NAT64/DNS64 Discovery", False),
    ("192.0.2.0/24", "Documentation (TEST-NET-1)", False),
    ("192.31.196.0/24", "AS112-v4", True),
    ("192.52.193.0/24", "AMT", True),
    ("192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", None),
    ("192.88.99.2/32", "6a44-relay anycast address", False),
    ("192.168.0.0/16", "Private-Use", False),
    ("192.175.48.0/24", "Direct Delegation AS112 Service", True),
    ("198.18.0.0/15", "Benchmarking", False),
    ("198.51.100.0/24", "Documentation (TEST-NET-2)", False),
    ("203.0.113.0/24", "Documentation (TEST-NET-3)", False),
    ("240.0.0.0/4", "Reserved", False),
    ("255.255.255.255/32", "Limited Broadcast", False),
    ("::1/128", "Loopback Address", False),
    ("::/128", "Unspecified Address", False),
    ("::ffff:0:0/96", "IPv4-mapped Address", False),
    ("64:ff9b::/96", "IPv4-IPv6 Translat.", True),
    ("64:ff9b:1::/48", "IPv4-IPv6 Translat.", False),
    ("100::/64", "Discard-Only Address Block", False),
    ("100:0:0:1::/64", "Dummy IPv6 Prefix", False),
    ("2001::/23", "IETF Protocol Assignments", False),
    ("2001::/32", "TEREDO", None),
    ("2001:1::1/128", "Port Control Protocol Anycast", True),
    ("2001:1::2/128", "Traversal Using Relays around NAT Anycast", True),
    ("2001:1::3/128", "DNS-SD Service Registration Protocol Anycast", True),
    ("2001:2::/48", "Benchmarking", False),
    ("2001:3::/32", "AMT", True),
    ("2001:4:112::/48", "AS112-v6", True),
    ("2001:10::/28", "Deprecated (previously ORCHID)", None),
    ("2001:20::/28", "ORCHIDv2", True),
    ("2001:30::/28", "Drone Remote ID Protocol Entity Tags (DETs) Prefix", True),
    ("2001:db8::/32", "Documentation", False),
    ("2002::/16", "6to4", None),
    ("2620:4f:8000::/48", "Direct Delegation AS112 Service", True),
    ("3fff::/20", "Documentation", False),
    ("5f00::/16", "Segment Routing (SRv6) SIDs", False),
    ("fc00::/7", "Unique-Local", False),
    ("fe80::/10", "Link-Local Unicast", False),
]
# What those registries do not hold: other registries of IANA, what is deprecated, and the cloud's own.
OTHERS = ["168.63.129.16/32", "224.0.0.0/4", "::/96", "::ffff:0:0:0/96", "::/3", "4000::/2", "8000::/1"]
OTHERS += ["fec0::/10", "ff00::/8"]

# The last and the first public address beside each range that is denied.
NEIGHBOURS = words(
    """
    1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 168.63.129.17
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.1.255 192.0.3.0 192.31.195.255
    192.31.197.0 192.52.192.255 192.52.194.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255
    192.175.49.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 2000::
    2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9::
    2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003:: 2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001::
    3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2a00::5efd:ffff:ffff
    2a00::5eff:0:0 2a00::100:5efe:a00:1 2a00::400:5efe:a00:1
    """
)

LONGEST = ".".join(["a" * 63] * 3 + ["a" * 61])
NO_NAMES = words(r". .. a..b .a a\b a/b u@a a:80 a! -a a-")
NO_NAMES += ["", "a b", "a\n", "\0", "\N{KELVIN SIGN}.example", "bücher.example"]
NAMES = words("localhost localhost. metadata.google.internal a example.com example.com. 3.example a_b.c-d.e 0xff.a")
NAMES += ["xn--bcher-kva.example", "a" * 63 + ".b", LONGEST, LONGEST + "."]

TABLES = (*IPV4_DENIED, *IPV6_DENIED)
V4 = st.integers(0, 2**32 - 1)
V6 = st.integers(0, 2**128 - 1)
DENIED_4, DENIED_6 = (
    st.sampled_from([ip_network(network) for network, _, _ in table]).flatmap(
        lambda network: st.integers(int(network[0]), int(network[-1])).map(type(network[0]))
    )
    for table in (IPV4_DENIED, IPV6_DENIED)
)
ALL_OF_IPV6 = allowed(["::/0"]).networks


def ends(network):
    """Return the first and the last address of a network, as text."""
    return [str(ip_network(network)[0]), str(ip_network(network)[-1])]


def mapped(value):
    """Return the IPv6 address by which a socket of both families knows an IPv4 address."""
    return IPv6Address(0xFFFF << 32 | int(value))


def disguises(value):
    """Return the other IPv6 addresses behind which an IPv4 address can stand."""
    value = int(value)
    public = 0x08080808
    forms = [base | value for base in (0, 0xFFFF << 48, 0x64FF9B << 96, 0x64FF9B0001 << 80)]
    forms += [prefix << 112 | bits << 32 | value for prefix in (0x2A00, 0xFE80, 0xFD00) for bits in (0x5EFE, 0x2005EFE)]
    forms += [0x2001 << 112 | public << 64 | value ^ 0xFFFFFFFF, 0x2001 << 112 | value << 64 | public ^ 0xFFFFFFFF]
    forms += [0x2002 << 112 | value << 80 | public]
    return [IPv6Address(form) for form in forms]


# --- the tables


@pytest.mark.parametrize("block", [*(block for block, _, _ in IANA), *OTHERS])
def test_no_special_block_may_be_dialled(block):
    """The first and the last address of every special block are denied, globally reachable or not."""
    assert [may_dial(address) for address in ends(block)] == [False, False]


def test_the_tables_name_what_the_registries_name():
    """A row is a block that lies in no other block of the registries, or one of the few that they do not hold."""
    blocks = {ip_network(block) for block, _, _ in IANA}
    outer = {
        block
        for block in blocks
        if not any(block.version == other.version and block != other and block.subnet_of(other) for other in blocks)
    }

    assert {ip_network(network) for network, _, _ in TABLES} == outer | set(map(ip_network, OTHERS))


@pytest.mark.parametrize("address", [*PUBLIC, *NEIGHBOURS])
def test_ordinary_public_addresses_may_be_dialled(address):
    """What is public, also to Python, may be dialled: up to the last before a denied range and from the first after."""
    assert ip_address(address).is_global
    assert may_dial(address)
    assert may_dial(ip_address(address))


def test_each_end_of_a_denied_range_has_its_neighbour_in_the_table():
    """No range of IPv4 is wider than it is said to be: next to each stands a neighbour, or another range."""
    for network in (IPv4Network(network) for network, _, _ in IPV4_DENIED):
        for beside in {int(network[0]) - 1, int(network[-1]) + 1} - {-1, 2**32}:
            assert str(IPv4Address(beside)) in NEIGHBOURS or not may_dial(IPv4Address(beside))


@given(DENIED_4 | DENIED_6)
def test_no_address_of_a_denied_range_may_be_dialled(address):
    """Not one address between the ends of a range slips through, as text or as a value."""
    assert not may_dial(address)
    assert not may_dial(str(address))


@given(V6)
def test_of_ipv6_only_global_unicast_may_be_dialled(value):
    """What may be dialled lies in 2000::/3."""
    assert not may_dial(IPv6Address(value)) or value >> 125 == 1


@given(V4.map(IPv4Address) | V6.map(IPv6Address) | st.integers(0x2000 << 112, 0x4000 << 112).map(IPv6Address))
def test_nothing_may_be_dialled_that_python_calls_local(address):
    """Whatever the release, `ipaddress.is_global` denies nothing that is allowed here."""
    assert address.is_global or not may_dial(address)


def test_the_page_shows_the_tables():
    """docs/reference/addresses.md has each row of the code, in order, and no other."""
    page = (Path(__file__).parent.parent / "docs/reference/addresses.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\S+)` \| (.+) \| (.+) \|$", page, re.MULTILINE) == list(TABLES)


# --- what is no address, or one with a scope


@pytest.mark.parametrize(
    "address", ["", "a", "8.8.8", "8.8.8.08", "0x8080808", "8.8.8.8 ", "8.8.8.8\n", "8.8.8.8/32", None, 1, b"\x08" * 4]
)
def test_what_is_no_address_may_not_be_dialled(address):
    """Text that Python cannot read is refused, and so is what is neither text nor an address."""
    assert not may_dial(address)
    assert not may_dial(address, allow=allowed(["0.0.0.0/0", "::/0"]).networks)


def test_a_scope_is_for_allowed_networks():
    """A link-local address keeps its scope where it is allowed; a global address with one is not ordinary."""
    assert not may_dial("fe80::1%eth0")
    assert may_dial("fe80::1%eth0", allow=allowed(["fe80::/10"]).networks)
    assert not may_dial("2606:4700::1111%eth0")
    assert may_dial("2606:4700::1111%eth0", allow=allowed(["2606:4700::/32"]).networks)


@given(st.text() | st.text("0123456789abcdefx.:%[]") | V4.map(str) | V6.map(str))
def test_every_text_has_an_answer(text):
    """Neither function raises, whatever it is asked."""
    assert may_dial(text, allow=ALL_OF_IPV6) in {True, False}
    assert isinstance(read_host(text), (str, IPv4Address, IPv6Address, type(None)))


# --- IPv4 behind IPv6


@given(V4)
def test_no_disguise_may_be_dialled(value):
    """An IPv4 address behind an IPv6 one is denied, public or not."""
    assert not any(map(may_dial, [mapped(value), *disguises(value)]))


@given(DENIED_4)
@example(IPv4Address("127.0.0.1"))
@example(IPv4Address("169.254.169.254"))
def test_no_allowed_network_opens_a_disguise_of_another_address(address):
    """Not even all of IPv6 opens what hides a denied IPv4 address; that address itself opens its mapped one only."""
    assume(int(address) > 1)  # ::0.0.0.0 and ::0.0.0.1 are :: and ::1, and no disguise

    assert not any(may_dial(form, allow=ALL_OF_IPV6) for form in [mapped(address), *disguises(address)])
    itself = allowed([str(address)]).networks
    assert may_dial(address, allow=itself)
    assert may_dial(mapped(address), allow=itself)
    assert not any(may_dial(form, allow=itself) for form in disguises(address))


@pytest.mark.parametrize(
    ("network", "address", "dialled"),
    [
        ("64:ff9b::/96", "64:ff9b::808:808", True),
        ("64:ff9b::/96", "64:ff9b::7f00:1", False),
        ("64:ff9b::/96", "64:ff9b::a83f:8110", False),
        ("64:ff9b:1:2::/96", "64:ff9b:1:2::808:808", True),
        ("64:ff9b:1:2::/96", "64:ff9b:1:2::a00:1", False),
        ("64:ff9b:1::/48", "64:ff9b:1:2::808:808", False),
        ("64:ff9b:1::/48", "64:ff9b:1:7f00:0:100:808:808", False),
        ("::ffff:0:0/96", "::ffff:8.8.8.8", True),
        ("::ffff:0:0/96", "::ffff:10.0.0.1", False),
        ("8.8.8.0/24", "::ffff:8.8.8.8", True),
        ("8.8.8.0/24", "64:ff9b::808:808", False),
        ("2001::/32", "2001:0:808:808::f7f7:f7f7", True),
        ("2001::/32", "2001:0:808:808::f5ff:fffe", False),
        ("2001::/32", "2001:0:a00:1::f7f7:f7f7", False),
        ("2002::/16", "2002:808:808::1", True),
        ("2002::/16", "2002:a00:1::1", False),
        ("fd00::/8", "fd00::5efe:808:808", True),
        ("fd00::/8", "fd00::200:5efe:a00:1", False),
        ("::/96", "::808:808", True),
        ("::/96", "::a00:1", False),
        ("::/96", "::2", False),
        ("::/96", "::1", True),
        ("::/96", "::", True),
    ],
)
def test_an_allowed_network_of_disguises_is_judged_by_what_they_hide(network, address, dialled):
    """Allowed, a disguise may be dialled where the IPv4 address behind it may, if one can tell where it stands."""
    assert may_dial(address, allow=allowed([network]).networks) is dialled


def test_a_disguise_may_be_dialled_where_both_are_allowed():
    """Behind a translator of one's own, a private receiver wants two networks: the prefix, and what is behind it."""
    assert may_dial("64:ff9b::a00:1", allow=allowed(["64:ff9b::/96", "10.0.0.0/8"]).networks)


# --- the networks that a host allows


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["172.16.0.1", "127.0.0.1", "::a00:1"]),
        ("127.0.0.1", ["127.0.0.1"], ["127.0.0.2", "::1"]),
        ("169.254.169.254/32", ["169.254.169.254"], ["169.254.170.2"]),
        ("::1", ["::1"], ["::", "::2", "127.0.0.1", "0.0.0.1"]),
        ("fd00::/8", ["fd12::1"], ["fc00::1", "fe80::1"]),
        (IPv4Network("192.168.1.0/24"), ["192.168.1.7"], ["192.168.2.7"]),
        (IPv6Network("fe80::/10"), ["fe80::1"], ["fec0::1"]),
    ],
)
def test_an_allowed_network_opens_what_is_in_it(network, inside, outside):
    """The addresses of an allowed network may be dialled, and no other special address."""
    allow = allowed([network]).networks

    assert [may_dial(address, allow=allow) for address in inside] == [True] * len(inside)
    assert [may_dial(address, allow=allow) for address in outside] == [False] * len(outside)
    assert all(may_dial(address, allow=allow) for address in PUBLIC)


def test_all_problems_of_the_networks_are_told_at_once():
    """One error names each item that is no network."""
    with pytest.raises(UsageError) as told:
        allowed(["10.0.0.1/8", "10.0.0.0/8", "intra net", "", 10, None, "fe80::%eth0/64", "::/129", "0x7f.1"])

    wrong = ["10.0.0.1/8", "intra net", "", 10, None, "fe80::%eth0/64", "::/129", "0x7f.1"]
    assert re.findall(r"allow holds (.*?), which", str(told.value)) == list(map(repr, wrong))


def test_what_is_said_of_an_item_that_is_none():
    """What it is, and what it could have been."""
    said = (
        "allow holds {}, which is no network such as 10.0.0.0/8 (without bits after its prefix), no address and no "
        "name of a host (without port or wildcard)"
    )
    with pytest.raises(UsageError) as told:
        allowed(["10.0.0.1/8", 10])

    assert str(told.value) == f"{said.format(repr('10.0.0.1/8'))}; {said.format(10)}"


def test_names_are_allowed_beside_networks():
    """In any case, and with the dot at the end or without it; a network is no name, and a name is no network."""
    found = allowed(["10.0.0.0/8", "Hooks.Corp.example.", "intranet", IPv4Network("192.0.2.0/24"), "192.0.2.7"])

    assert [str(network) for network in found.networks] == ["10.0.0.0/8", "192.0.2.0/24", "192.0.2.7/32"]
    assert found.names == {"hooks.corp.example", "intranet"}
    assert [found.has_name(name) for name in ("hooks.corp.example", "hooks.corp.example.", "corp.example")] == [
        True,
        True,
        False,
    ]
    assert allowed(found) is found


@pytest.mark.parametrize("allow", ["10.0.0.0/8", b"10.0.0.0/8", None, 1, IPv4Address("10.0.0.1")])
def test_networks_come_in_a_collection(allow):
    """A single text is not read letter by letter, and what holds nothing is told."""
    with pytest.raises(UsageError, match=f"not {type(allow).__name__}$"):
        allowed(allow)


# --- the host of a URL


@pytest.mark.parametrize("host", [*CANONICAL, *PUBLIC])
def test_a_host_in_canonical_spelling_is_its_address(host):
    """An address that is spelt in the one way is read, in brackets or, as a parser of URLs has it, without."""
    address = ip_address(host.strip("[]"))

    assert read_host(host) == read_host(host.upper()) == read_host(host.strip("[]")) == address
    assert may_dial(address) is (host in PUBLIC)


@pytest.mark.parametrize(
    "host", [*OTHER_SPELLINGS, *NO_NAMES, None, b"a", "a" * 64 + ".b", "a." + "b" * 64, LONGEST + "a"]
)
def test_a_host_that_can_be_read_in_two_ways_is_refused(host):
    """Another spelling of an address is refused, whatever it would mean, and so is what no name looks like."""
    assert read_host(host) is None


@pytest.mark.parametrize("host", NAMES)
def test_a_name_is_for_the_resolver(host):
    """A name is returned in lower case, and none is refused for what it says: what it stands for is judged."""
    assert read_host(host) == read_host(host.upper()) == host


@st.composite
def spelt(draw):
    """Spell an IPv4 address as `inet_aton` takes it: one to four numbers, each to some base."""
    value, count = draw(V4), draw(st.integers(1, 4))
    head = [value >> 8 * (3 - index) & 0xFF for index in range(count - 1)]
    numbers = [*head, value & (1 << 8 * (5 - count)) - 1]
    forms = st.sampled_from(["{}", "0{:o}", "00{:o}", "0x{:x}", "0X{:X}", "0x00{:x}"])
    return ".".join(draw(forms).format(number) for number in numbers)


@given(spelt() | st.text("0123456789abcdefxX. ", max_size=20) | V4.map(IPv4Address).map(str))
@example("127.1")
@example("1.2.3.4 a")
def test_the_c_library_reads_no_host_otherwise(host):
    """What `inet_aton` reads as an address is refused or is that same address; a name is none to it, nor to others."""
    found = read_host(host)
    with suppress(OSError):
        assert found in {None, IPv4Address(socket.inet_aton(host))}


@given(st.from_regex(r"([a-z0-9_-]{1,3}\.){0,3}[a-z0-9_-]{1,3}\.?", fullmatch=True) | st.text() | spelt())
@example("0xff.a")
@example("0x1.0a")
def test_a_name_is_no_address_to_the_resolver(host):
    """What is called a name is not an address to `getaddrinfo`, which knows more spellings than `inet_aton`."""
    if isinstance(read_host(host), str):
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
