"""A rejected row names columns as its file does, whatever the mapping calls them."""

import json
from pathlib import Path

import pytest
import xlsxwriter

from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.sniffing.preview import preview
from shopx_store.importing.transform import Reject

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {{name: shop, zone: Europe/Berlin, currency: EUR}}
inputs:
  sales:
    format: {format}
    files: {file}
    columns:
      column_1: "Bestell-Nr."
      at: [Created at, "Order date"]
      unit_price: "Unit price (£)"
      pieces: Pieces sold
order:
  key: column_1
  at: time(at, '%d.%m.%Y')
line:
  product: Product
  quantity: pieces
  gross: {gross}
"""
HEADER = ["Bestell-Nr.", "Order date", "Unit price (£)", "Pieces sold", "Product"]
GOOD = ["A1", "31.01.2024", "9.90", "2", "Cup"]


def rejects(path: Path, kind: str, gross: str = "pieces * unit_price") -> list[Reject]:
    text = MAPPING.format(format=kind, file=path.name, gross=gross)
    return preview(parse_mapping(text), path, 5).rejects


def written(folder: Path, kind: str, rows: list[list[str]]) -> Path:
    path = folder / f"sales.{kind}"
    if kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    elif kind == "jsonl":
        lines = [json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:]]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        text = "\n".join(",".join(row) for row in rows)
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("ending", "kind"), [("csv", "delimited"), ("xlsx", "workbook"), ("jsonl", "json-lines")]
)
@pytest.mark.parametrize(
    ("place", "wrong", "column"),
    [
        pytest.param(0, "", "Bestell-Nr.", id="no-value"),
        pytest.param(1, "yesterday", "Order date", id="one-of-several-names"),
        pytest.param(2, "cheap", "Unit price (£)", id="within-a-product"),
    ],
)
def test_the_column_has_the_name_of_the_file(
    tmp_path: Path, ending: str, kind: str, place: int, wrong: str, column: str
) -> None:
    bad = [wrong if n == place else cell for n, cell in enumerate(GOOD)]
    (reject,) = rejects(written(tmp_path, ending, [HEADER, GOOD, bad]), kind)
    # The line of a text file or sheet, with its header; of JSON the object's line.
    assert (reject.row, reject.column) == (2 if kind == "json-lines" else 3, column)


def test_what_is_computed_of_several_names_all_of_them(tmp_path: Path) -> None:
    big = ["A2", "31.01.2024", "99999999", "99999999", "Cup"]
    (reject,) = rejects(written(tmp_path, "csv", [HEADER, GOOD, big]), "delimited")
    assert reject.column == "Pieces sold, Unit price (£)"
