"""
Sign, send, classify, record, judge, retire.

Rules of this file: the shell of the slice. The bytes and the id are fixed before the first attempt. What the endpoint
does is told, never raised; what the host's ports fail at is told beside it, and keeps no webhook from being sent. One
call is one attempt: when to make the next one is for the host's task queue, which can wait for hours.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from alertkit._checks import of_type, refuse
from alertkit._clock import Clock, SystemClock
from alertkit._http import Transport
from alertkit._observation import Observer
from alertkit._observers import observer_or_log, tell
from alertkit._version import __version__
from alertkit.transports import TransportInUse
from alertkit.webhooks._delivery import Delivery
from alertkit.webhooks._event import Actor, WebhookEvent
from alertkit.webhooks._evidence import request_record
from alertkit.webhooks._exchange import UNANSWERED, Exchange
from alertkit.webhooks._health import COUNTED_AGAINST, Outcome
from alertkit.webhooks._integration import Integration, IntegrationKind, endpoint_problems
from alertkit.webhooks._message import Message, prepare_message
from alertkit.webhooks._observations import MessageAttempted, MessagePrepared, MessageWithheld
from alertkit.webhooks._ports import AuditLog, IntegrationRegistry, OwnerNotifier, RequestBuffer
from alertkit.webhooks._request import SignedRequest, signed_request
from alertkit.webhooks._retiring import Conclusion, Retiring, Whom
from alertkit.webhooks._rules import HealthRules
from alertkit.webhooks._settings import check_ports, check_settings, kinds_of, prefixes_of, signers_of
from alertkit.webhooks._signer import Signer
from alertkit.webhooks._standard_webhooks import StandardWebhooksSigner
from alertkit.webhooks._steps import Steps
from alertkit.webhooks._urls import masked_url

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["WebhookSender"]

_ALERTKIT = Actor.application(id="alertkit", name="Alertkit")


def _new_message_id() -> str:
    return "msg_" + os.urandom(16).hex()


class WebhookSender:
    """
    Delivers webhooks, records every attempt, and retires an integration that is broken, once.

    `send` is one attempt. It raises for mistakes of the caller's, before any byte leaves, and never for what the
    endpoint did or the host's ports failed at: that is on the `Delivery`. To try again later, send `delivery.message`.

    Threads may share a sender. Close it, or use it in a `with`, to give its connections back; closing is not final, and
    leaves a `transport` that was handed in alone.
    """

    def __init__(
        self,
        *,
        buffer: RequestBuffer,
        registry: IntegrationRegistry | None = None,
        notifier: OwnerNotifier | None = None,
        audit: AuditLog | None = None,
        rules: HealthRules | None = None,
        signers: Iterable[Signer] | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        timeout: float = 15.0,
        retires: Iterable[IntegrationKind | str] = (IntegrationKind.INTERNAL,),
        dry_run: bool = False,
        lease: timedelta = timedelta(minutes=15),
        default_actor: Actor | None = None,
        user_agent: str = f"alertkit/{__version__}",
        new_message_id: Callable[[], str] = _new_message_id,
        observer: Observer | None = None,
    ) -> None:
        """
        Take the host's ports, and what differs from the usual.

        `timeout` bounds an attempt, in seconds, from connecting to the last byte of the answer; 15 to 30 is what
        Standard Webhooks advises. `retires` are the kinds of integrations that are retired; `dry_run` says on the
        `Delivery` and in the log what would be retired, and retires nothing. `lease` is how long one process may take
        to retire one, and for how long afterwards no other begins to: longer than `timeout`, at most a day.
        `default_actor` did what nobody did; None: Alertkit. Without `registry`, `notifier` and `audit` nothing is
        retired. `observer` is told of what is prepared, attempted, recorded, judged and retired, in place of the log;
        None: `LogObserver()`. Raises `UsageError`.
        """
        self._rules = HealthRules.default() if rules is None else rules
        self._signers = (StandardWebhooksSigner(),) if signers is None else signers_of(signers)
        self._default_actor = _ALERTKIT if default_actor is None else default_actor
        check_ports(
            buffer, self._signers, registry=registry, notifier=notifier, audit=audit, transport=transport, clock=clock
        )
        check_settings(
            rules=self._rules,
            timeout=timeout,
            lease=lease,
            dry_run=dry_run,
            default_actor=self._default_actor,
            user_agent=user_agent,
            new_message_id=new_message_id,
            observer=observer,
        )
        self._observer = observer_or_log(observer)
        self._window = self._rules.window
        self._buffer = buffer
        self._transport = TransportInUse(transport, guarded=True)
        self._clock = SystemClock() if clock is None else clock
        self._timeout = timeout
        self._user_agent = user_agent
        self._new_message_id = new_message_id
        self._prefixes = prefixes_of(self._signers)
        self._retiring = Retiring(
            buffer=buffer,
            registry=registry,
            notifier=notifier,
            audit=audit,
            rules=self._rules,
            clock=self._clock,
            retires=kinds_of(retires),
            dry_run=dry_run,
            lease=lease,
        )

    @property
    def buffer(self) -> RequestBuffer:
        """Where attempts are recorded: `sender.buffer.recent(integration.id, errors_only=True)`."""
        return self._buffer

    def prepare(self, event: WebhookEvent, *, message_id: str | None = None) -> Message:
        """
        Return what would be sent, without any network; send it with `send`, today or from another process.

        Raises `InvalidEventError` for data that JSON cannot hold.
        """
        refuse(of_type("event", event, WebhookEvent))
        chosen = self._new_message_id() if message_id is None else message_id
        message = prepare_message(event, message_id=chosen, default_actor=self._default_actor)
        tell(self._observer, MessagePrepared.of(message))
        return message

    def send(
        self,
        integration: Integration,
        event: WebhookEvent | Message,
        url: str | None = None,
        *,
        message_id: str | None = None,
    ) -> Delivery:
        """
        Make one attempt to deliver an event, or a message that was prepared or sent before.

        `url` is where to send it instead of to the integration's own. `message_id` names an event's message; a message
        has its name already. An integration that is not enabled is not called. Raises `UsageError`.
        """
        refuse(of_type("integration", integration, Integration), () if url is None else endpoint_problems("url", url))
        if isinstance(event, Message):
            refuse(() if message_id in (None, event.id) else ("message_id must not differ from that of the message",))
            message = event
        else:
            message = self.prepare(event, message_id=message_id)
        steps = Steps(integration.id, self._observer)
        if integration.enabled:
            return self._attempt(integration, message, integration.url if url is None else url, steps)
        return self._withheld(integration, message, steps)

    def close(self) -> None:
        """Give the sender's own connections back; a later send opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the sender itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the sender."""
        self.close()

    def _attempt(self, integration: Integration, message: Message, url: str, steps: Steps) -> Delivery:
        at = self._clock.now()
        request = signed_request(
            message, integration, url=url, at=at, signers=self._signers, user_agent=self._user_agent
        )
        exchange = self._exchanged(request)
        outcome = steps.classify(exchange, self._rules)
        record = request_record(
            exchange,
            at=at,
            message=message,
            integration=integration,
            request=request,
            outcome=outcome if message.counts_toward_health else Outcome.IGNORED,
            prefixes=self._prefixes,
        )
        problem = exchange.problem(outcome, url)
        steps.tell(MessageAttempted.of(record, integration_id=integration.id, outcome=outcome, problem=problem))
        tallies = steps.record(record, self._buffer, window=self._window)
        conclusion = Conclusion()
        if record.outcome in COUNTED_AGAINST:
            whom = Whom(integration, message.organization_id, record.url)
            conclusion = self._retiring.conclude(whom, tallies, today=record.at.date(), steps=steps)
        return Delivery(
            integration_id=integration.id,
            message=message,
            outcome=outcome,
            response=exchange.response,
            record=record,
            failure=exchange.failure,
            problem=problem,
            retry_after=exchange.retry_after,
            verdict=conclusion.verdict,
            retirement=conclusion.retirement,
            would_retire=conclusion.would_retire,
            failures=steps.failures,
        )

    def _withheld(self, integration: Integration, message: Message, steps: Steps) -> Delivery:
        problem = f"integration {integration.slug} is disabled: nothing was sent"
        steps.tell(MessageWithheld.of(message, integration_id=integration.id, problem=problem))
        whom = Whom(integration, message.organization_id, masked_url(integration.url))
        conclusion = self._retiring.finish(whom, steps=steps)
        return Delivery(
            integration_id=integration.id,
            message=message,
            outcome=Outcome.IGNORED,
            problem=problem,
            verdict=conclusion.verdict,
            retirement=conclusion.retirement,
            failures=steps.failures,
        )

    def _exchanged(self, request: SignedRequest) -> Exchange:
        start = self._clock.monotonic()
        try:
            response = self._transport.send(request.http, timeout=self._timeout)
        except UNANSWERED as error:
            return Exchange.failed(error, duration=self._clock.monotonic() - start)
        return Exchange.answered(response, now=self._clock.now())
