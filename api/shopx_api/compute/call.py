"""What the front asks of the compute process, and what it gets back."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import orjson

from shopx_api.asgi import CALLER, REQUEST_ID, Headers
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.data.request_state import RequestState
from shopx_api.graphql.endpoint import HttpResponse
from shopx_api.graphql.errors import SERVER_FAILED
from shopx_api.graphql.request import HttpRequest
from shopx_core import logging
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.dependencies import Span
from shopx_core.errors import ShopxError, TimedOut
from shopx_core.texts import say

_log = logging.get(__name__)

_OF_SHARED = frozenset({b"accept", b"authorization", b"content-type"})
"""Headers that the computation of a shared response needs. It is kept with the response, so it
keeps nothing else that a client sends, and the response cache handles conditions itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The HTTP request of which a response is computed."""

    method: str
    query_string: bytes
    headers: Headers
    body: bytes
    client: str | None = None
    """The address of the peer."""
    request_id: str = ""
    caller: str = ""
    """Whom the request counts for in the front's queues."""

    @property
    def size(self) -> int:
        """Approximate bytes in memory."""
        headers = sum(len(name) + len(value) + 160 for name, value in self.headers)
        return len(self.body) + len(self.query_string) + headers + 400


def origin_of(
    scope: Mapping[str, Any],
    body: bytes,
    *,
    shared: Collection[bytes] | None = None,
    token: bool = False,
) -> Origin:
    """The origin of an ASGI request.

    Args:
        scope: The ASGI scope.
        body: The whole body.
        shared: For a shared response, the headers that name a user, and nothing that only this
            caller sent; `None` = for this caller alone, all headers.
        token: Keep the as-of token even so.
    """
    headers: Headers = scope["headers"]
    if shared is not None:
        headers = [
            (name, value)
            for name, value in headers
            if name in _OF_SHARED or name in shared or (token and name == AS_OF_HEADER)
        ]
    client = scope.get("client")
    return Origin(
        method=scope["method"],
        query_string=scope["query_string"],
        headers=headers,
        body=body,
        client=client[0] if client else None,
        request_id=scope.get(REQUEST_ID, ""),
        caller=scope.get(CALLER, ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What the endpoint noted about a response, for the response cache."""

    operation: str = ""
    """The name of the operation."""
    cacheable: bool = False
    """Whether it is of a query without any error."""
    failed: bool = False
    """Whether the application is at fault, so that an older response is better."""
    live: bool = False
    """Whether it must never be cached."""
    time_dependent: bool = False
    """Whether it changes with the instant itself."""
    boundary: float = float("inf")
    """Seconds since 1970 from which the same request has another response."""
    as_of: datetime | None = None
    """The instant of the epoch that it was read as of; `None` = it has a snapshot of its own."""
    as_of_span: tuple[int, int] | None = None
    """Where the body names its as-of; see `data.as_of.as_of_members`. `None` = it does not."""
    etag: str = ""
    """The tag of a cacheable response."""
    spans: tuple[Span, ...] = ()
    """What it depends on."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes
    notes: Notes = field(default=Notes())

    @property
    def media(self) -> str:
        """The content type."""
        return next((v.decode() for k, v in self.headers if k == b"content-type"), "")

    @property
    def failed(self) -> bool:
        """Whether the application is at fault, so that an older response is better."""
        return self.status >= 500 or self.notes.failed  # noqa: PLR2004 -- HTTP's server errors

    @property
    def may_be_kept(self) -> bool:
        """Whether other callers may get the response too."""
        return self.status == 200 and self.notes.cacheable and not self.notes.live  # noqa: PLR2004 -- HTTP OK


class Compute(Protocol):
    """Computes responses: in a process of its own, or in this one."""

    async def respond(self, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Response:
        """Compute a response; cancelling the call ends the work.

        Args:
            origin: The request.
            epoch: Read as of it; `None` = exactly now.
            seconds: How long that may take.

        Returns:
            A response after any failure too: 503 where it cannot be computed now.
        """
        ...


Endpoint = Callable[[HttpRequest, RequestState], Awaitable[HttpResponse]]
"""Responds to a request, and notes in the state what the response cache must know."""


class LocalCompute:
    """Computes in this process: in the compute process itself, and in tests.

    Args:
        endpoint: `GraphQLEndpoint.respond`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def respond(self, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Response:
        """Call the endpoint; see `Compute.respond`."""
        request_state = RequestState(epoch=epoch)
        # Each request is a task with a context of its own: nothing has to be unbound.
        logging.bind(request_id=origin.request_id)
        request = HttpRequest(
            method=origin.method,
            query_string=origin.query_string,
            headers=origin.headers,
            body=origin.body,
            request_id=origin.request_id,
            client=(origin.client, 0) if origin.client is not None else None,
        )
        try:
            async with asyncio.timeout(seconds):
                made = await self._endpoint(request, request_state)
        except TimeoutError:
            return too_late(seconds)
        except Exception:  # noqa: BLE001 -- the caller gets a response after any failure
            _log.exception("endpoint_failed")
            return failure(ShopxError(SERVER_FAILED), 500, request_id=origin.request_id)
        return Response(made.status, list(made.headers), made.body, _notes(request_state))


def too_late(seconds: float) -> Response:
    """The response to a request that took longer than it may."""
    error = TimedOut(
        say(
            "request.response-took-longer-s",
            "The response took longer than {seconds} s.",
            seconds=f"{seconds:g}",
        ),
        hint=say(
            "request.request-shorter-period-fewer", "Request a shorter period or fewer panels."
        ),
    )
    return failure(error, 503)


def failure(
    error: ShopxError, status: int, *, retry_after: int = 1, request_id: str = ""
) -> Response:
    """A GraphQL response that carries one error.

    Args:
        error: The error.
        status: HTTP status; 503 comes with `Retry-After`.
        retry_after: Seconds after which the same request may succeed.
        request_id: Of the request, for defects, which are looked up in the log.
    """
    extensions = error.extensions()
    if request_id:
        extensions["requestId"] = request_id
    body = orjson.dumps({"errors": [{"message": error.message, "extensions": extensions}]})
    headers: Headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:  # noqa: PLR2004 -- HTTP Unauthorized
        headers.append((b"www-authenticate", b'Bearer realm="shopx"'))
    if status == 503:  # noqa: PLR2004 -- HTTP Service Unavailable
        headers.append((b"retry-after", b"%d" % retry_after))
    return Response(status, headers, body, Notes(failed=status >= 500))  # noqa: PLR2004 -- HTTP's server errors


def _notes(state: RequestState) -> Notes:
    dependencies = state.dependencies
    boundary = dependencies.boundary
    return Notes(
        operation=state.operation,
        cacheable=state.cacheable,
        failed=state.failed,
        live=dependencies.live,
        time_dependent=dependencies.time_dependent,
        boundary=boundary.timestamp() if boundary else float("inf"),
        as_of=state.epoch.at if state.epoch else None,
        as_of_span=state.as_of_span,
        etag=state.etag,
        spans=dependencies.spans(),
    )
