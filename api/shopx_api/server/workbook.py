"""A list as an XLSX workbook, written part by part: memory does not depend on its rows."""

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from typing import IO, Final

import xlsxwriter

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS: Final = 1_048_576
"""Rows of a worksheet, the format's limit; further rows are on the next one."""

_NAME_LENGTH: Final = 31
_CHUNK_BYTES: Final = 1 << 16
# A cell holds a double: of more digits it would show others.
_MAX_DIGITS: Final = 15
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_ESCAPED: Final = re.compile(r"'[=+\-@\t\r]")


class Workbook:
    """A workbook that is being written to a temporary file; it needs one list at least.

    Args:
        runs_from_right: Whether its language is written from right to left.
    """

    def __init__(self, *, runs_from_right: bool = False) -> None:
        self._runs_from_right = runs_from_right
        # It is deleted when it is closed.
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- `chunks` closes it
        # Cells are written by type: no text becomes a formula, a link or a number.
        self._book = xlsxwriter.Workbook(self._file, {"constant_memory": True})
        self._bold = self._book.add_format({"bold": True})
        self._titles: set[str] = set()

    def add_list(self, text_columns: int, title: str | None = None) -> None:
        """Begin a list, on a worksheet of its own.

        Args:
            text_columns: The leading columns of the rows that are text, whatever they look like;
                the others are numbers.
            title: What the worksheet is called.
        """
        self._text_columns = text_columns
        self._title = title
        self._header: list[str] | None = None
        self._goes_on = False
        self._add_sheet()

    def write(self, text: str) -> None:
        """Add lines of comma-separated values; the first after an empty one is the header."""
        for cells in csv.reader(io.StringIO(text, newline="")):
            if self._header is not None:
                self._write_row(cells)
            elif self._goes_on:
                self._header = cells
                self._write_header()
            elif cells:
                self._write_texts(cells)
            else:
                self._goes_on = True
                self._row += 1

    def chunks(self) -> Iterator[bytes]:
        """The finished file, once."""
        self._book.close()
        self._file.seek(0)
        with self._file:
            while chunk := self._file.read(_CHUNK_BYTES):
                yield chunk

    def _add_sheet(self) -> None:
        self._sheet = self._book.add_worksheet(self._sheet_name())
        if self._runs_from_right:
            self._sheet.right_to_left()
        self._sheet.set_column(0, 0, 32)
        self._sheet.set_column(1, 30, 16)
        self._row = 0

    def _sheet_name(self) -> str | None:
        """A name that the format allows and that no other worksheet has; `None` = the usual one."""
        if self._title is None:
            return None
        name = re.sub(r"[\[\]:*?/\\']", "", self._title)[:_NAME_LENGTH]
        number = 2
        while name in self._titles:
            name = f"{name[: _NAME_LENGTH - 4]} {number}"
            number += 1
        self._titles.add(name)
        return name

    def _write_header(self) -> None:
        self._write_texts(self._header or [], self._bold)
        self._sheet.freeze_panes(self._row, 1)

    def _write_texts(self, cells: list[str], style: object = None) -> None:
        for column, cell in enumerate(cells):
            self._sheet.write_string(self._row, column, _plain(cell), style)
        self._row += 1

    def _write_row(self, cells: list[str]) -> None:
        if self._row >= MAX_ROWS:
            self._add_sheet()
            self._write_header()
        for column, cell in enumerate(cells):
            if column >= self._text_columns and _is_number(cell):
                self._sheet.write_number(self._row, column, float(cell))
            elif cell:
                self._sheet.write_string(self._row, column, _plain(cell))
        self._row += 1


def _is_number(cell: str) -> bool:
    digits = cell.strip("-").replace(".", "").lstrip("0")
    return _NUMBER.fullmatch(cell) is not None and len(digits) <= _MAX_DIGITS


def _plain(cell: str) -> str:
    """A text without the apostrophe that CSV needs: a cell of the type text is no formula."""
    return cell[1:] if _ESCAPED.match(cell) else cell
