"""A cached response, ready to be sent: body, compressed body, headers."""

import zlib

from shopx_api.asgi import Headers
from shopx_api.compute.call import Origin
from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.snapshots import Snapshot
from shopx_api.types.scalars import instant_text
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry

COMPRESSED_FROM = 1024
"""Bodies of at least this many bytes are also kept compressed, once a client accepts that."""
_LEVEL = 5
OVERHEAD = 8 * 1024
"""Bytes that a cached response takes beside its body and its request; measured."""
_GZIP = 31
"""zlib's window size for a gzip frame with the largest window."""


class CachedResponse:
    """An entry with everything that is computed once, not at each request."""

    __slots__ = (
        "_body",
        "_compressed",
        "_headers",
        "_instant",
        "entry",
        "epoch",
        "fresh_until",
        "hits",
        "origin",
        "request",
    )

    def __init__(self, entry: Entry, request: CacheRequest, origin: Origin) -> None:
        self.entry = entry
        self.request = request
        self.origin = origin
        self.epoch: CacheEpoch | None = None
        """The newest epoch at which the response is known to be true; `None` = not compared yet."""
        self.fresh_until = 0.0
        """Until when it can be served in that epoch without a new decision."""
        self.hits = 0
        """Times it was served since the last epoch, plus half of the number before."""
        self._render(entry.body, instant_text(entry.as_of).encode())

    def _render(self, body: bytes, instant: bytes) -> None:
        self._body = body
        self._instant = instant
        self._compressed: bytes | None = None
        self._headers: dict[tuple[str, bool], tuple[int, Headers, bytes]] = {}

    def confirm(self, snapshot: Snapshot, fresh_until: float) -> None:
        """Carry the as-of of `snapshot`, at which the response is still true.

        Args:
            snapshot: A newer snapshot.
            fresh_until: Until when it can be served in that epoch without a new decision.
        """
        if self.epoch is not snapshot.epoch:
            self.epoch = snapshot.epoch
            self._render(self._as_of_body(snapshot), snapshot.instant)
        self.fresh_until = fresh_until

    def _as_of_body(self, snapshot: Snapshot) -> bytes:
        body, span = self.entry.body, self.entry.as_of_span
        if span is None:
            return body
        return b"".join((body[: span[0]], snapshot.members, body[span[1] :]))

    @property
    def etag(self) -> bytes:
        """The tag of the data: a newer as-of keeps it."""
        return self.entry.etag.encode()

    def as_of(self, snapshot: Snapshot) -> "CachedResponse":
        """The same response for one caller, with the as-of of a snapshot at which it was true."""
        if self.epoch is snapshot.epoch:
            return self
        earlier = CachedResponse(self.entry, self.request, self.origin)
        earlier.confirm(snapshot, 0.0)
        return earlier

    @property
    def size(self) -> int:
        """Approximate bytes in memory, at most: whatever it keeps, or will make of it.

        The body as made, the same with a newer as-of, and compressed; what it depends on; the
        request that is computed again; four forms of headers.
        """
        return self.entry.size + 2 * len(self.entry.body) + self.origin.size + OVERHEAD

    def body(self, *, compressed: bool) -> bytes:
        """The response's bytes."""
        if not compressed:
            return self._body
        if self._compressed is None:
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
            self._compressed = packer.compress(self._body) + packer.flush()
        return self._compressed

    def headers(self, status: str, *, age: int, compressed: bool) -> Headers:
        """The response's headers; the same list is sent until the age in seconds changes.

        Args:
            status: The value of `X-Cache`.
            age: Whole seconds since the response was made.
            compressed: Whether the body is sent compressed.
        """
        return self._made(status, age, compressed)[1]

    def head(self, status: str, *, age: int, compressed: bool) -> bytes:
        """The same headers as lines, for a response that is sent as prepared bytes."""
        return self._made(status, age, compressed)[2]

    def _made(self, status: str, age: int, compressed: bool) -> tuple[int, Headers, bytes]:
        name = (status, compressed)
        known = self._headers.get(name)
        if known is not None and known[0] == age:
            return known
        headers = [
            (b"content-type", self.entry.media.encode()),
            (b"content-length", b"%d" % len(self.body(compressed=compressed))),
            (b"etag", self.etag),
            (b"cache-control", b"private, no-cache"),
            (b"vary", b"accept, accept-encoding, authorization"),
            (b"x-cache", status.encode()),
            (b"age", b"%d" % age),
            (b"x-shopx-as-of", self._instant),
        ]
        if compressed:
            headers.append((b"content-encoding", b"gzip"))
        made = (age, headers, b"".join(b"%s: %s\r\n" % pair for pair in headers))
        self._headers[name] = made
        return made
