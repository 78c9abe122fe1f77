"""The types of the webhooks that a caller sees, as the design writes them. Type-checked, never executed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

import redis
from typing_extensions import assert_type

from alertkit import AlertKitError, HttpResponse
from alertkit.caching import Cache
from alertkit.pagerduty import ErrorEvent
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.stores.redis import RedisRequestBuffer
from alertkit.stores.sqlite import SqliteRequestBuffer
from alertkit.testing import (
    FrozenClock,
    MemoryAuditLog,
    MemoryIntegrationLookup,
    MemoryIntegrationRegistry,
    MemoryOrganizationLookup,
    MemoryOwnerNotifier,
    MemoryProjectLookup,
    ReceivedWebhook,
    ScriptedTransport,
    WebhookReceiver,
)
from alertkit.testing.contracts import (
    AuditLogContract,
    BrokenPolicyContract,
    IntegrationRegistryContract,
    OwnerNotifierContract,
    ProjectLookupContract,
    RequestBufferContract,
    SignerContract,
)
from alertkit.webhooks import (
    Actor,
    AlertDispatch,
    AlertDispatcher,
    AlertedError,
    AlertProblem,
    AlertUrls,
    AuditEntry,
    AuditLog,
    BrokenPolicy,
    ConsecutiveErrorDays,
    DailyTally,
    Delivery,
    FailureKind,
    FatalTrips,
    HealthRules,
    HookSigner,
    Installation,
    InstallationNotifier,
    Integration,
    IntegrationKind,
    IntegrationLookup,
    IntegrationRegistry,
    Message,
    OrganizationLookup,
    Outcome,
    OwnerNotifier,
    PortFailure,
    Project,
    ProjectLookup,
    RequestBuffer,
    RequestRecord,
    RetirementNotice,
    Signer,
    StandardWebhooksSigner,
    TimeoutFlood,
    Verdict,
    WebhookEvent,
    WebhookSender,
    any_of,
)

integration = Integration(
    id="billing-sync",
    slug="billing-sync",
    name="Billing sync",
    url="https://hooks.example.com/in",
    secrets=["whsec_..."],
    kind=IntegrationKind.INTERNAL,
    headers={"X-Env": "prod"},
    enabled=True,
)
event = WebhookEvent(
    resource="issue",
    action="created",
    installation=Installation(uuid="6f1c", organization_id="1"),
    data={"issue": {"id": "17"}},
    actor=Actor.application(id="alertkit", name="Alertkit"),
    counts_toward_health=True,
)
buffers: list[RequestBuffer] = [
    MemoryRequestBuffer(),
    SqliteRequestBuffer("alerts.db"),
    RedisRequestBuffer(redis.Redis()),
    RedisRequestBuffer(redis.RedisCluster(host="127.0.0.1")),
]
registries: list[IntegrationRegistry] = [MemoryIntegrationRegistry()]
notifiers: list[OwnerNotifier] = [MemoryOwnerNotifier()]
audits: list[AuditLog] = [MemoryAuditLog()]
signers: list[Signer] = [StandardWebhooksSigner(), HookSigner(prefix="Sentry-Hook")]
policies: list[BrokenPolicy] = [
    ConsecutiveErrorDays(7, count_timeouts=True, only_days_with_traffic=True),
    ConsecutiveErrorDays(days=7),
    TimeoutFlood(1000),
    FatalTrips(),
    any_of(FatalTrips(), TimeoutFlood(1000)),
]


class Strict:
    """A policy of a host's own: two methods are more than it needs."""

    def judge(self, tallies: Sequence[DailyTally], *, today: date) -> Verdict:
        """Break at the first error."""
        return Verdict(any(tally.error for tally in tallies), "an error", (today,))


def lenient(came: int | FailureKind) -> Outcome:
    """Take everything for well."""
    return Outcome.SUCCESS


rules = [HealthRules(), HealthRules.default(), HealthRules.sentry(), HealthRules(classify=lenient, policy=Strict())]


def values() -> None:
    """Converters take what is handy, attributes are what the design says."""
    assert_type(integration.secrets, tuple[str, ...])
    assert_type(integration.kind, IntegrationKind)
    assert_type(integration.headers, Mapping[str, str])
    assert_type(event.event_type, str)
    assert_type(event.data, Mapping[str, object])
    assert_type(DailyTally(day=date(2026, 1, 1), error=1).error, int)
    record = RequestRecord(
        at=datetime.now(timezone.utc), event_type="issue.created", url="https://h", status=200, outcome=Outcome.SUCCESS
    )
    assert_type(record.request_headers, Mapping[str, str])
    assert_type(record.response_body, str | None)
    assert_type(record.failure, FailureKind | None)
    assert_type(RequestRecord.from_json(record.to_json()), RequestRecord)


def sending() -> None:
    """A sender takes the ports and returns deliveries."""
    with WebhookSender(
        buffer=buffers[0],
        registry=registries[0],
        notifier=notifiers[0],
        audit=audits[0],
        rules=rules[0],
        signers=signers,
        transport=ScriptedTransport(200),
        clock=FrozenClock(),
        timeout=10,
        retires=[IntegrationKind.INTERNAL, IntegrationKind.UNPUBLISHED],
        dry_run=True,
        lease=timedelta(minutes=5),
    ) as sender:
        assert_type(sender, WebhookSender)
        message = sender.prepare(event)
        assert_type(message, Message)
        assert_type(message.body, bytes)
        assert_type(Message.from_json(message.to_json()), Message)
        delivery = sender.send(integration, event, url=None)
        assert_type(delivery, Delivery)
        assert_type(sender.send(integration, message), Delivery)
        assert_type(sender.buffer.recent("a", event_type=None, errors_only=True, limit=100), tuple[RequestRecord, ...])
    assert_type(delivery.outcome, Outcome)
    assert_type(delivery.response, HttpResponse | None)
    assert_type(delivery.record, RequestRecord | None)
    assert_type(delivery.verdict, Verdict | None)
    assert_type(delivery.error, AlertKitError | None)
    assert_type(delivery.retry_after, float | None)
    assert_type(delivery.failures, tuple[PortFailure, ...])
    assert_type((delivery.retired, delivery.would_retire, delivery.sent), tuple[bool, bool, bool])
    assert_type(Delivery.from_json(delivery.to_json()), Delivery)
    delivery.raise_for_outcome()


def signing() -> None:
    """A signer is usable alone, with the headers of any framework."""
    now = datetime.now(timezone.utc)
    for signer in signers:
        headers = signer.headers(message_id="msg_1", at=now, body=b"{}", secrets=["whsec_..."])
        assert_type(headers, dict[str, str])
        signer.verify(headers, b"{}", secrets=["whsec_..."], now=now, tolerance=timedelta(minutes=5))


def retiring(notice: RetirementNotice, entry: AuditEntry) -> None:
    """What is told, and where to read it."""
    for told in (notice, entry):
        assert_type(told.verdict, Verdict)
        assert_type(told.tallies, tuple[DailyTally, ...])
        assert_type(told.at, datetime)
        assert_type(told.organization_id, str | None)
    assert_type(notice.verdict.days, tuple[date, ...])
    assert_type(AuditEntry.from_json(entry.to_json()), AuditEntry)
    assert_type(MemoryOwnerNotifier().notices, tuple[RetirementNotice, ...])
    assert_type(MemoryAuditLog().entries, tuple[AuditEntry, ...])


def testing() -> None:
    """What the receiver shows of what came in."""
    with WebhookReceiver(secrets=["whsec_..."], signer=HookSigner(), clock=FrozenClock()) as receiver:
        assert_type(receiver, WebhookReceiver)
        assert_type(receiver.webhooks, tuple[ReceivedWebhook, ...])
        assert_type(receiver.webhooks[0].payload, dict[str, Any])


class Buffer(RequestBufferContract):
    """A contract takes whatever is a buffer."""

    def make(self) -> RequestBuffer:
        """Return one."""
        return MemoryRequestBuffer()


class Registry(IntegrationRegistryContract):
    """A contract takes whatever is a registry."""

    def make(self) -> MemoryIntegrationRegistry:
        """Return one."""
        return MemoryIntegrationRegistry()

    def is_enabled(self, registry: IntegrationRegistry, integration_id: str) -> bool:
        """Look."""
        assert isinstance(registry, MemoryIntegrationRegistry)
        return registry.is_enabled(integration_id)


class Notifier(OwnerNotifierContract):
    """A contract takes whatever is a notifier."""

    def make(self) -> OwnerNotifier:
        """Return one."""
        return MemoryOwnerNotifier()

    def told(self, notifier: OwnerNotifier) -> list[str]:
        """Look."""
        assert isinstance(notifier, MemoryOwnerNotifier)
        return [str(notice) for notice in notifier.notices]


class Audit(AuditLogContract):
    """A contract takes whatever is an audit log."""

    def make(self) -> AuditLog:
        """Return one."""
        return MemoryAuditLog()

    def kept(self, audit: AuditLog) -> tuple[AuditEntry, ...]:
        """Look."""
        assert isinstance(audit, MemoryAuditLog)
        return audit.entries


class Scheme(SignerContract):
    """A contract takes whatever signs."""

    def make(self) -> Signer:
        """Return one."""
        return HookSigner()


class Policy(BrokenPolicyContract):
    """A contract takes whatever judges."""

    def make(self) -> BrokenPolicy:
        """Return one."""
        return Strict()


class Lookups(ProjectLookupContract):
    """A contract takes whatever finds projects."""

    def make(self) -> ProjectLookup:
        """Return one."""
        return MemoryProjectLookup()


projects: list[ProjectLookup] = [MemoryProjectLookup()]
organizations: list[OrganizationLookup] = [MemoryOrganizationLookup()]
integrations: list[IntegrationLookup] = [MemoryIntegrationLookup()]
error: AlertedError = ErrorEvent(event_id="e", issue_id="17", project_id="7")


def alerting(sender: WebhookSender, cache: Cache) -> None:
    """A dispatcher takes the lookups, and an error of PagerDuty's too."""
    dispatcher = AlertDispatcher(
        sender=sender,
        projects=projects[0],
        organizations=organizations[0],
        integrations=integrations[0],
        urls=AlertUrls.sentry("https://sentry.example.com"),
        cache=cache,
    )
    dispatch = dispatcher.send_alert_event(error, rule="r", integration_id="billing-sync")
    assert_type(dispatch, AlertDispatch)
    assert_type(dispatch.delivery, Delivery | None)
    assert_type(dispatch.problem, AlertProblem | None)
    assert_type(dispatcher.projects.get(id="7"), Project | None)
    dispatcher.send_alert_event(
        error, rule="r", integration_id="a", additional_payload_key="issue_alert", additional_payload={"a": [1]}
    )


def installing(sender: WebhookSender) -> None:
    """A notifier takes an installation, whose status may be its word."""
    installation = Installation(uuid="6f1c", organization_slug="acme", status="pending", code="f3c7")
    delivery = InstallationNotifier(sender=sender).send(
        integration, installation, action="created", actor=Actor.user(id=7, name="Ann")
    )
    assert_type(delivery, Delivery)
