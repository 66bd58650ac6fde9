"""The response cache in front of the real API: who is answered from it, and what never is."""

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from shopx_api.server.app import create_app
from shopx_core.domain.api_tokens import Scope
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.cached_app import until
from tests.support.postgres import Database
from tests.support.sales import Sales

NOW = dt.datetime.now(dt.UTC)
REVENUE = """
query Revenue($period: PeriodInput) {
  sales(period: $period) { kpis(metrics: [REVENUE]) { value } }
}
"""
VIEWER = "query Who { viewer { name } }"
PERIOD = {"period": {"days": {"from": "2026-01-01", "to": "2026-01-31"}}}


def cache(response: httpx.Response) -> str:
    return response.headers["x-cache"]


@contextlib.asynccontextmanager
async def process(database: Database, redis_url: str | None, mode: str) -> AsyncIterator[Api]:
    """One whole API process."""
    made = settings_for(
        database.dsn,
        redis={"url": redis_url},
        cache={"live_interval": 1.0},
        auth={"mode": mode},
    )
    async with serving(create_app(made)) as api:
        yield api


@pytest.fixture
async def open_api(database: Database, valkey_url: str) -> AsyncIterator[Api]:
    """Open for reads."""
    async with process(database, valkey_url, "development") as api:
        yield api


@pytest.fixture
async def closed_api(database: Database, valkey_url: str) -> AsyncIterator[Api]:
    """For holders of tokens alone."""
    async with process(database, valkey_url, "token") as api:
        yield api


async def bearer(pool: asyncpg.Pool, name: str, *scopes: Scope) -> dict[str, Any]:
    """The header of a new token."""
    return {"authorization": f"Bearer {await make_token(pool, *scopes, name=name)}"}


async def test_a_panel_is_computed_once(open_api: Api) -> None:
    answers = [await open_api.post(REVENUE, PERIOD) for _ in range(3)]
    assert [cache(answer) for answer in answers] == ["miss", "hit-l0", "hit-l0"]
    assert {answer.text for answer in answers} == {answers[0].text}


async def test_a_query_asked_by_its_hash_shares_the_answer(open_api: Api) -> None:
    """Sent as text first; then as a short GET that a tag answers."""
    await open_api.post(REVENUE, PERIOD)
    digest = hashlib.sha256(REVENUE.encode()).hexdigest()
    params = {
        "variables": orjson.dumps(PERIOD).decode(),
        "extensions": orjson.dumps(
            {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        ).decode(),
    }
    got = await open_api.http.get("/graphql", params=params)
    assert cache(got) == "hit-l0"
    tag = {"if-none-match": got.headers["etag"]}
    # A new snapshot may have begun in between: the data have the same tag.
    same = await open_api.http.get("/graphql", params=params, headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    exact = {"query": REVENUE, "variables": params["variables"]}
    headers = tag | {"cache-control": "no-cache"}
    bypassed = await open_api.http.get("/graphql", params=exact, headers=headers)
    assert (cache(bypassed), bypassed.status_code) == ("bypass", 304)


async def test_live_figures_are_never_cached(open_api: Api) -> None:
    query = "query Live { sales { live(metrics: [REVENUE]) { asOf } } }"
    answers = [(await open_api.post(query)).json() for _ in range(3)]
    assert len({answer["data"]["sales"]["live"]["asOf"] for answer in answers}) == 3


async def test_the_snapshot_itself_is_that_of_the_answer(open_api: Api) -> None:
    """Also when nothing was sold in between."""
    query = "query Tick { freshness { asOf } }"
    seen: set[str] = set()
    async with asyncio.timeout(60):
        while len(seen) < 3:
            answer = (await open_api.post(query)).json()
            assert answer["data"]["freshness"]["asOf"] == answer["extensions"]["asOf"]
            seen.add(answer["extensions"]["asOf"])
            await asyncio.sleep(0.1)


async def test_a_sale_by_the_api_shows_within_the_live_interval(
    open_api: Api, database: Database
) -> None:
    """And at once for exact reads."""
    today = {"period": {"preset": "TODAY"}}
    await open_api.post(REVENUE, today)
    sales = Sales()
    sales.sale(NOW)
    await asyncio.to_thread(sales.write, database.dsn)
    exact = await open_api.data(REVENUE, today, cache_control="no-cache")
    assert exact["sales"]["kpis"][0]["value"] == "10"

    async def shows() -> bool:
        return bool(await open_api.data(REVENUE, today) == exact)

    await until(shows)


async def test_callers_who_see_the_same_share_figures_and_nothing_else(
    closed_api: Api, pool: asyncpg.Pool
) -> None:
    """The figures come from the cache; who is asking does not, not even at the same snapshot."""
    ann = await bearer(pool, "ann", Scope.READ)
    bob = await bearer(pool, "bob", Scope.READ)
    assert cache(await closed_api.post(REVENUE, PERIOD, **ann)) == "miss"
    assert cache(await closed_api.post(REVENUE, PERIOD, **bob)) == "hit-l0"
    for _ in range(3):
        names = await asyncio.gather(
            *(closed_api.data(VIEWER, **who) for who in (ann, bob) for _ in range(5))
        )
        assert [name["viewer"]["name"] for name in names] == ["ann"] * 5 + ["bob"] * 5


@pytest.mark.parametrize("secret", ["", "shx_unknown", "Basic x"])
async def test_nobody_unknown_is_answered_from_the_cache(
    closed_api: Api, pool: asyncpg.Pool, secret: str
) -> None:
    """Whatever is in it."""
    await closed_api.post(REVENUE, PERIOD, **await bearer(pool, "ann", Scope.READ))
    headers = {"authorization": secret if " " in secret else f"Bearer {secret}"} if secret else {}
    answer = await closed_api.post(REVENUE, PERIOD, **headers)
    assert answer.status_code == 401
    assert cache(answer) == "bypass"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_that_may_not_read_is_not_answered_from_the_cache(
    closed_api: Api, pool: asyncpg.Pool
) -> None:
    await closed_api.post(REVENUE, PERIOD, **await bearer(pool, "ann", Scope.READ))
    answer = await closed_api.post(REVENUE, PERIOD, **await bearer(pool, "till", Scope.INGEST))
    assert answer.status_code == 403
    assert cache(answer) == "bypass"


async def test_a_revoked_token_is_refused_within_seconds(
    closed_api: Api, pool: asyncpg.Pool
) -> None:
    """A cached answer does not outlive the right to see it."""
    ann = await bearer(pool, "ann", Scope.READ)
    for _ in range(2):
        await closed_api.post(REVENUE, PERIOD, **ann)
    await pool.execute("update tokens set revoked_at = now()")

    async def refused() -> bool:
        return (await closed_api.post(REVENUE, PERIOD, **ann)).status_code == 401

    await until(refused)


async def test_tokens_are_listed_to_admins_alone(closed_api: Api, pool: asyncpg.Pool) -> None:
    """Asked at the same snapshot by one who may and one who may not."""
    query = "query Tokens { apiTokens { name } }"
    admin = await bearer(pool, "admin", Scope.READ, Scope.ADMIN)
    reader = await bearer(pool, "reader", Scope.READ)
    answers = await asyncio.gather(
        *(closed_api.post(query, **who) for who in (reader, admin, reader, admin))
    )
    codes = [answer.json().get("errors", [{}])[0].get("extensions", {}) for answer in answers]
    assert [code.get("code") for code in codes] == ["FORBIDDEN", None, "FORBIDDEN", None]
