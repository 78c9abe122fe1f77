"""
What preparing an event altered, as data for the caller.

Rules of this file: a change names the field as the caller knows it, and never holds a routing key.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["Change", "inside"]


def inside(path: str, key: str) -> str:
    """Return the path of an entry; of a key that is a novel its beginning, for every path below holds it again."""
    return f"{path}.{key if len(key) <= _LONGEST_STEP else key[: _LONGEST_STEP - 1] + '…'}"


_LONGEST_STEP = 80


@frozen
class Change:
    """One thing that was sent otherwise than it was given."""

    field: str
    """The attribute of the event, with the path inside it: `summary`, `custom_details.rows[3].log`, `links[0]`."""
    reason: str
    """What was done and why, in words."""
    before: object
    """What it was: a size for what was shortened, a type for what JSON lacks, the value for what was replaced."""
    after: object
    """What it is now, in the terms of `before`; None where it was dropped."""

    def __str__(self) -> str:
        """Return one line for a person."""
        return f"{self.field}: {self.reason} ({self.before} → {self.after})"
