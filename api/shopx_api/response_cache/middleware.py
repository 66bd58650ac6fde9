"""The response cache as ASGI middleware: serves from memory what it can.

A cached response costs a dictionary look-up and one write of prepared bytes. What is not a GraphQL
query that may be cached goes to the compute process, what is not GraphQL to the pages.

    read the cache request → determine the audience → serve the response in memory,
    or let `Lookup` find or compute one → count
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from shopx_api.asgi import PREPARED, REQUEST_ID, App, Headers, PreparedSend, Receive, Scope, Send
from shopx_api.compute.call import Compute, Response, failure, origin_of
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.response_cache.admission import Admission, Refused
from shopx_api.response_cache.cache_request import CacheRequest, CacheRequestReader
from shopx_api.response_cache.cache_result import CacheResult, CacheStatus
from shopx_api.response_cache.cached_response import COMPRESSED_FROM, CachedResponse
from shopx_api.response_cache.computation import refusal
from shopx_api.response_cache.lookup import Lookup
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.telemetry import HttpTelemetry, RequestCounter
from shopx_api.types.scalars import instant_text
from shopx_core import tracing
from shopx_core.caching.keys import Audience
from shopx_core.errors import InvalidInput

AudienceOf = Callable[[Scope], Awaitable[Audience | None]]
"""Returns the callers who may share a response. Called at each request, so it must be cheap.
`None` = unknown or refused: the endpoint decides, and nothing is cached.
"""

_T = TypeVar("_T")

_HTTP_OK, _NOT_MODIFIED, _TOO_LARGE, _UNAVAILABLE = 200, 304, 413, 503
_GRAPHQL_RESPONSE = b"application/graphql-response+json"
_NONE: Final[dict[str, PreparedSend]] = {}
_STREAMS = (b"multipart/mixed", b"text/event-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareComponents:
    """What the middleware works with."""

    pages: App
    """Serves all other paths."""
    compute: Compute
    audience_of: AudienceOf
    lookup: Lookup
    reader: CacheRequestReader
    admission: Admission
    """Of responses that may be cached."""
    others: Admission
    """Of all other responses, such as those to mutations."""
    clock: SnapshotClock
    memory: MemoryTier
    snapshots: Snapshots
    telemetry: HttpTelemetry
    path: str = "/graphql"
    max_body: int
    request_seconds: float
    """Seconds that a response may take."""


class ResponseCacheMiddleware:
    """The ASGI application with the response cache in front."""

    def __init__(self, components: MiddlewareComponents) -> None:
        self._components = components
        self._path = components.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._components.pages(scope, receive, send)
            return
        telemetry = self._components.telemetry
        telemetry.in_flight += 1
        try:
            await _Exchange(self._components, scope, receive, send).serve()
        finally:
            telemetry.in_flight -= 1


class _Exchange:
    """One request to the GraphQL path, and its response."""

    __slots__ = ("_began", "_components", "_headers", "_receive", "_scope", "_send")

    def __init__(
        self, components: MiddlewareComponents, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._components = components
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._began = time.monotonic()

    async def serve(self) -> None:
        """Read the request and respond."""
        body = await _read(self._receive, self._components.max_body)
        if body is None:
            await self._refuse_size()
        elif self._scope["method"] == "POST":
            await self._post(body)
        elif self._scope["method"] == "GET":
            await self._get(body)
        else:
            await self._pass(body)

    async def _post(self, body: bytes) -> None:
        components = self._components
        media = _media(self._headers.get(b"accept", b""))
        if media is None or not self._headers.get(b"content-type", b"").startswith(
            b"application/json"
        ):
            await self._pass(body)
            return
        audience = await components.audience_of(self._scope)
        if audience is None:
            await self._pass(body)
            return
        refused = components.admission.refusal()
        # A query that was never sent before has nothing in memory: refusing it unread is cheap.
        if refused is not None and not components.reader.has_read(body, media, audience):
            await self._send_response(refusal(refused), CacheStatus.MISS)
            self._counter("", CacheStatus.MISS).count(_UNAVAILABLE, self._seconds())
            return
        request = components.reader.post(body, media, audience)
        if request is None:
            await self._pass(body)
            return
        await self._respond(request, body)

    async def _get(self, body: bytes) -> None:
        components = self._components
        raw, accept = self._scope["query_string"], self._headers.get(b"accept", b"")
        media = _media(accept)
        # A browser that navigates here gets the explorer page.
        if not raw or media is None or b"text/html" in accept:
            await self._pass(body)
            return
        audience = await components.audience_of(self._scope)
        request = components.reader.get(raw, media, audience) if audience is not None else None
        if request is None:
            await self._pass(body)
            return
        await self._respond(request, b"")

    async def _respond(self, request: CacheRequest, body: bytes) -> None:
        components = self._components
        control = self._headers.get(b"cache-control")
        if control is not None and (b"no-cache" in control or b"no-store" in control):
            origin = origin_of(self._scope, body, shared=True)
            await self._send_found(request, components.lookup.exact(request, origin))
            return
        token = self._headers.get(AS_OF_HEADER)
        snapshot = components.snapshots.current
        cached = components.memory.get(request.key)
        if (
            cached is not None
            and snapshot is not None
            and cached.epoch is snapshot.epoch
            and (token is None or token == snapshot.token)
            and components.clock.now() < cached.fresh_until
        ):
            cached.hits += 1
            components.telemetry.cache["l0", "hit", "none"] += 1
            await self._send_cached(cached, CacheStatus.HIT_MEMORY)
            self._count(request, CacheStatus.HIT_MEMORY, _HTTP_OK)
            return
        if token is None:
            found = components.lookup.respond(request, origin_of(self._scope, body, shared=True))
        else:
            pinned = components.snapshots.find(token)
            origin = origin_of(self._scope, body, shared=True, token=pinned is None)
            found = (
                components.lookup.by_token(request, origin)
                if pinned is None
                else components.lookup.as_of(request, origin, pinned)
            )
        await self._send_found(request, found)

    async def _send_found(
        self, request: CacheRequest, finding: Coroutine[Any, Any, CacheResult]
    ) -> None:
        result = await self._unless_gone(finding)
        if result is None:
            return
        http_status = _HTTP_OK
        if result.cached is not None:
            await self._send_cached(result.cached, result.status)
        elif result.response is not None:
            http_status = result.response.status
            await self._send_response(result.response, result.status)
        self._count(request, result.status, http_status)

    async def _send_cached(self, cached: CachedResponse, status: CacheStatus) -> None:
        send = self._send
        compressed = len(cached.entry.body) >= COMPRESSED_FROM and b"gzip" in self._headers.get(
            b"accept-encoding", b""
        )
        age = max(0, int(self._components.clock.now() - cached.entry.at))
        if status is CacheStatus.HIT_MEMORY and self._scope["method"] == "POST":
            prepared = self._scope.get("extensions", _NONE).get(PREPARED)
            if prepared is not None and prepared(
                cached.head(status.value, age=age, compressed=compressed),
                cached.body(compressed=compressed),
            ):
                return
        made = cached.headers(status.value, age=age, compressed=compressed)
        if self._scope["method"] == "GET" and cached.etag in self._headers.get(
            b"if-none-match", b""
        ):
            kept = [header for header in made if not header[0].startswith(b"content-")]
            await send({"type": "http.response.start", "status": _NOT_MODIFIED, "headers": kept})
            await send({"type": "http.response.body", "body": b""})
            return
        # Taken before the first send, during which the cached response may change to a newer as-of.
        body = cached.body(compressed=compressed)
        await send({"type": "http.response.start", "status": _HTTP_OK, "headers": made})
        await send({"type": "http.response.body", "body": body})

    async def _pass(self, body: bytes) -> None:
        """Respond to this caller alone."""
        response = await self._unless_gone(self._compute(body))
        if response is None:
            return
        self._components.telemetry.cache["none", "bypass", "unknown"] += 1
        await self._send_response(response, CacheStatus.BYPASS)
        counter = self._counter(response.notes.operation, CacheStatus.BYPASS)
        counter.count(response.status, self._seconds())

    async def _compute(self, body: bytes) -> Response:
        components = self._components
        origin = origin_of(self._scope, body, shared=False)
        try:
            async with components.others.admitted(""):
                return await components.compute.respond(origin, None, components.request_seconds)
        except Refused as refused:
            return refusal(refused)

    async def _unless_gone(self, work: Coroutine[Any, Any, _T]) -> _T | None:
        """What the work gives; `None` = the client has gone, and the work was cancelled."""
        with self._traced():
            doing = asyncio.create_task(work)
            # After the body comes nothing but the disconnection.
            gone = asyncio.create_task(self._gone())
            try:
                await asyncio.wait((doing, gone), return_when=asyncio.FIRST_COMPLETED)
                return doing.result() if doing.done() else None
            finally:
                gone.cancel()
                doing.cancel()

    def _traced(self) -> AbstractContextManager[None]:
        """The span of what is not in memory."""
        parent = self._headers.get(tracing.TRACEPARENT, b"").decode("latin-1")
        request_id = self._scope.get(REQUEST_ID, "")
        return tracing.root("request", parent, {"shopx.request_id": request_id})

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _refuse_size(self) -> None:
        error = InvalidInput(
            f"The request body is larger than {self._components.max_body} bytes.",
            hint="Send fewer lines at once.",
        )
        await self._send_response(failure(error, _TOO_LARGE), CacheStatus.BYPASS)
        self._counter("", CacheStatus.BYPASS).count(_TOO_LARGE, self._seconds())

    async def _send_response(self, response: Response, status: CacheStatus) -> None:
        headers: Headers = [*response.headers, (b"x-cache", status.value.encode())]
        if response.notes.as_of is not None:
            headers.append((AS_OF_HEADER, instant_text(response.notes.as_of).encode()))
        await self._send(
            {"type": "http.response.start", "status": response.status, "headers": headers}
        )
        await self._send({"type": "http.response.body", "body": response.body})

    def _counter(self, operation: str, status: CacheStatus) -> RequestCounter:
        return self._components.telemetry.counter(operation, status.value)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _count(self, request: CacheRequest, status: CacheStatus, http_status: int) -> None:
        counter = request.counters.get(status)
        if counter is None:
            counter = request.counters[status] = self._counter(request.operation, status)
        counter.count(http_status, self._seconds())


@lru_cache(maxsize=256)
def _media(accept: bytes) -> str | None:
    """Which of the two JSON media types is accepted; `None` = a stream, which is never cached."""
    if any(stream in accept for stream in _STREAMS):
        return None
    return "response" if _GRAPHQL_RESPONSE in accept else "json"


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole request body; `None` = larger than the limit."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body if len(body) <= limit else None
    chunks = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            return None
    return b"".join(chunks)
