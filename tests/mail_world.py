"""
A mail server on 127.0.0.1, on aiosmtpd, that can be told to fail at any stage; and messages and notices to send.

Rules of this file: nothing outlives the `with`: connections that stall are cut, and all tasks are ended.
"""

import asyncio
import contextlib
import ssl
import threading
from collections import deque
from datetime import date, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

from alertkit import Backoff, LogObserver, each_of
from alertkit.mail import MailOutcome, SmtpMailQueue
from alertkit.webhooks import DailyTally, RetirementNotice, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SOON = 20.0
"""Seconds that a test waits at most for what comes at once."""
PASSWORD = "pa55word-of-the-relay"
AUTHORITY = trustme.CA()
STALL, DROP, PAUSE = "stall", "drop", "pause"
AT_ONCE = Backoff(attempts=4, base=0.0, cap=0.0)


def trusting():
    """Return a context that trusts the authority of the tests."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def certified(name="127.0.0.1"):
    """Return a context for a server of that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


class _Protocol(SMTP):
    """Answers as the server was told."""

    def __init__(self, world, **options):
        super().__init__(world, **options)
        self.world = world
        self.has_greeted = False
        if world.has_implicit_tls:  # which aiosmtpd itself does not see
            self._auth_require_tls = False

    def connection_made(self, transport):
        """Take note of the connection."""
        if transport not in self.world.transports:
            self.world.transports.append(transport)
        super().connection_made(transport)

    async def push(self, status):
        """Greet as ordered."""
        if not self.has_greeted:
            self.has_greeted = True
            order = await self.world.order("GREETING", self)
            if order is not None:
                await super().push(order)
                self.transport.close()
                return
        await super().push(status)

    async def smtp_QUIT(self, arg):  # noqa: N802  as below
        """Count who takes leave."""
        self.world.goodbyes += 1
        await super().smtp_QUIT(arg)


class MailServer:
    """
    Takes mail, unless `orders` of a stage has something else for the next time: an answer, `STALL`, `DROP` or `PAUSE`.

    Stages are GREETING, EHLO, MAIL, RCPT, DATA and RSET. `refuses` holds what a recipient is always answered.
    """

    def __init__(self, *, starttls=None, implicit=None, login=False):
        self.orders = {stage: deque() for stage in ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "RSET")}
        self.refuses = {}
        self.transports = []
        self.goodbyes = 0
        self.logins = []
        self.ehlos = []
        self.stalled = threading.Event()
        self._arrived = []
        self._changed = threading.Condition()
        options = {"hostname": "mx.example.com", "tls_context": starttls, "require_starttls": starttls is not None}
        if login:
            options |= {"authenticator": self._authenticated, "auth_required": True}
        self._options = options
        self._implicit = implicit
        self.has_implicit_tls = implicit is not None
        self._loop = asyncio.new_event_loop()
        self._release = None
        self._thread = threading.Thread(target=self._run, name="mail-server")
        self._listening = threading.Event()
        self._thread.start()
        assert self._listening.wait(SOON)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._release = asyncio.Event()
        server = await self._loop.create_server(
            lambda: _Protocol(self, loop=self._loop, **self._options), "127.0.0.1", 0, ssl=self._implicit
        )
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._release.wait()
        server.close()
        for transport in self.transports:
            transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self):
        """Cut every connection and end."""
        self._loop.call_soon_threadsafe(self._release.set)
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    async def order(self, stage, server):
        """Do what is ordered for the next time at this stage; return an answer that was ordered."""
        order = self.orders[stage].popleft() if self.orders[stage] else None
        if order == STALL:
            self.stalled.set()
            await self._release.wait()
        if order == DROP:
            server.transport.abort()
            await asyncio.sleep(3600)  # until the connection is seen to be lost
        if order == PAUSE:
            await asyncio.sleep(0.6)
            return None
        return order

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802  aiosmtpd looks for it by this name
        """Answer as ordered."""
        self.ehlos.append(hostname)
        session.host_name = hostname
        order = await self.order("EHLO", server)
        return responses if order is None else [order]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd looks for it by this name
        """Answer as ordered."""
        order = await self.order("MAIL", server)
        if order is None:
            envelope.mail_from = address
        return order or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd looks for it by this name
        """Answer as ordered."""
        order = await self.order("RCPT", server) or self.refuses.get(address)
        if order is None:
            envelope.rcpt_tos.append(address)
        return order or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd looks for it by this name
        """Answer as ordered."""
        order = await self.order("DATA", server)
        if order is None:
            message = message_from_bytes(envelope.content, policy=WIRE)
            with self._changed:
                self._arrived += [(recipient, message) for recipient in envelope.rcpt_tos]
                self._changed.notify_all()
        return order or "250 OK"

    async def handle_RSET(self, server, session, envelope):  # noqa: N802  aiosmtpd looks for it by this name
        """Answer as ordered."""
        return await self.order("RSET", server) or "250 OK"

    def _authenticated(self, server, session, envelope, mechanism, data):
        self.logins.append(mechanism)
        good = (data.login, data.password) == (b"relay", PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    @property
    def connections(self):
        """How many connections were opened; a STARTTLS makes a second transport of one."""
        return len({transport.get_extra_info("peername") for transport in self.transports})

    def arrived(self, count):
        """Wait until so many mails have come, and return them: recipients and messages."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._arrived) >= count, SOON)
            return list(self._arrived)


class Reports(list):
    """An observer that remembers, and can be waited on."""

    def __init__(self):
        super().__init__()
        self._changed = threading.Condition()

    def __call__(self, report):
        """Remember."""
        with self._changed:
            self.append(report)
            self._changed.notify_all()

    def ends(self, count):
        """Wait until so many mails have come to their end; return how, in order."""

        def ended():
            return [report for report in self if report.outcome in (MailOutcome.SENT, MailOutcome.DROPPED)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(ended()) >= count, SOON)
            return ended()


@contextlib.contextmanager
def queue_to(server, **options):
    """Give a queue to a server or a port, with an observer, and close it at the end."""
    reports = Reports()
    port = server if isinstance(server, int) else server.port
    given = {"tls": "none", "backoff": AT_ONCE, "observer": each_of(LogObserver(), reports), "timeout": 10.0, **options}
    queue = SmtpMailQueue("127.0.0.1", port, **given)
    try:
        yield queue, reports
    finally:
        queue.close(0)


def mail(number=1, *, to="pat@example.com", body="Hello\n"):
    """Return a message."""
    message = EmailMessage(policy=WIRE)
    message["From"] = "Alerts <alerts@host.example>"
    message["To"] = to
    message["Date"] = NOON
    message["Message-ID"] = f"<{number}@host.example>"
    message["Subject"] = f"Number {number}"
    message.set_content(body)
    return message


def notice(**changes):
    """Return a notice of a retirement."""
    days = [date(2025, 12, 30) + timedelta(days=number) for number in range(3)]
    usual = {
        "retirement_id": "ret_1",
        "integration_id": "7",
        "slug": "billing-sync",
        "name": "Billing sync",
        "url": "https://hooks.example.com/in?token=[hidden]",
        "verdict": Verdict(True, "3 of the last 3 days had failures and no success", days),
        "tallies": tuple(DailyTally(day=day, error=number, timeout=12 * number) for number, day in enumerate(days, 1)),
        "at": NOON,
        "disabled": True,
        "settings_url": "https://host.example/settings/7?tab=hooks&all=1",
    }
    return RetirementNotice(**{**usual, **changes})
