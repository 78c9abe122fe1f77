"""PagerDuty: typed events, payloads prepared offline, and a client that loses no page and sends none twice."""

from alertkit.pagerduty._changes import Change
from alertkit.pagerduty._client import PagerDutyClient
from alertkit.pagerduty._error_event import ErrorEvent
from alertkit.pagerduty._events import AcknowledgeEvent, ChangeEvent, Image, Link, ResolveEvent, TriggerEvent
from alertkit.pagerduty._incident import Incident, IncidentRun
from alertkit.pagerduty._metric_alert import MetricAlert, MetricStatus
from alertkit.pagerduty._observations import EventAttempted, EventPrepared
from alertkit.pagerduty._payload import PreparedEvent, prepare_event
from alertkit.pagerduty._region import Region
from alertkit.pagerduty._replies import Receipt
from alertkit.pagerduty._severity import Severity, severity_for_level

__all__ = [
    "AcknowledgeEvent",
    "Change",
    "ChangeEvent",
    "ErrorEvent",
    "EventAttempted",
    "EventPrepared",
    "Image",
    "Incident",
    "IncidentRun",
    "Link",
    "MetricAlert",
    "MetricStatus",
    "PagerDutyClient",
    "PreparedEvent",
    "Receipt",
    "Region",
    "ResolveEvent",
    "Severity",
    "TriggerEvent",
    "prepare_event",
    "severity_for_level",
]
