"""Builds: whole, in steps, checked, and not kept for ever."""

import random
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import psycopg
import pytest

from shopx_core.settings import DatabaseSettings
from shopx_store.columns import build_check, builder, continuation
from shopx_store.columns.base import open_base
from shopx_store.columns.build_check import BuildMismatch
from shopx_store.columns.builder import BuildLimits, NoRoom, build
from tests.support.ledger_corpus import Shop
from tests.support.postgres import Database

LIMITS = BuildLimits(threads=1, memory="128MB")
TABLES = (
    "lines", "sales", "quarters", "sales_days", "product_days", "band_days", "orders", "customers",
    "repeats",
)  # fmt: skip


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, with currencies by code."""
    base = open_base(path, threads=1, memory="64MB")
    found = {}
    for table in TABLES:
        text = f"select * from base.{table}"
        if table == "repeats":
            # What builds appended adds up.
            text = (
                "select * exclude (orders), sum(orders) as orders from base.repeats"
                " group by all having sum(orders) <> 0"
            )
        if table != "customers":
            text = (
                f"select t.* exclude (currency), c.code from ({text}) t"
                " join base.currencies c on c.id = t.currency"
            )
        found[table] = sorted(base.connection.execute(text).fetchall())
    base.connection.close()
    return found


def test_a_build_in_steps_equals_a_whole_one(database: Database, tmp_path: Path) -> None:
    """A later build reads only what is new, late commits of earlier transactions included."""
    settings = DatabaseSettings(dsn=database.dsn)
    shop, late = Shop(random.Random(1)), Shop(random.Random(2))
    with (
        psycopg.connect(database.dsn, autocommit=True) as connection,
        psycopg.connect(database.dsn, autocommit=True) as slow,
    ):
        Shop.stock(connection)
        shop.act(connection, 40)
        with slow.transaction():
            late.book(slow, 3)
            shop.act(connection, 5)
            first = build(settings, tmp_path / "steps", LIMITS)
        shop.act(connection, 10)
    second = build(settings, tmp_path / "steps", LIMITS)
    whole = build(settings, tmp_path / "whole", LIMITS)
    assert second.read == second.generation.rows - first.generation.rows
    assert whole.read == whole.generation.rows == second.generation.rows
    assert content(tmp_path / "steps" / f"{second.generation.id}.duckdb") == content(
        tmp_path / "whole" / f"{whole.generation.id}.duckdb"
    )


@pytest.mark.parametrize("seed", range(3))
def test_continued_bases_equal_whole_ones(database: Database, tmp_path: Path, seed: int) -> None:
    """Generation after generation: refunds, voids, late orders and other customers' between."""
    settings = DatabaseSettings(dsn=database.dsn)
    shop = Shop(random.Random(100 + seed))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        shop.act(connection, 60)
        made = build(settings, tmp_path / "steps", LIMITS)
        for acts in (1, 7, 0, 3):
            shop.act(connection, acts)
            before, made = made, build(settings, tmp_path / "steps", LIMITS)
            assert made.read == made.generation.rows - before.generation.rows
        whole = build(settings, tmp_path / "whole", LIMITS)
    assert content(tmp_path / "steps" / f"{made.generation.id}.duckdb") == content(
        tmp_path / "whole" / f"{whole.generation.id}.duckdb"
    )
    assert_sorted(tmp_path / "steps" / f"{made.generation.id}.duckdb")


def assert_sorted(path: Path) -> None:
    """Readers rely on it for the tables that they keep in memory."""
    base = open_base(path, threads=1, memory="64MB")
    base.connection.execute("set preserve_insertion_order = true")
    for table in ("sales", "quarters", "sales_days", "product_days", "band_days", "orders"):
        at = [
            row[0]
            for row in base.connection.execute(f"select instant from base.{table}").fetchall()
        ]
        assert at == sorted(at), table
    base.connection.close()


def test_many_appended_lines_end_in_a_whole_build(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuation, "FEW", 0)
    settings = DatabaseSettings(dsn=database.dsn)
    shop = Shop(random.Random(7))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        shop.act(connection, 10)
        build(settings, tmp_path, LIMITS)
        shop.act(connection, 10)
        continued = build(settings, tmp_path, LIMITS)
        shop.act(connection, 1)
        whole = build(settings, tmp_path, LIMITS)
    assert continued.read < continued.generation.rows
    assert whole.read == whole.generation.rows


@pytest.mark.parametrize("wrong", ["count(*)", "coalesce(sum(cost), 0)"])
def test_a_build_that_differs_is_not_published(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        Shop(random.Random(3)).act(connection, 10)
        expected = build_check.EXPECTED.replace(wrong, f"{wrong} + 1", 1)
        monkeypatch.setattr(build_check, "EXPECTED", expected)
        with pytest.raises(BuildMismatch):
            build(DatabaseSettings(dsn=database.dsn), tmp_path, LIMITS)
        assert connection.execute("select count(*) from columns_generations").fetchone() == (0,)
    assert [file.name for file in tmp_path.iterdir()] == ["lock"]


def test_only_builds_that_a_snapshot_may_want_are_kept(database: Database, tmp_path: Path) -> None:
    settings = DatabaseSettings(dsn=database.dsn)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        made = [build(settings, tmp_path, LIMITS).generation.id for _ in range(2)]
        connection.execute("update columns_generations set built_at = built_at - interval '1 hour'")
        made.append(build(settings, tmp_path, LIMITS).generation.id)
        rows = connection.execute("select id from columns_generations order by built_at")
        assert [row[0] for row in rows] == made[1:]
    files = {file.stem for file in tmp_path.glob("*.duckdb")}
    assert files == {str(one) for one in made[1:]}


def test_what_a_killed_build_left_is_removed(database: Database, tmp_path: Path) -> None:
    (tmp_path / "a.part.tmp").mkdir()
    (tmp_path / "a.part.tmp" / "block").write_bytes(b"1")
    (tmp_path / "a.part.csv").write_bytes(b"1")
    built = build(DatabaseSettings(dsn=database.dsn), tmp_path, LIMITS)
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {"lock", f"{built.generation.id}.duckdb"}


def test_an_empty_ledger(database: Database, tmp_path: Path) -> None:
    built = build(DatabaseSettings(dsn=database.dsn), tmp_path, LIMITS)
    assert built.generation.rows == 0
    assert content(tmp_path / f"{built.generation.id}.duckdb") == {name: [] for name in TABLES}


def test_orders_whose_lines_disagree_are_not_counted(database: Database, tmp_path: Path) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        connection.execute(
            "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
            " source_id, product_id, customer_id, currency, quantity, gross, discount, cost)"
            " select '2026-09-01', 'sale', false, 1, n, gen_random_uuid(), 1, 1, n, 'USD',"
            " 1, 1, 0, 0 from generate_series(1, 2) n"
        )
    built = build(DatabaseSettings(dsn=database.dsn), tmp_path, LIMITS)
    assert built.no_orders is not None
    assert built.no_amounts is None


def test_a_base_cannot_be_written(database: Database, tmp_path: Path) -> None:
    built = build(DatabaseSettings(dsn=database.dsn), tmp_path, LIMITS)
    path = tmp_path / f"{built.generation.id}.duckdb"
    base = open_base(path, threads=1, memory="64MB")
    with pytest.raises(duckdb.Error, match=r"read-only|read only"):
        base.connection.execute("delete from base.lines")
    base.connection.close()


def test_a_disk_without_room_costs_no_read(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base before stays; the message says how much is needed and what to do."""
    settings = DatabaseSettings(dsn=database.dsn)
    build(settings, tmp_path, LIMITS)
    files = sorted(tmp_path.iterdir())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    monkeypatch.setattr(builder, "_build", lambda *_, **__: pytest.fail("it was tried"))
    with pytest.raises(NoRoom, match="has 1 bytes left") as caught:
        build(settings, tmp_path, LIMITS)
    assert "columns.storage" in str(caught.value)
    assert sorted(tmp_path.iterdir()) == files
