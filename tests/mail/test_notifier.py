"""One mail for each owner, and none that costs another one theirs."""

import pytest
from mail_world import NOON, mail, notice

from alertkit import InvalidEventError, StoreError, UsageError
from alertkit.mail import Mailbox, MailOwnerNotifier
from alertkit.stores.memory import MemoryRequestBuffer
from alertkit.testing import FrozenClock, MemoryIntegrationRegistry, MemoryMailQueue, ScriptedTransport
from alertkit.testing.contracts import MailQueueContract, OwnerNotifierContract
from alertkit.webhooks import FatalTrips, HealthRules, Installation, Integration, WebhookEvent, WebhookSender


def notifier(queue, *owners, **options):
    """Return a notifier over a queue."""
    usual = {"sender_address": "alerts@host.example", "clock": FrozenClock(NOON)}
    return MailOwnerNotifier(queue=queue, owners=lambda integration_id: owners, **{**usual, **options})


class TestMailOwnerNotifier(OwnerNotifierContract):
    """Over a queue in memory."""

    def make(self):
        """Return one with one owner."""
        self.queue = MemoryMailQueue()
        return notifier(self.queue, "pat@example.com")

    def told(self, notifier):
        """Return the texts of the mails."""
        return [mail.text for mail in self.queue.sent]


class TestMemoryMailQueue(MailQueueContract):
    """The queue that tests have."""

    def make(self):
        """Return one."""
        return MemoryMailQueue(capacity=100)

    def make_full(self):
        """Return one with room for one mail, which is one too few."""
        return MemoryMailQueue(capacity=1)

    def arrived(self, queue, count):
        """Return what would be sent."""
        return [(mail.recipient, mail.message) for mail in queue.sent]


def test_each_owner_has_a_mail_of_their_own():
    """Addressed to nobody else, whichever way the host has its owners; an address that comes twice has one."""
    queue = MemoryMailQueue()
    notifier(
        queue, "pat@example.com", ("kim@example.com", "Kim"), Mailbox("lee@example.com", "李"), "pat@example.com"
    ).notify(notice())

    assert [str(mail.message["To"]) for mail in queue.sent] == [
        "pat@example.com",
        "Kim <kim@example.com>",
        "李 <lee@example.com>",
    ]
    assert [mail.text.splitlines()[0] for mail in queue.sent] == ["Hello,", "Hello Kim,", "Hello 李,"]
    assert {mail.message["Date"].datetime for mail in queue.sent} == {NOON}
    assert len({mail.message["Message-ID"] for mail in queue.sent}) == 3


def test_owners_are_asked_for_by_integration():
    """By the id that the notice has."""
    queue = MemoryMailQueue()
    owners = {"7": ["pat@example.com"], "8": ["kim@example.com"]}
    MailOwnerNotifier(queue=queue, owners=owners.__getitem__, sender_address="alerts@host.example").notify(notice())

    assert [mail.recipient for mail in queue.sent] == ["pat@example.com"]


def test_one_bad_address_does_not_cost_the_others_theirs():
    """They are told first; then the host is told which one, without the address."""
    queue = MemoryMailQueue()
    with pytest.raises(InvalidEventError) as refused:
        notifier(queue, "pat@", "kim@example.com", 7, (), "lee@example.com").notify(notice())

    assert [mail.recipient for mail in queue.sent] == ["kim@example.com", "lee@example.com"]
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["owner 1", "owner 3", "owner 4"]
    assert "pat" not in str(refused.value)


def test_a_bad_name_costs_nobody_a_mail():
    """The address is enough."""
    queue = MemoryMailQueue()
    notifier(queue, ("pat@example.com", "Pat\r\nBcc: kim@example.com")).notify(notice())

    assert [str(mail.message["To"]) for mail in queue.sent] == ["pat@example.com"]


def test_a_name_that_cannot_be_written_costs_nobody_a_mail():
    """Nor does it send one to somebody else: Python's library folds some names so that they are read as an address."""
    queue = MemoryMailQueue()
    names = [
        f"Evil <evil@example.org> {'a' * 60}",
        "A Very Long Name Of A Company In A Far Away Country, Incorporated And Sons Ltd. And More Of It",
        "Pat",
    ]
    owners = [(f"owner{number}@example.com", name) for number, name in enumerate(names)]
    notifier(queue, *owners).notify(notice())

    assert [mail.recipient for mail in queue.sent] == [address for address, _ in owners]


def test_a_queue_that_is_full_is_told_of():
    """After the others, and beside what else was wrong: somebody has to tell these owners later."""
    queue = MemoryMailQueue(capacity=1)
    with pytest.raises(StoreError, match="did not take 2 of 3 mails; owner 2: address must") as failed:
        notifier(queue, "pat@example.com", "x", "kim@example.com", "lee@example.com").notify(notice())

    assert failed.value.retryable
    assert [mail.recipient for mail in queue.sent] == ["pat@example.com"]


def test_a_queue_that_fails_for_one_owner_fails_for_no_other():
    """What it raised is the cause of what the host is told."""

    class Fails(MemoryMailQueue):
        def put(self, message):
            if "pat@" in str(message["To"]):
                raise OSError("no broker")
            return super().put(message)

    queue = Fails()
    with pytest.raises(StoreError, match="did not take 1 of 2 mails") as failed:
        notifier(queue, "pat@example.com", "kim@example.com").notify(notice())

    assert isinstance(failed.value.__cause__, OSError)
    assert [mail.recipient for mail in queue.sent] == ["kim@example.com"]


def test_nobody_to_tell_is_told():
    """An integration without an owner is a mistake, and not a silence."""
    with pytest.raises(UsageError, match="no owner"):
        notifier(MemoryMailQueue()).notify(notice())


def test_the_link_to_the_requests_is_the_hosts():
    """It is made from the notice."""
    queue = MemoryMailQueue()
    options = {"request_log_url": lambda told: f"https://host.example/requests/{told.integration_id}"}
    notifier(queue, "pat@example.com", **options).notify(notice())

    assert "https://host.example/requests/7\n" in queue.sent[0].text


def failing(_):
    """Fail."""
    raise LookupError("no route")


@pytest.mark.parametrize(
    ("link", "logged"),
    [(failing, "LookupError"), (lambda _: "javascript:x", "must be absolute"), (lambda _: None, "")],
)
def test_owners_are_told_without_a_link_that_is_none(link, logged, caplog):
    """And the log says why."""
    queue = MemoryMailQueue()
    notifier(queue, "pat@example.com", request_log_url=link).notify(notice())

    assert "Look at what" not in queue.sent[0].text
    assert logged in caplog.text
    assert bool(caplog.text) == bool(logged)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"queue": MemoryMailQueue}, "queue must be an object"),
        ({"owners": ["pat@example.com"]}, "owners must be a function"),
        ({"sender_address": "nobody"}, "address must be"),
        ({"request_log_url": "https://host.example"}, "request_log_url must be a function"),
        ({"clock": 7}, "clock must have"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong, problem):
    """When it is built."""
    right = {"queue": MemoryMailQueue(), "owners": lambda _: (), "sender_address": "alerts@host.example"}
    with pytest.raises(UsageError, match=problem):
        MailOwnerNotifier(**{**right, **wrong})


def test_a_sender_of_webhooks_tells_owners_by_mail():
    """From the answer 410 to the mail; and where the queue is full, the delivery says so."""
    integration = Integration(
        id="7", slug="sync", name="Sync", url="https://hooks.example.com/in?token=abc", secrets=["whsec_" + "A" * 32]
    )
    event = WebhookEvent(resource="issue", action="created", installation=Installation(uuid="1"))
    for capacity, failed_steps in ((1, []), (0, ["notifier.notify"])):
        queue = MemoryMailQueue(capacity=capacity)
        sender = WebhookSender(
            buffer=MemoryRequestBuffer(),
            registry=MemoryIntegrationRegistry(),
            notifier=notifier(queue, "pat@example.com"),
            rules=HealthRules(policy=FatalTrips()),
            transport=ScriptedTransport(410),
            clock=FrozenClock(NOON),
        )
        delivery = sender.send(integration, event)

        assert delivery.retired
        assert [failure.step for failure in delivery.failures] == failed_steps
        assert len(queue.sent) == capacity
        assert all("token=[hidden]" in mail.text and "token=abc" not in mail.text for mail in queue.sent)


def test_a_sent_mail_without_a_text_has_none():
    """A message that is HTML alone, say."""
    queue = MemoryMailQueue()
    message = mail()
    message.set_content("<p>Hello</p>", subtype="html")
    queue.put(message)

    assert queue.sent[0].text == ""
    assert "pat@" not in repr(queue.sent[0].message)


@pytest.mark.parametrize("owners", ["pat@example.com", None, 7])
def test_owners_that_are_no_list(owners):
    """One text is not read letter by letter."""
    queue = MemoryMailQueue()
    notifier = MailOwnerNotifier(queue=queue, owners=lambda _: owners, sender_address="alerts@host.example")
    with pytest.raises(UsageError, match="owners must return a list of owners"):
        notifier.notify(notice())

    assert queue.sent == ()
