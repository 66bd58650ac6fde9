"""The first tier: response bytes in this process, ready to be sent."""

import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from shopx_api.asgi import Headers
from shopx_api.data.as_of import AS_OF_HEADER
from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.snapshots import Snapshot, with_snapshot
from shopx_api.types.scalars import instant_text
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry

COMPRESSED_FROM = 1024
"""Bodies of at least this many bytes are also kept compressed, once a client accepts that."""
_LEVEL = 5
_GZIP = 31
"""zlib's window size for a gzip frame with the largest window."""

_NOT_FOR_THE_APPLICATION = frozenset(
    {AS_OF_HEADER, b"accept-encoding", b"if-none-match", b"cache-control"}
)
"""Headers that the response cache handles itself, because responses are shared."""


class Record:
    """A cached response: an entry with everything that is computed once, not at each request."""

    __slots__ = (
        "_body",
        "_compressed",
        "_headers",
        "_instant",
        "entry",
        "epoch",
        "etag",
        "good_until",
        "hits",
        "origin",
        "request",
    )

    def __init__(self, entry: Entry, request: CacheRequest, origin: "Origin") -> None:
        self.entry = entry
        self.request = request
        self.origin = origin
        self.epoch: CacheEpoch | None = None
        """The newest epoch at which the response is known to be true; `None` = not compared yet."""
        self.good_until = 0.0
        """Until when it can be served in that epoch without a new decision."""
        self.hits = 0
        """Times it was served since the last epoch, plus half of the number before."""
        self._render(entry.body, instant_text(entry.as_of).encode())

    def _render(self, body: bytes, instant: bytes) -> None:
        self._body = body
        self._instant = instant
        self._compressed: bytes | None = None
        self._headers: dict[tuple[str, bool], tuple[int, Headers]] = {}
        self.etag = b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
        """A strong validator: equal bytes, equal tag."""

    def confirm(self, snapshot: Snapshot, good_until: float) -> None:
        """Carry the as-of of `snapshot`, at which the response is still true.

        Args:
            snapshot: A newer snapshot.
            good_until: Until when it can be served in that epoch without a new decision.
        """
        if self.epoch is not snapshot.epoch:
            self.epoch = snapshot.epoch
            self._render(with_snapshot(self.entry.body, snapshot), snapshot.instant)
        self.good_until = good_until

    def as_of(self, snapshot: Snapshot) -> "Record":
        """The same response for one caller, with the as-of of a snapshot at which it was true."""
        if self.epoch is snapshot.epoch:
            return self
        earlier = Record(self.entry, self.request, self.origin)
        earlier.confirm(snapshot, 0.0)
        return earlier

    @property
    def size(self) -> int:
        """Approximate bytes in memory: the body as made, with a newer as-of, and compressed."""
        return 2 * self.entry.size + len(self.origin.body)

    def body(self, *, compressed: bool) -> bytes:
        """The response's bytes."""
        if not compressed:
            return self._body
        if self._compressed is None:
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
            self._compressed = packer.compress(self._body) + packer.flush()
        return self._compressed

    def headers(self, outcome: str, *, age: int, compressed: bool) -> Headers:
        """The response's headers; the same list is sent until the age in seconds changes.

        Args:
            outcome: The value of `X-Cache`.
            age: Whole seconds since the response was made.
            compressed: Whether the body is sent compressed.
        """
        name = (outcome, compressed)
        known = self._headers.get(name)
        if known is not None and known[0] == age:
            return known[1]
        headers = [
            (b"content-type", self.entry.media.encode()),
            (b"content-length", b"%d" % len(self.body(compressed=compressed))),
            # A compressed body is equivalent to the plain one, but not equal: a weak validator.
            (b"etag", b"W/" + self.etag if compressed else self.etag),
            (b"cache-control", b"private, no-cache"),
            (b"vary", b"accept, accept-encoding, authorization"),
            (b"x-cache", outcome.encode()),
            (b"age", b"%d" % age),
            (b"x-shopx-as-of", self._instant),
        ]
        if compressed:
            headers.append((b"content-encoding", b"gzip"))
        self._headers[name] = (age, headers)
        return headers


class Origin:
    """The HTTP request behind a record, with which the application is called.

    Args:
        scope: The ASGI scope; headers that the response cache handles are left out.
        body: The request body.
    """

    __slots__ = ("_token", "body", "scope")

    def __init__(self, scope: Mapping[str, Any], body: bytes) -> None:
        self._token = [h for h in scope["headers"] if h[0] == AS_OF_HEADER]
        kept = [h for h in scope["headers"] if h[0] not in _NOT_FOR_THE_APPLICATION]
        self.scope: dict[str, Any] = {**scope, "headers": kept}
        self.body = body

    def with_token(self) -> "Origin":
        """The same request with the client's as-of token, for the application to decode."""
        origin = Origin(self.scope, self.body)
        origin.scope["headers"] += self._token
        return origin


class MemoryTier:
    """Records by key; the least recently used are evicted.

    Args:
        capacity: Bytes to hold; 0 = nothing.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._records: OrderedDict[bytes, Record] = OrderedDict()

    def get(self, key: bytes) -> Record | None:
        """The record, which becomes the most recently used."""
        record = self._records.get(key)
        if record is not None:
            self._records.move_to_end(key)
        return record

    def put(self, key: bytes, record: Record) -> None:
        """Store a record in place of an earlier one."""
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
        """Remove a record."""
        record = self._records.pop(key, None)
        if record is not None:
            self._held -= record.size

    def clear(self) -> None:
        """Remove all records."""
        self._records.clear()
        self._held = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records.values()))
