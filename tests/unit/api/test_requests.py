"""HTTP requests become GraphQL requests, or a clear refusal."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import pytest

from shopx_api.graphql.persisted import KEPT, PersistedQueries, PersistedQueryNotFound
from shopx_api.graphql.request import (
    GraphQLRequest,
    RequestRefused,
    accepted,
    from_get,
    from_post,
    read_body,
    wants_page,
)
from shopx_core.errors import InvalidInput

JSON = "application/json"


def test_a_post_is_read() -> None:
    """All four parts."""
    body = (
        b'{"query":"{a}","operationName":"A","variables":{"x":1},'
        b'"extensions":{"persistedQuery":{"version":1}}}'
    )
    wanted = GraphQLRequest("{a}", "A", {"x": 1}, {"persistedQuery": {"version": 1}})
    assert from_post("application/json; charset=utf-8", body) == wanted


@pytest.mark.parametrize(
    ("content_type", "body", "status", "message"),
    [
        ("text/plain", b'{"query":"{a}"}', 415, "content type"),
        ("", b'{"query":"{a}"}', 415, "content type"),
        ("application/x-www-form-urlencoded", b"query=%7Ba%7D", 415, "content type"),
        (JSON, b"", 400, "not JSON"),
        (JSON, b"{", 400, "not JSON"),
        (JSON, b"\xff", 400, "not JSON"),
        (JSON, b"[]", 400, "Batches"),
        (JSON, b'"text"', 400, "not a JSON object"),
        (JSON, b"{}", 400, "no query"),
        (JSON, b'{"query":""}', 400, "no query"),
        (JSON, b'{"query":5}', 400, "`query` must be text"),
        (JSON, b'{"query":"{a}","variables":[]}', 400, "`variables` must be an object"),
        (JSON, b'{"query":"{a}","operationName":{}}', 400, "`operationName` must be text"),
        (JSON, b'{"query":"{a}","extensions":1}', 400, "`extensions` must be an object"),
    ],
)
def test_bad_posts_are_refused(content_type: str, body: bytes, status: int, message: str) -> None:
    """A form of another origin is refused before anything is read of it."""
    with pytest.raises(RequestRefused, match=message) as caught:
        from_post(content_type, body)
    assert caught.value.status == status
    assert caught.value.entry["extensions"]["code"] == "BAD_REQUEST"


def test_a_get_is_read() -> None:
    """Variables and extensions are JSON."""
    query = urlencode({"query": "{a}", "variables": '{"x":"é"}', "operationName": "A"}).encode()
    assert from_get(query) == GraphQLRequest("{a}", "A", {"x": "é"})


@pytest.mark.parametrize(
    "query",
    [b"", b"variables=%7B%7D", b"query=%7Ba%7D&query=x", b"query=a&variables=%7B", b"a=1&b=2"],
    ids=repr,
)
def test_bad_gets_are_refused(query: bytes) -> None:
    """Nothing is guessed."""
    with pytest.raises(RequestRefused):
        from_get(query)


async def _receive(*messages: dict[str, Any]) -> Any:
    inbox = list(messages)

    async def receive() -> dict[str, Any]:
        return inbox.pop(0)

    return await read_body(receive, 10)


async def test_bodies_are_bounded() -> None:
    """In one piece or in many, at most so many bytes."""
    half = {"type": "http.request", "body": b"12345", "more_body": True}
    end = {"type": "http.request", "body": b"67890", "more_body": False}
    assert await _receive(half, end) == b"1234567890"
    with pytest.raises(RequestRefused, match="larger than 10 bytes") as caught:
        await _receive(half, half, half)
    assert caught.value.status == 413
    with pytest.raises(RequestRefused, match="disconnected"):
        await _receive(half, {"type": "http.disconnect"})


@pytest.mark.parametrize(
    ("method", "accept", "query", "page"),
    [
        ("GET", "text/html,application/xhtml+xml", b"", True),
        ("GET", "text/html", b"query=%7Ba%7D", False),
        ("GET", "application/json", b"", False),
        ("POST", "text/html", b"", False),
    ],
)
def test_browsers_see_the_explorer(method: str, accept: str, query: bytes, page: bool) -> None:
    """Who navigates to the endpoint is a person."""
    assert wants_page(method, accept, query) is page


def test_the_media_type_follows_the_client() -> None:
    """The new media type only if the client accepts it."""
    assert accepted("application/graphql-response+json, application/json") == (
        "application/graphql-response+json"
    )
    assert accepted("*/*") == JSON


class Memory:
    """Texts that two stores share."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.texts.get(key)

    async def put(self, key: str, text: str, seconds: int) -> None:
        assert seconds > 0
        self.texts[key] = text


def named(text: str) -> dict[str, Any]:
    return {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}


async def test_a_text_is_known_by_its_hash_everywhere() -> None:
    """After one request with the text, in this process and in the others."""
    shared = Memory()
    here, there = PersistedQueries(shared), PersistedQueries(shared)
    with pytest.raises(PersistedQueryNotFound, match=r"^PersistedQueryNotFound"):
        await here.resolve(None, named("{a}"))
    assert await here.resolve("{a}", named("{a}")) == "{a}"
    assert await here.resolve(None, named("{a}")) == "{a}"
    assert await there.resolve(None, named("{a}")) == "{a}"


async def test_a_wrong_shared_text_is_not_believed() -> None:
    """A text that does not match its hash is not executed."""
    shared = Memory()
    shared.texts[named("{a}")["sha256Hash"]] = "mutation { evil }"
    with pytest.raises(PersistedQueryNotFound):
        await PersistedQueries(shared).resolve(None, named("{a}"))


async def test_the_store_is_bounded() -> None:
    """Old texts make room."""
    store = PersistedQueries()
    for n in range(KEPT + 1):
        await store.resolve(f"{{a{n}}}", named(f"{{a{n}}}"))
    with pytest.raises(PersistedQueryNotFound):
        await store.resolve(None, named("{a0}"))
    assert await store.resolve(None, named(f"{{a{KEPT}}}")) == f"{{a{KEPT}}}"


@pytest.mark.parametrize(
    "extension",
    [
        [],
        "x",
        {},
        {"version": 2, "sha256Hash": "0" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": "0" * 63},
        {"version": 1, "sha256Hash": "A" * 64},
        {"version": 1, "sha256Hash": "0" * 64},
    ],
    ids=repr,
)
async def test_bad_hashes_are_refused(extension: Any) -> None:
    """Also a good hash of something else: it would poison the store."""
    with pytest.raises(InvalidInput):
        await PersistedQueries().resolve("{a}", extension)
