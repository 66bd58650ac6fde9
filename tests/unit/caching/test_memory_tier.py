"""The first tier, and what its answers say."""

import datetime as dt
import gzip
import math

import pytest

from shopx_api.compute.call import Origin, origin_of
from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.snapshots import Snapshot, with_snapshot
from shopx_core.caching.cache_epoch import DatabaseState, first_epoch
from shopx_core.caching.entry import Entry

STATE = first_epoch(
    DatabaseState(snapshot="1:2:", at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC), database="a"), "chain"
)
SNAPSHOT = Snapshot(STATE, b"2026-01-05T00:00:00Z", b"new-token")
BODY = (
    b'{"data":{"asOf":"data\'s own","snapshot":"data\'s own"},'
    b'"extensions":{"asOf":"2026-01-01T00:00:00Z","snapshot":"old-token","tier":"ROLLUP"}}'
)


def cached_response(body: bytes = BODY, sent: int = 0) -> CachedResponse:
    entry = Entry(
        body=body,
        media="application/json",
        version=STATE.version,
        at=STATE.seconds,
        expires=math.inf,
        boundary=math.inf,
        cost=0.0,
        dependencies=(),
    )
    return CachedResponse(
        entry, CacheRequest(key=b"k", operation=""), Origin("POST", b"", [], b"x" * sent)
    )


def header(made: CachedResponse, name: bytes, *, compressed: bool = False) -> bytes | None:
    return dict(made.headers("hit-l0", age=1, compressed=compressed)).get(name)


def test_only_the_as_of_is_replaced() -> None:
    """Data that look like it stay as they are."""
    said = with_snapshot(BODY, SNAPSHOT)
    assert said.startswith(BODY[: BODY.index(b'"extensions"')])
    assert said.endswith(
        b'"extensions":{"asOf":"2026-01-05T00:00:00Z","snapshot":"new-token","tier":"ROLLUP"}}'
    )


@pytest.mark.parametrize(
    "body",
    [b"", b'{"data":null}', b'{"data":null,"extensions":{"tier":"VIEW"}}'],
    ids=["empty", "no-extensions", "no-as-of"],
)
def test_a_body_without_an_as_of_stays_as_it_is(body: bytes) -> None:
    assert with_snapshot(body, SNAPSHOT) == body


def test_a_cached_response_carries_the_as_of_of_its_newest_epoch() -> None:
    """Body, tag and header change together."""
    made = cached_response()
    tag = made.etag
    assert made.body(compressed=False) == BODY
    made.confirm(SNAPSHOT, 1.0)
    assert made.body(compressed=False) == with_snapshot(BODY, SNAPSHOT)
    assert made.etag != tag
    assert header(made, b"x-shopx-as-of") == SNAPSHOT.instant
    assert header(made, b"content-length") == b"%d" % len(with_snapshot(BODY, SNAPSHOT))


def test_a_compressed_body_is_the_same_and_says_so() -> None:
    made = cached_response(b"x" * 5000)
    packed = made.body(compressed=True)
    assert gzip.decompress(packed) == b"x" * 5000
    assert header(made, b"content-length", compressed=True) == b"%d" % len(packed)
    assert header(made, b"content-encoding", compressed=True) == b"gzip"
    assert header(made, b"content-encoding") is None


def test_memory_is_bounded_and_the_least_recently_used_go_first() -> None:
    size = cached_response(b"x" * 1000).size
    tier = MemoryTier(3 * size)
    for key in (b"a", b"b", b"c"):
        tier.put(key, cached_response(b"x" * 1000))
    tier.get(b"a")
    tier.put(b"d", cached_response(b"x" * 1000))
    assert [tier.get(key) is not None for key in (b"a", b"b", b"c", b"d")] == [
        True,
        False,
        True,
        True,
    ]
    tier.put(b"a", cached_response(b"x" * 900))
    tier.drop(b"c")
    tier.drop(b"c")
    assert len(tier) == 2
    assert tier._held == sum(made.size for made in tier)
    tier.clear()
    assert tier._held == 0


def test_what_is_larger_than_the_tier_is_not_kept() -> None:
    tier = MemoryTier(1000)
    tier.put(b"a", cached_response(b"x" * 2000))
    assert tier.get(b"a") is None
    off = MemoryTier(0)
    off.put(b"a", cached_response(b""))
    assert len(off) == 0


def test_an_origin_leaves_out_what_is_one_callers_own() -> None:
    """A shared answer must not depend on the as-of or the tag of the first caller."""
    headers = [
        (b"accept", b"a"),
        (b"x-shopx-as-of", b"token"),
        (b"if-none-match", b"tag"),
        (b"accept-encoding", b"gzip"),
        (b"cache-control", b"no-cache"),
        (b"authorization", b"b"),
    ]
    kept = [(b"accept", b"a"), (b"authorization", b"b")]
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
    assert origin_of(scope, b"", shared=True).headers == kept
    pinned = origin_of(scope, b"", shared=True, token=True).headers
    assert sorted(pinned) == sorted([*kept, (b"x-shopx-as-of", b"token")])
    assert origin_of(scope, b"", shared=False).headers == headers
