"""Calling the application behind the response cache, and collecting its whole response."""

import asyncio
from dataclasses import dataclass

import orjson

from shopx_api.asgi import App, Headers, Message
from shopx_api.data.request_state import SCOPE_KEY, RequestState
from shopx_api.graphql.errors import SERVER_FAILED
from shopx_api.response_cache.origin import Origin
from shopx_core import logging
from shopx_core.caching.dependencies import bind_dependencies
from shopx_core.errors import ShopxError, TimedOut

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Response:
    """A response, and what the application noted about it."""

    status: int
    headers: Headers
    body: bytes
    request_state: RequestState

    @property
    def media(self) -> str:
        """The content type."""
        return next((v.decode() for k, v in self.headers if k == b"content-type"), "")

    @property
    def failed(self) -> bool:
        """Whether the application is at fault, so that an older response is better."""
        return self.status >= 500 or self.request_state.failed  # noqa: PLR2004 -- HTTP's server errors

    @property
    def may_be_kept(self) -> bool:
        """Whether other callers may get the response too."""
        return (
            self.status == 200  # noqa: PLR2004 -- HTTP OK
            and self.request_state.cacheable
            and not self.request_state.dependencies.live
        )


async def call_application(
    app: App, origin: Origin, request_state: RequestState, seconds: float
) -> Response:
    """Call the application; always returns a response.

    Args:
        app: The application.
        origin: The request.
        request_state: The epoch to read as of; the application adds its notes.
        seconds: How long the application may take.
    """
    scope = {**origin.scope, SCOPE_KEY: request_state}
    bind_dependencies(request_state.dependencies)
    client = _Client(origin.body)
    try:
        async with asyncio.timeout(seconds):
            await app(scope, client.receive, client.send)
    except TimeoutError:
        error = TimedOut(
            f"The response took longer than {seconds:g} s.",
            hint="Request a shorter period or fewer panels.",
        )
        return failure(error, 503, request_state)
    except Exception:  # noqa: BLE001 -- the caller gets a response after any failure
        if not client.complete:
            _log.exception("application_failed")
            return failure(ShopxError(SERVER_FAILED), 500, request_state)
    return Response(client.status, client.headers, b"".join(client.chunks), request_state)


def failure(error: ShopxError, status: int, request_state: RequestState) -> Response:
    """A GraphQL response that carries one error.

    Args:
        error: The error.
        status: HTTP status; 503 comes with `Retry-After`.
        request_state: Of the request.
    """
    extensions = {"code": error.code} | ({"hint": error.hint} if error.hint else {})
    body = orjson.dumps({"errors": [{"message": error.message, "extensions": extensions}]})
    headers: Headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:  # noqa: PLR2004 -- HTTP Service Unavailable
        headers.append((b"retry-after", b"1"))
    request_state.failed = True
    return Response(status, headers, body, request_state)


class _Client:
    """An ASGI client that sends one body and collects the response."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.status = 500
        self.headers: Headers = []
        self.chunks: list[bytes] = []
        self.complete = False

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        # Other callers may wait for the same response: this client never disconnects.
        await asyncio.get_running_loop().create_future()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(k).lower(), bytes(v)) for k, v in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self.chunks.append(message.get("body", b""))
            self.complete = not message.get("more_body", False)
