"""
A host with an install form: who sees what, and hooks that are signed.

Rules of this file: what a hook holds is invented, and has the shape of real ones. Slugs sort otherwise than ids, and so
do public keys, so that an order is seen.
"""

import hashlib
import hmac
import json

from alertkit import LogObserver, each_of
from alertkit.cloudflare import Installer, Organization, Principal, Project, ProjectKey
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
)

SECRET = "app-security-key-7f3a"
TOKEN = "tok-live-5c1d"
PAT = Principal("7", "pat", "pat@example.com")
KIM = Principal("8", "kim")

ACME, ZETA, EMPTY = Organization("205", "acme"), Organization("101", "zeta"), Organization("300", "bare")
GLOBEX = Organization("999", "globex")
WEB, API, KEYLESS = Project("21", "web", "205"), Project("22", "api", "205"), Project("23", "none", "205")
SHOP = Project("31", "shop", "101")
HIDDEN = Project("66", "payroll", "205")
FOREIGN = Project("99", "hr", "999")
API_DSNS = ("https://a1@example.com/22", "https://b2@example.com/22")
WEB_DSN = "https://c3@example.com/21"
SHOP_DSN = "https://d4@example.com/31"


class World:
    """Repositories in memory, and an installer over them that says what it did."""

    def __init__(self, **settings):
        """Build it; `settings` replace those of the installer."""
        self.authenticator = MemoryAuthenticator()
        self.organizations = MemoryOrganizationRepository()
        self.projects = MemoryProjectRepository()
        self.keys = MemoryProjectKeyRepository()
        self.records = []
        self.authenticator.add(TOKEN, PAT)
        for organization in (ZETA, ACME, EMPTY, ACME):
            self.organizations.add(organization, members=[PAT])
        self.organizations.add(GLOBEX, members=[KIM])
        for project in (WEB, API, KEYLESS, SHOP, API):
            self.projects.add(project, members=[PAT])
        for project in (HIDDEN, FOREIGN):
            self.projects.add(project, members=[KIM])
        for public_key, project in (("b2", API), ("a1", API), ("c3", WEB), ("d4", SHOP), ("a1", API)):
            key = ProjectKey(public_key, f"https://{public_key}@example.com/{project.id}")
            self.keys.add(key, project=project, members=[PAT])
        self.keys.add(ProjectKey("e5", "https://e5@example.com/99"), project=FOREIGN, members=[KIM])
        ports = {name: getattr(self, name) for name in ("authenticator", "organizations", "projects", "keys")}
        observer = each_of(LogObserver(), self.records.append)
        self.installer = Installer(**{"secret": SECRET, "observer": observer, **ports, **settings})

    @property
    def calls(self):
        """How often each port was asked."""
        ports = (self.organizations, self.projects, self.keys)
        return (self.authenticator.calls, *(len(port.calls) for port in ports))

    def send(self, document, **signing):
        """Return the reply to a signed hook."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.installer.handle(body=body, headers=signed(body, **signing))

    def form(self, event, options=None, **other):
        """Return the status, and the document of the reply, to an event of a connected account."""
        reply = self.send(hook(event, options, **other))
        return reply.status, json.loads(reply.body)


def signed(body, *, secret=SECRET, variant="1"):
    """Return the headers of a signed body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Signature-HMAC-SHA256-HEX": digest,
        "X-Signature-Key-Variant": variant,
        "Content-Type": "application/json",
    }


def schema(**properties):
    """Return the schema as the platform sends it, with bookkeeping of its own."""
    return {
        "type": "object",
        "properties": {
            "account": {"type": "object", "format": "account", "title": "Account", "order": 0, "_show": True},
            "organization": {"type": "string", "title": "Old", "order": 1, "enum": ["1"], "_show": True},
            "project": {"type": "string", "title": "Old", "order": 2, "enum": [], "readonly": True},
            "dsn": {"type": "string", "title": "Old", "order": 3, "placeholder": "old", "readonly": True},
            "colour": {"type": "string", "order": 9},
            **properties,
        },
    }


def install(options=None):
    """Return an install document."""
    return {
        "id": "InSt00000001",
        "appId": "sentry",
        "amount": 0.5,
        "created": None,
        "metadata": {"userId": "u-1"},
        "options": {"account": {"service": "svc", "accountId": "AcCt1"}, "colour": "grün \ud800", **(options or {})},
        "schema": schema(),
    }


def hook(event, options=None, *, token=TOKEN, app="sentry"):
    """Return the document of a hook, with a token or, for None, without an account."""
    connected = {"authentications": {"account": {"account": {"state": 1}, "token": {"token": token}}}}
    return {
        "event": event,
        "nonce": "Qp7_vb31-kLs",
        "timestamp": 1720000000,
        "app": {"id": app, "alias": app},
        "user": {"id": "u-1", "email": "customer@example.com"},
        "install": install(options),
        **({} if token is None else connected),
    }


def organization_property(choices):
    """Return what the form says of organizations."""
    return select("Sentry Organization", 1, choices)


def project_property(choices):
    """Return what the form says of projects."""
    return select("Sentry Project", 2, choices)


def select(title, order, choices):
    """Return a field of names."""
    return {
        "type": "string",
        "title": title,
        "order": order,
        "enum": list(choices),
        "enumNames": dict(choices),
        "required": True,
    }


def dsn_property(dsns):
    """Return what the form says of DSNs."""
    return {
        "type": "string",
        "title": "DSN",
        "description": "Where events of this site go. It follows from the project chosen above.",
        "placeholder": "https://public_key@sentry.io/1",
        "order": 3,
        "enum": list(dsns),
        "required": True,
    }
