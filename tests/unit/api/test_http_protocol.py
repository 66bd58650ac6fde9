"""A response of prepared bytes is what messages would have sent, in one write."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from shopx_api.asgi import PREPARED, Receive, Scope, Send
from shopx_api.server.access_log import AccessLog
from shopx_api.server.http_protocol import HttpProtocol

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5"), (b"x-cache", b"hit-l0")]
HEAD = b"".join(b"%s: %s\r\n" % pair for pair in HEADERS)


class App:
    """Answers "hello", by prepared bytes where that is possible; notes whether it was."""

    def __init__(self) -> None:
        self.prepared: list[bool] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        await receive()
        prepared = scope.get("extensions", {}).get(PREPARED)
        done = scope["path"] == "/prepared" and prepared is not None and prepared(HEAD, b"hello")
        self.prepared.append(done)
        if not done:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b"hello"})


class Served:
    """A server on loopback with that application behind the access log."""

    def __init__(self, app: App, port: int, server: uvicorn.Server) -> None:
        self.app = app
        self.port = port
        self.server = server

    async def ask(self, *requests: bytes) -> bytes:
        """Send requests over one connection at once; returns all bytes until it is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"".join(requests))
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer


@pytest.fixture
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    app = App()
    options: dict[str, Any] = getattr(request, "param", {})
    config = uvicorn.Config(
        AccessLog(app, enabled=False, **options),
        http=HttpProtocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )
    server = uvicorn.Server(config)
    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([own]))
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield Served(app, own.getsockname()[1], server)
    server.should_exit = True
    await serving


def _get(path: str, *, close: bool = False) -> bytes:
    ending = b"connection: close\r\n" if close else b""
    line = f"GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: one\r\n".encode()
    return line + ending + b"\r\n"


def _parts(answer: bytes) -> list[tuple[bytes, set[bytes], bytes]]:
    """Status line, other lines but the date, and body of each response of 5 bytes."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        found.append((status, {one for one in lines if not one.startswith(b"date")}, rest[:5]))
        answer = rest[5:]
    return found


async def test_prepared_bytes_are_what_messages_send(served: Served) -> None:
    answer = await served.ask(
        _get("/messages"), _get("/prepared"), _get("/prepared"), _get("/messages", close=True)
    )
    first, second, third, last = _parts(answer)
    assert served.app.prepared == [False, True, True, False]
    assert first == second == third
    assert first[2] == b"hello"
    assert b"x-request-id: one" in first[1]
    assert last == (first[0], first[1] | {b"connection: close"}, b"hello")


async def test_a_connection_that_closes_is_answered_by_messages(served: Served) -> None:
    (only,) = _parts(await served.ask(_get("/prepared", close=True)))
    assert served.app.prepared == [False]
    assert b"connection: close" in only[1]


async def test_a_stopping_server_closes_its_connections(served: Served) -> None:
    state = served.server.server_state
    headers = [*state.default_headers, (b"connection", b"close")]
    state.default_headers = headers
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    state.default_headers = headers
    writer.write(_get("/prepared"))
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert served.app.prepared == [False]
    assert b"connection: close" in answer


@pytest.mark.parametrize("served", [{"prepared": False}], indirect=True)
async def test_a_layer_that_adds_headers_gets_messages(served: Served) -> None:
    await served.ask(_get("/prepared"), _get("/prepared", close=True))
    assert served.app.prepared == [False, False]
