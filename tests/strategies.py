"""
What Hypothesis draws events from, for every test of `alertkit.pagerduty`.

    texts()             text that UTF-8 can carry, rich in characters of several code points
    wild_texts()        the same, with lone surrogates among it
    plain_values()      what JSON can hold
    wild_values()       what JSON can hold, mixed with what it cannot and with objects whose own methods fail
    details(values)     a mapping for `custom_details`, now and then far over PagerDuty's limit
    triggers, changes   events, with every field present or absent
    events              any event

Rules of this file: everything drawn can be built, and can be pickled, so that a test can tell whether it was modified.
"""

from collections import deque
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from uuid import UUID

from hypothesis import strategies as st

from alertkit.pagerduty import AcknowledgeEvent, ChangeEvent, Image, Link, ResolveEvent, Severity, TriggerEvent

ROUTING_KEY = "0123456789abcdef0123456789ABCDEF"

CLUSTERS = (
    "👩‍👩‍👧‍👦",  # four emoji and three joiners
    "👋🏽",  # with a skin tone
    "❤️",  # with a variation selector
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # with tags
    "1️⃣",
    "🇩🇪",
    "🇩",  # half a flag, which pairs with the next one
    "\u1112\u1161\u11ab",  # a Korean syllable in three jamo
    "\uac00\u11a8",
    "क्षि",  # a Devanagari conjunct with a vowel sign
    "क्‍ष",
    "e\u0301\u0323",
    "กำ",
    "\u0600a",  # a sign that precedes its character
    "\r\n",
    "\n",
    "é",
    "x",
    " ",
)

_characters = st.characters(exclude_categories=["Cs"])
_unlikely = st.integers(0, 19).map(lambda number: number == 0)


def fail(*_):
    """Be a method of an object that does not work."""
    raise RuntimeError("broken")


BrokenText = type("BrokenText", (), {"__str__": fail})
BrokenInteger = type("BrokenInteger", (int,), {"__int__": fail})
_METHODS = {"__module__": __name__, "__getitem__": fail, "__iter__": fail, "__len__": lambda _: 1, "items": fail}
BrokenMapping = type("BrokenMapping", (Mapping,), _METHODS)


class Colour(Enum):
    """An enumeration of the caller's own."""

    RED = "red"


class Level(IntEnum):
    """A number with a name."""

    HIGH = 3


def texts(max_size=40):
    """Draw text that UTF-8 can carry."""
    return st.lists(st.sampled_from(CLUSTERS) | _characters, max_size=max_size).map("".join)


def wild_texts(max_size=12):
    """Draw text which may hold lone surrogates."""
    pieces = st.sampled_from(CLUSTERS) | _characters | st.characters(categories=["Cs"])
    return st.lists(pieces, max_size=max_size).map("".join)


def lines(pieces=None):
    """Draw text that is not blank, at times long enough to be cut."""
    pieces = texts() if pieces is None else pieces
    long = st.builds(lambda piece, times: piece * times, pieces, st.sampled_from((1, 1, 1, 30, 300)))
    return long.filter(lambda text: text.strip() != "")


_integers = st.integers() | st.sampled_from((2**63, -(2**200)))
_floats = st.floats(allow_nan=False, allow_infinity=False)
plain_scalars = st.none() | st.booleans() | _integers | _floats | texts(12)


def plain_values():
    """Draw what JSON can hold as it is."""
    return st.recursive(
        plain_scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(4), inner, max_size=4)
    )


_strange = st.sampled_from(
    (
        float("nan"),
        float("-inf"),
        Decimal("1.10"),
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        date(2026, 1, 2),
        time(3, 4),
        timedelta(seconds=90),
        b"raw",
        b"\xff\x00",
        ValueError("boom"),
        UUID(int=7),
        PurePosixPath("/tmp/x"),
        Colour.RED,
        Level.HIGH,
        Severity.INFO,
        {3, 1, "b"},
        frozenset({1, 2}),
        (1, "two"),
        deque([1, 2]),
        BrokenText(),
        BrokenMapping(),
        BrokenInteger(5),
        len,
    )
)
_keys = wild_texts(3) | st.integers(0, 3) | st.integers(0, 3).map(str) | st.none() | st.booleans() | st.dates()


def _into_itself(value):
    value["itself"] = value
    return value


def wild_values():
    """Draw what JSON can hold, what it cannot, and containers of both, some of which contain themselves."""
    return st.recursive(
        plain_scalars | wild_texts() | _strange | st.builds(pow, st.just(10), st.just(5000)),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(_keys, inner, max_size=4)
            | st.dictionaries(texts(4), inner, max_size=3).map(_into_itself)
        ),
    )


_unit = st.sampled_from(("x", '"', "\x01", "é", "火", "🚨", "e\u0301", "👩‍👩‍👧‍👦"))
_huge = st.builds(
    lambda unit, size, wide: {f"{unit}{n}": unit * (size // wide) for n in range(wide)},
    _unit,
    st.integers(80_000, 700_000),
    st.sampled_from((1, 2, 3, 700, 20_000)),
) | st.builds(lambda value, size: {"many": [value] * size}, plain_values(), st.just(30_000))


@st.composite
def details(draw, values=None):
    """Draw a mapping for `custom_details`."""
    members = draw(st.dictionaries(texts(4), plain_values() if values is None else values, max_size=5))
    return {**members, **draw(_huge)} if draw(_unlikely) else members


def _lists(draw, of, most=3):
    members = draw(st.lists(of, max_size=most))
    return members * 3000 if draw(_unlikely) else members


def links(pieces):
    """Draw a link, at times a blank one."""
    return st.builds(Link, href=pieces, text=st.none() | pieces)


def images(pieces):
    """Draw an image, often one that PagerDuty would show."""
    source = pieces | st.just("https://example.com/a.png") | pieces.map("HTTPS://{}".format)
    return st.builds(Image, src=source, href=st.none() | pieces, alt=st.none() | pieces)


moments = st.none() | st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001  Hypothesis adds the zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.timezones() | st.just(timezone.utc),
)
dedup_keys = lines()


@st.composite
def triggers(draw, pieces=None, values=None):
    """Draw a trigger; `pieces` are its texts, `values` what its details hold."""
    pieces = texts(12) if pieces is None else pieces
    optional = st.none() | pieces
    return TriggerEvent(
        summary=draw(lines(pieces)),
        source=draw(lines(pieces)),
        severity=draw(st.sampled_from(Severity) | st.sampled_from(["Critical", " info "])),
        dedup_key=draw(st.none() | dedup_keys),
        timestamp=draw(moments),
        custom_details=draw(st.none() | details(values)),
        links=_lists(draw, links(pieces)),
        images=_lists(draw, images(pieces)),
        **{name: draw(optional) for name in ("component", "group", "class_", "client", "client_url")},
    )


@st.composite
def changes(draw, pieces=None, values=None):
    """Draw a change event."""
    pieces = texts(12) if pieces is None else pieces
    return ChangeEvent(
        summary=draw(lines(pieces)),
        source=draw(st.none() | pieces),
        timestamp=draw(moments),
        custom_details=draw(st.none() | details(values)),
        links=_lists(draw, links(pieces)),
        images=_lists(draw, images(pieces)),
    )


def events(pieces=None, values=None):
    """Draw any event."""
    closing = st.builds(AcknowledgeEvent, dedup_key=dedup_keys) | st.builds(ResolveEvent, dedup_key=dedup_keys)
    return triggers(pieces, values) | changes(pieces, values) | closing
