"""
Project → organization → integration → `event_alert.triggered`.

Rules of this file: a shell, called in the loop in which the host walks its rules. Mistakes in how it is called are
raised; whatever is not there, or fails, is a result, so that the next rule has its turn. An error is the host's too:
what it says of itself is read in a step.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import attrs

from alertkit._checks import demand, methods, of_type, required_text
from alertkit._json import encode
from alertkit._organization import Organization, Project
from alertkit.caching._memory import MemoryCache
from alertkit.caching._ports import Cache
from alertkit.caching._read_through import ReadThrough
from alertkit.errors import UsageError
from alertkit.webhooks._alert import AlertDispatch, AlertedError, AlertProblem, InstalledIntegration
from alertkit.webhooks._alert_data import Facts, additional_problems, alert_data
from alertkit.webhooks._alert_ports import IntegrationLookup, OrganizationLookup, ProjectLookup
from alertkit.webhooks._alert_urls import AlertUrls
from alertkit.webhooks._delivery import Delivery
from alertkit.webhooks._event import WebhookEvent
from alertkit.webhooks._log import log_not_dispatched
from alertkit.webhooks._sender import WebhookSender
from alertkit.webhooks._steps import Steps

__all__ = ["AlertDispatcher"]

_Found = TypeVar("_Found")
_Remembered = TypeVar("_Remembered", bound=attrs.AttrsInstance)


class _NotSentError(Exception):
    def __init__(self, problem: AlertProblem) -> None:
        self.problem = problem


class AlertDispatcher:
    """
    Tells an integration that a rule has alerted about an error.

    How the endpoint takes it does not count toward its health: alerts come in floods. Threads may share a dispatcher.
    """

    def __init__(
        self,
        *,
        sender: WebhookSender,
        projects: ProjectLookup,
        organizations: OrganizationLookup,
        integrations: IntegrationLookup,
        urls: AlertUrls,
        cache: Cache | None = None,
        ttl: float = 60.0,
        negative_ttl: float = 5.0,
    ) -> None:
        """
        Take the sender, which stays the caller's to close, and the host's lookups.

        Projects and organizations are remembered in `cache`, one in memory unless given, for `ttl` seconds; that there
        is none, for `negative_ttl`. Raises `UsageError`.
        """
        cache = MemoryCache() if cache is None else cache
        lookups = {"projects": projects, "organizations": organizations, "integrations": integrations}
        demand(
            of_type("sender", sender, WebhookSender),
            *(methods(name, lookup, "find") for name, lookup in lookups.items()),
            of_type("urls", urls, AlertUrls),
        )
        self._sender = sender
        self._integrations = integrations
        self._urls = urls
        self._projects = _through(cache, Project, projects.find, ttl=ttl, negative_ttl=negative_ttl)
        self._organizations = _through(cache, Organization, organizations.find, ttl=ttl, negative_ttl=negative_ttl)

    @property
    def projects(self) -> ReadThrough[Project]:
        """What is known of projects; after a change of one, `dispatcher.projects.invalidate(id=…)`."""
        return self._projects

    @property
    def organizations(self) -> ReadThrough[Organization]:
        """What is known of organizations; after a change of one, `dispatcher.organizations.invalidate(id=…)`."""
        return self._organizations

    def send_alert_event(
        self,
        error_event: AlertedError,
        *,
        rule: str,
        integration_id: str,
        additional_payload_key: str | None = None,
        additional_payload: object = None,
    ) -> AlertDispatch:
        """
        Make one attempt to deliver `event_alert.triggered`, and return what became of it.

        `rule` is the name of the rule. `additional_payload`, which JSON can hold, stands in the data under the key, as
        the settings of the rule do under `issue_alert` in Sentry's. Raises `UsageError` for what is no error, name or
        id, and for a key that is documented as something else; for nothing that the error's own attributes, data,
        lookups or endpoint do.
        """
        steps = Steps(integration_id)
        error = steps.ask("error_event", lambda: Facts.of(error_event))
        demand(
            (f"error_event lacks {', '.join(error.lacking)}",) if error and error.lacking else (),
            required_text("rule", rule),
            of_type("integration_id", integration_id, str),
            additional_problems(additional_payload_key, additional_payload),
        )
        additional = {} if additional_payload_key is None else {additional_payload_key: additional_payload}
        event_id = "" if error is None else error.event_id
        try:
            delivery = self._delivered(error, rule, integration_id, additional, steps)
        except _NotSentError as stopped:
            log_not_dispatched(integration_id, event_id, stopped.problem)
            return AlertDispatch(
                integration_id=integration_id, event_id=event_id, problem=stopped.problem, failures=steps.failures
            )
        return AlertDispatch(integration_id=integration_id, event_id=event_id, delivery=delivery)

    def _delivered(
        self, error: Facts | None, rule: str, integration_id: str, additional: dict[str, object], steps: Steps
    ) -> Delivery:
        if error is None:
            raise _NotSentError(AlertProblem.LOOKUP_FAILED)
        if not error.issue_id:
            raise _NotSentError(AlertProblem.UNKNOWN_ISSUE)
        if not error.project_id:
            raise _NotSentError(AlertProblem.UNKNOWN_PROJECT)
        project = _found(
            steps, "projects.find", AlertProblem.UNKNOWN_PROJECT, partial(self._projects.get, id=error.project_id)
        )
        organization = _found(
            steps,
            "organizations.find",
            AlertProblem.UNKNOWN_ORGANIZATION,
            partial(self._organizations.get, id=project.organization_id),
        )
        installed = _found(
            steps,
            "integrations.find",
            AlertProblem.UNKNOWN_INTEGRATION,
            partial(self._installed, integration_id, organization),
        )

        def send() -> Delivery:
            data = alert_data(
                error,
                project=project,
                organization=organization,
                urls=self._urls,
                rule=rule,
                additional=additional,
            )
            event = WebhookEvent(
                resource="event_alert",
                action="triggered",
                installation=installed.installation,
                data=data,
                counts_toward_health=False,
            )
            return self._sender.send(installed.integration, event)

        # A transport and a signer of the host's own are handed the URL and the secrets.
        delivery = steps.ask("sender.send", send, has_secrets=True)
        if delivery is None:
            raise _NotSentError(AlertProblem.NOT_SENDABLE)
        return delivery

    def _installed(self, integration_id: str, organization: Organization) -> InstalledIntegration | None:
        """Return what the host has found, unless it is somebody else's: what is sent would go to a stranger."""
        found = _checked(InstalledIntegration, self._integrations.find(integration_id, organization.id))
        if found is not None and (
            found.integration.id != integration_id or found.installation.organization_id != organization.id
        ):
            raise UsageError("find returned another integration, or another organization's")
        return found


def _through(
    cache: Cache,
    kind: type[_Remembered],
    find: Callable[[str], _Remembered | None],
    *,
    ttl: float,
    negative_ttl: float,
) -> ReadThrough[_Remembered]:
    return ReadThrough(
        load={"id": lambda asked: _checked(kind, find(asked))},
        cache=cache,
        prefix=f"alertkit.{kind.__name__.lower()}",
        ttl=ttl,
        negative_ttl=negative_ttl,
        encode=lambda value: encode(attrs.asdict(value)).decode("utf-8"),
        decode=lambda text: kind(**json.loads(text)),
    )


def _checked(kind: type[_Found], found: _Found | None) -> _Found | None:
    if found is not None and not isinstance(found, kind):
        raise UsageError(f"find must return a value of type {kind.__name__} or None, not {type(found).__name__}")
    return found


def _found(steps: Steps, step: str, missing: AlertProblem, find: Callable[[], _Found | None]) -> _Found:
    asked = steps.ask(step, lambda: (find(),))
    if asked is None:
        raise _NotSentError(AlertProblem.LOOKUP_FAILED)
    (found,) = asked
    if found is None:
        raise _NotSentError(missing)
    return found
