"""The response cache as ASGI middleware: serves from memory what it can.

A cached response costs a dictionary look-up and two sends. Everything that is not a GraphQL query
over HTTP passes to the application unchanged: pages, mutations, subscriptions, WebSockets.

    read the cache request → determine the audience → serve the response in memory,
    or let `Lookup` find or compute one → count
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shopx_api.asgi import App, Headers, Message, Receive, Scope, Send
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.data.request_state import SCOPE_KEY, RequestState
from shopx_api.response_cache.asgi_call import Response, failure
from shopx_api.response_cache.cache_request import CacheRequest, CacheRequestReader
from shopx_api.response_cache.cache_result import CacheResult, CacheStatus
from shopx_api.response_cache.cached_response import COMPRESSED_FROM, CachedResponse
from shopx_api.response_cache.lookup import Lookup
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.origin import Origin
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.telemetry import Telemetry
from shopx_api.types.scalars import instant_text
from shopx_core.caching.keys import Audience
from shopx_core.errors import InvalidInput

AudienceOf = Callable[[Scope], Awaitable[Audience | None]]
"""Returns the callers who may share a response. Called at each request, so it must be cheap.
`None` = unknown or refused: the application decides, and nothing is cached.
"""

_HTTP_OK, _NOT_MODIFIED, _TOO_LARGE = 200, 304, 413
_GRAPHQL_RESPONSE = b"application/graphql-response+json"
_STREAMS = (b"multipart/mixed", b"text/event-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareComponents:
    """What the middleware works with."""

    app: App
    audience_of: AudienceOf
    lookup: Lookup
    reader: CacheRequestReader
    clock: SnapshotClock
    memory: MemoryTier
    snapshots: Snapshots
    telemetry: Telemetry
    path: str = "/graphql"
    max_body: int


class ResponseCacheMiddleware:
    """The ASGI application with the response cache in front."""

    def __init__(self, components: MiddlewareComponents) -> None:
        self._components = components
        self._app = components.app
        self._path = components.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        if method not in {"GET", "POST"}:
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        telemetry = self._components.telemetry
        telemetry.in_flight += 1
        try:
            headers = dict(scope["headers"])
            if method == "POST":
                await self._post(scope, receive, send, headers, began)
            else:
                await self._get(scope, receive, send, headers, began)
        finally:
            telemetry.in_flight -= 1

    async def _post(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: dict[bytes, bytes],
        began: float,
    ) -> None:
        if not headers.get(b"content-type", b"").startswith(b"application/json"):
            await self._pass(scope, receive, send, began)
            return
        body = await _read(receive, self._components.max_body)
        if body is None:
            await self._refuse_size(send, began)
            return
        media = _media(headers.get(b"accept", b""))
        audience = await self._components.audience_of(scope)
        request = (
            self._components.reader.post(body, media, audience)
            if audience is not None and media is not None
            else None
        )
        if request is None:
            await self._pass(scope, _replay(body, receive), send, began)
            return
        await self._respond(request, scope, body, send, headers, began)

    async def _get(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: dict[bytes, bytes],
        began: float,
    ) -> None:
        raw = scope["query_string"]
        media = _media(headers.get(b"accept", b""))
        # A browser that navigates here gets the explorer page.
        if not raw or media is None or b"text/html" in headers.get(b"accept", b""):
            await self._app(scope, receive, send)
            return
        audience = await self._components.audience_of(scope)
        request = (
            self._components.reader.get(raw, media, audience) if audience is not None else None
        )
        if request is None:
            await self._pass(scope, receive, send, began)
            return
        await self._respond(request, scope, b"", send, headers, began)

    async def _respond(
        self,
        request: CacheRequest,
        scope: Scope,
        body: bytes,
        send: Send,
        headers: dict[bytes, bytes],
        began: float,
    ) -> None:
        components = self._components
        control = headers.get(b"cache-control")
        if control is not None and (b"no-cache" in control or b"no-store" in control):
            result = await components.lookup.exact(Origin(scope, body))
            await self._send_result(result, request, send, headers, scope, began)
            return
        token = headers.get(AS_OF_HEADER)
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
            await self._send_cached(cached, CacheStatus.HIT_MEMORY, send, headers, scope)
            self._count(request, CacheStatus.HIT_MEMORY, _HTTP_OK, began)
            return
        origin = Origin(scope, body)
        if token is None:
            result = await components.lookup.respond(request, origin)
        else:
            result = await components.lookup.as_of(request, origin, token)
        await self._send_result(result, request, send, headers, scope, began)

    async def _send_result(
        self,
        result: CacheResult,
        request: CacheRequest,
        send: Send,
        headers: dict[bytes, bytes],
        scope: Scope,
        began: float,
    ) -> None:
        http_status = _HTTP_OK
        if result.cached is not None:
            await self._send_cached(result.cached, result.status, send, headers, scope)
        elif result.response is not None:
            http_status = result.response.status
            await _send_response(result.response, result.status, send)
        self._count(request, result.status, http_status, began)

    async def _send_cached(
        self,
        cached: CachedResponse,
        status: CacheStatus,
        send: Send,
        headers: dict[bytes, bytes],
        scope: Scope,
    ) -> None:
        compressed = len(cached.entry.body) >= COMPRESSED_FROM and b"gzip" in headers.get(
            b"accept-encoding", b""
        )
        age = max(0, int(self._components.clock.now() - cached.entry.at))
        made = cached.headers(status.value, age=age, compressed=compressed)
        if scope["method"] == "GET" and cached.etag in headers.get(b"if-none-match", b""):
            kept = [header for header in made if not header[0].startswith(b"content-")]
            await send({"type": "http.response.start", "status": _NOT_MODIFIED, "headers": kept})
            await send({"type": "http.response.body", "body": b""})
            return
        # Taken before the first send, during which the cached response may change to a newer as-of.
        body = cached.body(compressed=compressed)
        await send({"type": "http.response.start", "status": _HTTP_OK, "headers": made})
        await send({"type": "http.response.body", "body": body})

    async def _pass(self, scope: Scope, receive: Receive, send: Send, began: float) -> None:
        """Call the application, and count the request when the response begins."""
        request_state = RequestState()
        scope[SCOPE_KEY] = request_state
        telemetry = self._components.telemetry

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {
                    **message,
                    "headers": [*message.get("headers", ()), (b"x-cache", b"bypass")],
                }
                telemetry.cache["none", "bypass", "unknown"] += 1
                counter = telemetry.counter(request_state.operation, CacheStatus.BYPASS.value)
                counter.count(message["status"], time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, counted)

    async def _refuse_size(self, send: Send, began: float) -> None:
        error = InvalidInput(
            f"The request body is larger than {self._components.max_body} bytes.",
            hint="Send fewer lines at once.",
        )
        await _send_response(failure(error, _TOO_LARGE, RequestState()), CacheStatus.BYPASS, send)
        counter = self._components.telemetry.counter("", CacheStatus.BYPASS.value)
        counter.count(_TOO_LARGE, time.monotonic() - began)

    def _count(
        self, request: CacheRequest, status: CacheStatus, http_status: int, began: float
    ) -> None:
        counter = request.counters.get(status)
        if counter is None:
            counter = self._components.telemetry.counter(request.operation, status.value)
            request.counters[status] = counter
        counter.count(http_status, time.monotonic() - began)


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


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return the body that was read, then the client's further messages."""
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return rest.pop() if rest else await receive()

    return replayed


async def _send_response(response: Response, status: CacheStatus, send: Send) -> None:
    headers: Headers = [*response.headers, (b"x-cache", status.value.encode())]
    epoch = response.request_state.epoch
    if epoch is not None:
        headers.append((AS_OF_HEADER, instant_text(epoch.at).encode()))
    start: dict[str, Any] = {"type": "http.response.start", "status": response.status}
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
