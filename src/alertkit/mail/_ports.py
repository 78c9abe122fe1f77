"""
Where mail is handed in.

Rules of this file: the port's docstring is numbered clauses, and `alertkit.testing.contracts` proves each of them with
one test.
"""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol

__all__ = ["MailQueue"]


class MailQueue(Protocol):
    """
    A queue that takes a message now and sends it in its own time.

    1. A message that was taken goes out once to each address in To, Cc and Bcc.
    2. It goes out as it was when it was put, whatever is done to it afterwards, and without its Bcc.
    3. Messages to one recipient go out in the order in which they came, as long as none has to be tried again.
    4. `put` is False where the queue does not take the message, and then nothing of it goes out. It does not wait.
    5. `InvalidEventError` for a message without one From, a Date, a Message-ID and a recipient, or with an address that
       `Mailbox` refuses, or that stands in its header without a comma; nothing of it goes out.
    6. Threads may share a queue, and lose nothing.

    After a crash, or where a server's last answer is lost, a message can come twice, with the same Message-ID.
    """

    def put(self, message: EmailMessage) -> bool:
        """Take the message; whether it was taken."""
        ...
