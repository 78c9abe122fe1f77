"""
HMAC-SHA-256, signed with one key and verified with several, in constant time.

Rules of this file: pure, and no key, message or signature is in any text. What is compared is bytes: text of an
attacker that is not ASCII would end `compare_digest` in a TypeError.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

__all__ = ["SigningKey", "any_matches"]


class SigningKey:
    """A key that has been worked into the hash already, which is a third of a short message's signature."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        """Take the key."""
        self._keyed = hmac.new(key, digestmod="sha256")

    def sign(self, *parts: bytes) -> bytes:
        """Return the 32 bytes that only who knows the key can make of the parts, joined."""
        signature = self._keyed.copy()
        for part in parts:
            signature.update(part)
        return signature.digest()


def any_matches(offered: Iterable[bytes], expected: Iterable[bytes]) -> bool:
    """Return whether one of the offered signatures is one of the expected: every pair is compared, none is skipped."""
    wanted = tuple(expected)
    found = False
    for signature in offered:
        for one in wanted:
            found |= hmac.compare_digest(signature, one)
    return found
