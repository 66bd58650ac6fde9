"""Readers: every row arrives, in constant memory, or the message says which one and why."""

import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter

from shopx_core.errors import InvalidInput
from shopx_store.importing.inputs import Input
from shopx_store.importing.readers import base, text
from shopx_store.importing.readers.base import Batch, InputReader
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.vectors import Fault

_INPUT: TypeAdapter[Input] = TypeAdapter(Input)


def spec(**fields: Any) -> Input:
    return _INPUT.validate_python({"format": "delimited", "files": "*"} | fields)


def readers(source: Path, wanted: Input) -> list[InputReader]:
    with open_inputs(str(source), {"sales": wanted}) as inputs:
        return inputs["sales"]


def read(source: Path, wanted: Input, *needed: str) -> tuple[list[tuple[Any, ...]], list[Batch]]:
    """Every row of every file: its number, then the needed columns."""
    rows: list[tuple[Any, ...]] = []
    batches: list[Batch] = []
    for reader in readers(source, wanted):
        for batch in reader.batches(frozenset(needed)):
            columns = [batch.columns.vectors[name].rows() for name in needed]
            rows += zip(batch.rows, *columns, strict=True)
            batches.append(batch)
        assert not batches or batches[-1].done == reader.size
    return rows, batches


def write(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("content", "fields", "expected"),
    [
        pytest.param("a,b\n1,x\n2,y\n", {}, [(2, "1", "x"), (3, "2", "y")], id="plain"),
        pytest.param("a,b\r\n1,x\r\n", {}, [(2, "1", "x")], id="windows-lines"),
        pytest.param('a,b\n1,"x\ny"\n2,z\n', {}, [(2, "1", "x\ny"), (4, "2", "z")], id="two-lines"),
        pytest.param('a,b\n1,"say ""x"""\n', {}, [(2, "1", 'say "x"')], id="quotes"),
        pytest.param('a;b\n1;"x\n', {"delimiter": ";", "quote": None}, [(2, "1", '"x')],
                     id="no-quotes"),
        pytest.param("a,b\n\n1,x\n\n", {}, [(3, "1", "x")], id="empty-lines"),
        pytest.param("a,b\n1,\n", {}, [(2, "1", None)], id="no-value"),
        pytest.param("a,b\n1, NULL \n", {"null": ["", "NULL"]}, [(2, "1", None)], id="null-word"),
        pytest.param("# exported\na,b\n1,x\n", {"skip": 1}, [(3, "1", "x")], id="skip"),
        pytest.param("1,x\n", {"header": False, "names": ["a", "b"]}, [(1, "1", "x")],
                     id="no-header"),
        pytest.param("q,r\n1,x\n", {"names": ["a", "b"]}, [(2, "1", "x")], id="renamed"),
        pytest.param("A,B\n1,x\n", {"columns": {"a": ["aa", "A"], "b": "B"}}, [(2, "1", "x")],
                     id="aliases"),
        pytest.param("\ufeffa,b\n1,x\n", {}, [(2, "1", "x")], id="byte-order-mark"),
        pytest.param("a,b\n", {}, [], id="header-only"),
        pytest.param("", {}, [], id="empty"),
        pytest.param(" a  b\n 1   x \n\n", {"format": "whitespace"}, [(2, "1", "x")], id="blanks"),
        pytest.param("001x\n002\n",
                     {"format": "fixed", "fields": [{"name": "a", "start": 1, "width": 3},
                                                    {"name": "b", "start": 4, "width": 2}]},
                     [(1, "001", "x"), (2, "002", None)], id="fixed"),
    ],
)  # fmt: skip
def test_text(
    tmp_path: Path, content: str, fields: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    """Each dialect of text gives its rows with the lines that they are on."""
    path = write(tmp_path / "sales.csv", content)
    assert read(path, spec(**fields), "a", "b")[0] == expected


def test_rows_of_another_width_are_malformed(tmp_path: Path) -> None:
    """They are named by line, and the others are read."""
    path = write(tmp_path / "x.csv", "a,b\n1\n2,y\n3,y,z\n")
    rows, batches = read(path, spec(), "a")
    assert rows == [(3, "2")]
    assert [(line, fault.reason) for line, fault in batches[0].malformed] == [
        (2, "1 fields instead of 2"),
        (4, "3 fields instead of 2"),
    ]


def test_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the file, a batch is not; numbers run on."""
    monkeypatch.setattr(text, "BATCH_ROWS", 10)
    path = write(tmp_path / "x.csv", "a\n" + "".join(f"{n}\n" for n in range(95)))
    rows, batches = read(path, spec(), "a")
    assert [len(batch.rows) for batch in batches] == [10] * 9 + [5]
    assert rows == [(n + 2, str(n)) for n in range(95)]
    assert sorted(batch.done for batch in batches) == [batch.done for batch in batches]
    assert base.BATCH_ROWS >= 10_000


def test_gzip(tmp_path: Path) -> None:
    """A packed file reads like the file."""
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n"))
    assert read(path, spec(), "a")[0] == [(2, "1")]


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        pytest.param("a\nx\nMünchen\n".encode("cp1252"), {},
                     "line 3: byte 0xfc is not utf-8 text; as cp1252 it would be 'ü'",
                     id="encoding"),
        pytest.param("a\n1\n".encode("utf-16"), {}, "byte 0xff is not utf-8", id="utf-16"),
        pytest.param(b"a,b\n1,x\n", {}, "has no column 'c'; its columns are 'a', 'b'", id="column"),
        pytest.param(b"a,b\n1,x\n", {"columns": {"c": ["C", "cc"]}},
                     "has no column 'C' or 'cc'", id="aliased-column"),
        pytest.param(b'c\n"open\n1\n2\n', {}, "line 2: unexpected end of data", id="open-quote"),
        pytest.param(gzip.compress(b"c\n" + b"1\n" * 999)[:-9], {"files": "x.gz"},
                     "is no complete gzip file", id="gzip"),
    ],
)  # fmt: skip
def test_unreadable_text(tmp_path: Path, content: bytes, fields: dict[str, Any], says: str) -> None:
    """What cannot be read is said with its line."""
    path = tmp_path / fields.get("files", "x.csv")
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read(path, spec(**fields), "c")
    assert says in str(caught.value)


def test_the_line_of_a_wrong_byte_is_exact_in_a_large_file(tmp_path: Path) -> None:
    """Also where the decoder has read far ahead of the rows."""
    lines = [b"a", *(b"row %d" % n for n in range(20_000))]
    lines[12_345] = b"\xe9"
    path = tmp_path / "x.csv"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(InvalidInput) as caught:
        read(path, spec(), "a")
    assert caught.value.details["line"] == 12_346


def test_parquet(tmp_path: Path) -> None:
    """Every type that a sale can use arrives exactly; floats as their shortest decimal."""
    path = tmp_path / "x.parquet"
    instant = dt.datetime(2024, 1, 2, 3, 4, 5, 678_901, dt.UTC)
    columns = {
        "text": pa.array([" x", "", None]),
        "int": pa.array([1, None, 3]),
        "double": pa.array([0.1, None, 2.55]),
        "single": pa.array([0.05, None, 9.8], type=pa.float32()),
        "half": pa.array([0.5, None, 1.5], type=pa.float16()),
        "decimal": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
        "day": pa.array([dt.date(2024, 1, 2), None, None]),
        "local": pa.array([instant.replace(tzinfo=None), None, None], type=pa.timestamp("ns")),
        "aware": pa.array([instant, None, None], type=pa.timestamp("us", "UTC")),
        "packed": pa.array(["a", None, "a"]).dictionary_encode(),
        "truth": pa.array([True, None, False]),
    }
    pq.write_table(pa.table(columns), path)
    rows, _ = read(path, spec(format="parquet"), *columns)
    assert rows[0][1:] == (
        " x",
        Decimal(1),
        Decimal("0.1"),
        Decimal("0.05"),
        Decimal("0.5"),
        Decimal("1.10"),
        dt.datetime.fromisoformat("2024-01-02"),
        instant.replace(tzinfo=None),
        instant,
        "a",
        True,
    )
    assert rows[1] == (2, *[None] * len(columns))
    assert [row[0] for row in rows] == [1, 2, 3]


def test_parquet_without_numbers(tmp_path: Path) -> None:
    """NaN is a fault of its column, or no value where the mapping says so; lists have no use."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"f": [float("nan"), 1.0], "l": [[1], [2]]}), path)
    (nan, one), _ = read(path, spec(format="parquet"), "f", "l")
    assert isinstance(nan[1], Fault)
    assert (nan[1].reason, nan[1].column) == ("not a number (NaN)", "f")
    assert one[1] == 1
    assert isinstance(one[2], Fault)
    assert read(path, spec(format="parquet", null="NaN"), "f")[0][0] == (1, None)


def test_no_parquet(tmp_path: Path) -> None:
    """A file of another kind is said so."""
    path = write(tmp_path / "x.parquet", "a,b\n")
    with pytest.raises(InvalidInput, match="is no readable Parquet file"):
        read(path, spec(format="parquet"), "a")


def test_files_of_a_folder(tmp_path: Path) -> None:
    """Each file once, in the order of the patterns, then of the names."""
    for name in ("b.csv", "a.csv", "z.txt", "extra.csv"):
        write(tmp_path / name, "n\n1\n")
    chosen = readers(tmp_path, spec(files=["extra.csv", "*.csv"]))
    assert [Path(reader.label).name for reader in chosen] == ["extra.csv", "a.csv", "b.csv"]


def test_a_file_may_differ_from_the_others(tmp_path: Path) -> None:
    """One of them has no header."""
    write(tmp_path / "a.csv", "n\n1\n")
    write(tmp_path / "b.csv", "2\n")
    wanted = spec(files=[{"match": "b.csv", "header": False, "names": ["n"]}, "a.csv"])
    assert read(tmp_path, wanted, "n")[0] == [(1, "2"), (2, "1")]
    assert read(tmp_path / "b.csv", wanted, "n")[0] == [(1, "2")]


@pytest.mark.parametrize(
    ("source", "fields", "says"),
    [
        pytest.param("nowhere", {}, "does not exist", id="absent"),
        pytest.param(".", {"files": "x*.csv"}, "no file in . matches 'x*.csv'; there is no file",
                     id="no-match"),
        pytest.param("postgresql://h/d", {}, "The mapping reads files", id="dsn-for-files"),
        pytest.param(".", {"format": "postgresql", "table": "t"}, "The mapping reads tables",
                     id="files-for-dsn"),
    ],
)  # fmt: skip
def test_sources_of_another_kind(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    fields: dict[str, Any],
    says: str,
) -> None:
    """--source and mapping must fit, and the message says how."""
    monkeypatch.chdir(tmp_path)
    files = {} if "table" in fields else {"format": "delimited", "files": "*"}
    wanted = _INPUT.validate_python(files | fields)
    with pytest.raises(InvalidInput) as caught, open_inputs(source, {"sales": wanted}):
        pass
    assert says in caught.value.message


def test_one_file_cannot_be_two_inputs(tmp_path: Path) -> None:
    """Then the folder is wanted."""
    path = write(tmp_path / "x.csv", "a\n")
    with (
        pytest.raises(InvalidInput, match="has 2 inputs"),
        open_inputs(str(path), {"a": spec(), "b": spec()}),
    ):
        pass


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_utf8_read_as_another_encoding_is_noticed(tmp_path: Path, encoding: str) -> None:
    """Every byte is a character there, so nothing else would tell; a real one is read."""
    path = write(tmp_path / "x.csv", "a,b\n1,Müller\n2,José\n")
    with pytest.raises(
        InvalidInput, match=r"is UTF-8, and the mapping reads it as .* 'Ã¼' for 'ü'"
    ):
        read(path, spec(encoding=encoding), "b")
    write(path, "a,b\n1,Müller\n2,José\n", encoding)
    assert read(path, spec(encoding=encoding), "b")[0] == [(2, "Müller"), (3, "José")]


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    """Which one is meant is unknown; one that no expression reads may be twice."""
    path = write(tmp_path / "x.csv", "a,amount,amount\n1,2,3\n")
    with pytest.raises(InvalidInput, match=r"several columns 'amount' \(numbers 2, 3\)"):
        read(path, spec(), "a", "amount")
    assert read(path, spec(), "a")[0] == [(2, "1")]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """A small archive must not become gigabytes of memory."""
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1" * (2 * text.MAX_LINE)))
    with pytest.raises(InvalidInput, match="line 2: longer than 1,048,576 characters"):
        read(path, spec(), "a")


@pytest.mark.parametrize(
    "line", [b"1," + b"x" * 99_000 + b"\n", b"x\n", b"1,2,3\n" * 1000], ids=["long", "one", "three"]
)
def test_a_batch_holds_a_bounded_amount_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    """Long fields and malformed lines fill memory as well as rows do."""
    monkeypatch.setattr(text, "BATCH_CHARACTERS", 400_000)
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + line * (4_000_000 // len(line))))
    (reader,) = readers(path, spec(encoding="utf-8"))
    counts = []
    for batch in reader.batches(frozenset({"b"})):
        held = sum(len(value) for value in batch.columns.vectors["b"].rows())
        assert held <= 500_000
        counts.append(len(batch.rows) + len(batch.malformed))
        assert counts[-1] <= base.BATCH_ROWS
    assert len(counts) > 8
    assert sum(counts) == (4_000_000 // len(line)) * line.count(b"\n")
