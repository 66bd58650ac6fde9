"""Load generators: open loop (requests leave when they are due), closed loop, slow connections."""

import asyncio
import contextlib
import multiprocessing
import resource
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import cast

import uvloop

CONNECTIONS = 256
_ANSWER_SECONDS = 60
"""How long the last answers are waited for."""


@dataclass
class Result:
    """The answers."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """Seconds from when each request was due, not from when it was sent."""
    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Connections lost, answers that carry errors, and requests without an answer."""
    by_outcome: dict[str, list[float]] = field(default_factory=dict)

    def percentile(self, share: float, *outcomes: str) -> float:
        """Milliseconds within which a share of the requests was answered; 0 without any."""
        values = (
            sorted(value for name in outcomes for value in self.by_outcome.get(name, ()))
            if outcomes
            else sorted(self.latencies)
        )
        return values[min(len(values) - 1, int(share * len(values)))] * 1000 if values else 0.0

    def share(self, *outcomes: str) -> float:
        """The part of the requests with one of the outcomes."""
        return sum(self.outcomes[name] for name in outcomes) / max(1, len(self.latencies))

    @property
    def succeeded(self) -> int:
        """Answers with status 200."""
        return self.statuses[200]

    @property
    def errors(self) -> int:
        """Requests without a good answer."""
        return self.broken + sum(n for status, n in self.statuses.items() if status != 200)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


@dataclass(frozen=True)
class Stream:
    """Requests that are offered at a steady rate, over connections of their own.

    Attributes:
        port: Where the API listens.
        bodies: What to send, in order.
        rate: Requests a second.
        connections: Requests that may be under way; the others wait, and their latency counts.
    """

    port: int
    bodies: Sequence[bytes]
    rate: float
    connections: int = CONNECTIONS


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._buffer = b""
        self._due = 0.0
        self._busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no common class.
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float) -> None:
        assert self.transport is not None
        self._due, self._busy = due, True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        fields = dict(
            line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
        )
        if len(body) < int(fields[b"content-length"]):
            return
        self._buffer, self._busy = b"", False
        status = int(head[9:12])
        outcome = fields.get(b"x-cache", b"none").decode() if status == 200 else str(status)
        broken = status == 200 and b'"errors":' in body
        self._load.answered(self, self._due, status, outcome, broken=broken)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._load.lost(self, busy=self._busy)


class _Load:
    def __init__(self, port: int, expected: int) -> None:
        self._port = port
        self._free: deque[_Connection] = deque()
        self._late: deque[tuple[bytes, float]] = deque()
        self.left = expected
        self.done = asyncio.Event()
        self.result = Result()

    async def connect(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, made = await loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", self._port
            )
            self._free.append(made)

    def ask(self, request: bytes, due: float) -> None:
        if self._free:
            self._free.popleft().send(request, due)
        else:
            self._late.append((request, due))

    def answered(
        self, connection: _Connection, due: float, status: int, outcome: str, *, broken: bool
    ) -> None:
        took = time.perf_counter() - due
        result = self.result
        result.latencies.append(took)
        result.by_outcome.setdefault(outcome, []).append(took)
        result.outcomes[outcome] += 1
        result.statuses[status] += 1
        result.broken += broken
        self._settle()
        if self._late:
            connection.send(*self._late.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: _Connection, *, busy: bool) -> None:
        if busy:
            self.result.broken += 1
            self._settle()
        elif connection in self._free:
            self._free.remove(connection)

    def _settle(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.done.set()

    def close(self) -> None:
        for connection in list(self._free):
            if connection.transport is not None:
                connection.transport.abort()


def request(port: int, body: bytes) -> bytes:
    """The bytes of one HTTP request."""
    return (
        b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n"
        b"accept: application/graphql-response+json,application/json;q=0.9\r\n"
        b"accept-encoding: identity\r\ncontent-length: %d\r\n\r\n%s" % (port, len(body), body)
    )


def offer(port: int, bodies: Sequence[bytes], rate: float) -> Result:
    """Send requests at a steady rate, and wait for the last answer.

    Args:
        port: Where the API listens.
        bodies: What to send, in order.
        rate: Requests a second.
    """
    (result,) = offer_all([Stream(port, bodies, rate)])
    return result


def offer_all(streams: Sequence[Stream]) -> list[Result]:
    """Offer several streams at once, each at its own rate; returns their results."""
    _allow_files(sum(stream.connections for stream in streams) + 512)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_offer_all(streams))


def offer_apart(first: Stream, second: Stream) -> tuple[Result, Result]:
    """Offer two streams at once, each from a process of its own.

    So the answers to one are not noticed late because of the other.
    """
    # Forked: the bodies are there already.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as other:
        offering = other.submit(offer_all, [second])
        (result,) = offer_all([first])
        (beside,) = offering.result()
    return result, beside


async def _offer_all(streams: Sequence[Stream]) -> list[Result]:
    return list(await asyncio.gather(*(_offer(stream) for stream in streams)))


async def _offer(stream: Stream) -> Result:
    load = _Load(stream.port, len(stream.bodies))
    await load.connect(stream.connections)
    requests = [request(stream.port, body) for body in stream.bodies]
    start = time.perf_counter()
    at = 0
    while at < len(requests):
        now = time.perf_counter()
        while at < len(requests) and start + at / stream.rate <= now:
            load.ask(requests[at], start + at / stream.rate)
            at += 1
        await asyncio.sleep(0.001)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await load.done.wait()
    except TimeoutError:
        load.result.broken += load.left
    load.result.seconds = time.perf_counter() - start
    load.close()
    return load.result


def closed(stream: Stream, background: Stream) -> Result:
    """Send a stream's bodies as fast as they are answered, while a background is offered.

    Args:
        stream: The requests; `rate` is not used, `connections` are always busy.
        background: Offered meanwhile at its own rate.
    """
    unlimited = Stream(stream.port, stream.bodies, 1e9, stream.connections)
    return offer_all([unlimited, background])[0]


@contextlib.contextmanager
def held_connections(port: int, *, idle: int, slow: int) -> Iterator[None]:
    """Keep connections open that send nothing, and some that stop in the middle of a header.

    Args:
        port: Where the API listens.
        idle: Connections without a request.
        slow: Connections that stop in the middle of a header.
    """
    _allow_files(idle + slow + 1024)
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(idle + slow)]
    for connection in held[idle:]:
        connection.sendall(b"POST /graphql HTTP/1.1\r\nhost: slow\r\nx-slow: ")
    try:
        yield
    finally:
        for connection in held:
            connection.close()


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
