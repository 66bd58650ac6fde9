"""The maintenance page, served while a migration has the database to itself.

    python -m shopx_api.server.maintenance 8000 20

The arguments are the port, and the most seconds to go on after the signal to stop while requests
still arrive.

Every request gets 503 with `Retry-After`, which browsers, proxies, crawlers and API clients
understand: a page that reloads by itself, or JSON. The process needs a port only; it has access to
neither the database nor any token.
"""

import socket
import sys
from typing import Final

import uvicorn

from shopx_api.asgi import Receive, Scope, Send
from shopx_api.server.graceful_shutdown import Server
from shopx_api.server.http_protocol import with_limits
from shopx_api.server.intake import KEEP_ALIVE_SECONDS, Intake, IntakeLimits
from shopx_core.maintenance_page import MAINTENANCE, RETRY_SECONDS

_DRAIN_SECONDS: Final = 5
_MAX_BODY: Final = 4 * 1024**2
_GRAPHQL: Final = b"application/graphql-response+json"


def content(method: str, path: str, accept: bytes) -> tuple[bytes, bytes]:
    """The content type and the body for one request.

    Args:
        method: Of the request.
        path: Of the request.
        accept: The header Accept; empty = none.
    """
    if path != "/graphql" and method in ("GET", "HEAD") and b"text/html" in accept:
        return b"text/html; charset=utf-8", MAINTENANCE.page.encode()
    # GraphQL clients read the errors of a 503 only with the GraphQL media type.
    kind = _GRAPHQL if path == "/graphql" and _GRAPHQL in accept else b"application/json"
    return kind, MAINTENANCE.errors.encode()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] != "http":
        # A WebSocket is refused before it is opened.
        await receive()
        await send({"type": "websocket.close", "code": 1013})
        return
    # Read the whole body: otherwise the connection may be reset before the response arrives.
    while (await receive()).get("more_body", False):
        pass
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    kind, body = content(scope["method"], scope["path"], accept)
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(RETRY_SECONDS).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def serve(listening: socket.socket, longest: float) -> bool:
    """Serve until the signal to stop; returns whether the server ever started.

    Args:
        listening: The socket, bound.
        longest: The most seconds to go on after the signal while requests still arrive.
    """
    intake = Intake(IntakeLimits(body=_MAX_BODY))
    config = uvicorn.Config(
        app,
        http=with_limits(intake),
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = Server(config, intake, longest)
    server.run(sockets=[listening])
    return server.started


def main(words: list[str]) -> int:
    """Serve on every address of this machine.

    Args:
        words: The port, and the most seconds to go on after the signal to stop.
    """
    match words:
        case [port, longest] if port.isdecimal() and longest.isdecimal():
            dual = socket.has_dualstack_ipv6()
            family = socket.AF_INET6 if dual else socket.AF_INET
            listening = socket.create_server(("", int(port)), family=family, dualstack_ipv6=dual)
            return 0 if serve(listening, int(longest)) else 1
    sys.stderr.write(
        "Give the port, and the most seconds to go on after the signal to stop:"
        " python -m shopx_api.server.maintenance 8000 20\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
