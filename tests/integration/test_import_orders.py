"""One header from the rows of an order: exports may write it in the first row alone."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopx_store.importing.pipeline import Report
from shopx_store.importing.rejects import TooManyRejects
from tests.support.importing import assert_exact, ledger, rows, run
from tests.support.postgres import Database

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: Europe/Berlin, currency: USD}
inputs:
  sales: {format: delimited, files: "*.csv"}
order:
  key: name
  at: paid_at
  where: status == 'paid' and cancelled_at is None
  document: "'return' if type == 'refund' else 'sale'"
  customer: email
  currency: currency
line:
  product: item
  quantity: quantity
  gross: amount
"""
HEADER = "name,status,currency,paid_at,cancelled_at,type,email,item,quantity,amount\n"
PAID = "#1,paid,EUR,2024-03-01 10:00,,,ann@x.org,Pen,1,34.90\n#1,,,,,,,Cup,1,19.01\n"
CANCELLED = "#2,paid,EUR,2024-03-01 11:00,2024-03-02,,bob@x.org,Pen,1,7\n#2,,,,,,,Cup,1,8\n"
REFUND = "#3,paid,,2024-03-02 10:00,,refund,ann@x.org,Pen,-1,-2\n#3,,,,,,,Cup,-1,-3\n"
OPEN = "#4,pending,EUR,,,,eve@x.org,Pen,1,100\n#4,,,,,,,Cup,1,200\n"


def take(
    database: Database, folder: Path, *rows_: str, text: str = MAPPING, **options: Any
) -> Report:
    (folder / "sales.csv").write_text(HEADER + "".join(rows_))
    return run(database.dsn, text, folder, rejects=folder / "rejects", **options)


BY_CURRENCY = """
select o.key, c.key, i.currency, o.document::text, sum(i.gross) from order_items i
join orders o on o.id = i.order_id left join customers c on c.id = o.customer_id
group by 1, 2, 3, 4 order by 1
"""


def test_a_header_in_the_first_row_alone(database: Database, tmp_path: Path) -> None:
    """Status, currency, time and customer carry down; the condition decides for whole orders."""
    report = take(database, tmp_path, PAID, CANCELLED, REFUND, OPEN)
    assert (report.published.changes.new, report.skipped, report.rejected) == (4, 4, 0)
    # An empty currency is the source's.
    assert rows(database.dsn, BY_CURRENCY) == [
        ("#1", "ann@x.org", "EUR", "sale", Decimal("53.91")),
        ("#3", "ann@x.org", "USD", "return", Decimal(-5)),
    ]
    assert_exact(database.dsn)
    again = take(database, tmp_path, PAID, CANCELLED, REFUND, OPEN)
    assert (again.published.changes.nothing, again.published.changes.same) == (True, 4)


def test_a_condition_that_every_row_leaves_open(database: Database, tmp_path: Path) -> None:
    """Where no row says anything, the condition holds as it does for empty fields."""
    text = MAPPING.replace("status == 'paid' and cancelled_at", "cancelled_at")
    report = take(database, tmp_path, PAID, CANCELLED, text=text)
    assert (report.published.changes.new, report.skipped) == (2, 2)
    assert ledger(database.dsn)["net"] == Decimal("53.91")


@pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
def test_the_header_may_be_in_any_row(database: Database, tmp_path: Path, order: int) -> None:
    """The last row may have it, and another order's rows may be between."""
    first, second = PAID.splitlines(keepends=True)
    others = CANCELLED.splitlines(keepends=True)
    lines = [first, others[0], second, others[1]][::order]
    assert take(database, tmp_path, *lines).published.changes.new == 2
    assert ledger(database.dsn)["net"] == Decimal("53.91")


def test_rows_that_disagree_are_said(database: Database, tmp_path: Path) -> None:
    """The first row decides, and the report counts such orders."""
    report = take(database, tmp_path, PAID, "#1,open,,,,,,Hat,1,1\n")
    assert (report.staging.undecided, report.published.changes.new) == (1, 3)


def test_a_header_row_without_line(database: Database, tmp_path: Path) -> None:
    """A row that `line.where` leaves out still says what the order is."""
    text = MAPPING.replace("line:\n", "line:\n  where: item is not None\n")
    lines = ("#1,paid,EUR,2024-03-01 10:00,,,ann@x.org,,,\n", "#1,,,,,,,Cup,1,19.01\n")
    report = take(database, tmp_path, *lines, text=text)
    assert (report.published.changes.new, report.skipped) == (1, 1)
    assert rows(database.dsn, BY_CURRENCY) == [("#1", "ann@x.org", "EUR", "sale", Decimal("19.01"))]


def test_a_faulty_row_of_an_order_left_out(database: Database, tmp_path: Path) -> None:
    """It is no reject, whichever row says so; that of an order that counts is one."""
    faulty = CANCELLED.replace("Cup,1,8", "Cup,one,8")
    assert take(database, tmp_path, PAID, faulty).rejected == 0
    # The row with the header is the faulty one: its order is left out all the same.
    faulty = CANCELLED.replace("Pen,1,7", "Pen,one,7")
    report = take(database, tmp_path, PAID, faulty, max_rejects=1)
    assert (report.published.changes.same, report.published.changes.new) == (2, 0)
    with pytest.raises(TooManyRejects, match=r"row 3 \(quantity\): no number"):
        take(database, tmp_path, PAID.replace("Cup,1", "Cup,one"), CANCELLED)


def test_an_order_without_a_time_in_any_row(database: Database, tmp_path: Path) -> None:
    """Its lines are rejected, and say where the value was looked for."""
    text = MAPPING.replace("  where: status == 'paid' and cancelled_at is None\n", "")
    report = take(database, tmp_path, PAID, OPEN, text=text, max_rejects=2)
    with (tmp_path / "rejects").open(newline="") as file:
        assert [row[1:3] + row[4:] for row in csv.reader(file)][1:] == [
            [row, "name, paid_at", "no value, where one is needed, in no row of the order"]
            for row in ("4", "5")
        ]
    assert report.published.changes.new == 2


def test_one_file_read_as_two_inputs(database: Database, tmp_path: Path) -> None:
    """A row that the condition leaves out repeats no order."""
    text = (
        MAPPING.replace("  sales: {", "  orders: {format: delimited, files: sales.csv}\n  sales: {")
        .replace("order:\n", "order:\n  from: orders\n")
        .replace("line:\n", "line:\n  from: sales\n  order: name\n")
    )
    report = take(database, tmp_path, PAID, CANCELLED, REFUND, OPEN, text=text)
    assert (report.rejected, report.published.changes.new) == (0, 4)
    assert [row[4] for row in rows(database.dsn, BY_CURRENCY)] == [Decimal("53.91"), Decimal(-5)]
    open_alone = text.replace("status == 'paid' and cancelled_at", "cancelled_at")
    report = take(database, tmp_path, PAID, CANCELLED, text=open_alone)
    assert (report.rejected, report.published.changes.same) == (0, 2)


def test_lines_later_than_their_order_are_said(database: Database, tmp_path: Path) -> None:
    """They are booked at the earliest time, which may not be what was meant."""
    report = take(database, tmp_path, PAID, "#1,,,2024-03-29 10:00,,,,Hat,1,1\n")
    assert report.staging.spread == 1
    assert report.staging.widest is not None
    assert report.staging.widest.days == 28
