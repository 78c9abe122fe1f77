"""
Where lookups are remembered: in memory, in Redis, or in whatever cache the host has.

Rules of this file: numbered clauses, each proved by one test of `CacheContract` in `alertkit.testing.contracts`.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Cache"]


class Cache(Protocol):
    """
    Texts under keys, each for a while.

    Keys are printable ASCII, at most 512 characters. An entry may go before its time, where there is no room for all.
    Beside these clauses, what the backend fails at is raised, best as `StoreError` with the cause: a lookup then does
    without the cache.

    1. `get` returns what was last written under this very key, any text that UTF-8 can hold, or None where nothing is.
    2. An entry is gone `ttl` seconds after it was written, half a second or many days, and reading it does not prolong
       that.
    3. `put` replaces whatever is there, its time too.
    4. `replace` writes where the entry is exactly `old`, or where there is none for None, and says whether it did;
       otherwise nothing changes.
    5. Of any number of callers that replace the same entry at once, by whatever is different, exactly one does.
    6. `UsageError` for a `ttl` that is no finite number of seconds, more than 0; nothing has changed then.
    """

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        ...

    def put(self, key: str, text: str, *, ttl: float) -> None:
        """Write a text under a key, for `ttl` seconds."""
        ...

    def replace(self, key: str, old: str | None, new: str, *, ttl: float) -> bool:
        """Write `new` under a key where `old` is, as one atomic step; whether it was."""
        ...
