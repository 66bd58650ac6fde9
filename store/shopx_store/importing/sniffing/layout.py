"""How a text file is written: encoding, delimiter, header. Looks at its beginning and its end."""

import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.readers.file_kind import GZIP
from shopx_store.importing.readers.workbook import cell_number, sheet_names, sheet_rows
from shopx_store.importing.sniffing.writing import is_number, time_formats
from shopx_store.importing.values import plain

HEAD_BYTES: Final = 2 << 20
TAIL_BYTES: Final = 1 << 18
SAMPLE_ROWS: Final = 5_000
DELIMITERS: Final = {
    ",": say("draft.comma", "a comma"),
    ";": say("draft.semicolon", "a semicolon"),
    "\t": say("draft.tab", "a tab"),
    "|": say("draft.bar", "a bar"),
}
_MOST_SKIPPED: Final = 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited file is written.

    Attributes:
        encoding: As Python names it.
        delimiter: Between the fields.
        skip: Lines before the header.
        header: The columns' names.
        rows: The first rows, and those of the file's end.
        complete: Whether these are all rows.
        sheet: The sheet of a workbook, which has no encoding and no delimiter.
        format: As a mapping names it.
        options: Further fields of the input, as lines of the mapping.
        numbers: Of the first rows, as rejects name them; none where they are not known.
    """

    encoding: str
    delimiter: str
    skip: int
    header: list[str]
    rows: list[list[str]]
    complete: bool
    sheet: str | None = None
    format: str = "delimited"
    options: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    def cells(self, name: str) -> Iterator[tuple[int | None, str]]:
        """The number of the row, where it is known, and the value of those that are not empty."""
        position = self.header.index(name)
        for number, row in zip_longest(self.numbers[: len(self.rows)], self.rows):
            if text := row[position].strip():
                yield number, text

    def column(self, name: str) -> list[str]:
        """A column's values that are not empty."""
        return [text for _, text in self.cells(name)]


def sniff_layout(path: Path, kind: str) -> Layout:
    """Look at a text file, or one that gzip packed.

    Raises:
        InvalidInput: It is no table with a header, or is damaged.
    """
    head, tail = _ends(path, kind)
    encoding = _encoding(head + tail, path)
    first = _decoded(head, encoding).splitlines(keepends=True)
    complete = not tail and len(head) < HEAD_BYTES
    if not complete and first:
        first.pop()
    last = _decoded(tail, encoding).splitlines(keepends=True)[1:]
    delimiter = _delimiter(first, path)
    starts, parsed = _records(first, delimiter)
    width = Counter(len(row) for row in parsed[:SAMPLE_ROWS] if row).most_common(1)[0][0]
    skip = next((n for n, row in enumerate(parsed[:_MOST_SKIPPED]) if len(row) == width), 0)
    header = [name.strip() for name in parsed[skip]]
    _expect_header(header, path)
    listed = [n for n in range(skip + 1, len(parsed)) if len(parsed[n]) == width]
    rows = [parsed[n] for n in listed]
    complete = complete and len(rows) <= SAMPLE_ROWS
    ending = [row for row in csv.reader(last, delimiter=delimiter) if len(row) == width]
    return Layout(
        encoding,
        delimiter,
        skip,
        header,
        [*rows[:SAMPLE_ROWS], *(ending or rows[SAMPLE_ROWS:])[-SAMPLE_ROWS:]],
        complete,
        numbers=tuple(starts[n] for n in listed[:SAMPLE_ROWS]),
    )


def _records(lines: Iterable[str], delimiter: str) -> tuple[list[int], list[list[str]]]:
    """The number of each record's first line, and the records."""
    reader = csv.reader(lines, delimiter=delimiter)
    starts, records = [1], []
    for record in reader:
        records.append(record)
        starts.append(reader.line_num + 1)
    return starts, records


def sniff_workbook(path: Path) -> Layout:
    """Look at the sheet of a workbook that has the most cells.

    Raises:
        InvalidInput: It is damaged, needs a password, or has no table with a header.
    """
    best: tuple[int, str, list[list[str]]] = (0, "", [])
    for name in sheet_names(path):
        with sheet_rows(path, name) as (_, found):
            rows = _filled([[_cell(cell) for cell in row] for row in found])
        best = max(best, (sum(1 for row in rows for cell in row if cell), name, rows))
    _, sheet, rows = best
    widths = Counter(sum(1 for cell in row if cell) for row in rows[:SAMPLE_ROWS] if any(row))
    if not widths:
        raise InvalidInput(
            say("file.no-row", "{path} has no row.", path=path),
            hint=say("file.export-again", "Export it again."),
        )
    width = widths.most_common(1)[0][0]
    skip = next(
        (n for n, row in enumerate(rows[:_MOST_SKIPPED]) if sum(map(bool, row)) >= width), 0
    )
    header = [name.strip() for name in rows[skip]]
    _expect_header([name for name in header if name], path)
    filled = [n for n in range(skip + 1, len(rows)) if any(rows[n])]
    return Layout(
        "",
        "",
        skip,
        header,
        [rows[n] for n in filled],
        complete=True,
        sheet=sheet,
        format="workbook",
        numbers=tuple(n + 1 for n in filled),
    )


def _filled(rows: list[list[str]]) -> list[list[str]]:
    """Rows of one width: without what is empty at their ends they differ."""
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return plain(cell_number(cell))
    return str(cell)


def _ends(path: Path, kind: str) -> tuple[bytes, bytes]:
    try:
        if kind == GZIP:
            with gzip.open(path) as packed:
                return packed.read(HEAD_BYTES), b""
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            size = path.stat().st_size
            if size <= HEAD_BYTES:
                return head, b""
            # An even offset, for encodings of two bytes a character.
            file.seek(max(HEAD_BYTES, (size - TAIL_BYTES) // 2 * 2))
            return head, file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(
            say("file.layout-unreadable", "{path} cannot be read: {error}.", path=path, error=error)
        ) from None


def _encoding(data: bytes, path: Path) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    zeros = data[:1000].count(0)
    if zeros > len(data[:1000]) // 4:
        return "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    if zeros:
        raise InvalidInput(
            say(
                "file.no-text",
                "{path} is no text: it has bytes that no text has.",
                path=path,
            )
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data)
    except UnicodeDecodeError as error:
        # The sample may end, or begin anew, within a character.
        cut = abs(error.start - HEAD_BYTES) <= codecs.BOM_UTF8.__len__() + 1
        if not cut:
            return "cp1252"
    return "utf-8"


def _decoded(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def _delimiter(lines: list[str], path: Path) -> str:
    """The delimiter that splits most lines into the same number of fields, more than one."""
    best: tuple[float, int, str] = (0.0, 0, "")
    for delimiter in DELIMITERS:
        try:
            widths = Counter(
                len(row) for row in csv.reader(lines[:200], delimiter=delimiter, strict=True) if row
            )
        except csv.Error:
            continue
        if widths:
            width, count = widths.most_common(1)[0]
            if width > 1:
                best = max(best, (count / widths.total(), width, delimiter))
    if not best[2]:
        raise InvalidInput(
            say(
                "file.columns-separated",
                "{path} has no columns separated by {delimiters}.",
                path=path,
                delimiters=list(DELIMITERS.values()),
            ),
            hint=say(
                "file.fixed-positions-blanks-between",
                "Fixed positions or blanks between columns need a mapping (docs/import.md).",
            ),
        )
    return best[2]


def _expect_header(header: list[str], path: Path) -> None:
    valued = [name for name in header if is_number(name) or time_formats([name])]
    if valued:
        raise InvalidInput(
            say(
                "file.header-first-row-value",
                "{path} has no header: its first row has the value {valued}.",
                path=path,
                valued=repr(valued[0]),
            ),
            hint=say(
                "file.add-line-columns-names",
                "Add a line with the columns' names, or write a mapping with `names`.",
            ),
        )
