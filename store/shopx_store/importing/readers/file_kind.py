"""Which kind of file it is, by its first bytes: the name may say another one."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidInput

TEXT: Final = "text"
PARQUET: Final = "parquet"
WORKBOOK: Final = "workbook"
XLS: Final = "xls"
ODS: Final = "ods"
WORKBOOKS: Final = frozenset({WORKBOOK, XLS, ODS})
ZIP: Final = "zip"
SEVEN_ZIP: Final = "7z"
ARCHIVES: Final = frozenset({ZIP, SEVEN_ZIP})
GZIP: Final = "gzip"
JSON: Final = "json"
SQLITE: Final = "sqlite"
ARROW: Final = "arrow"
HEAD_BYTES: Final = 1 << 16

_MAGIC: Final = (
    (b"PAR1", PARQUET, "a Parquet file"),
    (b"\x1f\x8b", GZIP, "a gzip file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", XLS, "an Excel workbook of before 2007 (xls)"),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP, "a 7z archive"),
    (b"Rar!", "rar", "a RAR archive"),
    (b"%PDF", "pdf", "a PDF document"),
    (b"SQLite format 3\x00", SQLITE, "a SQLite database"),
    (b"ARROW1", ARROW, "an Arrow file"),
    (b"PGDMP", "pg_dump", "a dump of PostgreSQL"),
    (b"\x89PNG", "image", "a picture"),
    (b"\xff\xd8\xff", "image", "a picture"),
    (b"\x28\xb5\x2f\xfd", "zstd", "a Zstandard file"),
)
WHAT_TO_DO: Final = {
    ZIP: "Unpack it, and import what it holds.",
    SEVEN_ZIP: "Unpack it, and import what it holds.",
    "rar": "Unpack it, and import what it holds.",
    "zstd": "Unpack it, and import what it holds.",
    "pdf": "Shops also export CSV: choose that.",
    SQLITE: "Its tables are read with a mapping (format: sqlite, docs/import.md).",
    "pg_dump": "Restore it, and import with --source postgresql://….",
    "html": "Probably a page that asks to log in: export the file again.",
    "image": "Shops also export CSV: choose that.",
    JSON: "One object a line is read with a mapping (format: json-lines, docs/import.md); otherwise"
    " export CSV.",
    PARQUET: "Parquet needs a mapping: docs/import.md.",
}


def file_kind(path: Path) -> tuple[str, str]:
    """The kind of a file, and the words for it.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.") from None
    if not head:
        return TEXT, "an empty file"
    for magic, kind, words in _MAGIC:
        if head.startswith(magic):
            return kind, words
    if head.startswith(b"PK\x03\x04"):
        return _archive(path)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in {b"{", b"["}:
        return JSON, "JSON"
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "html", "a web page"
    return TEXT, "a text file"


def expect_readable(path: Path, readable: frozenset[str]) -> str:
    """The kind of a file.

    Raises:
        InvalidInput: It is none of those that can be read; the message says what it is.
    """
    kind, words = file_kind(path)
    if kind not in readable:
        raise InvalidInput(
            f"{path} is {words}, which cannot be imported as it is.",
            hint=WHAT_TO_DO.get(kind, "Export it as CSV."),
        )
    return kind


def _archive(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name.startswith("xl/") for name in names):
                return WORKBOOK, "an Excel workbook"
            if any(name.startswith("word/") for name in names):
                return "word", "a Word document"
            if "mimetype" in names:
                # No more of it: what is small in an archive may be gigabytes.
                with archive.open("mimetype") as member:
                    if b"opendocument" in member.read(100):
                        return ODS, "an OpenDocument file"
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        return "damaged", "a damaged zip archive"
    return ZIP, "a zip archive"
