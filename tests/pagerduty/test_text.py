"""Where a text is cut: `regex` is the judge of what a reader sees as one character."""

import itertools
import unicodedata

import pytest
import regex
from hypothesis import example, given, strategies as st
from strategies import CLUSTERS, lines, texts

from alertkit.pagerduty._keys import utf16_length
from alertkit.pagerduty._text import cut, grapheme_floor

FAMILY = "👩‍👩‍👧‍👦"
CLUSTER = regex.compile(r"\X")


def boundaries(text):
    """Return where clusters end, 0, and every place inside a cluster too long to be a character of any language."""
    found = {0}
    for match in CLUSTER.finditer(text):
        found.update(range(match.start() + 256, match.end()), (match.end(),))
    return found


@pytest.mark.parametrize(
    ("text", "units", "kept"),
    [
        ("", 5, ""),
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("abc", 0, ""),
        ("ab🚨", 4, "ab🚨"),
        ("ab🚨", 3, "ab"),
        ("🚨🚨🚨", 5, "🚨🚨"),
        ("火火", 1, "火"),
        (f"x{FAMILY}x", 12, f"x{FAMILY}"),
        (f"x{FAMILY}x", 11, "x"),
        (f"x{FAMILY}", 2, "x"),
        ("ab👋🏽", 5, "ab"),
        ("ab👋🏽", 6, "ab👋🏽"),
        ("a❤️", 2, "a"),
        ("🇩🇪🇫🇷", 4, "🇩🇪"),
        ("🇩🇪🇫🇷", 6, "🇩🇪"),
        ("🇩🇪🇫🇷🇮", 8, "🇩🇪🇫🇷"),
        ("x🇩🇪🇫🇷", 7, "x🇩🇪"),
        ("ae\u0301\u0323", 2, "a"),
        ("ae\u0301\u0323", 3, "a"),
        ("\uac00\u1112\u1161\u11ab", 2, "\uac00"),
        ("\uac00\u1112\u1161\u11ab", 3, "\uac00"),
        ("\uac00\uac01", 1, "\uac00"),
        ("कक्षि", 2, "क"),
        ("कक्षि", 3, "क"),
        ("कक्षि", 4, "क"),
        ("कक", 1, "क"),
        ("क्a", 2, "क्"),
        ("ab\r\n", 3, "ab"),
        ("ab\n\r", 3, "ab\n"),
        ("ab\u0600c", 3, "ab"),
        ("aกำ", 2, "a"),
        ("\uffffa", 2, "\uffffa"),
        ("a\nb", 1, "a"),
        ("a\rb", 2, "a\r"),
        ("ax\u0378", 2, "a"),  # which may become a mark
    ],
)
def test_a_cut_keeps_whole_characters(text, units, kept):
    """As many as have room in UTF-16 units: emoji sequences, flags, syllables, conjuncts and line ends stay whole."""
    assert cut(text, units) == kept


@given(lines(), st.integers(1, 1024))
@example(FAMILY * 200, 1024)
@example("🇩" * 1030, 1023)
@example("कक्षि" * 300, 1024)
@example("x" + "\r\n" * 600, 1024)
def test_a_cut_ends_between_clusters(text, units):
    """What is kept is a beginning, within the limit by either count, and ends where a cluster of `regex` ends."""
    text = f"xy{text}"  # a mark at the very start belongs to nothing
    kept = cut(text, units)

    assert text.startswith(kept)
    assert len(kept) <= utf16_length(kept) <= units
    assert len(kept) in boundaries(text)
    assert kept == text or kept != ""


@given(texts(), st.integers(0, 60))
def test_a_cut_is_not_early(text, units):
    """Of ordinary clusters, everything that has room is kept; a text that fits is kept whole."""
    kept = cut(text, units)

    if utf16_length(text) <= units:
        assert kept == text
    if text.isascii():
        assert len(kept) >= min(len(text), units) - 1


@given(
    st.lists(st.sampled_from([cluster for cluster in CLUSTERS if cluster not in ("🇩", "\n", "\u0600a")])),
    st.integers(0, 80),
)
def test_a_cut_keeps_every_cluster_that_has_room(clusters, units):
    """Known clusters in a row are kept up to the first that would go over the limit."""
    text = "".join(clusters)
    lengths = [0, *itertools.accumulate(map(utf16_length, clusters))]

    assert utf16_length(cut(text, units)) == max(length for length in lengths if length <= units)


@given(lines())
def test_the_floor_is_a_boundary_and_stays_one(text):
    """The boundary at or before a place is a boundary itself, and never behind the place."""
    text = f"xy{text}"[:200]
    for place in range(1, len(text) + 1):
        floor = grapheme_floor(text, place)
        assert 0 < floor <= place
        assert grapheme_floor(text, floor) == floor
        assert floor in boundaries(text)


def assigned():
    """Return every character that this Python knows, but for the thousands of Han and Hangul that behave alike."""
    for number in itertools.chain(range(0x3400), range(0xA000, 0xAC20), range(0xD7A0, 0xD800), range(0xF900, 0x1F000),
                                  range(0x1F000, 0x20000), range(0xE0000, 0xE0200)):  # fmt: skip
        character = chr(number)
        if unicodedata.category(character) not in ("Cn", "Co", "Cs"):
            yield character


@pytest.mark.parametrize(
    "before",
    [
        "x",
        "x\u0301",
        "x\u200d",
        "👩\u200d",
        "🇩",
        "🇩🇪",
        "\u1100",
        "\uac00",
        "\uac01",
        "\u1100\u1161",
        "\uac00\u11a8",
        "क्",
        "क़्",
        "x\u0600",
    ],
)
def test_no_character_is_parted_from_what_stands_before(before):
    """For every character of Unicode: where `regex` sees one cluster, no cut falls inside it."""
    before = f"y{before}"
    place = len(before)
    parted = [
        character
        for character in assigned()
        if grapheme_floor(before + character, place) == place and place not in boundaries(before + character)
    ]

    assert parted == []


@pytest.mark.parametrize("after", ["x", "\u0301", "\u200d", "\u1161", "\u11a8", "👩", "🇩", "क", "\r", "\n"])
def test_no_character_is_parted_from_what_stands_behind(after):
    """For every character of Unicode at which a text may be cut."""
    parted = [
        character
        for character in assigned()
        if grapheme_floor(f"yx{character}{after}", 3) == 3 and 3 not in boundaries(f"yx{character}{after}")
    ]

    assert parted == []


def test_a_mark_behind_a_virama_does_not_untie():
    """The consonant behind both belongs to the one before."""
    assert grapheme_floor("\u0915\u094d\u093c\u0937", 3) == 0


LEADS = "\u10ff\u1100\u115f\ua95f\ua960\ua97c"
SYLLABLES = "\uabf9\uac00\ud7a3"


@pytest.mark.parametrize(("before", "after"), list(itertools.product(LEADS, LEADS + SYLLABLES)), ids=ascii)
def test_where_korean_syllables_begin_and_end(before, after):
    """At the first and the last of each block, and beside them where a character stands there."""
    assert grapheme_floor(before + after, 1) == (1 if 1 in boundaries(before + after) else 0)


@pytest.mark.parametrize("mark", ["\u0301", "\u200d", "\u094d", "\U000e0061"])
def test_a_cluster_of_absurd_length_is_cut(mark):
    """Thousands of marks on one letter are no character of any language, and must not take the text with them."""
    text = "x" + mark * 5000

    assert cut(text, 1024) == text[: 1 + 1023 // utf16_length(mark)]
    assert [grapheme_floor(text, place) for place in (256, 257, 3000)] == [0, 257, 3000]
    assert cut(f"y{text[:200]}", 150) == "y"
