"""Reads XLSX workbooks as another program does."""

import io
import zipfile
from collections.abc import Sequence

from python_calamine import CalamineWorkbook

Cell = str | float | None


def cells_of(content: bytes) -> list[list[list[Cell]]]:
    """The cells of each worksheet by row and column, without the empty ones at the end of a row.

    Raises:
        AssertionError: A cell is a formula.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name), f"a formula in {name}"
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [
        [_trimmed(row) for row in book.get_sheet_by_index(n).to_python(skip_empty_area=False)]
        for n in range(len(book.sheet_names))
    ]


def _trimmed(row: Sequence[object]) -> list[Cell]:
    cells: list[Cell] = [cell if isinstance(cell, float) else str(cell) or None for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells
