"""What GraphQL over HTTP promises here: snapshots, conditions, codes, limits, and no surprises."""

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from graphql import build_client_schema, get_introspection_query

from shopx_api.asgi import App
from shopx_api.data.as_of import AsOfTokens
from shopx_api.server.app import create_app, create_inner_app
from shopx_core.domain.api_tokens import Scope
from shopx_core.settings import Settings
from shopx_store.query.read_state import AsOf
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database, PostgresServer
from tests.support.shop_dataset import RECORD, Shop

ORDERS = "{ sales(period: {preset: ALL_TIME}) { kpis(metrics: [ORDERS]) { value } } }"
BUILDS = pytest.mark.parametrize(
    "build", [create_app, create_inner_app], ids=["cached", "computed"]
)


def orders(body: dict[str, Any]) -> int:
    return int(body["data"]["sales"]["kpis"][0]["value"])


async def sell(api: Api, key: str) -> None:
    line = {"product": "kite", "quantity": "1", "gross": "1"}
    order = {"key": key, "orderedAt": "2026-03-02T00:00:00Z", "lines": [line]}
    assert (await api.data(RECORD, {"orders": [order]}))["recordOrders"]["recorded"] == 1


async def test_answers_say_their_snapshot(shop: Shop) -> None:
    """`asOf`, the token to ask for it again, and the tier."""
    body = (await shop.api.post(ORDERS)).json()
    at = dt.datetime.fromisoformat(body["extensions"]["asOf"])
    assert abs((dt.datetime.now(dt.UTC) - at).total_seconds()) < 5
    assert body["extensions"]["tier"] == "rollup"
    assert set(body["extensions"]) == {"asOf", "snapshot", "tier"}


async def test_what_reads_nothing_has_no_snapshot(api: Api) -> None:
    """The registry is the same at all times."""
    assert "extensions" not in (await api.post("{ metrics { id } }")).json()


async def test_a_page_agrees_with_itself(shop: Shop) -> None:
    """With the first answer's token all others are as of the same snapshot, whatever comes in."""
    first = (await shop.api.post(ORDERS)).json()
    token = first["extensions"]["snapshot"]
    await sell(shop.api, "late")
    again = (await shop.api.post(ORDERS, x_shopx_as_of=token)).json()
    assert orders(again) == orders(first)
    assert again["extensions"]["asOf"] == first["extensions"]["asOf"]
    assert orders((await shop.api.post(ORDERS)).json()) == orders(first) + 1


@BUILDS
@pytest.mark.parametrize(
    ("age", "secret", "code"),
    [(121, None, "AS_OF_EXPIRED"), (0, "other", "AS_OF_INVALID")],
    ids=["expired", "foreign"],
)
async def test_a_bad_snapshot_is_refused(
    database: Database,
    build: Callable[[Settings], App],
    age: int,
    secret: str | None,
    code: str,
) -> None:
    """With a code on which a page begins anew."""
    at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    token = AsOfTokens(secret or database.dsn).encode(AsOf("800:800:", at))
    async with serving(build(settings_for(database.dsn))) as api:
        response = await api.post(ORDERS, x_shopx_as_of=token)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == code


@BUILDS
async def test_no_cache_reads_exactly_now(shop: Shop, build: Callable[[Settings], App]) -> None:
    """What was written just before is there, whatever is cached."""
    async with serving(build(settings_for(shop.dsn))) as api:
        before = orders((await api.post(ORDERS)).json())
        await sell(shop.api, "fresh")
        exact = await api.post(ORDERS, cache_control="no-cache")
        assert orders(exact.json()) == before + 1


@BUILDS
async def test_persisted_queries(database: Database, build: Callable[[Settings], App]) -> None:
    """The hash alone is unknown at first, then enough."""
    text = "query Terms { reporting { currency timezone } }"
    async with serving(build(settings_for(database.dsn))) as api:
        unknown = await api.persisted(text)
        assert unknown.status_code == 200
        assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
        code = unknown.json()["errors"][0]["extensions"]["code"]
        assert code == "PERSISTED_QUERY_NOT_FOUND"
        first = await api.persisted(text, with_text=True)
        assert first.json()["data"]["reporting"]["currency"] == "USD"
        known = await api.persisted(text)
        assert known.json()["data"] == first.json()["data"]
        assert known.headers["etag"] == first.headers["etag"]
        assert "private" in known.headers["cache-control"]


async def test_a_changed_answer_has_another_etag(shop: Shop) -> None:
    """A condition never hides an order."""
    first = await shop.api.persisted(ORDERS, with_text=True)
    await sell(shop.api, "more")
    second = await shop.api.persisted(ORDERS, if_none_match=first.headers["etag"])
    assert second.status_code == 200
    assert orders(second.json()) == orders(first.json()) + 1


async def test_a_get_changes_nothing(writer: Api) -> None:
    """A link must not record an order."""
    text = 'mutation { cancelOrder(key: "x") { status } }'
    response = await writer.persisted(text, with_text=True)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("text", "variables", "status", "code"),
    [
        ("{", {}, 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, 400, "GRAPHQL_VALIDATION_FAILED"),
        ("query($p: PeriodInput!) { sales(period: $p) { period { zone } } }", {}, 200,
         "BAD_USER_INPUT"),
        ("query($p: PeriodInput) { sales(period: $p) { period { zone } } }",
         {"p": {"preset": "SOMETIME"}}, 200, "BAD_USER_INPUT"),
        ("query($p: PeriodInput) { sales(period: $p) { period { zone } } }",
         {"p": {"preset": "TODAY", "days": None}}, 200, "BAD_USER_INPUT"),
        ("query($p: PeriodInput) { sales(period: $p) { period { zone } } }", {"p": {}}, 200,
         "BAD_USER_INPUT"),
        ('{ sales(zone: "Mars") { period { zone } } }', {}, 200, "UNKNOWN_TIME_ZONE"),
        ('{ sales(period: {days: {from: "2026-02-02", to: "2026-02-01"}}) { period { zone } } }',
         {}, 200, "INVALID_RANGE"),
        ("{ sales(period: {preset: TODAY}) { series(granularity: YEAR) { buckets } } }", {}, 200,
         "GRANULARITY_NOT_ALLOWED"),
        ("{ sales { breakdown(by: PRODUCT, first: 0) { nodes { id } } } }", {}, 200,
         "INVALID_INPUT"),
        ("{ sales { breakdown(by: PRODUCT, first: 101) { nodes { id } } } }", {}, 200,
         "INVALID_INPUT"),
        ("{ sales { kpis(metrics: []) { value } } }", {}, 200, "INVALID_INPUT"),
        ('{ product(id: "nonsense") { name } }', {}, 200, "INVALID_INPUT"),
        ('{ product(id: "UHJvZHVjdDo5OTk") { name } }', {}, 200, "NOT_FOUND"),
        ("{" + "".join(f"a{n}: sales {{ kpis {{ value }} }} " for n in range(50)) + "}", {}, 400,
         "TOO_COMPLEX"),
    ],
)  # fmt: skip
async def test_every_failure_has_a_code(
    api: Api, text: str, variables: dict[str, Any], status: int, code: str
) -> None:
    """And a message that says what is wrong; requests that cannot run are HTTP 400."""
    response = await api.post(text, variables)
    assert response.status_code == status
    errors = response.json()["errors"]
    assert errors[0]["extensions"]["code"] == code, errors
    assert errors[0]["message"]


async def test_one_failing_panel_leaves_the_others(api: Api) -> None:
    """A field that may be null fails alone; the next operation is untouched."""
    text = """{
        good: reporting { currency }
        node(id: "UHJvZHVjdDo5OTk") { id }
    }"""
    body = (await api.post(text)).json()
    if body["data"] is not None:
        assert body["data"]["good"] == {"currency": "USD"}
    assert (await api.data("{ reporting { currency } }")) == {"reporting": {"currency": "USD"}}


async def test_other_content_is_refused(api: Api) -> None:
    """A form of another site's page cannot ask."""
    response = await api.http.post(
        "/graphql", content=b"query={a}", headers={"content-type": "text/plain"}
    )
    assert response.status_code == 415
    assert (await api.http.put("/graphql", json={})).status_code == 405


@BUILDS
async def test_bodies_are_bounded(
    database: Database, pool: asyncpg.Pool, build: Callable[[Settings], App]
) -> None:
    """Two megabytes of orders pass, more than the limit does not."""
    settings = settings_for(database.dsn, api={"max_body_bytes": 3_000_000})
    async with serving(build(settings)) as api:
        api.headers = {"authorization": f"Bearer {await make_token(pool, Scope.INGEST)}"}
        large = await api.post("mutation { __typename }", {"unused": "x" * 2_000_000})
        assert large.status_code == 200
        too_large = await api.post("mutation { __typename }", {"unused": "x" * 3_000_000})
        assert too_large.status_code == 413


async def test_browsers_get_the_explorer(api: Api) -> None:
    """If the build has it; other clients get the hint to POST."""
    page = await api.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code in {200, 404}
    if page.status_code == 200:
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<script" in page.text
    assert (await api.http.get("/graphql")).status_code == 400


async def test_the_media_type_is_the_one_asked_for(api: Api) -> None:
    """GraphQL over HTTP's own, or plain JSON."""
    wanted = "application/graphql-response+json"
    response = await api.post("{ viewer { name } }", accept=f"{wanted}, application/json;q=0.9")
    assert response.headers["content-type"] == wanted
    plain = await api.post("{ viewer { name } }", accept="*/*")
    assert plain.headers["content-type"] == "application/json"


async def test_other_origins_are_named(database: Database) -> None:
    """A page elsewhere may call where it is listed, cached or not; others may not."""
    settings = settings_for(database.dsn, api={"allowed_origins": ["https://bi.example.com"]})
    async with serving(create_app(settings)) as api:
        for origin, allowed in (("https://bi.example.com", True), ("https://evil.test", False)):
            preflight = await api.http.options(
                "/graphql",
                headers={"origin": origin, "access-control-request-method": "POST"},
            )
            answer = await api.post("{ reporting { currency } }", origin=origin)
            for response in (preflight, answer):
                granted = response.headers.get("access-control-allow-origin") == origin
                assert granted is allowed


async def test_a_process_starts_and_answers_without_its_database() -> None:
    """It says so, with a code and a time to come back; it lives, and it is not ready."""
    settings = settings_for("postgresql://unknown@127.0.0.1:1/nowhere")
    async with serving(create_app(settings)) as api:
        response = await api.post("{ reporting { currency } }")
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "127.0.0.1" not in response.text
        assert (await api.http.get("/healthz")).status_code == 200
        ready = await api.http.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)


async def test_ready_means_migrated(pg_server: PostgresServer) -> None:
    """An empty database is not ready; a migrated one is, and stays so when it goes away."""
    empty = pg_server.create()
    async with serving(create_inner_app(settings_for(empty.dsn))) as api:
        answer = await api.http.get("/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (
            503,
            "the database has no schema yet: run `shopx migrate`",
        )
        error = await api.error("{ reporting { currency } }")
        assert error["extensions"]["code"] == "UNAVAILABLE"
    pg_server.drop(empty)
    migrated = pg_server.migrated()
    async with serving(create_inner_app(settings_for(migrated.dsn))) as api:
        assert (await api.http.get("/readyz")).json() == {"ready": True}
        await asyncio.to_thread(pg_server.drop, migrated)
        assert (await api.http.get("/readyz")).status_code == 200
        assert (await api.error(ORDERS))["extensions"]["code"] == "UNAVAILABLE"


async def test_an_old_schema_is_not_ready(database: Database, pool: asyncpg.Pool) -> None:
    """The pod waits for its migration."""
    await pool.execute("update alembic_version set version_num = '004'")
    async with serving(create_inner_app(settings_for(database.dsn))) as api:
        answer = await api.http.get("/readyz")
        assert answer.status_code == 503
        assert "at revision 004" in answer.json()["reason"]


async def test_slow_answers_end(database: Database, pool: asyncpg.Pool) -> None:
    """A statement that takes too long is ended by the server, and said to have been."""
    settings = settings_for(database.dsn, database={"dsn": database.dsn, "statement_timeout": 0.2})
    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table reporting in access exclusive mode")
        async with serving(create_inner_app(settings)) as api:
            error = await api.error("{ reporting { currency } }")
            assert error["extensions"]["code"] == "TIMED_OUT"


async def test_a_busy_pool_refuses_in_time(database: Database, pool: asyncpg.Pool) -> None:
    """No request waits forever behind a stuck statement."""
    settings = settings_for(
        database.dsn, database={"dsn": database.dsn, "pool_size": 1, "acquire_timeout": 0.2}
    )
    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table products in access exclusive mode")
        async with serving(create_inner_app(settings)) as api:
            stuck = asyncio.create_task(
                api.post("{ filterOptions(dimension: PRODUCT) { nodes { id } } }")
            )
            while not await pool.fetchval(  # noqa: ASYNC110 -- only the server knows
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
            ):
                await asyncio.sleep(0.01)
            error = await api.error("{ reporting { currency } }")
            assert error["extensions"]["code"] == "TOO_MANY_REQUESTS"
            stuck.cancel()


async def test_a_defect_is_not_shown(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gets a code and an id; the log gets the rest."""

    def broken() -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("shopx_api.features.admin.compute.metrics", broken)
    response = await api.post("{ metrics { id } }", x_request_id="find-me")
    assert response.json()["errors"][0]["extensions"] == {
        "code": "INTERNAL",
        "requestId": "find-me",
    }
    assert "secret" not in response.text


async def test_figures_of_the_process_are_served(shop: Shop) -> None:
    """Prometheus finds the documented names."""
    await shop.api.post("query Named { sales { kpis { value } } }")
    text = (await shop.api.http.get("/metrics")).text
    for name in (
        'shopx_db_query_seconds_count{operation="Named"}',
        "shopx_db_pool_connections",
        "shopx_db_pool_wait_seconds",
        "shopx_event_loop_lag_seconds",
        "process_cpu_seconds_total",
    ):
        assert name in text


async def test_freshness_follows_the_fold(shop: Shop) -> None:
    """Pending lines are counted, and reads have them all the same."""
    text = "{ freshness { tier fold { pendingLines lagSeconds isTrusted } views { name asOf } } }"
    before = (await shop.api.data(text))["freshness"]
    assert before["fold"] == {"pendingLines": 0, "lagSeconds": 0.0, "isTrusted": True}
    await sell(shop.api, "pending")
    after = (await shop.api.data(text))["freshness"]
    assert after["fold"]["pendingLines"] == 1
    assert after["fold"]["lagSeconds"] > 0
    assert after["tier"] == "ROLLUP"


@pytest.mark.parametrize(
    ("dimension", "search", "labels"),
    [
        ("PRODUCT", "SAW", ["Handsaw", "Jigsaw"]),
        ("PRODUCT", "%", []),
        ("CATEGORY", None, ["Saws", "Tools", "Toys"]),
        ("CUSTOMER", "c3", ["Customer c3"]),
        ("REP", "ann", ["Ann"]),
        ("REGION", None, ["North", "South"]),
        ("CHANNEL", "store", ["store"]),
        ("SEGMENT", "lo", ["Loyal", "Potential loyalists", "Cannot lose them", "Lost"]),
    ],
)
async def test_options_are_found_by_a_part_of_their_name(
    shop: Shop, dimension: str, search: str | None, labels: list[str]
) -> None:
    """Page by page, in any case, and a wildcard is a character like any other."""
    text = """query($d: Dimension!, $s: String, $after: String) {
        filterOptions(dimension: $d, search: $s, first: 1, after: $after) {
            totalCount nodes { label dimension } pageInfo { hasNextPage endCursor }
        }
    }"""
    found, after = [], None
    while True:
        page = (await shop.api.data(text, {"d": dimension, "s": search, "after": after}))[
            "filterOptions"
        ]
        found += [node["label"] for node in page["nodes"]]
        assert page["totalCount"] == len(labels)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == labels


async def test_the_extent_is_that_of_the_data(shop: Shop) -> None:
    """To the quarter-hour, with what is not folded yet."""
    text = "{ reporting { firstSaleAt lastSaleAt } }"
    found = (await shop.api.data(text))["reporting"]
    first, last = (dt.datetime.fromisoformat(found[key]) for key in ("firstSaleAt", "lastSaleAt"))
    quarter = dt.timedelta(minutes=15)
    # A cancelled order's lines are there too: they were booked and taken back.
    assert first <= min(line.at for line in shop.lines) < first + dt.timedelta(days=5)
    assert last <= max(line.at for line in shop.lines) < last + quarter


async def test_introspection_is_what_tools_expect(api: Api) -> None:
    """The schema can be read whole, with oneOf inputs marked."""
    body = (await api.post(get_introspection_query(input_value_deprecation=True))).json()
    assert "errors" not in body
    assert "Sales" in build_client_schema(body["data"]).type_map
    assert json.dumps(body)


@pytest.mark.parametrize("build", [create_app, create_inner_app], ids=["cached", "computed"])
async def test_requests_beyond_any_need_are_refused(
    database: Database, build: Callable[[Settings], App]
) -> None:
    """Variables a thousand deep, lists of hundreds of thousands: an error, never a failure."""
    document = "query($f: FilterInput) { sales(filters: $f) { kpis { value } } }"
    deep = b'{"query":"%s","variables":{"f":%s%s}}' % (document.encode(), b"[" * 1015, b"]" * 1015)
    many = json.dumps({"query": document, "variables": {"f": {"products": ["x"] * 250_000}}})
    headers = {"content-type": "application/json"}
    async with serving(build(settings_for(database.dsn))) as api:
        answers = [
            await api.http.post("/graphql", content=body, headers=headers)
            for body in (deep, many.encode())
        ]
    assert [answer.status_code for answer in answers] == [200, 413]
    assert answers[0].json()["errors"]
