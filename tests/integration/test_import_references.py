"""Reference rows are updated in sets, whatever the planner knows of tables just made."""

from pathlib import Path

import psycopg
import pytest

from shopx_store.importing import references
from tests.support.importing import one, run
from tests.support.postgres import Database

PRODUCTS, LINES = 300, 30_000
MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: EUR}
inputs: {sales: {format: delimited, files: sales.csv}}
order: {key: order, at: day}
line: {product: product, quantity: 1, gross: gross}
products: {key: product, name: name}
"""


def _export(folder: Path) -> Path:
    """A file of sales, whose lines name products."""
    lines = (
        f"O{n},2024-03-{1 + n % 28:02},p{n % PRODUCTS},Pen {n % PRODUCTS},{n}.00"
        for n in range(LINES)
    )
    (folder / "sales.csv").write_text("\n".join(["order,day,product,name,gross", *lines, ""]))
    return folder


def test_lines_are_not_read_again_for_each_product(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner took thousands of new products for a few, and read a million lines for each."""
    scans = []
    update = references.update

    def counted(connection: psycopg.Connection, source: int, derived: frozenset[str]) -> int:
        read = "select seq_scan from pg_stat_xact_user_tables where relname = 'import_lines'"
        before = connection.execute(read).fetchone()
        changed = update(connection, source, derived)
        after = connection.execute(read).fetchone()
        assert before
        assert after
        scans.append(after[0] - before[0])
        return changed

    monkeypatch.setattr(references, "update", counted)
    run(database.dsn, MAPPING, _export(tmp_path))
    named = one(database.dsn, "select count(*) from products where name like 'Pen %'")
    assert named == PRODUCTS
    assert scans == [1]
