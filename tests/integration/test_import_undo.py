"""Taking an import back: figures are as before it, on every tier, and the file can come again."""

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shopx_core.errors import Conflict, InvalidInput, NotFound
from shopx_core.settings import DatabaseSettings
from shopx_store.importing.mapping import KnownOrders
from shopx_store.importing.pipeline import Report
from shopx_store.importing.publish_checks import NO_LIMIT
from shopx_store.importing.runs import find_run, list_runs
from shopx_store.importing.undo import Undone, undo_import
from shopx_store.ledger.refunds import cancel_order, refund_order
from shopx_store.rollups.sql import ROLLUPS
from tests.support.importing import assert_exact, connected, ledger, rows, run
from tests.support.postgres import Database
from tests.support.shop_exports import A1_P1, A1_P2, A2_P1, HEADER, J1, KEYED, KEYLESS, R1_P1

FIRST = (A1_P1, A1_P2, R1_P1, J1)


class Shop:
    """One source's exports into one database."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self._file = folder / "export.csv"

    def take(self, *lines: str, mapping: str = KEYED, **options: Any) -> int:
        """Import an export with these lines; returns the import's id."""
        self._file.write_text(HEADER + "".join(lines))
        report: Report = run(self.dsn, mapping, self._file, **options)
        assert_exact(self.dsn)
        assert report.published.run is not None
        return report.published.run

    def undo(self, number: int) -> Undone:
        """Take an import back."""
        undone = undo_import(DatabaseSettings(dsn=self.dsn), number, lambda _: None)
        assert_exact(self.dsn)
        return undone

    def figures(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every rollup's rows that are not zero, by products' and customers' names."""
        found = {}
        for rollup in ROLLUPS:
            sums = " or ".join(f"{name} <> 0" for name in rollup.sums)
            keys = [name for name in (*rollup.keys, *rollup.replaced) if name != "order_id"]
            columns = ", ".join([*(f"{name}::text" for name in keys), *rollup.sums])
            found[rollup.table] = sorted(
                rows(self.dsn, f"select {columns} from {rollup.table} where {sums}"),
                key=repr,
            )
        found["keys"] = rows(
            self.dsn, "select key, order_id, ordered_at from order_keys order by 1"
        )
        found["products"] = rows(self.dsn, "select key, name from products order by key")
        return found

    def net(self) -> Decimal:
        value: Decimal = ledger(self.dsn)["net"]
        return value


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return Shop(database.dsn, tmp_path)


@pytest.mark.parametrize("mapping", [KEYLESS, KEYED], ids=["content", "key"])
def test_the_first_import_is_taken_back_and_comes_again(shop: Shop, mapping: str) -> None:
    """Nothing counts afterwards; the ledger keeps both; the same file is then new again."""
    number = shop.take(*FIRST, A2_P1, mapping=mapping)
    imported = shop.figures()
    undone = shop.undo(number)
    assert (undone.taken_back, undone.restored) == (5, 0)
    assert shop.net() == 0
    assert all(not found for table, found in shop.figures().items() if table != "products")
    assert ledger(shop.dsn)["lines"] == 10
    shop.take(*FIRST, A2_P1, mapping=mapping)
    again = shop.figures()
    assert [key for key, *_ in again.pop("keys")] == [key for key, *_ in imported.pop("keys")]
    assert again == imported


def test_twice_changes_nothing(shop: Shop) -> None:
    number = shop.take(*FIRST)
    shop.undo(number)
    before = rows(shop.dsn, "select * from order_items order by id")
    undone = shop.undo(number)
    assert (undone.taken_back, undone.before is not None) == (0, True)
    assert rows(shop.dsn, "select * from order_items order by id") == before
    assert len(rows(shop.dsn, "select from import_runs where mode = 'undo'")) == 1


CHANGES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "adds": ((A2_P1,), {}),
    "extends": (
        ("A1,2024-01-31 10:00,,ann,North,p3,Hat,1,20\n",),
        {"mapping": KEYLESS, "known_orders": KnownOrders.EXTEND},
    ),
    "corrects a line": ((A1_P1.replace(",10\n", ",12\n"), A1_P2), {}),
    "moves an order": (
        (A1_P1.replace("01-31", "03-05"), A1_P2.replace("01-31", "03-05")),
        {},
    ),
    "moves an order of which it has one line": ((A1_P1.replace("ann", "eve"),), {}),
    "replaces": (
        (A1_P1.replace(",2,10", ",1,99"),),
        {"mode": "replace", "mapping": KEYLESS, "max_missing": NO_LIMIT},
    ),
    "is a snapshot": ((A1_P1, A2_P1), {"mode": "snapshot", "max_missing": NO_LIMIT}),
    "is an empty snapshot": ((), {"mode": "snapshot", "max_missing": NO_LIMIT}),
    "renames a product": ((A2_P1.replace("Pen", "Biro"),), {}),
    "takes an adjustment back": (FIRST[:3], {"mode": "snapshot", "max_missing": NO_LIMIT}),
    "books nothing": (FIRST, {}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_later_import_is_taken_back(shop: Shop, change: str) -> None:
    """Figures, keys and names are those of before it; it can come again; then the first can go."""
    lines, options = CHANGES[change]
    first = shop.take(*FIRST, mapping=options.get("mapping", KEYED))
    before = shop.figures()
    second = shop.take(*lines, **options)
    after = shop.figures()
    shop.undo(second)
    restored = shop.figures()
    names = dict(before["products"])
    restored["products"] = [row for row in restored["products"] if row[0] in names]
    assert restored == before
    third = shop.take(*lines, **options)
    again = shop.figures()
    for found in (again, after):
        found["keys"] = [(key, at) for key, _, at in found["keys"]]
    assert again == after
    shop.undo(third)
    shop.undo(first)
    assert shop.net() == 0
    assert not rows(shop.dsn, "select from order_keys")
    assert not rows(shop.dsn, "select from rollup_order where sale_lines <> 0")


def test_refused_while_a_later_import_builds_on_it(shop: Shop) -> None:
    """Its number is named; what shares no order with it does not matter."""
    first = shop.take(*FIRST)
    apart = shop.take(A2_P1)
    second = shop.take(A1_P1.replace(",10\n", ",12\n"))
    with pytest.raises(
        Conflict, match=rf"later imports have lines of the same orders \({second}\)"
    ):
        shop.undo(first)
    shop.undo(apart)
    shop.undo(second)
    shop.undo(first)
    assert shop.net() == 0


async def test_refused_after_a_refund_or_a_cancellation(shop: Shop, pool: asyncpg.Pool) -> None:
    first = shop.take(*FIRST)
    second = shop.take(A2_P1)
    now = dt.datetime.now(dt.UTC)
    async with pool.acquire() as connection:
        await refund_order(connection, "shop", "A1", refund_key="r", lines=None, at=now, now=now)
        await cancel_order(connection, "shop", "A2")
    for number, key in ((first, "A1"), (second, "A2")):
        with pytest.raises(Conflict, match=f"1 of its orders were refunded .*'{key}'"):
            shop.undo(number)


def test_other_attributes_stay_as_they_became(shop: Shop) -> None:
    """A name that was changed again since the import is not put back."""
    shop.take(*FIRST)
    number = shop.take(A2_P1.replace("Pen", "Biro"))
    with connected(shop.dsn) as connection:
        connection.execute("update products set name = 'Quill' where key = 'p1'")
    shop.undo(number)
    assert rows(shop.dsn, "select name from products where key = 'p1'") == [("Quill",)]


def test_what_cannot_be_taken_back(shop: Shop) -> None:
    number = shop.take(*FIRST)
    with connected(shop.dsn) as connection:
        connection.execute("update import_runs set xid = null")
    with pytest.raises(InvalidInput, match="a release that did not note"):
        shop.undo(number)
    with connected(shop.dsn) as connection:
        connection.execute("update import_runs set mode = 'seed'")
    with pytest.raises(InvalidInput, match="is a seeding"):
        shop.undo(number)
    with pytest.raises(NotFound, match="There is no import 99"):
        shop.undo(99)


def test_the_undo_of_an_undo_is_another_import(shop: Shop) -> None:
    number = shop.take(*FIRST)
    shop.undo(number)
    with connected(shop.dsn) as connection:
        undo = find_run(connection, number).undone_by
    assert undo is not None
    with pytest.raises(InvalidInput, match=f"is itself the undo of import {number}"):
        shop.undo(undo)


def test_a_restored_database_knows_its_imports(shop: Shop) -> None:
    """Another transaction with the number of the import's has nothing to do with it."""
    number = shop.take(*FIRST)
    other = shop.take(A2_P1)
    with connected(shop.dsn) as connection:
        connection.execute(
            "update import_runs set xid = (select xid from import_runs where id = %s)"
            " where id = %s",
            (other, number),
        )
        # Its own lines have another number now: none is found, and none of the other's.
        connection.execute("select 1")
    assert shop.undo(number).taken_back == 0
    assert shop.undo(other).taken_back == 1


def test_imports_are_listed_with_where_they_came_from(shop: Shop, tmp_path: Path) -> None:
    number = shop.take(*FIRST)
    again = shop.take(*FIRST)
    shop.undo(number)
    with connected(shop.dsn) as connection:
        undo, second, first = list_runs(connection, "shop", 10)
        assert [one.id for one in list_runs(connection, None, 1)] == [undo.id]
        assert list_runs(connection, "other", 10) == []
    assert (first.id, first.mode, first.new, first.undone_by) == (number, "append", 4, undo.id)
    assert (second.id, second.same, second.builds_on) == (again, 4, [])
    assert (undo.undoes, undo.missing) == (number, 4)
    assert first.mapping == KEYED
    assert first.summary["rows"] == {"read": 4, "skipped": 0, "rejected": 0}
    (file,) = first.inputs or []
    size = (tmp_path / "export.csv").stat().st_size
    assert (file["name"], file["bytes"], len(file["sha256"])) == ("export.csv", size, 64)
    assert dataclasses.asdict(first)["summary"]["totals"]["EUR"]["net"] == "3.5"
