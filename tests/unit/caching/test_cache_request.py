"""Cache requests: which requests share a cached response."""

import hashlib
import time
from urllib.parse import urlencode

import orjson
import pytest

from shopx_api.response_cache.cache_request import (
    MAX_BODY,
    MAX_PARSED_LENGTH,
    MAX_PARSED_TOKENS,
    OVERHEAD,
    CacheRequestReader,
    OperationKind,
    operation_kind,
)
from shopx_core.caching.keys import Audience
from tests.support.machine import slowness

READER = Audience(permissions="read")
TEXT = "query A($x: Int) { a(x: $x) }"
HASH = hashlib.sha256(TEXT.encode()).hexdigest()


def reader() -> CacheRequestReader:
    return CacheRequestReader(build="1", memory=1_000_000)


def body(**fields: object) -> bytes:
    return orjson.dumps({"query": TEXT, "operationName": "A", "variables": {"x": 1}} | fields)


def key(raw: bytes, media: str = "json", audience: Audience = READER) -> bytes | None:
    request = reader().post(raw, media, audience)
    return None if request is None else request.key


@pytest.mark.parametrize(
    ("document", "operation", "kind"),
    [
        ("{ a }", "", OperationKind.QUERY),
        ("query A { a } mutation B { b }", "A", OperationKind.QUERY),
        ("query A { a } mutation B { b }", "B", OperationKind.OTHER),
        ("query A { a } mutation B { b }", "", OperationKind.OTHER),
        ("mutation { a }", "", OperationKind.OTHER),
        ("subscription { a }", "", OperationKind.OTHER),
        ("fragment F on T { a } mutation { b }", "C", OperationKind.OTHER),
        ("query A { a } # no mutation", "C", OperationKind.OTHER),
        ("mutation {", "", OperationKind.OTHER),
        ("mutation" + "{ a " * 5000, "", OperationKind.OTHER),
        ("{ mutation }" + " a" * MAX_PARSED_TOKENS, "", OperationKind.OTHER),
        ("{ mutation }", "", OperationKind.QUERY),
        ("{ mutation }" + " " * MAX_PARSED_LENGTH, "", OperationKind.OTHER),
    ],
    ids=[
        "short",
        "named",
        "named-mutation",
        "ambiguous",
        "mutation",
        "subscription",
        "unknown-among-several",
        "unknown-name",
        "broken",
        "deep",
        "many-tokens",
        "the-word-alone",
        "long",
    ],
)
def test_only_what_is_surely_a_query_is_one(
    document: str, operation: str, kind: OperationKind
) -> None:
    """Whatever else it may be is neither kept nor shared."""
    assert operation_kind(document, operation) is kind


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"1",
        b"{",
        b"{}",
        orjson.dumps([{"query": TEXT}]),
        body(query=1),
        body(variables=[1]),
        body(operationName=1),
        body(extensions=[]),
        orjson.dumps({"extensions": {"persistedQuery": {"sha256Hash": HASH}}}),
    ],
    ids=[
        "empty",
        "list",
        "number",
        "broken",
        "nothing",
        "batch",
        "query-no-text",
        "variables-no-object",
        "name-no-text",
        "extensions-no-object",
        "posted-by-hash-alone",
    ],
)
def test_what_cannot_be_read_is_left_to_the_application(raw: bytes) -> None:
    assert reader().post(raw, "json", READER) is None


def test_how_a_request_is_written_does_not_matter() -> None:
    """Neither white space nor the order of fields, nor which client library wrote it."""
    spaced = orjson.dumps(orjson.loads(body()), option=orjson.OPT_INDENT_2)
    assert key(spaced) == key(body())
    assert key(body(extensions={"clientLibrary": {"name": "x"}})) == key(body())
    assert key(body(extensions={"persistedQuery": {"sha256Hash": HASH}})) == key(body())


@pytest.mark.parametrize(
    "other",
    [
        body(query=TEXT + " "),
        body(variables={"x": 2}),
        body(variables={}),
        body(extensions={"something": 1}),
        body(query="query B($x: Int) { a(x: $x) }", operationName="B"),
    ],
    ids=["document", "variables", "no-variables", "extensions", "operation"],
)
def test_what_it_asks_does(other: bytes) -> None:
    assert key(other) not in {None, key(body())}


def test_media_and_audience_are_part_of_the_request() -> None:
    """The same bytes from another caller are another request, also in the memory of bodies."""
    one = reader()
    requests = [
        one.post(body(), "json", READER),
        one.post(body(), "response", READER),
        one.post(body(), "json", Audience(permissions="other")),
    ]
    assert len({request.key for request in requests if request}) == 3
    assert one.post(body(), "json", READER) is requests[0]


def test_a_get_asks_the_same_as_a_post() -> None:
    """By its text, and by its hash alone."""
    variables = '{"x": 1}'
    fields = {"operationName": "A", "variables": variables}
    by_text = urlencode({**fields, "query": TEXT}).encode()
    extensions = orjson.dumps({"persistedQuery": {"version": 1, "sha256Hash": HASH}}).decode()
    by_hash = urlencode({**fields, "extensions": extensions}).encode()
    for raw in (by_text, by_hash):
        request = reader().get(raw, "json", READER)
        assert request is not None
        assert request.key == key(body())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a",
        b"query=mutation{a}",
        b"query={a}&query={b}",
        b"query={a}&variables=x",
        b"extensions={}",
        b'extensions={"persistedQuery":{"sha256Hash":"zz"}}',
        b'extensions={"persistedQuery":{"sha256Hash":"00"}}',
    ],
    ids=["empty", "no-field", "mutation", "twice", "bad-json", "no-hash", "no-hex", "short-hash"],
)
def test_a_get_that_is_no_query_is_left_to_the_application(raw: bytes) -> None:
    assert reader().get(raw, "json", READER) is None


def test_memory_is_bounded() -> None:
    """Bodies that are not repeated do not accumulate."""
    small = CacheRequestReader(build="1", memory=10_000)
    for n in range(1000):
        assert small.post(body(variables={"x": n}), "json", READER) is not None
    assert small._held <= 10_000
    assert small._held == sum(len(raw) + OVERHEAD for raw, _, _ in small._requests)


FLOODS = {
    "unique-fields": body(query="{ " + " ".join(f"a{n}" for n in range(9000)) + " }"),
    "nested-document": body(query="{ a " * 12_000),
    "nested-mutation": body(query="mutation { a " * 4000),
    "long-string": body(query='{ mutation(x: "' + "y" * 60_000 + '") }'),
    "nested-variables": b'{"query":"{ a }","variables":{"x":%s%s}}' % (b"[" * 1015, b"]" * 1015),
    "many-ids": body(variables={"ids": [f"id{n}" for n in range(250_000)]}),
    "many-ids-below-the-limit": body(variables={"ids": [str(n) for n in range(6000)]}),
    "many-keys": body(variables={str(n): n for n in range(4000)}),
}


@pytest.mark.parametrize("name", FLOODS)
def test_no_request_holds_the_loop(name: str) -> None:
    """Reading takes linear time in at most 64 KiB: a hundredth of what parsing all of it took.

    CPU seconds, and a generous limit: quadratic work takes longer still.
    """
    limit = 0.05 * slowness()
    began = time.thread_time()
    reader().post(FLOODS[name], "json", READER)
    assert time.thread_time() - began < limit


def test_a_large_request_is_left_to_the_application() -> None:
    assert reader().post(body(variables={"x": "y" * MAX_BODY}), "json", READER) is None
