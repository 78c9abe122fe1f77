"""CountingObserver counts and remembers."""

import threading

import pytest
from observed_world import SAMPLES

from alertkit import Observation, UsageError
from alertkit.pagerduty import EventAttempted, EventPrepared
from alertkit.testing import CountingObserver
from alertkit.webhooks import MessagePrepared


def attempted(**given):
    """Return an attempt that was delivered."""
    return EventAttempted(**{"dedup_key": "disk", "number": 1, "status": 202, "duration": 0.2, **given})


def test_it_counts_by_kind_and_labels():
    """Those of one kind, of all kinds, and of these those with a label."""
    counting = CountingObserver()
    for number in range(3):
        counting(attempted(number=number, status=503, error="UnavailableError", delay=1.0))
    counting(attempted(number=4))
    for sample in SAMPLES:
        counting(sample)

    assert counting.count() == counting.count(Observation) == 4 + len(SAMPLES)
    assert counting.count(EventAttempted) == 5
    assert counting.count(EventAttempted, outcome="retried") == 3
    assert counting.count(EventAttempted, outcome="delivered", status="2xx") == 2
    assert counting.count(EventAttempted, outcome="delivered", status="5xx") == 0
    assert counting.count(part="mail") == 1
    assert counting.count(outcome="sent") == 1


def test_a_label_that_none_has_is_refused():
    """A misspelt one would count as nothing; where nothing was seen, nobody knows which there are."""
    counting = CountingObserver()
    assert counting.count(EventAttempted, outcom="delivered") == 0

    counting(attempted())
    assert counting.count(EventPrepared, outcom="delivered") == 0
    for kind, name in ((EventAttempted, "EventAttempted"), (Observation, "Observation")):
        with pytest.raises(UsageError, match=f"no {name} has the label outcom"):
            counting.count(kind, outcom="delivered")


def test_it_keeps_the_last_ones():
    """The counts are of all."""
    counting = CountingObserver(keep=2)
    for number in range(1, 6):
        counting(attempted(number=number))
    counting(MessagePrepared(message_id="msg_1", event_type="issue.created", size=9))

    assert [type(kept) for kept in counting.observations] == [EventAttempted, MessagePrepared]
    assert [kept.number for kept in counting.of(EventAttempted)] == [5]
    assert counting.count(EventAttempted) == 5
    nothing = CountingObserver(keep=0)
    nothing(attempted())
    assert (nothing.observations, nothing.count()) == ((), 1)


@pytest.mark.parametrize("keep", [-1, 1.5, None, True])
def test_how_many_must_be_a_number(keep):
    """Whole, and not below nothing."""
    with pytest.raises(UsageError, match="keep must be a whole number"):
        CountingObserver(keep=keep)


def test_threads_share_it():
    """None of what eight threads tell is lost."""
    counting = CountingObserver(keep=10_000)

    def work():
        for number in range(500):
            counting(attempted(number=number))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counting.count() == len(counting.observations) == 4000
