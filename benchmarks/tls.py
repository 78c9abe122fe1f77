"""
One alert over a new HTTPS connection each time: the first of an app that seldom alerts.

Rules of this file: the CA bundle is as large as in real life, certifi's with one certificate more; the server closes
the connection after each answer, and the whole send is measured.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import certifi
import trustme
from clients import Send, with_alertkit, with_pagerduty, with_session
from details import grown, stack_trace
from measure import Target, Variant, calls_within, interleaved, table
from server import running

from alertkit.transports.requests import RequestsTransport

__all__ = ["run"]

_DETAILS = grown(stack_trace, 2_000)
_SESSION = "Session.post"
_ALERTKIT = "alertkit"
_BUNDLE = "REQUESTS_CA_BUNDLE"


def run(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle, certificate = Path(folder, "bundle.pem"), Path(folder, "server.pem")
        authority = trustme.CA()
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        before = os.environ.get(_BUNDLE)
        os.environ[_BUNDLE] = str(bundle)
        try:
            _measure(bundle, certificate, rounds)
        finally:
            del os.environ[_BUNDLE]
            if before is not None:
                os.environ[_BUNDLE] = before


def _measure(bundle: Path, certificate: Path, rounds: int) -> None:
    with running(certificate) as server:
        base_url = f"{server.https}/closing"
        context = ssl.create_default_context(cafile=bundle)
        ways: dict[str, Send] = {
            _SESSION: with_session(base_url, _DETAILS),
            "pagerduty package": with_pagerduty(base_url, _DETAILS, verify=context),
            _ALERTKIT: with_alertkit(base_url, _DETAILS),
            "alertkit, bundle given as `verify`": with_alertkit(
                base_url, _DETAILS, transport=RequestsTransport(verify=str(bundle))
            ),
        }
        variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
        variants.append(Variant("reading the CA bundle alone", lambda: ssl.create_default_context(cafile=bundle)))
        before, sent = server.stats()
        samples = interleaved(variants, rounds)
        connections, requests_ = server.stats()
        table("tls: a new HTTPS connection for each send", samples, [_SESSION], [Target(_ALERTKIT, _SESSION, 0.15)])
        print(f"\n{requests_ - sent} sends over {connections - before} connections.")
