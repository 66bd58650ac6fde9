"""The access log: one line a request, with the id that its response and other log lines carry.

It is the outermost layer, so it also logs cached responses. The lines of one iteration of the event
loop are written at once, rather than each through the logging pipeline, which would take longer
than a cached response. They contain nothing that could be a secret: no header, no query string, no
variable.
"""

import asyncio
import random
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson

from shopx_api.asgi import (
    REQUEST_ID,
    App,
    Message,
    Prepared,
    Receive,
    Scope,
    Send,
    directly_of,
)
from shopx_api.graphql.errors import INTERNAL, SERVER_FAILED
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
    """

    def __init__(
        self,
        app: App,
        *,
        json: bool = True,
        enabled: bool = True,
        stream: TextIO | None = None,
    ) -> None:
        self._app = app
        self._directly = directly_of(app)
        self._json = json
        self._enabled = enabled
        self._stream = stream
        self._lines: list[str] = []
        """Not written yet."""

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

    def directly(self, scope: Scope, body: bytes) -> Prepared | None:
        """Answer a POST at once, with the id and the line that any other response has."""
        began = time.perf_counter()
        try:
            made = self._directly(scope, body)
        except Exception:  # noqa: BLE001 -- answered below
            # As an ASGI application it fails again, and says so to the client.
            _log.exception("direct_answer_failed", path=scope["path"])
            return None
        if made is None:
            return None
        request_id = _id(scope)
        if self._enabled:
            seen = {"status": made.status, "bytes": len(made.body), "cache": made.cache}
            self._write(scope, request_id, seen, time.perf_counter() - began)
        head = b"%sx-request-id: %s\r\n" % (made.head, request_id.encode())
        return Prepared(made.status, head, made.body, made.cache)

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
            # Behind a proxy, `Forwarded` has put the client's own address here.
            "client": (scope.get("client") or (None,))[0],
            "request_id": request_id,
            "event": "request",
            "level": "info",
            "component": "api",
            "timestamp": datetime.now(UTC),
        }
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        self._lines.append(
            orjson.dumps(line).decode()
            if self._json
            else f"{line['timestamp'].isoformat()} {line['status']} {line['method']}"
            f" {line['path']!r} {line['ms']} ms {line['cache'] or '-'} {request_id}"
        )

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        stream = self._stream or sys.stderr
        stream.write("\n".join((*lines, "")))
        stream.flush()


def _id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), None)
    if given is not None and _SAFE_ID.fullmatch(given):
        return str(given.decode())
    # It tells requests apart and is no secret; the operating system's numbers take 5 µs each.
    return f"{random.getrandbits(64):016x}"


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
