"""Reads XLSX workbooks as spreadsheets do, without their styles."""

import io
import re
import zipfile
from xml.etree import ElementTree as ET

_NAMESPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells_of(content: bytes) -> list[list[list[str | float | None]]]:
    """The cells of each worksheet, by row and column; `None` where there is none.

    Raises:
        AssertionError: A cell is a formula.
    """
    sheets = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        for name in sorted(names, key=lambda name: int(re.sub(r"\D", "", name) or 0)):
            root = ET.fromstring(archive.read(name))  # noqa: S314 -- written by the test's server
            rows: dict[int, list[str | float | None]] = {}
            for row in root.iterfind(".//m:row", _NAMESPACE):
                cells = [_cell(cell) for cell in row.iterfind("m:c", _NAMESPACE)]
                width = max((column for column, _ in cells), default=-1) + 1
                found: list[str | float | None] = [None] * width
                for column, value in cells:
                    found[column] = value
                rows[int(row.attrib["r"]) - 1] = found
            sheets.append([rows.get(n, []) for n in range(max(rows, default=-1) + 1)])
    return sheets


def _cell(cell: ET.Element) -> tuple[int, str | float | None]:
    assert cell.find("m:f", _NAMESPACE) is None, "a formula"
    column = 0
    for letter in re.sub(r"\d", "", cell.attrib["r"]):
        column = column * 26 + ord(letter) - ord("A") + 1
    if cell.get("t") == "inlineStr":
        return column - 1, "".join(text.text or "" for text in cell.iterfind(".//m:t", _NAMESPACE))
    value = cell.find("m:v", _NAMESPACE)
    return column - 1, None if value is None else float(value.text or "")
