"""The types of the lookups that a caller sees. Type-checked, never executed."""

from typing import Any

import redis
from attrs import frozen
from typing_extensions import assert_type

from alertkit.caching import Cache, MemoryCache, ReadThrough
from alertkit.stores.redis import RedisCache
from alertkit.testing import FrozenClock
from alertkit.testing.contracts import CacheContract

caches: list[Cache] = [
    MemoryCache(max_entries=10, max_characters=1000, clock=FrozenClock()),
    RedisCache(redis.Redis(), prefix="shop:"),
    RedisCache(redis.RedisCluster(host="127.0.0.1")),
]


@frozen
class Project:
    """A value of a host."""

    id: int
    slug: str


def by_id(number: int) -> Project | None:
    """Load."""
    return Project(number, "web")


def by_slug(slug: str) -> Project | None:
    """Load."""
    return Project(7, slug)


def encode(project: Project) -> str:
    """Make text of it."""
    return project.slug


def decode(text: str) -> Project:
    """Make it of text."""
    return Project(7, text)


def looking_up() -> None:
    """A lookup returns what its loaders do."""
    projects = ReadThrough(
        load={"id": by_id, "slug": by_slug},
        cache=caches[0],
        prefix="project",
        ttl=60,
        negative_ttl=0,
        encode=encode,
        decode=decode,
        patience=1.5,
    )
    assert_type(projects.get(id=7), Project | None)
    projects.invalidate(id=7, slug="web")


def plain(number: int) -> dict[str, Any] | None:
    """Load."""
    return {"id": number}


def looking_up_what_json_has() -> None:
    """Without a codec."""
    rows = ReadThrough(load={"id": plain}, cache=caches[0], prefix="row")
    assert_type(rows.get(id=7), dict[str, Any] | None)


class Contract(CacheContract):
    """A contract takes whatever is a cache."""

    def make(self) -> Cache:
        """Return one."""
        return MemoryCache()

    def let_pass(self, cache: Cache, seconds: float) -> None:
        """Wait."""
