"""What a guarded transport dials: nothing that is not public, whatever the URL, the resolver and the peer do."""

import inspect
import socket
import ssl
from ipaddress import IPv4Network

import pytest
import trustme
from address_catalogue import CANONICAL, OTHER_SPELLINGS, PUBLIC

from alertkit import BlockedAddressError, ConnectFailedError, HttpRequest, UsageError
from alertkit.testing import LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.testing.contracts import TransportContract
from alertkit.transports._resolving import Resolver
from alertkit.transports.requests import AddressGuard, RequestsTransport

GUARD = AddressGuard()
HOME = AddressGuard(allow=["127.0.0.1"])
FOREIGN = [*CANONICAL, *OTHER_SPELLINGS, "localhost", "LOCALHOST", "localhost.", "intranet", "a.."]


def echoing(talk):
    """Answer every request with its body."""
    while (request := talk.read_request()) is not None:
        talk.write(answer_bytes(200, request.body))


@pytest.fixture
def listener():
    """A server on 127.0.0.1."""
    with LoopbackServer(echoing) as server:
        yield server


def post(host, server, scheme="http", path="/x"):
    """Return a POST to the port of the server, under this host."""
    return HttpRequest("POST", f"{scheme}://{host}:{server.port}{path}", {}, b"{}")


class Names:
    """A resolver that answers from a list, and knows how often it was asked."""

    def __init__(self, *answers):
        """Take what it answers, one after another; the last one again and again."""
        self.answers = answers
        self.asked = []

    def __call__(self, host):
        """Answer."""
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


class TestGuardedTransport(TransportContract):
    """A guard takes nothing from the contract."""

    def make(self):
        """Return one that may dial the server of the contract."""
        return RequestsTransport(guard=HOME)


# --- what the guard says, with no network


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_pass(host):
    """With the usual port, and with others that no mail or login service has."""
    host = f"[{host}]" if ":" in host else host
    for url in (f"https://{host}/in", f"http://{host}", f"HTTP://{host}:8443/?a=b", f"https://{host}:65535"):
        GUARD.check(url)


@pytest.mark.parametrize("host", FOREIGN)
def test_the_catalogue_is_refused_when_it_is_entered(host):
    """Before anything is looked up; what is no URL at all is told so."""
    for scheme in ("http", "https"):
        with pytest.raises((BlockedAddressError, UsageError)) as raised:
            GUARD.check(f"{scheme}://{host}/latest")
        assert isinstance(raised.value, BlockedAddressError) or "url must be" in str(raised.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://ann@hooks.example.com/", "a user"),
        ("https://@hooks.example.com/", "a user"),
        ("https://8.8.8.8:s3cr3t@hooks.example.com/", "a user"),
        *((f"https://hooks.example.com:{port}/", f"port {port} ") for port in (0, 22, 25, 79, 442, 587, 1023)),
        ("https://127.0.0.1/", "its address is not public"),
        ("https://0x7f.1/", "usual spelling"),
        ("https://localhost/", "this network only"),
        ("https://localhost./", "this network only"),
        (f"https://{'a' * 2000}/", "usual spelling"),
    ],
)
def test_it_says_why(url, why):
    """And which host, and nothing else of the URL."""
    with pytest.raises(BlockedAddressError, match=f"refused to dial [^/]+: .*{why}") as raised:
        GUARD.check(url)

    assert "s3cr3t" not in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("url", ["ftp://hooks.example.com/", "file:///etc/passwd", "gopher://x", "//h", "", None, "x"])
def test_other_schemes_are_no_urls_of_a_webhook(url):
    """Only http and https are."""
    with pytest.raises(UsageError, match="url must be absolute, http or https"):
        GUARD.check(url)


def test_what_is_allowed():
    """Networks, addresses and names of a company's own, each with any port; others stay out."""
    guard = AddressGuard(
        allow=["10.20.0.0/16", "127.0.0.1", "Hooks.Corp.example", "localhost", IPv4Network("192.0.2.0/24"), "fd00::/8"],
        ports=[443],
    )
    for url in ("http://10.20.30.40:9", "http://127.0.0.1:1/", "http://hooks.corp.EXAMPLE:25", "http://localhost:5/"):
        guard.check(url)
    for url in ("http://hooks.corp.example.:26/", "http://192.0.2.9:22/", "http://[fd00::1]:22", "https://8.8.8.8/"):
        guard.check(url)
    for url in (
        *("http://10.21.0.1", "http://127.0.0.2/", "http://corp.example:25", "http://a.localhost:5/"),
        *("http://8.8.8.8/", "http://[fe80::1]/"),
    ):
        with pytest.raises(BlockedAddressError):
            guard.check(url)


@pytest.mark.parametrize(
    "settings",
    [
        *({"allow": allow} for allow in ("10.0.0.0/8", None, 7, ["10.0.0.1/8"], [None], ["a b", "::/129"])),
        *({"ports": ports} for ports in ("443", None, 443, [], {"443"}, {443, 70000}, [0], [True], range(1024, 65537))),
        {"behind_proxy": "yes"},
    ],
)
def test_settings_that_mean_nothing(settings):
    """They are refused when the guard is built."""
    with pytest.raises(UsageError, match=next(iter(settings))):
        AddressGuard(**settings)


def test_any_container_of_ports():
    """Whatever has an opinion."""

    class Odd:
        """Odd ports only."""

        def __contains__(self, port):
            return port % 2 == 1

    AddressGuard(ports=Odd()).check("https://hooks.example.com:7/")
    with pytest.raises(BlockedAddressError):
        AddressGuard(ports=Odd()).check("https://hooks.example.com:8/")


def test_a_guard_shows_what_it_allows():
    """In a line that can be read."""
    assert "ports=<80, 443, 1024 to 65535>" in repr(AddressGuard(allow=["10.0.0.0/8"]))
    assert "10.0.0.0/8" in repr(AddressGuard(allow=["10.0.0.0/8"]))
    assert len(str(inspect.signature(AddressGuard))) < 300


@pytest.mark.parametrize("wrong", [{"guard": True}, {"guard": AddressGuard}, {"guard": "yes"}, {"resolve": "8.8.8.8"}])
def test_what_is_no_guard(wrong):
    """It is refused when the transport is built, and not taken for none."""
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RequestsTransport(**wrong)


def test_guards_are_values():
    """Equal where they say the same."""
    assert AddressGuard(allow=["10.0.0.0/8", "a.example"]) == AddressGuard(allow=["10.0.0.0/8", "A.example."])
    assert AddressGuard(allow=GUARD.allow) == GUARD


def test_a_session_dials_by_itself():
    """So it cannot be guarded, and it is not pretended that it is."""
    with pytest.raises(UsageError, match="guard"):
        RequestsTransport(session=object(), guard=GUARD)


# --- over real connections


def test_the_catalogue_reaches_nothing(listener):
    """Each host of it, with the port of a listener that would notice."""
    blocked = 0
    with RequestsTransport(guard=GUARD) as transport:
        for host in FOREIGN:
            for scheme in ("http", "https"):
                try:
                    request = post(host, listener, scheme)
                except UsageError:
                    continue  # that is not even a URL
                with pytest.raises(BlockedAddressError):
                    transport.send(request, timeout=5)
                blocked += 1

    assert blocked > 150
    assert listener.connections == 0


@pytest.mark.parametrize("host", ["%38.8.8.8", "hooks%2eexample", "hooks.exampl%65", "127%2e0.0.1", "%31%32%37.0.0.1"])
def test_what_is_refused_when_it_is_entered_is_refused_when_it_is_sent(host, listener):
    """Though some readers would make a public name of it."""
    with RequestsTransport(guard=AddressGuard(allow=["hooks.example"]), resolve=Names(["127.0.0.1"])) as transport:
        with pytest.raises(BlockedAddressError):
            transport.send(post(host, listener), timeout=5)

    assert listener.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        *(["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["93.184.216.34", "::1"]),
        *(
            ["::ffff:127.0.0.1"],
            ["::ffff:7f00:1"],
            ["::7f00:1"],
            ["64:ff9b::7f00:1"],
            ["2002:7f00:1::"],
            ["fe80::1%lo"],
        ),
        *(["127.1"], ["localhost"], ["2130706433"], [""], [None]),
    ],
)
def test_one_address_that_is_not_public_is_enough(addresses, listener):
    """Whichever of them comes first; and which addresses they were is not told."""
    names = Names(addresses)
    with RequestsTransport(guard=GUARD, resolve=names) as transport:
        with pytest.raises(BlockedAddressError, match=r"refused to dial hooks\.example: ") as raised:
            transport.send(post("hooks.example", listener), timeout=5)

    assert names.asked == ["hooks.example"]
    assert listener.connections == 0
    assert not any(address in str(raised.value) for address in addresses if address)


def test_rebinding_gains_nothing():
    """What was looked up once is what is dialled; what a later look-up says is checked anew."""
    with socket.create_server(("127.0.0.2", 0)) as other, LoopbackServer(echoing_once) as server:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        guard = AddressGuard(allow=["127.0.0.1"])
        with RequestsTransport(guard=guard, resolve=names) as transport:
            assert transport.send(post("hooks.example", server), timeout=5).status == 200
            assert names.asked == ["hooks.example"]
            with pytest.raises(BlockedAddressError):
                transport.send(post("hooks.example", server), timeout=5)
        assert len(names.asked) == 2
        assert server.connections == 1
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()


def echoing_once(talk):
    """Answer one request, and close."""
    talk.write(answer_bytes(200, talk.read_request().body, {"Connection": "close"}))


def test_a_kept_connection_needs_no_look_up(listener):
    """The host was checked when it was dialled."""
    names = Names(["127.0.0.1"])
    with RequestsTransport(guard=HOME, resolve=names) as transport:
        for _ in range(20):
            assert transport.send(post("hooks.example", listener), timeout=5).status == 200

    assert (len(names.asked), listener.connections) == (1, 1)


def test_a_name_that_is_allowed_may_have_any_address(listener):
    """It is the host's own, and nobody else's."""
    with RequestsTransport(guard=AddressGuard(allow=["hooks.example"]), resolve=Names(["127.0.0.1"])) as transport:
        assert transport.send(post("Hooks.Example", listener), timeout=5).body == b"{}"
        with pytest.raises(BlockedAddressError):
            transport.send(post("a.hooks.example", listener), timeout=5)

    assert listener.connections == 1


def test_tls_is_still_about_the_host():
    """The name of the URL goes into the handshake and is what the certificate must be for, not the address."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example").configure_cert(context)
    asked_for = []
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with LoopbackServer(echoing, tls=context) as server, authority.cert_pem.tempfile() as bundle:
        with RequestsTransport(guard=HOME, resolve=Names(["127.0.0.1"]), verify=bundle) as transport:
            assert transport.send(post("hooks.example", server, "https"), timeout=5).status == 200
            for other in ("other.example", "127.0.0.1"):
                with pytest.raises(ConnectFailedError):
                    transport.send(post(other, server, "https"), timeout=5)

    assert asked_for == ["hooks.example", "other.example", None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_nowhere(status, listener):
    """It is an answer like any other."""
    answer = answer_bytes(status, b"", {"Location": f"http://127.0.0.1:{listener.port}/admin"})
    with LoopbackServer(lambda talk: talk.read_request() and talk.write(answer)) as server:
        guard = AddressGuard(allow=["hooks.example"])
        with RequestsTransport(guard=guard, resolve=Names(["127.0.0.1"])) as transport:
            assert transport.send(post("hooks.example", server), timeout=5).status == status

    assert listener.connections == 0


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http", "socks5", "https"])
def test_a_proxy_is_not_used(variable, scheme, listener, monkeypatch):
    """Behind it nobody could see what is dialled; a host that needs none is dialled as ever."""
    monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:{listener.port}")
    monkeypatch.setenv("no_proxy", "direct.example")
    with RequestsTransport(guard=HOME, resolve=Names(["127.0.0.1"])) as transport:
        for _ in range(2):
            with pytest.raises(BlockedAddressError, match=r"hooks\.example: the environment sets a proxy"):
                transport.send(post("hooks.example", listener), timeout=5)
        assert listener.connections == 0
        assert transport.send(post("direct.example", listener), timeout=5).status == 200


def test_a_proxy_that_checks_may_be_used(listener, monkeypatch):
    """It is dialled wherever it is, and told what to dial; what can be seen of a URL is still checked here."""
    monkeypatch.setenv("http_proxy", f"http://localhost:{listener.port}")
    names = Names(["127.0.0.1"])
    with RequestsTransport(guard=AddressGuard(behind_proxy=True), resolve=names) as transport:
        assert transport.send(HttpRequest("POST", "http://hooks.example/x", {}, b"{}"), timeout=5).body == b"{}"
        for url in ("http://169.254.169.254/", "http://hooks.example:25/", "http://a@hooks.example/", "http://0x7f.1/"):
            with pytest.raises(BlockedAddressError):
                transport.send(HttpRequest("POST", url), timeout=5)

    assert names.asked == ["localhost"]


def test_what_connects_is_checked_too(listener):
    """Had another parser found another host in the URL, it would not be dialled either."""
    resolver = Resolver(Names(["127.0.0.1"]), guard=AddressGuard(allow=["127.0.0.1"], ports=[443]))
    for host, port in (("0x7f.1", 443), ("localhost", 443), ("hooks.example", listener.port)):
        with pytest.raises(BlockedAddressError):
            resolver.addresses(host, port, remaining=lambda: 5)
    assert resolver.addresses("127.0.0.1", listener.port, remaining=lambda: 5) == ["127.0.0.1"]
