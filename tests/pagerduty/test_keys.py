"""Routing keys as people paste them, and dedup keys of any length."""

import hashlib

import pytest
from hypothesis import given, strategies as st
from strategies import ROUTING_KEY, dedup_keys

from alertkit import InvalidEventError
from alertkit.pagerduty import AcknowledgeEvent, ResolveEvent, TriggerEvent, prepare_event
from alertkit.pagerduty._keys import RoutingKey, fit_dedup_key, utf16_length

LENGTH = "routing_key must have 32 characters, not {}"
ALPHABET = "routing_key must hold ASCII letters and digits only"
TOKEN = (
    "routing_key has 20 characters and looks like a REST API token: "
    "use the 32-character integration key of an Events API integration"
)
RULESET = (
    "routing_key begins with R and belongs to an event orchestration or ruleset, "
    "which takes no change events: use the integration key of a service"
)


def problems_of(text, **options):
    """Return what is wrong with `text` as a routing key."""
    with pytest.raises(InvalidEventError) as caught:
        RoutingKey.parse(text, **options)
    return caught.value.problems


@pytest.mark.parametrize(
    "pasted",
    [
        "{}",
        "  {} ",
        "\t{}\r\n",
        "'{}'",
        '"{}"',
        "' {} '",
        ' "{}" ',
        "'{} '",
        "\"'{}'\"",
        "\" ' {}\"'",
        "\u00a0{}\u00a0",
        "“{}”",
        "`{}`\u200b",
        "\ufeff{}",
    ],
)
def test_a_pasted_key_is_cleaned(pasted):
    """Blanks and quotes around a key go, however they are nested."""
    assert RoutingKey.parse(pasted.format(ROUTING_KEY)) == RoutingKey(ROUTING_KEY)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [LENGTH.format(0)]),
        (" '' ", [LENGTH.format(0)]),
        ("a" * 31, [LENGTH.format(31)]),
        ("a" * 33, [LENGTH.format(33)]),
        ("a" * 31 + "-", [ALPHABET]),
        ("a" * 15 + " " + "a" * 16, [ALPHABET]),
        ("ä" * 32, [ALPHABET]),
        ("٣" * 32, [ALPHABET]),
        ("a-b", [LENGTH.format(3), ALPHABET]),
        ("y_NbAkKc66ryYTWUXYEu", [TOKEN]),
        ("u+wdfnGW3Ak_1sqAx-7x", [TOKEN]),
        (" 'abcdefghij0123456789' ", [TOKEN]),
        (None, ["routing_key must be text, not NoneType"]),
        (ROUTING_KEY.encode(), ["routing_key must be text, not bytes"]),
    ],
)
def test_what_is_no_key_is_refused(text, problems):
    """Length and alphabet are named, and a REST API token is recognised by its 20 characters."""
    assert list(problems_of(text)) == problems


def test_a_key_of_a_ruleset_takes_alerts_only():
    """A key that begins with R is refused for a change event, together with whatever else is wrong with it."""
    assert RoutingKey.parse("R" * 32).value == "R" * 32
    assert RoutingKey.parse("r" * 32, for_change=True).value == "r" * 32
    assert problems_of(f" '{'R' * 32}' ", for_change=True) == (RULESET,)
    assert problems_of("R-", for_change=True) == (LENGTH.format(2), ALPHABET, RULESET)
    assert problems_of("R" * 20, for_change=True) == (TOKEN, RULESET)


@given(st.text(min_size=4), st.booleans())
def test_no_text_repeats_a_key(text, for_change):
    """Neither an error nor a `repr` holds what was passed: it may be a secret that was misplaced."""
    secret = f"<{text}>"

    assert secret not in str(problems_of(secret, for_change=for_change))
    assert ROUTING_KEY not in repr(RoutingKey(ROUTING_KEY))


@given(st.text())
def test_the_length_in_utf16_units(text):
    """A character beyond the basic plane counts as two, any other as one."""
    assert utf16_length(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("k" * 255, True),
        ("k" * 256, False),
        ("火" * 255, True),
        ("🚨" * 127, True),
        ("🚨" * 127 + "k", True),
        ("🚨" * 128, False),
        ("  k  ", True),
    ],
)
def test_a_key_over_255_utf16_units_is_hashed(key, kept):
    """A key that fits is sent as given, to the blank; a longer one as the SHA-256 of its UTF-8, in hexadecimal."""
    assert fit_dedup_key(key) == (key if kept else hashlib.sha256(key.encode()).hexdigest())


@given(dedup_keys)
def test_every_action_names_the_same_alert(key):
    """Trigger, acknowledge and resolve send the same key, whatever its length; hashing twice changes nothing."""
    events = [
        TriggerEvent(summary="s", source="x", dedup_key=key),
        AcknowledgeEvent(dedup_key=key),
        ResolveEvent(dedup_key=key),
    ]

    sent = {prepare_event(event, routing_key=ROUTING_KEY).dedup_key for event in events}

    assert sent == {fit_dedup_key(key)} == {fit_dedup_key(fit_dedup_key(key))}
