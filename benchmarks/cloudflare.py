"""
A step of the install form with a thousand of everything, against building and serialising the same form by hand.

Rules of this file: both start with the objects of the repositories, and end with the bytes of the reply. The one by
hand checks nothing: no signature, no shape, no order of fields.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable

from measure import Target, Variant, calls_within, interleaved, table

from alertkit.cloudflare import Installer, Organization, Principal, Project, ProjectKey
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
)

__all__ = ["run"]

_MANY = 1000
_SECRET = "the security key of the app"
_PAT = Principal("7")
_BY_HAND = "by hand"


def run(rounds: int) -> None:
    offered = [Organization(str(n), f"org-{n:04}") for n in range(_MANY)]
    projects = [Project(str(n), f"project-{n:04}", "0") for n in range(_MANY)]
    keys = [ProjectKey(f"{n:032x}", f"https://{n:032x}@events.example.com/0") for n in range(_MANY)]
    authenticator, organizations = MemoryAuthenticator(), MemoryOrganizationRepository()
    authenticator.add("token", _PAT)
    in_organization, in_project = MemoryProjectRepository(), MemoryProjectKeyRepository()
    for organization in offered:
        organizations.add(organization, members=[_PAT])
    for project in projects:
        in_organization.add(project, members=[_PAT])
    for key in keys:
        in_project.add(key, project=projects[0], members=[_PAT])
    installer = Installer(
        secret=_SECRET,
        authenticator=authenticator,
        organizations=organizations,
        projects=in_organization,
        keys=in_project,
    )
    install = {"options": {}, "schema": {"properties": {}}}
    account = {"account": {"token": {"token": "token"}}}
    body = json.dumps({"event": "option-change:account", "install": install, "authentications": account}).encode()
    headers = {
        "X-Signature-HMAC-SHA256-HEX": hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest(),
        "X-Signature-Key-Variant": "1",
    }

    def by_hand() -> bytes:
        names = {one.id: one.slug for one in sorted(organizations.for_principal(_PAT), key=lambda one: one.slug)}
        of_first = sorted(in_organization.for_organization(_PAT, offered[0]), key=lambda one: one.slug)
        slugs = {one.id: one.slug for one in of_first}
        dsns = [one.dsn for one in sorted(in_project.for_project(_PAT, projects[0]), key=lambda one: one.public_key)]
        properties = {
            "organization": {"type": "string", "order": 1, "enum": list(names), "enumNames": names},
            "project": {"type": "string", "order": 2, "enum": list(slugs), "enumNames": slugs},
            "dsn": {"type": "string", "order": 3, "enum": dsns},
        }
        options = {"organization": "0", "project": "0", "dsn": dsns[0]}
        form = {"options": options, "schema": {"properties": properties}}
        return json.dumps({"install": form, "proceed": True}, separators=(",", ":")).encode()

    ways: dict[str, Callable[[], object]] = {
        _BY_HAND: by_hand,
        "alertkit": lambda: installer.handle(body=body, headers=headers),
    }
    size = len(installer.handle(body=body, headers=headers).body)
    variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
    title = f"cloudflare: a form with {_MANY:,} organizations, projects and keys ({size:,} bytes)"
    table(title, interleaved(variants, rounds), [_BY_HAND], [Target("alertkit", _BY_HAND, 2)])
