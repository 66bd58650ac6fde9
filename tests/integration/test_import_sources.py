"""Importing from files that belong together and from databases; and what is refused, and how."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopx_core.errors import Conflict, InvalidConfiguration, InvalidInput, Unavailable
from shopx_core.settings import DatabaseSettings
from shopx_store.importing.import_session import import_session
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.pipeline import Options, Report, Silent, run_import
from shopx_store.importing.rejects import TooManyRejects
from tests.support.importing import add_rates, assert_exact, connected, ledger, one, rows, run
from tests.support.postgres import Database, PostgresServer

JOINED = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: EUR}
inputs:
  orders: {format: delimited, files: orders.csv}
  lines: {format: delimited, files: lines.csv}
  products: {format: delimited, files: products.csv}
  categories: {format: delimited, files: categories.csv}
  people: {format: delimited, files: people.csv}
order:
  from: orders
  key: id
  at: day
  where: status != 'test'
  customer: buyer
  rep: seller
  channel: channel
line:
  from: lines
  order: order_id
  key: n
  kind: kind
  product: product
  quantity: quantity
  gross: gross
  at: returned_on
products:
  from: products
  key: id
  name: name
  category: category
  unit_cost: cost
categories:
  from: categories
  key: id
  name: name
  parent: parent
reps:
  from: people
  key: id
  name: name
  region: region
  manager: boss
"""
FILES = {
    "orders": "id,day,status,buyer,seller,channel\nO1,2024-03-01,done,b1,s1,Web\n"
    "O2,2024-03-02,test,b2,s1,Web\nO3,2024-03-31,done,b1,s2,Store\n",
    "lines": "order_id,n,kind,product,quantity,gross,returned_on\nO1,1,,p1,1,10,\n"
    "O1,2,,p2,2,20,\nO2,1,,p1,5,50,\nO3,1,,p1,1,9.50,\nO3,2,return,p1,-1,-9.50,2024-04-02\n",
    "products": "id,name,category,cost\np1,Pen,c2,4\np2,Cup,c2,\np3,Hat,c1,7\n",
    "categories": "id,name,parent\nc1,All,\nc2,Things,c1\n",
    "people": "id,name,region,boss\ns1,Ann,North,s2\ns2,Bo,South,\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with five files that keys join."""
    for name, content in FILES.items():
        (tmp_path / f"{name}.csv").write_text(content)
    return tmp_path


def add(folder: Path, name: str, *lines: str) -> None:
    with (folder / f"{name}.csv").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def take(database: Database, folder: Path, text: str = JOINED, **options: Any) -> Report:
    return run(database.dsn, text, folder, rejects=folder / "rejects.csv", **options)


def rejects(folder: Path) -> list[tuple[str, ...]]:
    """File, row, column, value and reason of each reject."""
    with (folder / "rejects.csv").open(newline="") as file:
        return [(Path(row[0]).stem, *row[1:]) for row in csv.reader(file)][1:]


def test_files_joined_by_keys(database: Database, folder: Path) -> None:
    """Headers, lines and reference rows from a file each; skipped orders take their lines along."""
    report = take(database, folder)
    assert (report.published.changes.new, report.skipped) == (4, 2)
    assert ledger(database.dsn)["net"] == 30
    assert rows(
        database.dsn,
        "select p.key, p.name, c.name, q.name, p.unit_cost from products p"
        " join categories c on c.id = p.category_id left join categories q on q.id = c.parent_id"
        " order by 1",
    ) == [
        ("p1", "Pen", "Things", "All", 4),
        ("p2", "Cup", "Things", "All", None),
        ("p3", "Hat", "All", None, 7),
    ]
    assert rows(
        database.dsn,
        "select r.name, g.name, m.name from sales_reps r join regions g on g.id = r.region_id"
        " left join sales_reps m on m.id = r.manager_id order by 1",
    ) == [("Ann", "North", "Bo"), ("Bo", "South", None)]
    assert rows(
        database.dsn,
        "select kind::text, is_return, booked_at::date::text from order_items order by id desc"
        " limit 1",
    ) == [("return", True, "2024-04-02")]
    assert_exact(database.dsn)
    again = take(database, folder).published.changes
    assert (again.same, again.new, again.references) == (4, 0, 0)


def test_tables_of_their_own_are_followed(database: Database, folder: Path) -> None:
    """A product renamed in its own file is renamed, sold or not; its past stays."""
    take(database, folder)
    (folder / "products.csv").write_text(FILES["products"].replace("Hat", "Cap"))
    changes = take(database, folder).published.changes
    assert (changes.nothing, changes.references) == (True, 1)
    assert one(database.dsn, "select name from products where key = 'p3'") == "Cap"


def test_rejects_are_listed(database: Database, folder: Path) -> None:
    """Each with file, row, column, value and reason, whichever step finds it; the rest is taken."""
    add(folder, "orders", "O1,2024-03-09,done,b9,s1,Web", "O4,31.03.2024,done,b1,s1,Web",
        "O5,2024-03-05,done,b1,s1")  # fmt: skip
    add(folder, "lines", "O1,2,,p2,3,30,", "O9,1,,p1,1,10,", "O3,3,return,p1,-1,-1,2024-03-30",
        "O3,4,gift,p1,1,x,")  # fmt: skip
    add(folder, "products", "p4,Bag,c2,NaN")
    report = take(database, folder, max_rejects=10)
    assert sorted(rejects(folder)) == [
        ("lines", "10", "gross", "x", "no number"),
        ("lines", "10", "kind", "gift", "none of sale, return, correction"),
        ("lines", "7", "order_id, n", "O1",
         "duplicate key: row 3 has the same key and other content"),
        ("lines", "8", "order_id", "O9", "no order has this key"),
        ("lines", "9", "returned_on", "2024-03-30 00:00:00+00", "a return before its order"),
        ("orders", "5", "id", "O1",
         "duplicate key: row 2 has the same key and other content"),
        ("orders", "6", "day", "31.03.2024",
         "no date or time of the form YYYY-MM-DD; a mapping names other forms with time()"),
        ("orders", "7", "", "O5 2024-03-05 done b1 s1", "5 fields instead of 6"),
        ("products", "5", "cost", "NaN", "not a number (NaN)"),
    ]  # fmt: skip
    assert report.rejected == 8
    assert (report.published.changes.new, ledger(database.dsn)["net"]) == (4, 30)
    assert_exact(database.dsn)


def test_too_many_rejects_abort_whole(database: Database, folder: Path) -> None:
    """Nothing is imported, the message says why, and the file lists them all the same."""
    add(folder, "lines", "O1,3,,p1,one,10,", "O1,4,,p1,two,10,")
    with pytest.raises(TooManyRejects) as caught:
        take(database, folder, max_rejects=1)
    assert "2 rows were rejected, which is more than --max-rejects 1" in caught.value.message
    assert "lines.csv, row 7 (quantity): no number" in caught.value.message
    assert [reject[3] for reject in rejects(folder)] == ["one", "two"]
    for table in ("sources", "products", "orders", "order_items"):
        assert one(database.dsn, f"select count(*) from {table}") == 0
    assert take(database, folder, max_rejects=2).rejected == 2


def test_a_hopeless_source_is_given_up_early(database: Database, folder: Path) -> None:
    """A thousand listed reasons are enough to see what is wrong."""
    add(folder, "lines", *(f"O1,{n},,p1,?,1," for n in range(10, 5_000)))
    with pytest.raises(TooManyRejects, match="1,001 or more rows"):
        take(database, folder)
    assert len(rejects(folder)) == 1_001


def test_old_rejects_are_not_mistaken_for_new_ones(database: Database, folder: Path) -> None:
    """A run without rejects leaves no file."""
    (folder / "rejects.csv").write_text("old")
    take(database, folder)
    assert not (folder / "rejects.csv").exists()


def test_an_order_of_two_currencies(database: Database, tmp_path: Path) -> None:
    """It is no order that can be booked; all of its lines are listed."""
    (tmp_path / "x.csv").write_text(
        "order,at,cur,p,q,g\nA,2024-01-01,EUR,p,1,1\nA,2024-01-01,USD,p,1,1\nB,2024-01-01,USD,p,1,1\n"
    )
    text = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC}
inputs: {all: {format: delimited, files: x.csv}}
order: {key: order, at: at, currency: cur}
line: {product: p, quantity: q, gross: g}
"""
    report = take(database, tmp_path, text, max_rejects=2)
    assert [reject[1:4] for reject in rejects(tmp_path)] == [
        ("2", "order, cur", "A"),
        ("3", "order, cur", "A"),
    ]
    assert list(report.published.totals) == ["USD"]
    assert rows(database.dsn, "select code from currencies") == [("USD",)]


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        pytest.param(
            "categories", "c1,All,c2", "contain one another: c[12] > c[12] > c[12]", id="circle"
        ),
        pytest.param("categories", "c3,Odd,c3", "is its own parent", id="own-parent"),
        pytest.param("people", "s3,Cy,East,s3", "is its own parent, or a sales rep", id="own-boss"),
    ],
)
def test_references_must_make_sense(
    database: Database, folder: Path, name: str, line: str, says: str
) -> None:
    """A tree without a root would keep readers busy for ever."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join(
        entry for entry in FILES[name].splitlines() if not entry.startswith(line[:3])
    ) + "\n")  # fmt: skip
    add(folder, name, line)
    with pytest.raises(InvalidInput, match=says):
        take(database, folder)
    assert one(database.dsn, "select count(*) from categories") == 0


TABLES = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: erp, zone: Europe/Berlin, currency: EUR}
inputs: {sales: {format: postgresql, schema: erp, table: sales}}
order: {at: at}
line: {key: id, product: item, quantity: n, gross: price * n, discount: float4(off) * n}
"""


@pytest.fixture
def erp(pg_server: PostgresServer) -> Database:
    """A database with a table of many types."""
    made = pg_server.create()
    with connected(made.dsn) as connection:
        connection.execute("""
            create schema erp;
            create table erp.sales (id uuid, at timestamptz, item text, n smallint,
                price double precision, off real, note jsonb, picture bytea);
            insert into erp.sales values
                (gen_random_uuid(), '2024-05-01 12:00+02', 'a', 3, 0.1, 0.05, '{}', '\\x00'),
                (gen_random_uuid(), '2024-05-02 12:00+02', 'b', 1, 2.55, null, null, null);
        """)
    return made


def test_types_of_postgresql(database: Database, erp: Database) -> None:
    """Floats of both sizes are what they print; keys may be UUIDs; instants keep their offset."""
    report = run(database.dsn, TABLES, erp.dsn)
    assert report.published.totals["EUR"].gross == Decimal("2.85")
    assert report.published.totals["EUR"].discounts == Decimal("0.15")
    first = "select min(booked_at)::text from order_items"
    assert one(database.dsn, first) == "2024-05-01 10:00:00+00"
    with connected(erp.dsn) as connection:
        connection.execute("update erp.sales set price = 'NaN' where item = 'a'")
        connection.execute("update erp.sales set at = 'infinity' where item = 'b'")
    with pytest.raises(InvalidInput):
        run(database.dsn, TABLES, erp.dsn)


def test_a_source_is_read_as_of_one_moment(database: Database, erp: Database) -> None:
    """What is committed there while it is read belongs to the next import."""

    class Meanwhile(Silent):
        def reading(self, label: str, total: int) -> None:  # noqa: ARG002 -- the protocol's
            with connected(erp.dsn) as connection:
                connection.execute("insert into erp.sales select gen_random_uuid(), at, item, n,"
                                   " price, off from erp.sales")  # fmt: skip

    add_rates(database.dsn)
    report = run_import(
        DatabaseSettings(dsn=database.dsn), parse_mapping(TABLES), erp.dsn, Options(), Meanwhile()
    )
    assert report.rows == 2


@pytest.mark.parametrize(
    ("text", "source", "kind", "says"),
    [
        pytest.param(TABLES.replace("table: sales", "table: orders"), "{dsn}", InvalidInput,
                     "has no table erp.orders", id="table"),
        pytest.param(TABLES.replace("gross: price", "gross: amount"), "{dsn}", InvalidInput,
                     "erp.sales has no column 'amount'; its columns are 'id', 'at'", id="column"),
        pytest.param(TABLES, "postgresql://u:geheim@127.0.0.1:1/d", Unavailable,
                     "The source database cannot be reached", id="unreachable"),
        pytest.param(TABLES, "postgresql://u:geheim@127.0.0.1:x/d", Unavailable,
                     "The source database cannot be reached", id="malformed"),
    ],
)  # fmt: skip
def test_databases_that_cannot_be_read(
    database: Database, erp: Database, text: str, source: str, kind: type[Exception], says: str
) -> None:
    """The message says what is missing where, and never the password."""
    with pytest.raises(kind) as caught:
        run(database.dsn, text, source.format(dsn=erp.dsn))
    assert says in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_table_one_may_not_read(database: Database, erp: Database) -> None:
    """The role needs SELECT, and the message says so."""
    with connected(erp.dsn) as connection:
        connection.execute("create role reader login; grant usage on schema erp to reader")
    try:
        with pytest.raises(InvalidInput, match=r"permission denied.*needs SELECT"):
            run(database.dsn, TABLES, erp.dsn.replace("postgres@", "reader@"))
    finally:
        with connected(erp.dsn) as connection:
            connection.execute("drop owned by reader; drop role reader")


def test_one_import_of_a_source_at_a_time(database: Database, folder: Path) -> None:
    """A second one is refused at once, another source's is not."""
    settings = DatabaseSettings(dsn=database.dsn)
    with import_session(settings, "shop"):
        with pytest.raises(Conflict, match="is being imported by another session"):
            take(database, folder)
        take(database, folder, source_name="other")
    take(database, folder)


def test_an_order_recorded_meanwhile(database: Database, folder: Path) -> None:
    """Another session booked the key after the comparison: nothing is imported twice."""
    take(database, folder, dry_run=True)

    class Meanwhile(Silent):
        def step(self, name: str) -> None:
            if name == "ledger":
                with connected(database.dsn) as connection:
                    connection.execute(
                        "insert into order_keys select id, 'O1', 1, now() from sources"
                    )

    with connected(database.dsn) as connection:
        connection.execute("insert into sources (name) values ('shop')")
    with pytest.raises(Conflict, match="recorded an order of this source meanwhile"):
        run_import(
            DatabaseSettings(dsn=database.dsn),
            parse_mapping(JOINED),
            str(folder),
            Options(),
            Meanwhile(),
        )
    assert ledger(database.dsn)["lines"] == 0


def test_a_database_without_ledger(pg_server: PostgresServer, folder: Path) -> None:
    """It must be migrated first."""
    empty = pg_server.create()
    settings = DatabaseSettings(dsn=empty.dsn)
    with pytest.raises(InvalidConfiguration, match=r"has no ledger.*shopx migrate"):
        run_import(settings, parse_mapping(JOINED), str(folder), Options())
    pg_server.drop(empty)


def test_a_name_that_is_none(database: Database, folder: Path) -> None:
    """Sources have names that every place can hold."""
    with pytest.raises(InvalidInput, match="is no name for a source"):
        take(database, folder, source_name="My Shop!")


def test_the_run_is_remembered(database: Database, folder: Path) -> None:
    """Who asks later what came when finds the figures that the command printed."""
    take(database, folder)
    ((mode, new, summary),) = rows(database.dsn, "select mode, lines_new, summary from import_runs")
    assert (mode, new) == ("append", 4)
    assert summary["rows"] == {"read": 15, "skipped": 2, "rejected": 0}
    assert summary["totals"]["EUR"]["net"] == "30"


def test_months_without_partition_are_made(database: Database, folder: Path) -> None:
    """For the facts' months alone: two mistyped centuries apart are not a thousand tables."""
    take(database, folder)
    names = "select relname from pg_class where relname ~ '^order_items_y(19|200|2024)' order by 1"
    found = [name for (name,) in rows(database.dsn, names) if name.count("_") == 2]
    assert found == ["order_items_y2024m03", "order_items_y2024m04"]
