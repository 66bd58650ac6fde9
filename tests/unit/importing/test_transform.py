"""From rows to COPY: canonical, identified, and rejected with every reason."""

import datetime as dt
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopx_core.domain.booking_window import AHEAD
from shopx_core.errors import InvalidConfiguration
from shopx_store.importing.expressions import Columns
from shopx_store.importing.field_compiler import latest_instant
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers import text
from shopx_store.importing.readers.base import Batch
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.row_numbers import row_number
from shopx_store.importing.transform import InputTransformer, Staged
from shopx_store.importing.vectors import Fault, Vector

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: Europe/Berlin, currency: EUR}
inputs:
  sales: {format: delimited, files: sales.csv}
order:
  key: order
  at: date
  customer: buyer
line:
  product: sku
  quantity: qty
  gross: amount
"""
ROW = {
    "order": "A1",
    "date": "2024-01-31 23:30",
    "buyer": "b1",
    "sku": "p1",
    "qty": "2",
    "amount": "9.90",
}


def mapping(extra: str = "", **changes: str) -> Mapping:
    text = MAPPING
    for old, new in changes.items():
        assert f"  {old}: " in text
        text = "".join(
            f"  {old}: {new}\n" if line.startswith(f"  {old}: ") else line
            for line in text.splitlines(keepends=True)
        )
    return parse_mapping(text + extra)


def take(plan: Mapping, *rows: dict[str, Any], malformed: Any = ()) -> Staged:
    vectors = {name: Vector([row[name] for row in rows]) for name in rows[0]}
    batch = Batch(range(2, len(rows) + 2), Columns(vectors, len(rows)), 0, list(malformed))
    return InputTransformer(plan, "sales", latest_instant(plan, NOW)).take(batch, 1 << 40)


def cells(line: str) -> list[str]:
    assert line.endswith("\n")
    return line[:-1].split("\t")


def test_a_row() -> None:
    """A line, its header with the local time as an instant, all in COPY's text format."""
    staged = take(mapping(), ROW)
    number = str(row_number(1 << 40, 2))
    line = cells(staged.lines[0])
    assert line[:2] == [number, "A1"]
    assert line[3:] == ["\\N", "\\N", "p1", "2", "9.9", "\\N", "\\N", "\\N"]
    assert cells(staged.headers[0]) == [
        number, "A1", "2024-01-31 22:30:00.000000+00", "\\N", "b1", "\\N", "\\N", "\\N", "EUR",
        "\\N", "\\N", "\\N", "0",
    ]  # fmt: skip


def test_a_header_is_staged_once_a_batch() -> None:
    """Rows that repeat it cost a line each, not a header."""
    staged = take(mapping(), ROW, ROW | {"sku": "p2"}, ROW | {"order": "A2"})
    assert [cells(header)[1] for header in staged.headers] == ["A1", "A2"]
    assert len(staged.lines) == 3


def identity(plan: Mapping, **changes: Any) -> str:
    return cells(take(plan, ROW | changes).lines[0])[2]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({}, True, id="itself"),
        pytest.param({"amount": "9.9000"}, True, id="needless-zeros"),
        pytest.param({"amount": Decimal("9.9")}, True, id="typed"),
        pytest.param({"sku": " p1 "}, True, id="blanks"),
        pytest.param({"date": "2024-01-31T22:30:00Z"}, True, id="same-instant"),
        pytest.param({"amount": "9.91"}, False, id="amount"),
        pytest.param({"buyer": None}, False, id="customer"),
        pytest.param({"order": "A2"}, False, id="order"),
        pytest.param({"date": "2024-01-31 23:31"}, False, id="time"),
    ],
)
def test_identity_by_content(changes: dict[str, Any], *, same: bool) -> None:
    """Without a key, a line is what it says, however that is written."""
    assert (identity(mapping(), **changes) == identity(mapping())) is same


def test_identity_by_key() -> None:
    """With a key, a line stays itself whatever it says, within its order."""
    keyed = mapping("  key: sku\n")
    assert identity(keyed, amount="1") == identity(keyed)
    assert identity(keyed, sku="p2") != identity(keyed)
    assert identity(keyed, order="A2") != identity(keyed)
    assert identity(keyed) != identity(mapping())


def test_identities_of_sources_never_meet() -> None:
    """The same line from another source is another line."""
    other = parse_mapping(MAPPING.replace("name: shop", "name: shop2"))
    assert identity(other) != identity(mapping())


def test_content_cannot_be_confused() -> None:
    """A tab in one field is not the border between two."""
    first = identity(mapping(), buyer="x\ty", sku="z")
    assert first != identity(mapping(), buyer="x", sku="y\tz")


def test_an_order_without_key_has_its_lines() -> None:
    """Each row is an order, named by its identity, or by its line's key."""
    text = MAPPING.replace("  key: order\n", "")
    line = cells(take(parse_mapping(text), ROW).lines[0])
    assert line[1] == line[2]
    line = cells(take(parse_mapping(text + "  key: order\n"), ROW).lines[0])
    assert line[1] == "A1"


@pytest.mark.parametrize(
    ("changes", "column", "value", "reason"),
    [
        pytest.param({"qty": "two"}, "qty", "two", "no number", id="no-number"),
        pytest.param({"qty": None}, "qty", "", "no value, where one is needed", id="no-value"),
        pytest.param({"sku": "  "}, "sku", "", "no value, where one is needed", id="blank"),
        pytest.param({"amount": "NaN"}, "amount", "NaN", "not a number (NaN)", id="nan"),
        pytest.param({"amount": "1e15"}, "amount", "1000000000000000", "overflow", id="overflow"),
        pytest.param({"amount": "1e-60"}, "amount", "0.000", "more than 40 decimals", id="digits"),
        pytest.param({"date": "1899-12-30"}, "date", "1899",
                     "date out of range: not from 1970-01-01",
                     id="early"),
        pytest.param({"date": "2204-01-01"}, "date", "2204", "date out of range", id="late"),
        pytest.param({"date": "31/01/2024"}, "date", "31/01/2024", "no date or time",
                     id="format"),
        pytest.param({"date": Decimal(5)}, "date", "5", "a number, where a time is needed",
                     id="number-for-time"),
        pytest.param({"sku": "x\x00"}, "sku", "x\x00", "holds a NUL character", id="nul"),
        pytest.param({"sku": "x" * 1001}, "sku", "xxx", "longer than 1000 characters", id="long"),
        pytest.param({"sku": Fault("broken", 7, "sku")}, "sku", "7", "broken", id="read"),
    ],
)  # fmt: skip
def test_rejects(changes: dict[str, Any], column: str, value: str, reason: str) -> None:
    """A rejected row names its wrong column and the reason; the others are taken."""
    staged = take(mapping(), ROW, ROW | changes, ROW | {"sku": "p2"})
    assert [cells(line)[5] for line in staged.lines] == ["p1", "p2"]
    (reject,) = staged.rejects
    assert (reject.row, reject.column) == (3, column)
    assert reject.value.startswith(value)
    assert reject.reason.startswith(reason)
    assert (staged.read, staged.rejected) == (3, 1)


def test_a_row_has_all_its_reasons() -> None:
    """One row, two reasons; it counts once."""
    staged = take(mapping(), ROW | {"qty": "x", "amount": "y"})
    assert [reject.column for reject in staged.rejects] == ["qty", "amount"]
    assert staged.rejected == 1
    assert not staged.lines


def test_malformed_rows_are_rejected() -> None:
    """What the reader could not cut into columns is listed with the others."""
    staged = take(mapping(), ROW, malformed=[(9, Fault("1 fields instead of 6", "x"))])
    assert [(reject.row, reject.reason) for reject in staged.rejects] == [
        (9, "1 fields instead of 6")
    ]
    assert (staged.read, staged.rejected, len(staged.lines)) == (2, 1, 1)


@pytest.mark.parametrize(
    ("section", "column", "reason"),
    [
        pytest.param("currency: sku", "sku", "no ISO 4217 currency code", id="currency"),
        pytest.param("document: sku", "sku", "none of sale, return, adjustment", id="document"),
    ],
)
def test_rejected_words(section: str, column: str, reason: str) -> None:
    """Fields of few words take no other."""
    text = MAPPING.replace("  customer:", f"  {section}\n  customer:")
    (reject,) = take(parse_mapping(text), ROW).rejects
    assert reject.column == column
    assert reject.reason.startswith(reason)


def test_where_skips_without_complaint() -> None:
    """Rows that do not count need not be right, either."""
    plan = mapping("  where: qty != '0'\n")
    staged = take(plan, ROW, ROW | {"qty": "0", "amount": "n/a"}, ROW | {"qty": None})
    assert (len(staged.lines), staged.skipped, staged.rejects) == (1, 2, [])


def test_reference_rows_are_tallied() -> None:
    """Each different row with a key: how often it occurs, and where last."""
    plan = mapping("products:\n  name: upper(sku)\ncustomers:\n  country: order\n")
    staged = take(plan, ROW, ROW | {"sku": "p2", "buyer": None}, ROW)
    three, four = (row_number(1 << 40, row) for row in (3, 4))
    assert staged.entities["products"] == [
        f"p1\t\\N\tP1\t\\N\t\\N\t\\N\t\\N\t2\t{four}\n",
        f"p2\t\\N\tP2\t\\N\t\\N\t\\N\t\\N\t1\t{three}\n",
    ]
    assert staged.entities["customers"] == [f"b1\t\\N\t\\N\tA1\t2\t{four}\n"]


def test_skipped_orders_are_told_of() -> None:
    """Where headers have their own input, a skipped one is staged bare: its lines are skipped."""
    text = MAPPING.replace(
        "  sales: {format: delimited, files: sales.csv}",
        "  sales: {format: delimited, files: sales.csv}\n"
        "  lines: {format: delimited, files: lines.csv}",
    )
    text = text.replace("order:\n", "order:\n  from: sales\n  where: buyer != 'test'\n")
    plan = parse_mapping(text.replace("line:\n", "line:\n  from: lines\n  order: order\n"))
    staged = take(plan, ROW, ROW | {"order": "A2", "buyer": "test"})
    assert sorted(cells(header)[1:3] for header in staged.headers) == [
        ["A1", "2024-01-31 22:30:00.000000+00"],
        ["A2", "\\N"],
    ]
    assert staged.skipped == 1


def test_the_latest_day_is_whole() -> None:
    """`latest` is in the source's zone, and all of that day counts."""
    plan = parse_mapping(MAPPING.replace("name: shop", "name: shop, latest: 2024-01-31"))
    assert latest_instant(plan, NOW) == dt.datetime(2024, 1, 31, 23, tzinfo=dt.UTC)
    assert not take(plan, ROW).rejects
    assert take(plan, ROW | {"date": "2024-02-01"}).rejects


def test_memory_does_not_grow_with_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading and transforming four times as many rows takes no more memory at its peak."""
    monkeypatch.setattr(text, "BATCH_ROWS", 500)
    plan = mapping("products:\n  name: sku\n")

    def peak(rows: int) -> int:
        path = tmp_path / "sales.csv"
        with path.open("w") as file:
            file.write("order,date,buyer,sku,qty,amount\n")
            file.writelines(f"A{n},2024-01-31,b{n},p{n % 50},1,{n % 70}.5\n" for n in range(rows))
        work = InputTransformer(plan, "sales", latest_instant(plan, NOW))
        tracemalloc.start()
        taken = 0
        with open_inputs(str(path), plan.inputs) as inputs:
            for batch in inputs["sales"][0].batches(work.needed):
                taken += len(work.take(batch, 0).lines)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken == rows
        return top

    peak(1_000)  # what is made once, such as caches
    assert peak(20_000) < 1.3 * peak(5_000)


def test_a_mapping_cannot_take_what_may_not_be_booked() -> None:
    """Neither before 1970 nor over two years ahead, also by the source's clock."""
    with pytest.raises(InvalidConfiguration, match="earliest"):
        parse_mapping(MAPPING.replace("source: {", "source: {earliest: 1969-12-31, "))
    wide = parse_mapping(MAPPING.replace("source: {", "source: {latest: 9999-01-01, "))
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert latest_instant(wide, now) == now + AHEAD
