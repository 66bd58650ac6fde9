"""Answers from this process's memory: what needs no task, no other process and no look-up.

A cached response that is known to be true in the current epoch is a dictionary look-up away. One
that may be served otherwise takes a decision. The refusal of a query that was never sent before,
while too much waits, takes neither.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from shopx_api.asgi import CALLER, Prepared, Scope
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.response_cache.admission import Admission, Refused
from shopx_api.response_cache.cache_request import CacheRequest, CacheRequestReader
from shopx_api.response_cache.cache_result import CacheStatus
from shopx_api.response_cache.cached_response import COMPRESSED_FROM, CachedResponse
from shopx_api.response_cache.callers import Callers
from shopx_api.response_cache.computation import refusal
from shopx_api.response_cache.lookup import Lookup
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.telemetry import HttpTelemetry, RequestCounter

_HTTP_OK, _UNAVAILABLE = 200, 503
_GRAPHQL_RESPONSE: Final = b"application/graphql-response+json"
_MAX_SHORT: Final = 512
"""Bytes of a header that is remembered."""
_STREAMS: Final = (b"multipart/mixed", b"text/event-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAnswers:
    """Answers from memory."""

    path: str
    callers: Callers
    reader: CacheRequestReader
    admission: Admission
    clock: SnapshotClock
    memory: MemoryTier
    lookup: Lookup
    snapshots: Snapshots
    telemetry: HttpTelemetry

    def directly(self, scope: Scope, body: bytes) -> Prepared | None:
        """Answer a POST; see `asgi.Directly`."""
        if scope["path"] != self.path:
            return None
        began = time.monotonic()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        media = post_media(headers)
        if media is None or is_exact(headers):
            return None
        audience = self.callers.known(scope)
        if audience is None:
            return None
        request = self.reader.known(body, media, audience)
        if request is not None:
            return self._known(request, headers, scope.get(CALLER, ""), began)
        # A query that was never sent before has nothing in memory: it is refused unread.
        unseen = not self.reader.has_read(body, media, audience)
        return self._unless_let_by(scope.get(CALLER, ""), began) if unseen else None

    def _unless_let_by(self, caller: str, began: float) -> Prepared | None:
        refused = self.admission.let_by(caller)
        if refused is None:
            return None
        counter = self.telemetry.counter("", CacheStatus.MISS.value)
        counter.count(_UNAVAILABLE, time.monotonic() - began)
        return _refusal(refused.seconds)

    def _known(
        self, request: CacheRequest, headers: dict[bytes, bytes], caller: str, began: float
    ) -> Prepared | None:
        token = headers.get(AS_OF_HEADER)
        cached, status = self.current(request, token), CacheStatus.HIT_MEMORY
        if cached is None:
            found = self.lookup.in_memory(request, caller) if token is None else None
            if found is None or found.cached is None:
                return None
            cached, status = found.cached, found.status
        compressed = is_compressed(cached, headers)
        head = cached.head(status.value, age=self.age(cached), compressed=compressed)
        self.counter(request, status).count(_HTTP_OK, time.monotonic() - began)
        return Prepared(_HTTP_OK, head, cached.body(compressed=compressed), status.value)

    def current(self, request: CacheRequest, token: bytes | None) -> CachedResponse | None:
        """The response that is known to be true in the current epoch; it counts as a hit.

        Args:
            request: What is asked.
            token: The as-of that the client wants; `None` = the newest.
        """
        snapshot = self.snapshots.current
        cached = self.memory.get(request.key)
        if (
            cached is None
            or snapshot is None
            or cached.epoch is not snapshot.epoch
            or (token is not None and token != snapshot.token)
            or self.clock.now() >= cached.fresh_until
        ):
            return None
        cached.hits += 1
        self.telemetry.cache["l0", "hit", "none"] += 1
        return cached

    def age(self, cached: CachedResponse) -> int:
        """Whole seconds since a response was made."""
        return max(0, int(self.clock.now() - cached.entry.at))

    def counter(self, request: CacheRequest, status: CacheStatus) -> RequestCounter:
        """The counter of a request's operation with one cache outcome."""
        counter = request.counters.get(status)
        if counter is None:
            counter = self.telemetry.counter(request.operation, status.value)
            request.counters[status] = counter
        return counter


def is_exact(headers: dict[bytes, bytes]) -> bool:
    """Whether the client wants no cached response."""
    control = headers.get(b"cache-control")
    return control is not None and (b"no-cache" in control or b"no-store" in control)


def is_compressed(cached: CachedResponse, headers: dict[bytes, bytes]) -> bool:
    """Whether a response is sent compressed."""
    accepted = headers.get(b"accept-encoding", b"")
    return len(cached.entry.body) >= COMPRESSED_FROM and b"gzip" in accepted


def post_media(headers: dict[bytes, bytes]) -> str | None:
    """The media of the response to a POST; `None` = it cannot be cached."""
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        return None
    return media_of(headers.get(b"accept", b""))


def media_of(accept: bytes) -> str | None:
    """Which of the two JSON media types is accepted; `None` = a stream, which is never cached."""
    return _short_media_of(accept) if len(accept) <= _MAX_SHORT else _media_of(accept)


def _media_of(accept: bytes) -> str | None:
    if any(stream in accept for stream in _STREAMS):
        return None
    return "response" if _GRAPHQL_RESPONSE in accept else "json"


_short_media_of = lru_cache(maxsize=256)(_media_of)


@lru_cache(maxsize=64)
def _refusal(seconds: int) -> Prepared:
    """The refusal of a request that may be admitted after some seconds."""
    response, status = refusal(Refused(seconds)), CacheStatus.MISS.value
    lines = [*response.headers, (b"x-cache", status.encode())]
    head = b"".join(b"%s: %s\r\n" % pair for pair in lines)
    return Prepared(response.status, head, response.body, status)
