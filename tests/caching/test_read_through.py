"""A lookup: what is remembered, what is not believed, who waits for whom, and what an invalidation undoes."""

import json
import logging
import math
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from hashlib import sha256

import pytest
from attrs import asdict, frozen
from forked import exit_code_of
from hypothesis import given, strategies as st

from alertkit import StoreError, UsageError
from alertkit.caching import MemoryCache, ReadThrough
from alertkit.caching._entries import is_about, key_of, payload_of
from alertkit.testing import FrozenClock
from alertkit.testing.contracts._attempts import at_once


@frozen
class Project:
    """A value with two unique fields."""

    id: str
    slug: str


WEB = Project("7", "web")
API = Project("8", "api")


class Table:
    """What a host has, and what it was asked for."""

    def __init__(self, *rows):
        self.rows = list(rows)
        self.asked = Counter()
        self.before_answering = lambda: None

    def by(self, field):
        """Return a loader."""

        def load(asked):
            self.asked[asked] += 1
            found = next((row for row in self.rows if getattr(row, field) == asked), None)
            self.before_answering()
            return found

        return load


class Broken:
    """A cache that fails at some of its calls."""

    def __init__(self, *calls, cache=None):
        self.calls = calls
        self.cache = cache or MemoryCache()
        self.asked = []

    def __getattr__(self, name):
        def call(*args, **kwargs):
            self.asked.append(name)
            if name in self.calls:
                raise OSError("the cache is down")
            return getattr(self.cache, name)(*args, **kwargs)

        return call


def lookup(table, **options):
    """Return a lookup of projects."""
    usual = {
        "load": {"id": table.by("id"), "slug": table.by("slug")},
        "cache": MemoryCache(),
        "prefix": "project",
        "encode": lambda project: json.dumps(asdict(project)),
        "decode": lambda text: Project(**json.loads(text)),
    }
    return ReadThrough(**{**usual, **options})


def test_a_value_is_loaded_once():
    """By each unique field; a second lookup by the same one asks the cache alone, and returns what is equal."""
    table = Table(WEB, API)
    projects = lookup(table)

    for _ in range(2):
        assert projects.get(id="7") == projects.get(slug="web") == WEB
        assert projects.get(id="8") == API
    assert table.asked == {"7": 1, "web": 1, "8": 1}


def test_values_are_what_json_has_unless_the_host_says_otherwise():
    """Mappings have fields too, and a number is another one than its digits."""
    rows = {7: {"id": 7, "name": "web ü"}, "7": {"id": "7", "name": "other"}}
    projects = ReadThrough(load={"id": rows.get}, cache=MemoryCache(), prefix="project")

    for _ in range(2):
        assert projects.get(id=7) == {"id": 7, "name": "web ü"}
        assert projects.get(id="7") == {"id": "7", "name": "other"}


def test_a_value_is_served_for_its_time():
    """And loaded anew afterwards, however often it was asked for."""
    clock, table = FrozenClock(), Table(WEB)
    projects = lookup(table, cache=MemoryCache(clock=clock), ttl=60.0)
    for passed in (0, 30, 29.9):
        clock.advance(passed)
        projects.get(id="7")
    assert table.asked["7"] == 1
    clock.advance(0.2)
    projects.get(id="7")

    assert table.asked["7"] == 2


@pytest.mark.parametrize(("options", "seconds"), [({}, 5.0), ({"negative_ttl": 20}, 20), ({"negative_ttl": 60.0}, 60)])
def test_what_is_unknown_is_remembered_for_a_shorter_time(options, seconds):
    """That there is none is an answer."""
    clock, table = FrozenClock(), Table()
    projects = lookup(table, cache=MemoryCache(clock=clock), **options)
    assert projects.get(id="7") is None
    clock.advance(seconds - 0.1)
    table.rows.append(WEB)
    assert projects.get(id="7") is None
    assert table.asked["7"] == 1
    clock.advance(0.1)

    assert projects.get(id="7") == WEB


def test_what_is_unknown_need_not_be_remembered():
    """With 0 each lookup asks."""
    table = Table()
    projects = lookup(table, negative_ttl=0)
    assert projects.get(id="7") is projects.get(id="7") is None

    assert table.asked["7"] == 2


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"name": "web"}, "name is no unique field, which are id, slug"),
        ({}, "look up by one field, not by 0: id, slug"),
        ({"id": "7", "slug": "web"}, "look up by one field, not by 2"),
        ({"id": None}, "id must be a text or a whole number, not NoneType"),
        ({"id": True}, "not bool"),
        ({"id": 7.0}, "not float"),
        ({"id": 10**5000}, "id must be a whole number of at most 1024 bits"),
        ({"id": -(2**1024)}, "id must be a whole number of at most 1024 bits"),
    ],
)
def test_a_question_that_is_none(asked, problem):
    """It is refused, and nobody is asked; the longest number is one."""
    table = Table(WEB)
    cache = Broken("get")
    with pytest.raises(UsageError, match=problem):
        lookup(table, cache=cache).get(**asked)

    assert not table.asked
    assert not cache.asked
    assert lookup(table).get(id=2**1024 - 1) is None


def test_an_invalidation_that_is_none():
    """It is refused, with every problem, and nothing is invalidated."""
    projects = lookup(table := Table(WEB))
    projects.get(id="7")
    with pytest.raises(UsageError, match="invalidate by one field or more: id, slug"):
        projects.invalidate()
    with pytest.raises(UsageError, match=r"name is no unique field.*; slug must be a text.*NoneType"):
        projects.invalidate(id="7", name="web", slug=None)
    projects.get(id="7")

    assert table.asked["7"] == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"load": {}}, "^load must be a mapping of unique fields to the functions that load by them$"),
        ({"load": len}, "load must be a mapping of unique fields"),
        ({"load": {"id": 7}}, r"load\['id'\] must be a function"),
        ({"load": {"my id": len}}, "which is no name of a field"),
        ({"load": {7: len}}, "which is no name of a field"),
        ({"cache": {}}, "cache must have the methods get, put, replace: dict lacks put, replace"),
        ({"prefix": ""}, "prefix is missing"),
        ({"prefix": "ü"}, "prefix must be ASCII"),
        ({"ttl": 0}, "ttl must be a finite number of seconds, more than 0"),
        ({"ttl": math.inf}, "ttl must be a finite"),
        ({"negative_ttl": -1}, "negative_ttl must be a finite"),
        ({"negative_ttl": 61}, "negative_ttl must not be longer than ttl"),
        ({"patience": 0}, "patience must be a finite"),
        ({"encode": 7, "decode": None, "new_mark": ""}, "encode must be .*; decode must be .*; new_mark must be"),
    ],
)
def test_settings_that_are_none(options, problem):
    """They are told when the lookup is made."""
    with pytest.raises(UsageError, match=problem):
        lookup(Table(), **options)


def test_what_the_loader_raises():
    """The caller gets it, nothing is remembered, and the next lookup asks again."""
    table = Table(WEB)
    projects = lookup(table)
    table.before_answering = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        projects.get(id="7")
    table.before_answering = lambda: None

    assert projects.get(id="7") == WEB
    assert table.asked["7"] == 2


def wrong_entries():
    """Return texts that are no project 7, and what is said of each."""
    return [
        ('+{"id":"8","slug":"api"}', "is about another one"),
        ('+{"id":7,"slug":"web"}', "is about another one"),
        ('+{"id":"7"}', "cannot be read: TypeError"),
        ("+{", "cannot be read: JSONDecodeError"),
        ("+7", "cannot be read: TypeError"),
        ("", "cannot be read: ValueError"),
        ('{"id":"7","slug":"web"}', "cannot be read: ValueError"),
    ]


@pytest.mark.parametrize(("entry", "problem"), wrong_entries())
@pytest.mark.parametrize("loads", [True, False])
def test_an_entry_that_is_not_what_was_asked_for(entry, problem, loads, caplog):
    """It is dropped and logged once, and the value is loaded anew; where that fails, the entry is gone all the same."""
    table, cache = Table(WEB), MemoryCache()
    projects = lookup(table, cache=cache)
    key = key_of("project", "id", "7")
    cache.put(key, entry, ttl=60)
    if not loads:
        table.before_answering = lambda: 1 / 0
        with pytest.raises(ZeroDivisionError):
            projects.get(id="7")
        assert cache.get(key).startswith("!")
        table.before_answering = lambda: None
    for _ in range(2):
        assert projects.get(id="7") == WEB

    assert table.asked["7"] == (1 if loads else 2)
    (line,) = caplog.records
    assert (line.name, line.levelno, line.problem) == ("alertkit.caching", logging.WARNING, problem)
    assert (line.prefix, line.field, line.source) == ("project", "id", "entry")


def test_a_cache_that_returns_no_text(caplog):
    """Its entry is a wrong one."""
    cache = MemoryCache()
    cache.get = lambda key: b"+{}"

    assert lookup(Table(WEB), cache=cache).get(id="7") == WEB
    assert [line.problem for line in caplog.records] == ["cannot be read: TypeError"]


def test_a_loader_that_returns_another_one(caplog):
    """As a database does that takes upper case for lower: an error, and nothing is remembered."""
    projects = lookup(Table(), load={"slug": lambda asked: WEB})
    for _ in range(2):
        with pytest.raises(StoreError, match="the loader of project by slug returned one whose slug is another"):
            projects.get(slug="WEB-secret")

    assert [line.problem for line in caplog.records] == ["brought another one"] * 2
    assert "secret" not in caplog.text
    assert projects.get(slug="web") == WEB


def test_a_value_without_the_field():
    """It is another one than was asked for."""
    with pytest.raises(StoreError, match="whose name is another"):
        lookup(Table(), load={"name": lambda asked: WEB}).get(name="web")


def test_a_value_that_cannot_be_encoded(caplog):
    """It is returned, and nothing is remembered."""
    table = Table(WEB)
    projects = lookup(table, load={"id": table.by("id")}, encode=json.dumps)
    assert projects.get(id="7") == projects.get(id="7") == WEB

    assert table.asked["7"] == 2
    assert {(line.step, line.error, line.levelno) for line in caplog.records} == {("encode", "TypeError", 40)}


@pytest.mark.parametrize("calls", [("get", "put", "replace"), ("get",), ("replace",)])
def test_a_cache_that_fails(calls, caplog):
    """Each lookup is answered by the loader; what could not be read is not written; the log says what failed."""
    cache, table = Broken(*calls), Table(WEB)
    projects = lookup(table, cache=cache)
    for _ in range(2):
        assert projects.get(id="7") == WEB
        assert projects.get(slug="none") is None

    assert table.asked == {"7": 2, "none": 2}
    failing = "get" if "get" in calls else "replace"
    assert [line.step for line in caplog.records] == [f"cache.{failing}"] * 4
    assert {(line.levelno, line.error, line.prefix) for line in caplog.records} == {(40, "OSError", "project")}
    assert "the cache is down" in caplog.text
    assert ("replace" in cache.asked) is (failing == "replace")


def test_a_cache_that_comes_back():
    """It is used again."""
    cache, table = Broken("get"), Table(WEB)
    projects = lookup(table, cache=cache)
    projects.get(id="7")
    cache.calls = ()
    for _ in range(3):
        projects.get(id="7")

    assert table.asked["7"] == 2


def test_an_invalidated_value_is_loaded_anew():
    """Under each field that was named, and under no other; what is unknown can be invalidated too."""
    table = Table(WEB)
    projects = lookup(table)
    for _ in range(2):
        assert (projects.get(id="7"), projects.get(slug="web"), projects.get(slug="shop")) == (WEB, WEB, None)
    table.rows = [shop := Project("7", "shop")]
    projects.invalidate(id="7", slug="shop")

    assert projects.get(id="7") == projects.get(slug="shop") == shop
    assert projects.get(slug="web") == WEB
    projects.invalidate(slug="web")
    assert projects.get(slug="web") is None
    assert projects.get(id="7") == shop
    assert table.asked == {"7": 2, "web": 2, "shop": 2}


def test_a_number_is_forgotten_as_text_too():
    """A host whose ids are numbers looks some of them up as texts; a text is nothing but itself."""
    table = Table(WEB)
    projects = lookup(table)
    projects.get(id="7")
    projects.invalidate(id=7)
    projects.get(id="7")

    assert table.asked["7"] == 2


def test_an_invalidation_that_the_cache_fails_at():
    """It is told, with the cause, and the other fields are invalidated all the same."""
    cache, table = Broken(), Table(WEB)
    projects = lookup(table, cache=cache)
    cache.calls = ("put",)
    with pytest.raises(StoreError, match="the cache of project could not be told") as caught:
        projects.invalidate(id="7", slug="web")

    assert isinstance(caught.value.__cause__, OSError)
    assert cache.asked == ["put", "put"]


@pytest.mark.parametrize("by_another_process", [False, True])
@pytest.mark.parametrize("known_before", [False, True])
def test_an_invalidation_defeats_a_load_in_flight(by_another_process, known_before):
    """Whoever loads gets what was loaded, and it is not remembered, also where another process has invalidated."""
    table, clock = Table(WEB), FrozenClock()
    cache = MemoryCache(clock=clock)
    projects, elsewhere = lookup(table, cache=cache), lookup(table, cache=cache)
    if known_before:
        projects.get(id="7")
        clock.advance(60)
    new = Project("7", "shop")

    def meanwhile():
        table.rows, table.before_answering = [new], lambda: None
        (elsewhere if by_another_process else projects).invalidate(id="7")

    table.before_answering = meanwhile

    assert projects.get(id="7") == WEB
    assert projects.get(id="7") == new
    assert projects.get(id="7") == elsewhere.get(id="7") == new
    assert table.asked["7"] == 2 + known_before


def test_an_invalidation_defeats_no_load_of_another_key():
    """What was loading meanwhile is remembered."""
    table = Table(WEB, API)
    projects = lookup(table)
    table.before_answering = lambda: projects.invalidate(id="8", slug="web")
    for _ in range(2):
        assert projects.get(id="7") == WEB

    assert table.asked["7"] == 1


def test_two_invalidations_defeat_a_load_between_them():
    """The second is another one than the first, though nothing was known before and after."""
    table = Table(WEB)
    projects = lookup(table)
    projects.invalidate(id="7")
    new = Project("7", "shop")

    def meanwhile():
        table.rows, table.before_answering = [new], lambda: None
        projects.invalidate(id="7")

    table.before_answering = meanwhile
    projects.get(id="7")

    assert projects.get(id="7") == new


@pytest.mark.parametrize("others", [["x", "y"], []])
def test_an_invalidation_outlives_what_the_cache_keeps_of_it(others):
    """Where the mark has gone, for want of room or of time, a load that was under way is not remembered either."""
    table, clock = Table(WEB), FrozenClock()
    cache = MemoryCache(max_entries=2, clock=clock)
    projects = lookup(table, cache=cache)
    new = Project("7", "shop")

    def meanwhile():
        table.rows, table.before_answering = [new], lambda: None
        projects.invalidate(id="7")
        for other in others:
            cache.put(other, "1", ttl=60)
        clock.advance(0 if others else 61)

    table.before_answering = meanwhile

    assert projects.get(id="7") == WEB
    assert projects.get(id="7") == new


def test_an_invalidation_waits_for_what_is_being_written():
    """A load that writes at that moment has written before the mark is put in its place."""
    cache, entered, go_on = MemoryCache(max_entries=2), threading.Event(), threading.Event()
    table = Table(WEB)
    projects = lookup(table, cache=cache)
    replace = cache.replace

    def held(*args, **kwargs):
        entered.set()
        assert go_on.wait(30)
        return replace(*args, **kwargs)

    cache.replace = held
    with ThreadPoolExecutor(2) as pool:
        older = pool.submit(projects.get, id="7")
        assert entered.wait(30)
        cache.replace = replace
        table.rows = [new := Project("7", "shop")]
        told = pool.submit(projects.invalidate, id="7")
        assert not wait([told], timeout=0.05).done
        go_on.set()
        assert older.result() == WEB
        told.result()

    assert projects.get(id="7") == new


def test_the_mark_stays_as_long_as_a_value_would():
    """Longer than it is remembered that there is none: a load elsewhere may take that long."""
    clock, table = FrozenClock(), Table(WEB)
    cache = MemoryCache(clock=clock)
    here, elsewhere = lookup(table, cache=cache), lookup(table, cache=cache)
    new = Project("7", "shop")

    def meanwhile():
        table.rows, table.before_answering = [new], lambda: None
        elsewhere.invalidate(id="7")
        clock.advance(59.9)

    table.before_answering = meanwhile
    assert here.get(id="7") == WEB

    assert here.get(id="7") == new


def test_a_loader_that_asks_for_its_own_key():
    """It is told at once; another key of the same kind it may ask for."""
    projects = lookup(Table(), load={"id": lambda asked: projects.get(id=asked)})
    with pytest.raises(StoreError, match="this thread is loading it already: a loader must not ask for its own key"):
        projects.get(id="7")
    nested = lookup(Table(), load={"id": lambda asked: API if asked == "8" else nested.get(id="8") and WEB})

    assert nested.get(id="7") == WEB


def test_a_process_that_was_forked_in_the_middle_of_a_load():
    """It joins no load of its parent's, whose thread it has not, whatever lock was held."""
    held = Held(WEB)
    projects = lookup(Table(), load={"id": in_turn(held, lambda asked: API if asked == "8" else WEB)})
    locked, unlock = threading.Event(), threading.Event()

    def lock():
        with projects._flights._sky.get().lock:
            locked.set()
            assert unlock.wait(30)

    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(projects.get, id="7")
        assert held.entered.wait(30)
        locking = pool.submit(lock)
        assert locked.wait(30)

        def child():
            projects.invalidate(id="7")
            assert projects.get(id="7") == WEB

        assert exit_code_of(child) == 0
        unlock.set()
        locking.result()
        held.go_on.set()
        assert hanging.result() == WEB


class Held:
    """A loader that is held in the middle, and how often it was called."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.calls = 0
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, asked):
        """Wait, then do as told."""
        self.calls += 1
        self.entered.set()
        assert self.go_on.wait(30)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


def in_turn(*loaders):
    """Return a loader that is another one at each call."""
    left = list(loaders)

    def load(asked):
        return left.pop(0)(asked)

    return load


class Counting(MemoryCache):
    """A cache that says when so many have asked it."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.lock = threading.Lock()
        self.all_have_asked = threading.Event()

    def get(self, key):
        """Count."""
        with self.lock:
            self.number -= 1
            if self.number == 0:
                self.all_have_asked.set()
        return super().get(key)


def under_way(projects):
    """Return the loads that are under way."""
    return list(projects._flights._sky.get().flights.values())


def outcome_of(call):
    """Return what a call returned or raised."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001  to be looked at
        return error


@pytest.mark.parametrize("outcome", [WEB, None, ConnectionError("the database is down")])
def test_one_load_at_a_time(outcome):
    """Nine threads miss at once: one loads, and all get what it gets, a value, nothing, or its error."""
    held, cache = Held(outcome), Counting(10)  # the leader looks twice
    projects = lookup(Table(), load={"id": held}, cache=cache, negative_ttl=0)
    with ThreadPoolExecutor(9) as pool:
        answers = [pool.submit(outcome_of, lambda: projects.get(id="7")) for _ in range(9)]
        assert cache.all_have_asked.wait(30)
        while sum(len(flight.landing._waiters) for flight in under_way(projects)) < 8:
            time.sleep(0.001)  # until all have joined
        held.go_on.set()

    assert [answer.result() for answer in answers] == [outcome] * 9
    assert held.calls == 1


def test_other_keys_do_not_wait():
    """A load that hangs holds up its own key alone."""
    held = Held(WEB)
    table = Table(API)
    projects = lookup(table, load={"id": lambda asked: held(asked) if asked == "7" else table.by("id")(asked)})
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(projects.get, id="7")
        assert held.entered.wait(30)
        assert projects.get(id="8") == API
        held.go_on.set()
        assert hanging.result() == WEB


def test_patience_ends():
    """Who has waited in vain gets an error and lets go of the load, so that the next one loads anew."""
    held = Held(WEB)
    load = in_turn(held, lambda asked: Project("7", "anew"))
    projects = lookup(Table(), load={"id": load}, patience=0.001)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(projects.get, id="7")
        assert held.entered.wait(30)
        with pytest.raises(StoreError, match=r"another thread's load has taken more than 0.001 seconds"):
            projects.get(id="7")
        assert projects.get(id="7") == Project("7", "anew")
        held.go_on.set()
        assert hanging.result() == WEB
    assert projects.get(id="7") == Project("7", "anew")


def test_patience_may_be_longer_than_a_lock_waits():
    """Whoever wants to wait for ever may say so in seconds."""
    held = Held(WEB)
    projects = lookup(Table(), load={"id": held}, patience=1e300)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(projects.get, id="7")
        assert held.entered.wait(30)
        second = pool.submit(projects.get, id="7")
        while not second.done() and not any(flight.landing._waiters for flight in under_way(projects)):
            time.sleep(0.001)  # until it has joined, or has failed
        held.go_on.set()

    assert first.result() == second.result() == WEB


def test_an_invalidation_finds_a_load_that_was_let_go_of():
    """Nobody waits for it any more, and what it brings is not remembered."""
    held, cache = Held(WEB), MemoryCache(max_entries=1)
    new = Project("7", "shop")
    projects = lookup(Table(), load={"id": in_turn(held, lambda asked: new)}, cache=cache, patience=0.001)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(projects.get, id="7")
        assert held.entered.wait(30)
        with pytest.raises(StoreError, match="has taken more than"):
            projects.get(id="7")
        projects.invalidate(id="7")
        cache.put("x", "1", ttl=60)
        held.go_on.set()
        assert hanging.result() == WEB

    assert projects.get(id="7") == new
    assert not projects._flights._sky.get().loading


def test_who_asks_after_an_invalidation_joins_no_older_load():
    """It loads anew while the older load is still under way, and that one does not replace it."""
    held = Held(WEB)
    new = Project("7", "shop")
    projects = lookup(Table(), load={"id": in_turn(held, lambda asked: new)})
    with ThreadPoolExecutor(1) as pool:
        older = pool.submit(projects.get, id="7")
        assert held.entered.wait(30)
        projects.invalidate(id="7")
        assert projects.get(id="7") == new
        held.go_on.set()
        assert older.result() == WEB

    assert projects.get(id="7") == new


def test_an_older_load_that_ends_leaves_a_newer_one_to_be_joined():
    """Two loads of a key are under way, on both sides of an invalidation; who comes then waits for the newer one."""
    older, newer = Held(WEB), Held(Project("7", "shop"))
    projects = lookup(Table(), load={"id": in_turn(older, newer)})
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(projects.get, id="7")
        assert older.entered.wait(30)
        projects.invalidate(id="7")
        second = pool.submit(projects.get, id="7")
        assert newer.entered.wait(30)
        older.go_on.set()
        assert first.result() == WEB
        third = pool.submit(projects.get, id="7")
        while not third.done() and not any(flight.landing._waiters for flight in under_way(projects)):
            time.sleep(0.001)  # until it has joined, or has failed for want of a third loader
        newer.go_on.set()

    assert second.result() == third.result() == newer.outcome


@pytest.mark.parametrize("exit_", [KeyboardInterrupt(), SystemExit()])
def test_a_load_that_is_interrupted(exit_):
    """The interrupt is its own thread's; who waits gets an error of ours, and the next one loads anew."""
    held = Held(exit_)
    projects = lookup(Table(), load={"id": in_turn(held, lambda asked: WEB)})
    answers = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.update({n: outcome_of(lambda: projects.get(id="7"))}))
        for n in range(2)
    ]
    threads[0].start()
    assert held.entered.wait(30)
    threads[1].start()
    while not any(flight.landing._waiters for flight in under_way(projects)):
        time.sleep(0.001)  # until it has joined
    held.go_on.set()
    for thread in threads:
        thread.join(30)

    assert answers[0] is exit_
    assert isinstance(answers[1], StoreError)
    assert projects.get(id="7") == WEB


def test_who_comes_late_to_a_load_finds_what_it_has_brought():
    """Between its own look and its load another thread may have loaded; then it does not."""
    table, cache = Table(WEB), MemoryCache()
    projects = lookup(table, cache=cache)
    assert lookup(table, cache=cache).get(id="7") == WEB
    answers, real = [None], cache.get
    cache.get = lambda key: answers.pop() if answers else real(key)
    assert projects.get(id="7") == WEB

    assert table.asked["7"] == 1


def test_nobody_sees_what_was_there_before_an_invalidation():
    """Whatever threads do to each other: whoever asks after an invalidation gets no older value."""
    current, invalidated, lock = [0], [0], threading.Lock()

    def load(asked):
        version = current[0]
        time.sleep(0)  # let the others in between
        return {"id": asked, "version": version}

    projects = ReadThrough(load={"id": load}, cache=MemoryCache(), prefix="project")

    def work(number):
        if number % 2 == 0:
            known = invalidated[0]
            return projects.get(id=7)["version"] >= known
        with lock:
            current[0] = version = current[0] + 1
        projects.invalidate(id=7)
        invalidated[0] = max(version, invalidated[0])
        return True

    assert all(at_once(4, lambda number: work(number // 300), times=300))
    assert projects.get(id=7)["version"] == current[0]


TEXT = st.one_of(st.text(max_size=200), st.integers(), st.sampled_from(["7", 7, '"7"', "id:7", "a" * 200, "a" * 201]))


@given(TEXT, TEXT)
def test_keys(one, other):
    """A key is printable ASCII of bounded length, and no two questions share one."""
    key = key_of("project", "id", one)

    assert key.isascii()
    assert key.isprintable()
    assert len(key) <= 512
    same = type(one) is type(other) and one == other
    assert (key == key_of("project", "id", other)) is same


def test_the_longest_key():
    """It is within what a cache has to take; what is longer than 100 characters stands there as a digest."""
    assert len(key_of("p" * 100, "f" * 100, "☃" * 1000)) <= 512
    assert max(len(key_of("p" * 100, "f" * 100, "a" * length)) for length in range(1000)) <= 512
    assert key_of("p", "f", "a" * 98) == f'p:f:"{"a" * 98}"'
    assert key_of("p", "f", "a" * 99) == "p:f:" + sha256(b'"' + b"a" * 99 + b'"').hexdigest()
    assert len(key_of("p", "f", 2**1024 - 1)) == 4 + 64


def test_what_is_about_what_was_asked_for():
    """Objects and mappings have fields; what has none is about nothing."""
    assert is_about(WEB, "id", "7")
    assert is_about({"id": 7}, "id", 7)
    assert not any((is_about({"id": 7}, "id", "7"), is_about(WEB, "name", "web"), is_about({}, "id", 7)))
    assert payload_of(None) is payload_of("!mark") is None
    assert payload_of("+") == ""
