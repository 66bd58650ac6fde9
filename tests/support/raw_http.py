"""Bytes on a socket to a server, as no client library would send them."""

import asyncio
import contextlib
from dataclasses import dataclass

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""A request that must not be answered where it is within another one."""
QUERY = b'{"query":"{ __typename }"}'


@dataclass(frozen=True, slots=True)
class Variant:
    """A malformed or ambiguous request."""

    name: str
    request: bytes


def post(*lines: bytes, body: bytes = b"", end: bytes = b"\r\n") -> bytes:
    """A POST to the GraphQL path with the given header lines."""
    head = (b"POST /graphql HTTP/1.1", b"Host: localhost", b"Content-Type: application/json")
    return end.join((*head, *lines, b"", b"")) + body


def chunked(*chunks: bytes, first: bytes = b"Transfer-Encoding: chunked") -> bytes:
    """A chunked POST whose body is the given bytes as they are."""
    return post(first, body=b"".join(chunks))


_SIZE = b"%x\r\n%s\r\n0\r\n\r\n" % (len(QUERY), QUERY)
_LENGTH = b"Content-Length: %d" % len(QUERY)

SMUGGLING = (
    Variant(
        "TE.CL",
        post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
    ),
    Variant(
        "CL.TE",
        post(b"Transfer-Encoding: chunked", b"Content-Length: 60", body=b"0\r\n\r\n" + HIDDEN),
    ),
    Variant(
        "two lengths",
        post(_LENGTH, b"Content-Length: 3", body=QUERY + HIDDEN),
    ),
    Variant("two lengths in one", post(b"Content-Length: 26, 3", body=QUERY + HIDDEN)),
    Variant("a length with a sign", post(b"Content-Length: +26", body=QUERY + HIDDEN)),
    Variant("a length in hexadecimal", post(b"Content-Length: 0x1a", body=QUERY)),
    Variant(
        "a length beyond all numbers",
        post(b"Content-Length: 99999999999999999999999", body=QUERY + HIDDEN),
    ),
    Variant("a folded header", post(b"X-A: 1", b" Transfer-Encoding: chunked", body=HIDDEN)),
    Variant("lines without CR", post(_LENGTH, body=QUERY + HIDDEN, end=b"\n")),
    Variant("a lone CR in a header", post(b"X-A: 1\rContent-Length: 9", body=HIDDEN)),
    Variant("NUL in a header", post(b"X-A: 1\x00", _LENGTH, body=QUERY + HIDDEN)),
    Variant(
        "a space before the colon",
        post(b"Content-Length : 4", body=b"abcd" + HIDDEN),
    ),
    Variant(
        "another coding after chunked",
        chunked(_SIZE, HIDDEN, first=b"Transfer-Encoding: chunked, identity"),
    ),
    Variant("chunked misspelt", chunked(_SIZE, HIDDEN, first=b"Transfer-Encoding: xchunked")),
    Variant("a chunk size with a sign", chunked(b"+1a\r\n" + QUERY, HIDDEN)),
    Variant("a chunk size that is none", chunked(b"zz\r\n" + QUERY, HIDDEN)),
    Variant("a chunk size beyond all numbers", chunked(b"f" * 20 + b"\r\n" + QUERY, HIDDEN)),
    Variant(
        "a chunk longer than its size",
        chunked(b"3\r\n" + QUERY + b"\r\n0\r\n\r\n", HIDDEN),
    ),
    Variant(
        "a line feed alone in a chunk extension",
        chunked(b"1a;\n" + QUERY + b"\r\n0\r\n\r\n", HIDDEN),
    ),
    Variant("a space in the target", b"GET /health z HTTP/1.1\r\nHost: a\r\n\r\n"),
    Variant("bytes that are no request", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"),
)
"""Each is refused, and what follows it on the connection is never read as a request."""


async def send(port: int, data: bytes, *, seconds: float = 5.0) -> bytes:
    """Send bytes over a connection of their own; all bytes until it is closed or quiet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(data)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                while part := await reader.read(65_536):
                    received += part
    finally:
        writer.transport.abort()
    return received


def statuses(answer: bytes) -> list[int]:
    """The statuses of the responses in some bytes."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
