"""The first tier: cached responses in this process."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from shopx_api.response_cache.cached_response import CachedResponse

_USED_SHARE: Final = 0.8
"""The part of the capacity for responses that were asked for again."""


class MemoryTier:
    """Cached responses by key; the least recently used are evicted.

    Those that were asked for only once go first, so that many queries that are sent once displace
    none of those that every page sends (segmented LRU: Karedla, Love, Wherry, "Caching Strategies
    to Improve Disk System Performance", IEEE Computer 27(3), 1994).

    Args:
        capacity: Bytes to hold; 0 = nothing.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._used_held = 0
        self._new: OrderedDict[bytes, CachedResponse] = OrderedDict()
        self._used: OrderedDict[bytes, CachedResponse] = OrderedDict()
        """Those that were asked for again."""

    def get(self, key: bytes) -> CachedResponse | None:
        """The cached response, which becomes the most recently used."""
        cached = self._used.get(key)
        if cached is not None:
            self._used.move_to_end(key)
            return cached
        cached = self._new.pop(key, None)
        if cached is not None:
            self._used[key] = cached
            self._used_held += cached.size
            self._demote()
        return cached

    def put(self, key: bytes, cached: CachedResponse) -> None:
        """Store a cached response in place of an earlier one."""
        was_used = key in self._used
        self.drop(key)
        size = cached.size
        if size > self._capacity:
            return
        self._held += size
        if was_used:
            self._used[key] = cached
            self._used_held += size
            self._demote()
        else:
            self._new[key] = cached
        while self._held > self._capacity:
            # What is stored goes last.
            if next(iter(self._new), key) != key:
                self._held -= self._new.popitem(last=False)[1].size
            else:
                self.drop(next(iter(self._used)))

    def drop(self, key: bytes) -> None:
        """Remove a cached response."""
        cached = self._new.pop(key, None)
        if cached is None:
            cached = self._used.pop(key, None)
            if cached is None:
                return
            self._used_held -= cached.size
        self._held -= cached.size

    def clear(self) -> None:
        """Remove all cached responses."""
        self._new.clear()
        self._used.clear()
        self._held = self._used_held = 0

    def _demote(self) -> None:
        """Let the least recently used that were asked for again count as new."""
        while self._used_held > self._capacity * _USED_SHARE and len(self._used) > 1:
            key, cached = self._used.popitem(last=False)
            self._used_held -= cached.size
            self._new[key] = cached

    def __len__(self) -> int:
        return len(self._new) + len(self._used)

    def __iter__(self) -> Iterator[CachedResponse]:
        return iter(list(itertools.chain(self._new.values(), self._used.values())))
