"""Rankings over columns: exact values, places, pages and totals, at any size of the amounts."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.panels.compared_table import ComparedTable
from shopx_api.panels.pareto import Pareto, pareto_keyset
from shopx_api.panels.ranked_table import Order, RankedTable
from shopx_api.panels.table import QUOTIENT_DIGITS, Numbers, Table
from shopx_api.types.enums import SortValue
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import total
from shopx_core.domain.pareto import classify
from shopx_core.domain.ranking import competition_ranks
from shopx_store.query import NONE, Dimension, QueryResult, SalesQuery, SalesScope, Tier
from shopx_store.query.deferred_sums import DeferredSums
from shopx_store.query.result_columns import COUNTED
from tests.support.sales_cases import MARCH

Row = dict[str, Any]
AMOUNT = st.one_of(
    st.integers(-3, 3).map(Decimal),
    st.decimals(-1000, 1000, places=2),
    st.decimals(-(10**9), 10**9, places=6),
    # Converted money has more digits, and some sums leave 64 bits.
    st.decimals(-10, 10, places=13),
    st.sampled_from([Decimal(10) ** 17, -(Decimal(10) ** 17)]),
)
ROWS = st.dictionaries(
    st.integers(0, 40),
    st.fixed_dictionaries({m.value: AMOUNT for m in METRICS["profit"].measures}),
    max_size=25,
)
SMALL = st.dictionaries(
    st.integers(0, 40),
    st.fixed_dictionaries(
        {m.value: st.integers(-3, 3).map(Decimal) for m in METRICS["profit"].measures}
    ),
    max_size=25,
)
QUERY = SalesQuery(
    scope=SalesScope.EVERYTHING,
    measures=METRICS["profit"].measures,
    start=MARCH.days.start,
    end=MARCH.days.end,
    zone="UTC",
    by=(Dimension.PRODUCT,),
)


def result(rows: dict[int, Row]) -> QueryResult:
    return QueryResult([{"product_id": key} | row for key, row in rows.items()], Tier.ROLLUP)


def table_of(rows: dict[int, Row], earlier: dict[int, Row] | None = None) -> ComparedTable:
    previous = None if earlier is None else Table.of(QUERY, result(earlier))
    return ComparedTable.of(Table.of(QUERY, result(rows)), previous)


class Sums:
    """A result's columns, given out when they are read."""

    def __init__(self, columns: Mapping[Measure, Numbers], terms: Mapping[Measure, int]) -> None:
        self.columns = columns
        self.terms = terms
        self.measures = frozenset(columns)
        self.leading: Numbers = np.sum([columns[m] * n for m, n in terms.items()], axis=0)

    def of(self, measure: Measure) -> Numbers:
        return self.columns[measure]

    def at(self, places: Numbers) -> Mapping[Measure, Numbers]:
        return {measure: column[places] for measure, column in self.columns.items()}

    def total(self, measure: Measure) -> int:
        return sum(self.columns[measure].tolist())


@given(SMALL, SMALL, st.sampled_from(SortValue), st.booleans())
def test_measures_that_are_added_up_later_give_the_same_list(
    rows: dict[int, Row], earlier: dict[int, Row], sort: SortValue, ascending: bool
) -> None:
    """Its order, places and totals, and all measures of the rows that are shown."""
    order = Order(metric=METRICS["revenue"], ascending=ascending, sort=sort)
    plain = [Table.of(QUERY, result(some)) for some in (rows, earlier)]
    later = [
        replace(table, measures=DeferredSums(Sums(table.measures, METRICS["revenue"].numerator)))
        for table in plain
    ]
    one, other = (
        RankedTable(ComparedTable.of(*both), order, without=NONE) for both in (plain, later)
    )
    assert one.table.total() == other.table.total()
    page = one.page(20, None)
    assert page == other.page(20, None)
    assert [one.ranked(row) for row in page] == [other.ranked(row) for row in page]
    shown, seen = one.compared.take(page), other.compared.take(page)
    for metric in (METRICS["revenue"], METRICS["profit"]):
        assert shown.current.shown(metric) == seen.current.shown(metric)
        assert shown.previous is not None
        assert seen.previous is not None
        assert shown.previous.shown(metric) == seen.previous.shown(metric)
    assert one.table.values(METRICS["profit"]).numbers.tolist() == (
        other.table.values(METRICS["profit"]).numbers.tolist()
    )


def measures_at(table: Table, row: int) -> Row:
    """All measures of a row: the total of the row alone."""
    return {measure.value: value for measure, value in table.take([row]).total().items()}


def value_of(row: Row, name: str) -> Decimal | None:
    """By fractions, rounded half up to the digits that places are by; none without known costs."""
    sums = {
        terms: sum((Fraction(row[m]) * n for m, n in terms_of.items()), Fraction(0))
        for terms, terms_of in (
            ("top", METRICS[name].numerator),
            ("below", METRICS[name].denominator or {}),
        )
    }
    revenue = Fraction(row["gross"]) - Fraction(row["discounts"]) - Fraction(row["returns"])
    if name != "revenue" and revenue and not row["cost"]:
        return None
    if METRICS[name].denominator is None:
        return _decimal(sums["top"])
    if sums["below"] <= 0:
        return None
    quotient = sums["top"] / sums["below"] * 10**QUOTIENT_DIGITS
    size = int(abs(quotient) + Fraction(1, 2))
    return _decimal(Fraction(size if quotient >= 0 else -size, 10**QUOTIENT_DIGITS))


def _decimal(exact: Fraction) -> Decimal:
    digits = 40
    number = exact * 10**digits
    assert number.denominator == 1
    return Decimal((int(number < 0), tuple(map(int, str(abs(int(number))))), -digits))


@given(ROWS, st.sampled_from(["revenue", "profit", "margin", "markup"]), st.booleans())
def test_pages_list_every_member_in_order(rows: dict[int, Row], name: str, ascending: bool) -> None:
    """Paged by any length, each row comes once, with its place among all."""
    order = Order(metric=METRICS[name], ascending=ascending)
    ranking = RankedTable(table_of(rows), order, without=NONE)
    keyset = order.keyset("list", "product_id")
    values = {key: value_of(row, name) for key, row in rows.items() if key != NONE}
    ranks = competition_ranks(values)
    expected = sorted(
        values,
        key=lambda key: (
            values[key] is None,
            0 if values[key] is None else (1 if ascending else -1) * Fraction(values[key] or 0),
            key,
        ),
    )
    assert ranking.count == len(expected)
    for first in (1, 3, 100):
        found: list[int] = []
        cursor = None
        while page := ranking.page(first, keyset.key(cursor)):
            for place in page[:first]:
                row = ranking.ranked(place)
                assert (row.value, row.rank) == (values[row.key], ranks[row.key])
                assert measures_at(ranking.table, place) == rows[row.key]
                found.append(row.key)
                cursor = keyset.cursor(row.sort_key)
            assert (len(page) > first) == (len(found) < len(expected))
        assert found == expected


NO_SALES: Row = {m.value: Decimal(0) for m in METRICS["profit"].measures}


def sorted_by(row: Row, before: Row, name: str, sort: SortValue) -> Fraction | None:
    """What orders a row, by fractions."""
    now, then = value_of(row, name), value_of(before, name)
    if sort is SortValue.VALUE:
        return None if now is None else Fraction(now)
    if sort is SortValue.PREVIOUS:
        return None if then is None else Fraction(then)
    if now is None or then is None:
        return None
    difference = Fraction(now) - Fraction(then)
    if sort is SortValue.DIFFERENCE:
        return difference
    if not then or (now and (now > 0) != (then > 0)):
        return None
    ratio = difference / abs(Fraction(then)) * 10**QUOTIENT_DIGITS
    size = int(abs(ratio) + Fraction(1, 2))
    return Fraction(size if ratio >= 0 else -size, 10**QUOTIENT_DIGITS)


@given(
    ROWS,
    ROWS,
    st.sampled_from(["revenue", "profit", "margin"]),
    st.sampled_from(SortValue),
    st.booleans(),
    st.none() | st.sets(st.integers(0, 40)),
)
def test_every_member_of_either_period_is_listed_in_order(
    rows: dict[int, Row],
    earlier: dict[int, Row],
    name: str,
    sort: SortValue,
    ascending: bool,
    only: set[int] | None,
) -> None:
    """By value, value before, difference or change: no gap, no repeat, places among all."""
    order = Order(metric=METRICS[name], ascending=ascending, sort=sort)
    ranking = RankedTable(table_of(rows, earlier), order, without=NONE, only=only)
    keyset = order.keyset("list", "product_id")
    taking_part = (rows.keys() | earlier.keys()) - {NONE}
    places = (
        {key: value_of(row, name) for key, row in rows.items() if key != NONE},
        {key: value_of(row, name) for key, row in earlier.items() if key != NONE},
    )
    ranks, earlier_ranks = competition_ranks(places[0]), competition_ranks(places[1])
    listed = taking_part if only is None else taking_part & only
    by = {
        key: sorted_by(rows.get(key, NO_SALES), earlier.get(key, NO_SALES), name, sort)
        for key in listed
    }
    sign = 1 if ascending else -1
    expected = sorted(by, key=lambda key: (by[key] is None, sign * (by[key] or 0), key))
    assert ranking.count == len(expected)
    for first in (1, 4, 100):
        found: list[int] = []
        cursor = None
        while page := ranking.page(first, keyset.key(cursor)):
            for place in page[:first]:
                row = ranking.ranked(place)
                value = by[row.key]
                assert row.value == (None if value is None else _decimal(value))
                assert (row.rank, row.previous_rank) == (
                    ranks.get(row.key),
                    earlier_ranks.get(row.key),
                )
                previous = ranking.compared.previous
                assert previous is not None
                assert measures_at(ranking.table, place) == rows.get(row.key, NO_SALES)
                assert measures_at(previous, place) == earlier.get(row.key, NO_SALES)
                found.append(row.key)
                cursor = keyset.cursor(row.sort_key)
        assert found == expected


@given(ROWS, ROWS)
def test_earlier_values_add_up(rows: dict[int, Row], earlier: dict[int, Row]) -> None:
    """Also those of members that sold nothing since."""
    table = table_of(rows, earlier)
    assert table.previous is not None
    assert table.previous.total() == {
        m: total(row[m] for row in earlier.values()) for m in QUERY.measures
    }
    assert table.current.total() == {
        m: total(row[m] for row in rows.values()) for m in QUERY.measures
    }


def test_equals_at_the_edge_of_a_page_are_by_key() -> None:
    """Thousands that sold nothing are not sorted for a page of ten."""
    rows = {key: dict(NO_SALES) for key in range(1, 3000)}
    ranking = RankedTable(table_of(rows), Order(metric=METRICS["revenue"]))
    page = ranking.page(10, None)
    assert [ranking.ranked(row).key for row in page] == list(range(1, 12))


@given(ROWS)
def test_totals_are_exact(rows: dict[int, Row]) -> None:
    """Also those of losses alone."""
    table = Table.of(QUERY, result(rows))
    profit = METRICS["profit"]
    ranking = RankedTable(table_of(rows), Order(metric=profit, ascending=True), losses_of=profit)
    losses = [row for row in rows.values() if (value_of(row, "profit") or 0) < 0]
    assert table.total() == {m: total(row[m] for row in rows.values()) for m in QUERY.measures}
    assert table.total(ranking.members) == {
        m: total(row[m] for row in losses) for m in QUERY.measures
    }
    assert ranking.count == len(losses)


@given(ROWS)
def test_pareto_classes_are_those_of_the_domain(rows: dict[int, Row]) -> None:
    """The analysis over columns says what the one over single items says."""
    metric = METRICS["revenue"]
    ranking = RankedTable(table_of(rows), Order(metric=metric), without=NONE)
    items = [
        (key, value_of(row, "revenue") or Decimal(0)) for key, row in rows.items() if key != NONE
    ]
    expected = {item.key: item for item in classify(items)}
    analysis = Pareto(ranking)
    listed = [analysis.row(row) for row in ranking.page(100, None)]
    assert {row.product_id: row.abc for row in listed} == {
        key: item.abc for key, item in expected.items()
    }
    for row in listed:
        assert row.value == expected[row.product_id].value
        share = expected[row.product_id].cumulative_share
        if share is not None:
            exact = Fraction(row.cumulative) / Fraction(row.positive_total)
            assert abs(exact - Fraction(share)) < Fraction(1, 10**20)
    for found in analysis.classes:
        members = [item for item in expected.values() if item.abc is found.abc]
        assert found.products == len(members)
        assert found.value == total(item.value for item in members)
    assert sum(found.products for found in analysis.classes) == len(expected)


@pytest.mark.parametrize("value", ["1e300", "-1e300", "0.1234567890123456789012345678901"])
def test_forged_cursors_are_only_places(value: str) -> None:
    """Any number may be in one."""
    rows: dict[int, Row] = {
        key: {m.value: Decimal(key) for m in QUERY.measures} for key in range(1, 4)
    }
    order = Order(metric=METRICS["revenue"], ascending=True)
    ranking = RankedTable(table_of(rows), order, without=NONE)
    assert len(ranking.page(10, (Decimal(value), 0))) in {0, 3}


def test_texts_are_keys_as_well() -> None:
    """Segments go by name."""
    query = SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset({Measure.ORDERS}),
        start=MARCH.days.start,
        end=MARCH.days.end,
        zone="UTC",
        by=(Dimension.SEGMENT,),
    )
    rows: list[Mapping[str, Any]] = [
        {"segment": name, "orders": 2} for name in ("loyal", "none", "lost")
    ]
    table = ComparedTable.of(Table.of(query, QueryResult(rows, Tier.ROLLUP)), None)
    ranking = RankedTable(table, Order(metric=METRICS["orders"]))
    assert [ranking.ranked(row).key for row in ranking.page(5, None)] == ["lost", "loyal", "none"]
    after = ranking.page(5, (Decimal(2), "loyal"))
    assert [ranking.ranked(row).key for row in after] == ["none"]


def test_pareto_cursors_are_of_their_metric() -> None:
    assert pareto_keyset(METRICS["revenue"]) != pareto_keyset(METRICS["profit"])


@given(
    st.lists(
        st.fixed_dictionaries(
            {m.value: st.integers(0, 3) if m in COUNTED else AMOUNT for m in Measure}
        ),
        max_size=6,
    ),
    st.sampled_from(sorted(METRICS)),
)
def test_shown_values_are_those_of_the_registry(rows: list[Row], name: str) -> None:
    """Every metric, also where it is unknown, digit for digit."""
    metric = METRICS[name]
    query = replace(QUERY, measures=frozenset(Measure))
    found: list[Mapping[str, Any]] = [{"product_id": n} | row for n, row in enumerate(rows)]
    table = Table.of(query, QueryResult(found, Tier.ROLLUP))
    assert table.shown(metric) == [
        metric.value({measure: row[measure.value] for measure in Measure}) for row in rows
    ]
