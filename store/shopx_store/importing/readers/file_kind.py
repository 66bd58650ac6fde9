"""Which kind of file it is, by its first bytes: the name may say another one."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say

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
    (b"PAR1", PARQUET, say("kind.parquet-file", "a Parquet file")),
    (b"\x1f\x8b", GZIP, say("kind.gzip-file", "a gzip file")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        XLS,
        say("kind.excel-workbook-of-before-2007-xls", "an Excel workbook of before 2007 (xls)"),
    ),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP, say("kind.7z-archive", "a 7z archive")),
    (b"Rar!", "rar", say("kind.rar-archive", "a RAR archive")),
    (b"%PDF", "pdf", say("kind.pdf-document", "a PDF document")),
    (b"SQLite format 3\x00", SQLITE, say("kind.sqlite-database", "a SQLite database")),
    (b"ARROW1", ARROW, say("kind.arrow-file", "an Arrow file")),
    (b"PGDMP", "pg_dump", say("kind.dump-of-postgresql", "a dump of PostgreSQL")),
    (b"\x89PNG", "image", say("kind.picture", "a picture")),
    (b"\xff\xd8\xff", "image", say("kind.picture", "a picture")),
    (b"\x28\xb5\x2f\xfd", "zstd", say("kind.zstandard-file", "a Zstandard file")),
)
WHAT_TO_DO: Final = {
    ZIP: say("kind.unpack", "Unpack it, and import what it holds."),
    SEVEN_ZIP: say("kind.unpack", "Unpack it, and import what it holds."),
    "rar": say("kind.unpack", "Unpack it, and import what it holds."),
    "zstd": say("kind.unpack", "Unpack it, and import what it holds."),
    "pdf": say("kind.choose-csv", "Shops also export CSV: choose that."),
    SQLITE: say(
        "kind.sqlite-mapping",
        "Its tables are read with a mapping (format: sqlite, docs/import.md).",
    ),
    "pg_dump": say("kind.restore", "Restore it, and import with --source postgresql://…."),
    "html": say("kind.login-page", "Probably a page that asks to log in: export the file again."),
    "image": say("kind.choose-csv", "Shops also export CSV: choose that."),
    JSON: say(
        "kind.json-lines",
        "One object a line is read with a mapping (format: json-lines, docs/import.md); otherwise"
        " export CSV.",
    ),
    PARQUET: say("kind.parquet-mapping", "Parquet needs a mapping: docs/import.md."),
}

EXPORT_CSV: Final = say("kind.export-csv", "Export it as CSV.")


def file_kind(path: Path) -> tuple[str, str]:
    """The kind of a file, and the words for it.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise InvalidInput(
            say(
                "file.cannot-read",
                "{path} cannot be read: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from None
    if not head:
        return TEXT, say("kind.empty-file", "an empty file")
    for magic, kind, words in _MAGIC:
        if head.startswith(magic):
            return kind, words
    if head.startswith(b"PK\x03\x04"):
        return _archive(path)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in {b"{", b"["}:
        return JSON, say("kind.json", "JSON")
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "html", say("kind.web-page", "a web page")
    return TEXT, say("kind.text-file", "a text file")


def expect_readable(path: Path, readable: frozenset[str]) -> str:
    """The kind of a file.

    Raises:
        InvalidInput: It is none of those that can be read; the message says what it is.
    """
    kind, words = file_kind(path)
    if kind not in readable:
        raise InvalidInput(
            say(
                "file.which-cannot-imported",
                "{path} is {words}, which cannot be imported as it is.",
                path=path,
                words=words,
            ),
            hint=WHAT_TO_DO.get(kind, EXPORT_CSV),
        )
    return kind


def _archive(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name.startswith("xl/") for name in names):
                return WORKBOOK, say("kind.excel-workbook", "an Excel workbook")
            if any(name.startswith("word/") for name in names):
                return "word", say("kind.word-document", "a Word document")
            if "mimetype" in names:
                # No more of it: what is small in an archive may be gigabytes.
                with archive.open("mimetype") as member:
                    if b"opendocument" in member.read(100):
                        return ODS, say("kind.opendocument-file", "an OpenDocument file")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        return "damaged", say("kind.damaged-zip-archive", "a damaged zip archive")
    return ZIP, say("kind.zip-archive", "a zip archive")
