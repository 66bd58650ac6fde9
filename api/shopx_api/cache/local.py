"""The first tier: response bytes in this process, ready to be sent."""

import zlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from shopx_api.cache.question import Question
from shopx_core.caching.changes import State
from shopx_core.caching.entry import Entry

COMPRESSED_FROM = 1024
"""Bodies from this many bytes are also kept compressed, once somebody asks for that."""
_LEVEL = 5
_GZIP = 31
"""zlib's number for a gzip frame with the largest window."""

Headers = list[tuple[bytes, bytes]]


class Record:
    """An entry, with what is worked out once rather than at each request."""

    __slots__ = (
        "_compressed",
        "_headers",
        "entry",
        "etag",
        "good_until",
        "hits",
        "origin",
        "question",
        "state",
    )

    def __init__(self, entry: Entry, question: Question, origin: "Origin") -> None:
        self.entry = entry
        self.question = question
        self.origin = origin
        self.etag = entry.etag.encode()
        self.state: State | None = None
        """The state that vouches for it; `None` = not asked yet."""
        self.good_until = 0.0
        """Until when it can be served under that state without deciding anew."""
        self.hits = 0
        """Times it was served since the last state."""
        self._compressed: bytes | None = None
        self._headers: dict[tuple[str, bool], tuple[int, State | None, Headers]] = {}

    @property
    def size(self) -> int:
        """Bytes in memory, near enough."""
        return self.entry.size + len(self.origin.body)

    def body(self, *, compressed: bool) -> bytes:
        """The response's bytes."""
        if not compressed:
            return self.entry.body
        if self._compressed is None:
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
            self._compressed = packer.compress(self.entry.body) + packer.flush()
        return self._compressed

    def headers(
        self, outcome: str, *, age: int, vouched: State | None, compressed: bool
    ) -> Headers:
        """The response's headers; the same list is sent until the age in seconds changes.

        Args:
            outcome: The value of `X-Cache`.
            age: Whole seconds since the instant that the answer was made as of.
            vouched: The state as of which it is exact; `None` = as of when it was made.
            compressed: Whether the body is sent compressed.
        """
        name = (outcome, compressed)
        known = self._headers.get(name)
        if known is not None and known[0] == age and known[1] is vouched:
            return known[2]
        made = self._build(outcome, age, vouched, compressed=compressed)
        self._headers[name] = (age, vouched, made)
        return made

    def _build(self, outcome: str, age: int, vouched: State | None, *, compressed: bool) -> Headers:
        length = len(self.body(compressed=compressed))
        as_of = self.entry.as_of if vouched is None else vouched.at
        headers = [
            (b"content-type", self.entry.media.encode()),
            (b"content-length", b"%d" % length),
            # A compressed body is equivalent, not equal, to the plain one.
            (b"etag", b"W/" + self.etag if compressed else self.etag),
            (b"cache-control", b"private, no-cache"),
            (b"vary", b"accept, accept-encoding, authorization"),
            (b"x-cache", outcome.encode()),
            (b"age", b"%d" % age),
            (b"x-shopx-as-of", as_of.isoformat().encode()),
        ]
        if compressed:
            headers.append((b"content-encoding", b"gzip"))
        return headers


class Origin:
    """How to ask a question again: the request that was answered."""

    __slots__ = ("body", "scope")

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self.scope = scope
        self.body = body


class Local:
    """Records by key, the least recently used of which make room.

    Args:
        capacity: Bytes to hold; 0 holds nothing.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._records: OrderedDict[bytes, Record] = OrderedDict()

    def get(self, key: bytes) -> Record | None:
        """The record, now the most recently used."""
        record = self._records.get(key)
        if record is not None:
            self._records.move_to_end(key)
        return record

    def put(self, key: bytes, record: Record) -> None:
        """Keep a record in place of the one before."""
        self.drop(key)
        size = record.size
        if size > self._capacity:
            return
        self._records[key] = record
        self._held += size
        while self._held > self._capacity:
            _, oldest = self._records.popitem(last=False)
            self._held -= oldest.size

    def drop(self, key: bytes) -> None:
        """Forget a record."""
        record = self._records.pop(key, None)
        if record is not None:
            self._held -= record.size

    def clear(self) -> None:
        """Forget all."""
        self._records.clear()
        self._held = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records.values()))
