"""HTTP as no client library speaks it: smuggling, pipelining, slow and silent connections."""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.api import settings_for
from tests.support.cached_app import until
from tests.support.postgres import PostgresServer, free_port
from tests.support.raw_http import HIDDEN, QUERY, SMUGGLING, Variant, post, send, statuses

pytestmark = pytest.mark.timeout(600)

LONG = bool(os.environ.get("SHOPX_HOSTILE_LONG"))
CONNECTIONS = 10_000 if LONG else 500
SLOW = 200 if LONG else 50
PATIENCE = 10.0
"""Seconds within which a caller has its answer whatever others do, on a slow machine too."""
MEMORY_OF_A_CONNECTION = 40 * 1024
JUNK = b"X-Junk: " + b"j" * 30_000
"""A header line that is just let in."""
FOUND = (
    b'{"query":"query($a:String){filterOptions(dimension:REGION,search:$a){nodes{id}}}",'
    b'"variables":{"a":"%d"}}'
)
QUERIES = 4_000 if LONG else 600
BODIES, BODY = 60, 4_000_000
MEBIBYTE = 1024**2
ALONE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
ASKED = post(b"Content-Length: %d" % len(QUERY), body=QUERY)


@dataclass(frozen=True, slots=True)
class Unit:
    """An API unit as it runs in production."""

    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> int:
        """Bytes that its front has."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def whole_memory(self) -> int:
        """Bytes that the front and its compute process have."""
        front = psutil.Process(self.process.pid)
        return int(sum(one.memory_info().rss for one in (front, *front.children())))

    def sockets(self) -> int:
        """Files that its front has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    async def serves(self) -> float:
        """Seconds that a caller waits for a query's answer."""
        began = time.monotonic()
        closing = post(b"Connection: close", b"Content-Length: %d" % len(QUERY), body=QUERY)
        assert statuses(await send(self.port, closing)) == [200]
        return time.monotonic() - began


@pytest.fixture(scope="module")
def unit(pg_server: PostgresServer) -> Iterator[Unit]:
    """Ready, without any sale."""
    database = pg_server.migrated()
    port = free_port()
    made = settings_for(database.dsn, api={"port": port}).to_env()
    process = subprocess.Popen([sys.executable, "-m", "shopx_api"], env={**os.environ, **made})
    try:
        for _ in range(450):
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5),
            ):
                break
            time.sleep(0.2)
        yield Unit(port, process)
    finally:
        process.terminate()
        process.wait(60)
    pg_server.drop(database)


@pytest.mark.parametrize("variant", SMUGGLING, ids=[one.name for one in SMUGGLING])
async def test_what_two_servers_could_read_differently_is_refused(
    unit: Unit, variant: Variant
) -> None:
    """With one 400; what follows on the connection is not read as a request."""
    answer = await send(unit.port, variant.request + HIDDEN, seconds=PATIENCE)
    assert statuses(answer) == [400]
    assert b"\r\n\r\nok\n" not in answer


@pytest.mark.parametrize("size", [1, 7, 4096])
async def test_variants_in_pieces_are_refused_too(unit: Unit, size: int) -> None:
    """Wherever the network cuts them."""
    for variant in SMUGGLING[:4]:
        reader, writer = await asyncio.open_connection("127.0.0.1", unit.port)
        data = variant.request
        with contextlib.suppress(ConnectionError):
            for start in range(0, len(data), size):
                writer.write(data[start : start + size])
                await writer.drain()
                await asyncio.sleep(0)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(PATIENCE):
                answer = await reader.read()
        writer.transport.abort()
        assert statuses(answer) in ([400], [])


async def test_pipelined_requests_are_answered_in_order(unit: Unit) -> None:
    """Each once; the connection ends with the one that says so."""
    many = 64
    answer = await send(unit.port, (ASKED + HIDDEN) * many + ALONE, seconds=30)
    assert statuses(answer) == [200] * (2 * many + 1)
    parts = [b"ok\n" if part.endswith(b"ok\n") else b"{" for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert parts == [b"{", b"ok\n"] * many + [b"ok\n"]


async def test_a_refusal_ends_a_pipeline(unit: Unit) -> None:
    """What comes after it was perhaps never meant as a request."""
    answer = await send(unit.port, ASKED + b"GET / HTTP/1.1\r\nA : b\r\n\r\n" + HIDDEN, seconds=5)
    # The refusal may overtake the answer before it, and closes the connection.
    assert statuses(answer) in ([200, 400], [400])


@pytest.mark.parametrize(
    "start",
    [
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-A: ",
        post(b"Content-Length: 4000000"),
        post(b"Transfer-Encoding: chunked", body=b"ffff\r\n"),
    ],
    ids=["headers", "body", "chunk"],
)
async def test_slow_senders_delay_nobody(unit: Unit, start: bytes) -> None:
    """Each has begun a request and sends a byte now and then."""
    connections = [await asyncio.open_connection("127.0.0.1", unit.port) for _ in range(SLOW)]
    try:
        for _, writer in connections:
            writer.write(start)
        for _ in range(5):
            for _, writer in connections:
                with contextlib.suppress(ConnectionError):
                    writer.write(b"a")
            assert await unit.serves() < PATIENCE
            await asyncio.sleep(0.1)
    finally:
        for _, writer in connections:
            writer.transport.abort()


def asked(number: int) -> bytes:
    """A request that was never sent before, with a long header line."""
    body = FOUND % number
    return post(b"Content-Length: %d" % len(body), JUNK, body=body)


async def test_headers_of_answered_requests_are_not_kept(unit: Unit) -> None:
    """Each request is another one, so that its answer is kept; what came with it is not."""

    async def ask(first: int, number: int) -> None:
        for start in range(first, first + number, 50):
            requests = b"".join(asked(one) for one in range(start, start + 50))
            answer = await send(unit.port, requests + ALONE, seconds=60)
            assert statuses(answer) == [200] * 51

    await ask(0, 200)
    before = unit.whole_memory()
    await ask(1_000, QUERIES)
    assert unit.whole_memory() - before < QUERIES * len(JUNK) / 2


async def test_a_header_of_a_megabyte_is_refused_unread(unit: Unit) -> None:
    """405 of them once took a pod's memory."""
    before = unit.whole_memory()
    for _ in range(405):
        long = post(b"Content-Length: 26", b"X-Junk: " + b"j" * MEBIBYTE, body=QUERY)
        assert statuses(await send(unit.port, long, seconds=PATIENCE)) in ([431], [])
    assert unit.whole_memory() - before < 32 * MEBIBYTE
    assert await unit.serves() < PATIENCE


async def test_bodies_of_strangers_hold_no_memory(unit: Unit) -> None:
    """What is under way has a limit of bytes for all of it, and is let go when its time is over."""
    before = unit.whole_memory()
    start = post(b"Content-Length: %d" % BODY, body=b" " * (BODY - 1))
    connections = [await asyncio.open_connection("127.0.0.1", unit.port) for _ in range(BODIES)]
    try:
        for _, writer in connections:
            writer.write(start)
        highest = 0
        for _ in range(20):
            await asyncio.sleep(0.1)
            highest = max(highest, unit.whole_memory())
            assert await unit.serves() < PATIENCE
        assert highest - before < BODIES * BODY / 3
    finally:
        for _, writer in connections:
            writer.transport.abort()


async def test_connections_that_say_nothing_cost_little(unit: Unit) -> None:
    """Thousands opened and left: callers are served, memory is bounded, and it all comes back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, CONNECTIONS + 500) if hard != resource.RLIM_INFINITY else CONNECTIONS + 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    memory, sockets = unit.memory(), unit.sockets()
    writers: list[asyncio.StreamWriter] = []
    try:
        while len(writers) < CONNECTIONS:
            batch = (asyncio.open_connection("127.0.0.1", unit.port) for _ in range(100))
            found = await asyncio.gather(*batch, return_exceptions=True)
            writers += [pair[1] for pair in found if not isinstance(pair, BaseException)]
            if len(writers) % 500 == 0:
                assert await unit.serves() < PATIENCE
        assert await unit.serves() < PATIENCE
        assert unit.memory() - memory < CONNECTIONS * MEMORY_OF_A_CONNECTION + 16 * 1024**2
    finally:
        for writer in writers:
            writer.transport.abort()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    async def closed() -> bool:
        return unit.sockets() <= sockets + 20

    await until(closed, 30)
    assert await unit.serves() < PATIENCE
