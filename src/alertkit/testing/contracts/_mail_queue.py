"""
The contract of a mail queue, one test for each clause of the port.

Rules of this file: no test framework. What a queue has done shows at the other end, so a hook looks there.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

from alertkit.errors import InvalidEventError
from alertkit.mail._ports import MailQueue

__all__ = ["MailQueueContract"]


class MailQueueContract:
    """Subclass it and define `make`, `make_full` and `arrived`."""

    def make(self) -> MailQueue:
        """Return a queue with room for a hundred mails, through which nothing has gone yet."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def make_full(self) -> MailQueue:
        """Return a queue that takes no message: full, closed, or with a broken backend."""
        raise NotImplementedError("a subclass of this contract defines `make_full`")

    def arrived(self, queue: MailQueue, count: int) -> Sequence[tuple[str, EmailMessage]]:
        """
        Return what arrived, in order: for each mail its recipient, and the message.

        Wait until there are `count` of them; of a queue that is asked for none, return what there is when all is sent.
        """
        raise NotImplementedError("a subclass of this contract defines `arrived`")

    def test_clause_1_every_recipient_once(self) -> None:
        """A message goes out once to each address in To, Cc and Bcc, however often it is named."""
        queue = self.make()
        assert queue.put(_message(1, to="a@example.com, B <b@example.com>", cc="c@example.com", bcc="d@example.com"))
        assert queue.put(_message(2, to="a@example.com, a@example.com"))

        got = [recipient for recipient, _ in self.arrived(queue, 5)]
        assert sorted(got) == [f"{letter}@example.com" for letter in "aabcd"]

    def test_clause_2_as_it_was_when_it_was_put(self) -> None:
        """What is done to a message afterwards changes nothing, and nobody reads its Bcc."""
        queue = self.make()
        message = _message(1, to="a@example.com", bcc="d@example.com")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("as it was, …\n.\nand a full stop\n")
        message.add_alternative("<p>as it was, …</p>\n", subtype="html")
        kept = {name: str(message[name]) for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")}
        assert queue.put(message)
        message.clear_content()
        message.set_content("otherwise")
        for name in ("Subject", "Date", "Auto-Submitted"):
            del message[name]

        for _, got in self.arrived(queue, 2):
            assert {name: str(got[name]) for name in kept} == kept
            assert got["Bcc"] is None
            bodies = [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in got.iter_parts()]
            assert bodies == [
                ("text/plain", "as it was, …\n.\nand a full stop\n"),
                ("text/html", "<p>as it was, …</p>\n"),
            ]

    def test_clause_3_in_order(self) -> None:
        """Messages to one recipient arrive in the order in which they came."""
        queue = self.make()
        for number in range(10):
            assert queue.put(_message(number, to="a@example.com"))

        assert [got["Subject"] for _, got in self.arrived(queue, 10)] == [f"Number {number}" for number in range(10)]

    def test_clause_4_what_is_not_taken_does_not_go_out(self) -> None:
        """`put` is False where the message is not taken, and nobody gets it."""
        queue = self.make_full()

        assert queue.put(_message(1, to="a@example.com, b@example.com")) is False
        assert not [got for _, got in self.arrived(queue, 0) if got["Subject"] == "Number 1"]

    def test_clause_5_what_is_no_mail_is_refused(self) -> None:
        """A message that lacks what mail needs, or has an address that could be read otherwise, is an error."""
        queue = self.make()
        for name, value in (
            *((name, None) for name in ("From", "To", "Date", "Message-ID")),
            ("From", "a@example.com, b@example.com"),
            ("To", "a@example.com, ä@example.com"),
            ("To", "a@example.com; b@example.com"),
        ):
            message = _message(1, to="a@example.com")
            del message[name]
            if value is not None:
                message[name] = value
            try:
                queue.put(message)
            except InvalidEventError:
                continue
            raise AssertionError(f"a message with {name}: {value} was taken")
        assert list(self.arrived(queue, 0)) == []

    def test_clause_6_threads_lose_nothing(self) -> None:
        """Eight threads put at once, and all of it arrives."""
        queue = self.make()
        begin = threading.Barrier(8)

        def put_ten(first: int) -> None:
            begin.wait(10)
            for number in range(first, first + 10):
                queue.put(_message(number, to=f"{number % 3}@example.com"))

        threads = [threading.Thread(target=put_ten, args=(10 * number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        subjects = {str(got["Subject"]) for _, got in self.arrived(queue, 80)}
        assert subjects == {f"Number {number}" for number in range(80)}


def _message(number: int, *, to: str, cc: str = "", bcc: str = "") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Alerts <alerts@alertkit.example>"
    message["Date"] = "Thu, 01 Jan 2026 12:00:00 +0000"
    message["Message-ID"] = f"<{number}@alertkit.example>"
    message["Subject"] = f"Number {number}"
    for name, value in (("To", to), ("Cc", cc), ("Bcc", bcc)):
        if value:
            message[name] = value
    message.set_content("Hello\n")
    return message
