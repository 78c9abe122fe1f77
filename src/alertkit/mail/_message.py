"""
A notice → the mail that tells one owner.

Rules of this file: pure. The instant is an argument, and the Message-ID follows from the retirement and the recipient:
a notice that is told again after a crash is the same mail, and readers show it once.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from alertkit._checks import instant, of_type, refuse
from alertkit._http import url_problems
from alertkit.errors import InvalidEventError
from alertkit.mail._bodies import html_body, text_body
from alertkit.mail._content import content_of, subject_of
from alertkit.mail._envelope import WIRE, is_read_back
from alertkit.mail._mailbox import Mailbox, mailbox_of
from alertkit.webhooks._retirement import RetirementNotice

__all__ = ["disabled_integration_email"]


def disabled_integration_email(
    notice: RetirementNotice,
    *,
    to: Mailbox | str,
    sender: Mailbox | str,
    at: datetime | None = None,
    request_log_url: str | None = None,
) -> EmailMessage:
    """
    Return the mail that tells one owner of a retired integration: text and HTML, in English.

    `at` is its Date, unless given the notice's. `request_log_url` is where the owner sees what was sent and what came
    back. A settings URL of the notice that is no absolute URL of HTTP is left out; names and reasons are shortened to
    one line of 100 and 1,000 characters, tallies to thirty days. A name that Python's library cannot write as it is,
    as some long ones, stands in no header. Raises `InvalidEventError` with every problem.
    """
    refuse(
        of_type("notice", notice, RetirementNotice),
        () if at is None else instant("at", at),
        () if request_log_url is None else url_problems("request_log_url", request_log_url),
        _mailbox_problems("to", to),
        _mailbox_problems("sender", sender),
    )
    recipient, author = mailbox_of(to), mailbox_of(sender)
    content = content_of(notice, name=recipient.name, request_log_url=request_log_url)
    message = EmailMessage(policy=WIRE)
    for name, mailbox in (("From", author), ("To", recipient)):
        message[name] = _header(name, mailbox)
    message["Subject"] = subject_of(notice)
    message["Date"] = notice.at if at is None else at
    digest = _digest(notice, recipient)
    message["Message-ID"] = f"<{digest}.alertkit@{author.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    # Lines of any length and any script, in lines that every server takes.
    message.set_content(text_body(content), cte="quoted-printable")
    message.add_alternative(html_body(content), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{digest}")  # which quoted-printable cannot hold; left to the library, it is drawn by dice
    return message


def _mailbox_problems(name: str, value: Mailbox | str) -> tuple[str, ...]:
    try:
        mailbox_of(value)
    except InvalidEventError as error:
        return tuple(f"{name}: {problem}" for problem in error.problems)
    return ()


def _header(name: str, mailbox: Mailbox) -> Address:
    """Return an address with its name, or without where the bytes of a header would be read as something else."""
    named, bare = Address(mailbox.name, addr_spec=mailbox.address), Address(addr_spec=mailbox.address)
    return named if is_read_back(name, named) else bare


def _digest(notice: RetirementNotice, recipient: Mailbox) -> str:
    # Hashed: the id may be anything, and an address has no place in a header that is logged all over the world. One
    # that could not be disabled first and then was, is two messages.
    told_apart_by = repr((notice.retirement_id, notice.disabled, recipient.address))
    return hashlib.sha256(told_apart_by.encode()).hexdigest()[:32]
