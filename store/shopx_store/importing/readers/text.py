"""Delimited, blank-separated and fixed-width text, read in constant memory."""

import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import (
    DelimitedInput,
    FileSpec,
    FixedInput,
    NamedText,
    Packed,
    TextInput,
    WhitespaceInput,
)
from shopx_store.importing.readers.base import BATCH_ROWS, Batch, add_missing, resolve
from shopx_store.importing.readers.parts import packed_parts, split_rows
from shopx_store.importing.values import number_reader
from shopx_store.importing.vectors import Fault, Vector

Rows = Iterator[tuple[int, list[str]]]
"""Line number and fields."""

BATCH_CHARACTERS = 1 << 24
"""Characters of the lines of a batch: long or malformed lines end it early. A gzip file of one
megabyte may hold a gigabyte of them."""
MAX_FIELD = 1 << 24
"""Characters of a field, which may have several lines."""
MAX_LINE = 1 << 20
"""Characters of a line. A file without line ends would be read into memory whole."""


class TextReader:
    """One text file."""

    def __init__(self, path: Path, spec: TextInput, file: FileSpec) -> None:
        self.label = str(path)
        self.size = max(path.stat().st_size, 1)
        self.path = path
        self.batch_rows = BATCH_ROWS
        self._spec = spec
        self._file = file

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read it; lines with another number of fields than the header has are malformed."""
        with self.path.open("rb") as raw:
            lines = TextLines(raw, self.path, self._spec.encoding)
            for _ in range(self._spec.skip):
                next(lines, None)
            rows = self._rows(lines)
            names = self._names(rows)
            if names is None:
                lines.finish()
                return
            packed = self._spec.unpack if isinstance(self._spec, DelimitedInput) else None
            inner = _packed_fields(self._spec, needed, packed)
            own = needed - inner.keys() | ({packed.column} if packed else set())
            chosen = resolve(self._spec, names, own, self.label)
            positions = {name: names.index(column) for name, column in chosen.items()}
            for read in self._batches(rows, positions, len(names), lines):
                batch = replace(read, names=chosen)
                add_missing(batch.columns.vectors, own - chosen.keys(), batch.columns.size)
                if packed is None:
                    yield batch
                    continue
                texts = batch.columns.vectors[packed.column].iterate()
                parts = [packed_parts(text, packed) for text in texts]
                yield split_rows(batch, packed.column, parts, inner)
            lines.finish()

    def _rows(self, lines: "TextLines") -> Rows:
        if isinstance(self._spec, FixedInput):
            return _fixed_rows(lines, self._spec)
        if isinstance(self._spec, WhitespaceInput):
            return ((lines.number, fields) for line in lines if (fields := line.split()))
        return _delimited_rows(lines, cast("DelimitedInput", self._spec), self.label)

    def _names(self, rows: Rows) -> list[str] | None:
        """The columns' names; `None` where the file is empty."""
        spec = self._spec
        if isinstance(spec, FixedInput):
            return [field.name for field in spec.fields]
        named = cast("NamedText", spec)
        header: list[str] | None = None
        if named.header if self._file.header is None else self._file.header:
            _, header = next(rows, (0, None))
            if header is None:
                return None
            header = [name.strip() for name in header]
        names = self._file.names or named.names
        return list(names) if names else header

    def _batches(
        self, rows: Rows, positions: dict[str, int], width: int, lines: "TextLines"
    ) -> Iterator[Batch]:
        spec = self._spec
        number = number_reader(spec.decimal, spec.thousands, accounting=spec.accounting)
        null = frozenset(self._spec.null)
        more = True
        while more:
            taken: list[list[str]] = []
            numbers: list[int] = []
            malformed: list[tuple[int, Fault]] = []
            end = lines.characters + BATCH_CHARACTERS
            for line, fields in rows:
                if len(fields) == width:
                    taken.append(fields)
                    numbers.append(line)
                else:
                    found = say(
                        "value.fields",
                        "{found} fields instead of {width}",
                        found=len(fields),
                        width=width,
                    )
                    malformed.append((line, Fault(found, " ".join(fields[:200])[:200])))
                full = len(taken) + len(malformed) == self.batch_rows
                if full or lines.characters >= end:
                    break
            else:
                more = False
            columns: Sequence[Sequence[str]] = list(zip(*taken, strict=True)) or [()] * width
            vectors = {
                name: _nulls(Vector.of(columns[position]), null)
                for name, position in positions.items()
            }
            done = min(lines.tell(), self.size) if more else self.size
            yield Batch(numbers, Columns(vectors, len(taken), number), done, malformed)


def _packed_fields(
    spec: TextInput, needed: frozenset[str], packed: Packed | None
) -> dict[str, tuple[str, ...]]:
    """The needed names that are fields of a packed column's parts, and which."""
    if packed is None:
        return {}
    prefix = f"{packed.column}."
    return {
        name: fields
        for name in needed
        if (
            fields := tuple(
                one.removeprefix(prefix)
                for one in spec.columns.get(name, (name,))
                if one.startswith(prefix)
            )
        )
    }


def _nulls(vector: Vector, null: frozenset[str]) -> Vector:
    return vector.map(lambda text: None if text.strip() in null else text)


class TextLines(Iterator[str]):
    """The lines of a file, decoded strictly; `number` is that of the last one."""

    def __init__(self, raw: IO[bytes], path: Path, encoding: str) -> None:
        unpacked = gzip.open(raw) if path.suffix == ".gz" else raw  # noqa: SIM115 -- `raw` is closed by its opener
        self._text = io.TextIOWrapper(
            cast("IO[bytes]", unpacked), encoding=encoding, errors="strict", newline=""
        )
        self._path = path
        self._encoding = encoding
        self._utf8 = _Utf8Check(encoding)
        self._raw = raw
        self.number = 0
        self.characters = 0
        """Of all lines so far."""

    def tell(self) -> int:
        """How many bytes of the file were read."""
        return self._raw.tell()

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(MAX_LINE)
        except UnicodeDecodeError as error:
            raise self._undecodable(error) from None
        except UnicodeError as error:
            raise InvalidInput(
                say(
                    "file.not-encoded",
                    "{path} is not {encoding} text: {error}.",
                    path=self._path,
                    encoding=self._encoding,
                    error=error,
                ),
                hint=say(
                    "file.set-encoding-utf16",
                    "Set the input's `encoding` in the mapping, such as cp1252 or utf-16.",
                ),
            ) from None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InvalidInput(
                say(
                    "file.complete-gzip-file",
                    "{path} is no complete gzip file: {error}.",
                    path=self._path,
                    error=error,
                )
            ) from None
        if not line:
            raise StopIteration
        self.number += 1
        self.characters += len(line)
        if len(line) == MAX_LINE:
            raise InvalidInput(
                say(
                    "file.line-longer-characters",
                    "{path}, line {number}: longer than {max_line, number} characters.",
                    path=self._path,
                    number=self.number,
                    max_line=MAX_LINE,
                ),
                hint=say(
                    "file.file-line-ends-text",
                    "The file has no line ends, or is no text: check its format.",
                ),
                line=self.number,
            )
        if not line.isascii():
            self._utf8.look(line, self.number)
        return line

    def rest(self) -> str:
        """All that is left, as one text."""
        return "".join(self)

    def finish(self) -> None:
        """After the last line.

        Raises:
            InvalidInput: Every line is UTF-8, which the mapping reads as another encoding.
        """
        found = self._utf8.found
        if found is not None:
            number, text, meant = found
            raise InvalidInput(
                say(
                    "file.utf-8-mapping-reads",
                    "{path} is UTF-8, and the mapping reads it as {encoding}: line {number} has"
                    " {text} for {meant}.",
                    path=self._path,
                    encoding=self._encoding,
                    number=number,
                    text=repr(text),
                    meant=repr(meant),
                ),
                hint=say(
                    "file.remove-encoding-input-set",
                    "Remove `encoding` from the input, or set it to utf-8.",
                ),
                line=number,
            )

    def _undecodable(self, error: UnicodeDecodeError) -> InvalidInput:
        # All whole lines before the undecodable chunk were delivered, so its lines follow them.
        line = self.number + error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        guess = ""
        with contextlib.suppress(UnicodeDecodeError):
            likely = repr(bytes([byte]).decode("cp1252"))
            guess = say("file.as-cp1252", "; as cp1252 it would be {likely}", likely=likely)
        return InvalidInput(
            say(
                "file.line-byte-0x-text",
                "{path}, line {line}: byte 0x{byte} is not {encoding} text{guess}.",
                path=self._path,
                line=line,
                byte=f"{byte:02x}",
                encoding=self._encoding.removesuffix("-sig"),
                guess=guess,
            ),
            hint=say(
                "file.set-encoding",
                "Set the input's `encoding` in the mapping, such as cp1252 or latin-1.",
            ),
            line=line,
        )


class _Utf8Check:
    """Notices UTF-8 that is read as an encoding of one byte a character, which never fails.

    A text of such an encoding is by chance also UTF-8 only where it has next to no accented letter.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding: str | None = None
        with contextlib.suppress(UnicodeError):
            # UTF-8's own bytes read back as several characters.
            if "é".encode().decode(encoding).encode(encoding) == "é".encode():
                self._encoding = encoding
        self.found: tuple[int, str, str] | None = None

    def look(self, line: str, number: int) -> None:
        """Look at a line that is not ASCII."""
        if self._encoding is None:
            return
        try:
            meant = line.encode(self._encoding).decode()
        except UnicodeError:
            self._encoding = self.found = None
            return
        if self.found is None:
            start = next(n for n, character in enumerate(line) if not character.isascii())
            self.found = (number, line[start : start + 2], meant[start])


def _delimited_rows(lines: TextLines, spec: DelimitedInput, label: str) -> Rows:
    quoting: dict[str, Any] = (
        {"quotechar": spec.quote, "quoting": csv.QUOTE_MINIMAL}
        if spec.quote
        else {"quoting": csv.QUOTE_NONE}
    )
    reader = csv.reader(
        lines, delimiter=spec.delimiter, escapechar=spec.escape, strict=True, **quoting
    )
    start = lines.number + 1
    csv.field_size_limit(MAX_FIELD)
    try:
        for fields in reader:
            # A line of delimiters alone is as empty as one without any.
            if any(fields):
                yield start, fields
            start = lines.number + 1
    except csv.Error as error:
        raise InvalidInput(
            say(
                "file.line-malformed",
                "{label}, line {start}: {error}.",
                label=label,
                start=start,
                error=error,
            ),
            hint=say(
                "file.quote-closed-input-s",
                "A quote is not closed, or the input's `delimiter` or `quote` is another one.",
            ),
            line=start,
        ) from None


def _fixed_rows(lines: TextLines, spec: FixedInput) -> Rows:
    parts = [slice(field.start - 1, field.start - 1 + field.width) for field in spec.fields]
    for line in lines:
        text = line.rstrip("\r\n")
        if text.strip():
            yield lines.number, [text[part] for part in parts]
