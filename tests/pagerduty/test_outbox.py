"""Which alert goes next: by tables, and beside a model that is too simple to be wrong."""

import logging

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from alertkit.pagerduty import Severity
from alertkit.pagerduty._logged import Logged
from alertkit.pagerduty._outbox import Alert, AlertCounts, Outbox
from alertkit.pagerduty._rate_window import RateWindow

LEVELS = {
    Severity.CRITICAL: logging.CRITICAL,
    Severity.ERROR: logging.ERROR,
    Severity.WARNING: logging.WARNING,
    Severity.INFO: logging.INFO,
}
LOGGED = Logged(
    logger="a", level=40, level_name="ERROR", template="t", message="m", headline="h", module="m", function="f"
)


def alert(key, severity=Severity.ERROR, message="m"):
    """Return the alert of one record."""
    logged = attrs.evolve(LOGGED, level=LEVELS[severity], message=message, given_key=key)
    return Alert.of(logged)


def outbox(*alerts, capacity=10, interval=60.0, limit=100):
    """Return an outbox with these in it."""
    made = Outbox(capacity=capacity, interval=interval, window=RateWindow(limit))
    for each in alerts:
        made.put(each)
    return made


def drained(box, now=0.0, **options):
    """Return the keys of all that may go now, in order."""
    keys = []
    while isinstance(taken := box.take(now, **options), Alert):
        box.settle(taken, now, delivered=True, requests=1)
        keys.append(taken.key)
    return keys


def test_the_worst_goes_first_and_then_the_oldest():
    """Severity comes before age."""
    box = outbox(
        alert("i", Severity.INFO),
        alert("e1"),
        alert("w", Severity.WARNING),
        alert("e2"),
        alert("c", Severity.CRITICAL),
    )

    assert drained(box) == ["c", "e1", "e2", "w", "i"]
    assert box.take(0.0) is None


def test_records_of_one_key_are_one_alert():
    """The first of the worst is shown, and all are counted."""
    box = outbox(alert("k", message="1"), alert("k", message="2"))
    assert (box.take(0.0).logged.message, box.counts.collapsed) == ("1", 1)

    box = outbox(
        alert("k", Severity.WARNING, "1"), alert("other"), alert("k", Severity.ERROR, "2"), alert("k", message="3")
    )
    assert box.take(0.0).key == "other"
    assert box.take(0.0) == attrs.evolve(alert("k", message="2"), records=3)


def test_a_repetition_waits_for_its_interval():
    """What comes meanwhile is one alert, which goes when the interval is over."""
    box = outbox(alert("k"))
    assert drained(box, 10.0) == ["k"]
    box.put(alert("k"))
    box.put(alert("k"))

    assert box.take(15.0) == 55.0
    assert box.take(69.0) == 1.0
    assert box.take(70.0).records == 2


def test_of_several_repetitions_the_first_to_go_says_how_long():
    """Each has an interval of its own; one that is over is forgotten."""
    box = outbox(alert("a"))
    drained(box, 0.0)
    box.put(alert("b"))
    drained(box, 10.0)
    for key in "ab":
        box.put(alert(key))

    assert box.take(20.0) == 40.0
    assert drained(box, 100.0) == ["a", "b"]


def test_a_repetition_keeps_nobody_else_waiting():
    """Other alerts pass it, and the wait is that of the next one."""
    box = outbox(alert("k"), limit=2)
    drained(box)
    box.put(alert("k"))
    box.put(alert("j", Severity.WARNING))

    assert drained(box, 1.0) == ["j"]
    box.put(alert("late", Severity.WARNING))
    assert box.take(10.0) == 50.0


def test_what_becomes_worse_does_not_wait():
    """An alert that is more severe than the one that was sent is news."""
    box = outbox(alert("k"))
    drained(box)
    box.put(alert("k", Severity.CRITICAL))

    assert drained(box, 1.0) == ["k"]


def test_what_nobody_was_told_is_no_repetition():
    """After a failure the next record of the key goes at once."""
    box = outbox(alert("k"))
    box.settle(box.take(0.0), 5.0, delivered=False, requests=3)
    box.put(alert("k"))

    assert drained(box, 6.0) == ["k"]
    assert box.counts == AlertCounts(sent=1, collapsed=0, dropped=0, failed=1, pending=0)


def fail(box, now, **options):
    """Have the next delivery fail, and return its key."""
    taken = box.take(now)
    assert box.put_back(taken, now, requests=1, **options)
    return taken.key


def test_in_an_outage_nothing_is_lost_and_nothing_spins():
    """The pause doubles up to a quarter of a minute, and each is tried before one is tried again."""
    box, now, tried, pauses = outbox(alert("e"), alert("c", Severity.CRITICAL)), 0.0, [], []
    for _ in range(6):
        tried.append(fail(box, now))
        pauses.append(box.take(now))
        now += pauses[-1]

    assert tried == ["c", "e", "c", "e", "c", "e"]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert box.counts.pending == 2


def test_when_an_outage_is_over_the_worst_goes_next():
    """The first that gets through ends the pauses, and all go in their order."""
    box = outbox(alert("e1"), alert("e2"), alert("c", Severity.CRITICAL))
    assert fail(box, 0.0) == "c"
    box.settle(box.take(1.0), 1.0, delivered=True, requests=1)

    assert drained(box, 1.0) == ["c", "e2"]
    box.put(alert("late"))
    assert (fail(box, 2.0), box.take(2.0)) == ("late", 1.0)


def test_after_an_outage_all_go_in_their_order():
    """However often each was tried while it lasted."""
    box = outbox(alert("e1"), alert("e2"), alert("e3"))
    assert [fail(box, now) for now in (0.0, 1.0, 3.0, 7.0)] == ["e1", "e2", "e3", "e3"]
    box.settle(box.take(15.0), 15.0, delivered=True, requests=1)
    box.put(alert("late"))

    assert drained(box, 15.0) == ["e3", "e1", "late"]

    box = outbox(alert("e1"), alert("e2"))
    assert [fail(box, now) for now in (0.0, 1.0)] == ["e1", "e2"]
    box.settle(box.take(3.0), 3.0, delivered=True, requests=1)
    box.put(alert("late"))

    assert drained(box, 3.0) == ["e1", "late"]


def test_several_may_be_on_their_way():
    """Each is pending until it has its end, even where its key was forgotten meanwhile."""
    box = outbox(alert("a"), alert("b"), alert("c"))
    refused, kept, _ = box.take(0.0), box.take(0.0), box.take(100.0)
    assert box.counts.pending == 3

    box.settle(refused, 100.0, delivered=False, requests=1)
    assert box.put_back(kept, 100.0, requests=1)
    assert box.counts == AlertCounts(sent=0, collapsed=0, dropped=0, failed=1, pending=2)


def test_what_is_put_back_is_what_it_was():
    """The oldest of its severity; what came meanwhile joins it, and what is worse is news that is tried at once."""
    box = outbox(alert("k", message="1"), alert("e"))
    taken = box.take(0.0)
    box.put(alert("k", message="2"))
    box.put(alert("k", message="3"))
    box.put_back(taken, 0.0, requests=1)
    assert box.counts == AlertCounts(sent=0, collapsed=2, dropped=0, failed=0, pending=2)
    box.put(alert("k", Severity.CRITICAL, "4"))

    assert box.take(1.0) == attrs.evolve(alert("k", Severity.CRITICAL, "4"), records=4)


def test_what_is_put_back_displaces_what_is_newer():
    """Where there is no room for all."""
    box = outbox(alert("a"), alert("b"), capacity=2)
    taken = box.take(0.0)
    box.put(alert("c"))
    box.put_back(taken, 0.0, requests=1)

    assert box.counts == AlertCounts(sent=0, collapsed=0, dropped=1, failed=0, pending=2)
    assert drained(box, 1.0) == ["b", "a"]


def test_what_fails_for_an_hour_is_given_up():
    """From its first try on, whatever joined it; and so is what fails when all else was abandoned."""
    box = outbox(alert("k"))
    assert [fail(box, now) for now in (100.0, 3690.0)] == ["k", "k"]
    box.put(alert("k", Severity.CRITICAL))
    assert not box.put_back(box.take(3700.0), 3700.0, requests=1)
    assert box.counts == AlertCounts(sent=0, collapsed=1, dropped=0, failed=1, pending=0)

    box.put(alert("j"))
    taken = box.take(4000.0)
    box.abandon()
    assert not box.put_back(taken, 4000.0, requests=1)
    assert box.counts.failed == 2


def test_closing_ends_the_pause_once():
    """One more try for what waits, and then the pauses begin anew."""
    box = outbox(alert("k"))
    for now in (0.0, 1.0, 3.0):
        fail(box, now)
    box.put_back(box.take(3.5, closing=True), 3.5, requests=1)

    assert box.take(3.5, closing=True) == 1.0


def test_what_was_sent_again_does_not_hold_up_what_is_forgotten():
    """The key that became worse is remembered from then on, and one that was sent in between is forgotten before it."""
    box = outbox(alert("a"))
    drained(box, 0.0)
    box.put(alert("b"))
    drained(box, 10.0)
    box.put(alert("a", Severity.CRITICAL))
    drained(box, 30.0)
    box.put(alert("b"))

    assert drained(box, 75.0) == ["b"]


def test_repetitions_go_when_it_is_closed():
    """Closing waits for no interval, and still for the limit of requests."""
    box = outbox(alert("k"), limit=2)
    drained(box)
    box.put(alert("k"))
    box.put(alert("j"))

    assert drained(box, 1.0, closing=True) == ["k"]
    assert box.take(1.0, closing=True) == 59.0


def test_retries_count_as_requests():
    """What a delivery cost is taken off the minute."""
    box = outbox(alert("k"), limit=3)
    box.settle(box.take(0.0), 0.0, delivered=True, requests=3)
    box.put(alert("j"))

    assert box.take(0.0) == 60.0


def test_a_tenth_of_the_minute_is_kept_for_what_is_critical():
    """A flood of errors leaves room for it."""
    box = outbox(*(alert(str(number)) for number in range(20)), capacity=20, limit=10)
    assert len(drained(box)) == 9
    box.put(alert("c", Severity.CRITICAL))

    assert drained(box) == ["c"]


@pytest.mark.parametrize(
    ("waiting", "newcomer", "left"),
    [
        ([("a", Severity.ERROR), ("b", Severity.ERROR)], ("n", Severity.ERROR), ["a", "b"]),
        ([("a", Severity.ERROR), ("b", Severity.ERROR)], ("n", Severity.INFO), ["a", "b"]),
        ([("a", Severity.ERROR), ("b", Severity.ERROR)], ("n", Severity.CRITICAL), ["n", "a"]),
        ([("a", Severity.INFO), ("b", Severity.ERROR)], ("n", Severity.ERROR), ["b", "n"]),
        ([("a", Severity.INFO), ("b", Severity.INFO)], ("n", Severity.WARNING), ["n", "a"]),
    ],
)
def test_of_too_many_the_newest_of_the_least_severe_is_dropped(waiting, newcomer, left):
    """A newcomer that is no worse than all that wait is that one."""
    box = outbox(*(alert(*each) for each in waiting), capacity=2)
    box.put(alert(*newcomer))

    assert box.counts.dropped == 1
    assert drained(box) == left


def test_a_repetition_needs_no_room():
    """It joins what waits."""
    box = outbox(alert("a"), alert("b"), alert("a"), capacity=2)

    assert box.counts == AlertCounts(sent=0, collapsed=1, dropped=0, failed=0, pending=2)


def test_what_is_abandoned_is_dropped():
    """What waits and what comes later; what is on its way still has its end."""
    box = outbox(alert("a"), alert("b"))
    flying = box.take(0.0)
    box.abandon()
    box.put(alert("c"))
    assert box.counts == AlertCounts(sent=0, collapsed=0, dropped=2, failed=0, pending=1)

    box.settle(flying, 0.0, delivered=True, requests=1)
    assert box.counts == AlertCounts(sent=1, collapsed=0, dropped=2, failed=0, pending=0)


RANK = list(Severity)


class Model:
    """One list, searched from the start for everything."""

    def __init__(self, capacity, interval, limit):
        self.capacity, self.interval, self.limit = capacity, interval, limit
        self.waiting, self.told, self.made = [], {}, []
        self.closing, self.failures, self.paused_until = False, 0, 0

    def put(self, key, severity, message):
        """Join, append, or drop."""
        newer = {"key": key, "severity": severity, "message": message, "records": 1, "tried": False, "since": None}
        for each in self.waiting:
            if each["key"] == key:
                if self.join(each, newer):
                    self.waiting.remove(each)
                    self.waiting.append(each)
                return
        self.waiting.append(newer)
        self.drop()

    def join(self, alert, newer):
        """Count both; return whether the newer one is worse, which is then shown, and not tried yet."""
        alert["records"] += newer["records"]
        worse = RANK.index(newer["severity"]) < RANK.index(alert["severity"])
        if worse:
            alert.update(severity=newer["severity"], message=newer["message"], tried=False)
        return worse

    def drop(self):
        """Keep no more than there is room for."""
        if len(self.waiting) > self.capacity:
            least = max(RANK.index(each["severity"]) for each in self.waiting)
            self.waiting.remove([each for each in self.waiting if RANK.index(each["severity"]) == least][-1])

    def close(self):
        """Give everything another chance, once."""
        if not self.closing:
            self.closing = True
            self.end_outage()

    def end_outage(self):
        """Begin anew."""
        self.failures = self.paused_until = 0
        for each in self.waiting:
            each["tried"] = False

    def next(self, now):
        """Return what may go now, or None; what was tried in this outage after what was not."""
        recent = sum(1 for at in self.made if at + 60 > now)
        for tried in (False, True):
            for severity in RANK:
                room = self.limit if severity is Severity.CRITICAL else self.limit - self.limit // 10
                for each in self.waiting:
                    told = self.told.get(each["key"])
                    held = told and told[0] + self.interval > now and RANK.index(severity) >= RANK.index(told[1])
                    wanted = each["severity"] is severity and each["tried"] is tried
                    if wanted and recent < room and self.paused_until <= now and (self.closing or not held):
                        return each
        return None

    def take(self, alert, now):
        """Have it on its way; when one is tried again, all may be."""
        self.waiting.remove(alert)
        self.told[alert["key"]] = (now, alert["severity"])
        for each in self.waiting if alert["tried"] else ():
            each["tried"] = False
        alert["tried"] = True
        alert["since"] = now if alert["since"] is None else alert["since"]

    def settle(self, alert, now, *, delivered, requests):
        """Have it sent, or failed for good."""
        self.made += [now] * requests
        self.end_outage()
        if not delivered:
            del self.told[alert["key"]]

    def put_back(self, alert, now, *, requests, hint):
        """Have it wait as what it was, the oldest of its severity; return False where it has done so for too long."""
        self.made += [now] * requests
        del self.told[alert["key"]]
        self.failures += 1
        self.paused_until = now + max(min(15, 2 ** (self.failures - 1)), min(hint or 0, 60))
        if now - alert["since"] >= 3600:
            return False
        for newer in [each for each in self.waiting if each["key"] == alert["key"]]:
            self.waiting.remove(newer)
            self.join(alert, newer)
        self.waiting.insert(0, alert)
        self.drop()
        return True


PUTS = st.tuples(st.sampled_from("abc"), st.sampled_from([*RANK, Severity.ERROR, Severity.ERROR]))
TAKES = st.tuples(
    st.sampled_from(["delivered", "refused", "put back", "put back", "put back"]),
    st.sampled_from([1, 1, 1, 3]),
    st.sampled_from([None, None, 5.0, 90.0]),
    st.lists(PUTS, max_size=2),
    st.sampled_from([True, True, False]),
)
PASSES = st.sampled_from([1, 10, 29, 30, 31, 60, 70, 3600])
OPERATIONS = st.lists(
    st.tuples(st.just("put"), PUTS)
    | st.tuples(st.just("take"), TAKES)
    | st.tuples(st.just("take"), TAKES)  # twice, so that it is drawn more often
    | st.tuples(st.just("pass"), PASSES)
    | st.tuples(st.sampled_from(["pass", "pass", "pass", "close"]), PASSES),
    min_size=15,  # below that, Hypothesis draws few of each
    max_size=60,
)


@given(OPERATIONS, st.integers(1, 4), st.sampled_from([0, 30, 100]), st.sampled_from([1, 2, 11, 100]))
@settings(max_examples=200, deadline=None)
def test_it_does_what_the_model_does(operations, capacity, interval, limit):
    """Through any life and any outage the same alerts go, no wait is too long, and every record is counted once."""
    box, model = outbox(capacity=capacity, interval=interval, limit=limit), Model(capacity, interval, limit)
    now, records, closing = 0, 0, False

    def put(key, severity):
        nonlocal records
        records += 1
        box.put(alert(key, severity, message=str(records)))
        model.put(key, severity, str(records))

    for operation, told in operations:
        if operation == "pass":
            now += told
        elif operation == "put":
            put(*told)
        elif operation == "close":
            closing = True
        else:
            if closing:
                model.close()
            end, requests, hint, meanwhile, patient = told
            taken, expected = box.take(now, closing=closing), model.next(now)
            if isinstance(taken, Alert):
                shown = {"key": taken.key, "severity": taken.severity, "message": taken.logged.message}
                assert {**expected, **shown, "records": taken.records} == expected
                model.take(expected, now)
                for each in meanwhile:
                    put(*each)
                if end == "put back":
                    kept = box.put_back(taken, now, requests=requests, hint=hint)
                    assert kept == model.put_back(expected, now, requests=requests, hint=hint)
                else:
                    box.settle(taken, now, delivered=end == "delivered", requests=requests)
                    model.settle(expected, now, delivered=end == "delivered", requests=requests)
            else:
                assert expected is None
                assert (taken is None) == (not model.waiting)
                assert all(model.next(now + early) is None for early in range(int(taken or 0)))
                now += (taken or 0) if patient else 0
        counts = box.counts
        assert sum(attrs.astuple(counts)) == records
        assert counts.pending == len(model.waiting)


@given(st.lists(PUTS, max_size=60), st.integers(1, 4), st.sampled_from([0, 30, 100]), st.sampled_from([1, 2, 11]))
def test_whoever_waits_as_told_gets_all_of_them_out(puts, capacity, interval, limit):
    """No alert waits for ever, and none is asked for over and over without time passing."""
    box = outbox(*(alert(*each) for each in puts), capacity=capacity, interval=interval, limit=limit)
    now, looks = 0.0, 0
    while (taken := box.take(now)) is not None:
        looks += 1
        if isinstance(taken, Alert):
            box.settle(taken, now, delivered=True, requests=1)
        else:
            assert taken > 0
            now += taken

    assert looks <= 3 * capacity
