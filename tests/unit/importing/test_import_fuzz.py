"""Mutated files: what is accepted has the total that DuckDB reads, and nothing else is an error.

`SHOPX_FUZZ=10000` mutates so many files; without it, a few hundred.
"""

import contextlib
import csv
import datetime as dt
import io
import os
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopx_core.errors import ShopxError
from shopx_store.importing.field_compiler import latest_instant
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.sniffing.draft import Answers, draft_mapping
from shopx_store.importing.transform import InputTransformer

FILES = int(os.environ.get("SHOPX_FUZZ", "200"))
NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {{name: shop, zone: UTC, currency: EUR}}
inputs: {{sales: {{format: delimited, files: "*", delimiter: "{delimiter}", encoding: {encoding}}}}}
order: {{key: order, at: date}}
line: {{product: product, quantity: quantity, gross: gross}}
"""
NAMES = ("order", "date", "product", "quantity", "gross")
PRODUCTS = ("Pen", "Cup, blue", 'a "b"', "Ä;ö|ü", "x\ny", " ", "")
AMOUNTS = ("1.50", "-2", "0", "1,50", "1.234,50", "(3)", "4-", "€5", "1e2", "NaN", "", " 7 ", "0x1")


def accepted(mapping: Mapping, path: Path) -> Decimal | None:
    """The total of the lines, or nothing where the file or a row of it is refused."""
    total = Decimal(0)
    try:
        with open_inputs(str(path), mapping.inputs) as inputs:
            transformer = InputTransformer(mapping, "sales", latest_instant(mapping, NOW))
            for batch in inputs["sales"][0].batches(transformer.needed):
                staged = transformer.take(batch, 0)
                if staged.rejects:
                    return None
                total += sum(Decimal(line.split("\t")[7]) for line in staged.lines)
    except ShopxError:
        return None
    return total


def independent(path: Path, delimiter: str, encoding: str) -> Decimal | None:
    """The total that DuckDB reads, or nothing where it refuses the file."""
    text = path.read_bytes().decode(encoding)
    plain = path.with_suffix(".plain")
    plain.write_text(text, encoding="utf-8", newline="")
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in NAMES)
    try:
        rows = duckdb.execute(
            "select coalesce(sum(cast(trim(gross) as decimal(38, 10))), 0)"
            f" from read_csv('{plain}', delim='{delimiter}', quote='\"', escape='\"',"
            " header=true, auto_detect=false,"
            f" strict_mode=true, columns={{{columns}}})"
        ).fetchall()
    except duckdb.Error:
        return None
    return Decimal(rows[0][0])


def written(rng: random.Random, delimiter: str) -> str:
    """A file of a few rows, with cells that are often odd."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]))
    writer.writerow(NAMES)
    odd = rng.random() < 0.5
    for _ in range(rng.randrange(6)):
        amount = rng.choice(AMOUNTS) if odd else f"{rng.randrange(-999, 9999) / 100:.2f}"
        row = [rng.randrange(9), "2024-01-31", rng.choice(PRODUCTS), rng.randrange(5), amount]
        writer.writerow(row[: rng.randrange(3, 6)] if rng.random() < 0.05 else row)
    return target.getvalue()


def mutated(rng: random.Random, data: bytes) -> bytes:
    """The bytes with some changed, taken out, doubled or put in."""
    found = bytearray(data)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 5])):
        at = rng.randrange(len(found) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            found[at:at] = bytes([rng.choice(b'",;\t\n\r 0.-9(\x00\xff\xe2')])
        elif kind == 1 and at < len(found):
            del found[at]
        elif kind == 2 and at < len(found):
            found[at] = rng.randrange(256)
        else:
            found[at:at] = found[max(at - 9, 0) : at]
    return bytes(found)


@pytest.mark.timeout(3600)
def test_nothing_is_accepted_with_another_total(tmp_path: Path) -> None:
    rng = random.Random(os.environ.get("SHOPX_FUZZ_SEED", "1"))
    compared = 0
    for number in range(FILES):
        delimiter, encoding = rng.choice(",;\t|"), rng.choice(["utf-8", "utf-16-le", "cp1252"])
        path = tmp_path / f"{number}.csv"
        text = written(rng, delimiter)
        path.write_bytes(mutated(rng, text.encode(encoding, "replace")))
        mapping = parse_mapping(
            MAPPING.format(delimiter="\\t" if delimiter == "\t" else delimiter, encoding=encoding)
        )
        total = accepted(mapping, path)
        if total is not None:
            other = independent(path, delimiter, encoding)
            compared += other is not None
            assert other in (None, total), (number, path.read_bytes())
        path.unlink()
    assert compared > FILES // 10


@pytest.mark.timeout(3600)
@given(st.binary(max_size=300))
@settings(
    max_examples=min(FILES, 2000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_are_understood_or_refused(tmp_path: Path, data: bytes) -> None:
    """What a file is drafted as reads it, and whatever fails says what and where."""
    path = tmp_path / "sales.csv"
    path.write_bytes(b"order,date,product,amount\n1,2024-01-31,Pen,5\n" + data)
    with contextlib.suppress(ShopxError):
        draft = draft_mapping(path, Answers(currency="EUR"), "UTC")
        assert draft.questions or accepted(parse_mapping(draft.text), path) != Decimal("NaN")
