"""Arrow, odd Parquet and databases; numbers as accounts write them; columns that may be missing."""

import datetime as dt
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.values import number_reader, to_number
from shopx_store.importing.vectors import Fault
from tests.unit.importing.test_formats import mapping, read

ODD = {
    "text": pa.array(["Pen", None, "Cup"], pa.string_view()),
    "amount": pa.array([Decimal("1.10"), Decimal("-2.25"), None], pa.decimal256(50, 2)),
    "at": pa.array([1706695200123456789, None, 0], pa.timestamp("ns")),
    "none": pa.array([None, None, None], pa.null()),
    "coded": pa.array(["a", "a", None]).dictionary_encode(),
}
EXPECTED = [
    (1, "Pen", Decimal("1.10"), dt.datetime(2024, 1, 31, 10, 0, 0, 123456), None, "a"),  # noqa: DTZ001
    (2, None, Decimal("-2.25"), None, None, "a"),
    (3, "Cup", None, dt.datetime(1970, 1, 1), None, None),  # noqa: DTZ001
]


def test_odd_types_of_parquet(tmp_path: Path) -> None:
    """Views, wide decimals, nanoseconds, columns of nothing."""
    path = tmp_path / "sales.parquet"
    pq.write_table(pa.table(ODD), path)
    assert read(path, mapping("parquet"), *ODD) == (EXPECTED, [])


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow(tmp_path: Path, kind: str) -> None:
    table = pa.table(ODD)
    path = tmp_path / "sales.arrow"
    make = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with make(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    assert read(path, mapping("arrow"), *ODD) == (EXPECTED, [])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InvalidInput, match=r"is no readable Arrow file|is damaged after row"):
        read(path, mapping("arrow"), *ODD)


TABLE = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {{name: shop, zone: UTC, currency: EUR}}
inputs: {{sales: {{format: sqlite, table: {table}}}}}
order: {{key: order, at: at}}
line: {{product: product, quantity: quantity, gross: gross}}
"""


def test_sqlite(tmp_path: Path) -> None:
    """Text stays text; a float is the shortest decimal that it is; blobs have no use."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute('create table "my sales" ("order" text, amount real, n integer, b blob)')
        connection.execute(
            "insert into \"my sales\" values ('007', 0.1, 3, x'00'), ('8', null, 1, null)"
        )
    connection.close()
    of = parse_mapping(TABLE.format(table="my sales"))
    found, _ = read(path, of, "order", "amount", "n")
    assert found == [(1, "007", Decimal("0.1"), Decimal(3)), (2, "8", None, Decimal(1))]
    ((_, fault), _) = read(path, of, "b")[0]
    assert isinstance(fault, Fault)
    with pytest.raises(InvalidInput, match=r"has no table 'sales'; it has my sales"):
        read(path, parse_mapping(TABLE.format(table="sales")), "order")
    path.write_text("order\n1\n")
    with pytest.raises(InvalidInput, match="is no such database"):
        read(path, of, "order")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(1,234.50)", "-1234.50"), ("1,234.50-", "-1234.50"), ("$12.50", "12.50"),
        ("-$12.50", "-12.50"), ("$-12.50", "-12.50"), ("12.50 EUR", "12.50"), ("(£3)", "-3"),
        ("US$ 1,000", "1000"), ("+5 €", "5"), ("\u200e-3.10\u200f", "-3.10"), ("\u22127", "-7"),
    ],
)  # fmt: skip
def test_numbers_of_accounts(text: str, number: str) -> None:
    """With the option they are read; without it, the reject names the option, or they are plain."""
    assert number_reader(".", ",", accounting=True)(text) == Decimal(number)
    plain = to_number(text)
    assert plain == Decimal(number) or "accounting: true" in plain.reason


@pytest.mark.parametrize("text", ["(-5)", "(5", "5)", "-5-", "(5-)", "$", "()", "1.5.2 EUR", "--5"])
def test_what_could_be_read_in_two_ways_is_no_number(text: str) -> None:
    assert isinstance(number_reader(".", ",", accounting=True)(text), Fault)


def csv_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text(text)
    return path


def test_columns_that_may_be_missing(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "order\n1\n")
    assert read(path, mapping("delimited", ", optional: [tip]"), "order", "tip")[0] == [
        (2, "1", None)
    ]
    with pytest.raises(InvalidInput, match="has no column 'tip'"):
        read(path, mapping("delimited"), "order", "tip")


def test_values_carry_over_to_rows_without(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "order,product\n1,Pen\n,Cup\n2,Pen\n")
    found, _ = read(path, mapping("delimited", ", carry: order"), "order", "product")
    assert [row[1:] for row in found] == [("1", "Pen"), ("1", "Cup"), ("2", "Pen")]


def test_escapes_blank_rows_and_long_fields(tmp_path: Path) -> None:
    long = "x" * 200_000
    path = csv_of(tmp_path, f'order,product\n1,a\\"b\n,\n2,"{long}"\n3\n')
    found, malformed = read(path, mapping("delimited", ', escape: "\\\\"'), "order", "product")
    assert [row[1:] for row in found] == [("1", 'a"b'), ("2", long)]
    assert [fault.reason for fault in malformed] == ["1 fields instead of 2"]


def test_a_json_document_with_lists(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_text(
        '{"data": {"orders": [{"id": 1, "to": {"country": "DE"}, "items": [{"sku": "a", "n": 2},'
        ' {"sku": "b", "n": 0.10}]}, {"id": 2, "to": {}, "items": []}, 3]}}'
    )
    of = mapping("json", ", records: data.orders, each: items")
    found, malformed = read(path, of, "id", "to.country", "items.sku", "items.n")
    assert found == [
        (1, Decimal(1), "DE", "a", Decimal(2)),
        (1, Decimal(1), "DE", "b", Decimal("0.10")),
        (2, Decimal(2), None, None, None),
    ]
    assert [fault.reason for fault in malformed] == ["no JSON object"]
    with pytest.raises(InvalidInput, match="has no list 'of objects'"):
        read(path, mapping("json"), "id")


def test_packed_columns(tmp_path: Path) -> None:
    """A separator within a value belongs to it."""
    path = csv_of(tmp_path, "order,items\n1,name:A; b|n:1;name:C|x|n:2\n2,\n")
    of = mapping("delimited", ", unpack: {column: items}")
    found, _ = read(path, of, "order", "items.name", "items.n")
    expected: list[tuple[Any, ...]] = [
        (2, "1", "A; b", "1"), (2, "1", "C|x", "2"), (3, "2", None, None),
    ]  # fmt: skip
    assert found == expected
