"""What the response cache answers while all is well: real PostgreSQL, real Valkey."""

import asyncio
import datetime as dt
import signal
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
import redis

from shopx_api.response_cache import lookup
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_core.caching.keys import Audience
from tests.support.cached_app import (
    MUTATION,
    QUERY,
    TOKENS,
    CachedApp,
    cached_app,
    settings,
    until,
)
from tests.support.postgres import Database
from tests.support.sales import Item, Sales
from tests.support.valkey import valkey_server

TODAY = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
NOON = TODAY + dt.timedelta(hours=12)
PAST = TODAY - dt.timedelta(days=40)


def text(day: dt.datetime, plus: int = 0) -> str:
    return (day + dt.timedelta(days=plus)).date().isoformat()


OPEN = (text(TODAY), text(TODAY, 1))
CLOSED = (text(PAST), text(PAST, 7))


@pytest.fixture
def sales(database: Database) -> Sales:
    """Ten dollars sold today, ten in a closed week."""
    made = Sales()
    made.sale(NOON)
    made.sale(PAST)
    made.write(database.dsn)
    return made


@pytest.fixture
async def one(
    database: Database, pool: asyncpg.Pool, valkey_url: str, sales: Sales
) -> AsyncIterator[CachedApp]:
    """One process, over the sales."""
    assert sales.lines
    async with cached_app(settings(database.dsn, valkey_url), pool) as process:
        yield process


@pytest.fixture
async def other(
    database: Database, pool: asyncpg.Pool, valkey_url: str
) -> AsyncIterator[CachedApp]:
    """Another process of the same installation."""
    async with cached_app(settings(database.dsn, valkey_url), pool) as process:
        yield process


def cache(response: httpx.Response) -> str:
    return response.headers["x-cache"]


def revenue(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["data"]["revenue"])


async def shows(process: CachedApp, period: tuple[str, str], value: str) -> None:
    """Wait until a period's revenue is what it should be."""

    async def check() -> bool:
        return revenue(await process.ask(*period)) == value

    await until(check)


async def test_an_answer_is_made_once_and_served_from_the_nearest_tier(
    one: CachedApp, other: CachedApp
) -> None:
    """Made, then from memory; in another process from Redis, then from memory."""
    assert cache(await one.ask(*CLOSED)) == "miss"
    assert cache(await one.ask(*CLOSED)) == "hit-l0"
    assert cache(await other.ask(*CLOSED)) == "hit-l1"
    assert cache(await other.ask(*CLOSED)) == "hit-l0"
    assert (one.app.calls, other.app.calls) == (1, 0)
    bodies = [(await process.ask(*CLOSED)).json()["data"] for process in (one, other)]
    assert bodies[0] == bodies[1] == {"calls": 1, "pad": "", "revenue": "10"}


async def test_an_answer_says_where_it_is_from_and_as_of_when(one: CachedApp) -> None:
    await one.ask(*CLOSED)
    response = await one.ask(*CLOSED)
    state = one.cache.clock.epoch
    assert state is not None
    assert int(response.headers["age"]) <= 1
    assert dt.datetime.fromisoformat(response.headers["x-shopx-as-of"]) == state.at
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "private, no-cache"


async def test_an_unchanged_answer_speaks_for_the_newest_snapshot(one: CachedApp) -> None:
    """The panels of a page were cached at different times, and have one as-of all the same."""
    await one.ask(*CLOSED)
    await one.advanced()
    response = await one.ask(*CLOSED)
    state = one.cache.clock.epoch
    assert state is not None
    assert (cache(response), one.app.calls) == ("hit-l0", 1)
    extensions = response.json()["extensions"]
    assert dt.datetime.fromisoformat(extensions["asOf"]) == state.at
    assert TOKENS.decode(extensions["snapshot"], state.at).snapshot == state.snapshot
    assert extensions["tier"] == "ROLLUP"


async def test_a_sale_reaches_a_cached_panel_within_the_live_interval(
    one: CachedApp, sales: Sales, database: Database
) -> None:
    """At most the interval and the time to make the answer; exactly, for exact reads."""
    assert revenue(await one.ask(*OPEN)) == "10"
    sales.sale(NOON, [Item(gross=Decimal(5))])
    sales.write(database.dsn)
    exact = await one.ask(*OPEN, cache_control="no-cache")
    assert (cache(exact), revenue(exact)) == ("bypass", "15")
    await one.advanced()
    # The state has changed: the old answer serves while the new one is being made, and no longer.
    await shows(one, OPEN, "15")


async def test_a_closed_period_keeps_hitting_while_today_moves(
    one: CachedApp, sales: Sales, database: Database
) -> None:
    """And is made anew once a correction lands in it."""
    await one.ask(*CLOSED)
    for _ in range(2):
        sales.sale(NOON)
        sales.write(database.dsn)
        await one.advanced()
        assert cache(await one.ask(*CLOSED)) == "hit-l0"
    assert one.app.calls == 1
    sales.sale(PAST, [Item(gross=Decimal(7))])
    sales.write(database.dsn)
    await one.advanced()
    await shows(one, CLOSED, "17")


@pytest.mark.parametrize(
    ("sql", "change"),
    [
        (
            "select name from products where id = 1",
            "update products set name = 'renamed' where id = 1",
        ),
        (
            "select coalesce(name, '') from customers where id = 1",
            "update customers set name = 'renamed' where id = 1",
        ),
        ("select count(*) from regions", "insert into regions (name) values ('renamed')"),
        ("select currency from reporting", "update reporting set currency = 'USD'"),
        (
            "select count(*) from matview_refreshes",
            "insert into matview_refreshes values ('v', now(), now(), 1, '1:1:')",
        ),
    ],
    ids=["product", "customer", "region", "terms", "view"],
)
async def test_reference_data_is_noticed_too(
    one: CachedApp, database: Database, sql: str, change: str
) -> None:
    """Each kind, and only by answers that read it."""
    one.app.sql = sql
    await one.ask(*CLOSED)
    one.app.sql = None
    await one.ask(*OPEN)
    with psycopg.connect(database.dsn) as connection:
        connection.execute(change)
    await one.advanced()
    assert cache(await one.ask(*CLOSED)) in {"stale", "miss"}
    assert cache(await one.ask(*OPEN)) in (
        # Every answer depends on the reporting terms.
        {"stale", "miss"} if "reporting" in sql else {"hit-l0"}
    )


async def test_an_upsert_that_changes_nothing_invalidates_nothing(
    one: CachedApp, database: Database
) -> None:
    """Orders name their customers each time."""
    one.app.sql = "select count(*) from customers"
    await one.ask(*CLOSED)
    with psycopg.connect(database.dsn) as connection:
        connection.execute(
            "insert into customers (source_id, key) values (1, '1') on conflict do nothing"
        )
    await one.advanced()
    assert cache(await one.ask(*CLOSED)) == "hit-l0"


async def test_many_who_ask_at_once_are_answered_by_one_computation(
    one: CachedApp, other: CachedApp
) -> None:
    """In one process and in another: fifty callers, one answer made."""

    async def slowly() -> None:
        await asyncio.sleep(0.1)

    one.app.before = other.app.before = slowly
    answers = await asyncio.gather(
        *(process.ask(*CLOSED) for process in (one, other) for _ in range(25))
    )
    assert {revenue(answer) for answer in answers} == {"10"}
    assert one.app.calls + other.app.calls == 1


@pytest.mark.usefixtures("sales")
async def test_without_redis_they_are_still_one_computation_a_process(
    database: Database, pool: asyncpg.Pool
) -> None:
    async with cached_app(settings(database.dsn, None), pool) as process:
        answers = await asyncio.gather(*(process.ask(*CLOSED) for _ in range(50)))
        assert {revenue(answer) for answer in answers} == {"10"}
        assert process.app.calls == 1


async def test_a_holder_that_died_blocks_nobody_for_long(one: CachedApp, valkey_url: str) -> None:
    """Its lock expires, and a waiting process computes the answer."""
    prefix = one.cache.prefix
    with redis.Redis.from_url(valkey_url) as client:
        await one.ask(*CLOSED)

        async def stored() -> bool:
            return bool(client.keys(prefix + b"r:*"))

        await until(stored)
        (name,) = client.keys(prefix + b"r:*")
        client.set(name.replace(b"r:", b"l:"), b"dead", px=400)
        client.delete(name)

    async def made_anew() -> bool:
        return cache(await one.ask(*CLOSED)) != "hit-l0"

    await until(made_anew)
    assert one.app.calls == 2


async def test_mutations_are_neither_cached_nor_joined(one: CachedApp) -> None:
    """Two equal mutations are two mutations."""

    async def mutate() -> httpx.Response:
        return await one.client.post("/graphql", json={"query": MUTATION})

    answers = [*await asyncio.gather(mutate(), mutate()), await mutate()]
    assert {cache(answer) for answer in answers} == {"bypass"}
    assert sorted(answer.json()["data"]["calls"] for answer in answers) == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"cacheable": False},
        {"sql": "select count(*) from tokens"},
        {"status": 400},
        {"pad": 1024 * 1024},
    ],
    ids=["with-errors", "unwatched-table", "refused", "too-large"],
)
async def test_what_may_not_be_kept_is_made_each_time(
    one: CachedApp, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(one.app, name, value)
    outcomes = [cache(await one.ask(*CLOSED)) for _ in range(3)]
    assert set(outcomes) <= {"miss", "bypass"}
    assert one.app.calls == 3


@pytest.mark.usefixtures("sales")
async def test_audiences_share_nothing(
    database: Database, pool: asyncpg.Pool, valkey_url: str
) -> None:
    """A caller without an audience is answered by the application each time."""

    def audience_of(scope: Any) -> Audience | None:
        who = dict(scope["headers"]).get(b"authorization")
        return None if who is None else Audience(permissions=who.decode())

    async with cached_app(settings(database.dsn, valkey_url), pool, audience_of) as process:
        assert cache(await process.ask(*CLOSED, authorization="a")) == "miss"
        assert cache(await process.ask(*CLOSED, authorization="a")) == "hit-l0"
        assert cache(await process.ask(*CLOSED, authorization="b")) == "miss"
        assert cache(await process.ask(*CLOSED)) == "bypass"
        assert cache(await process.ask(*CLOSED)) == "bypass"
        assert process.app.calls == 4


async def test_a_page_reads_as_of_the_snapshot_that_it_names(
    one: CachedApp, sales: Sales, database: Database
) -> None:
    """The token of its first answer holds for the others, also past the next change."""
    first = await one.ask(*OPEN)
    token = first.json()["extensions"]["snapshot"]
    await one.ask(*CLOSED)
    sales.sale(NOON, [Item(gross=Decimal(5))])
    sales.write(database.dsn)
    await one.advanced()
    await shows(one, OPEN, "15")
    then = await one.ask(*OPEN, x_shopx_as_of=token)
    assert (revenue(then), cache(then)) == ("10", "miss")
    assert then.json()["extensions"]["snapshot"] == token
    # An answer about the past does not take the place of the newest.
    assert revenue(await one.ask(*OPEN)) == "15"
    # What was true then and still is comes from the cache, with the requested as-of.
    unchanged = await one.ask(*CLOSED, x_shopx_as_of=token)
    assert (revenue(unchanged), cache(unchanged)) == ("10", "hit-l0")
    assert unchanged.json()["extensions"]["snapshot"] == token


async def test_a_page_keeps_its_snapshot_while_the_clock_advances_under_it(
    one: CachedApp, sales: Sales, database: Database
) -> None:
    """The snapshot was current when the request came, and is over when the answer is computed."""
    token = (await one.ask(*CLOSED)).json()["extensions"]["snapshot"]
    entered, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        entered.set()
        await go.wait()

    one.app.before = hold
    asked = [asyncio.create_task(one.ask(*OPEN, x_shopx_as_of=token)) for _ in range(3)]
    await entered.wait()
    sales.sale(NOON, [Item(gross=Decimal(5))])
    sales.write(database.dsn)
    await one.advanced()
    go.set()
    for answer in await asyncio.gather(*asked):
        assert revenue(answer) == "10"
        assert answer.json()["extensions"]["snapshot"] == token
    # Those who ask together are answered together, also about a snapshot that is over.
    assert one.app.calls == 2


async def test_a_page_is_not_given_what_was_true_before_its_snapshot(
    one: CachedApp, sales: Sales, database: Database
) -> None:
    """An answer that a change made old is good enough for who asks anew, not for a page."""
    await one.ask(*OPEN)
    sales.sale(NOON, [Item(gross=Decimal(5))])
    sales.write(database.dsn)
    await one.advanced()
    token = (await one.ask(*CLOSED)).json()["extensions"]["snapshot"]
    answer = await one.ask(*OPEN, x_shopx_as_of=token)
    assert (revenue(answer), answer.json()["extensions"]["snapshot"]) == ("15", token)


async def test_an_answer_about_a_snapshot_serves_others_and_later_ones(
    one: CachedApp, other: CachedApp
) -> None:
    """With a short live interval too, a page of an earlier snapshot finds and fills the cache."""
    token = (await one.ask(text(PAST), text(PAST, 1))).json()["extensions"]["snapshot"]
    await one.advanced()
    await one.advanced()
    made = await one.ask(*CLOSED, x_shopx_as_of=token)
    assert (cache(made), made.json()["extensions"]["snapshot"]) == ("miss", token)
    again = await one.ask(*CLOSED, x_shopx_as_of=token)
    assert (cache(again), again.json()["extensions"]["snapshot"]) == ("hit-l0", token)
    elsewhere = await other.ask(*CLOSED)
    assert cache(elsewhere) == "hit-l1"
    assert elsewhere.json()["extensions"]["snapshot"] != token
    assert (one.app.calls, other.app.calls) == (2, 0)


@pytest.mark.usefixtures("sales")
async def test_under_overload_a_late_reply_of_redis_is_waited_for(
    database: Database, pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Redis has is not refused because a busy machine makes its replies late."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        entered.set()
        await go.wait()

    narrow = {"max_concurrent_misses": 1, "miss_wait": 10}
    monkeypatch.setattr(lookup, "PATIENCE_SECONDS", 10)
    with valkey_server(tmp_path) as valkey:
        made = settings(database.dsn, valkey.url, patience=0.5, api=narrow)
        async with cached_app(made, pool) as process:
            assert revenue(await process.ask(*CLOSED)) == "10"
            # The process's own memory has forgotten it.
            monkeypatch.setattr(MemoryTier, "get", lambda *_: None)
            monkeypatch.setattr(process.cache.admission.times, "mean", lambda _: 40.0)
            process.app.before = hold
            running = asyncio.create_task(process.ask(text(PAST), text(PAST, 1)))
            await entered.wait()
            waiting = asyncio.create_task(process.ask(text(PAST), text(PAST, 2)))

            async def in_line() -> bool:
                return process.cache.admission.waiting == 1

            await until(in_line)
            assert valkey.process is not None
            valkey.process.send_signal(signal.SIGSTOP)
            asked = asyncio.create_task(process.ask(*CLOSED))
            # Later than a reply may be, sooner than the connection is given up.
            await asyncio.sleep(0.7)
            valkey.process.send_signal(signal.SIGCONT)
            found = await asked
            go.set()
            await asyncio.gather(running, waiting)
    assert (cache(found), revenue(found)) == ("hit-l1", "10")


@pytest.mark.usefixtures("sales")
async def test_more_misses_than_allowed_wait_and_then_are_told_to_come_back(
    database: Database, pool: asyncpg.Pool, valkey_url: str
) -> None:
    """One computes, one waits; the third is refused at once, with an older answer if there is."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        entered.set()
        await go.wait()

    narrow = {"max_concurrent_misses": 1, "miss_wait": 10}
    async with cached_app(settings(database.dsn, valkey_url, api=narrow), pool) as process:
        process.cache.admission.times.observe("Revenue", 15)
        process.app.before = hold
        running = asyncio.create_task(process.ask(*OPEN))
        await entered.wait()
        waiting = asyncio.create_task(process.ask(*CLOSED))

        async def in_line() -> bool:
            return process.cache.admission.waiting == 1

        await until(in_line)
        refused = await process.ask(text(PAST), text(PAST, 1))
        go.set()
        assert {revenue(await running), revenue(await waiting)} == {"10"}
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "15"
    assert refused.json()["errors"][0]["extensions"]["code"] == "OVERLOADED"


async def test_under_overload_an_older_answer_is_served_and_renewed_before_new_queries(
    database: Database,
    pool: asyncpg.Pool,
    valkey_url: str,
    sales: Sales,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Although its data have changed for longer than it would otherwise be served."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        entered.set()
        await go.wait()

    narrow = {"max_concurrent_misses": 1, "miss_wait": 30}
    async with cached_app(settings(database.dsn, valkey_url, api=narrow), pool) as process:
        assert revenue(await process.ask(*OPEN)) == "10"
        times = process.cache.admission.times
        monkeypatch.setattr(times, "mean", lambda _: 40.0)
        sales.sale(NOON)
        sales.write(database.dsn)
        process.app.before = hold
        running = asyncio.create_task(process.ask(text(PAST), text(PAST, 1)))
        await entered.wait()
        waiting = asyncio.create_task(process.ask(*CLOSED))
        for _ in range(3):
            await process.advanced()
        older = await process.ask(*OPEN)
        assert (cache(older), revenue(older)) == ("stale", "10")
        assert process.telemetry.cache["l0", "stale", "overload"] == 1
        refused = await process.ask(text(PAST, 1), text(PAST, 2))
        assert refused.status_code == 503
        go.set()
        await running
        last = await waiting
        newer = await process.ask(*OPEN)
    assert revenue(newer) == "20"
    order = [answer.json()["data"]["calls"] for answer in (older, newer, last)]
    assert order == [1, 3, 4]


async def test_an_error_of_ours_is_covered_by_an_older_answer(
    one: CachedApp, sales: Sales, database: Database
) -> None:
    """Within the freshness limit; and nothing that failed is kept."""
    assert revenue(await one.ask(*OPEN)) == "10"
    sales.sale(NOON)
    sales.write(database.dsn)
    one.app.fails = True
    await one.advanced()
    await one.advanced()
    for _ in range(3):
        answer = await one.ask(*OPEN)
        assert (cache(answer), revenue(answer)) == ("stale", "10")
    one.app.fails = False
    await shows(one, OPEN, "20")


async def test_a_get_is_answered_with_its_tag_alone_while_nothing_changed(one: CachedApp) -> None:
    params = {
        "query": QUERY,
        "operationName": "Revenue",
        "variables": '{"from":"2026-01-01T00:00:00+00:00","to":"2026-01-02T00:00:00+00:00"}',
    }
    # The application of this test reads bodies only; the tag is the response cache's.
    posted = await one.client.post(
        "/graphql",
        json={
            **params,
            "variables": {"from": "2026-01-01T00:00:00+00:00", "to": "2026-01-02T00:00:00+00:00"},
        },
    )
    got = await one.client.get("/graphql", params=params)
    assert (cache(got), got.content) == ("hit-l0", posted.content)
    again = await one.client.get(
        "/graphql", params=params, headers={"if-none-match": got.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == got.headers["etag"]


async def test_a_long_answer_is_compressed_for_who_can_read_it(one: CachedApp) -> None:
    one.app.pad = 4096
    plain = await one.ask(*CLOSED, accept_encoding="identity")
    packed = await one.ask(*CLOSED, accept_encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < 1000
    assert packed.json() == (await one.ask(*CLOSED, accept_encoding="identity")).json()
    assert packed.headers["etag"].startswith("W/")


async def test_a_body_that_is_too_large_is_refused(database: Database, pool: asyncpg.Pool) -> None:
    async with cached_app(
        settings(database.dsn, None, api={"max_body_bytes": 1024}), pool
    ) as process:
        answer = await process.client.post("/graphql", json={"query": "x" * 1024})
    assert (answer.status_code, process.app.calls) == (413, 0)


@pytest.mark.usefixtures("sales")
async def test_the_cache_can_be_switched_off(
    database: Database, pool: asyncpg.Pool, valkey_url: str
) -> None:
    made = settings(database.dsn, valkey_url, cache={"enabled": False})
    async with cached_app(made, pool) as process:
        for _ in range(3):
            assert cache(await process.ask(*CLOSED)) == "bypass"
        assert process.app.calls == 3


async def test_the_hottest_answers_are_made_anew_before_anybody_asks(
    database: Database, pool: asyncpg.Pool, valkey_url: str, sales: Sales
) -> None:
    async with cached_app(settings(database.dsn, valkey_url, cache={"warm": 1}), pool) as process:
        for _ in range(3):
            await process.ask(*OPEN)
        sales.sale(NOON)
        sales.write(database.dsn)
        await process.advanced()

        async def made_anew() -> bool:
            return process.app.calls == 2 and not process.cache.admission.running

        await until(made_anew)
        answer = await process.ask(*OPEN)
        assert (cache(answer), revenue(answer)) == ("hit-l0", "20")


async def test_tuning_changes_are_followed(one: CachedApp, valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.hset((one.cache.prefix + b"tuning").decode(), mapping={"live_interval": "3"})

    async def applied() -> bool:
        return one.cache.tuning.current.live_interval == 3

    await until(applied)


async def test_requests_are_counted_by_operation_outcome_and_status(one: CachedApp) -> None:
    for _ in range(3):
        await one.ask(*CLOSED)
    await one.client.post("/graphql", json={"query": "mutation {", "operationName": "no name!"})
    text_, media = one.telemetry.exposition()
    lines = text_.decode().splitlines()
    assert media.startswith("text/plain")
    for line in (
        'shopx_http_requests_total{cache="hit-l0",operation="Revenue",status="200"} 2.0',
        'shopx_http_requests_total{cache="miss",operation="Revenue",status="200"} 1.0',
        'shopx_http_request_duration_seconds_count{cache="hit-l0",operation="Revenue"} 2.0',
        'shopx_cache_requests_total{reason="first_seen",result="miss",tier="l1"} 1.0',
        'shopx_cache_requests_total{reason="none",result="hit",tier="l0"} 2.0',
        "shopx_http_requests_in_flight 0.0",
    ):
        assert line in lines
    assert any(line.startswith("process_cpu_seconds_total ") for line in lines)
