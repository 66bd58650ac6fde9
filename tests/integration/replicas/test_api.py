"""The API over a leader and a replica: the same answers from either, and never an error."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from shopx_api.data import replicas as reads_of_replicas
from shopx_api.data.replicas import Replicas
from shopx_api.server.app import create_app
from shopx_core.domain.api_tokens import Scope
from shopx_core.settings import ColumnsSettings, DatabaseSettings
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.query.session import SnapshotReader
from shopx_store.rollups.fold import fold
from tests.integration.replicas.conftest import PATIENCE, settings_of
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.cached_app import until
from tests.support.page_queries import OF_ADMINS, documents
from tests.support.page_variables import variables_for
from tests.support.postgres import Database, PostgresServer
from tests.support.shop_dataset import RECORD, open_shop
from tests.support.streaming_postgres import Replica

pytestmark = pytest.mark.slow

ORDERS = "{ sales(period: {preset: ALL_TIME}) { kpis(metrics: [ORDERS]) { value } } }"
LISTED = "{ orders(period: {preset: ALL_TIME}) { placed(first: 5) { totalCount } } }"
EXACT: dict[str, Any] = {"cache_control": "no-cache"}


@dataclass(slots=True)
class Shop:
    """Two APIs over one database: one asks the replica as well, the other does not."""

    leader: PostgresServer
    replica: Replica
    database: Database
    ours: Api
    plain: Api

    async def sell(self, key: str) -> dict[str, Any]:
        """Record an order; the body of the answer."""
        line = {"product": "kite", "quantity": "1", "gross": "1"}
        order = {"key": key, "orderedAt": "2026-03-02T00:00:00Z", "lines": [line]}
        body: dict[str, Any] = (await self.ours.post(RECORD, {"orders": [order]})).json()
        assert body["data"]["recordOrders"]["recorded"] == 1, body
        return body

    async def counted(self, name: str, label: str) -> int:
        """A counter of the API that asks the replica."""
        text = (await self.ours.http.get("/metrics")).text
        found = re.search(rf"^{name}_total{{\w+=\"{label}\"}} (\S+)$", text, re.MULTILINE)
        return int(float(found[1])) if found else 0

    async def replica_answers(self) -> None:
        """Wait until the replica answers."""
        async with asyncio.timeout(60):
            began = await self.counted("shopx_db_reads", "replica")
            while await self.counted("shopx_db_reads", "replica") == began:
                await asyncio.sleep(0.1)
                token = (await self.ours.post(ORDERS, **EXACT)).json()["extensions"]["snapshot"]
                await self.ours.post(LISTED, x_shopx_as_of=token)


@contextlib.asynccontextmanager
async def _serving(
    servers: tuple[PostgresServer, Replica], columns: dict[str, Any] | None = None
) -> AsyncIterator[Shop]:
    leader, replica = servers
    database = leader.migrated()
    both = {"columns": ColumnsSettings(**(columns or {}))}
    given = settings_of(database, replica).model_copy(update=both)
    alone = settings_for(database.dsn).model_copy(update=both)
    async with (
        asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool,
        serving(create_app(given)) as ours,
        serving(create_app(alone)) as plain,
    ):
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="writer")
        for api in (ours, plain):
            api.headers = {"authorization": f"Bearer {token}"}
        await open_shop(plain, orders=40)
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            fold(connection)
        made = Shop(leader, replica, database, ours, plain)
        await made.replica_answers()
        yield made


@pytest.fixture
async def shop(servers: tuple[PostgresServer, Replica]) -> AsyncIterator[Shop]:
    """Two months of sales, of which the replica has all."""
    async with _serving(servers) as made:
        yield made


async def _agree(shop: Shop) -> int:
    """Every query of the pages has one answer; returns how many the replica gave."""
    began = await shop.counted("shopx_db_reads", "replica")
    for name in sorted(documents().keys() - OF_ADMINS):
        text = documents()[name]
        given = await variables_for(shop.plain, text)
        token = (await shop.ours.post(ORDERS, **EXACT)).json()["extensions"]["snapshot"]
        ours = (await shop.ours.post(text, given, x_shopx_as_of=token)).json()
        theirs = (await shop.plain.post(text, given, x_shopx_as_of=token)).json()
        assert "errors" not in ours, (name, ours)
        assert ours["data"] == theirs["data"], name
    return await shop.counted("shopx_db_reads", "replica") - began


@pytest.fixture
def _waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica that is behind is waited for as long as a busy machine may need."""
    monkeypatch.setattr(reads_of_replicas, "WAIT_SECONDS", PATIENCE / 2)


@pytest.mark.usefixtures("_waits")
async def test_every_query_of_the_pages_has_one_answer(shop: Shop) -> None:
    """As of one token, and from the replica."""
    assert await _agree(shop) > 0


@pytest.mark.usefixtures("_waits")
async def test_also_beside_a_columnar_replica(
    servers: tuple[PostgresServer, Replica], tmp_path: Path
) -> None:
    """Reference data that are kept for a version come from the leader, whose version it is."""
    folder = tmp_path / "columns"
    async with _serving(servers, {"folder": str(folder), "memory": 256, "threads": 1}) as shop:

        async def opened() -> bool:
            said = [(await api.http.get("/metrics")).text for api in (shop.ours, shop.plain)]
            return all("shopx_columns_ready 1" in text for text in said)

        limits = BuildLimits(threads=1, memory="128MB")
        await asyncio.to_thread(build, DatabaseSettings(dsn=shop.database.dsn), folder, limits)
        await until(opened)
        assert await _agree(shop) > 0


async def test_a_write_is_read_by_its_token(shop: Shop) -> None:
    """While the replica stands still the leader answers, and afterwards the replica may."""
    (before,) = (await shop.ours.post(ORDERS, **EXACT)).json()["data"]["sales"]["kpis"]
    shop.replica.pause()
    for number in range(1, 6):
        token = (await shop.sell(f"late-{number}"))["extensions"]["snapshot"]
        body = (await shop.ours.post(ORDERS, x_shopx_as_of=token)).json()
        assert int(body["data"]["sales"]["kpis"][0]["value"]) == int(before["value"]) + number
        assert body["extensions"]["snapshot"] == token
    assert await shop.counted("shopx_db_replica_fallbacks", "behind") >= 1
    shop.replica.resume()
    await shop.replica_answers()
    body = (await shop.ours.post(ORDERS, x_shopx_as_of=token)).json()
    assert int(body["data"]["sales"]["kpis"][0]["value"]) == int(before["value"]) + 5


async def test_a_replica_that_fails_amid_an_answer_is_no_error(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leader answers all of it anew."""
    opened = Replicas.open

    async def cut(self: Replicas, *arguments: Any) -> SnapshotReader | None:
        reader = await opened(self, *arguments)
        if reader is not None:
            shop.replica.ask(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'shopx-api'"
            )
        return reader

    monkeypatch.setattr(Replicas, "open", cut)
    # A replica that has not got the token's mark yet is not asked.
    for first in range(1, 90):
        text = LISTED.replace("first: 5", f"first: {first}")
        token = (await shop.ours.post(ORDERS, **EXACT)).json()["extensions"]["snapshot"]
        ours = (await shop.ours.post(text, x_shopx_as_of=token)).json()
        assert ours["data"] == (await shop.plain.post(text, x_shopx_as_of=token)).json()["data"]
        if await shop.counted("shopx_db_replica_fallbacks", "cancelled") >= 3:
            return
        await asyncio.sleep(0.2)
    pytest.fail("no replica was asked")


async def test_the_loss_of_the_replica_is_no_error(shop: Shop) -> None:
    """Before, while and after it is away."""
    shop.replica.kill()
    for number in range(5):
        await shop.sell(f"away-{number}")
        token = (await shop.ours.post(ORDERS, **EXACT)).json()["extensions"]["snapshot"]
        ours = (await shop.ours.post(LISTED, x_shopx_as_of=token)).json()
        theirs = (await shop.plain.post(LISTED, x_shopx_as_of=token)).json()
        assert ours["data"] == theirs["data"]
    assert await shop.counted("shopx_db_replica_fallbacks", "away") >= 1
    shop.replica.start()
    await shop.replica_answers()
