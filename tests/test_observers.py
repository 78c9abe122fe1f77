"""Each clause of the port, held by everything that tells an observer; the log; and several observers in one."""

import logging
import re
import threading
from pathlib import Path

import attrs
import pytest
from attrs import frozen
from observed_world import ADDRESS, SAMPLES, SECRETS, WORK, put

import alertkit.cloudflare
import alertkit.mail
import alertkit.pagerduty
import alertkit.webhooks
from alertkit import LogLine, LogObserver, Observation, UsageError, each_of
from alertkit._observation import status_class, yes_or_no
from alertkit.mail import DropReason, MailOutcome, MailReport
from alertkit.testing import CountingObserver

EACH = pytest.mark.parametrize("work", [work for work, _ in WORK.values()], ids=WORK)
SAMPLE = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
PARTS = (alertkit.pagerduty, alertkit.webhooks, alertkit.cloudflare, alertkit.mail)


@frozen(kw_only=True)
class Unheard(Observation):
    """A kind that is not there yet."""

    part = "tests"
    kind = "unheard"


def kinds():
    """Return every public kind of observation."""
    return {
        value
        for part in PARTS
        for value in vars(part).values()
        if isinstance(value, type) and issubclass(value, Observation)
    }


@pytest.mark.parametrize(("work", "told"), WORK.values(), ids=WORK)
def test_clause_1_everything_is_told_as_it_happens(work, told):
    """In order, once, and before the call returns."""
    observations = []

    work(observations.append)

    assert [observation.kind for observation in observations] == told
    assert all(type(observation) in kinds() for observation in observations)


@EACH
def test_clause_2_in_the_thread_that_does_the_work(work):
    """What is here does it in the thread of the caller."""
    threads = []

    work(lambda _: threads.append(threading.get_ident()))

    assert set(threads) == {threading.get_ident()}


@EACH
def test_clause_3_what_it_raises_changes_nothing(work, caplog):
    """Each time it is a line of the part, with the class and the traceback; the text of what names a person is not."""
    observations = []
    quiet = work(lambda _: "ignored")

    def failing(observation):
        observations.append(observation)
        raise LookupError(f"no such {ADDRESS}")

    assert work(failing) == quiet
    lines = [record for record in caplog.records if record.getMessage() == "the observer failed: LookupError"]
    assert len(lines) == len(observations)
    assert {record.name for record in lines} == {f"alertkit.{observations[0].part}"}
    assert {(record.levelno, record.error) for record in lines} == {(logging.ERROR, "LookupError")}
    assert all(record.exc_info[2] is not None for record in lines)
    assert (ADDRESS in caplog.text) is (work is not put)


@EACH
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_clause_3_what_is_no_exception_goes_its_way(work, error):
    """An exit is one."""

    def leaving(_):
        raise error

    with pytest.raises(error):
        work(leaving)


@EACH
def test_clause_4_no_observation_holds_a_secret(work, caplog):
    """Nor a body, a header, or the path of a URL: in no field, label or line, however it is looked at."""
    caplog.set_level(logging.DEBUG, logger="alertkit")
    observations = []

    work(each_of(LogObserver(), observations.append))

    for observation in observations:
        line = observation.log_line()
        shown = f"{observation!r} {attrs.asdict(observation)} {observation.labels} {line} {line.text % line.values}"
        assert [secret for secret in SECRETS if secret in shown] == []
    assert not any(secret in f"{vars(record)}" for record in caplog.records for secret in (*SECRETS, ADDRESS))


@pytest.mark.parametrize("observer", [LogObserver(), CountingObserver(), each_of(LogObserver()), each_of()])
def test_clause_5_a_kind_that_is_not_known_passes(observer):
    """Those that come with alertkit know none by name."""
    observer(Unheard())


@EACH
def test_an_observer_takes_the_place_of_the_log(work, caplog):
    """With one of your own, nothing is logged; with the log beside it, everything is."""
    caplog.set_level(logging.DEBUG)
    work(CountingObserver())
    assert caplog.records == []

    work(each_of(CountingObserver(), LogObserver()))
    named = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    caplog.clear()
    work(None)
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == named != []


@EACH
@pytest.mark.parametrize("observer", [3, "log", CountingObserver, LogObserver])
def test_what_is_no_observer_is_refused(work, observer):
    """A class, too, which was meant to be called first."""
    with pytest.raises(UsageError, match="observer must be a function"):
        work(observer)


def test_the_empty_list_is_an_observer_all_the_same():
    """One that is false, since it has nothing yet, is not taken for none."""

    class Kept(list):
        """Remembers."""

        def __call__(self, observation):
            """Remember."""
            self.append(observation)

    for work, told in WORK.values():
        kept = Kept()
        work(kept)
        assert len(kept) == len(told)


def test_each_of_tells_all(caplog):
    """In order, whatever the others raise; that is logged."""
    told = []

    each_of(lambda _: told.append(1), lambda _: 1 / 0, lambda _: told.append(2))(Unheard())

    assert told == [1, 2]
    assert [(record.name, record.error) for record in caplog.records] == [("alertkit.tests", "ZeroDivisionError")]


def test_each_of_refuses_what_is_no_observer():
    """By its place, all at once."""
    with pytest.raises(UsageError, match=r"observers\[1\] must be a function; observers\[2\] .* the class CountingObs"):
        each_of(print, None, CountingObserver)


def test_the_log_has_no_line_for_what_was_prepared(caplog):
    """What has no level is passed over, and what nobody reads is not put together."""
    caplog.set_level(logging.DEBUG)
    LogObserver()(Unheard())
    assert caplog.records == []

    @frozen
    class Costly(Unheard):
        log_level = logging.INFO

        def log_line(self):
            """Fail: this line is not wanted."""
            raise AssertionError

    caplog.set_level(logging.WARNING)
    LogObserver()(Costly())


def test_an_observation_says_little_where_its_class_says_nothing():
    """Its part and kind, no duration and no line."""
    plain = Unheard()

    assert plain.labels == {"part": "tests", "kind": "unheard"}
    assert (plain.seconds, plain.log_level, plain.is_personal) == (None, None, False)
    assert plain.log_line() == LogLine("%s", ("unheard",), plain.labels)


def test_there_is_a_sample_of_each_kind():
    """And no two kinds of a part have the same name."""
    assert {type(sample) for sample in SAMPLES} == kinds()
    assert len({(kind.part, kind.kind) for kind in kinds()}) == len(kinds())


@SAMPLE
def test_an_observation_is_frozen(sample):
    """It can be handed to another thread."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        sample.part = "other"


@SAMPLE
def test_labels_are_words_of_ours(sample):
    """Part and kind first; no id, and nothing that is counted."""
    labels = sample.labels

    assert list(labels)[:2] == ["part", "kind"]
    assert (labels["part"], labels["kind"]) == (sample.part, sample.kind)
    assert all(re.fullmatch(r"[A-Za-z0-9_:-]+", word) for word in labels.values())
    ids = {
        value for name, value in attrs.asdict(sample).items() if name.endswith("_id") or name in ("dedup_key", "slug")
    }
    assert not ids & set(labels.values())


@EACH
def test_a_kind_always_has_the_same_labels(work):
    """What a metric is counted by does not come and go."""
    usual = {type(sample): list(sample.labels) for sample in SAMPLES}
    observations = []

    work(observations.append)

    assert all(list(observation.labels) == usual[type(observation)] for observation in observations)


def test_the_page_says_what_the_code_has():
    """The table of the reference names each kind, where it is from, and its labels."""
    page = (Path(__file__).parent.parent / "docs" / "reference" / "observers.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `alertkit\.(\w+)` \| `(\w+)` \| [^|]+ \| ([^|]*)\|$", page, re.MULTILINE)

    written = {name: (part, kind, re.findall(r"`(\w+)`", labels)) for name, part, kind, labels in rows}
    assert written == {type(sample).__name__: (sample.part, sample.kind, list(sample.labels)[2:]) for sample in SAMPLES}
    assert len(rows) == len(written)


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (None, "none"),
        (100, "1xx"),
        (204, "2xx"),
        (599, "5xx"),
        (0, "other"),
        (99, "other"),
        (600, "other"),
        (99999, "other"),
    ],
)
def test_a_status_is_counted_by_its_class(status, label):
    """A stranger chooses it, and must not make a metric of its own each time."""
    assert status_class(status) == label


@pytest.mark.parametrize(("value", "label"), [(None, "none"), (True, "yes"), (False, "no")])
def test_what_is_so_or_not(value, label):
    """Or did not come up."""
    assert yes_or_no(value) == label


@pytest.mark.parametrize(
    ("given", "level", "line"),
    [
        ({"outcome": MailOutcome.QUEUED}, "DEBUG", "mail <1>: queued"),
        ({"outcome": MailOutcome.SENT, "attempts": 1}, "INFO", "mail <1>: sent"),
        (
            {"outcome": MailOutcome.RETRIED, "code": 450, "problem": "450 at RCPT", "delay": 9.75},
            "WARNING",
            "mail <1>: 450 at RCPT; again in 9.8 s",
        ),
        ({"outcome": MailOutcome.DROPPED, "reason": DropReason.FULL}, "ERROR", "mail <1>: dropped (full)"),
        (
            {
                "outcome": MailOutcome.DROPPED,
                "reason": DropReason.REFUSED,
                "attempts": 2,
                "code": 550,
                "problem": "550 at RCPT",
            },
            "ERROR",
            "mail <1>: dropped (refused, 550 at RCPT)",
        ),
    ],
)
def test_the_lines_of_a_mail(given, level, line, caplog):
    """Each at its level and with the same fields, and none with whom it is for."""
    caplog.set_level(logging.DEBUG)

    LogObserver()(MailReport(message_id="<1>", recipient=ADDRESS, **given))

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [(level, line)]
    fields = {
        "mail_message_id": "<1>",
        "mail_outcome": given["outcome"].value,
        "reason": given["reason"].value if "reason" in given else None,
        "attempts": given.get("attempts", 0),
        "smtp_code": given.get("code"),
        "delay": given.get("delay"),
    }
    assert {name: vars(caplog.records[0])[name] for name in fields} == fields
