"""Observers as a host writes and passes them. Type-checked, never executed."""

from collections.abc import Callable, Mapping

from opentelemetry import metrics, trace
from typing_extensions import assert_type

from alertkit import LogLine, LogObserver, Observation, Observer, SystemClock, each_of
from alertkit.cloudflare import HookRecord, Installer
from alertkit.mail import MailReport, SmtpMailQueue
from alertkit.opentelemetry import OpenTelemetryObserver
from alertkit.pagerduty import EventAttempted, EventPrepared, PagerDutyClient
from alertkit.pagerduty.v1 import EventsV1Client
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import CountingObserver
from alertkit.webhooks import IntegrationRetired, MessageAttempted, Outcome, VerdictSpoken, WebhookSender

kept: list[Observation] = []


def watch(observation: Observation) -> None:
    """Look at each part of what is known."""
    assert_type(observation.labels, Mapping[str, str])
    assert_type(observation.seconds, float | None)
    assert_type(observation.log_level, int | None)
    assert_type(observation.log_line(), LogLine)
    assert_type(observation.part, str)
    if isinstance(observation, EventPrepared):
        assert_type(observation.changes, tuple[str, ...])
    elif isinstance(observation, EventAttempted):
        assert_type(observation.duration, float)
        assert_type(observation.delay, float | None)
        assert_type(observation.delivered, bool)
    elif isinstance(observation, MessageAttempted):
        assert_type(observation.outcome, Outcome)
    elif isinstance(observation, VerdictSpoken):
        assert_type(observation.would_retire, bool)
    elif isinstance(observation, IntegrationRetired):
        assert_type(observation.notified, bool | None)


meter, tracer = metrics.get_meter("alertkit"), trace.get_tracer("alertkit")
observers: list[Observer] = [
    watch,
    kept.append,
    LogObserver(),
    CountingObserver(keep=10),
    OpenTelemetryObserver(meter=meter),
    OpenTelemetryObserver(meter=meter, tracer=tracer, clock=SystemClock()),
    each_of(),
    each_of(LogObserver(), watch, kept.append),
]
clients = [PagerDutyClient("0" * 32, observer=observer) for observer in (watch, kept.append, LogObserver(), None)]
legacy = [EventsV1Client("0" * 32, observer=observer) for observer in observers]
senders = [WebhookSender(buffer=MemoryRequestBuffer(), observer=observer) for observer in observers]
queues = [SmtpMailQueue("mx.example.com", observer=observer) for observer in observers]


def narrow(build: Callable[..., Installer], records: list[HookRecord], reports: list[MailReport]) -> None:
    """What tells one kind only takes whoever knows that one, and whoever takes all."""
    SmtpMailQueue("mx.example.com", observer=reports.append)
    SmtpMailQueue("mx.example.com", observer=LogObserver())
    build(observer=records.append)


def counted(counting: CountingObserver) -> None:
    """A test asks for one kind, by its class."""
    assert_type(counting.observations, tuple[Observation, ...])
    assert_type(counting.of(EventAttempted), tuple[EventAttempted, ...])
    assert_type(counting.count(), int)
    assert_type(counting.count(EventAttempted, outcome="delivered"), int)
