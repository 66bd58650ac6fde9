"""Workbooks hold what the file of comma-separated values says, and nothing that runs."""

import pytest

from shopx_api.panels.csv_text import csv_text
from shopx_api.server import workbook
from shopx_api.server.workbook import Workbook
from tests.support.workbook_cells import Cell, cells_of

HEADER = ["Customer", "Key", "Revenue"]


def written(*parts: list[list[str]], text_columns: int = 2) -> list[list[list[Cell]]]:
    book = Workbook()
    book.add_list(text_columns)
    for rows in parts:
        book.write(csv_text(rows))
    return cells_of(b"".join(book.chunks()))


def test_amounts_are_numbers_and_everything_else_is_text() -> None:
    """Keys keep their zeros, and an amount with more digits than a double has stays exact."""
    (sheet,) = written(
        [["Revenue by customer"], ["As of", "2026-01-02"], [], HEADER, ["Ann", "007", "-12.50"]],
        [["Bo", "1e5", "90071992547409931.36"], ["", "", ""]],
    )
    assert sheet[0] == ["Revenue by customer"]
    assert sheet[2:] == [
        [],
        HEADER,
        ["Ann", "007", -12.5],
        ["Bo", "1e5", "90071992547409931.36"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "@sum", "+49", "-2 %", "https://x.test", "a,b", 'a"b'])
def test_no_text_is_a_formula(name: str) -> None:
    """Nor has it the apostrophe that prevents one in other files."""
    (sheet,) = written([["T"], [], HEADER, [name, "k", "1"]])
    assert sheet[-1] == [name, "k", 1.0]


def test_rows_beyond_a_worksheet_are_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The format has a limit; no row is left out."""
    monkeypatch.setattr(workbook, "MAX_ROWS", 5)
    sheets = written([["T"], [], HEADER, *([f"c{n}", "k", str(n)] for n in range(8))])
    assert [len(sheet) for sheet in sheets] == [5, 5, 3]
    rows = [row for sheet in sheets for row in sheet if row and str(row[0]).startswith("c")]
    assert [row[2] for row in rows] == list(map(float, range(8)))
    assert sheets[1][0] == HEADER
