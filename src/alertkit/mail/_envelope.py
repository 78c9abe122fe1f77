"""
A message → the bytes that go over the wire, and whom they are from and for.

Rules of this file: pure. What counts is what a reader of those bytes would find in them. Lines end in CR LF and nothing
else, or a server could take the middle of a message for its end.
"""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from attrs import field, frozen

from alertkit._checks import line, of_type, refuse
from alertkit.errors import InvalidEventError
from alertkit.mail._mailbox import address_problems

__all__ = ["WIRE", "Envelope", "envelope_of"]

WIRE = policy.SMTP.clone(cte_type="7bit")
"""Seven bits: no server has to offer an extension."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_RECIPIENTS = ("To", "Cc", "Bcc")


def _size(value: bytes) -> str:
    return f"<{len(value)} bytes>"


@frozen(kw_only=True)
class Envelope:
    """What is handed to a server: a message as bytes, and to whom it goes."""

    sender: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    """Each once, in the order of To, Cc and Bcc."""
    message_id: str
    data: bytes = field(repr=_size)


def envelope_of(message: EmailMessage) -> Envelope:
    """
    Return the envelope of a message, which is then independent of it: what a queue of your own keeps.

    One From and one Date, a Message-ID, and someone in To, Cc or Bcc are needed, and ASCII addresses; nobody reads the
    Bcc. Raises `InvalidEventError` with every problem.
    """
    refuse(of_type("message", message, EmailMessage))
    parsed = _as_read(message)
    if parsed is None:
        raise InvalidEventError(("message cannot be written as mail",))
    senders = _addresses(parsed, "From")
    recipients = [address for name in _RECIPIENTS for address in _addresses(parsed, name)]
    message_id = str(parsed["Message-ID"] or "").strip()
    refuse(
        () if len(senders) == 1 else (f"From must name one sender, not {len(senders)}",),
        *(address_problems("the address of From", address) for address in senders),
        () if recipients else ("To, Cc and Bcc name nobody",),
        *(address_problems("an address of To, Cc or Bcc", address) for address in recipients),
        () if parsed["Date"] else ("Date is missing",),
        line("Message-ID", message_id),
    )
    del parsed["Bcc"]
    return Envelope(
        sender=senders[0],
        recipients=tuple(dict.fromkeys(recipients)),
        message_id=message_id,
        data=_LINE_END.sub(b"\r\n", parsed.as_bytes(policy=WIRE)),
    )


def _as_read(message: EmailMessage) -> EmailMessage | None:
    """Return the message as the other end reads it; None where it cannot be written."""
    try:
        parsed: EmailMessage = BytesParser(policy=WIRE).parsebytes(message.as_bytes(policy=WIRE))
    except Exception:  # noqa: BLE001  it can be built wrong in any way
        return None
    return parsed


def _addresses(message: EmailMessage, name: str) -> list[str]:
    return [address.addr_spec for header in message.get_all(name, ()) for address in header.addresses]
