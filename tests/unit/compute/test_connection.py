"""The ends of the socket: what a broken or slow other end means for callers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from shopx_api.compute import client as client_module
from shopx_api.compute import frames
from shopx_api.compute.call import Notes, Origin, Response
from shopx_api.compute.client import ComputeClient
from shopx_api.compute.connection import Connection
from shopx_api.compute.server import ComputeServer
from shopx_core.caching.cache_epoch import CacheEpoch

ASKED = Origin("POST", b"", [(b"accept", b"*/*")], b"{}")


class Computing:
    """Answers with as many bytes as the request says, when the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = 0

    async def respond(self, origin: Origin, _epoch: CacheEpoch | None, _seconds: float) -> Response:
        """Answer."""
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Response(200, [], b"x" * int(origin.query_string or b"5"), Notes())


@dataclass
class Pair:
    """Front and compute side in this process, over a pair of sockets."""

    client: ComputeClient
    computing: Computing
    connection: Connection
    other: socket.socket
    serving: asyncio.Task[None]

    async def ask(self, size: int = 5, seconds: float = 60) -> Response:
        """The response to one request."""
        origin = Origin("POST", b"%d" % size, ASKED.headers, ASKED.body)
        return await self.client.respond(origin, None, seconds)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)  # noqa: FBT003 -- the standard library's signature
    loop = asyncio.get_running_loop()
    client, computing = ComputeClient(lambda _: None), Computing()
    server = ComputeServer(computing, bytes, lambda _: None)
    connection = Connection(client.received, client.disconnect)
    await loop.create_connection(lambda: connection, sock=ours)
    await loop.create_connection(lambda: server.connection, sock=theirs)
    client.connect(connection)
    serving = asyncio.create_task(server.run())
    yield Pair(client, computing, connection, theirs, serving)
    connection.close()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def test_a_response_that_is_too_large_is_an_error_of_that_request_alone(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MAX_FRAME", 2000)
    large, small = await asyncio.gather(pair.ask(5000), pair.ask(7))
    assert large.status == 422
    assert b"too large" in large.body
    assert (small.status, small.body) == (200, b"x" * 7)


async def test_a_request_that_is_too_large_is_refused_before_it_is_sent(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MAX_FRAME", 600)
    origin = Origin("POST", b"5", [], b"x" * 1000)
    assert (await pair.client.respond(origin, None, 5)).status == 413
    assert (await pair.ask()).status == 200


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xff\xff\xff", b"\0\0\0\x09\x63\0\0\0\0\0\0\0\0", b"\0\0\0\x0b\x02\0\0\0\1\0\0\0\2{}"],
    ids=["oversized", "unknown-kind", "other-head"],
)
async def test_what_is_no_frame_ends_the_connection_and_its_callers_may_return(
    pair: Pair, raw: bytes
) -> None:
    """As when the other process is of another build, or its memory is damaged."""
    pair.computing.gate.clear()
    waiting = asyncio.create_task(pair.ask())
    await asyncio.sleep(0.01)
    pair.connection.data_received(raw)
    response = await asyncio.wait_for(waiting, 60)
    assert response.status == 503
    assert (b"retry-after", b"3") in response.headers
    assert (await pair.ask()).status == 503
    await asyncio.wait_for(asyncio.shield(pair.serving), 60)
    assert pair.computing.cancelled == 1


async def test_a_process_that_does_not_answer_costs_its_time_limit(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the work is cancelled there."""
    monkeypatch.setattr(client_module, "_GRACE", 0.0)
    pair.computing.gate.clear()
    response = await asyncio.wait_for(pair.ask(seconds=0.05), 60)
    assert response.status == 503
    assert b"TIMED_OUT" in response.body
    await asyncio.sleep(0.01)
    assert pair.computing.cancelled == 1
    pair.computing.gate.set()
    assert (await pair.ask()).status == 200


async def test_many_responses_arrive_at_their_callers(pair: Pair) -> None:
    """In whatever order."""
    sizes = [1 + n * 1000 % 70_001 for n in range(60)]
    responses = await asyncio.gather(*(pair.ask(size) for size in sizes))
    assert [len(response.body) for response in responses] == sizes
