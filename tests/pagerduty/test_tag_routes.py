"""Routes from tags to service keys, as people type them."""

import attrs
import pytest
from hypothesis import given, strategies as st
from strategies import BrokenText

from alertkit import InvalidEventError
from alertkit.pagerduty.v1 import TagRoutes

DEFAULT, FIRST, SECOND, THIRD = "0" * 32, "a" * 32, "b" * 32, "c" * 32

TYPED = f"""
  environment,staging,{FIRST}

server,db-1,{SECOND}\r
 server , db-2 , "{THIRD}"
"""


@pytest.mark.parametrize(
    ("tags", "key"),
    [
        ({}, DEFAULT),
        ({"environment": "production"}, DEFAULT),
        ({"environment": "staging"}, FIRST),
        ({"server": "db-1", "environment": "staging"}, FIRST),
        ({"server": "db-1"}, SECOND),
        ({"server": "db-2"}, THIRD),
        ({"server": " db-2 "}, THIRD),
        ({"server": "DB-1"}, DEFAULT),
        ({"Server": "db-1"}, DEFAULT),
        ({"db-1": "server"}, DEFAULT),
        ({"server": BrokenText()}, DEFAULT),
    ],
)
def test_the_first_route_that_matches_wins(tags, key):
    """In the order of the lines, whatever the order of the tags; letters count, blanks around do not."""
    routes = TagRoutes(TYPED, default_key=DEFAULT)

    assert routes.key_for(tags) == key
    assert routes.problems == ()


def test_a_value_that_is_no_text_is_compared_by_its_text():
    """Tags of some systems are numbers."""
    routes = TagRoutes(f"shard,7,{FIRST}", default_key=DEFAULT)

    assert [routes.key_for({"shard": value}) for value in (7, "7", 7.0)] == [FIRST, FIRST, DEFAULT]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("server", "a route is tag,value,KEY, three parts and not 1"),
        (f"server,{FIRST}", "a route is tag,value,KEY, three parts and not 2"),
        (f"server,a,b,{FIRST}", "a route is tag,value,KEY, three parts and not 4"),
        (f",,{FIRST}", "tag is blank; value is blank"),
        (f" ,x,{FIRST}", "tag is blank"),
        (f"server, ,{FIRST}", "value is blank"),
        ("server,x,", "KEY must have 32 characters, not 0"),
        ("server,x,secretsecret!", "KEY must have 32 characters, not 13; KEY must hold ASCII letters and digits only"),
        (f"\ufeffserver,x,{FIRST}", "tag holds a character of no width, which cannot be seen"),
        (f"server,x\u200b,{FIRST}", "value holds a character of no width, which cannot be seen"),
        (f"server , y,{FIRST}", "line 1 has the same tag and value, and wins"),
        (",x,s3cr3t", "tag is blank; KEY must have 32 characters, not 6"),
    ],
)
def test_a_malformed_line_is_reported_and_ignored(line, problem):
    """By its number and without its text, which may hold a key; the lines around it are routes."""
    routes = TagRoutes(f"server,y,{SECOND}\n{line}\nserver,x,{THIRD}", default_key=DEFAULT)
    found = [text.split(": ")[0] for text in routes.problems]

    assert found == ["line 2"]
    assert routes.problems[0].removeprefix("line 2: ") == problem
    assert [routes.key_for({"server": value}) for value in ("x", "y", "z")] == [THIRD, SECOND, DEFAULT]


def test_a_default_that_is_no_key_is_refused():
    """Without one, whatever matches nothing would page nobody; both problems at once, and no key is shown."""
    with pytest.raises(InvalidEventError) as caught:
        TagRoutes(None, default_key="s3cr3t")

    assert caught.value.problems == (
        "text must be of type str, not NoneType",
        "default_key must have 32 characters, not 6",
    )


def test_tags_that_are_none_are_refused():
    """A mistake of the caller's, and not of whoever typed the routes."""
    with pytest.raises(InvalidEventError, match="tags must be a mapping, not list"):
        TagRoutes("", default_key=DEFAULT).key_for([("a", "b")])


def test_routes_are_a_value():
    """Frozen, equal where text and default are, and cleaned of the quotes of a paste."""
    routes = TagRoutes(TYPED, default_key=f'"{DEFAULT}" ')

    assert routes == TagRoutes(TYPED, default_key=DEFAULT)
    assert hash(routes) == hash(TagRoutes(TYPED, default_key=DEFAULT))
    assert routes != TagRoutes(TYPED, default_key=FIRST)
    assert routes.key_for({}) == DEFAULT
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        routes.text = ""


def test_no_repr_shows_a_key():
    """Only how the lines are wrong."""
    assert repr(TagRoutes(f"{TYPED}x", default_key=DEFAULT)) == (
        "TagRoutes(problems=('line 6: a route is tag,value,KEY, three parts and not 1',))"
    )


@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_any_text_can_be_read_and_any_tags_find_a_key(text, tags):
    """Whatever was typed: a line is a route, blank, or a problem, and every alert has a key."""
    routes = TagRoutes(text, default_key=DEFAULT)

    assert len(routes.problems) == sum(bool(line.strip()) for line in text.splitlines())
    assert routes.key_for(tags) == DEFAULT


_words = st.sampled_from(("", "a", "b", "c", "a b"))
_keys = st.sampled_from((FIRST, SECOND, THIRD, "short", "", "-" * 32))
_lines = st.tuples(_words, _words, _keys)


@given(st.lists(_lines, max_size=8), st.dictionaries(_words, _words), st.sampled_from(("\n", "\r\n", "\n\n", " \n\t")))
def test_the_first_match_is_that_of_the_model(lines, tags, end):
    """The model: go down the good lines, and take the first whose tag has its value."""
    good = [(tag, value, key) for tag, value, key in lines if tag and value and key in (FIRST, SECOND, THIRD)]
    expected = next((key for tag, value, key in good if tags.get(tag) == value), DEFAULT)
    routes = TagRoutes(end.join(map(",".join, lines)), default_key=DEFAULT)

    assert routes.key_for(tags) == expected
    assert len(routes.problems) == len(lines) - len({(tag, value) for tag, value, _ in good})
    assert not any(key in text for key in (FIRST, SECOND, THIRD) for text in (*routes.problems, repr(routes)))
