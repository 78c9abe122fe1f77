"""
An enum whose members are words.

Rules of this file: a member is its word wherever text is made of it, in every Python alike: in an f-string Python up to
3.11 shows the word of a `(str, Enum)`, and later ones the member's name.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Word"]


class Word(str, Enum):
    """A member equals its word, and prints as it."""

    def __str__(self) -> str:
        """Return the word."""
        return str(self.value)
