"""Workbooks, JSON lines and zip archives; a file of another kind is told as what it is."""

import datetime as dt
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers import unpacking
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.sniffing.draft import Answers, draft_mapping
from shopx_store.importing.sniffing.preview import preview
from shopx_store.importing.vectors import Fault
from tests.support.workbooks import Cell, write_workbook

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {{name: shop, zone: Europe/Berlin, currency: EUR}}
inputs: {{sales: {{format: {format}, files: "*"{more}}}}}
order: {{key: order, at: at}}
line: {{product: product, quantity: quantity, gross: gross}}
"""


def mapping(format_: str, more: str = "") -> Mapping:
    return parse_mapping(MAPPING.format(format=format_, more=more))


def read(source: Path, of: Mapping, *columns: str) -> tuple[list[tuple[Any, ...]], list[Fault]]:
    """The rows of all files, and what is malformed."""
    found: list[tuple[Any, ...]] = []
    malformed: list[Fault] = []
    with open_inputs(str(source), of.inputs) as inputs:
        for reader in inputs["sales"]:
            for batch in reader.batches(frozenset(columns)):
                vectors = [batch.columns.vectors[name].rows() for name in columns]
                found += zip(batch.rows, *vectors, strict=True)
                malformed += [fault for _, fault in batch.malformed]
    return found, malformed


HEADER: list[Cell] = ["order", "at", "product", "quantity", "gross"]
TEN = dt.datetime(2024, 1, 31, 10, 0)  # noqa: DTZ001 -- a workbook's times are local
SHEET: list[list[Cell]] = [
    HEADER,
    [1001, TEN, "Pen", 2, 0.1 + 0.2],
    [],
    ["1002", TEN, "Cup", 1, 18500],
]


def test_a_workbook(tmp_path: Path) -> None:
    """Serial dates are local times; a number is what the cell shows; blank rows are left out."""
    path = tmp_path / "sales.xlsx"
    write_workbook(path, {"Sheet1": SHEET})
    rows, _ = read(path, mapping("workbook"), "order", "at", "gross")
    assert rows == [(2, 1001, TEN, Decimal("0.3")), (4, "1002", TEN, 18500)]
    found = preview(mapping("workbook"), path, 10)
    assert [(row["order"], row["at"], row["gross"]) for row in found.rows] == [
        ("1001", "2024-01-31 10:00:00", "0.3"),
        ("1002", "2024-01-31 10:00:00", "18500"),
    ]


def test_a_workbook_with_a_title_and_several_sheets(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    write_workbook(path, {"Notes": [["a note"]], "Sales": [["Sales of January"], [], *SHEET]})
    with pytest.raises(InvalidInput, match=r"has 2 sheets \(Notes, Sales\)"):
        read(path, mapping("workbook"), "order")
    with pytest.raises(InvalidInput, match=r"has no sheet 'Sale'; it has Notes, Sales"):
        read(path, mapping("workbook", ", sheet: Sale"), "order")
    rows, _ = read(path, mapping("workbook", ", sheet: Sales, skip: 2"), "product")
    assert rows == [(4, "Pen"), (6, "Cup")]
    draft = draft_mapping(path, Answers(currency="EUR"), "Europe/Berlin")
    assert dict(draft.facts)["file"] == "a workbook, sheet 'Sales'"
    found = preview(parse_mapping(draft.text), path, 10)
    assert [(row["order"], row["quantity"], row["gross"]) for row in found.rows] == [
        ("1001", "2", "0.3"),
        ("1002", "1", "18500"),
    ]


def test_json_lines(tmp_path: Path) -> None:
    """Exact numbers, nested fields, absent ones; what is no object is a reject of its line."""
    path = tmp_path / "sales.jsonl"
    lines = [
        '{"order": "1", "at": "2024-01-31", "item": {"name": "Pen", "price": 0.10}}',
        "",
        '{"order": 2, "item": {"name": "Cup"}, "tags": ["a"]}',
        "[1]",
        '{"order": ',
    ]
    path.write_text("\n".join(lines))
    of = mapping("json-lines", ", columns: {product: item.name, price: item.price}")
    rows, malformed = read(path, of, "order", "at", "product", "price")
    assert rows == [
        (1, "1", "2024-01-31", "Pen", Decimal("0.10")),
        (3, Decimal(2), None, "Cup", None),
    ]
    assert [fault.reason.split(":")[0] for fault in malformed] == ["no JSON object", "no JSON"]
    with pytest.raises(InvalidInput, match=r"No object of .* has 'itme.name'; there are 'at', "):
        read(path, mapping("json-lines", ", columns: {product: itme.name}"), "product")
    rows, _ = read(path, mapping("json-lines"), "tags")
    assert isinstance(rows[1][1], Fault)


CSV = "order,at,product,quantity,gross\n{},2024-01-31,Pen,1,5\n"


def test_a_zip_is_read_as_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("2024/january.csv", CSV.format("1"))
        packed.writestr("2024/february.csv", CSV.format("2"))
        packed.writestr("__MACOSX/._january.csv", "")
    rows, _ = read(path, mapping("delimited"), "order")
    assert sorted(rows) == [(2, "1"), (2, "2")]
    with open_inputs(str(path), mapping("delimited").inputs) as inputs:
        assert sorted(one.label for one in inputs["sales"]) == [
            f"{path}: february.csv",
            f"{path}: january.csv",
        ]
    with pytest.raises(InvalidInput, match="holds 2 files"):
        draft_mapping(path, Answers(), "UTC")


def test_a_zip_with_one_file_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("../../january.csv", CSV.format("1"))
    draft = draft_mapping(path, Answers(currency="EUR"), "UTC")
    found = preview(parse_mapping(draft.text), path, 10)
    assert [row["gross"] for row in found.rows] == ["5"]
    assert not (tmp_path.parent / "january.csv").exists()


def test_bad_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of one name, more than there is room for, a damaged one, one within another."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a/sales.csv", CSV.format("1"))
        packed.writestr("b/sales.csv", CSV.format("2"))
    with pytest.raises(InvalidInput, match=r"holds several files 'sales\.csv'"):
        read(path, mapping("delimited"), "order")
    monkeypatch.setattr(unpacking, "MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match="holds more than 10 bytes"):
        read(path, mapping("delimited"), "order")
    path.write_bytes(path.read_bytes().replace(b"2024", b"2025", 1))
    monkeypatch.undo()
    with pytest.raises(InvalidInput, match="is a damaged zip archive: Bad CRC"):
        read(path, mapping("delimited"), "order")
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as packed:
        packed.write(path, "export.zip")
    with pytest.raises(InvalidInput, match=r"is a zip archive of another one, export\.zip\."):
        draft_mapping(outer, Answers(), "UTC")


def test_a_wrong_kind_of_file_is_told_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    write_workbook(path, {"Sheet1": SHEET})
    with pytest.raises(InvalidInput, match="is an Excel workbook, and the mapping reads it as del"):
        read(path, mapping("delimited"), "order")
    path.write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(InvalidInput, match="is a PDF document, and the mapping reads it as json"):
        read(path, mapping("json-lines"), "order")
    with pytest.raises(InvalidInput, match="is a PDF document, and no workbook"):
        read(path, mapping("workbook"), "order")
    path.write_text(json.dumps({"order": 1}))
    with pytest.raises(InvalidInput, match="is no readable workbook"):
        read(path, mapping("workbook"), "order")
