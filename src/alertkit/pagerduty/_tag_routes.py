"""
Which service key the tags of an error lead to, from the routes that a person typed.

Rules of this file: pure. The text holds keys, so that nothing here shows it: a problem names the line by its number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from attrs import field, frozen

from alertkit._checks import mapping, of_type, refuse
from alertkit.pagerduty._keys import RoutingKey, key_problems

__all__ = ["TagRoutes"]


_has_zero_width = re.compile("[\u200b\u2060\ufeff]").search  # what comes along in a paste, and nobody can see


class _Route(NamedTuple):
    tag: str
    value: str
    key: str


@frozen
class TagRoutes:
    """
    Routes from tags to service keys, one `tag,value,KEY` a line: the first one that matches wins.

    Blanks around a line and its three parts do not count, and blank lines are skipped. A tag or a value with a comma
    cannot be written. A line that is no route, that could never match, or whose key PagerDuty could not take, is one of
    the `problems`, to be shown to whoever typed it; it is ignored when an alert looks for its way, which then has the
    default key at the least.

    Raises `InvalidEventError` for a default key that PagerDuty would refuse. No `repr` and no problem shows a key.
    """

    text: str = field(repr=False)
    default_key: str = field(repr=False, kw_only=True)
    """The service key of whatever matches no route."""
    problems: tuple[str, ...] = field(init=False, eq=False, default=())
    """What is wrong with which lines, in words; empty where every line is a route."""
    _routes: tuple[_Route, ...] = field(init=False, repr=False, eq=False, default=())

    def __attrs_post_init__(self) -> None:
        """Read the routes; refuse what has no default."""
        refuse(of_type("text", self.text, str), key_problems("default_key", self.default_key))
        routes, problems = _read(self.text)
        object.__setattr__(self, "_routes", routes)
        object.__setattr__(self, "problems", problems)
        object.__setattr__(self, "default_key", RoutingKey.parse(self.default_key).value)

    def key_for(self, tags: Mapping[str, object]) -> str:
        """
        Return the service key of the first route whose tag has its value among `tags`, else the default key.

        A value that is not text is compared by its `str`. Raises `InvalidEventError` for tags that are no mapping.
        """
        refuse(mapping("tags", tags))
        matching = (route.key for route in self._routes if route.tag in tags and _is(tags[route.tag], route.value))
        return next(matching, self.default_key)


def _is(value: object, text: str) -> bool:
    try:
        return str(value).strip() == text
    except Exception:  # noqa: BLE001  an object of the caller's own, whose failure must not cost the alert
        return False


def _read(text: str) -> tuple[tuple[_Route, ...], tuple[str, ...]]:
    routes: list[_Route] = []
    problems: list[str] = []
    lines: dict[tuple[str, str], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        route = [part.strip() for part in line.split(",")]
        wrong = _problems(route)
        if not wrong and (earlier := lines.setdefault((route[0], route[1]), number)) != number:
            wrong = (f"line {earlier} has the same tag and value, and wins",)
        if wrong:
            problems.append(f"line {number}: {'; '.join(wrong)}")
        else:
            tag, value, key = route
            routes.append(_Route(tag, value, RoutingKey.parse(key).value))
    return tuple(routes), tuple(problems)


def _problems(route: list[str]) -> tuple[str, ...]:
    if len(route) != 3:
        return (f"a route is tag,value,KEY, three parts and not {len(route)}",)
    tag, value, key = route
    parts = {"tag": tag, "value": value}
    blank = tuple(f"{name} is blank" for name, part in parts.items() if not part)
    unseen = tuple(
        f"{name} holds a character of no width, which cannot be seen"
        for name, part in parts.items()
        if _has_zero_width(part)
    )
    return blank + unseen + key_problems("KEY", key)
