"""What becomes of values that strict JSON in UTF-8 cannot hold."""

import json
import pickle
import sys
import threading
from collections import OrderedDict, UserDict, deque, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from strategies import BrokenInteger, BrokenMapping, BrokenText, Colour, Level, fail, plain_values, wild_values

from alertkit._json import encode
from alertkit.pagerduty import Change, Severity
from alertkit.pagerduty._checks import DEEPEST, is_plain
from alertkit.pagerduty._readable import legible, readable

TOO_MANY = "dropped: more than 500000 values cannot fit"
LACKING = "JSON has no such value"
SURROGATES = "spelt out lone surrogates, which UTF-8 cannot carry"
BrokenProxy = type("BrokenProxy", (), {"__class__": property(fail)})  # as unbound ones of web frameworks are
BrokenRepr = type("BrokenRepr", (), {"__repr__": fail})
BrokenFloat = type("BrokenFloat", (float,), {"__float__": fail})
WrongText = type("WrongText", (), {"__str__": lambda _: str(int("x"))})
BrokenError = type("BrokenError", (Exception,), {"__str__": fail})
Text = type("Text", (str,), {"__str__": lambda _: "other"})
Point = namedtuple("Point", "x y")  # noqa: PYI024  the tests need no types


def nested(depth, leaf="leaf"):
    """Return `leaf` inside so many mappings."""
    value = leaf
    for _ in range(depth):
        value = {"in": value}
    return value


def read(value):
    """Return the readable form of `value` and what was changed."""
    changes = []
    return readable(value, "d", changes), changes


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc), "2026-01-02T03:04:05.000006+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(seconds=90), "0:01:30"),
        (Decimal("1.10"), "1.10"),
        (Fraction(1, 3), "1/3"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (b"caf\xc3\xa9", "café"),
        (bytearray(b"raw"), "raw"),
        (b"\xff\x00", "0xff00"),
        (ValueError("boom"), "ValueError: boom"),
        (KeyError("k"), "KeyError: 'k'"),
        (BrokenError(), "<unreadable BrokenError: RuntimeError>"),
        (Colour.RED, "red"),
        (1 + 2j, "(1+2j)"),
        (WrongText(), "<unreadable WrongText: ValueError>"),
        (BrokenText(), "<unreadable BrokenText: RuntimeError>"),
        (BrokenMapping(), "<unreadable BrokenMapping: RuntimeError>"),
        (BrokenInteger(5), "<unreadable BrokenInteger: RuntimeError>"),
        (BrokenFloat(5), "<unreadable BrokenFloat: RuntimeError>"),
    ],
)
def test_a_value_that_json_lacks_is_spelt(value, spelt):
    """In words a person can read, for any object at all, and its siblings stay; the change names the type."""
    for holder in ({"a": [value], "b": 1}, {"a": (value,), "b": 1}):
        assert read(holder) == ({"a": [spelt], "b": 1}, [Change("d.a[0]", LACKING, type(value).__name__, spelt)])


def test_an_object_without_a_repr_is_named_by_its_type():
    """As a value and as a key."""
    found, _ = read({"a": BrokenRepr(), BrokenRepr(): 1})

    unreadable = "<unreadable BrokenRepr: RuntimeError>"
    assert found == {"a": unreadable, unreadable: 1}


def test_a_proxy_that_cannot_be_reached_costs_only_itself():
    """Of a lazy proxy nothing can be asked, not even what it is."""
    found, changes = read({"request": BrokenProxy(), "list": [BrokenProxy()], "b": 1})

    unreadable = "<unreadable BrokenProxy: RuntimeError>"
    assert found == {"request": unreadable, "list": [unreadable], "b": 1}
    assert [change.field for change in changes] == ["d.request", "d.list[0]"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Text("text"), "text"),
        (Severity.INFO, "info"),
        (type("Number", (int,), {})(5), 5),
        (Level.HIGH, 3),
        (type("Float", (float,), {})(0.5), 0.5),
        ((1, (2,)), [1, [2]]),
        (Point(1, 2), [1, 2]),
        (deque([1]), [1]),
        (OrderedDict(a=1), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        (2**64, 2**64),
        (True, True),
        (False, False),
        (-0.0, -0.0),
    ],
)
def test_what_json_has_under_another_type_is_no_change(value, plain):
    """Subclasses become what they are, tuples and queues become lists."""
    found, changes = read([value])

    assert (found, changes) == ([plain], [])
    assert type(found[0]) is type(plain)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_too_long_to_print_is_hexadecimal(sign):
    """More digits than Python prints have a form still, as a key too."""
    number = sign * 10 ** (sys.get_int_max_str_digits() + 1)

    assert list(read({number: 1})[0]) == [hex(number)]

    assert read({"n": number}) == (
        {"n": hex(number)},
        [Change("d.n", "spelt in hexadecimal: too many digits", "int", hex(number)[:79] + "…")],
    )


@pytest.mark.parametrize(
    ("text", "spelt"), [("a\ud800b", "a\\ud800b"), ("\ud83d\ude00", "\\ud83d\\ude00"), ("é🚨", "é🚨")]
)
def test_lone_surrogates_are_spelt_out(text, spelt):
    """Which is the one thing in a text that UTF-8 cannot carry."""
    assert legible(text) == spelt
    assert read([text]) == ([spelt], [] if text == spelt else [Change("d[0]", SURROGATES, "str", spelt)])


def test_sets_are_lists_in_a_fixed_order():
    """Equal sets give equal bytes; members are made readable like any others."""
    found, changes = read({"s": {3, "b", 1, None}, "f": frozenset({b"\xff"})})

    assert found == {"s": [1, 3, None, "b"], "f": ["0xff"]}
    assert changes == [
        Change("d.s", "made a list", "set", "list"),
        Change("d.f", "made a list", "frozenset", "list"),
        Change("d.f[0]", LACKING, "bytes", "0xff"),
    ]


@pytest.mark.parametrize(
    ("mapping", "plain", "renamed"),
    [
        ({1: "a"}, {"1": "a"}, ["1"]),
        ({1: "a", "1": "b"}, {"1 (int)": "a", "1": "b"}, ["1 (int)"]),
        ({"1": "b", 1: "a"}, {"1": "b", "1 (int)": "a"}, ["1 (int)"]),
        ({1.5: "a", Decimal("2.50"): "b"}, {"1.5": "a", "2.50": "b"}, ["1.5", "2.50"]),
        ({1.5: "a", "1.5": "b", "1.5 (float)": "c"}, {"1.5 (float 2)": "a", "1.5": "b", "1.5 (float)": "c"},
         ["1.5 (float 2)"]),
        ({None: 1, True: 2, False: 3}, {"null": 1, "true": 2, "false": 3}, ["null", "true", "false"]),
        ({(1, 2): 1, date(2026, 1, 2): 2, b"k": 3}, {"(1, 2)": 1, "2026-01-02": 2, "k": 3},
         ["(1, 2)", "2026-01-02", "k"]),
        ({Severity.INFO: 1}, {"info": 1}, ["info"]),
        ({Text("text"): 1}, {"text": 1}, ["text"]),
        ({"\ud800": 1, "\\ud800": 2}, {"\\ud800 (str)": 1, "\\ud800": 2}, ["\\ud800 (str)"]),
        ({BrokenText(): 1}, {"<unreadable BrokenText: RuntimeError>": 1}, ["<unreadable BrokenText: RuntimeError>"]),
    ],
)  # fmt: skip
def test_a_key_becomes_text_and_pushes_none_out(mapping, plain, renamed):
    """Every member survives, in its order, and every key that was made is reported."""
    found, changes = read({"m": mapping})

    assert list(found["m"].items()) == list(plain.items())
    assert [(change.field, change.reason, change.after) for change in changes] == [
        (f"d.m.{name}", "made the key text", name) for name in renamed
    ]


def test_a_cycle_is_cut_where_it_closes():
    """A container inside itself; the same one twice side by side is no cycle."""
    shared, knot = [1], {"a": [{}]}
    knot["a"][0]["again"] = knot

    assert read({"l": shared, "r": shared}) == ({"l": [1], "r": [1]}, [])
    assert read(knot) == ({"a": [{"again": "<cycle>"}]}, [Change("d.a[0].again", "cut a cycle", "dict", "<cycle>")])


@pytest.mark.parametrize("depth", [DEEPEST + 1, 10_000])
def test_what_is_nested_too_deep_is_cut(depth):
    """As deep as 32 containers nothing is; what is deeper is named, not followed."""
    found, changes = read(nested(depth))

    assert found == nested(DEEPEST, "<nested too deep>")
    assert changes == [Change("d" + ".in" * DEEPEST, "cut: nested too deep", "dict", "<nested too deep>")]
    assert read(nested(DEEPEST)) == (nested(DEEPEST), [])
    assert is_plain(nested(DEEPEST))
    assert not is_plain(nested(depth))


def test_a_generator_is_not_consumed():
    """It is named, and the caller can still go through it."""
    numbers = (number for number in range(3))
    found, _ = read([numbers])

    assert found[0].startswith("<generator object ")
    assert list(numbers) == [0, 1, 2]


def test_a_change_is_no_novel():
    """A long description is sent whole, and the change shows eighty characters of it."""
    for length in (69, 5000):
        found, (change,) = read([ValueError("x" * length)])
        assert found == ["ValueError: " + "x" * length]
        assert change.after == "ValueError: " + "x" * 67 + "…"

    assert read([ValueError("x" * 68)])[1][0].after == "ValueError: " + "x" * 68


@pytest.mark.parametrize(
    "details", [None, "text", 5, [], {"a": (1,)}, {"a": {1: 2}}, {"a": {None: 1}}, {"a": [object()]}]
)
def test_what_json_cannot_hold_is_not_plain(details):
    """Nor is what is no mapping at all."""
    assert not is_plain(details)


@pytest.mark.parametrize("details", [{"a": [None] * 499_999}, {"a": [{"b": [None] * 499_997}]}])
def test_half_a_million_values_are_plain_and_one_more_is_not(details):
    """However deep they are; what is over is for the walk to leave out."""
    assert is_plain(details)
    assert not is_plain({**details, "one more": 1})


def test_another_thread_may_work_with_what_is_read():
    """What changes under way is not plain, which costs a copy and no alert."""
    live, over = {}, threading.Event()

    def work():
        while not over.is_set():
            for number in range(3000):
                live[str(number)] = number
            live.clear()

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=work)
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        answers = {is_plain({"live": live}) for _ in range(1000)}
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(interval)

    assert answers <= {True, False}
    assert is_plain(read({"live": live})[0])


def test_containers_that_hold_each_other_over_and_over_end():
    """Thirty levels that double are a thousand million values: what is over half a million is left out, and said."""
    doubled = {"leaf": 1}
    for _ in range(30):
        doubled = {"a": doubled, "b": [doubled]}
    assert not is_plain(doubled)

    found, changes = read(doubled)

    assert is_plain(found)
    assert TOO_MANY in {change.reason for change in changes}


def test_a_list_beyond_all_bounds_keeps_its_beginning():
    """Half a million values are kept, and the change has both counts."""
    found, changes = read({"few": 1, "many": [None] * 600_000})

    assert (found["few"], len(found["many"])) == (1, 499_998)
    assert changes == [Change("d.many", TOO_MANY, 600_000, 499_998)]


def test_what_has_no_room_is_left_out():
    """To the last value that there is room for; a container after that is only named."""
    found, changes = read({"many": [None] * 499_996, "two": {"a": 1, "b": 2}, "none": [1]})

    assert (len(found["many"]), found["two"], found["none"]) == (499_996, {"a": 1}, "<left out>")
    assert changes == [Change("d.two", TOO_MANY, 2, 1), Change("d.none", TOO_MANY, "list", "<left out>")]


@given(wild_values())
def test_anything_becomes_plain(value):
    """The result can be encoded, is the same each time, and reading it again changes nothing."""
    before = pickle.dumps(value)
    found, changes = read({"a": value})

    assert is_plain(found)
    assert json.loads(encode(found)) == found
    assert read(found) == (found, [])
    assert read({"a": value}) == (found, changes)
    assert pickle.dumps(value) == before


@given(plain_values())
def test_what_is_plain_stays_and_is_copied(value):
    """Nothing is changed, and no container is shared with what was given."""
    found, changes = read({"a": [value]})

    assert (found, changes) == ({"a": [value]}, [])
    assert is_plain({"a": [value]})
    found["a"].append("more")
    if isinstance(value, (dict, list)):
        assert found["a"][0] is not value


def test_keys_of_one_text_are_numbered():
    """However many there are, none pushes another out."""
    found, changes = read({float("nan"): number for number in range(3000)})

    assert list(found)[:3] == ["nan", "nan (float)", "nan (float 2)"]
    assert list(found.values()) == list(range(3000))
    assert len(changes) == 3000


def test_a_path_holds_only_the_beginning_of_a_long_key():
    """Every change below such a key would hold all of it again."""
    _, (change,) = read({"k" * 1000: [object()]})

    assert change.field == "d." + "k" * 79 + "…[0]"
    assert read({"k" * 80: [object()]})[1][0].field == "d." + "k" * 80 + "[0]"
