"""The first tier, and what its answers say."""

import datetime as dt
import gc
import gzip
import itertools
import math
import random
import tracemalloc

import orjson
import pytest

from shopx_api.asgi import Headers
from shopx_api.compute.call import Origin, origin_of
from shopx_api.data.as_of import as_of_members
from shopx_api.response_cache.cache_request import CacheRequest, CacheRequestReader
from shopx_api.response_cache.cached_response import OVERHEAD, CachedResponse
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.snapshots import Snapshot
from shopx_api.telemetry import RequestCounter
from shopx_core.caching.cache_epoch import DatabaseState, first_epoch
from shopx_core.caching.entry import Entry
from shopx_core.caching.keys import Audience

STATE = first_epoch(
    DatabaseState(snapshot="1:2:", at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC), database="a"), "chain"
)
MEMBERS = as_of_members("2026-01-05T00:00:00Z", "new-token")
SNAPSHOT = Snapshot(STATE, b"2026-01-05T00:00:00Z", b"new-token", MEMBERS)
OLD = as_of_members("2026-01-01T00:00:00Z", "old-token")
BODY = b'{"data":{"x":{' + OLD + b'}},"extensions":{' + OLD + b',"tier":"ROLLUP"}}'
SPAN = (BODY.rindex(OLD), BODY.rindex(OLD) + len(OLD))


def cached_response(
    body: bytes = BODY,
    span: tuple[int, int] | None = None,
    headers: Headers | None = None,
    sent: bytes = b"",
) -> CachedResponse:
    entry = Entry(
        body=body,
        media="application/json",
        version=STATE.version,
        at=STATE.seconds,
        expires=math.inf,
        boundary=math.inf,
        cost=0.0,
        dependencies=(),
        as_of_span=span,
        etag='W/"t"',
    )
    origin = Origin("POST", b"", headers or [], sent)
    return CachedResponse(entry, CacheRequest(key=b"k", operation="", work=""), origin)


def header(made: CachedResponse, name: bytes, *, compressed: bool = False) -> bytes | None:
    return dict(made.headers("hit-l0", age=1, compressed=compressed)).get(name)


def test_a_cached_response_carries_the_as_of_of_its_newest_epoch() -> None:
    """Body and header change together; the tag, and data that look like an as-of, do not."""
    made = cached_response(span=SPAN)
    assert made.body(compressed=False) == BODY
    made.confirm(SNAPSHOT, 1.0)
    said = made.body(compressed=False)
    assert said == BODY[: SPAN[0]] + MEMBERS + BODY[SPAN[1] :]
    assert orjson.loads(said)["data"]["x"]["asOf"] == "2026-01-01T00:00:00Z"
    assert header(made, b"x-shopx-as-of") == SNAPSHOT.instant
    assert header(made, b"content-length") == b"%d" % len(said)
    assert header(made, b"etag") == b'W/"t"'


def test_a_body_without_an_as_of_stays_as_it_is() -> None:
    made = cached_response(b'{"data":null}')
    made.confirm(SNAPSHOT, 1.0)
    assert made.body(compressed=False) == b'{"data":null}'


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


def test_what_is_asked_for_once_displaces_nothing_that_is_asked_for_again() -> None:
    """Not even while it is replaced by a newer response, nor when nobody asked since."""
    size = cached_response(b"x" * 1000).size
    tier = MemoryTier(10 * size)
    hot = [b"hot%d" % number for number in range(5)]
    for key in hot:
        tier.put(key, cached_response(b"x" * 1000))
        assert tier.get(key) is not None
    tier.put(hot[0], cached_response(b"y" * 1000))
    for number in range(100):
        tier.put(b"%d" % number, cached_response(b"x" * 1000))
    assert all(tier.get(key) is not None for key in hot)
    assert len(tier) == 10


def test_memory_follows_what_is_asked_for_now() -> None:
    """What was asked for again, and is no longer, goes in the end."""
    size = cached_response(b"x" * 1000).size
    tier = MemoryTier(10 * size)
    for number in range(40):
        key = b"%d" % number
        tier.put(key, cached_response(b"x" * 1000))
        tier.get(key)
        assert tier._held == sum(made.size for made in tier) <= 10 * size
        assert tier._used_held == sum(made.size for made in tier._used.values()) <= 8 * size
    assert tier.get(b"39") is not None
    assert tier.get(b"0") is None


def test_what_is_larger_than_the_tier_is_not_kept() -> None:
    tier = MemoryTier(1000)
    tier.put(b"a", cached_response(b"x" * 2000))
    assert tier.get(b"a") is None
    off = MemoryTier(0)
    off.put(b"a", cached_response(b""))
    assert len(off) == 0


def test_an_origin_leaves_out_what_is_one_callers_own() -> None:
    """A shared answer must not depend on the as-of, the tag or the junk of the first caller."""
    headers = [
        (b"accept", b"a"),
        (b"x-shopx-as-of", b"token"),
        (b"if-none-match", b"tag"),
        (b"accept-encoding", b"gzip"),
        (b"cache-control", b"no-cache"),
        (b"x-junk", b"j" * 1000),
        (b"x-user", b"ada"),
        (b"authorization", b"b"),
    ]
    kept = [(b"accept", b"a"), (b"x-user", b"ada"), (b"authorization", b"b")]
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
    users = {b"x-user"}
    assert origin_of(scope, b"", shared=users).headers == kept
    pinned = origin_of(scope, b"", shared=users, token=True).headers
    assert sorted(pinned) == sorted([*kept, (b"x-shopx-as-of", b"token")])
    assert origin_of(scope, b"").headers == headers


@pytest.mark.parametrize("length", [10, 3000, 100_000])
def test_what_a_cached_response_keeps_is_counted(length: int) -> None:
    """Every form of it that requests make, and the request; never less than it takes."""
    count = 40
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = []
        for number in range(count):
            body = random.Random(number).randbytes(length).hex().encode()[:length]
            headers = [(b"authorization", b"%d" % number * 200), (b"accept", b"%d" % number)]
            made = cached_response(body, (2, 4), headers, b"%d" % number * 300)
            made.confirm(SNAPSHOT, 1.0)
            for compressed, status in itertools.product((False, True), ("hit-l0", "stale")):
                made.head(status, age=1, compressed=compressed)
            made.request.counters["hit-l0"] = RequestCounter()
            kept.append(made)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    counted = sum(made.size for made in kept)
    assert taken <= counted <= 3 * taken + count * OVERHEAD


def test_the_reader_forgets_what_was_sent_once_before_what_was_sent_again() -> None:
    """Else a flood of new queries would make those of every page unknown."""
    reader = CacheRequestReader(build="1", memory=50_000)
    audience = Audience(permissions="read")
    hot = b'{"query":"{ hot }"}'
    reader.post(hot, "json", audience)
    for number in range(1000):
        if number % 10 == 0:
            assert reader.known(hot, "json", audience) is not None
        reader.post(b'{"query":"{ a%d }"}' % number, "json", audience)
    assert reader.known(b'{"query":"{ a0 }"}', "json", audience) is None
    for number in range(1000):
        reader.post(b'{"query":"{ b%d }"}' % number, "json", audience)
    assert reader.known(hot, "json", audience) is None, "it was not sent for long"


def test_the_reader_knows_of_what_it_forgot_whether_redis_may_have_the_response() -> None:
    """Such a query is not refused unread: it may need no computation."""
    reader = CacheRequestReader(build="1", memory=100_000)
    audience = Audience(permissions="read")
    made, refused = b'{"query":"{ made }"}', b'{"query":"{ refused }"}'
    request = reader.post(made, "json", audience)
    assert request is not None
    request.kept_until = 5.0
    reader.post(refused, "json", audience)
    for number in range(100):
        reader.post(b'{"query":"{ a%d }"}' % number, "json", audience)
    assert reader.known(made, "json", audience) is None
    assert reader.has_read(made, "json", audience)
    assert not reader.has_read(refused, "json", audience)
    again = reader.post(made, "json", audience)
    assert again is not None
    assert again.kept_until == 5.0


def test_what_the_reader_keeps_is_counted() -> None:
    """Whatever clients send, and nothing beyond its memory."""
    reader = CacheRequestReader(build="1", memory=2_000_000)
    audience = Audience(permissions="read")
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3000):
            name = f"Operation{number}" + "x" * (number % 7) * 900
            query = f"query {name} {{ a }} # mutation"
            # orjson would leave room at the end of its bytes.
            text = f'{{"query":"{query}","operationName":"{name}","variables":{{"n":{number}}}}}'
            body = text.encode()
            asked = reader.post(body, "json", audience)
            if asked is not None:
                asked.kept_until = number + 0.5
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken <= 2_000_000 + 500_000
