"""Sheets of Excel and OpenDocument workbooks: a process of its own reads them into memory whole."""

import datetime as dt
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import WorkbookInput
from shopx_store.importing.readers import workbook_process
from shopx_store.importing.readers.base import BATCH_ROWS, Batch, add_missing, resolve
from shopx_store.importing.readers.workbook_process import Broken, End
from shopx_store.importing.values import normalise
from shopx_store.importing.vectors import Fault, Vector

_DIGITS: Final = 15
"""Excel keeps no more digits of a number; what a double has beyond them is not the user's."""


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook that are no charts.

    Raises:
        InvalidInput: It is no workbook, damaged, too large, or needs a password.
    """
    with closing(_frames(path)) as frames:
        names: list[str] = next(frames)
        return names


@contextmanager
def sheet_rows(path: Path, sheet: str) -> Iterator[tuple[int, Iterator[list[Any]]]]:
    """How many rows a sheet has from its first one, and the rows.

    A row is each cell's value up to the last one that has any; `None` where it is empty.

    Raises:
        InvalidInput: As `sheet_names`, also while the rows are read.
    """
    with closing(_frames(path, sheet)) as frames:
        number: int = next(frames)
        yield number, (row for part in frames for row in part)


def _frames(path: Path, *sheet: str) -> Generator[Any, None, None]:
    """What a process says that reads the workbook."""
    # Not with `-m`: the classes of its frames are to be those of this process.
    code = f"from {workbook_process.__name__} import main; main()"
    command = [sys.executable, "-I", "-c", code, str(path), *sheet]
    # Without the environment: it has secrets, and the file is a stranger's.
    with subprocess.Popen(  # noqa: S603 -- a program of our own, without a shell
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as process:
        assert process.stdout is not None  # noqa: S101 -- it is a pipe
        try:
            while not isinstance(frame := _frame(process.stdout), End):
                if frame is None or isinstance(frame, Broken):
                    raise _unreadable(path, sheet, frame)
                yield frame
        finally:
            process.kill()


def _frame(stream: IO[bytes]) -> Any:
    """The next frame; `None` = the process ended before its last one."""
    try:
        return pickle.load(stream)  # noqa: S301 -- of a process of this program
    except (EOFError, pickle.UnpicklingError):
        return None


def _unreadable(path: Path, sheet: tuple[str, ...], broken: Broken | None) -> InvalidInput:
    if broken is None:
        return InvalidInput(
            say(
                "file.takes-more-memory-time",
                "{path} takes more memory or time than a workbook may ({mib,"
                " number} MiB, {most_seconds} minutes).",
                path=path,
                mib=workbook_process.memory_limit() >> 20,
                most_seconds=workbook_process.MOST_SECONDS // 60,
            ),
            hint=say(
                "file.delete-what-lies-far",
                "Delete what lies far beyond the last row and column, or save the sheet as CSV.",
            ),
        )
    if broken.password:
        return InvalidInput(
            say("file.needs-password", "{path} needs a password.", path=path),
            hint=say(
                "file.save-without-save-sheet", "Save it without one, or save the sheet as CSV."
            ),
        )
    if sheet:
        return InvalidInput(
            say(
                "file.sheet-cannot-read",
                "{path}, sheet {sheet}, cannot be read: {reason}.",
                path=path,
                sheet=repr(sheet[0]),
                reason=broken.reason,
            )
        )
    return InvalidInput(
        say(
            "file.readable-workbook",
            "{path} is no readable workbook: {reason}.",
            path=path,
            reason=broken.reason,
        )
    )


class WorkbookReader:
    """One sheet."""

    def __init__(self, path: Path, spec: WorkbookInput) -> None:
        names = sheet_names(path)
        if spec.sheet is None and len(names) != 1:
            raise InvalidInput(
                say(
                    "file.sheets-which-meant-said",
                    "{path} has {count} sheets ({names}); which one is meant is not said.",
                    path=path,
                    count=len(names),
                    names=list(names),
                ),
                hint=say("file.set-input-s-sheet", "Set the input's `sheet` in the mapping."),
            )
        if spec.sheet is not None and spec.sheet not in names:
            raise InvalidInput(
                say(
                    "file.no-sheet",
                    "{path} has no sheet {sheet}; it has {names}.",
                    path=path,
                    sheet=repr(spec.sheet),
                    names=list(names),
                )
            )
        self._sheet = spec.sheet or names[0]
        self._spec = spec
        self.path = path
        self.label = f"{path}, {self._sheet}"
        self.size = 1

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the sheet; rows without any value are left out."""
        with sheet_rows(self.path, self._sheet) as (number, rows):
            self.size = max(number, 1)
            first = self._spec.skip
            head = next(islice(rows, first, None), None)
            if head is None:
                return
            names = [str(cell).strip() if cell is not None else "" for cell in head]
            chosen = resolve(self._spec, names, needed, self.label)
            positions = {name: names.index(column) for name, column in chosen.items()}
            null = frozenset(self._spec.null)
            start = first + 1
            while taken := list(islice(rows, BATCH_ROWS)):
                part = [
                    (number, row)
                    for number, row in enumerate(taken, start + 1)
                    if any(cell is not None for cell in row)
                ]
                vectors = {
                    name: Vector([_value(_cell(row, position), null) for _, row in part])
                    for name, position in positions.items()
                }
                add_missing(vectors, needed - chosen.keys(), len(part))
                start += len(taken)
                yield Batch(
                    [number for number, _ in part],
                    Columns(vectors, len(part)),
                    min(start, self.size),
                    names=chosen,
                )


def _cell(row: list[Any], position: int) -> Any:
    return row[position] if position < len(row) else None


def _value(cell: Any, null: frozenset[str]) -> Any:
    if isinstance(cell, str):
        return None if cell.strip() in null else cell
    if isinstance(cell, float):
        return cell_number(cell)
    if isinstance(cell, dt.timedelta):
        return Fault(say("value.duration-no-use", "a duration, which has no use here"), str(cell))
    return normalise(cell)


def cell_number(cell: float) -> Decimal:
    """The number that a cell shows."""
    return Decimal(format(cell, f".{_DIGITS}g"))
