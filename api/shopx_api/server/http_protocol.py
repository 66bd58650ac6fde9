"""Uvicorn's HTTP/1.1 protocol, with limits, and answers that need no ASGI application.

Uvicorn bounds neither the headers nor the time that they take nor what all requests hold together:
see `intake`. And a task, two events and two writes for each response are most of what a cached one
costs: a short POST is answered in one write of prepared bytes as soon as its body is there, where
the application has such bytes (`Directly`); any other request goes to the application as always.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from enum import Enum
from functools import partial
from typing import Any, Final, cast

import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from shopx_api.asgi import App, Directly, directly_of
from shopx_api.server.intake import KEEP_ALIVE_SECONDS, Intake, Reason

MAX_DIRECT_BODY: Final = 16 * 1024
"""The application gets a longer body while it arrives."""
_NEVER: Final = float("inf")
_LINGER_SECONDS: Final = 2.0
"""That a refused client has to read why, while what it sends is dropped."""


class _Stage(Enum):
    """How much of a request has arrived."""

    NONE = 0
    HEAD = 1
    BODY = 2
    REFUSED = 3
    """Whatever else arrives is dropped."""


class _Stop(Exception):  # noqa: N818 -- ends the parsing of a request that is refused
    pass


class HttpProtocol(HttpToolsProtocol):
    """One connection.

    Args:
        config: Uvicorn's.
        server_state: Uvicorn's.
        app_state: Uvicorn's.
        _loop: Uvicorn's.
        intake: The limits, shared by all connections.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        intake: Intake,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._intake = intake
        self._limits = intake.limits
        self._directly: Directly = directly_of(cast("App", self.app))
        self._stage = _Stage.NONE
        self._deadline = _NEVER
        """When the connection is closed, unless something happens before."""
        self._head = 0
        """Bytes of the request line and of whole header lines."""
        self._partial = 0
        """Bytes of a header line that is not whole yet."""
        self._length: int | None = None
        """Of the body, as announced; `None` = it says so at its end, or has none."""
        self._received = 0
        self._short: bytearray | None = None
        """The body of a request that may be answered directly, as far as it has arrived."""
        self._held: deque[int] = deque()
        """Bytes of each request without a complete response, the oldest first."""
        self._unread = 0
        """Bytes of responses that the client had not read at the last look."""
        self._unread_until = _NEVER

    # What happens to the connection.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; asyncio calls it."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            longest = next(iter(self._intake.idle), None)
            if longest is None:
                self._intake.refused[Reason.CONNECTIONS] += 1
                self._stage = _Stage.REFUSED
                transport.close()
                return
            longest.close_idle()
        self._intake.idle[self] = None
        self._deadline = self.loop.time() + self._limits.first_seconds

    def connection_lost(self, exc: Exception | None) -> None:
        """End; asyncio calls it."""
        self._intake.idle.pop(self, None)
        while self._held:
            self._intake.give(self._held.popleft())
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived; asyncio calls it."""
        if self._stage is _Stage.REFUSED:
            return
        super().data_received(data)
        if self._stage is _Stage.HEAD:
            # The parser keeps a header line until it is whole.
            line = data.rfind(b"\n")
            self._partial = len(data) - line - 1 + (self._partial if line < 0 else 0)
            if self._head + self._partial > self._limits.head:
                self._refuse_head()
            else:
                self._hold(self._head + self._partial - self._held[-1])

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and close; the parser's errors end here."""
        if self._stage is not _Stage.REFUSED:
            super().send_400_response(msg)

    def shutdown(self) -> None:
        """Finish the request under way, and close; the server calls it."""
        if self._short is not None:
            self._begin_task()
        super().shutdown()

    def close_idle(self) -> None:
        """Close the connection, on which no request is under way."""
        self._intake.idle.pop(self, None)
        self._intake.refused[Reason.IDLE] += 1
        self.transport.close()

    def check(self, now: float) -> int:
        """Close the connection if it is late; called every second.

        Returns:
            The bytes that the client has not read.
        """
        unread = int(self.transport.get_write_buffer_size())
        if not unread:
            self._unread = 0
        elif unread != self._unread:
            self._unread, self._unread_until = unread, now + self._limits.unread_seconds
        elif now >= self._unread_until:
            self._intake.refused[Reason.SLOW] += 1
            self.transport.abort()
            return 0
        # While nothing is read here, nobody can send.
        if now >= self._deadline and not self.flow.read_paused:
            self._end()
        return unread

    def _end(self) -> None:
        if self._stage is _Stage.NONE:
            self.close_idle()
        elif self._stage is _Stage.REFUSED:
            self.transport.abort()
        else:
            self._refuse(408, Reason.SLOW, "The request did not arrive in time.")

    # What the parser finds.

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._intake.idle.pop(self, None)
        self._stage = _Stage.HEAD
        self._deadline = self.loop.time() + self._limits.head_seconds
        self._head = self._partial = self._received = 0
        self._length = None
        self._held.append(0)

    def on_url(self, url: bytes) -> None:
        """A part of its URL."""
        self.url += url
        self._head += len(url)
        if self._head > self._limits.head:
            self._refuse_head()
            raise _Stop

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        name = name.lower()
        if name == b"content-length":
            self._length = int(value)
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        headers = self.headers
        headers.append((name, value))
        self._head += len(name) + len(value) + 4
        if self._head > self._limits.head or len(headers) > self._limits.headers:
            self._refuse_head()
            raise _Stop

    def on_headers_complete(self) -> None:
        """All of its headers are there."""
        self._stage = _Stage.BODY
        self._deadline = self.loop.time() + self._limits.body_seconds
        length = self._length
        if length is not None and length > self._limits.body:
            self._refuse_body()
        if not self._hold(self._head - self._held[-1]):
            raise _Stop
        if (
            length
            and length <= MAX_DIRECT_BODY
            and not self.expect_100_continue
            and not self._is_busy()
            and not self.pipeline
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        ):
            self._short = bytearray()
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._received += len(body)
        if self._received > self._limits.body:
            self._refuse_body()
        # After a complete response the rest of the request is dropped.
        if self._held and not self._hold(len(body)):
            raise _Stop
        if self._short is not None:
            self._short += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._stage = _Stage.NONE
        self._deadline = _NEVER
        if self._short is not None:
            if self._answer(bytes(self._short)):
                self._short = None
                return
            self._begin_task()
        super().on_message_complete()
        if self.cycle.response_complete:
            self._rest()

    def on_response_complete(self) -> None:
        """The response of the oldest request is complete."""
        super().on_response_complete()
        self._release()

    # Answering.

    def _answer(self, body: bytes) -> bool:
        """Answer in one write, if the application has it ready."""
        prefix = _server_headers(self.server_state.default_headers)
        if prefix is None or self.flow.write_paused:
            return False
        # A copy: the application may get the request as well.
        path = self.url.decode("latin-1")
        made = self._directly({**self.scope, "method": "POST", "path": path}, body)
        if made is None:
            return False
        self.transport.write(
            b"".join((STATUS_LINE[made.status], prefix, made.head, b"\r\n", made.body))
        )
        self.server_state.total_requests += 1
        self._release()
        return True

    def _begin_task(self) -> None:
        """Let the application answer a request of which the body was waited for."""
        body, self._short = self._short, None
        super().on_headers_complete()
        if body:
            super().on_body(bytes(body))

    def _release(self) -> None:
        """Hold nothing of the oldest request any longer."""
        if self._held:
            self._intake.give(self._held.popleft())
        self._rest()

    def _rest(self) -> None:
        if self._stage is _Stage.NONE and not self._held and not self.transport.is_closing():
            self._intake.idle[self] = None
            self._deadline = self.loop.time() + KEEP_ALIVE_SECONDS

    def _is_busy(self) -> bool:
        """Whether a request has a task and no complete response."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    # Refusing.

    def _hold(self, count: int) -> bool:
        """Hold more bytes of the newest request; `False` = it is refused."""
        if not self._intake.take(count):
            self._refuse(503, Reason.MEMORY, "Too much is under way.", b"retry-after: 1\r\n")
            return False
        self._held[-1] += count
        return True

    def _refuse_head(self) -> None:
        self._refuse(
            431,
            Reason.HEAD,
            f"There are more than {self._limits.headers} header lines, or more than"
            f" {self._limits.head} bytes of them.",
        )

    def _refuse_body(self) -> None:
        self._refuse(413, Reason.BODY, f"The body is larger than {self._limits.body} bytes.")
        raise _Stop

    def _refuse(self, status: int, reason: Reason, message: str, extra: bytes = b"") -> None:
        """Say why, take nothing more, and close."""
        self._intake.refused[reason] += 1
        busy = self._is_busy()
        # An answer out of order, or a second one, would be read as that of another request.
        own = bool(self._held) and (not busy or (self._stage is _Stage.BODY and not self.pipeline))
        started = busy and self.cycle.response_started
        self._stage = _Stage.REFUSED
        self._short = None
        if busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not own or started:
            self.transport.abort()
            return
        code = _CODES[status]
        body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
        head = b"content-type: application/json\r\ncontent-length: %d\r\n%s" % (len(body), extra)
        self.transport.write(b"%s%sconnection: close\r\n\r\n%s" % (STATUS_LINE[status], head, body))
        # Closed at once, the connection would be reset by what still arrives, and the answer lost.
        self._deadline = self.loop.time() + _LINGER_SECONDS
        if self.transport.can_write_eof():
            self.transport.write_eof()


def with_limits(intake: Intake) -> type[asyncio.Protocol]:
    """The protocol for uvicorn's configuration.

    Args:
        intake: Shared by all connections of the process.
    """
    # Uvicorn calls it as it would call the class.
    return cast("type[asyncio.Protocol]", partial(HttpProtocol, intake=intake))


def check_connections(connections: Collection[asyncio.Protocol], intake: Intake) -> None:
    """Close the connections that are late, and see what is unread; called every second.

    Args:
        connections: Those of the server.
        intake: Shared by them.
    """
    now = asyncio.get_running_loop().time()
    intake.unread = sum(
        one.check(now) for one in list(connections) if isinstance(one, HttpProtocol)
    )


_CODES: Final = {
    408: "TIMED_OUT",
    413: "BAD_REQUEST",
    431: "BAD_REQUEST",
    503: "OVERLOADED",
}


class _ServerHeaders:
    """The lines of the server's headers, which change once a second."""

    def __init__(self) -> None:
        self._of: list[tuple[bytes, bytes]] | None = None
        self._made: bytes | None = None

    def __call__(self, headers: list[tuple[bytes, bytes]]) -> bytes | None:
        """The lines; `None` = the server closes the connections."""
        if headers is not self._of:
            self._of = headers
            closes = any(name.lower() == b"connection" for name, _ in headers)
            self._made = None if closes else b"".join(b"%s: %s\r\n" % pair for pair in headers)
        return self._made


_server_headers = _ServerHeaders()
