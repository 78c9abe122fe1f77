"""
Where the records of an integration lie in a SQLite file, and what a new one replaces.

Rules of this file: SQL in a transaction that the caller has begun. Each event type has two rings, one of errors and one
of the others. A ring is a hundred places side by side, and its newest record takes the place of its oldest: a write
touches a page or two, whatever else the file holds, and no index. What is near enough in time is known by the bounds
that a ring keeps; only a ring with something to forget is read.
"""

from __future__ import annotations

from attrs import define

from alertkit.stores._calls import MONTH, MOST_EVENT_TYPES, MOST_RECORDS
from alertkit.stores._sqlite_file import Execute

__all__ = ["ROOM", "Entry", "Ring", "append", "drop", "last_of", "rings_of"]

ROOM = 128
"""Places from the beginning of one ring to that of the next; the last ones stay empty."""


_RINGS = "SELECT id, event_type, is_error, next, last, day, earliest, latest FROM ring WHERE integration = ?"


@define(frozen=True)
class Entry:
    """A record as it lies in the file."""

    event_type: str
    is_error: bool
    at: int
    text: str


@define
class Ring:
    """One ring, as it is before the next record."""

    id: int
    event_type: str
    is_error: bool
    next: int
    """The place of the next record, from the beginning of the ring: that of the oldest one, or one that is free."""
    last: int
    """The number of the newest record in the order of recording, over all rings of the integration."""
    day: int
    """The day of the newest record."""
    earliest: int
    latest: int
    """Every record lies between these two instants."""

    @property
    def places(self) -> tuple[int, int]:
        """The first place and the last."""
        return self.id * ROOM, self.id * ROOM + MOST_RECORDS - 1

    def is_far_from(self, at: int) -> bool:
        """Return whether it may hold something that is more than thirty days away."""
        return self.earliest < at - MONTH or self.latest > at + MONTH


def rings_of(execute: Execute, integration: int) -> list[Ring]:
    """Return the rings of an integration."""
    return [Ring(*row) for row in execute(_RINGS, (integration,))]


def last_of(rings: list[Ring]) -> Ring | None:
    """Return the ring with the newest record of all."""
    return max(rings, key=lambda ring: ring.last, default=None)


def append(execute: Execute, integration: int, rings: list[Ring], entry: Entry, *, day: int) -> None:
    """Keep a record, and forget what is too far away from it, or one too many."""
    newest = last_of(rings)
    number = 1 if newest is None else newest.last + 1
    kept = [ring for ring in rings if not ring.is_far_from(entry.at) or _forget(execute, ring, entry.at)]
    key = (entry.event_type, entry.is_error)
    ring = next((ring for ring in kept if (ring.event_type, ring.is_error) == key), None)
    if ring is None:
        ring = _new_ring(execute, integration, entry, day)
        _drop_a_type(execute, kept, entry.event_type)
    execute(
        "INSERT OR REPLACE INTO record (place, number, at, text) VALUES (?, ?, ?, ?)",
        (ring.places[0] + ring.next, number, entry.at, entry.text),
    )
    execute(
        "UPDATE ring SET next = ?, last = ?, day = ?, earliest = ?, latest = ? WHERE id = ?",
        (
            *((ring.next + 1) % MOST_RECORDS, number, day),
            *(min(ring.earliest, entry.at), max(ring.latest, entry.at), ring.id),
        ),
    )


def drop(execute: Execute, ring: Ring) -> None:
    """Forget a ring and what is in it."""
    execute("DELETE FROM record WHERE place BETWEEN ? AND ?", ring.places)
    execute("DELETE FROM ring WHERE id = ?", (ring.id,))


def _new_ring(execute: Execute, integration: int, entry: Entry, day: int) -> Ring:
    added = execute(
        "INSERT INTO ring (integration, event_type, is_error, next, last, day, earliest, latest)"
        " VALUES (?, ?, ?, 0, 0, ?, ?, ?)",
        (integration, entry.event_type, entry.is_error, day, entry.at, entry.at),
    )
    return Ring(added.lastrowid or 0, entry.event_type, entry.is_error, 0, 0, day, entry.at, entry.at)


def _forget(execute: Execute, ring: Ring, at: int) -> bool:
    """Forget what is more than thirty days away, and close the gaps. Return whether anything is left."""
    left = execute(
        "SELECT number, at, text FROM record WHERE place BETWEEN ? AND ? AND at BETWEEN ? AND ? ORDER BY number",
        (*ring.places, at - MONTH, at + MONTH),
    ).fetchall()
    if not left:
        drop(execute, ring)
        return False
    execute("DELETE FROM record WHERE place BETWEEN ? AND ?", ring.places)
    for place, row in enumerate(left, ring.places[0]):
        execute("INSERT INTO record (place, number, at, text) VALUES (?, ?, ?, ?)", (place, *row))
    instants = [instant for _, instant, _ in left]
    ring.next, ring.earliest, ring.latest = len(left) % MOST_RECORDS, min(instants), max(instants)
    execute(
        "UPDATE ring SET next = ?, earliest = ?, latest = ? WHERE id = ?",
        (ring.next, ring.earliest, ring.latest, ring.id),
    )
    return True


def _drop_a_type(execute: Execute, rings: list[Ring], event_type: str) -> None:
    """Where a new event type is one too many, forget the one that was recorded last the longest ago."""
    latest: dict[str, int] = {}
    for ring in rings:
        latest[ring.event_type] = max(ring.last, latest.get(ring.event_type, 0))
    if event_type not in latest and len(latest) == MOST_EVENT_TYPES:
        oldest = min(latest, key=latest.__getitem__)
        for ring in rings:
            if ring.event_type == oldest:
                drop(execute, ring)
