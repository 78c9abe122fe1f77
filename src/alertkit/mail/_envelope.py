"""
A message → the bytes that go over the wire, and whom they are from and for.

Rules of this file: pure. What counts is what a reader of those bytes would find in them. Lines end in CR LF and nothing
else, or a server could take the middle of a message for its end.
"""

from __future__ import annotations

import re
from email import policy
from email.errors import InvalidHeaderDefect
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser

from attrs import field, frozen

from alertkit._checks import line, of_type, refuse
from alertkit.errors import InvalidEventError
from alertkit.mail._mailbox import address_problems

__all__ = ["WIRE", "Envelope", "envelope_of", "is_read_back"]

WIRE = policy.SMTP.clone(cte_type="7bit")
"""Seven bits: no server has to offer an extension."""
_AS_IT_STANDS = WIRE.clone(refold_source="none")
"""What was read once is not folded anew."""

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
    Bcc. Addresses that stand in a header without a comma, or that its bytes would not say again, are refused. Raises
    `InvalidEventError` with every problem.
    """
    refuse(of_type("message", message, EmailMessage))
    try:
        return _written(message)
    except InvalidEventError:
        raise
    except Exception:  # noqa: BLE001  it can be built wrong in any way
        raise InvalidEventError(("message cannot be written as mail",)) from None


def is_read_back(name: str, address: Address) -> bool:
    """Whether a reader of a header finds this address in it, by this name, and no other."""
    message = EmailMessage()
    try:
        message[name] = address
        read = _as_read(message)
        # A word that is longer than a line may be read as two.
        names = ["".join(each.display_name.split()) for each in read[name].addresses]
        return (names, _addresses(read, name)) == (["".join(address.display_name.split())], (address.addr_spec,))
    except Exception:  # noqa: BLE001  the library trips over some names
        return False


def _written(message: EmailMessage) -> Envelope:
    parsed = _as_read(message)
    refuse(_misread(message, parsed))
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
        *((f"{name} must be there once",) for name in ("Date", "Message-ID") if len(parsed.get_all(name, ())) > 1),
    )
    del parsed["Bcc"]
    return Envelope(
        sender=senders[0],
        recipients=tuple(dict.fromkeys(recipients)),
        message_id=message_id,
        data=_LINE_END.sub(b"\r\n", parsed.as_bytes(policy=_AS_IT_STANDS)),
    )


def _as_read(message: EmailMessage) -> EmailMessage:
    """Return the message as the other end reads it."""
    parsed: EmailMessage = BytesParser(policy=WIRE).parsebytes(message.as_bytes(policy=WIRE))
    return parsed


def _misread(message: EmailMessage, parsed: EmailMessage) -> tuple[str, ...]:
    """Name the headers whose addresses are not those that were given: a name that is folded can lose its quotes."""
    return tuple(
        f"{name} must be addresses between commas, with names that can be read in one way"
        for name in ("From", *_RECIPIENTS)
        if "" in (given := _addresses(message, name)) or given != _addresses(parsed, name)
    )


def _addresses(message: EmailMessage, name: str) -> tuple[str, ...]:
    """Return the addresses of a header, and an empty one for anything in it that is none."""
    headers = [WIRE.header_fetch_parse(key, value) for key, value in message.raw_items() if key.lower() == name.lower()]
    strays = [defect for header in headers for defect in header.defects if isinstance(defect, InvalidHeaderDefect)]
    return (*(address.addr_spec for header in headers for address in header.addresses), *("" for _ in strays))
