"""
Everything that tells an observer, each at work once, and one observation of each kind.

Rules of this file: no network and no waiting. Whatever is secret is in it, so that a test can look for it.
"""

from datetime import datetime, timezone
from email.message import EmailMessage

from webhook_world import SECRET as SIGNING_SECRET, World as WebhookWorld, integration

from alertkit import HttpResponse
from alertkit.cloudflare import HookRecord, Installer
from alertkit.mail import MailOutcome, MailReport, SmtpMailQueue
from alertkit.pagerduty import EventAttempted, EventPrepared, PagerDutyClient, TriggerEvent
from alertkit.pagerduty.v1 import EventsV1Client
from alertkit.testing import (
    FrozenClock,
    MemoryAuthenticator,
    MemoryOrganizationRepository,
    MemoryProjectKeyRepository,
    MemoryProjectRepository,
    ScriptedTransport,
    signed_hook,
)
from alertkit.webhooks import (
    AttemptRecorded,
    IntegrationRetired,
    MessageAttempted,
    MessagePrepared,
    MessageWithheld,
    Outcome,
    VerdictSpoken,
)

KEY = "0123456789abcdef0123456789ABCDEF"
MARK = "s3cr3t-of-the-owner"
BODY = "what-happened-in-the-app"
ADDRESS = "pat@example.com"
SECRETS = (KEY, MARK, BODY, SIGNING_SECRET, SIGNING_SECRET.removeprefix("whsec_"), "tok-pat", "app-security-key")
"""What no observation may show."""

AT = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
EVENT = TriggerEvent(summary=BODY, source="db-1", dedup_key="disk", custom_details={"body": BODY})


def page(observer):
    """Return the receipt of a page that took two attempts, the first of which was answered with an echo."""
    echo = HttpResponse(503, {"X-Echo": KEY}, f'{{"message": "{KEY}"}}'.encode())
    client = PagerDutyClient(
        KEY, transport=ScriptedTransport(echo, 202), clock=FrozenClock(AT), dice=lambda: 1.0, observer=observer
    )
    return client.send_trigger(EVENT)


def page_v1(observer):
    """Return the receipt of one through the legacy API."""
    return EventsV1Client(KEY, transport=ScriptedTransport(200), clock=FrozenClock(AT), observer=observer).send_trigger(
        EVENT
    )


def deliver(observer):
    """Return the delivery that retires its integration."""
    echo = HttpResponse(410, {"X-Echo": MARK}, MARK.encode(), 0.25)
    world = WebhookWorld(ScriptedTransport(echo), observer=observer)
    url = f"https://u:{MARK}@h.example/{MARK}?k={MARK}"
    return world.send(to=integration(url=url, headers={"X-A": MARK}))


def answer(observer):
    """Return the reply to a hook."""
    authenticator = MemoryAuthenticator()
    installer = Installer(
        secret="app-security-key",
        authenticator=authenticator,
        organizations=MemoryOrganizationRepository(),
        projects=MemoryProjectRepository(),
        keys=MemoryProjectKeyRepository(),
        observer=observer,
    )
    hook = signed_hook("option-change:account", secret="app-security-key", token="tok-pat")
    return installer.handle(body=hook.body, headers=hook.headers)


def put(observer):
    """Return whether a queue that is closed took a mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "alerts@host.example", ADDRESS, "<1@host.example>"
    message["Date"] = AT
    message.set_content(BODY)
    queue = SmtpMailQueue("mx.example.com", password=MARK, username="relay", observer=observer)
    queue.close(0)
    return queue.put(message)


WORK = {
    "page": (page, ["event_prepared", "event_attempted", "event_attempted"]),
    "page_v1": (page_v1, ["event_prepared", "event_attempted"]),
    "deliver": (
        deliver,
        [
            *("message_prepared", "message_attempted", "attempt_recorded"),
            *("verdict_spoken", "verdict_spoken", "integration_retired"),
        ],
    ),
    "answer": (answer, ["hook_answered"]),
    "put": (put, ["mail_reported"]),
}
"""What is done, and what is told of it, in order."""

SAMPLES = (
    EventPrepared(action="trigger", dedup_key="disk", size=120),
    EventAttempted(dedup_key="disk", number=1, status=202, duration=0.2),
    MessagePrepared(message_id="msg_1", event_type="issue.created", size=120),
    MessageAttempted(
        integration_id="7",
        message_id="msg_1",
        event_type="issue.created",
        problem="",
        at=AT,
        outcome=Outcome.SUCCESS,
        status=202,
        failure=None,
        duration=0.2,
    ),
    MessageWithheld(integration_id="7", message_id="msg_1", event_type="issue.created", problem="it is disabled"),
    AttemptRecorded(integration_id="7", message_id="msg_1", outcome=Outcome.SUCCESS),
    VerdictSpoken(integration_id="7", slug="billing-sync", broken=False, reason=""),
    IntegrationRetired(
        retirement_id="ret_1",
        integration_id="7",
        slug="billing-sync",
        organization_id=None,
        reason="it is gone",
        tallies=(),
        disabled=True,
        notified=True,
        audited=None,
        cleared=True,
    ),
    HookRecord(status=200),
    MailReport(message_id="<1@host.example>", recipient=ADDRESS, outcome=MailOutcome.SENT),
)
"""One of each kind."""
