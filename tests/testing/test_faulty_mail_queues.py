"""Mail queues that are wrong in one thing each, and the clause of the contract that finds it."""

import time
from email.errors import InvalidHeaderDefect

import pytest
from contract_runs import broken_clauses

import alertkit.testing.contracts as shipped
from alertkit.testing import MemoryMailQueue


class FirstOnly(MemoryMailQueue):
    """Knows no list of recipients."""

    @property
    def sent(self):
        """Keep the first of each message."""
        return tuple({mail.message["Message-ID"]: mail for mail in reversed(super().sent)}.values())[::-1]


class Twice(MemoryMailQueue):
    """Is not sure."""

    @property
    def sent(self):
        """Say everything twice."""
        return tuple(mail for mail in super().sent for _ in range(2))


class KeepsTheMessage(MemoryMailQueue):
    """Keeps what the caller has, which changes, and has a Bcc."""

    def __init__(self, **options):
        super().__init__(**options)
        self._messages = {}

    def put(self, message):
        """Keep it."""
        self._messages[message["Message-ID"]] = message
        return super().put(message)

    @property
    def sent(self):
        """Hand out what was kept."""
        return tuple(
            type(mail)(recipient=mail.recipient, message=self._messages[mail.message["Message-ID"]])
            for mail in super().sent
        )


class Changes(MemoryMailQueue):
    """Hands out something else than what it was given."""

    @property
    def sent(self):
        """Change each message on its way."""
        given = super().sent
        for mail in given:
            self.change(mail.message)
        return given


class DatesAnew(Changes):
    """Says when it sent, not when it was written."""

    @staticmethod
    def change(message):
        """Write another date."""
        del message["Date"]
        message["Date"] = "Fri, 02 Jan 2026 12:00:00 +0000"


class DropsHeaders(Changes):
    """Knows no header but the usual ones."""

    @staticmethod
    def change(message):
        """Forget the other one."""
        del message["Auto-Submitted"]


class TextOnly(Changes):
    """Has no use for HTML."""

    @staticmethod
    def change(message):
        """Leave the text."""
        if message.is_multipart():
            message.set_payload(message.get_payload()[:1])


class SplitsLoosely(MemoryMailQueue):
    """Takes what stands before a semicolon."""

    def put(self, message):
        """Cut it off."""
        if any(isinstance(defect, InvalidHeaderDefect) for defect in getattr(message["To"], "defects", ())):
            message.replace_header("To", message["To"].addresses[:1])
        return super().put(message)


class Backwards(MemoryMailQueue):
    """Is a stack."""

    @property
    def sent(self):
        """Turn it round."""
        return super().sent[::-1]


class FillsUp(MemoryMailQueue):
    """Takes of a message what there is room for."""

    def put(self, message):
        """Send to the first of the recipients."""
        if not super().put(message):
            self._capacity += 1
            message.replace_header("To", str(message["To"]).split(",")[0])
            super().put(message)
            return False
        return True


class TakesAll(MemoryMailQueue):
    """Says yes."""

    def put(self, message):
        """Say so."""
        super().put(message)
        return True


class NotChoosy(MemoryMailQueue):
    """Takes what is no mail, and throws it away."""

    def put(self, message):
        """Take it."""
        try:
            return super().put(message)
        except ValueError:
            return True


class NoLock(MemoryMailQueue):
    """Loses what comes at the same time."""

    def put(self, message):
        """Read, wait, write."""
        before = list(self._sent)
        taken = super().put(message)
        after = before + self._sent[len(before) :]
        time.sleep(0.001)  # long enough for another to come in between
        self._sent = after
        return taken


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryMailQueue, set()),
        (FirstOnly, {1}),
        (Twice, {1, 3}),
        (KeepsTheMessage, {2}),
        (DatesAnew, {2}),
        (DropsHeaders, {2}),
        (TextOnly, {2}),
        (Backwards, {3}),
        (FillsUp, {4}),
        (TakesAll, {4}),
        (NotChoosy, {5}),
        (SplitsLoosely, {5}),
        (NoLock, {6}),
    ],
)
def test_a_faulty_queue_is_rejected(kind, clauses):
    """The clause that it breaks fails, and no other."""

    class Faulty(shipped.MailQueueContract):
        """The contract, over that one."""

        def make(self):
            """Return one."""
            return kind(capacity=100)

        def make_full(self):
            """Return one with room for one."""
            return kind(capacity=1)

        def arrived(self, queue, count):
            """Return what it has."""
            return [(mail.recipient, mail.message) for mail in queue.sent]

    assert broken_clauses(Faulty) == clauses
