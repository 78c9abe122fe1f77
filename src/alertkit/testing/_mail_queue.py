"""
A mail queue in memory: what a test of a host needs.

Rules of this file: it takes and refuses as a real one does, by the same envelope, and remembers.
"""

from __future__ import annotations

import threading
from email import message_from_bytes
from email.message import EmailMessage

from attrs import field, frozen

from alertkit._checks import at_least, demand
from alertkit.mail._envelope import WIRE, envelope_of

__all__ = ["MemoryMailQueue", "SentMail"]


@frozen(kw_only=True)
class SentMail:
    """One message to one recipient."""

    recipient: str
    message: EmailMessage = field(repr=False)
    """As the recipient reads it."""

    @property
    def text(self) -> str:
        """The plain text of the message, its lines ending as Python's do; empty where it has none."""
        body = self.message.get_body(("plain",))
        return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


class MemoryMailQueue:
    """A `MailQueue` that keeps what would be sent. Threads may share it."""

    def __init__(self, *, capacity: int | None = None) -> None:
        """Begin with no mail, and room for `capacity` of them; None: for all. Raises `UsageError`."""
        demand(() if capacity is None else at_least("capacity", capacity, 0))
        self._capacity = capacity
        self._lock = threading.Lock()
        self._sent: list[SentMail] = []

    @property
    def sent(self) -> tuple[SentMail, ...]:
        """What would have been sent, oldest first: a message to two recipients is two."""
        with self._lock:
            return tuple(self._sent)

    def put(self, message: EmailMessage) -> bool:
        """Keep the message, unless there is no room for all its recipients. Raises `InvalidEventError`."""
        envelope = envelope_of(message)
        with self._lock:
            if self._capacity is not None and len(self._sent) + len(envelope.recipients) > self._capacity:
                return False
            for recipient in envelope.recipients:
                read = message_from_bytes(envelope.data, policy=WIRE)
                self._sent.append(SentMail(recipient=recipient, message=read))
        return True
