"""What is read of a log record, and that nothing which a record holds can keep it from being read."""

import gc
import json
import logging
import weakref
from collections import UserDict
from datetime import datetime, timezone

import pytest
from hypothesis import given, strategies as st

from alertkit.pagerduty._logged import Logged, alert_of, key_of
from alertkit.pagerduty._record_reading import read_record


class Bad:
    """An object that cannot be printed, compared or asked."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __len__ = __iter__ = __bool__ = __str__


class Proxy:
    """One that cannot be reached, and so does not say what it is, as unbound ones of web frameworks are."""

    @property
    def __class__(self):
        raise RuntimeError("unbound")


class BadError(Exception):
    """An exception without a text."""

    def __str__(self):
        raise RuntimeError("no text")


def record(message="cart %s failed", *args, error=None, **attributes):
    """Return a record as a logger makes it, with these attributes in place of its own."""
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("shop.cart", logging.ERROR, "/app/shop/cart.py", 40, message, args, exc_info, "total")
    vars(made).update(attributes)
    return made


def read(made, *, formatter=None, key=None, failed=lambda name, error: None):
    """Return the facts of a record."""
    return read_record(made, formatter=formatter, key=key, failed=failed)


def raised(kind=ValueError, *arguments):
    """Return an exception that was raised."""
    try:
        raise kind(*arguments)  # noqa: TRY301  raised, so that it has a traceback
    except kind as error:
        return error


def test_a_record_is_read():
    """Every fact of it, with the message before its arguments and after."""
    logged = read(record("cart %s failed", 17, created=1767225600.0, process=1, threadName="Main"))

    assert logged == Logged(
        logger="shop.cart",
        level=40,
        level_name="ERROR",
        template="cart %s failed",
        message="cart 17 failed",
        headline="cart 17 failed",
        module="cart",
        function="total",
        line=40,
        process=1,
        thread="Main",
        at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )


def test_an_exception_is_read():
    """Its type, where it was raised, its traceback, and its text in the headline."""
    logged = read(record("cart failed", error=raised(ValueError, "no price\nat all")))

    assert logged.headline == "cart failed (ValueError: no price)"
    assert (logged.exception, logged.raised_in) == ("ValueError", f"{__name__}.raised")
    assert logged.traceback.startswith("Traceback (most recent call last):")
    assert logged.traceback.endswith("ValueError: no price\nat all\n")


def test_types_outside_python_have_their_module():
    """Two errors of one name are not one."""
    assert read(record(error=raised(json.JSONDecodeError, "m", "d", 0))).exception == "json.decoder.JSONDecodeError"


@pytest.mark.parametrize(
    ("exc_info", "exception"),
    [((None, None, None), None), (True, None), ((1, 2), None), ((ValueError, ValueError("x"), None), "ValueError")],
)
def test_exceptions_come_in_several_forms(exc_info, exception):
    """None of them is in the way; one that was never raised has no place."""
    logged = read(record(exc_info=exc_info))

    assert (logged.exception, logged.raised_in) == (exception, None)


def test_a_traceback_that_is_there_is_used():
    """Another handler made it, or another process, whose exceptions do not travel."""
    assert read(record(exc_text="Traceback of theirs")).traceback == "Traceback of theirs"
    assert read(record(error=raised(), exc_text="Traceback of theirs")).traceback == "Traceback of theirs"


def test_a_long_traceback_keeps_its_end():
    """Which is where it happened."""
    logged = read(record(error=raised(ValueError, "x" * 20_000 + "the end"), stack_info="s" * 20_000 + "here"))

    assert (len(logged.traceback), len(logged.stack)) == (16_001, 16_001)
    assert (logged.traceback[0], logged.stack[0]) == ("…", "…")
    assert logged.traceback.endswith("the end\n")
    assert logged.stack.endswith("here")


def test_a_deep_recursion_is_read():
    """The frames at its end are enough."""

    def deeper():
        deeper()

    try:
        deeper()
    except RecursionError as error:
        logged = read(record(error=error))

    assert logged.raised_in == f"{__name__}.deeper"
    assert len(logged.traceback) <= 16_001


def test_of_many_frames_the_last_are_kept():
    """Which is where it happened."""

    def deeper(left):
        return deeper(left - 1) if left else last()

    def last():
        return 1 / 0

    try:
        deeper(100)
    except ZeroDivisionError as error:
        logged = read(record(error=error))

    assert ", in last\n" in logged.traceback
    assert ", in test_of_many_frames_the_last_are_kept\n" not in logged.traceback


@pytest.mark.parametrize(
    ("message", "headline"),
    [
        ("\n\n first \n second", "first"),
        (" \n ", "shop.cart: a record without a message"),
        ("x" * 5000, "x" * 2000),
        (["a list"], "['a list']"),
    ],
)
def test_the_headline_is_one_line(message, headline):
    """The first that is not blank; the whole message stands among the details."""
    assert read(record(message)).headline == headline


def test_an_exception_can_be_all_that_is_said():
    """Without a message it is the headline."""
    assert read(record("", error=raised(KeyError, "k"))).headline == "KeyError: 'k'"


def test_a_formatter_makes_the_headline():
    """With the message only: the traceback has a place of its own, and is still there for other handlers."""
    made = record("cart %s failed", 17, error=raised(), stack_info="Stack")
    formatter = logging.Formatter("%(levelname)s in %(name)s: %(message)s")

    logged = read(made, formatter=formatter)

    assert logged.headline == "ERROR in shop.cart: cart 17 failed"
    assert logged.message == "cart 17 failed"
    assert logged.traceback.startswith("Traceback")
    assert (made.exc_text, made.stack_info) == (None, "Stack")


@pytest.mark.parametrize("name", ["exc_text", "stack_info"])
def test_a_formatter_that_says_nothing_leaves_no_traceback_as_the_headline(name):
    """What another handler formatted before is none of its words."""
    made = record("m", blank=" ", **{name: "Traceback of theirs"})

    assert read(made, formatter=logging.Formatter("%(blank)s")).headline == "m"


def test_a_formatter_that_fails_is_done_without():
    """As is one that has nothing to say; the former is reported."""
    failures = []
    logged = read(
        record("m"),
        formatter=logging.Formatter("%(release)s"),
        failed=lambda name, error: failures.append((name, type(error))),
    )
    assert logged.headline == "m"
    assert failures == [("formatter", ValueError)]
    assert read(record("m", blank=" "), formatter=logging.Formatter("%(blank)s")).headline == "m"


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (record("cart %s failed"), "cart %s failed"),
        (record("cart %d failed", "x"), "cart %d failed"),
        (record("cart failed", 17), "cart failed"),
        (record("cart %s failed", Bad()), "cart %s failed"),
        (record(Bad()), "<Bad>"),
        (record(None), "None"),
    ],
)
def test_a_message_that_does_not_fit_its_arguments_is_told_all_the_same(made, message):
    """As it was before its arguments; an object by its type."""
    assert read(made).message == message


def test_an_object_as_a_message_is_known_by_its_type():
    """Its text would often differ, and every record be an alert of its own."""
    assert key_of(read(record(ValueError("1")))) == key_of(read(record(ValueError("2"))))


def test_what_the_app_adds_is_read():
    """As far as JSON has it, as a copy; long values are cut, and the rest is left out."""
    cart = {"items": [1, 2]}
    added = {"order": 17, "cart": cart, "ok": True, "rate": 0.5, "note": "n" * 5000, "many": [*range(10_000), Bad()]}
    absent = {"bad": Bad(), "nan": float("nan"), "user": UserDict(), "none": None, "bytes": b"", "huge": 10**5000}
    cycle = []
    cycle.append(cycle)

    logged = read(record("m", **added, **absent, cycle=cycle))
    cart["items"].append(3)

    many = logged.extra["many"]
    assert logged.extra == {
        "order": 17,
        "cart": {"items": [1, 2]},
        "ok": True,
        "rate": 0.5,
        "note": "n" * 1000,
        "many": many,
    }
    assert (len(many), many[:9], many[-1]) == (1001, "[0, 1, 2,", "…")


def test_no_more_than_fifty_are_read():
    """Of what the app adds."""
    assert len(read(record("m", **{f"x{number}": number for number in range(100)})).extra) == 50


def test_a_name_that_is_no_text_names_nothing():
    """A record may be made of any dictionary."""
    made = record("m", order=17)
    vars(made).update({Bad(): 1, 5: 2})

    assert read(made).extra == {"order": 17}


@pytest.mark.parametrize("name", ["message", "asctime", "taskName", "dedup_key", "exc_text"])
def test_what_logging_adds_is_not_the_apps(name):
    """Formatters leave these on a record."""
    made = record("m")
    setattr(made, name, "x")

    assert read(made).extra == {}


def test_the_key_may_be_the_hosts():
    """Of the record before that of the function; where the function fails or has none, the usual one."""
    assert read(record("m", dedup_key="own"), key=lambda _: "function").given_key == "own"
    assert read(record("m"), key=lambda made: made.name).given_key == "shop.cart"
    assert read(record("m"), key=lambda _: None).given_key is None


class Text(str):
    """Text of the app's own, which has a will of its own too."""

    __slots__ = ()

    def __hash__(self):
        raise RuntimeError("no hash")


@pytest.mark.parametrize("from_function", [True, False])
def test_a_key_is_plain_text(from_function):
    """Nothing that is made of it later can fail, or refer to the app."""
    key, attributes = (lambda _: Text("own"), {}) if from_function else (None, {"dedup_key": Text("own")})

    assert type(key_of(read(record("m", **attributes), key=key))) is str


@pytest.mark.parametrize("kind", [int, bytes, Bad, Proxy])
def test_a_key_that_is_no_text_is_passed_over(kind):
    """Whatever it is."""
    assert read(record("m", dedup_key=kind())).given_key is None


@pytest.mark.parametrize(("key", "kind"), [(lambda _: 1 / 0, ZeroDivisionError), (lambda _: 17, TypeError)])
def test_a_function_that_fails_is_reported(key, kind):
    """As is one that returns no text; the alert goes with its usual key."""
    failures = []
    logged = read(record("m"), key=key, failed=lambda name, error: failures.append((name, type(error))))

    assert logged.given_key is None
    assert failures == [("key", kind)]


def test_a_bad_exception_is_read():
    """It is told by its type."""
    logged = read(record("m", error=raised(BadError)))

    assert logged.headline == f"m ({__name__}.BadError)"
    assert "BadError" in logged.traceback


def test_an_exception_that_cannot_be_formatted_is_told_in_a_line():
    """Its attributes may be anything."""

    class OddError(SyntaxError):
        @property
        def filename(self):
            raise RuntimeError

    assert read(record("m", error=raised(OddError, "odd"))).traceback.startswith(f"{__name__}.")


NAMES = [name for name in vars(record()) if name not in ("exc_info", "args")]
ODD = st.sampled_from(
    [None, "", " ", "x", "\ud800", 0, -1, 10**400, float("nan"), float("inf"), 1e300, True, b"", (), [], {}, Bad()]
)


@given(st.dictionaries(st.sampled_from([*NAMES, "exc_info", "args", "extra", "dedup_key"]), ODD))
def test_whatever_a_record_holds_it_becomes_an_alert(attributes):
    """Records are made by anybody, from any dictionary."""
    logged = read(record(**attributes), formatter=logging.Formatter())

    event = alert_of(logged, key=key_of(logged), source=None, records=1)
    assert event.plain_details
    assert event.summary


def test_nothing_of_the_app_is_kept():
    """What is read refers to no object of the app any more: neither frames nor arguments live on in a queue."""
    thing = Bad()
    known = weakref.ref(thing)
    logged = read(record("cart %s", thing, error=raised(ValueError, thing), thing=thing, dedup_key=thing))
    del thing
    gc.collect()  # an exception, its traceback and its frame hold each other

    assert logged.exception == "ValueError"
    assert known() is None
