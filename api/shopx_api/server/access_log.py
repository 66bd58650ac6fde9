"""The access log: one line a request, with the id that its response and other log lines carry.

It is the outermost layer, so it also logs cached responses. A line is written directly rather than
through the logging pipeline, which would take longer than a cached response; it contains nothing
that could be a secret: no header, no query string, no variable.
"""

import re
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson

from shopx_api.asgi import PREPARED, REQUEST_ID, App, Message, PreparedSend, Receive, Scope, Send
from shopx_api.graphql.errors import INTERNAL, SERVER_FAILED
from shopx_api.response_cache.cache_result import CacheStatus
from shopx_api.server.forwarded import Network, client_address
from shopx_core import logging

_SAFE_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Requested every few seconds by probes; logged only on failure."""

_log = logging.get(__name__)


class AccessLog:
    """Gives requests ids and logs them.

    Args:
        app: The application.
        json: One JSON object a line; otherwise readable text.
        enabled: Whether requests are logged.
        stream: Where lines are written; `None` = stderr.
        prepared: Whether `app` may send prepared bytes; not where a layer of it adds headers.
        trusted: Networks of proxies that name the client.
    """

    def __init__(
        self,
        app: App,
        *,
        json: bool = True,
        enabled: bool = True,
        stream: TextIO | None = None,
        prepared: bool = True,
        trusted: Sequence[Network] = (),
    ) -> None:
        self._app = app
        self._prepared = prepared
        self._json = json
        self._enabled = enabled
        self._stream = stream
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id(scope)
        scope[REQUEST_ID] = request_id
        began = time.perf_counter()
        seen: dict[str, Any] = {"status": 0, "bytes": 0, "cache": None}
        header = (b"x-request-id", request_id.encode())

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                headers = [*message.get("headers", ()), header]
                for name, value in headers:
                    if name == b"x-cache":
                        seen["cache"] = value.decode("latin-1")
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body":
                seen["bytes"] += len(message.get("body", b""))
            await send(message)

        self._offer_prepared(scope, request_id, seen)
        try:
            await self._app(scope, receive, noted)
        except Exception:
            _log.exception("request_failed", path=scope["path"], request_id=request_id)
            if seen["status"]:
                raise
            await noted(_failed(request_id)[0])
            await noted(_failed(request_id)[1])
        finally:
            self._write(scope, request_id, seen, time.perf_counter() - began)

    def _offer_prepared(self, scope: Scope, request_id: str, seen: dict[str, Any]) -> None:
        """Let the application send prepared bytes, with the id and a line as for messages."""
        extensions = scope.get("extensions")
        if not extensions or PREPARED not in extensions:
            return
        send: PreparedSend = extensions[PREPARED]
        id_line = b"x-request-id: %s\r\n" % request_id.encode()

        def noted(head: bytes, body: bytes) -> bool:
            if not send(head + id_line, body):
                return False
            seen.update(status=200, bytes=len(body), cache=CacheStatus.HIT_MEMORY.value)
            return True

        scope["extensions"] = {PREPARED: noted} if self._prepared else {}

    def _write(self, scope: Scope, request_id: str, seen: dict[str, Any], seconds: float) -> None:
        if not self._enabled:
            return
        if scope["path"] in _QUIET and seen["status"] < 400:  # noqa: PLR2004 -- HTTP
            return
        line = {
            "method": scope["method"],
            "path": scope["path"][:200],
            "status": seen["status"],
            "ms": round(seconds * 1000, 2),
            "bytes": seen["bytes"],
            "cache": seen["cache"],
            "client": client_address(scope, self._trusted),
            "request_id": request_id,
            "event": "request",
            "level": "info",
            "component": "api",
            "timestamp": datetime.now(UTC).isoformat(),
        }
        stream = self._stream or sys.stderr
        if self._json:
            stream.write(orjson.dumps(line).decode() + "\n")
        else:
            stream.write(
                f"{line['timestamp']} {line['status']} {line['method']} {line['path']!r}"
                f" {line['ms']} ms {line['cache'] or '-'} {request_id}\n"
            )
        stream.flush()


def _id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), None)
    if given is not None and _SAFE_ID.fullmatch(given):
        return str(given.decode())
    return secrets.token_hex(8)


def _failed(request_id: str) -> tuple[Message, Message]:
    body = orjson.dumps(
        {
            "errors": [
                {
                    "message": SERVER_FAILED,
                    "extensions": {"code": INTERNAL, "requestId": request_id},
                }
            ]
        }
    )
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    return (
        {"type": "http.response.start", "status": 500, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
