"""Small files that stand for gigabytes or for hours: each is refused, with the reason."""

import sqlite3
import tracemalloc
import zipfile
from pathlib import Path

import psutil
import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers import sqlite, workbook_process
from shopx_store.importing.readers.file_kind import file_kind
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.readers.workbook import sheet_names, sheet_rows
from shopx_store.importing.readers.workbook_process import most_bytes
from shopx_store.importing.sniffing.draft import Answers, draft_mapping
from tests.support.workbooks import write_workbook
from tests.unit.importing.test_formats import mapping, read
from tests.unit.importing.test_kinds_of_files import TABLE

FAR = '<c r="XFD1048576"><v>1</v></c>'


def rewritten(path: Path, old: str, new: str) -> None:
    """Exchange a part of a workbook's sheet, compressed as those that are meant to be small."""
    write_workbook(path, {"Sheet1": [["order"], [1]]})
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in files["xl/worksheets/1.xml"]
    files["xl/worksheets/1.xml"] = files["xl/worksheets/1.xml"].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def test_a_cell_in_the_last_row_and_column(tmp_path: Path) -> None:
    """The rectangle up to it has seventeen thousand million cells."""
    path = tmp_path / "sales.xlsx"
    rewritten(path, "</sheetData>", f'<row r="1048576">{FAR}</row></sheetData>')
    assert path.stat().st_size < 3_000
    assert sheet_names(path) == ["Sheet1"]
    with pytest.raises(InvalidInput, match="takes more memory or time than a workbook may"):
        read(path, mapping("workbook"), "order")
    with pytest.raises(InvalidInput, match="takes more memory or time"):
        draft_mapping(path, Answers(), "UTC")


def test_a_sheet_of_more_than_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a container has counts where it is less."""
    path = tmp_path / "sales.xlsx"
    far = '<row r="900000"><c r="ZZ900000"><v>1</v></c></row>'
    rewritten(path, "</sheetData>", f"{far}</sheetData>")
    with pytest.raises(InvalidInput, match="takes more memory"), sheet_rows(path, "Sheet1") as _:
        pass
    monkeypatch.setattr(workbook_process, "_LIMIT", tmp_path / "memory.max")
    assert workbook_process.memory_limit() == workbook_process.MOST_BYTES
    (tmp_path / "memory.max").write_text("1000000\n")
    assert workbook_process.memory_limit() == 750_000
    assert most_bytes("max") == most_bytes(str(1 << 40)) == workbook_process.MOST_BYTES


def test_rows_without_their_empty_ends(tmp_path: Path) -> None:
    """They are read as they were, however wide the widest is; who has seen enough may leave."""
    path = tmp_path / "sales.xlsx"
    write_workbook(path, {"Sheet1": [["order", "note"], [1], [], [None, "x"], [2, None]]})
    with sheet_rows(path, "Sheet1") as (number, rows):
        assert (number, next(rows)) == (5, ["order", "note"])
    with sheet_rows(path, "Sheet1") as (_, rows):
        assert list(rows)[1:] == [[1.0], [], [None, "x"], [2.0]]


def test_a_workbooks_process_has_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is empty: the file is a stranger's."""
    monkeypatch.setenv("SHOPX_DATABASE_DSN", "postgresql://user:secret@host/db")
    path = tmp_path / "sales.xlsx"
    # More than a pipe holds: the process waits until more is read.
    write_workbook(path, {"Sheet1": [["order", "x" * 100]] * 5_000})
    others = set(psutil.Process().children())
    with sheet_rows(path, "Sheet1"):
        (process,) = set(psutil.Process().children()) - others
        assert "SHOPX_DATABASE_DSN" not in process.environ()


def test_a_mimetype_of_a_gigabyte(tmp_path: Path) -> None:
    """Of what names a file's kind no more is unpacked than that."""
    path = tmp_path / "sales.ods"
    size = 256 << 20
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", b"application/vnd.oasis.opendocument" + bytes(size))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        assert file_kind(path)[0] == "ods"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, 99], ids=["damaged", "unknown method"])
def test_a_damaged_mimetype(tmp_path: Path, method: int) -> None:
    """It is a damaged archive, not a failure of the program."""
    path = tmp_path / "sales.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", b"abcdefgh" * 400)
    packed = bytearray(path.read_bytes())
    if method == zipfile.ZIP_DEFLATED:
        start = packed.index(b"mimetype") + len("mimetype")
        packed[start : start + 8] = b"\xff" * 8
    else:
        central = packed.index(b"PK\x01\x02")
        packed[8], packed[central + 10] = method, method
    path.write_bytes(packed)
    assert file_kind(path) == ("damaged", "a damaged zip archive")


ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n)"


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (f"{ENDLESS} select i as 'order' from n", "more rows than the file has bytes"),
        (f"{ENDLESS} select i as 'order' from n where i < 0", "yields no row for 0 s"),
        ("select hex(zeroblob(900000)) as 'order'", "string or blob too big"),
    ],
    ids=["endless", "silent", "long"],
)
def test_a_view_that_is_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str, reason: str
) -> None:
    """It holds a worker neither for ever nor with all its memory."""
    monkeypatch.setattr(sqlite, "MOST_SECONDS", 0.3)
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"create view sales as {view}")
    connection.close()
    with pytest.raises(InvalidInput, match=reason):
        read(path, parse_mapping(TABLE.format(table="sales")), "order")


def test_long_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of columns that nothing reads they may be long; of others they end a batch early."""
    monkeypatch.setattr(sqlite, "MOST_TEXT", 1_000_000)
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute('create table sales ("order" text, picture blob)')
        connection.executemany(
            "insert into sales values (printf('%.*c', 10000, 'x'), zeroblob(2000000))", [()] * 3
        )
        connection.executemany(
            "insert into sales values (printf('%.*c', 10000, 'x'), null)", [()] * 297
        )
    connection.close()
    with open_inputs(str(path), parse_mapping(TABLE.format(table="sales")).inputs) as inputs:
        (reader,) = inputs["sales"]
        counts = [len(batch.rows) for batch in reader.batches(frozenset({"order"}))]
    assert counts == [100, 100, 100]
