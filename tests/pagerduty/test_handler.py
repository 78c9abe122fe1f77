"""The handler as `logging` uses it: with its thread, over real HTTP, through a fork, and at the end of a process."""

import io
import json
import logging
import logging.config
import logging.handlers
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager, redirect_stderr

import pytest

from alertkit import HttpResponse, InvalidEventError, UsageError
from alertkit.pagerduty import PagerDutyClient
from alertkit.pagerduty.logging import AlertCounts, PagerDutyHandler
from alertkit.testing import FakePagerDuty, FrozenClock, ScriptedTransport

KEY = "0123456789abcdef0123456789ABCDEF"
PROBLEM = "ValueError: invalid literal for int() with base 10: 'no price'"


class Gate:
    """A transport that lets nobody pass before it is opened."""

    def __init__(self):
        self.sent = []
        self.arrived = threading.Semaphore(0)
        self.opened = threading.Event()

    def send(self, request, *, timeout):
        """Remember the summary, and wait."""
        self.sent.append(json.loads(request.body)["payload"]["summary"])
        self.arrived.release()
        assert self.opened.wait(60), "nobody opened the gate"
        return HttpResponse(202)


def client_of(transport):
    """Return a client that never really waits."""
    return PagerDutyClient(KEY, transport=transport, clock=FrozenClock(), dice=lambda: 1.0)


def logger_of(*handlers, name="shop.cart"):
    """Return a logger that no other test sees."""
    logger = logging.Logger(name)  # noqa: LOG001  a registered one would stay for all tests
    for handler in handlers:
        logger.addHandler(handler)
    return logger


@contextmanager
def raise_exceptions(wanted):
    """Turn the switch of `logging` that says whether failures of handlers are shown."""
    before, logging.raiseExceptions = logging.raiseExceptions, wanted
    try:
        yield
    finally:
        logging.raiseExceptions = before


def sent(transport):
    """Return the payloads that were sent."""
    return [json.loads(request.body)["payload"] for request in transport.requests]


@pytest.fixture
def transport():
    """Return a transport that takes a hundred events."""
    return ScriptedTransport(*[202] * 100)


@pytest.fixture
def handler(transport):
    """Return a handler that is closed in the end."""
    handler = PagerDutyHandler(client=client_of(transport), clock=FrozenClock())
    yield handler
    handler.close()


def test_an_error_becomes_an_alert(handler, transport):
    """With its severity, its source and where it was logged; what is less than an error does not."""
    logger = logger_of(handler)
    logger.warning("cart %s is large", 17)
    logger.error("cart %s failed", 17, extra={"order": 4})
    handler.close()

    (payload,) = sent(transport)
    assert (payload["summary"], payload["severity"], payload["source"]) == ("cart 17 failed", "error", "shop.cart")
    assert payload["custom_details"]["function"] == "test_an_error_becomes_an_alert"
    assert payload["custom_details"]["extra"] == {"order": 4}
    assert handler.counts == AlertCounts(sent=1, collapsed=0, dropped=0, failed=0, pending=0)


def test_records_of_one_place_are_one_alert(transport):
    """Whatever their arguments; a key of the record's own or of a function groups them otherwise."""
    handler = PagerDutyHandler(client=client_of(transport), key=lambda record: getattr(record, "tenant", None))
    logger = logger_of(handler)
    for number in range(5):
        logger.error("cart %s failed", number)
    logger.error("other", extra={"dedup_key": "own"})
    logger.error("one", extra={"tenant": "t-1"})
    logger.error("two", extra={"tenant": "t-1"})
    handler.close()

    keys = [json.loads(request.body)["dedup_key"] for request in transport.requests]
    assert len(set(keys)) == 3
    assert {"own", "t-1"} < set(keys)
    assert sum(payload["custom_details"]["records"] for payload in sent(transport)) == 8


def test_logging_waits_for_nothing():
    """While PagerDuty does not answer, records are taken in, and the worst of them goes next."""
    gate = Gate()
    handler = PagerDutyHandler(client=client_of(gate))
    logger = logger_of(handler)
    logger.error("first")
    assert gate.arrived.acquire(timeout=60)
    logger.error("second")
    logger.critical("third")
    assert handler.counts.pending == 3

    gate.opened.set()
    handler.close()
    assert gate.sent == ["first", "third", "second"]


def test_closing_leaves_a_stuck_thread_behind(caplog):
    """It returns when its time is over, and says what was not delivered."""
    gate = Gate()
    handler = PagerDutyHandler(client=client_of(gate), close_within=0.01)
    logger_of(handler).error("first")
    assert gate.arrived.acquire(timeout=60)
    handler.close()

    assert handler.counts.pending == 1
    assert [record.pending for record in caplog.records if hasattr(record, "pending")] == [1]
    gate.opened.set()


def test_what_pagerduty_refuses_is_counted_as_failed(caplog):
    """What is logged of that is no alert."""
    transport = ScriptedTransport(400, 202)
    handler = PagerDutyHandler(client=client_of(transport), level=logging.DEBUG)
    logging.getLogger("alertkit").addHandler(handler)
    try:
        logger = logger_of(handler)
        logger.error("first")
        logger.error("second")
        handler.close()
    finally:
        logging.getLogger("alertkit").removeHandler(handler)

    assert handler.counts == AlertCounts(sent=1, collapsed=0, dropped=0, failed=1, pending=0)
    assert {record.name for record in caplog.records} == {"alertkit.pagerduty"}
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", ["alertkit", "alertkit.pagerduty", "alertkit.anything"])
def test_what_alertkit_logs_is_no_alert(handler, transport, name):
    """Or an alert that cannot be delivered would make the next one."""
    logger_of(handler, name=name).critical("m")
    handler.close()

    assert transport.requests == ()


def test_a_logger_that_is_only_named_like_it_is_somebody_elses(handler, transport):
    """Its records are alerts."""
    logger_of(handler, name="alertkitchen").error("m")
    handler.close()

    assert len(transport.requests) == 1


def test_what_is_logged_while_an_alert_is_sent_is_no_alert():
    """By the libraries below, in this thread, for another handler, or by way of a queue."""
    logger = logger_of(name="urllib3.connectionpool")
    waiting = queue.SimpleQueue()

    def answer(request):
        logger.critical("connection lost")
        return HttpResponse(202)

    transport = ScriptedTransport(*[answer] * 10)
    handler = PagerDutyHandler(client=client_of(transport))
    other = PagerDutyHandler(client=client_of(transport))
    for each in (handler, other, logging.handlers.QueueHandler(waiting)):
        logger.addHandler(each)
    logger_of(handler).error("m")
    handler.close()
    other.handle(waiting.get())
    other.close()

    assert len(transport.requests) == 1


def log_failure(logger, **options):
    """Log an exception that was raised."""
    try:
        int("no price")
    except ValueError:
        logger.exception("cart %s failed", 17, **options)


class Bad:
    """An object that cannot be printed."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(
    ("message", "arguments"), [("cart %d", ("x",)), ("cart", (1, 2)), (Bad(), ()), ("%s", (Bad(),)), (None, ())]
)
def test_a_bad_record_is_an_alert_all_the_same(handler, transport, message, arguments, shown):
    """Whatever it is, and whatever `logging.raiseExceptions` says."""
    with raise_exceptions(shown):
        logger_of(handler).error(message, *arguments)
    handler.close()

    assert len(transport.requests) == 1


class BadName:
    """The name of a logger that is none."""

    def __str__(self):
        raise MemoryError


@pytest.mark.parametrize("shown", [True, False])
def test_a_failure_of_its_own_goes_where_logging_says(handler, shown):
    """To standard error, or nowhere; the code that logs goes on."""
    with raise_exceptions(shown), redirect_stderr(io.StringIO()) as stream:
        logger_of(handler, name=BadName()).error("m")

    assert ("MemoryError" in stream.getvalue()) == shown


def test_a_standard_error_that_is_closed_is_no_failure(handler):
    """`logging` itself would raise there."""
    stream = io.StringIO()
    stream.close()
    with raise_exceptions(True), redirect_stderr(stream):
        logger_of(handler, name=BadName()).error("m")


def test_a_record_that_makes_others_comes_to_an_end(transport):
    """A function for keys that logs does not go round for ever."""
    handler = PagerDutyHandler(client=client_of(transport), key=lambda record: logger.error("in the key"))
    logger = logger_of(handler)
    logger.error("outside")
    handler.close()

    assert {payload["summary"] for payload in sent(transport)} == {"outside", "in the key"}
    assert sum(payload["custom_details"]["records"] for payload in sent(transport)) == 2


def test_filters_are_asked(handler, transport):
    """A record that one of them refuses is no alert."""
    logger = logger_of(handler)
    handler.addFilter(lambda record: record.getMessage() != "refused")
    logger.error("refused")
    logger.error("passed")
    handler.close()
    assert [payload["summary"] for payload in sent(transport)] == ["passed"]
    assert handler.handle(logging.makeLogRecord({"msg": "refused"})) is False


def test_a_filter_that_fails_lets_nothing_pass(handler, transport, caplog):
    """It may be there to hide a secret. The code that logs goes on, and the failure is logged once."""
    logger = logger_of(handler)
    handler.addFilter(lambda record: record.msg.startswith("shop"))
    for message in ("shop: first", 17, None, "shop: last"):
        logger.error(message)
    handler.close()

    assert [payload["summary"] for payload in sent(transport)] == ["shop: first", "shop: last"]
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [(record.getMessage(), record.exc_info[0]) for record in failures] == [
        ("the filter of a handler failed", AttributeError)
    ]


def test_a_filter_may_replace_a_record(transport):
    """As it may from Python 3.12 on; earlier ones only ask a filter whether it is true."""

    class Replacing(PagerDutyHandler):
        def filter(self, record):
            return logging.makeLogRecord({"name": "shop.cart", "levelno": 40, "msg": "replaced"})

    handler = Replacing(client=client_of(transport))
    logger_of(handler).error("given")
    handler.close()

    assert [payload["summary"] for payload in sent(transport)] == ["replaced"]


def test_it_holds_no_lock_while_it_sends(handler):
    """`logging.shutdown` would keep other threads waiting for as long as closing takes."""
    assert handler.lock is None
    handler.acquire()
    handler.release()


def test_under_the_lock_of_logging_closing_waits_for_nothing():
    """The thread may need that lock to log; what is left is sent all the same, and closing again waits for it."""

    class Cold(Gate):
        def send(self, request, *, timeout):
            """Log something that nobody has asked for before, which takes the lock."""
            answer = super().send(request, timeout=timeout)
            logging.getLogger(f"tests.{len(self.sent)}.{id(self)}").debug("sent")
            return answer

    gate = Cold()
    handler = PagerDutyHandler(client=client_of(gate), close_within=60.0)
    logger = logger_of(handler)
    logger.error("first")
    assert gate.arrived.acquire(timeout=60)
    logger.error("second")
    with logging._lock:
        handler.close()
        gate.opened.set()
        assert handler.counts.pending > 0
    handler.close()

    assert gate.sent == ["first", "second"]
    assert (handler.counts.sent, handler.counts.dropped) == (2, 0)


def test_a_second_close_waits_for_the_first():
    """Its own client is closed when all is sent, whoever comes first."""
    gate, closed = Gate(), []
    handler = PagerDutyHandler(KEY)
    handler._own_client.close()
    handler._own_client._transport = gate
    gate.close = lambda: closed.append(handler.counts.sent)
    logger_of(handler).error("m")
    assert gate.arrived.acquire(timeout=60)
    closing = [threading.Thread(target=handler.close) for _ in range(2)]
    for thread in closing:
        thread.start()
    assert closed == []
    gate.opened.set()
    for thread in closing:
        thread.join()

    assert closed == [1, 1]


def test_functions_that_fail_are_logged_once(handler, transport, caplog):
    """However many records they fail for, and the alerts go without them."""
    handler.setFormatter(logging.Formatter("%(release)s"))
    handler._key = lambda record: 17
    for _ in range(3):
        logger_of(handler).error("m")
    handler.close()

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "the formatter of a handler failed",
        "the key of a handler failed",
    ]
    assert {payload["summary"] for payload in sent(transport)} == {"m"}


def test_the_thread_knows_itself_where_records_name_none():
    """`logging.logThreads` may be off."""
    handlers = []

    def answer(request):
        handlers[0].handle(logging.makeLogRecord({"name": "urllib3", "msg": "m", "threadName": None}))
        return HttpResponse(202)

    transport = ScriptedTransport(*[answer] * 3)
    handlers.append(PagerDutyHandler(client=client_of(transport)))
    logger_of(*handlers).error("m")
    handlers[0].close()

    assert len(transport.requests) == 1


def test_it_can_be_configured_from_a_dictionary(transport):
    """With a client, or with the routing key as text; the level and a formatter are `logging`'s own."""
    settings = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"short": {"format": "%(name)s: %(message)s"}},
        "handlers": {
            "pager": {
                "class": "alertkit.pagerduty.logging.PagerDutyHandler",
                "client": client_of(transport),
                "level": "CRITICAL",
                "formatter": "short",
                "source": "web-1",
            },
            "unused": {
                "class": "alertkit.pagerduty.logging.PagerDutyHandler",
                "routing_key": KEY,
                "region": "eu",
            },
        },
        "loggers": {"tests.of.the.handler": {"handlers": ["pager"], "propagate": False}},
    }
    logging.config.dictConfig(settings)
    logger = logging.getLogger("tests.of.the.handler")
    (handler,) = logger.handlers
    try:
        logger.error("not this")
        logger.critical("but this")
    finally:
        handler.close()
        logger.removeHandler(handler)

    (payload,) = sent(transport)
    assert (payload["summary"], payload["source"]) == ("tests.of.the.handler: but this", "web-1")
    assert KEY not in repr(handler)


def test_it_works_behind_a_queue(handler, transport):
    """The message has lost its arguments there, so the key is best the record's own; the traceback is part of it."""
    waiting = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(waiting, handler, respect_handler_level=True)
    logger = logger_of(logging.handlers.QueueHandler(waiting))
    listener.start()
    log_failure(logger, extra={"dedup_key": "cart"})
    listener.stop()
    handler.close()

    (request,) = transport.requests
    assert json.loads(request.body)["dedup_key"] == "cart"
    (payload,) = sent(transport)
    assert payload["summary"] == "cart 17 failed"
    assert PROBLEM in payload["custom_details"]["message"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "give exactly one of routing_key and client"),
        ({"routing_key": KEY, "client": client_of(None)}, "give exactly one of routing_key and client"),
        ({"client": client_of(None), "region": "eu"}, "region is that of the client: give it there"),
        ({"client": KEY}, "client must have the methods send: str lacks send"),
        ({"routing_key": KEY, "source": " "}, "source is missing or blank"),
        ({"routing_key": KEY, "level": "LOUD"}, "level must be a number, or a name that `logging` knows"),
        ({"routing_key": KEY, "level": None}, "level must be a number, or a name that `logging` knows"),
        ({"routing_key": KEY, "key": "k"}, "key must be a function"),
        ({"routing_key": KEY, "per_minute": 0}, "per_minute must be a whole number, at least 1"),
        ({"routing_key": KEY, "capacity": 0.5}, "capacity must be a whole number, at least 1"),
        ({"routing_key": KEY, "interval": -1}, "interval must be seconds, at least 0"),
        ({"routing_key": KEY, "close_within": "5"}, "close_within must be seconds, at least 0"),
        ({"routing_key": KEY, "close_within": float("nan")}, "close_within must be seconds, at least 0"),
        ({"routing_key": KEY, "interval": float("inf"), "capacity": 0}, "capacity .*; interval must be seconds"),
    ],
)
def test_what_makes_no_handler_is_refused(options, problem):
    """With all problems at once."""
    with pytest.raises(UsageError, match=problem):
        PagerDutyHandler(**options)


def test_a_bad_routing_key_is_refused():
    """As the client does it, without repeating the key."""
    with pytest.raises(InvalidEventError, match="must have 32 characters"):
        PagerDutyHandler("short")


def test_a_client_of_its_own_is_closed_and_one_handed_in_is_not():
    """Who opens it closes it."""

    class Client:
        closed = False

        def send(self, event):
            """Take nothing."""

        def close(self):
            """Remember it."""
            self.closed = True

    theirs = Client()
    PagerDutyHandler(client=theirs).close()
    assert not theirs.closed

    own = PagerDutyHandler(KEY)
    own._own_client = Client()
    own.close()
    assert own._own_client.closed


def test_over_real_http_an_alert_opens():
    """With a PagerDuty on loopback."""
    with FakePagerDuty() as fake, PagerDutyClient(fake.routing_key, base_url=fake.url) as client:
        handler = PagerDutyHandler(client=client)
        log_failure(logger_of(handler))
        handler.close()

        (alert,) = fake.alerts
        assert (alert.summary, alert.severity) == (f"cart 17 failed ({PROBLEM})", "error")


def test_many_threads_log_at_once(transport):
    """Every record is counted once, whoever takes it in."""
    handler = PagerDutyHandler(client=client_of(transport), per_minute=100, capacity=50)
    logger = logger_of(handler)

    def work(number):
        for turn in range(100):
            logger.error("m", extra={"dedup_key": f"{number}-{turn % 20}"})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.close()

    counts = handler.counts
    assert counts.sent + counts.collapsed + counts.dropped == 800
    assert (counts.failed, counts.pending) == (0, 0)
    assert sum(payload["custom_details"]["records"] for payload in sent(transport)) <= 800
    assert len(transport.requests) == counts.sent


PROGRAM = """
import logging, os, sys
from alertkit.pagerduty import PagerDutyClient
from alertkit.pagerduty.logging import PagerDutyHandler

client = PagerDutyClient("0" * 32, base_url=sys.argv[1])
handler = PagerDutyHandler(client=client, close_within=float(sys.argv[2]))
logging.getLogger().addHandler(handler)
"""


def program(code, url, close_within=30.0):
    """Run a program that logs to a handler; one that hangs is an error."""
    command = [sys.executable, "-c", PROGRAM + code, url, str(close_within)]
    return subprocess.run(command, capture_output=True, text=True, timeout=25, check=False)


def test_what_a_program_logs_last_is_delivered():
    """Its end waits for that, without a call of its own."""
    with FakePagerDuty() as fake:
        ran = program("logging.critical('at the end')", fake.url)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert [alert.summary for alert in fake.alerts] == ["at the end"]


def test_a_program_ends_though_pagerduty_does_not_answer():
    """It waits for as long as the handler may take to close."""
    with FakePagerDuty() as fake:
        fake.will_delay(60, times=10)
        ran = program("logging.critical('at the end')", fake.url, close_within=0.1)

        assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "reconfigure", ["logging.config.dictConfig({'version': 1})", "logging.basicConfig(force=True)"]
)
def test_reconfiguring_logging_loses_nothing(reconfigure):
    """Nor does it wait; the end of the program does."""
    with FakePagerDuty() as fake:
        fake.will_delay(0.2, times=1)
        ran = program(
            f"import logging.config\nfor key in 'abcd': logging.error(key, extra={{'dedup_key': key}})\n{reconfigure}\n"
            "sys.exit(0 if handler.counts.pending else 1)",
            fake.url,
        )

        assert (ran.returncode, ran.stderr) == (0, "")
        assert sorted(alert.summary for alert in fake.alerts) == ["a", "b", "c", "d"]


FORK = """
lock = handler._worker._states.get().lock
lock.acquire()  # as another thread may hold it at the fork
logging.error("of the parent")
child = os.fork()
if child == 0:
    logging.error("of the child")
    handler.close()
    os._exit(handler.counts.sent)
lock.release()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
handler.close()
sys.exit(0 if (status, handler.counts.sent) == (1, 1) else 1)
"""


def test_a_child_sends_what_is_its_own():
    """It does not hang on a lock that its parent held at the fork, and sends nothing of its parent's."""
    with FakePagerDuty() as fake:
        ran = program(FORK, fake.url)

        assert ran.returncode == 0, ran.stderr
        assert sorted(alert.summary for alert in fake.alerts) == ["of the child", "of the parent"]
        assert len(fake.requests) == 2
