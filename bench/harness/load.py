"""An open-loop load generator: requests leave when they are due, however slow the answers are."""

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import cast

import uvloop

CONNECTIONS = 256


@dataclass
class Result:
    """The answers."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """Seconds from when each request was due, not from when it was sent."""
    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Connections lost, and answers that carry errors."""
    by_outcome: dict[str, list[float]] = field(default_factory=dict)

    def percentile(self, share: float, outcome: str | None = None) -> float:
        """Milliseconds within which a share of the requests was answered."""
        values = sorted(self.latencies if outcome is None else self.by_outcome.get(outcome, []))
        return values[min(len(values) - 1, int(share * len(values)))] * 1000 if values else 0.0

    def share(self, *outcomes: str) -> float:
        """The part of the requests with one of the outcomes."""
        return sum(self.outcomes[name] for name in outcomes) / max(1, len(self.latencies))


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
        outcome = fields.get(b"x-cache", b"none").decode()
        self._load.answered(self, self._due, status, outcome, broken=b'"errors":' in body)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._load.lost(self, busy=self._busy)


class _Load:
    def __init__(self, port: int, expected: int) -> None:
        self._port = port
        self._free: deque[_Connection] = deque()
        self._late: deque[tuple[bytes, float]] = deque()
        self._left = expected
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
        self._left -= 1
        if self._left == 0:
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


def offer(port: int, bodies: list[bytes], rate: float) -> Result:
    """Send requests at a steady rate, and wait for the last answer.

    Args:
        port: Where the API listens.
        bodies: What to send, in order.
        rate: Requests a second.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_offer(port, bodies, rate))


async def _offer(port: int, bodies: list[bytes], rate: float) -> Result:
    load = _Load(port, len(bodies))
    await load.connect(CONNECTIONS)
    requests = [request(port, body) for body in bodies]
    start = time.perf_counter()
    at = 0
    while at < len(requests):
        now = time.perf_counter()
        while at < len(requests) and start + at / rate <= now:
            load.ask(requests[at], start + at / rate)
            at += 1
        await asyncio.sleep(0.001)
    async with asyncio.timeout(60):
        await load.done.wait()
    load.result.seconds = time.perf_counter() - start
    load.close()
    return load.result
