"""Events of shops over HTTP: signed, stored once, booked in any sequence to the same figures."""

import itertools
import json
import random
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from shopx_core.domain.webhooks import Shop
from shopx_core.settings import DatabaseSettings, ImportSettings, RedisSettings, Settings
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.feeding import Shop as Feeds
from tests.support.importing import add_rates, ledger
from tests.support.postgres import Database
from tests.support.shop_events import (
    SECRETS,
    SHOPIFY_REFUND,
    shopify,
    signed,
    stripe,
    woocommerce,
)

ADD = """
mutation($feed: FeedInput!) { addFeed(feed: $feed) { name state lagSeconds schedule } }
"""
FEEDS = """
{ feeds { name state lagSeconds waitingEvents unreadableEvents unreadableWhy refusedRequests
    lastImport problem { message hint } } }
"""


@pytest.fixture
def imports(tmp_path: Path) -> ImportSettings:
    """With the secrets of all shops."""
    for shop, secret in SECRETS.items():
        (tmp_path / shop).write_text(f"{secret}\n")
    return ImportSettings(credentials=str(tmp_path))


@pytest.fixture
async def api(
    database: Database, pool: Any, imports: ImportSettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    """A caller that may add feeds; the API knows them at once."""
    monkeypatch.setattr("shopx_api.server.webhooks.KNOWN_SECONDS", 0.0)
    settings = settings_for(database.dsn).model_copy(update={"imports": imports})
    async with serving(create_inner_app(settings)) as served:
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="shop")
        yield Api(served.http, {"authorization": f"Bearer {token}"})


@pytest.fixture
def feeds(database: Database, valkey_url: str, imports: ImportSettings) -> Feeds:
    """The worker's side."""
    add_rates(database.dsn)
    settings = Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(valkey_url)),
        reporting={"currency": "USD"},
        imports=imports,
    )
    return Feeds(database.dsn, settings)


async def add(api: Api, shop: Shop, **more: Any) -> str:
    """Add a feed of a shop's events."""
    feed = {"name": f"{shop}-1", "address": f"webhook:{shop}", "source": shop, "credential": shop}
    made = (await api.data(ADD, {"feed": feed | more}))["addFeed"]
    assert made["schedule"] is None
    return str(made["name"])


async def send(api: Api, name: str, body: bytes, headers: dict[str, str]) -> int:
    """Send an event; returns the status."""
    return (await api.http.post(f"/webhooks/{name}", headers=headers, content=body)).status_code


def net(dsn: str) -> Decimal:
    found: Decimal = ledger(dsn)["net"]
    return found


async def test_a_signed_event_is_booked(api: Api, feeds: Feeds) -> None:
    name = await add(api, Shop.SHOPIFY)
    body = shopify(refunds=[SHOPIFY_REFUND])
    assert await send(api, name, body, signed(Shop.SHOPIFY, body)) == 200
    (shown,) = (await api.data(FEEDS))["feeds"]
    assert (shown["waitingEvents"], shown["lastImport"]) == (1, None)
    assert shown["lagSeconds"] >= 0
    row = feeds.pull(name)
    assert row["problem"] is None
    assert net(feeds.dsn) == Decimal("9.00")  # 27.00 + 5.00 - 18.00 - 5.00
    for again in (body, body):
        assert await send(api, name, again, signed(Shop.SHOPIFY, again)) == 200
    (shown,) = (await api.data(FEEDS))["feeds"]
    assert (shown["waitingEvents"], shown["lagSeconds"], shown["lastImport"]) == (
        0,
        0,
        row["last_run"],
    )
    (events,) = feeds.run("select count(*) as events from feed_events")
    assert events["events"] == 1


async def test_forged_events_are_refused(api: Api, feeds: Feeds) -> None:
    """All with one answer, from which nothing is learnt about feeds; nothing is stored."""
    name = await add(api, Shop.SHOPIFY)
    stripe_feed = await add(api, Shop.STRIPE)
    body = shopify()
    right = signed(Shop.SHOPIFY, body)
    old = signed(Shop.STRIPE, body, at=1_000_000)
    answers = set()
    for feed, content, headers in (
        (name, body, {}),
        (name, body + b" ", right),
        (name, body, signed(Shop.SHOPIFY, body, secret="guess")),
        (name, body, signed(Shop.WOOCOMMERCE, body)),
        ("absent", body, right),
        ("%00", body, right),
        ("x" * 2000, body, right),
        (stripe_feed, body, old),
        (stripe_feed, body, right),
    ):
        got = await api.http.post(f"/webhooks/{feed}", headers=headers, content=content)
        headers_shown = {k: v for k, v in got.headers.items() if k not in {"date", "x-request-id"}}
        answers.add((got.status_code, got.text, json.dumps(headers_shown, sort_keys=True)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401
    assert feeds.run("select * from feed_events") == []
    # What was refused is noted a little later, with the next request.
    await send(api, name, body, right)
    shown = {feed["name"]: feed for feed in (await api.data(FEEDS))["feeds"]}
    assert shown[name]["refusedRequests"] == 4
    assert shown[stripe_feed]["refusedRequests"] == 2
    got = await api.http.get(f"/webhooks/{name}")
    assert (got.status_code, got.headers["allow"]) == (405, "POST")


async def test_the_ping_of_woocommerce_is_answered(api: Api) -> None:
    """It is not signed; whatever feed it is for, it says nothing."""
    for name in (await add(api, Shop.WOOCOMMERCE), "absent"):
        assert await send(api, name, b"webhook_id=17", {}) == 200


async def test_any_sequence_ends_in_the_same_figures(api: Api, feeds: Feeds) -> None:
    """Of an order, its latest state counts; also where each event is booked apart."""
    states = [
        shopify(updated="2026-02-01T10:00:00Z", financial_status="pending"),
        shopify(updated="2026-02-01T10:01:00Z"),
        shopify(updated="2026-02-09T10:00:00Z", refunds=[SHOPIFY_REFUND]),
    ]
    for number, order in enumerate(itertools.permutations(states)):
        name = await add(api, Shop.SHOPIFY, name=f"s{number}", source=f"s{number}")
        for body in order:
            assert await send(api, name, body, signed(Shop.SHOPIFY, body)) == 200
            if number % 2:
                assert feeds.pull(name)["problem"] is None
        if number % 2 == 0:
            assert feeds.pull(name)["problem"] is None
    sums = feeds.run(
        "select s.name, sum(i.gross - i.discount) as net from order_items i"
        " join sources s on s.id = i.source_id group by 1"
    )
    assert {row["net"] for row in sums} == {Decimal("9.00")}
    assert len(sums) == 6


async def test_a_cancelled_order_counts_no_longer(api: Api, feeds: Feeds) -> None:
    name = await add(api, Shop.WOOCOMMERCE)
    for number, body in enumerate(
        (woocommerce(), woocommerce(modified="2026-02-03T00:00:00", status="cancelled"))
    ):
        assert await send(api, name, body, signed(Shop.WOOCOMMERCE, body)) == 200
        row = feeds.pull(name)
        assert row["problem"] is None
        assert net(feeds.dsn) == (Decimal("32.00"), 0)[number], feeds.run(
            "select result, error from import_jobs"
        )


async def test_charges_refunds_and_disputes(api: Api, feeds: Feeds) -> None:
    """Shuffled, with repetitions."""
    name = await add(api, Shop.STRIPE)
    bodies = [
        stripe("charge", id="ch_1", amount=1000),
        stripe("charge", id="ch_2", amount=500),
        stripe("refund", id="re_1", amount=250, status="pending"),
        stripe("refund", 1_770_000_100, id="re_1", amount=250, status="succeeded"),
        stripe("refund", 1_770_000_100, id="re_2", amount=100, status="failed"),
        stripe("dispute", id="dp_1", amount=500, event="charge.dispute.funds_withdrawn"),
    ]
    sent = bodies * 2
    random.Random(7).shuffle(sent)
    for number, body in enumerate(sent):
        assert await send(api, name, body, signed(Shop.STRIPE, body)) == 200
        if number % 4 == 3:
            assert not feeds.row(name)["waiting"] or feeds.pull(name)["problem"] is None
    back = stripe(
        "dispute", 1_770_000_500, id="dp_1", amount=500, event="charge.dispute.funds_reinstated"
    )
    assert await send(api, name, back, signed(Shop.STRIPE, back)) == 200
    assert feeds.pull(name)["problem"] is None
    assert net(feeds.dsn) == Decimal("12.50")


async def test_an_event_that_cannot_be_read_holds_up_no_other(api: Api, feeds: Feeds) -> None:
    """It is kept, and said."""
    name = await add(api, Shop.SHOPIFY)
    for body in (b"no json", shopify()):
        assert await send(api, name, body, signed(Shop.SHOPIFY, body)) == 200
    assert feeds.pull(name)["problem"] is None
    (shown,) = (await api.data(FEEDS))["feeds"]
    assert (shown["unreadableEvents"], shown["waitingEvents"]) == (1, 0)
    assert "It is no JSON" in shown["unreadableWhy"]
    assert net(feeds.dsn) == Decimal("32.00")


async def test_nothing_is_acknowledged_that_is_not_stored(
    api: Api, feeds: Feeds, database: Database
) -> None:
    name = await add(api, Shop.SHOPIFY)
    body = shopify()
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("alter table feed_events rename to away")
        assert await send(api, name, body, signed(Shop.SHOPIFY, body)) == 503
        connection.execute("alter table away rename to feed_events")
    assert await send(api, name, body, signed(Shop.SHOPIFY, body)) == 200
    assert feeds.pull(name)["waiting"] == 0


async def test_feeds_need_the_right_for_their_source(api: Api, pool: Any) -> None:
    name = await add(api, Shop.SHOPIFY)
    other = await make_token(pool, Scope.INGEST, name="other", sources=("other",))
    reader = await make_token(pool, Scope.READ, name="reader")
    for token, asked in itertools.product(
        (other, reader),
        (
            f'mutation {{ pullFeed(name: "{name}") {{ id }} }}',
            f'mutation {{ pauseFeed(name: "{name}") {{ id }} }}',
            f'mutation {{ removeFeed(name: "{name}") }}',
        ),
    ):
        got = await api.http.post(
            "/graphql", json={"query": asked}, headers={"authorization": f"Bearer {token}"}
        )
        assert got.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    paused = await api.data(f'mutation {{ pauseFeed(name: "{name}") {{ state }} }}')
    assert paused["pauseFeed"]["state"] == "PAUSED"
    assert (await api.data(f'mutation {{ removeFeed(name: "{name}") }}'))["removeFeed"]
    assert (await api.data(FEEDS))["feeds"] == []
