"""Sheets of Excel and OpenDocument workbooks. A sheet is read into memory whole."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import python_calamine as calamine

from shopx_core.errors import InvalidInput
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import WorkbookInput
from shopx_store.importing.readers.base import BATCH_ROWS, Batch, add_missing, resolve
from shopx_store.importing.values import normalise
from shopx_store.importing.vectors import Fault, Vector

_DIGITS: Final = 15
"""Excel keeps no more digits of a number; what a double has beyond them is not the user's."""


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook that are no charts.

    Raises:
        InvalidInput: It is no workbook, damaged, or needs a password.
    """
    return [
        sheet.name
        for sheet in _open(path).sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def sheet_rows(path: Path, sheet: str) -> Iterator[list[Any]]:
    """The rows of a sheet from its first one: each cell's value, `None` where it is empty."""
    try:
        found = _open(path).get_sheet_by_name(sheet)
        rows = found.to_python(skip_empty_area=False)
    except calamine.CalamineError as error:
        raise InvalidInput(f"{path}, sheet {sheet!r}, cannot be read: {error}.") from None
    return ([None if cell == "" else cell for cell in row] for row in rows)


def _open(path: Path) -> calamine.CalamineWorkbook:
    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError:
        raise InvalidInput(
            f"{path} needs a password.", hint="Save it without one, or save the sheet as CSV."
        ) from None
    except (calamine.CalamineError, OSError) as error:
        raise InvalidInput(f"{path} is no readable workbook: {error}.") from None


class WorkbookReader:
    """One sheet."""

    def __init__(self, path: Path, spec: WorkbookInput) -> None:
        names = sheet_names(path)
        if spec.sheet is None and len(names) != 1:
            raise InvalidInput(
                f"{path} has {len(names)} sheets ({', '.join(names)}); which one is meant is not"
                " said.",
                hint="Set the input's `sheet` in the mapping.",
            )
        if spec.sheet is not None and spec.sheet not in names:
            raise InvalidInput(f"{path} has no sheet {spec.sheet!r}; it has {', '.join(names)}.")
        self._sheet = spec.sheet or names[0]
        self._spec = spec
        self.path = path
        self.label = f"{path}, {self._sheet}"
        self.size = 1

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the sheet; rows without any value are left out."""
        rows = list(sheet_rows(self.path, self._sheet))
        self.size = max(len(rows), 1)
        first = self._spec.skip
        if len(rows) <= first:
            return
        names = [str(cell).strip() if cell is not None else "" for cell in rows[first]]
        chosen = resolve(self._spec, names, needed, self.label)
        positions = {name: names.index(column) for name, column in chosen.items()}
        null = frozenset(self._spec.null)
        for start in range(first + 1, len(rows), BATCH_ROWS):
            part = [
                (number, row)
                for number, row in enumerate(rows[start : start + BATCH_ROWS], start + 1)
                if any(cell is not None for cell in row)
            ]
            vectors = {
                name: Vector([_value(row[position], null) for _, row in part])
                for name, position in positions.items()
            }
            add_missing(vectors, needed - chosen.keys(), len(part))
            numbers = [number for number, _ in part]
            yield Batch(numbers, Columns(vectors, len(part)), min(start + BATCH_ROWS, self.size))


def _value(cell: Any, null: frozenset[str]) -> Any:
    if isinstance(cell, str):
        return None if cell.strip() in null else cell
    if isinstance(cell, float):
        return cell_number(cell)
    if isinstance(cell, dt.timedelta):
        return Fault("a duration, which has no use here", str(cell))
    return normalise(cell)


def cell_number(cell: float) -> Decimal:
    """The number that a cell shows."""
    return Decimal(format(cell, f".{_DIGITS}g"))
