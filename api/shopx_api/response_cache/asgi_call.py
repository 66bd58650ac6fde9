"""Asking the application behind the hot path, and keeping its response whole."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

from shopx_api.data.request_state import SCOPE_KEY, RequestState
from shopx_api.response_cache.memory_tier import Headers, Origin
from shopx_core import logging
from shopx_core.caching.dependencies import bind_dependencies
from shopx_core.errors import ShopxError, TimedOut

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered, and what the application said about it."""

    status: int
    headers: Headers
    body: bytes
    exchange: RequestState

    @property
    def media(self) -> str:
        """The content type."""
        return next((v.decode() for k, v in self.headers if k == b"content-type"), "")

    @property
    def failed(self) -> bool:
        """The product is at fault: an older answer is better."""
        return self.status >= 500 or self.exchange.failed  # noqa: PLR2004 -- HTTP's server errors

    @property
    def may_be_kept(self) -> bool:
        """It is an answer that others may be given as well."""
        return (
            self.status == 200  # noqa: PLR2004 -- HTTP OK
            and self.exchange.cacheable
            and not self.exchange.dependencies.live
        )


async def ask(app: App, origin: Origin, exchange: RequestState, seconds: float) -> Response:
    """Let the application answer; always returns a response.

    Args:
        app: The application.
        origin: The request.
        exchange: Says as of when to read; the application notes its part there.
        seconds: How long it may take.
    """
    scope = {**origin.scope, SCOPE_KEY: exchange}
    bind_dependencies(exchange.dependencies)
    caught = _Caught(origin.body)
    try:
        async with asyncio.timeout(seconds):
            await app(scope, caught.receive, caught.send)
    except TimeoutError:
        error = TimedOut(f"The answer took longer than {seconds:g} s.", hint="Ask for less.")
        return failure(error, 503, exchange)
    except Exception:  # noqa: BLE001 -- whatever the application raises, the caller gets an answer
        if not caught.complete:
            _log.exception("application_failed")
            return failure(ShopxError("Something went wrong here."), 500, exchange)
    return Response(caught.status, caught.headers, b"".join(caught.chunks), exchange)


def failure(error: ShopxError, status: int, exchange: RequestState) -> Response:
    """A GraphQL response that carries one error.

    Args:
        error: What to tell.
        status: HTTP status; 503 also says when to ask again.
        exchange: The request's.
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
    exchange.failed = True
    return Response(status, headers, body, exchange)


class _Caught:
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
        # Others may wait for the same answer: the client never seems to go away.
        await asyncio.get_running_loop().create_future()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(k).lower(), bytes(v)) for k, v in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self.chunks.append(message.get("body", b""))
            self.complete = not message.get("more_body", False)
