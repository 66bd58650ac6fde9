"""Parquet, Arrow, JSON and folders without a mapping."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.sniffing.draft import Answers, Draft, draft_mapping
from shopx_store.importing.sniffing.preview import preview

EURO = Answers(currency="EUR")


def booked(path: Path, answers: Answers = EURO) -> tuple[Draft, list[tuple[str, ...]]]:
    """The draft, and of each line what it is booked as."""
    draft = draft_mapping(path, answers, "UTC")
    assert draft.questions == []
    found = preview(parse_mapping(draft.text), path, 100)
    assert found.rejects == []
    names = ("order", "at", "product", "quantity", "gross")
    return draft, [tuple(row.get(name, "") for name in names) for row in found.rows]


LINES = [
    ("1", "2024-01-31 10:00:00", "Pen", "2", "9.9"),
    ("1", "2024-01-31 10:00:00", "Cup", "1", "5.5"),
]


def columns() -> pa.Table:
    at = dt.datetime(2024, 1, 31, 10)  # noqa: DTZ001 -- columns without a zone
    return pa.table(
        {
            "order_id": [1, 1],
            "order_date": pa.array([at, at], pa.timestamp("ns")),
            "product": pa.array(["Pen", "Cup"], pa.string_view()),
            "quantity": [2, 1],
            "amount": pa.array([Decimal("9.90"), Decimal("5.50")], pa.decimal128(9, 2)),
        }
    )


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    pq.write_table(columns(), path)
    draft, lines = booked(path)
    assert lines == LINES
    assert dict(draft.facts)["file"] == "parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InvalidInput, match="is no readable Parquet file"):
        draft_mapping(path, EURO, "UTC")


def test_arrow(tmp_path: Path) -> None:
    path = tmp_path / "sales.feather"
    table = columns()
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    assert booked(path)[1] == LINES


ORDER = {
    "order_id": 1,
    "created_at": "2024-01-31T10:00:00Z",
    "customer": {"email": "ann@example.org"},
    "lines": [
        {"product": "Pen", "quantity": 2, "amount": 9.90},
        {"product": "Cup", "quantity": 1, "amount": 5.50},
    ],
}


@pytest.mark.parametrize("form", ["lines", "list", "within"])
def test_json(tmp_path: Path, form: str) -> None:
    """The list of orders and the list of their lines are found."""
    path = tmp_path / "orders.json"
    other = ORDER | {"order_id": 2, "lines": []}
    text = {
        "lines": f"{json.dumps(ORDER)}\n{json.dumps(other)}\n",
        "list": json.dumps([ORDER], indent=1),
        "within": json.dumps({"meta": {"n": 1}, "data": {"orders": [ORDER]}}),
    }[form]
    if form == "lines":
        text = text.splitlines()[0] + "\n" + json.dumps(ORDER | {"order_id": 2}) + "\n"
    path.write_text(text)
    draft, lines = booked(path)
    assert lines[:2] == LINES
    assert len(lines) == (4 if form == "lines" else 2)
    assert 'each: "lines"' in draft.text


def test_json_without_orders(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_text('{"a": {"b": [1, 2]}}\n')
    with pytest.raises(InvalidInput, match=r"JSON without a list of objects|No column of"):
        draft_mapping(path, EURO, "UTC")


CSV = "order id,date,product,quantity,amount\n{},{},Pen,1,{}\n"


def test_a_folder_of_months(tmp_path: Path) -> None:
    """All files decide how dates and numbers are written."""
    (tmp_path / "jan.csv").write_text(CSV.format(1, "03/02/2024", "5.00"))
    (tmp_path / "feb.csv").write_text(CSV.format(2, "14/02/2024", "6.50"))
    (tmp_path / "readme.txt").write_text("nothing")
    draft, lines = booked(tmp_path)
    assert dict(draft.facts)["folder"] == '2 files "*.csv"; 1 others are not read'
    assert dict(draft.facts)["dates"].startswith(
        "DD/MM/YYYY, such as 14/02/2024; 2024-02-03 to 2024-02-14"
    )
    assert lines[0][1] == "2024-02-14 00:00:00"
    (tmp_path / "mar.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match=r"mar\.csv has other columns than feb\.csv"):
        draft_mapping(tmp_path, EURO, "UTC")


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """What is looked at is bounded: a hole of a gigabyte between beginning and end is skipped."""
    path = tmp_path / "sales.csv"
    head = CSV.format(1, "2024-01-31", "5.00") + "2,2024-01-31,Cup,1,6.00\n" * 100_000
    with path.open("wb") as file:
        file.write(head.encode())
        file.seek(1 << 30)
        file.write(b"\n3,2024-12-31,Cup,1,7.00\n")
    draft = draft_mapping(path, EURO, "UTC")
    assert dict(draft.facts)["numbers"] == "such as 1234.50"
