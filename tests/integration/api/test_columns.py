"""Panels say the same with the columnar replica as without, and say where figures come from."""

import asyncio
import random
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_core.settings import ColumnsSettings, DatabaseSettings
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.rollups.fold import fold
from tests.support.api import Api, serving, settings_for
from tests.support.ledger_corpus import Shop
from tests.support.postgres import Database

PERIOD = '{days: {from: "2026-08-25", to: "2026-11-20"}}'
COMPARED = "{mode: PREVIOUS_PERIOD}"
KPIS = "kpis { metric value previous delta { absolute ratio status } }"
SERIES = "series { granularity buckets lines { metric current previous } }"
PANELS = [
    f'{{ sales(period: {PERIOD}, comparison: {COMPARED}, zone: "Asia/Tokyo") {{ {KPIS} }} }}',
    f"{{ sales(period: {PERIOD}) {{ heatmap {{ metric weekdays hours values }} }} }}",
    f"{{ sales(period: {PERIOD}) {{ {SERIES} }} }}",
]


async def answers(api: Api, query: str) -> tuple[Any, str]:
    """Data and tier of an answer about exactly now."""
    body = (await api.post(query, cache_control="no-cache")).json()
    assert "errors" not in body, body["errors"]
    return body["data"], body["extensions"]["tier"]


async def becomes_columns(api: Api, query: str) -> Any:
    """The data, once the replica has been opened."""
    for _ in range(100):
        data, tier = await answers(api, query)
        if tier == "columns":
            return data
        await asyncio.sleep(0.1)
    pytest.fail("the replica was not opened")


async def test_panels_are_answered_from_columns(database: Database, tmp_path: Path) -> None:
    """Also what was booked since the build; and from PostgreSQL when the replica is of no use."""
    shop = Shop(random.Random(11))
    columns = ColumnsSettings(folder=str(tmp_path / "columns"), memory=256, threads=1)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        shop.act(connection, 40)
        fold(connection)
        settings = settings_for(database.dsn, columns=columns.model_dump())
        async with (
            serving(create_inner_app(settings)) as api,
            serving(create_inner_app(settings_for(database.dsn))) as plain,
        ):
            assert (await answers(api, PANELS[0]))[1] == "rollup"
            await asyncio.to_thread(
                build,
                DatabaseSettings(dsn=database.dsn),
                tmp_path / "columns",
                BuildLimits(threads=1, memory="128MB"),
            )
            shop.act(connection, 10)
            for query in PANELS:
                data = await becomes_columns(api, query)
                assert data == (await answers(plain, query))[0]
                shop.act(connection, 2)
            metrics = (await api.http.get("/metrics")).text
            assert 'shopx_columns_queries_total{result="served"}' in metrics
            assert 'shopx_columns_queries_total{result="no_base"}' in metrics
            connection.execute("delete from columns_generations")
            assert (await answers(api, PANELS[0]))[1] == "rollup"
