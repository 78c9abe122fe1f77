"""HMAC with keys that are worked in once, and comparisons that skip nothing."""

import hashlib
import hmac
import threading

import pytest
from hypothesis import given, strategies as st

from alertkit._signing import SigningKey, any_matches


@given(st.binary(max_size=200), st.lists(st.binary(max_size=100), max_size=4))
def test_it_signs_as_the_standard_library_does(key, parts):
    """For any key, and a message in any number of parts, again and again."""
    signing = SigningKey(key)

    for _ in range(2):
        assert signing.sign(*parts) == hmac.new(key, b"".join(parts), hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("offered", "expected", "matches"),
    [
        ([b"a"], [b"a"], True),
        ([b"x", b"a"], [b"b", b"a"], True),
        ([b"a", b"x"], [b"a", b"b"], True),
        ([b"x"], [b"a", b"b"], False),
        ([], [b"a"], False),
        ([b"a"], [], False),
        ([b""], [b"a"], False),
        ([b"\xff"], [b"a"], False),
        ([b"aa"], [b"a"], False),
    ],
)
def test_one_of_the_offered_is_one_of_the_expected(offered, expected, matches):
    """Wherever it stands; iterators are as good as lists."""
    assert any_matches(offered, expected) is matches
    assert any_matches(iter(offered), iter(expected)) is matches


def test_threads_share_a_key():
    """No signature of one thread gets into that of another."""
    key = SigningKey(b"key")
    wrong = []

    def work(number):
        message = str(number).encode() * 5000
        expected = hmac.digest(b"key", message, "sha256")
        wrong.extend(turn for turn in range(50) if key.sign(message[:100], message[100:]) != expected)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_no_repr_shows_the_key():
    """What is seen of it is its class."""
    assert "s3cr3t" not in repr(SigningKey(b"s3cr3t"))
