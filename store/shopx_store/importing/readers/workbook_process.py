"""Reads a workbook in a process of its own, which may take so much memory and time, and no more.

A sheet is held in memory as the rectangle of all rows and columns up to its last cell, and a file
of two kilobytes can name a cell in the last row and the last column, or one long text a million
times. What takes too much ends this process alone. Its environment has no secrets.

`main` has the arguments FILE [SHEET]. It writes pickled frames: the names of the sheets, or the
number of a sheet's rows and then lists of rows; `Broken` instead of any of them says why there are
no more.
"""

import contextlib
import pickle
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import python_calamine as calamine

MOST_BYTES: Final = 2 << 30
"""Of memory; in a container at most three quarters of its limit."""
MOST_SECONDS: Final = 600
"""Of processor time."""
_FRAME_CELLS: Final = 100_000
_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a workbook cannot be read.

    Attributes:
        reason: For the user.
        password: Whether it needs one.
    """

    reason: str
    password: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The last frame: a process that was ended writes none."""


def most_bytes(limit: str) -> int:
    """The memory that a workbook may take.

    Args:
        limit: Of the container, as its control group has it: bytes, or `max`.
    """
    return min(MOST_BYTES, int(limit) * 3 // 4) if limit.isdigit() else MOST_BYTES


def memory_limit() -> int:
    """The same for this process."""
    text = "max"
    with contextlib.suppress(OSError):
        text = _LIMIT.read_text("ascii").strip()
    return most_bytes(text)


def frames(path: str, sheet: str | None) -> Iterator[Any]:
    """What is written."""
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        if sheet is None:
            kinds = book.sheets_metadata
            yield [one.name for one in kinds if one.typ == calamine.SheetTypeEnum.WorkSheet]
        else:
            yield from _rows(book.get_sheet_by_name(sheet))
        yield End()
    except calamine.PasswordError:
        yield Broken("it needs a password", password=True)
    except (calamine.CalamineError, OSError) as error:
        yield Broken(str(error))


def _rows(sheet: calamine.CalamineSheet) -> Iterator[Any]:
    rows = sheet.to_python(skip_empty_area=False)
    yield len(rows)
    part: list[list[Any]] = []
    cells = 0
    for row in rows:
        # Empty cells after the last one of a row say nothing.
        width = next((place for place in range(len(row), 0, -1) if row[place - 1] != ""), 0)
        part.append([None if cell == "" else cell for cell in row[:width]])
        cells += width + 1
        if cells >= _FRAME_CELLS:
            yield part
            part, cells = [], 0
    yield part


def main() -> None:
    """Write the frames of the arguments."""
    path, *sheet = sys.argv[1:]
    most = memory_limit()
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    out = sys.stdout.buffer
    # Who asked may have seen enough.
    with contextlib.suppress(BrokenPipeError):
        for frame in frames(path, sheet[0] if sheet else None):
            pickle.dump(frame, out, pickle.HIGHEST_PROTOCOL)
        out.flush()
