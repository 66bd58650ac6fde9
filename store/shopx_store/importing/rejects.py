"""The rejects file: every rejected row with its reason, in constant memory."""

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from shopx_core.errors import InvalidInput
from shopx_core.texts import joined, say

COLUMNS = ("file", "row", "column", "value", "reason")
LISTED = 1_000
"""An import beyond its limit still lists this many rows, so that they can be corrected together."""
MAX_VALUE = 200


_NUMBER = re.compile(r"[+-]?[\d.,]+")


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; a negative number is none."""
    if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected row.

    Attributes:
        place: The file and row, or the table and key; and the column.
        value: Of that column.
        reason: What is wrong with it.
    """

    place: str
    value: str
    reason: str


class TooManyRejects(InvalidInput):
    """More rows were rejected than allowed; nothing was imported.

    Attributes:
        first: The first of them.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        first: Rejected = Rejected("", "", ""),
        **details: Any,
    ) -> None:
        super().__init__(message, hint=hint, **details)
        self.first = first


class Rejects:
    """Counts rejected rows and writes them to a file, which the first one creates.

    Args:
        path: Where to write; `None` only counts.
        limit: How many rows may be rejected.
    """

    def __init__(self, path: Path | None, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._last: tuple[str, int] | None = None
        self._first = Rejected("", "", "")
        self.rows = 0

    def __enter__(self) -> Self:
        if self._path is not None:
            # The file of an earlier run would be mistaken for this run's.
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(
        self, file: str, row: int, column: str, value: str, reason: str, key: str | None = None
    ) -> None:
        """Note one reason; several of one row, one after another, count as one row.

        Args:
            file: The file or table.
            row: The row's number there.
            column: The column that is wrong, where it is one.
            value: Its value.
            reason: What is wrong.
            key: How the row is found, where its number does not say: a column and its value.

        Raises:
            TooManyRejects: The limit and `LISTED` are passed.
        """
        if (file, row) != self._last:
            self._last = (file, row)
            self.rows += 1
        if self.rows == 1 and not self._first.place:
            self._first = Rejected(_place(file, row, column, key), value[:MAX_VALUE], reason)
        if self._path is not None:
            cells = (file, row, column, value[:MAX_VALUE], reason)
            self._write(tuple(_inert(cell) if isinstance(cell, str) else cell for cell in cells))
        if self.rows > max(self._limit, LISTED):
            self.check()

    def _write(self, record: tuple[object, ...]) -> None:
        if self._writer is None:
            assert self._path is not None  # noqa: S101 -- the caller looked
            # Values may be personal: for the owner's eyes. Never through a link that another left.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.fdopen(
                os.open(self._path, flags, 0o600), "w", encoding="utf-8", newline=""
            )
            # All cells are quoted: which separator a spreadsheet takes depends on its language.
            self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
            self._writer.writerow(COLUMNS)
        self._writer.writerow(record)

    def check(self) -> None:
        """Refuse the import if the limit is passed.

        Raises:
            TooManyRejects: It is.
        """
        if self.rows <= self._limit:
            return
        if self._file is not None:
            self._file.flush()
        first = {"place": self._first.place, "reason": self._first.reason}
        message = (
            say(
                "import.too-many-rejects",
                "{rows, plural, one {# row was} other {# rows were}} rejected, which is more than"
                " --max-rejects {limit, number}; nothing was imported. The first: {place}:"
                " {reason}.",
                rows=self.rows,
                limit=self._limit,
                **first,
            )
            if self.rows <= LISTED
            else say(
                "import.far-too-many-rejects",
                "{rows, number} or more rows were rejected, which is more than --max-rejects"
                " {limit, number}; nothing was imported. The first: {place}: {reason}.",
                rows=self.rows,
                limit=self._limit,
                **first,
            )
        )
        correct = say("import.allow-rejects", "Correct the source or the mapping, or allow more.")
        listed = (
            say("import.rejects-listed", "{path} lists them.", path=self._path)
            if self._file is not None
            else None
        )
        raise TooManyRejects(
            message,
            first=self._first,
            hint=joined(correct, listed),
            rejected=self.rows,
        )


def _place(file: str, row: int, column: str, key: str | None) -> str:
    if key is not None:
        place = say("import.place-key", "{file}, {key}", file=file, key=key)
    else:
        place = say("import.place-row", "{file}, row {row}", file=file, row=row)
    if not column:
        return place
    return say("import.place-column", "{place} ({column})", place=place, column=column)
