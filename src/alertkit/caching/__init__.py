"""Lookups that ask a cache first: `ReadThrough`, the `Cache` port under it, and a cache in memory."""

from alertkit.caching._memory import MemoryCache
from alertkit.caching._ports import Cache
from alertkit.caching._read_through import ReadThrough

__all__ = ["Cache", "MemoryCache", "ReadThrough"]
