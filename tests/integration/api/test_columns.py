"""Panels say the same with the columnar replica as without, and say where figures come from."""

import asyncio
import random
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client import generate_latest

from shopx_api.data import columns_fetcher
from shopx_api.server.app import create_inner_app
from shopx_core.scaling.measurement import parse_scrape
from shopx_core.settings import ColumnsSettings, DatabaseSettings
from shopx_operator.status.columns import columns_condition, columns_facts
from shopx_store.columns import build_daemon
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.rollups.fold import fold
from tests.support.api import Api, serving, settings_for
from tests.support.ledger_corpus import Shop
from tests.support.postgres import Database, free_port

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


async def test_a_process_without_the_builders_disk_fetches_its_builds(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a pod does: from the builder's process, and PostgreSQL answers until then."""
    monkeypatch.setattr(columns_fetcher, "INTERVAL", 0.2)
    shop = Shop(random.Random(12))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        shop.act(connection, 40)
        fold(connection)
        port, stop = free_port(), threading.Event()
        common = {"memory": 256, "threads": 1, "token": "a shared secret"}
        reads = {"folder": str(tmp_path / "pod"), "source": f"http://127.0.0.1:{port}"}
        settings = settings_for(database.dsn, columns=common | reads)
        async with serving(create_inner_app(settings)) as api:
            before, tier = await answers(api, PANELS[0])
            assert tier == "rollup"
            metrics = (await api.http.get("/metrics")).text
            assert "shopx_columns_ready 0.0" in metrics
            builds = settings_for(database.dsn, columns=common | {"port": port})
            builder = asyncio.create_task(
                asyncio.to_thread(build_daemon.run, builds, tmp_path / "builder", stop)
            )
            try:
                assert await becomes_columns(api, PANELS[0]) == before
                await asyncio.sleep(1.5)
                metrics = (await api.http.get("/metrics")).text
                assert "shopx_columns_ready 1.0" in metrics
                assert 'shopx_columns_fetches_total{result="fetched"} 1.0' in metrics
                assert "shopx_columns_fetched_bytes_total 0.0" not in metrics
                # Whatever the condition reads is what the processes serve.
                builder_metrics = generate_latest().decode()
                scrapes = {
                    "api": parse_scrape(metrics, 0),
                    "columns": parse_scrape(builder_metrics, 0),
                }
                facts = columns_facts(["api"], scrapes, time.time())
                assert columns_condition(facts).reason == "Serving"
            finally:
                stop.set()
                await builder
