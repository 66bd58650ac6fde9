"""Tables in memory: places, stretches of days, groups and lookups equal the plain way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_store.columns.array_keys import Lookup
from shopx_store.columns.arrays import (
    BLOCK,
    Arrays,
    Column,
    Table,
    blocks_of,
    narrowed,
    table_of,
)
from shopx_store.columns.grouping import Grouping, Unfit
from shopx_store.columns.statements import Source


def products(days: int, seed: int) -> Table:
    """A table of days with 1 to 5 rows each."""
    r = np.random.default_rng(seed)
    lengths = r.integers(1, 6, days)
    rows = int(lengths.sum())
    return Table(
        np.arange(days, dtype=np.int64) * 10,
        np.append(0, np.cumsum(lengths)),
        {"product_id": r.integers(0, 7, rows).astype(np.int8)},
        {"gross": Column(r.integers(-120, 120, rows).astype(np.int8), 100)},
    )


@given(
    st.integers(0, 5 * BLOCK),
    st.integers(0, 99),
    st.tuples(st.integers(-5, 60 * BLOCK), st.integers(-5, 60 * BLOCK)),
)
def test_stretches_add_up_to_the_days(days: int, seed: int, ends: tuple[int, int]) -> None:
    start, end = sorted(ends)
    table = products(days, seed)
    arrays = Arrays(
        {Source.PRODUCT_DAYS: table}, {Source.PRODUCT_DAYS: blocks_of(table)} if days else {}
    )
    expected: dict[int, int] = {}
    at = table.at(0, len(table))
    for row in np.flatnonzero((at >= start) & (at < end)):
        product = int(table.keys["product_id"][row])
        expected[product] = expected.get(product, 0) + 100 * int(
            table.measures["gross"].numbers[row]
        )
    found: dict[int, int] = {}
    for part, first, last in arrays.stretches(Source.PRODUCT_DAYS, start, end, long=True):
        rows = slice(part.place(first), part.place(last))
        column = part.measures["gross"]
        for product, number in zip(
            part.keys["product_id"][rows], column.numbers[rows], strict=True
        ):
            found[int(product)] = found.get(int(product), 0) + int(number) * column.unit
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in expected.items() if v}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 10**7), st.integers(-5, 5))))
def test_groups_add_up(rows: list[tuple[int, int, int]]) -> None:
    """Few combinations of keys, and so many that rows are sorted."""
    if not rows:
        return
    one, other, value = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    grouping = Grouping([one, other])
    found = zip(
        *(key.tolist() for key in grouping.keys), grouping.sums(value).tolist(), strict=True
    )
    expected: dict[tuple[int, int], int] = {}
    for first, second, number in rows:
        expected[first, second] = expected.get((first, second), 0) + number
    assert {(first, second): number for first, second, number in found} == expected


def test_keys_with_too_many_combinations_are_left_to_duckdb() -> None:
    wide = np.array([0, 2**40], dtype=np.int64)
    with pytest.raises(Unfit):
        Grouping([wide, wide])


def test_sums_that_could_leave_64_bits_are_refused() -> None:
    at, large = np.arange(3), np.array([2**61, -(2**61), 1])
    with pytest.raises(Unfit):
        table_of(at, {}, {"gross": large})


def test_a_lookup_takes_ids_of_every_width() -> None:
    """Ids that few bits hold, among many known ones, and ids that are not known."""
    lookup = Lookup(np.array([3, 70_000]), np.array([5, 6]))
    assert lookup(narrowed(np.array([3, 4]))).tolist() == [5, 0]
    assert lookup(np.array([70_000, 70_001, 10**12])).tolist() == [6, 0, 0]
