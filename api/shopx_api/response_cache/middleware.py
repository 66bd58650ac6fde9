"""The response cache as ASGI middleware: serves from memory what it can.

The server asks `MemoryAnswers` first for what is in memory (`directly`), so this sees all the rest.
What is not a GraphQL query that may be cached goes to the compute process, what is not GraphQL to
the pages.

    read the cache request → determine the audience → serve the response in memory,
    or let `Lookup` find or compute one → count
"""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from shopx_api.asgi import CALLER, REQUEST_ID, App, Headers, Receive, Scope, Send
from shopx_api.compute.call import Compute, Origin, Response, failure, origin_of
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.response_cache.admission import Admission, Refused
from shopx_api.response_cache.cache_request import CacheRequest, CacheRequestReader
from shopx_api.response_cache.cache_result import CacheResult, CacheStatus
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.callers import MAX_STRANGERS_BODY, Callers
from shopx_api.response_cache.computation import refusal
from shopx_api.response_cache.lookup import Lookup
from shopx_api.response_cache.memory_answers import (
    MemoryAnswers,
    is_compressed,
    is_exact,
    media_of,
    post_media,
)
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.telemetry import HttpTelemetry, RequestCounter
from shopx_api.types.scalars import instant_text
from shopx_core import tracing
from shopx_core.errors import InvalidInput

_T = TypeVar("_T")

_HTTP_OK, _NOT_MODIFIED, _TOO_LARGE, _UNAVAILABLE = 200, 304, 413, 503


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareComponents:
    """What the middleware works with."""

    pages: App
    """Serves all other paths."""
    compute: Compute
    callers: Callers
    answers: MemoryAnswers
    lookup: Lookup
    reader: CacheRequestReader
    admission: Admission
    """Of responses that may be cached."""
    others: Admission
    """Of all other responses, such as those to mutations."""
    snapshots: Snapshots
    telemetry: HttpTelemetry
    identity_headers: frozenset[bytes]
    """Headers that name the user of a trusted proxy."""
    max_body: int
    request_seconds: float
    """Seconds that a response may take."""


class ResponseCacheMiddleware:
    """The ASGI application with the response cache in front."""

    def __init__(self, components: MiddlewareComponents) -> None:
        self._components = components
        self._path = components.answers.path
        self.directly = components.answers.directly
        """See `asgi.Directly`."""

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
        components = self._components
        if not _is_short(self._headers):
            objection = await components.callers.objection(self._scope)
            if objection is not None:
                await self._fail(objection)
                return
        try:
            body = await _read(self._receive, components.max_body)
        except _Gone:
            return
        if body is None:
            error = InvalidInput(
                f"The request body is larger than {components.max_body} bytes.",
                hint="Send fewer lines at once.",
            )
            await self._fail(failure(error, _TOO_LARGE))
        elif self._scope["method"] == "POST":
            await self._post(body)
        elif self._scope["method"] == "GET":
            await self._get(body)
        else:
            await self._pass(body)

    async def _post(self, body: bytes) -> None:
        components = self._components
        media = post_media(self._headers)
        audience = await components.callers.audience(self._scope) if media is not None else None
        if media is None or audience is None:
            await self._pass(body)
            return
        refused = components.admission.refusal(self._scope.get(CALLER, ""))
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
        media = media_of(accept)
        # A browser that navigates here gets the explorer page.
        if not raw or media is None or b"text/html" in accept:
            await self._pass(body)
            return
        audience = await components.callers.audience(self._scope)
        request = components.reader.get(raw, media, audience) if audience is not None else None
        if request is None:
            await self._pass(body)
            return
        await self._respond(request, b"")

    async def _respond(self, request: CacheRequest, body: bytes) -> None:
        components = self._components
        if is_exact(self._headers):
            origin = self._origin(body)
            await self._send_found(request, components.lookup.exact(request, origin))
            return
        cached = components.answers.current(request, self._headers.get(AS_OF_HEADER))
        if cached is not None:
            await self._send_cached(cached, CacheStatus.HIT_MEMORY)
            self._count(request, CacheStatus.HIT_MEMORY, _HTTP_OK)
            return
        token = self._headers.get(AS_OF_HEADER)
        if token is None:
            found = components.lookup.respond(request, self._origin(body))
        else:
            pinned = components.snapshots.find(token)
            origin = self._origin(body, token=pinned is None)
            found = (
                components.lookup.by_token(request, origin)
                if pinned is None
                else components.lookup.as_of(request, origin, pinned)
            )
        await self._send_found(request, found)

    def _origin(self, body: bytes, *, token: bool = False) -> Origin:
        names = self._components.identity_headers
        return origin_of(self._scope, body, shared=names, token=token)

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
        compressed = is_compressed(cached, self._headers)
        age = self._components.answers.age(cached)
        made = cached.headers(status.value, age=age, compressed=compressed)
        if self._has(cached.etag):
            await self._send_not_modified(made)
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
        origin = origin_of(self._scope, body)
        try:
            async with components.others.admitted("", origin.caller):
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

    async def _fail(self, response: Response) -> None:
        await self._send_response(response, CacheStatus.BYPASS)
        self._counter("", CacheStatus.BYPASS).count(response.status, self._seconds())

    async def _send_response(self, response: Response, status: CacheStatus) -> None:
        headers: Headers = [*response.headers, (b"x-cache", status.value.encode())]
        if response.notes.as_of is not None:
            headers.append((AS_OF_HEADER, instant_text(response.notes.as_of).encode()))
        if self._has(response.notes.etag.encode()):
            await self._send_not_modified(headers)
            return
        await self._send(
            {"type": "http.response.start", "status": response.status, "headers": headers}
        )
        await self._send({"type": "http.response.body", "body": response.body})

    def _has(self, etag: bytes) -> bool:
        """Whether the client has the response already."""
        return (
            self._scope["method"] == "GET"
            and bool(etag)
            and etag in self._headers.get(b"if-none-match", b"")
        )

    async def _send_not_modified(self, headers: Headers) -> None:
        kept = [header for header in headers if not header[0].startswith(b"content-")]
        await self._send({"type": "http.response.start", "status": _NOT_MODIFIED, "headers": kept})
        await self._send({"type": "http.response.body", "body": b""})

    def _counter(self, operation: str, status: CacheStatus) -> RequestCounter:
        return self._components.telemetry.counter(operation, status.value)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _count(self, request: CacheRequest, status: CacheStatus, http_status: int) -> None:
        self._components.answers.counter(request, status).count(http_status, self._seconds())


def _is_short(headers: dict[bytes, bytes]) -> bool:
    """Whether the body may be read before it is known who sends it."""
    if b"transfer-encoding" in headers:
        return False
    length = headers.get(b"content-length", b"0")
    return length.isdigit() and int(length) <= MAX_STRANGERS_BODY


class _Gone(Exception):  # noqa: N818 -- the client left
    pass


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole request body; `None` = larger than the limit.

    Raises:
        _Gone: The client has gone before all of it was there.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            return None
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
