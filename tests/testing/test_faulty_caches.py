"""The contract of a cache rejects each implementation that breaks a clause."""

import time

import pytest
from contract_runs import broken_clauses

from alertkit._checks import demand
from alertkit.caching import MemoryCache
from alertkit.caching._entries import ttl_problems
from alertkit.testing import FrozenClock
from alertkit.testing.contracts import CacheContract


class FoldsKeys(MemoryCache):
    """Takes upper case for lower."""

    def get(self, key):
        """Fold."""
        return super().get(key.lower())

    def put(self, key, text, *, ttl):
        """Fold."""
        super().put(key.lower(), text, ttl=ttl)

    def replace(self, key, old, new, *, ttl):
        """Fold."""
        return super().replace(key.lower(), old, new, ttl=ttl)


class CutsKeys(MemoryCache):
    """Takes long keys for others."""

    def get(self, key):
        """Cut."""
        return super().get(key[:250]) if len(key) > 250 else super().get(key)

    def put(self, key, text, *, ttl):
        """Refuse."""
        if len(key) > 250:
            raise ValueError("the key is too long")
        super().put(key, text, ttl=ttl)


class EmptyIsNothing(MemoryCache):
    """Takes an empty text for none."""

    def get(self, key):
        """Forget."""
        return super().get(key) or None


class Latin(MemoryCache):
    """Keeps what Latin-1 has."""

    def put(self, key, text, *, ttl):
        """Encode."""
        super().put(key, text.encode("latin-1", "replace").decode("latin-1"), ttl=ttl)


class NeverEnds(MemoryCache):
    """Keeps entries for good."""

    def put(self, key, text, *, ttl):
        """Write for long."""
        demand(ttl_problems("ttl", ttl))
        super().put(key, text, ttl=ttl + 1e9)

    def replace(self, key, old, new, *, ttl):
        """Write for long."""
        demand(ttl_problems("ttl", ttl))
        return super().replace(key, old, new, ttl=ttl + 1e9)


class WholeSeconds(MemoryCache):
    """Cuts times to whole seconds, none of which is for good."""

    def seconds(self, ttl):
        """Return how long an entry is kept."""
        demand(ttl_problems("ttl", ttl))
        return int(ttl) or 1e9

    def put(self, key, text, *, ttl):
        """Cut."""
        super().put(key, text, ttl=self.seconds(ttl))

    def replace(self, key, old, new, *, ttl):
        """Cut."""
        return super().replace(key, old, new, ttl=self.seconds(ttl))


class AMonthAtMost(WholeSeconds):
    """Takes more than 30 days for an instant that is long past."""

    def seconds(self, ttl):
        """Return how long an entry is kept."""
        demand(ttl_problems("ttl", ttl))
        return 1e-9 if ttl > 30 * 86_400 else ttl


class ReplacesForGood(MemoryCache):
    """Keeps what was replaced for good."""

    def replace(self, key, old, new, *, ttl):
        """Write for long."""
        done = super().replace(key, old, new, ttl=ttl)
        if done:
            self.put(key, new, ttl=1e9)
        return done


class ReadingProlongs(MemoryCache):
    """Begins the time of an entry anew when it is read."""

    def get(self, key):
        """Write it again."""
        text = super().get(key)
        if text is not None:
            super().put(key, text, ttl=11)
        return text


class KeepsTheTime(MemoryCache):
    """A text written over another one ends when that would have."""

    def put(self, key, text, *, ttl):
        """Keep the time that was there."""
        entries = self._shelf.get().entries
        known = entries.get(key)
        super().put(key, text, ttl=ttl)
        if known:
            entries[key] = (text, known[1])


class FirstWins(MemoryCache):
    """Does not write over what is there."""

    def put(self, key, text, *, ttl):
        """Write where there is nothing."""
        self.replace(key, None, text, ttl=ttl)


class AlwaysReplaces(MemoryCache):
    """Does not look at what is there."""

    def replace(self, key, old, new, *, ttl):
        """Write."""
        self.put(key, new, ttl=ttl)
        return True


class EmptyIsNothingToReplace(MemoryCache):
    """Expects nothing where an empty text is expected, and the other way round."""

    def replace(self, key, old, new, *, ttl):
        """Take one for the other."""
        return super().replace(key, old, new, ttl=ttl) or super().replace(key, old or None, new, ttl=ttl)


class RenewsInVain(MemoryCache):
    """Begins the time of an entry anew though it was not replaced."""

    def replace(self, key, old, new, *, ttl):
        """Touch it."""
        done = super().replace(key, old, new, ttl=ttl)
        if not done and (text := self.get(key)) is not None:
            self.put(key, text, ttl=ttl)
        return done


class TwoSteps(MemoryCache):
    """Looks first and writes then."""

    def replace(self, key, old, new, *, ttl):
        """Let others in between."""
        if self.get(key) != old:
            return False
        time.sleep(0.001)  # long enough for another to look too
        self.put(key, new, ttl=ttl)
        return True


class TakesAnyTime(MemoryCache):
    """Takes what is no time for a short one."""

    def put(self, key, text, *, ttl):
        """Guess."""
        super().put(key, text, ttl=ttl if isinstance(ttl, (int, float)) and ttl > 0 else 1)


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        (MemoryCache, set()),
        (FoldsKeys, {1}),
        (CutsKeys, {1}),
        (EmptyIsNothing, {1, 4}),
        (Latin, {1}),
        (NeverEnds, {2, 3, 4}),
        (WholeSeconds, {2}),
        (AMonthAtMost, {2}),
        (ReplacesForGood, {2}),
        (ReadingProlongs, {2, 3}),
        (KeepsTheTime, {3}),
        (FirstWins, {1, 3}),
        (AlwaysReplaces, {2, 4, 5}),
        (EmptyIsNothingToReplace, {4}),
        (RenewsInVain, {4}),
        (TwoSteps, {5}),
        (TakesAnyTime, {6}),
    ],
)
def test_a_faulty_cache_is_rejected(kind, clauses):
    """The clauses that it breaks fail, and no other."""

    class Faulty(CacheContract):
        """Makes it."""

        def make(self):
            """Return one."""
            self.clock = FrozenClock()
            return kind(clock=self.clock)

        def let_pass(self, cache, seconds):
            """Move the time on."""
            self.clock.advance(seconds)

    assert broken_clauses(Faulty) == clauses


def test_every_cache_is_closed_once():
    """Also those of a clause that fails; one that is its own second one has been closed then."""
    opened, closed = [], []

    class Faulty(CacheContract):
        """Opens it again, and tells what is opened and closed."""

        def make(self):
            """Return one that forgets everything."""
            opened.append(NeverEnds())
            return opened[-1]

        def open_again(self, cache):
            """Return another one, over nothing of the first."""
            return self.make()

        def let_pass(self, cache, seconds):
            """Do nothing."""

        def close(self, cache):
            """Note it."""
            closed.append(cache)

    class Alone(Faulty):
        """Never opens it a second time."""

        open_again = CacheContract.open_again

    assert {2, 5} <= broken_clauses(Faulty)
    assert 5 not in broken_clauses(Alone)
    assert sorted(map(id, closed)) == sorted(map(id, opened))
