"""Acceptance: the real data sets give the totals that their owners publish, to the last digit.

One test for each data set, since one import of a million lines is enough: its steps are its
assertions, in the order of a user's day.
"""

from decimal import Decimal

import psycopg
import pytest

from tests.support.importing import (
    EXAMPLES,
    assert_exact,
    dataset,
    example,
    folded_net,
    ledger,
    one,
    rows,
    run,
)
from tests.support.postgres import Database, PostgresServer


@pytest.fixture
def northwind(pg_server: PostgresServer) -> Database:
    """A PostgreSQL database with Northwind's tables."""
    script = dataset("northwind") / "northwind.sql"
    made = pg_server.create()
    with psycopg.connect(made.dsn, autocommit=True) as connection:
        connection.execute(script.read_bytes())
    return made


def test_northwind(database: Database, northwind: Database) -> None:
    """Net of discounts, 1,265,793.04: from PostgreSQL's tables, single-precision floats and all."""
    report = run(database.dsn, example("northwind"), northwind.dsn)
    total = report.published.totals["USD"]
    assert report.published.documents == {"sale": 830}
    assert (total.lines, total.units) == (2155, 51317)
    assert total.gross == Decimal("1354458.59")
    assert total.net == Decimal("1265793.0395")
    assert f"{total.net:.2f}" == "1265793.04"
    assert ledger(database.dsn) == {
        "lines": 2155,
        "units": 51317,
        "gross": total.gross,
        "net": total.net,
    }
    assert folded_net(database.dsn) == total.net
    for table, count in (("customers", 91), ("products", 77), ("categories", 8), ("sales_reps", 9)):
        assert one(database.dsn, f"select count(*) from {table}") == count
    assert rows(
        database.dsn,
        "select r.name, r.team, g.name, r.hired_on::text, m.name from sales_reps r"
        " join regions g on g.id = r.region_id join sales_reps m on m.id = r.manager_id"
        " where r.key = '9'",
    ) == [("Anne Dodsworth", "Sales Representative", "UK", "1994-11-15", "Steven Buchanan")]
    assert rows(
        database.dsn,
        "select p.name, c.name, p.list_price from products p"
        " join categories c on c.id = p.category_id where p.key = '42'",
    ) == [("Singaporean Hokkien Fried Mee", "Grains/Cereals", Decimal(14))]
    span = "select min(ordered_at)::date::text, max(ordered_at)::date::text from orders"
    assert rows(database.dsn, span) == [("1996-07-04", "1998-05-06")]
    assert_exact(database.dsn)

    again = run(database.dsn, example("northwind"), northwind.dsn)
    assert again.published.changes.nothing
    assert again.published.changes.same == 2155
    assert again.published.changes.references == 0
    assert ledger(database.dsn)["lines"] == 2155


def test_cdnow(database: Database) -> None:
    """2,500,315.63 dollars; the sample is part of it as the same source, and adds up as another."""
    folder = dataset("cdnow")
    mapping = example("cdnow")
    report = run(database.dsn, mapping, folder / "CDNOW_master.txt")
    total = report.published.totals["USD"]
    assert (total.lines, total.net) == (69659, Decimal("2500315.63"))
    assert report.published.documents == {"sale": 69659}
    assert one(database.dsn, "select count(*) from customers") == 23570
    assert ledger(database.dsn)["net"] == Decimal("2500315.63")

    part = run(database.dsn, mapping, folder / "CDNOW_sample.txt")
    assert part.rows == 6919
    assert part.published.changes.nothing
    assert one(database.dsn, "select count(*) from customers") == 23570

    other = run(database.dsn, mapping, folder / "CDNOW_sample.txt", source_name="cdnow-sample")
    assert other.published.changes.new == 6919
    assert one(database.dsn, "select count(*) from customers") == 23570 + 2357
    sample = other.published.totals["USD"].net
    assert folded_net(database.dsn) == Decimal("2500315.63") + sample
    assert_exact(database.dsn)


UK = "region_id = (select id from regions where name = 'United Kingdom')"
CANCELLED = "order_id in (select id from orders where document = 'return')"
FILES = ("online_retail_2010-2011.parquet", "online_retail_II_2009-2010.parquet")
# The files overlap by whole days, in which both have the same lines.
LATER = "booked_at >= '2010-12-01'"
EARLIER = "booked_at < '2010-12-10'"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_uci_online_retail(database: Database) -> None:
    """Both files, every published total, and the 22,523 lines that they share once."""
    folder = dataset("uci_online_retail")
    mapping = example("uci_online_retail")
    dsn = database.dsn

    later = run(dsn, mapping, folder / FILES[0]).published
    total = later.totals["GBP"]
    assert (total.lines, total.net) == (541909, Decimal("9747747.934"))
    assert sum(later.documents.values()) == 25900
    assert ledger(dsn)["net"] == folded_net(dsn) == Decimal("9747747.934")

    earlier = run(dsn, mapping, folder / FILES[1]).published
    total = earlier.totals["GBP"]
    assert (total.lines, total.net) == (525461, Decimal("9539484.634"))
    assert earlier.documents == {"sale": 24221, "return": 4592, "adjustment": 3}
    assert (earlier.changes.new, earlier.changes.same) == (525461 - 22523, 22523)
    both = Decimal("9747747.934") + Decimal("9539484.634") - Decimal("377488.45")
    assert ledger(dsn)["net"] == folded_net(dsn) == both
    assert ledger(dsn)["lines"] == 541909 + 525461 - 22523
    assert ledger(dsn, f"{EARLIER} and {LATER}")["net"] == Decimal("377488.45")

    for window, net, cancelled, customers, without in (
        (LATER, "9747747.934", 9288, 4372, 135080),
        (EARLIER, "9539484.634", 10206, 4383, 107927),
    ):
        assert ledger(dsn, window)["net"] == Decimal(net)
        assert ledger(dsn, f"{window} and {CANCELLED}")["lines"] == cancelled
        assert ledger(dsn, f"{window} and customer_id is null")["lines"] == without
        distinct = f"select count(distinct customer_id) from order_items where {window}"
        assert one(dsn, distinct) == customers
    assert ledger(dsn, f"{LATER} and {UK}")["net"] == Decimal("8187806.364")
    positive = ledger(dsn, f"{LATER} and quantity > 0 and gross > 0")
    assert positive["gross"] == Decimal("10666684.544")
    name = "select name from products where key = '85123A'"
    assert one(dsn, name) == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert_exact(dsn)


def _overlap() -> str:
    """The example, restricted to the days that both files have."""
    text = (EXAMPLES / "uci_online_retail.yaml").read_text()
    days = "InvoiceDate >= '2010-12-01' and InvoiceDate < '2010-12-10'"
    return text.replace("\nline:\n", f"\nline:\n  where: {days}\n")


def test_uci_files_of_two_sources_count_twice(database: Database) -> None:
    """The nine shared days: once as one source, whatever the order of files; twice as two."""
    folder = dataset("uci_online_retail")
    mapping = _overlap()
    first = run(database.dsn, mapping, folder, source_name="one")
    assert first.published.changes.new == 22523
    assert first.staging.repeated == 22523
    assert ledger(database.dsn)["net"] == Decimal("377488.45")
    for file, name in zip(FILES, ("two", "three"), strict=True):
        report = run(database.dsn, mapping, folder / file, source_name=name)
        assert report.published.changes.new == 22523
    assert ledger(database.dsn)["net"] == 3 * Decimal("377488.45")
    assert_exact(database.dsn)
