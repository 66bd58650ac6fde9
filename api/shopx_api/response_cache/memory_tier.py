"""The first tier: cached responses in this process."""

from collections import OrderedDict
from collections.abc import Iterator

from shopx_api.response_cache.cached_response import CachedResponse


class MemoryTier:
    """Cached responses by key; the least recently used are evicted.

    Args:
        capacity: Bytes to hold; 0 = nothing.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._responses: OrderedDict[bytes, CachedResponse] = OrderedDict()

    def get(self, key: bytes) -> CachedResponse | None:
        """The cached response, which becomes the most recently used."""
        cached = self._responses.get(key)
        if cached is not None:
            self._responses.move_to_end(key)
        return cached

    def put(self, key: bytes, cached: CachedResponse) -> None:
        """Store a cached response in place of an earlier one."""
        self.drop(key)
        size = cached.size
        if size > self._capacity:
            return
        self._responses[key] = cached
        self._held += size
        while self._held > self._capacity:
            _, oldest = self._responses.popitem(last=False)
            self._held -= oldest.size

    def drop(self, key: bytes) -> None:
        """Remove a cached response."""
        cached = self._responses.pop(key, None)
        if cached is not None:
            self._held -= cached.size

    def clear(self) -> None:
        """Remove all cached responses."""
        self._responses.clear()
        self._held = 0

    def __len__(self) -> int:
        return len(self._responses)

    def __iter__(self) -> Iterator[CachedResponse]:
        return iter(list(self._responses.values()))
