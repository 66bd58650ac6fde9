"""An open-loop load generator: requests leave when they are due, however slow the answers are."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

CONNECTIONS = 256
LONGEST = 60.0
"""Seconds that the last answers may take."""

Sent = tuple[str, bytes]
"""The kind of a request, by which its latency is reported, and its body."""


@dataclass
class Result:
    """The answers."""

    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    """Seconds from when each request was due, not from when it was sent; by kind and status."""
    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Connections lost, and answers with status 200 that carry errors."""

    def values(self, kind: str = "", status: int | None = None) -> list[float]:
        """Latencies in seconds, of one kind and one status, or of all."""
        return [
            value
            for name, values in self.latencies.items()
            if name.startswith(f"{kind} " if kind else "")
            and (status is None or name.endswith(f" {status}"))
            for value in values
        ]

    def percentile(self, share: float, kind: str = "", status: int | None = None) -> float:
        """Milliseconds within which a share of the requests was answered."""
        values = sorted(self.values(kind, status))
        return values[min(len(values) - 1, int(share * len(values)))] * 1000 if values else 0.0

    @property
    def errors(self) -> int:
        """Requests without a good answer."""
        return self.broken + sum(n for status, n in self.statuses.items() if status != 200)


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._buffer = b""
        self._due = 0.0
        self._kind = ""
        self._busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no common class.
        self.transport = cast("asyncio.Transport", transport)

    def send(self, kind: str, request: bytes, due: float) -> None:
        assert self.transport is not None
        self._kind, self._due, self._busy = kind, due, True
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
        result = self._load.result
        result.outcomes[fields.get(b"x-cache", b"none").decode()] += 1
        result.statuses[status] += 1
        result.broken += status == 200 and b'"errors":' in body
        self._load.answered(self, f"{self._kind} {status}", self._due)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._load.lost(self, busy=self._busy)


class _Load:
    def __init__(self, port: int) -> None:
        self._port = port
        self._free: deque[_Connection] = deque()
        self._late: deque[tuple[str, bytes, float]] = deque()
        self._open = 0
        self._ended = False
        self.done = asyncio.Event()
        self.result = Result()

    async def connect(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, made = await loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", self._port
            )
            self._free.append(made)

    def ask(self, sent: Sent, due: float) -> None:
        self._open += 1
        kind, body = sent
        if self._free:
            self._free.popleft().send(kind, request(self._port, body), due)
        else:
            self._late.append((kind, request(self._port, body), due))

    def answered(self, connection: _Connection, name: str, due: float) -> None:
        self.result.latencies.setdefault(name, []).append(time.perf_counter() - due)
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

    def end(self) -> None:
        """Nothing more is asked."""
        self._ended = True
        if not self._open:
            self.done.set()

    def _settle(self) -> None:
        self._open -= 1
        if self._ended and not self._open:
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


def offer(
    port: int, sending: Iterator[Sent], rate: float, seconds: float, width: int = CONNECTIONS
) -> Result:
    """Send requests at a steady rate, and wait for the last answer.

    Args:
        port: Where the API listens.
        sending: What to send, in order; made as it is sent.
        rate: Requests a second; `inf` = as soon as a connection is free, for `seconds`.
        seconds: How long.
        width: Connections.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_offer(port, sending, rate, seconds, width))


async def _offer(
    port: int, sending: Iterator[Sent], rate: float, seconds: float, width: int
) -> Result:
    load = _Load(port)
    await load.connect(width)
    start = time.perf_counter()
    sent = 0
    while (now := time.perf_counter()) < start + seconds:
        if rate == float("inf"):
            while load._free:  # noqa: SLF001 -- of this module
                load.ask(next(sending), now)
        else:
            while sent < rate * (now - start):
                load.ask(next(sending), start + sent / rate)
                sent += 1
        await asyncio.sleep(0.001)
    load.end()
    async with asyncio.timeout(LONGEST):
        await load.done.wait()
    load.result.seconds = time.perf_counter() - start
    load.close()
    return load.result
