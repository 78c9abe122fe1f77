"""
Where a text may be cut: never inside what a reader sees as one character.

Rules of this file: pure. The rules are those of Unicode's grapheme clusters (UAX #29), read off the character
categories that the standard library has instead of off a table of our own. Where a category does not tell, two
characters are kept together: a cut may come a little early, and never falls inside a cluster.
"""

from __future__ import annotations

import unicodedata

__all__ = ["cut", "grapheme_floor"]

_ZWJ = "\u200d"
# GCB=Extend or SpacingMark outside the mark categories: ZWNJ, Thai and Lao AM, halfwidth sound marks.
_JOINS_BEFORE = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")
# GCB=Prepend: signs that precede the character they belong to.
_PREPEND = frozenset(
    map(
        chr,
        (
            *range(0x600, 0x606),
            *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0xD4E, 0x1CF5, 0x1CF6, 0x110BD, 0x110CD, 0x111C2, 0x111C3, 0x113D1),
            *(0x1193F, 0x11941, 0x11A3A, *range(0x11A84, 0x11A8A), 0x11D46, 0x11F02),
        ),
    )
)
# A cluster of more code points than this is no character of any language; it is cut rather than searched to its start.
_LONGEST_CLUSTER = 256


def cut(text: str, units: int) -> str:
    """
    Return the longest beginning of `text` that has at most `units` UTF-16 units and splits no grapheme.

    UTF-16 units are never fewer than code points, so the limit holds for a peer that counts either.
    """
    room = units
    end = 0
    for character in text[:units]:
        room -= 2 if character > "\uffff" else 1
        if room < 0:
            break
        end += 1
    return text[: grapheme_floor(text, end)]


def grapheme_floor(text: str, end: int) -> int:
    """Return the last grapheme boundary at or before `end`; `end` itself inside a cluster of absurd length."""
    if end >= len(text):
        return len(text)
    for floor in range(end, max(0, end - _LONGEST_CLUSTER), -1):
        if _is_boundary(text, floor):
            return floor
    return 0 if end <= _LONGEST_CLUSTER else end


def _is_boundary(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if before < "\u0300" and after < "\u0300":  # Latin-1 and its neighbours combine in one way only
        return not (before == "\r" and after == "\n")
    return not (
        _extends(after)
        or before == _ZWJ
        or before in _PREPEND
        or (_is_regional(before) and _is_regional(after) and _odd_regionals(text, index))
        or _hangul_joins(before, after)
        or _conjunct_joins(text, index)
    )


def _extends(character: str) -> bool:
    """Whether it belongs to what stands before it: marks, joiners, emoji modifiers, tags, and what is unassigned."""
    return (
        character in _JOINS_BEFORE
        or unicodedata.category(character) in ("Mn", "Mc", "Me", "Cn")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U00016d63" <= character <= "\U00016d6a"  # vowel signs of Kirat Rai, which are letters by category
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _odd_regionals(text: str, index: int) -> bool:
    """Whether an odd number of regional indicators stands before `index`: flags are pairs of them."""
    start = index
    while start > 0 and _is_regional(text[start - 1]):
        start -= 1
    return (index - start) % 2 == 1


def _hangul_joins(before: str, after: str) -> bool:
    """Whether two characters are of one Korean syllable; jamo that merely follow each other count as one too."""
    leads = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    trails = "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb"
    syllable = "\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ua97c" or "\uac00" <= after <= "\ud7a3"
    return trails or (leads and syllable)


def _conjunct_joins(text: str, index: int) -> bool:
    """Whether a virama among the marks before `index` ties the next consonant to the one before (GB9c)."""
    start = index - 1
    while start > 0 and index - start < _LONGEST_CLUSTER and _extends(text[start]):
        if unicodedata.combining(text[start]) == 9:
            return unicodedata.category(text[index]) == "Lo"
        start -= 1
    return False
