"""Direct answers are what the application would have sent; what exceeds a limit is refused."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
import uvicorn

from shopx_api.asgi import Prepared, Receive, Scope, Send
from shopx_api.server.access_log import AccessLog
from shopx_api.server.graceful_shutdown import Server
from shopx_api.server.http_protocol import MAX_DIRECT_BODY, HttpProtocol, with_limits
from shopx_api.server.intake import Intake, IntakeLimits, Reason

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5"), (b"x-cache", b"hit-l0")]
HEAD = b"".join(b"%s: %s\r\n" % pair for pair in HEADERS)
LIMITS = IntakeLimits(body=100_000, head=4096, headers=20, connections=8, held=250_000)


class App:
    """Answers "hello": at `/direct` directly, unless the body is "task"; notes how."""

    def __init__(self) -> None:
        self.how: list[str] = []
        self.bodies: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.answer = b"hello"

    def directly(self, scope: Scope, body: bytes) -> Prepared | None:
        """Answer at once."""
        if scope["path"] == "/broken":
            raise RuntimeError("a defect")
        if scope["path"] != "/direct" or body == b"task":
            # The scope is a copy.
            scope["headers"], scope["client"] = [], None
            return None
        self.how.append("direct")
        head = HEAD.replace(b"h: 5", b"h: %d" % len(self.answer))
        return Prepared(200, head, self.answer, "hit-l0")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = b""
        while scope["path"] != "/early":
            message = await receive()
            if message["type"] == "http.disconnect":
                self.how.append("gone")
                return
            body += message["body"]
            if not message["more_body"]:
                break
        await self.gate.wait()
        self.how.append("task")
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b"hello"})


class Served:
    """A server on loopback with that application behind the access log."""

    def __init__(self, app: App, intake: Intake, log: io.StringIO) -> None:
        self.app = app
        self.intake = intake
        self.log = log
        self.accepted = asyncio.Event()
        """Set by a new connection."""
        protocol: Any = with_limits(intake)

        def accept(**options: Any) -> Any:
            self.accepted.set()
            return protocol(**options)

        config = uvicorn.Config(
            AccessLog(app, stream=log),
            http=cast("type[asyncio.Protocol]", accept),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
        )
        self.server = Server(config, intake, 0.0)
        self.port = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection, which the server has noticed."""
        self.accepted.clear()
        made = await asyncio.open_connection("127.0.0.1", self.port)
        await self.accepted.wait()
        await asyncio.sleep(0.01)
        return made

    async def ask(self, *parts: bytes, pause: float = 0.0) -> bytes:
        """Send bytes over one connection; returns all bytes until it is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        return answer

    @property
    def connections(self) -> list[HttpProtocol]:
        """The open connections."""
        return [
            one for one in self.server.server_state.connections if isinstance(one, HttpProtocol)
        ]

    def check(self, seconds: float) -> None:
        """Look after the connections as if so many seconds had passed."""
        for one in self.connections:
            one.check(asyncio.get_running_loop().time() + seconds)


@pytest.fixture
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    limits: IntakeLimits = getattr(request, "param", LIMITS)
    made = Served(App(), Intake(limits), io.StringIO())
    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    made.port = own.getsockname()[1]
    serving = asyncio.create_task(made.server.serve([own]))
    while not made.server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield made
    made.app.gate.set()
    for connection in made.connections:
        connection.transport.abort()
    made.server.should_exit = True
    await serving
    assert made.intake.held == 0
    assert not made.intake.idle


def _post(path: str, body: bytes = b"x", *more: bytes, close: bool = False) -> bytes:
    lines = [b"host: x", b"x-request-id: one", b"content-length: %d" % len(body), *more]
    lines += [b"connection: close"] if close else []
    return b"POST %s HTTP/1.1\r\n%s\r\n\r\n%s" % (path.encode(), b"\r\n".join(lines), body)


def _chunked(path: str, *chunks: bytes, close: bool = False) -> bytes:
    ending = b"connection: close\r\n" if close else b""
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n".encode()
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return head + ending + b"\r\n" + body


LAST = _post("/task", b"x", close=True)


def _parts(answer: bytes) -> list[tuple[bytes, set[bytes], bytes]]:
    """Status line, other lines but the date, and body of each response of 5 bytes."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        found.append((status, {one for one in lines if not one.startswith(b"date")}, rest[:5]))
        answer = rest[5:]
    return found


def _status(answer: bytes) -> int:
    return int(answer[9:12])


async def test_a_direct_answer_is_what_the_application_sends(served: Served) -> None:
    """In any order on one connection, with the same id and the same line in the access log."""
    answer = await served.ask(
        *(_post("/task"), _post("/direct"), _post("/direct"), _post("/direct", b"task"), LAST),
        pause=0.02,
    )
    *others, last = _parts(answer)
    assert served.app.how == ["task", "direct", "direct", "task", "task"]
    assert served.app.bodies == [b"x", b"task", b"x"]
    assert others == [others[0]] * 4
    assert others[0][2] == b"hello"
    assert b"x-request-id: one" in others[0][1]
    assert last == (others[0][0], others[0][1] | {b"connection: close"}, b"hello")
    lines = [json.loads(line) for line in served.log.getvalue().splitlines()]
    kept = [{k: v for k, v in one.items() if k not in {"ms", "timestamp", "path"}} for one in lines]
    assert len(kept) == 5
    assert kept == [kept[0]] * 5


@pytest.mark.parametrize("size", [1, 7, 60])
async def test_a_request_may_arrive_in_pieces(served: Served, size: int) -> None:
    whole = _post("/direct", b"y" * 40) + _post("/direct", b"task") + LAST
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    answer = await served.ask(*pieces, pause=0.0002)
    assert [part[2] for part in _parts(answer)] == [b"hello"] * 3
    assert served.app.how == ["direct", "task", "task"]
    assert served.app.bodies == [b"task", b"x"]


async def test_answers_keep_the_order_of_their_requests(served: Served) -> None:
    """A direct answer does not overtake one that takes longer."""
    served.app.gate.clear()
    asking = asyncio.create_task(served.ask(_post("/task", b"first"), _post("/direct"), LAST))
    await asyncio.sleep(0.05)
    assert served.app.how == []
    served.app.gate.set()
    assert len(_parts(await asking)) == 3
    assert served.app.bodies == [b"first", b"x", b"x"]


@pytest.mark.parametrize(
    "request_",
    [
        _post("/direct", close=True),
        _post("/direct", b"z" * (MAX_DIRECT_BODY + 1), close=True),
        _post("/direct", b"x", b"expect: 100-continue", close=True),
        b"GET /direct HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        _post("/direct").replace(b"HTTP/1.1", b"HTTP/1.0"),
        _chunked("/direct", b"x", close=True),
    ],
    ids=["closes", "long", "expects", "get", "http-1.0", "chunked"],
)
async def test_any_other_request_gets_the_application(served: Served, request_: bytes) -> None:
    answer = await served.ask(request_)
    assert served.app.how == ["task"]
    assert answer.endswith(b"hello")


async def test_a_defect_of_the_direct_answer_is_not_the_callers(served: Served) -> None:
    assert _status(await served.ask(_post("/broken"), LAST)) == 200
    assert served.app.how == ["task", "task"]


async def test_a_stopping_server_closes_its_connections(served: Served) -> None:
    state = served.server.server_state
    headers = [*state.default_headers, (b"connection", b"close")]
    state.default_headers = headers
    _, writer = await served.connect()
    writer.close()
    state.default_headers = headers
    answer = await served.ask(_post("/direct"))
    assert served.app.how == ["task"]
    assert b"connection: close" in answer


async def test_a_client_that_does_not_read_gets_no_more_direct_answers(served: Served) -> None:
    """And is disconnected after a while."""
    served.app.answer = b"a" * 1_000_000
    reader, writer = await served.connect()
    connection = served.connections[0]
    for _ in range(40):
        writer.write(_post("/direct"))
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert connection.flow.write_paused
    assert served.app.how.count("direct") < 40
    assert connection.check(0.0) > 0
    served.check(29.0)
    served.check(31.0)
    await asyncio.sleep(0.05)
    assert served.intake.refused[Reason.SLOW] in {0, 1}
    served.check(1000.0)
    await asyncio.sleep(0.05)
    assert served.intake.refused == {Reason.SLOW: 1}
    assert served.connections == []
    writer.close()
    del reader


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (_post("/direct", b"x", *[b"x-%d: 1" % n for n in range(30)]), 431, Reason.HEAD),
        (_post("/direct", b"x", b"x-junk: " + b"j" * 5000), 431, Reason.HEAD),
        (b"POST /direct HTTP/1.1\r\nx-junk: " + b"j" * 9000, 431, Reason.HEAD),
        (b"GET /" + b"u" * 5000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431, Reason.HEAD),
        (b"POST /task HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\n", 413, Reason.BODY),
        (
            _chunked("/task", *[b"b" * 50_000] * 3),
            413,
            Reason.BODY,
        ),
    ],
    ids=["lines", "long-line", "endless-line", "url", "announced", "chunked"],
)
async def test_what_is_too_large_is_refused(
    served: Served, request_: bytes, status: int, reason: Reason
) -> None:
    answer = await served.ask(request_)
    assert _status(answer) == status
    assert b"connection: close" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["message"]
    assert served.intake.refused == {reason: 1}
    assert "direct" not in served.app.how
    assert "task" not in served.app.how


async def test_an_endless_line_in_pieces_is_refused_when_it_is_too_long(served: Served) -> None:
    """And one that is just short enough is not."""
    short = _post("/direct", b"x", b"x-junk: " + b"j" * 3500)
    answer = await served.ask(*[short[at : at + 500] for at in range(0, len(short), 500)], LAST,
                              pause=0.001)  # fmt: skip
    assert len(_parts(answer)) == 2
    pieces = [b"POST /direct HTTP/1.1\r\nx-junk: ", *[b"j" * 500] * 12]
    assert _status(await served.ask(*pieces, pause=0.001)) == 431


@pytest.mark.parametrize(
    ("sent", "seconds", "status"),
    [
        (b"", 61, None),
        (b"POST /direct HTTP/1.1\r\nhost: ", 11, 408),
        (b"POST /direct HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc", 31, 408),
        (b"POST /task HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\nabc", 31, 408),
        (_post("/direct"), 3631, None),
        (_post("/task"), 3631, None),
    ],
    ids=["nothing", "head", "short-body", "body", "after-direct", "after-task"],
)
async def test_a_connection_is_closed_when_its_time_is_over(
    served: Served, sent: bytes, seconds: float, status: int | None
) -> None:
    """And not before."""
    reader, writer = await served.connect()
    writer.write(sent)
    await asyncio.sleep(0.05)
    served.check(seconds - 2)
    await asyncio.sleep(0.01)
    assert len(served.connections) == 1
    assert served.intake.refused.total() == 0
    served.check(seconds)
    answer = await asyncio.wait_for(reader.read(), 60)
    if status is None:
        assert served.intake.refused == {Reason.IDLE: 1}
    else:
        assert _status(answer) == status
        assert served.intake.refused == {Reason.SLOW: 1}
    writer.close()


async def test_what_follows_an_early_answer_is_dropped_and_never_answered_again(
    served: Served,
) -> None:
    """An application may answer before it has read the body."""
    reader, writer = await served.connect()
    writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\n")
    assert _status(await reader.readuntil(b"hello")) == 200
    writer.write(b"b" * 80_000)
    await asyncio.sleep(0.05)
    assert served.intake.held == 0
    writer.write(b"b" * 10_000 + _post("/direct"))
    assert _status(await reader.readuntil(b"hello")) == 200
    writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\n")
    assert _status(await reader.readuntil(b"hello")) == 200
    served.check(31)
    assert await asyncio.wait_for(reader.read(), 60) == b""
    assert served.intake.refused == {Reason.SLOW: 1}
    writer.close()


async def test_a_request_that_is_answered_has_no_time_limit_here(served: Served) -> None:
    """The application has its own."""
    served.app.gate.clear()
    reader, writer = await served.connect()
    writer.write(_post("/task"))
    await asyncio.sleep(0.05)
    served.check(3000)
    served.app.gate.set()
    assert _status(await reader.readuntil(b"hello")) == 200
    writer.close()


async def test_a_refused_client_that_stays_is_disconnected(served: Served) -> None:
    reader, writer = await served.connect()
    writer.write(b"POST /task HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\n")
    assert _status(await asyncio.wait_for(reader.read(), 60)) == 413
    writer.write(b"b" * 1000)
    served.check(3)
    await asyncio.sleep(0.05)
    assert served.connections == []
    writer.close()


async def test_a_further_connection_takes_the_place_of_the_longest_idle(served: Served) -> None:
    first = await served.connect()
    others = [await served.connect() for _ in range(LIMITS.connections - 1)]
    # A request makes it the least idle.
    first[1].write(_post("/direct"))
    await first[0].readuntil(b"hello")
    further = await served.connect()
    assert await asyncio.wait_for(others[0][0].read(), 60) == b""
    further[1].write(LAST)
    assert _status(await further[0].read()) == 200
    assert served.intake.refused == {Reason.IDLE: 1}
    first[1].write(LAST)
    assert _status(await first[0].read()) == 200
    for _, writer in (first, further, *others):
        writer.close()


async def test_a_further_connection_is_refused_where_none_is_idle(served: Served) -> None:
    served.app.gate.clear()
    busy = [await served.connect() for _ in range(LIMITS.connections)]
    for _, writer in busy:
        writer.write(_post("/task"))
    await asyncio.sleep(0.05)
    further = await served.connect()
    assert await asyncio.wait_for(further[0].read(), 60) == b""
    assert served.intake.refused == {Reason.CONNECTIONS: 1}
    served.app.gate.set()
    for reader, _ in busy:
        assert _status(await reader.readuntil(b"hello")) == 200
    for _, writer in (further, *busy):
        writer.close()


async def test_all_requests_together_hold_no_more_than_they_may(served: Served) -> None:
    """Bodies that are under way count, and what is answered does not."""
    served.app.gate.clear()
    head = b"POST /task HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\n"
    slow = [await served.connect() for _ in range(4)]
    for _, writer in slow:
        writer.write(head + b"b" * 80_000)
    answers = [asyncio.create_task(reader.read(12)) for reader, _ in slow]
    done, waiting = await asyncio.wait(answers, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    assert [_status(one.result()) for one in done] == [503]
    assert served.intake.refused == {Reason.MEMORY: 1}
    assert served.intake.held <= LIMITS.held
    for _, writer in slow:
        writer.close()
    await asyncio.gather(*waiting)
    served.app.gate.set()
    await asyncio.sleep(0.05)
    assert served.intake.held == 0
    assert _status(await served.ask(_post("/direct"), LAST)) == 200


@pytest.mark.parametrize("served", [replace(LIMITS, held=3000)], indirect=True)
async def test_heads_count_as_well(served: Served) -> None:
    first = await served.connect()
    first[1].write(b"POST /task HTTP/1.1\r\nx-junk: " + b"j" * 2500)
    await asyncio.sleep(0.05)
    assert 2500 <= served.intake.held <= 3000
    assert _status(await served.ask(_post("/task", b"x", b"x-junk: " + b"j" * 1000))) == 503
    first[1].close()


async def test_unread_responses_count_as_well(served: Served) -> None:
    served.intake.unread = LIMITS.held
    assert _status(await served.ask(_post("/direct"))) == 503
    served.intake.unread = 0
    assert _status(await served.ask(_post("/direct"), LAST)) == 200
