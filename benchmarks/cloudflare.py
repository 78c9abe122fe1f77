"""
A step of the install form with a thousand of everything, against building and serialising the same form by hand.

Rules of this file: both start with the bytes of the hook and the objects of the repositories, and end with the bytes of
the reply. The one by hand parses, and checks nothing: no signature, no depth, no shape, no order of fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from measure import Target, Variant, calls_within, interleaved, table

from alertkit.cloudflare import Installer, Organization, Principal, Project, ProjectKey
from alertkit.testing import (
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
    signed_hook,
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
    first = signed_hook("option-change:account", secret=_SECRET, token="token")
    shown = installer.handle(body=first.body, headers=first.headers).body
    form = json.loads(shown)["install"]
    again = signed_hook(
        "preview", form["options"], secret=_SECRET, token="token", properties=form["schema"]["properties"]
    )

    def by_hand(body: bytes) -> bytes:
        json.loads(body)
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

    for what, hook in (("an account is connected to an empty form", first), ("the form is opened again", again)):
        ways: dict[str, Callable[[], object]] = {
            _BY_HAND: lambda hook=hook: by_hand(hook.body),
            "alertkit": lambda hook=hook: installer.handle(body=hook.body, headers=hook.headers),
        }
        variants = [Variant(name, way, calls_within(way, 0.05)) for name, way in ways.items()]
        title = f"cloudflare: {_MANY:,} organizations, projects and keys ({len(shown):,} bytes), {what}"
        table(title, interleaved(variants, rounds), [_BY_HAND], [Target("alertkit", _BY_HAND, 2)])
