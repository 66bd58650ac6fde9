"""What is booked as mapped, and may be meant otherwise, is said with counts; costs are used."""

import os
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.pipeline import Report
from tests.integration.test_import_commands import shopx
from tests.support.importing import assert_exact, connected, ledger, one, rows, run
from tests.support.postgres import Database

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: Europe/Berlin, currency: USD}
inputs:
  sales: {format: delimited, files: sales.csv}
order:
  key: order
  at: time(at, '%d/%m/%Y')
line:
  key: product
  kind: kind
  product: product
  quantity: quantity
  gross: gross
  discount: discount
  cost: cost
"""
HEADER = "order,at,kind,product,quantity,gross,discount,cost,unit,sub,top\n"
GOOD = "A,13/02/2026,sale,p,2,10,1,4,3,Pens,Office\n"


def take(database: Database, folder: Path, *lines: str, text: str = MAPPING, **more: Any) -> Report:
    (folder / "sales.csv").write_text(HEADER + "".join(lines))
    return run(database.dsn, text, folder / "sales.csv", **more)


@pytest.fixture
def berlin(database: Database) -> Database:
    """Figures are of Berlin's days, as the sales are."""
    with connected(database.dsn) as connection:
        connection.execute("update reporting set timezone = 'Europe/Berlin'")
    return database


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param(
            "A,13/02/2026,sale,p,1,10,-1,4,,,\n",
            "1 line has a discount of the other sign than their amount",
            id="discount-adds",
        ),
        pytest.param(
            "A,13/02/2026,return,p,1,10,0,4,,,\n",
            "1 line of returns has a positive amount",
            id="return-adds",
        ),
        pytest.param(
            "A,13/02/2026,sale,p,-1,-10,0,4,,,\n",
            "1 line of sales has a negative amount",
            id="negative-sale",
        ),
        pytest.param(
            "A,13/02/2026,sale,p,1,10,0,,,,\n", "1 line has no cost", id="profit-is-revenue"
        ),
        pytest.param(
            "A,03/02/2026,sale,p,1,10,0,4,,,\n",
            "DD/MM/YYYY was chosen, and 03/02/2026 is 2026-02-03",
            id="day-and-month",
        ),
    ],
)
def test_each_is_said(berlin: Database, tmp_path: Path, line: str, says: str) -> None:
    """Once, and not again for lines that are known."""
    report = take(berlin, tmp_path, line)
    (note,) = report.notes
    assert says in note
    assert take(berlin, tmp_path, line).notes == []


def test_nothing_is_said_of_ordinary_sales(berlin: Database, tmp_path: Path) -> None:
    """A day above 12 shows the order of day and month."""
    report = take(berlin, tmp_path, GOOD, "B,03/02/2026,return,p,-1,-5,0,-2,,,\n")
    assert report.notes == []


def test_dates_without_time_in_another_zone(database: Database, tmp_path: Path) -> None:
    """In a zone to the west they count on the day before."""
    (note,) = take(database, tmp_path, GOOD).notes
    assert note.startswith("1 order is at midnight in Europe/Berlin")
    assert "source.zone: UTC" in note
    assert take(database, tmp_path, GOOD, text=MAPPING.replace("Europe/Berlin", "UTC"),
                source_name="other").notes == []  # fmt: skip


WITH_COST = MAPPING.replace("  cost: cost\n", "") + "products:\n  unit_cost: unit\n"


def test_the_cost_of_products_is_used(berlin: Database, tmp_path: Path) -> None:
    """Where lines have none of their own; a later change restates nothing that is booked."""
    report = take(berlin, tmp_path, GOOD, text=WITH_COST)
    assert report.notes == []
    assert one(berlin.dsn, "select cost from order_items") == 6
    dearer = GOOD.replace(",4,3,", ",4,5,")
    assert take(berlin, tmp_path, dearer, text=WITH_COST).published.changes.nothing
    later = take(berlin, tmp_path, dearer, dearer.replace("A,", "B,"), text=WITH_COST)
    assert later.published.changes.new == 1
    assert [cost for (cost,) in rows(berlin.dsn, "select cost from order_items order by id")] == [
        Decimal(6),
        Decimal(10),
    ]
    # A line that moves to another day keeps its cost.
    moved = dearer.replace("13/02", "14/02")
    assert take(berlin, tmp_path, moved, text=WITH_COST).published.changes.changed == 1
    assert one(berlin.dsn, "select sum(cost) from order_items") == 16
    assert_exact(berlin.dsn)


def test_a_cost_in_another_currency_is_not_used(berlin: Database, tmp_path: Path) -> None:
    """Products' costs are in the reporting currency; that lines have none is said."""
    text = WITH_COST.replace("currency: USD", "currency: JPY")
    (note,) = take(berlin, tmp_path, GOOD, text=text).notes
    assert "1 line has no cost" in note
    assert one(berlin.dsn, "select cost from order_items") == 0


def test_categories_of_the_lines_own_rows_have_parents(berlin: Database, tmp_path: Path) -> None:
    """Products, categories and parents may all come from one flat file."""
    text = MAPPING + "products:\n  category: sub\ncategories:\n  name: sub\n  parent: top\n"
    take(berlin, tmp_path, GOOD, text=text)
    assert rows(
        berlin.dsn,
        "select c.key, p.key from products x join categories c on c.id = x.category_id"
        " left join categories p on p.id = c.parent_id",
    ) == [("Pens", "Office")]
    assert take(berlin, tmp_path, GOOD, text=text).published.changes.references == 0


@pytest.mark.parametrize("content", ["", HEADER], ids=["empty", "header-only"])
def test_a_file_without_a_row_is_said(berlin: Database, tmp_path: Path, content: str) -> None:
    """It is not known already: there is nothing to know."""
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    (tmp_path / "sales.csv").write_text(content)
    done = shopx(berlin, tmp_path, "import", "mapping.yaml", "--source", "sales.csv")
    assert done.returncode == 0, done.stderr
    assert "sales.csv has no row." in done.stdout
    assert "The source has no row: nothing was imported." in done.stdout
    assert "known already" not in done.stdout


def test_rejects_are_for_their_owner_and_no_formulas(berlin: Database, tmp_path: Path) -> None:
    """Only their owner may read them, and a spreadsheet runs nothing of them."""
    formula = '=HYPERLINK("x";"y")'
    quoted = formula.replace('"', '""')
    path = tmp_path / "rejects.csv"
    outer = os.umask(0)
    try:
        with pytest.raises(InvalidInput):
            take(
                berlin, tmp_path, GOOD, f'B,13/02/2026,sale,p,"{quoted}",-x,0,1,,,\n', rejects=path
            )
    finally:
        os.umask(outer)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()
    assert lines[0] == '"file","row","column","value","reason"'
    assert f'"\'{quoted}"' in lines[1]
    assert '"\'-x"' in lines[2]
    # A link that another left in the folder is replaced, not followed.
    path.unlink()
    (tmp_path / "victim").write_text("kept")
    path.symlink_to(tmp_path / "victim")
    with pytest.raises(InvalidInput):
        take(berlin, tmp_path, "B,x,sale,p,1,1,0,1,,,\n", rejects=path)
    assert (tmp_path / "victim").read_text() == "kept"
    assert ledger(berlin.dsn)["lines"] == 0


def test_an_address_may_come_from_the_environment(
    berlin: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password on the command line is visible to others, and the command says so."""
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    address = "postgresql://u:geheim@127.0.0.1:1/d"
    done = shopx(berlin, tmp_path, "import", "mapping.yaml", "--source", address)
    assert "give the address in SHOPX_IMPORT_SOURCE instead" in done.stderr
    monkeypatch.setenv("SHOPX_IMPORT_SOURCE", address)
    done = shopx(berlin, tmp_path, "import", "mapping.yaml")
    assert "The mapping reads files, and --source is a database address" in done.stderr
    assert "seen by everyone" not in done.stderr
    assert "geheim" not in done.stderr
