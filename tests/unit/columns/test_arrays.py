"""Tables in memory: places, stretches of days, groups and lookups equal the plain way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_store.columns.array_keys import Lookup
from shopx_store.columns.array_tables import (
    BLOCK,
    Column,
    Table,
    blocks_of,
    bytes_of,
    narrowed,
    table_of,
)
from shopx_store.columns.arrays import Arrays, NotLoaded
from shopx_store.columns.base import NEVER
from shopx_store.columns.first_orders import LARGEST_ID, FirstOrders
from shopx_store.columns.grouping import Space, Sums, Unfit
from shopx_store.columns.sources import Source


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
    blocks = {Source.PRODUCT_DAYS: blocks_of(table)} if days else {}
    arrays = Arrays(2**30, {Source.PRODUCT_DAYS: table}, blocks, None, {})
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


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([1, 9, 10**7]), st.integers(-5, 5)),
        min_size=1,
    ),
    st.integers(1, 4),
)
def test_groups_add_up(rows: list[tuple[int, int, int]], pieces: int) -> None:
    """Few combinations of keys, and so many that rows are sorted; all rows at once, or pieces."""
    one, other, value = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    space = Space.around([one, other])
    sums = Sums(space, 1, len(rows))
    for part in np.array_split(np.arange(len(rows)), pieces):
        keys = [one[part], narrowed(other[part])]
        sums.add(space.codes(keys, len(part)), [narrowed(value[part])])
    codes, (totals,) = sums.of_groups()
    expected: dict[tuple[int, int], int] = {}
    for first, second, number in rows:
        expected[first, second] = expected.get((first, second), 0) + number
    found = zip(*(key.tolist() for key in space.columns(codes)), strict=True)
    added = dict(zip(found, totals.tolist(), strict=True))
    assert {k: v for k, v in added.items() if v} == {k: v for k, v in expected.items() if v}
    assert list(added) == sorted(added)


def test_keys_with_too_many_combinations_are_left_to_duckdb() -> None:
    wide = np.array([0, 2**40], dtype=np.int64)
    with pytest.raises(Unfit):
        Space.around([wide, wide])


def test_without_keys_there_is_one_row() -> None:
    """Also where no row passes a filter, or all add up to nothing."""
    codes, sums = Sums(Space([]), 2, 0).of_groups()
    assert (codes.tolist(), [column.tolist() for column in sums]) == ([0], [[0], [0]])


def test_more_rows_than_memory_is_for_are_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopx_store.columns.grouping._LARGE", 3)
    codes = np.array([0, 10**9, 7])
    sums = Sums(Space([range(10**12)]), 1, 10)
    sums.add(codes, [codes])
    with pytest.raises(Unfit):
        sums.add(codes[:1], [codes[:1]])


def test_keys_that_rows_have_in_common_are_spread() -> None:
    """Of any rows: also where the first or the last group is cut."""
    table = Table(
        np.array([5, 5, 9]), np.array([0, 2, 3, 6]), {}, {}, {"region_id": np.array([7, 8, 9])}
    )
    spread = [7, 7, 8, 9, 9, 9]
    for first in range(7):
        for last in range(first, 7):
            assert table.key("region_id", first, last).tolist() == spread[first:last]
    assert table.span("region_id") == range(7, 10)
    assert table.rows_of(np.array([0, 2])).tolist() == [0, 1, 3, 4, 5]
    assert list(table.ends(0, 6, 1)) == [(0, 2), (2, 3), (3, 6)]
    assert list(table.ends(0, 6, 3)) == [(0, 3), (3, 6)]
    assert (table.place(5), table.place(6), table.place(10)) == (0, 3, 6)


def test_what_tables_share_counts_once() -> None:
    shared = np.arange(100)
    assert bytes_of([shared, shared[5:], shared[:3]]) == shared.nbytes


def test_days_are_forgotten_where_memory_ends() -> None:
    """The oldest first; one that does not fit at all is not kept."""
    day = table_of(np.arange(100), {}, {})
    arrays = Arrays(2 * day.bytes, {}, {}, None, {})
    for number in range(3):
        arrays.keep(NotLoaded(Source.LINES, number), table_of(np.arange(100), {}, {}))
        assert arrays.bytes <= 2 * day.bytes
    with pytest.raises(NotLoaded):
        arrays.days(Source.LINES, [0], at_most=1)
    assert len(arrays.days(Source.LINES, [1, 2], at_most=2)) == 2
    with pytest.raises(Unfit):
        arrays.keep(NotLoaded(Source.LINES, 4), table_of(np.arange(1000), {}, {}))
    assert arrays.bytes == 0


FIRSTS = st.dictionaries(st.integers(1, 9), st.integers(0, 50))


@given(
    FIRSTS,
    st.dictionaries(st.integers(1, 12), st.integers(0, 50) | st.just(NEVER)),
    st.lists(st.integers(0, 50), min_size=1, unique=True).map(sorted),
    st.integers(0, 9),
)
def test_first_orders_lie_in_the_buckets_of_their_instants(
    known: dict[int, int], others: dict[int, int], starts: list[int], length: int
) -> None:
    ordered = sorted(known, key=lambda customer: known[customer])
    base = FirstOrders(
        np.array(ordered, dtype=np.int32), np.array([known[c] for c in ordered], np.int64), 10
    )
    changed = sorted(others)
    found = base.with_others(
        np.array(changed, dtype=np.int64), np.array([others[c] for c in changed], np.int64), 13
    )
    end = starts[-1] + length
    buckets = found.buckets(np.array(starts, dtype=np.int64), end)
    for customer in range(13):
        at = (known | others).get(customer, NEVER)
        expected = sum(start <= at for start in starts) - 1 if at < end else -1
        assert buckets[customer] == expected
        assert found.instants[customer] == at


def test_customers_with_large_ids_are_left_to_duckdb() -> None:
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(Unfit):
        FirstOrders(none, none, 1).with_others(none, none, LARGEST_ID + 1)


def test_sums_that_could_leave_64_bits_are_refused() -> None:
    at, large = np.arange(3), np.array([2**61, -(2**61), 1])
    with pytest.raises(Unfit):
        table_of(at, {}, {"gross": large})


def test_a_lookup_takes_ids_of_every_width() -> None:
    """Ids that few bits hold, among many known ones, and ids that are not known."""
    lookup = Lookup(np.array([3, 70_000]), np.array([5, 6]))
    assert lookup(narrowed(np.array([3, 4]))).tolist() == [5, 0]
    assert lookup(np.array([70_000, 70_001, 10**12])).tolist() == [6, 0, 0]
