"""Proxies and CA bundles from the environment, over real TLS and a real proxy on loopback."""

import socket
import ssl
import threading

import pytest
import requests
import trustme

from alertkit import ConnectFailedError, HttpRequest, UsageError
from alertkit.testing import Conversation, LoopbackServer
from alertkit.testing._loopback import answer_bytes
from alertkit.transports.requests import RequestsTransport

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(scope="module")
def authority():
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def bundle(authority, tmp_path):
    """The path of a bundle that trusts it."""
    path = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(path)
    return path


def answering(name: str):
    """Return a play that answers every request under a name."""

    def play(talk: Conversation):
        while (request := talk.read_request()) is not None:
            talk.write(answer_bytes(202, f"{name} {request.method} {request.target}".encode()))

    return play


@pytest.fixture
def secure(authority):
    """An HTTPS server on loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    with LoopbackServer(answering("direct"), tls=context) as server:
        yield server


def sent(transport, url):
    """Return the body of the answer to a POST."""
    return transport.send(HttpRequest("POST", url, {}, b"{}"), timeout=5).body.decode()


def test_ca_bundles_are_read_again_when_the_environment_changes(secure, bundle, monkeypatch):
    """Untrusted without a variable, trusted with either of the two, untrusted again without."""
    with RequestsTransport() as transport:
        for name in CA_VARIABLES:
            with pytest.raises(ConnectFailedError, match="certificate verify failed"):
                sent(transport, secure.url)
            monkeypatch.setenv(name, str(bundle))
            assert sent(transport, secure.url).startswith("direct POST")
            monkeypatch.delenv(name)


def test_a_bundle_that_changes_on_disk_is_read_again(secure, authority, bundle, monkeypatch):
    """A rotated bundle counts from the next connection on."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    trustme.CA().cert_pem.write_to_path(bundle)
    with RequestsTransport() as transport:
        with pytest.raises(ConnectFailedError):
            sent(transport, secure.url)
        authority.cert_pem.write_to_path(bundle, append=True)
        assert sent(transport, secure.url).startswith("direct POST")


def test_verify_given_to_the_transport_wins(secure, bundle, monkeypatch, tmp_path):
    """A path of the caller's own is not replaced by the environment's, and a directory of certificates works too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    hashed = tmp_path / "hashed"
    hashed.mkdir()
    with RequestsTransport(verify=str(bundle)) as transport:
        assert sent(transport, secure.url).startswith("direct POST")
    with RequestsTransport(verify=str(hashed)) as transport, pytest.raises(ConnectFailedError):
        sent(transport, secure.url)


def test_verifying_can_be_switched_off(secure):
    """`verify=False` trusts anyone, with urllib3's warning, and spoils no context that verifies."""
    with RequestsTransport(verify=False) as transport, pytest.warns(requests.urllib3.exceptions.InsecureRequestWarning):
        assert sent(transport, secure.url).startswith("direct POST")
    with RequestsTransport() as transport, pytest.raises(ConnectFailedError):
        sent(transport, secure.url)


def test_a_bundle_that_is_not_there(secure, monkeypatch, tmp_path):
    """It is this machine's mistake and no endpoint's; where to look is told."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    with RequestsTransport() as transport, pytest.raises(UsageError, match="REQUESTS_CA_BUNDLE"):
        sent(transport, secure.url)


def test_a_certificate_of_another_host(authority, bundle):
    """A trusted authority is not enough: the name must match."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example.com").configure_cert(context)
    with LoopbackServer(answering("x"), tls=context) as server, RequestsTransport(verify=str(bundle)) as transport:
        with pytest.raises(ConnectFailedError, match="certificate verify failed"):
            sent(transport, server.url)


def test_connections_share_one_context(secure, bundle):
    """The bundle is read once, however many connections are opened."""
    with RequestsTransport(verify=str(bundle)) as transport:
        for _ in range(3):
            sent(transport, secure.url)
            transport.close()

        assert secure.connections == 3
        (adapter,) = {id(adapter): adapter for adapter in transport._session.adapters.values()}.values()
        assert len(adapter._contexts) == 1


def test_a_handshake_that_stalls_ends_with_the_time_to_connect():
    """The peer takes the connection and never speaks TLS: `ConnectFailedError`, for nothing was sent."""
    with LoopbackServer(lambda talk: talk.pause(30)) as server, RequestsTransport(connect_timeout=0.3) as transport:
        with pytest.raises(ConnectFailedError):
            sent(transport, server.url.replace("http:", "https:"))


def tunnelling(talk: Conversation):
    """Be a proxy: pass plain requests off as answered, and join CONNECT to its target."""
    while (request := talk.read_request()) is not None and request.method != "CONNECT":
        talk.write(answer_bytes(202, f"proxied {request.method} {request.target}".encode()))
    if request is None:
        return
    host, _, port = request.target.rpartition(":")
    with socket.create_connection((host, int(port))) as target:
        talk.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        back = threading.Thread(target=lambda: pump(target.recv, talk.write))
        back.start()
        pump(talk.read_some, target.sendall)
        target.shutdown(socket.SHUT_RDWR)
        back.join()


def pump(read, write):
    """Copy until there is nothing more, or nobody takes it."""
    try:
        while data := read(65536):
            if write(data) is False:
                return
    except OSError:
        return


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_plain_request_goes_through_the_proxy_of_the_environment(variable, monkeypatch):
    """The proxy is used while its variable is set, and not for hosts that NO_PROXY names."""
    with (
        LoopbackServer(answering("direct")) as server,
        LoopbackServer(tunnelling) as proxy,
        RequestsTransport() as transport,
    ):
        assert sent(transport, server.url).startswith("direct")
        monkeypatch.setenv(variable, proxy.url)
        assert sent(transport, f"{server.url}/x") == f"proxied POST {server.url}/x"
        assert sent(transport, server.url).startswith("proxied")
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert sent(transport, server.url).startswith("direct")


def test_tls_goes_through_a_tunnel_and_is_verified_end_to_end(secure, bundle, monkeypatch):
    """CONNECT through the proxy, the target's certificate checked against the bundle."""
    with LoopbackServer(tunnelling) as proxy, RequestsTransport(verify=str(bundle)) as transport:
        monkeypatch.setenv("https_proxy", proxy.url)

        assert sent(transport, secure.url).startswith("direct POST")
        assert proxy.connections == 1


def test_a_proxy_that_speaks_tls_is_verified_too(secure, authority, bundle, monkeypatch):
    """A proxy behind HTTPS is checked against the same bundle."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with LoopbackServer(tunnelling, tls=context) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with RequestsTransport(verify=str(bundle)) as transport:
            assert sent(transport, secure.url).startswith("direct POST")
        with RequestsTransport() as transport, pytest.raises(ConnectFailedError):
            sent(transport, secure.url)


def test_a_proxy_that_refuses(secure, bundle, monkeypatch):
    """The refusal of a tunnel is `ConnectFailedError` with the proxy's status."""

    def refuse(talk: Conversation):
        talk.read_request()
        talk.write(answer_bytes(407))

    with LoopbackServer(refuse) as proxy, RequestsTransport(verify=str(bundle)) as transport:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(ConnectFailedError, match="407"):
            sent(transport, secure.url)


def test_a_proxy_that_is_not_one(monkeypatch):
    """A proxy variable that holds no URL is the environment's mistake, said as `UsageError`."""
    with LoopbackServer(answering("direct")) as server, RequestsTransport() as transport:
        monkeypatch.setenv("http_proxy", "http://")
        with pytest.raises(UsageError):
            sent(transport, server.url)
