"""Webhooks: signed, delivered once an attempt, recorded, and an integration that is broken retired once."""

from alertkit._organization import Organization, Project
from alertkit.webhooks._alert import AlertDispatch, AlertedError, AlertProblem, InstalledIntegration
from alertkit.webhooks._alert_dispatcher import AlertDispatcher
from alertkit.webhooks._alert_ports import IntegrationLookup, OrganizationLookup, ProjectLookup
from alertkit.webhooks._alert_urls import AlertUrls
from alertkit.webhooks._delivery import Delivery, PortFailure
from alertkit.webhooks._event import Actor, Installation, InstallationStatus, WebhookEvent
from alertkit.webhooks._health import DailyTally, FailureKind, Outcome, Verdict
from alertkit.webhooks._health_observations import IntegrationRetired, VerdictSpoken
from alertkit.webhooks._hook_signer import HookSigner
from alertkit.webhooks._installation_notifier import InstallationNotifier
from alertkit.webhooks._integration import Integration, IntegrationKind
from alertkit.webhooks._message import Message
from alertkit.webhooks._observations import AttemptRecorded, MessageAttempted, MessagePrepared, MessageWithheld
from alertkit.webhooks._policy import BrokenPolicy, ConsecutiveErrorDays, FatalTrips, TimeoutFlood, any_of
from alertkit.webhooks._ports import AuditLog, IntegrationRegistry, OwnerNotifier, RequestBuffer
from alertkit.webhooks._request_record import RequestRecord
from alertkit.webhooks._retirement import AuditEntry, RetirementNotice
from alertkit.webhooks._rules import HealthRules
from alertkit.webhooks._sender import WebhookSender
from alertkit.webhooks._signer import IncomingHeaders, Signer, VerificationFailure
from alertkit.webhooks._standard_webhooks import StandardWebhooksSigner

__all__ = [
    "Actor",
    "AlertDispatch",
    "AlertDispatcher",
    "AlertProblem",
    "AlertUrls",
    "AlertedError",
    "AttemptRecorded",
    "AuditEntry",
    "AuditLog",
    "BrokenPolicy",
    "ConsecutiveErrorDays",
    "DailyTally",
    "Delivery",
    "FailureKind",
    "FatalTrips",
    "HealthRules",
    "HookSigner",
    "IncomingHeaders",
    "Installation",
    "InstallationNotifier",
    "InstallationStatus",
    "InstalledIntegration",
    "Integration",
    "IntegrationKind",
    "IntegrationLookup",
    "IntegrationRegistry",
    "IntegrationRetired",
    "Message",
    "MessageAttempted",
    "MessagePrepared",
    "MessageWithheld",
    "Organization",
    "OrganizationLookup",
    "Outcome",
    "OwnerNotifier",
    "PortFailure",
    "Project",
    "ProjectLookup",
    "RequestBuffer",
    "RequestRecord",
    "RetirementNotice",
    "Signer",
    "StandardWebhooksSigner",
    "TimeoutFlood",
    "Verdict",
    "VerdictSpoken",
    "VerificationFailure",
    "WebhookEvent",
    "WebhookSender",
    "any_of",
]
