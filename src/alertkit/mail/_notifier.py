"""
Tells the owners of a retired integration by mail: an `OwnerNotifier` of the webhooks, over a `MailQueue`.

Rules of this file: the shell. Each owner has a message of their own, so that none sees the others, and none costs the
others theirs. What did not go is raised when all the rest has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from alertkit._checks import demand, methods, optional_function
from alertkit._clock import Clock, SystemClock
from alertkit._http import url_problems
from alertkit.errors import InvalidEventError, StoreError, UsageError
from alertkit.mail._log import log_link_left_out
from alertkit.mail._mailbox import Mailbox, mailbox_of
from alertkit.mail._message import disabled_integration_email
from alertkit.mail._ports import MailQueue
from alertkit.webhooks._retirement import RetirementNotice

__all__ = ["MailOwnerNotifier"]

Owner = Mailbox | str | tuple[str, str]
"""A mailbox, an address, or an address and a name."""


class MailOwnerNotifier:
    """
    Puts one mail for each owner into a queue. Keeps every clause of `OwnerNotifier`, and waits for no server.

    Threads may share it.
    """

    def __init__(
        self,
        *,
        queue: MailQueue,
        owners: Callable[[str], Iterable[Owner]],
        sender_address: Mailbox | str,
        request_log_url: Callable[[RetirementNotice], str | None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Take the queue, and who is to be told.

        `owners` returns who owns the integration with this id: each a `Mailbox`, an address, or an address and a name.
        `sender_address` is whom the mail is from. `request_log_url` returns where the owners see what was sent and what
        came back; where it fails, they are told without that link. Raises `UsageError`.
        """
        demand(
            methods("queue", queue, "put"),
            () if callable(owners) else ("owners must be a function",),
            optional_function("request_log_url", request_log_url),
            () if clock is None else methods("clock", clock, "now"),
        )
        self._queue = queue
        self._owners = owners
        self._sender = mailbox_of(sender_address)
        self._request_log_url = request_log_url
        self._clock = SystemClock() if clock is None else clock

    def notify(self, notice: RetirementNotice) -> None:
        """
        Queue a mail for each owner, each address once.

        What did not work is raised after all the others were queued: `InvalidEventError` for owners without a usable
        address, `StoreError` where the queue failed or did not take a mail, `UsageError` where there is no owner at
        all; and whatever `owners` raises. To be told again, an owner gets the same Message-ID.
        """
        at, link = self._clock.now(), self._link(notice)
        told: set[str] = set()
        problems: list[str] = []
        refused = number = 0
        cause: Exception | None = None
        owners = self._owners(notice.integration_id)
        if isinstance(owners, str) or not isinstance(owners, Iterable):
            raise UsageError(f"owners must return a list of owners, not {type(owners).__name__}")
        for number, owner in enumerate(owners, 1):
            try:
                mailbox = _mailbox(owner)
            except InvalidEventError as error:
                problems += (f"owner {number}: {problem}" for problem in error.problems)
                continue
            if mailbox.address in told:
                continue
            told.add(mailbox.address)
            message = disabled_integration_email(notice, to=mailbox, sender=self._sender, at=at, request_log_url=link)
            try:
                refused += not self._queue.put(message)
            except Exception as error:  # noqa: BLE001  the host's own; it may take the next one
                refused, cause = refused + 1, error
        if refused:
            text = "; ".join([f"the mail queue did not take {refused} of {len(told)} mails", *problems])
            raise StoreError(text) from cause
        if problems:
            raise InvalidEventError(problems)
        if not number:
            raise UsageError("the integration has no owner, so nobody was told")

    def _link(self, notice: RetirementNotice) -> str | None:
        if self._request_log_url is None:
            return None
        try:
            link = self._request_log_url(notice)
        except Exception as error:  # noqa: BLE001  the host's own; owners are told without it
            log_link_left_out(notice.integration_id, type(error).__name__)
            return None
        problems = () if link is None else url_problems("request_log_url", link)
        if problems:
            log_link_left_out(notice.integration_id, problems[0])
            return None
        return link


def _mailbox(owner: Owner) -> Mailbox:
    """Return whom to tell; by the address alone, where the name cannot stand in a mail."""
    try:
        return mailbox_of(owner)
    except InvalidEventError:
        if not isinstance(owner, tuple) or not owner:
            raise
    return mailbox_of(owner[0])
