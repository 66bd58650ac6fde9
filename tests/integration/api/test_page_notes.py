"""Saved views and annotations: who sees them, who keeps and removes them."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shopx_api.features.page_notes import compute
from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database

SAVE = """
mutation Save($name: String!, $path: String!, $isShared: Boolean! = false) {
  saveView(name: $name, path: $path, isShared: $isShared) { id name path isShared isMine }
}"""
VIEWS = "{ savedViews { id name path isShared isMine } }"
REMOVE = "mutation Remove($id: ID!) { removeView(id: $id) }"
ANNOTATE = """
mutation Annotate($from: Date!, $to: Date, $text: String!) {
  annotate(from: $from, to: $to, text: $text) { id from to text author isMine }
}"""
ANNOTATIONS = "{ annotations { id from to text author isMine } }"
REMOVE_ANNOTATION = "mutation Remove($id: ID!) { removeAnnotation(id: $id) }"
ANN, BOB = {"x-forwarded-user": "ann"}, {"x-forwarded-user": "bob"}


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """The API behind a proxy that names its users."""
    settings = settings_for(database.dsn, auth={"mode": "proxy", "trusted_proxies": ["10.0.0.0/8"]})
    async with serving(create_inner_app(settings), client="10.1.2.3") as made:
        yield made


async def token(database: Database, *scopes: Scope) -> dict[str, str]:
    """The header of a new token."""
    pool = await asyncpg.create_pool(database.dsn, min_size=1, max_size=1)
    try:
        return {"authorization": f"Bearer {await make_token(pool, *scopes)}"}
    finally:
        await pool.close()


async def names(api: Api, headers: dict[str, str]) -> list[tuple[str, bool]]:
    found = (await api.data(VIEWS, **headers))["savedViews"]
    return [(view["name"], view["isMine"]) for view in found]


async def test_a_view_is_its_owners_until_it_is_shared(api: Api) -> None:
    given = {"name": " Q1 ", "path": "/products?range=2026-01-01..2026-03-31&rep=7"}
    saved = (await api.data(SAVE, given, **ANN))["saveView"]
    assert saved["name"] == "Q1"
    assert saved["path"] == given["path"]
    assert await names(api, ANN) == [("Q1", True)]
    assert await names(api, BOB) == []
    await api.data(SAVE, given | {"isShared": True}, **ANN)
    assert await names(api, BOB) == [("Q1", False)]
    # The same name again replaced it.
    assert await names(api, ANN) == [("Q1", True)]
    error = await api.error(REMOVE, {"id": saved["id"]}, **BOB)
    assert error["extensions"]["code"] == "FORBIDDEN"
    await api.data(REMOVE, {"id": saved["id"]}, **ANN)
    assert await names(api, BOB) == []
    gone = await api.error(REMOVE, {"id": saved["id"]}, **ANN)
    assert gone["extensions"]["code"] == "NOT_FOUND"


async def test_tokens_have_views_of_their_own_and_share_only_with_ingest(
    api: Api, database: Database
) -> None:
    reader = await token(database, Scope.READ)
    writer = await token(database, Scope.READ, Scope.INGEST)
    await api.data(SAVE, {"name": "mine", "path": "/"}, **reader)
    assert await names(api, reader) == [("mine", True)]
    assert await names(api, writer) == []
    refused = await api.error(SAVE, {"name": "ours", "path": "/", "isShared": True}, **reader)
    assert refused["extensions"]["code"] == "FORBIDDEN"
    await api.data(SAVE, {"name": "ours", "path": "/", "isShared": True}, **writer)
    assert await names(api, reader) == [("mine", True), ("ours", False)]


async def test_annotations_are_seen_by_all_and_removed_by_their_author_or_an_admin(
    api: Api, database: Database
) -> None:
    days = {"from": "2026-02-01", "to": "2026-02-14", "text": "Campaign"}
    made = (await api.data(ANNOTATE, days, **ANN))["annotate"]
    written = await api.data(ANNOTATE, {"from": "2026-01-05", "text": "Price rise"}, **BOB)
    one = written["annotate"]
    assert (one["from"], one["to"]) == ("2026-01-05", "2026-01-05")
    found = (await api.data(ANNOTATIONS, **BOB))["annotations"]
    assert [(note["text"], note["author"], note["isMine"]) for note in found] == [
        ("Price rise", "bob", True),
        ("Campaign", "ann", False),
    ]
    refused = await api.error(REMOVE_ANNOTATION, {"id": made["id"]}, **BOB)
    assert refused["extensions"]["code"] == "FORBIDDEN"
    admin = await token(database, Scope.READ, Scope.ADMIN)
    await api.data(REMOVE_ANNOTATION, {"id": made["id"]}, **admin)
    assert [note["id"] for note in (await api.data(ANNOTATIONS, **ANN))["annotations"]] == [
        one["id"]
    ]


async def test_an_anonymous_caller_sees_what_is_shared_and_keeps_nothing(
    database: Database,
) -> None:
    settings = settings_for(database.dsn, auth={"mode": "development"})
    async with serving(create_inner_app(settings)) as api:
        assert await names(api, {}) == []
        for query, given in (
            (SAVE, {"name": "x", "path": "/"}),
            (ANNOTATE, {"from": "2026-01-01", "text": "x"}),
        ):
            error = await api.error(query, given)
            assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("query", "given", "part"),
    [
        (SAVE, {"name": " ", "path": "/"}, "`name` is empty"),
        (SAVE, {"name": "x" * 101, "path": "/"}, "longer than 100"),
        (SAVE, {"name": "a\nb", "path": "/"}, "line breaks"),
        (SAVE, {"name": "x", "path": "//evil.example"}, "not a page"),
        (SAVE, {"name": "x", "path": "/\\evil.example"}, "not a page"),
        (SAVE, {"name": "x", "path": "https://evil.example"}, "not a page"),
        (ANNOTATE, {"from": "2026-01-02", "to": "2026-01-01", "text": "x"}, "before the first"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    api: Api, query: str, given: dict[str, Any], part: str
) -> None:
    error = await api.error(query, given, **ANN)
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert part in error["message"]


async def test_the_number_of_views_is_limited(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopx_api.features.page_notes.queries.MAX_VIEWS", 2)
    assert compute.MAX_VIEWS > 2
    for name in ("a", "b", "a"):
        await api.data(SAVE, {"name": name, "path": "/"}, **ANN)
    error = await api.error(SAVE, {"name": "c", "path": "/"}, **ANN)
    assert "saved views already" in error["message"]
    await api.data(SAVE, {"name": "c", "path": "/"}, **BOB)


async def test_a_mutation_that_also_writes_sales_is_refused_to_readers(api: Api) -> None:
    """Whatever else the operation holds."""
    mixed = """
    mutation Mixed {
      saveView(name: "x", path: "/") { id }
      upsertProducts(products: [{ key: "p", name: "P" }]) { recorded }
    }"""
    error = await api.error(mixed, {}, **ANN)
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert await names(api, ANN) == []
