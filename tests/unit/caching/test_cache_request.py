"""Cache requests: which requests share a cached response."""

import hashlib
from urllib.parse import urlencode

import orjson
import pytest

from shopx_api.response_cache.cache_request import (
    MAX_PARSED_BYTES,
    CacheRequestReader,
    OperationKind,
    operation_kind,
)
from shopx_core.caching.keys import Audience

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
        ("fragment F on T { a }", "", OperationKind.OTHER),
        ("query A { a }", "C", OperationKind.OTHER),
        ("query {", "", OperationKind.OTHER),
        ("{ " * 5000, "", OperationKind.OTHER),
        ("{ a }" + " " * MAX_PARSED_BYTES, "", OperationKind.OTHER),
    ],
    ids=[
        "short",
        "named",
        "named-mutation",
        "ambiguous",
        "mutation",
        "subscription",
        "no-operation",
        "unknown-name",
        "broken",
        "deep",
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
    assert small._held == sum(len(raw) for raw, _, _ in small._requests)
