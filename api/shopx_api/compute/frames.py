"""The protocol between front and compute process: frames over one stream socket. Pure.

    4 bytes length of the rest │ 1 byte kind │ 4 bytes id │ 4 bytes length of the head │ head │ body

All numbers are unsigned and big-endian. The head is JSON, the body is bytes as they are. Frames of
many requests follow one another in any order; the id says to which one a frame belongs. Both ends
are of one build, so there is no version.
"""

import struct
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import orjson

from shopx_api.asgi import Headers
from shopx_api.compute.call import Notes, Origin, Response
from shopx_core.caching.cache_epoch import CacheEpoch, Version
from shopx_core.caching.dependencies import DependencyTag, Span

MAX_FRAME: Final = 64 * 1024**2
"""Bytes after the length; a longer frame is refused by its sender and ends a connection."""

_LENGTH: Final = struct.Struct(">I")
_HEADER: Final = struct.Struct(">BII")


class Kind(IntEnum):
    """What a frame says."""

    REQUEST = 1
    RESPONSE = 2
    CANCEL = 3
    """To the compute process: no client waits for the response any more."""
    POOL = 4
    """To the compute process: so many database connections may be used; the id is the number."""
    METRICS = 5
    """To the front: the compute process is there, and these are its metrics."""
    REVOKED = 6
    """To the front: a token was revoked."""


class FrameTooLarge(Exception):  # noqa: N818 -- a fact about a frame that its sender handles
    """A frame has more than `MAX_FRAME` bytes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame."""

    kind: Kind
    id: int = 0
    head: bytes = b""
    body: bytes = b""

    def encode(self) -> bytes:
        """The bytes to send.

        Raises:
            FrameTooLarge: They would be too many.
        """
        size = _HEADER.size + len(self.head) + len(self.body)
        if size > MAX_FRAME:
            raise FrameTooLarge(size)
        header = _HEADER.pack(self.kind, self.id, len(self.head))
        return b"".join((_LENGTH.pack(size), header, self.head, self.body))


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that end within these bytes.

        Raises:
            FrameTooLarge: A frame announces too many bytes.
            ValueError: The bytes are not frames.
        """
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._buffer, start)
            if size > MAX_FRAME:
                raise FrameTooLarge(size)
            end = start + _LENGTH.size + size
            if len(self._buffer) < end:
                break
            frames.append(_frame(bytes(self._buffer[start + _LENGTH.size : end])))
            start = end
        del self._buffer[:start]
        return frames


def _frame(raw: bytes) -> Frame:
    if len(raw) < _HEADER.size:
        raise ValueError(f"a frame has {len(raw)} bytes")
    kind, number, head = _HEADER.unpack_from(raw)
    split = _HEADER.size + head
    if split > len(raw):
        raise ValueError(f"a head of {head} bytes is longer than its frame")
    return Frame(Kind(kind), number, raw[_HEADER.size : split], raw[split:])


def request_frame(number: int, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Frame:
    """A request, with the epoch to read as of and the seconds that it may take."""
    head = {
        "method": origin.method,
        "query": origin.query_string.decode("latin-1"),
        "headers": _texts(origin.headers),
        "client": origin.client,
        "id": origin.request_id,
        "seconds": seconds,
        "epoch": None
        if epoch is None
        else [
            epoch.version.chain,
            epoch.version.microseconds,
            epoch.snapshot,
            epoch.at.isoformat(),
            epoch.database,
            epoch.server,
        ],
    }
    return Frame(Kind.REQUEST, number, orjson.dumps(head), origin.body)


def read_request(frame: Frame) -> tuple[Origin, CacheEpoch | None, float]:
    """What `request_frame` wrote; the epoch comes without its changes, which only the cache needs.

    Raises:
        ValueError, KeyError, TypeError: The head is of another form.
    """
    head: dict[str, Any] = orjson.loads(frame.head)
    origin = Origin(
        method=head["method"],
        query_string=head["query"].encode("latin-1"),
        headers=_pairs(head["headers"]),
        body=frame.body,
        client=head["client"],
        request_id=head["id"],
    )
    epoch = None
    if head["epoch"] is not None:
        chain, microseconds, snapshot, at, database, server = head["epoch"]
        epoch = CacheEpoch(
            version=Version(chain, microseconds),
            snapshot=snapshot,
            at=datetime.fromisoformat(at),
            database=database,
            server=server,
        )
    return origin, epoch, head["seconds"]


def response_frame(number: int, response: Response) -> Frame:
    """A response with its notes."""
    notes = response.notes
    head = {
        "status": response.status,
        "headers": _texts(response.headers),
        "operation": notes.operation,
        "cacheable": notes.cacheable,
        "failed": notes.failed,
        "live": notes.live,
        "timeDependent": notes.time_dependent,
        # JSON has no infinity.
        "boundary": None if notes.boundary == float("inf") else notes.boundary,
        "asOf": notes.as_of.isoformat() if notes.as_of else None,
        "asOfSpan": notes.as_of_span,
        "etag": notes.etag,
        "spans": [[span.tag.value, span.first, span.last] for span in notes.spans],
    }
    return Frame(Kind.RESPONSE, number, orjson.dumps(head), response.body)


def read_response(frame: Frame) -> Response:
    """What `response_frame` wrote.

    Raises:
        ValueError, KeyError, TypeError: The head is of another form.
    """
    head: dict[str, Any] = orjson.loads(frame.head)
    notes = Notes(
        operation=head["operation"],
        cacheable=head["cacheable"],
        failed=head["failed"],
        live=head["live"],
        time_dependent=head["timeDependent"],
        boundary=float("inf") if head["boundary"] is None else head["boundary"],
        as_of=datetime.fromisoformat(head["asOf"]) if head["asOf"] else None,
        as_of_span=tuple(head["asOfSpan"]) if head["asOfSpan"] else None,
        etag=head["etag"],
        spans=tuple(Span(DependencyTag(tag), first, last) for tag, first, last in head["spans"]),
    )
    return Response(head["status"], _pairs(head["headers"]), frame.body, notes)


def _texts(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _pairs(texts: list[list[str]]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in texts]
