"""
The shell: raw bytes and headers in, a reply out.

    admit ──► event ──► principal ──► walk: fetch a field's choices, advance, … ──► reply ──► observer
      │ 400     │ echo     │ echo, 401                │ 503

Rules of this file: nothing that a request holds can make `handle` raise, and no port is asked more than once for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from alertkit._checks import at_least, demand, of_type, optional_observer
from alertkit._http import IncomingHeaders
from alertkit._observers import observer_or_log, tell
from alertkit.cloudflare._answers import accepted, refused, rejected, unauthenticated, unavailable
from alertkit.cloudflare._event import HookEvent
from alertkit.cloudflare._form import Field, texts_of
from alertkit.cloudflare._hook import Gate, Hook, keys_of
from alertkit.cloudflare._machine import ENTRIES, Walk, advance, begin
from alertkit.cloudflare._offers import choices_of
from alertkit.cloudflare._ports import (
    Authenticator,
    OrganizationRepository,
    ProjectKeyRepository,
    ProjectRepository,
)
from alertkit.cloudflare._principal import Principal
from alertkit.cloudflare._reply import HookRecord, HookRefusal, Reply
from alertkit.cloudflare._repositories import Repositories
from alertkit.errors import StoreError, VerificationError

__all__ = ["Installer"]

MAX_BODY = 1024 * 1024
"""Bytes. A form with 1,000 organizations, projects and keys is a ninth of it."""


class Installer:
    """
    The install form of a Cloudflare app, behind your repositories. Threads may share it.

    `secret` is the app's security key, or several, newest first. With `allow_test_variant` hooks that are signed with
    the public test key are answered too, never with live data: leave it off in production. `titles` replaces texts of
    the form: `organization`, `project`, `dsn`, `dsn_description`, `dsn_placeholder`. `observer` is told of every
    request what became of it, in place of the log; None: `LogObserver()`. Raises `UsageError` for settings that cannot
    work, above all for no secret.
    """

    def __init__(
        self,
        *,
        secret: str | Iterable[str],
        authenticator: Authenticator,
        organizations: OrganizationRepository,
        projects: ProjectRepository,
        keys: ProjectKeyRepository,
        allow_test_variant: bool = False,
        titles: Mapping[str, str] | None = None,
        observer: Callable[[HookRecord], object] | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        demand(
            of_type("allow_test_variant", allow_test_variant, bool),
            optional_observer("observer", observer),
            at_least("max_body", max_body, 1),
        )
        self._gate = Gate(keys=keys_of(secret), allow_test_variant=allow_test_variant, max_body=max_body)
        self._repositories = Repositories(
            authenticator=authenticator, organizations=organizations, projects=projects, keys=keys
        )
        self._texts = texts_of(titles)
        self._observer = observer_or_log(observer)

    def handle(self, *, body: bytes, headers: IncomingHeaders) -> Reply:
        """
        Return what to answer: 200, 400 for what is no hook, 401 without an account, 503 where a repository failed.

        `body` is the raw body and `headers` a mapping, as the framework has them. Where they are neither it raises
        `UsageError`, and nothing else, whatever they hold.
        """
        try:
            hook = self._gate.admit(body, headers)
        except VerificationError as error:
            reply = refused()
            tell(self._observer, HookRecord(status=reply.status, refusal=HookRefusal(error.reason)))
            return reply
        record = HookRecord(status=200, event=hook.event, is_test=hook.is_test, secret_index=hook.secret_index)
        try:
            reply, record = self._answer(hook, record)
        except StoreError as error:
            reply, record = unavailable(), evolve(record, failed_port=str(error))
        tell(self._observer, evolve(record, status=reply.status))
        return reply

    def _answer(self, hook: Hook, record: HookRecord) -> tuple[Reply, HookRecord]:
        if hook.event not in ENTRIES:
            return accepted(hook.install), record
        walk = begin(hook.event, hook.install)
        if hook.event is HookEvent.ACCOUNT_LOGOUT:
            return _shown(advance(walk, {}, texts=self._texts), record)
        principal = None
        if hook.token is not None:
            principal = self._repositories.principal_of(hook.token)
            record = evolve(record, is_known=principal is not None)
        if principal is None:
            anonymous = accepted(hook.install) if hook.event is HookEvent.PREVIEW else unauthenticated()
            return anonymous, record
        return _shown(self._walked(walk, principal), record)

    def _walked(self, walk: Walk, principal: Principal) -> Walk:
        """Return the walk at its end. What was picked of one field is the parent of the next one's choices."""
        repositories = self._repositories
        parent: Any = None
        fetch: dict[Field, Callable[[], Mapping[str, Any]]] = {
            Field.ORGANIZATION: lambda: repositories.organizations_of(principal),
            Field.PROJECT: lambda: repositories.projects_of(principal, parent),
            Field.DSN: lambda: repositories.keys_of(principal, parent),
        }
        while walk.wanted is not None:
            offered = fetch[walk.wanted]()
            walk = advance(walk, choices_of(offered), texts=self._texts)
            parent = None if walk.picked is None else offered[walk.picked]
        return walk


def _shown(walk: Walk, record: HookRecord) -> tuple[Reply, HookRecord]:
    """Return the reply to a walk that is over, and what the record says of it."""
    record = evolve(
        record,
        replaced=tuple(field.value for field in walk.replaced),
        dropped=tuple(field.value for field in walk.dropped),
        lost=None if walk.lost is None else walk.lost.value,
    )
    if walk.is_check and walk.lost is not None:
        return rejected(walk.lost), record
    return accepted(walk.install), record
