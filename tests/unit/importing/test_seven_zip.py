"""7z archives are read as zip archives are, and nothing in one harms the reader."""

import lzma
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import py7zr
import pytest

from shopx_core.errors import InvalidInput
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers import archive, seven_zip, unpacking
from shopx_store.importing.readers.archive import unpacked
from shopx_store.importing.readers.file_kind import file_kind
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.readers.unpacking import Unpacking
from shopx_store.importing.sniffing.draft import Answers, draft_mapping
from shopx_store.importing.sniffing.preview import preview
from tests.unit.importing.test_formats import CSV, mapping, read

MONTHS = [("2024/january.csv", CSV.format("1")), ("2024/february.csv", CSV.format("2"))]
HIDDEN = ("__MACOSX/._january.csv", "")


def packed(path: Path, files: Iterable[tuple[str, str]], **options: Any) -> Path:
    with py7zr.SevenZipFile(path, "w", **options) as made:
        for name, text in files:
            made.writestr(text, name)
    return path


METHODS = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 9}],
    "lzma": [{"id": py7zr.FILTER_LZMA}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "ppmd": [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}],
    "zstd": [{"id": py7zr.FILTER_ZSTD, "level": 3}],
    "copy": [{"id": py7zr.FILTER_COPY}],
}


@pytest.mark.parametrize("method", METHODS)
def test_it_is_read_as_a_folder(tmp_path: Path, method: str) -> None:
    path = packed(tmp_path / "export.7z", [*MONTHS, HIDDEN], filters=METHODS[method])
    assert file_kind(path) == ("7z", "a 7z archive")
    rows, _ = read(path, mapping("delimited"), "order")
    assert sorted(rows) == [(2, "1"), (2, "2")]
    with open_inputs(str(path), mapping("delimited").inputs) as inputs:
        assert sorted(one.label for one in inputs["sales"]) == [
            f"{path}: february.csv",
            f"{path}: january.csv",
        ]


def test_with_one_file_it_is_that_file(tmp_path: Path) -> None:
    path = packed(tmp_path / "export", [("sales.csv", CSV.format("1"))])
    draft = draft_mapping(path, Answers(currency="EUR"), "UTC")
    found = preview(parse_mapping(draft.text), path, 10)
    assert [row["gross"] for row in found.rows] == ["5"]


def test_a_large_file_is_whole(tmp_path: Path) -> None:
    """Beyond the library's blocks."""
    text = "".join(f"{n},{n * n}\n" for n in range(300_000))
    path = packed(tmp_path / "export.7z", [("a.csv", text), ("empty.csv", ""), ("b.csv", "b\n")])
    with unpacked(path) as folder:
        assert (folder / "a.csv").read_text() == text
        assert (folder / "empty.csv").read_text() == ""
        assert (folder / "b.csv").read_text() == "b\n"
    assert not folder.exists()


def test_little_is_in_memory_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However well it is packed, and in how many parts."""
    path = packed(tmp_path / "export.7z", [("a.csv", "0" * 3_000_000), (".hidden", "0" * 9)])
    with py7zr.SevenZipFile(path, "a") as made:
        made.writestr("1" * 3_000_000, "b.csv")
    sizes = []
    monkeypatch.setattr(seven_zip, "_BLOCK", 1_000_000)
    monkeypatch.setattr(Unpacking, "count", lambda _, size: sizes.append(size))
    with unpacked(path) as folder:
        assert (folder / "a.csv").read_text() == "0" * 3_000_000
        assert (folder / "b.csv").read_text() == "1" * 3_000_000
    assert (max(sizes), sum(sizes)) == (1_000_000, 6_000_000)


def test_links_are_left_out(tmp_path: Path) -> None:
    """They could lead anywhere."""
    (tmp_path / "sales.csv").write_text(CSV.format("1"))
    (tmp_path / "link.csv").symlink_to("sales.csv")
    path = tmp_path / "export.7z"
    with py7zr.SevenZipFile(path, "w") as made:
        made.write(tmp_path / "link.csv", "link.csv")
        made.write(tmp_path / "sales.csv", "sales.csv")
    with unpacked(path) as file:
        assert (file.name, file.is_symlink()) == ("sales.csv", False)


@pytest.mark.parametrize("headers", [False, True])
def test_a_password(tmp_path: Path, headers: bool) -> None:
    path = packed(tmp_path / "export.7z", MONTHS, password="secret", header_encryption=headers)
    with pytest.raises(InvalidInput, match=r"export\.7z needs a password\.") as told:
        read(path, mapping("delimited"), "order")
    assert told.value.hint == "Unpack it, and import what it holds."


@pytest.mark.parametrize("name", ["../sales.csv", "a/../../sales.csv", "/outside/sales.csv"])
def test_nothing_leads_out_of_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("py7zr.py7zr.check_archive_path", lambda _: True)
    path = packed(tmp_path / "export.7z", [(name, CSV.format("1"))])
    with pytest.raises(InvalidInput, match="leads out of its folder"):
        read(path, mapping("delimited"), "order")
    assert [one.name for one in tmp_path.iterdir()] == ["export.7z"]


def test_several_files_of_one_name(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.7z", [("a/x.csv", "1"), ("b/x.csv", "2")])
    with pytest.raises(InvalidInput, match=r"holds several files 'x\.csv'"):
        read(path, mapping("delimited"), "order")


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused by what it says it holds, before anything is written, or by what it holds."""
    path = packed(tmp_path / "export.7z", [("x.csv", "0" * 1_000_000), ("y.csv", "0")])
    monkeypatch.setattr(seven_zip, "MOST_BYTES", 999_999)
    with pytest.raises(InvalidInput, match="holds more than 999,999 bytes"):
        read(path, mapping("delimited"), "order")
    monkeypatch.undo()
    monkeypatch.setattr(unpacking, "MOST_BYTES", 999_999)
    with pytest.raises(InvalidInput, match="holds more than 999,999 bytes"):
        read(path, mapping("delimited"), "order")
    monkeypatch.undo()
    monkeypatch.setattr(unpacking, "MOST_FILES", 1)
    with pytest.raises(InvalidInput, match="holds more than 1 files"):
        read(path, mapping("delimited"), "order")


@pytest.mark.parametrize("method", ["lzma", "lzma2", "ppmd"])
def test_what_needs_much_memory(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = {
        "lzma": [{"id": lzma.FILTER_LZMA1, "dict_size": 64 << 20}],
        "lzma2": [{"id": lzma.FILTER_LZMA2, "dict_size": 64 << 20}],
        "ppmd": [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": "64m"}],
    }[method]
    text = CSV.format("1") + "#" * 2_000_000
    path = packed(tmp_path / "export.7z", [("x.csv", text)], filters=filters)
    monkeypatch.setattr(seven_zip, "MOST_WINDOW", 1 << 20)
    with pytest.raises(InvalidInput, match="needs 64 MB of memory to unpack, and 1 are there"):
        read(path, mapping("delimited"), "order")
    monkeypatch.setattr(seven_zip, "MOST_WINDOW", 2 << 20)
    # No more is looked back on than there is.
    with unpacked(path) as file:
        assert file.stat().st_size == len(text)


def test_an_archive_in_an_archive(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.7z", MONTHS)
    outer = tmp_path / "outer.7z"
    with py7zr.SevenZipFile(outer, "w") as made:
        made.write(inner, "inner.7z")
    message = r"is a 7z archive of another one, inner\.7z\."
    with pytest.raises(InvalidInput, match=message):
        read(outer, mapping("delimited"), "order")
    with pytest.raises(InvalidInput, match=message):
        draft_mapping(outer, Answers(), "UTC")
    with py7zr.SevenZipFile(outer, "a") as made:
        made.writestr(CSV.format("1"), "sales.csv")
    with pytest.raises(InvalidInput, match=r"inner\.7z is a 7z archive, and the mapping reads it"):
        read(outer, mapping("delimited"), "order")


def test_damaged_ones_are_told(tmp_path: Path) -> None:
    """Whatever byte is wrong: it is refused, or read as it was."""
    path = packed(tmp_path / "export.7z", MONTHS)
    whole = path.read_bytes()
    refused = 0
    for at in range(6, len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            rows, _ = read(path, mapping("delimited"), "order")
        except InvalidInput:
            refused += 1
        else:
            assert sorted(rows) == [(2, "1"), (2, "2")]
    assert refused > len(whole) // 2
    for length in range(6, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidInput, match="is a damaged 7z archive"):
            read(path, mapping("delimited"), "order")


def test_its_library_is_imported_when_it_is_needed() -> None:
    code = (
        f"import sys, {archive.__name__}, shopx_store.importing.pipeline;"
        " sys.exit('py7zr' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
