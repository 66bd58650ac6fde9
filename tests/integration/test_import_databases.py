"""The sample shop of MySQL, from SQLite and MariaDB: joined by lookups, read as of one moment."""

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pymysql
import pytest

from shopx_core.errors import InvalidInput, Unavailable
from tests.support.importing import EXAMPLES, assert_exact, ledger, one, rows, run
from tests.support.mariadb import mariadb_server
from tests.support.postgres import Database

TABLES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "orders": ("orderNumber integer, orderDate date, status varchar(15), customerNumber integer", [
        (100, "2003-01-06", "Shipped", 363), (101, "2003-01-09", "Cancelled", 128),
        (102, "2003-02-28", "Resolved", 128),
    ]),
    "orderdetails": (("orderNumber integer, productCode varchar(15), quantityOrdered integer,"
                     " priceEach decimal(10,2)"), [
        (100, "S18", 30, "136.00"), (100, "S24", 50, "55.09"), (101, "S18", 9, "1.00"),
        (102, "S18", 1, "100.10"),
    ]),
    "products": (("productCode varchar(15), productName varchar(70), productLine varchar(50),"
                 " buyPrice decimal(10,2), MSRP double"), [
        ("S18", "Phaeton", "Vintage", "86.70", 170.1), ("S24", "Roadster", "Vintage", "60.62", 0.1),
    ]),
    "productlines": ("productLine varchar(50)", [("Vintage",)]),
    "customers": (("customerNumber integer, customerName varchar(50), country varchar(50),"
                  " salesRepEmployeeNumber integer"), [
        (363, "Online Diecast", "USA", 1216), (128, "Blauer See", "Germany", None),
    ]),
    "employees": (("employeeNumber integer, firstName varchar(50), lastName varchar(50),"
                  " jobTitle varchar(50), reportsTo integer, officeCode varchar(10)"), [
        (1216, "Steve", "Patterson", "Sales Rep", None, "2"),
    ]),
    "offices": ("officeCode varchar(10), country varchar(50)", [("2", "USA")]),
}  # fmt: skip
BOOKED = """
select o.key, c.name, r.name, g.name, sum(i.gross), sum(i.cost) from order_items i
join orders o on o.id = i.order_id join customers c on c.id = o.customer_id
left join sales_reps r on r.id = o.rep_id left join regions g on g.id = o.region_id
group by 1, 2, 3, 4 order by 1
"""


def assert_shop(database: Database, mapping: str, source: str) -> None:
    """All totals, and the same again adds nothing."""
    report = run(database.dsn, mapping, source)
    assert (report.rejected, report.skipped) == (0, 2)
    assert rows(database.dsn, BOOKED) == [
        ("100", "Online Diecast", "Steve Patterson", "USA", Decimal("6834.50"), Decimal("5632.00")),
        ("102", "Blauer See", None, "Germany", Decimal("100.10"), Decimal("86.70")),
    ]
    assert one(database.dsn, "select list_price from products where key = 'S24'") == Decimal("0.1")
    assert ledger(database.dsn)["net"] == Decimal("6934.60")
    assert_exact(database.dsn)
    assert run(database.dsn, mapping, source).published.changes.nothing


def test_sqlite(database: Database, tmp_path: Path) -> None:
    mapping = (EXAMPLES / "classicmodels.yaml").read_text().replace("mysql,", "sqlite,")
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        for name, (columns, values) in TABLES.items():
            connection.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" * len(values[0]))
            connection.executemany(f"insert into {name} values ({marks})", values)
    connection.close()
    assert_shop(database, mapping, str(path))
    with sqlite3.connect(path) as connection:
        connection.execute("insert into products values ('S18', 'Other', 'Vintage', 1, 2)")
    connection.close()
    with pytest.raises(InvalidInput, match=r"the key 'S18' has another 'buyPrice' than before"):
        run(database.dsn, mapping, path)


@pytest.mark.slow
def test_mariadb(database: Database) -> None:
    mapping = (EXAMPLES / "classicmodels.yaml").read_text()
    with mariadb_server() as port:
        address = f"mysql://root@127.0.0.1:{port}/classicmodels"
        with (
            pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True) as server,
            server.cursor() as cursor,
        ):
            cursor.execute("create database classicmodels")
            cursor.execute("use classicmodels")
            for name, (columns, values) in TABLES.items():
                cursor.execute(f"create table {name} ({columns}) engine=innodb")
                marks = ", ".join(["%s"] * len(values[0]))
                cursor.executemany(f"insert into {name} values ({marks})", values)
        assert_shop(database, mapping, address)
        with pytest.raises(InvalidInput, match="has no table 'missing'"):
            run(database.dsn, mapping.replace("table: offices", "table: missing"), address)
    with pytest.raises(Unavailable, match="cannot be reached"):
        run(database.dsn, mapping, address)


def test_an_address_of_another_kind(database: Database) -> None:
    mapping = (EXAMPLES / "classicmodels.yaml").read_text()
    for source, says in (
        ("postgresql://u@127.0.0.1/shop", "is no database address of it"),
        ("mysql://u@127.0.0.1", "is not of the form mysql://"),
    ):
        with pytest.raises(InvalidInput, match=says):
            run(database.dsn, mapping, source)
