"""Figures, series and waterfalls out of measures: pure, and never a lie."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.features.profitability.compute import cost_coverage, waterfall
from shopx_api.panels.compared_table import ComparedTable
from shopx_api.panels.metric_values import MAX_METRICS, adds_up, chosen, figure, needed
from shopx_api.panels.ranked_table import Order, RankedTable
from shopx_api.panels.selection import Selection
from shopx_api.panels.series import Axis, assemble, axis, column
from shopx_api.panels.table import Table
from shopx_api.types.enums import DimensionName, MetricId
from shopx_core.domain.deltas import DeltaStatus
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.periods import Compared, Granularity, days_between
from shopx_core.errors import InvalidInput
from shopx_store.query import Filters, QueryResult, SalesQuery, SalesScope, Tier

NOW = dt.datetime(2026, 11, 23, 11, 0, tzinfo=dt.UTC)
money = st.decimals(min_value=0, max_value=10**9, places=2)


def measures(**given: Any) -> dict[Measure, Any]:
    return dict.fromkeys(Measure, 0) | {Measure(name): value for name, value in given.items()}


def test_a_figure_has_its_change_and_share() -> None:
    """100 after 80, of 400."""
    made = figure(METRICS["gross"], measures(gross=100), measures(gross=80), Decimal(400))
    assert (made.value, made.previous, made.share) == (100, 80, Decimal("0.25"))
    assert made.delta is not None
    assert (made.delta.absolute, made.delta.ratio) == (20, Decimal("0.25"))


def test_without_comparison_there_is_no_change() -> None:
    """Not a change of 0."""
    made = figure(METRICS["gross"], measures(gross=100), None)
    assert (made.previous, made.delta, made.share) == (None, None, None)


def test_nothing_before_is_new() -> None:
    """Never 0 %, never 100 %."""
    made = figure(METRICS["gross"], measures(gross=100), measures())
    assert made.delta is not None
    assert (made.delta.status, made.delta.ratio) == (DeltaStatus.NEW, None)


def test_a_quotient_of_nothing_is_nothing() -> None:
    """A margin of no revenue is null, and so are its change and share."""
    made = figure(METRICS["margin"], measures(), measures(gross=100, cost=25), Decimal(0))
    assert (made.value, made.previous, made.share) == (None, Decimal("0.75"), None)
    assert made.delta is not None
    assert made.delta.status is DeltaStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("metric", "dimension", "additive"),
    [
        ("revenue", None, True),
        ("revenue", DimensionName.PRODUCT, True),
        ("margin", DimensionName.PRODUCT, False),
        ("orders", None, False),
        ("orders", DimensionName.PRODUCT, False),
        ("orders", DimensionName.REP, True),
        ("customers", DimensionName.REP, False),
        ("customers", DimensionName.SEGMENT, True),
        ("returning_customers", DimensionName.SEGMENT, True),
        ("returning_customers", DimensionName.CHANNEL, False),
    ],
)
def test_only_what_adds_up_has_shares(
    metric: str, dimension: DimensionName | None, additive: bool
) -> None:
    """An order with two products is in two rows: their shares would make more than 100 %."""
    assert adds_up(METRICS[metric], dimension) is additive


def test_metrics_are_chosen_without_repeats() -> None:
    """In the requested order; a default selection; a limit on their number."""
    twice = [MetricId("orders"), MetricId("revenue"), MetricId("orders")]
    assert [metric.id for metric in chosen(twice, [])] == ["orders", "revenue"]
    assert [metric.id for metric in chosen(None, [MetricId("cost")])] == ["cost"]
    assert needed(chosen([MetricId("margin")], [])) == {
        Measure.GROSS, Measure.DISCOUNTS, Measure.RETURNS, Measure.COST
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="0 metrics"):
        chosen([], [MetricId("cost")])
    with pytest.raises(InvalidInput, match=f"{MAX_METRICS + 1} metrics"):
        chosen(list(MetricId)[: MAX_METRICS + 1], [])


@given(money, money, money, money)
def test_the_waterfall_falls_without_gaps(
    gross: Decimal, discounts: Decimal, returns: Decimal, cost: Decimal
) -> None:
    """Each bar begins where the one before ended, and totals stand on the ground."""
    row = measures(gross=gross, discounts=discounts, returns=returns, cost=cost)
    made = waterfall(row, None)
    steps = ["gross", "discounts", "returns", "revenue"]
    is_known = METRICS["profit"].value(row) is not None
    assert [bar.step.value for bar in made] == steps + (["cost", "profit"] if is_known else [])
    for before, bar in pairwise(made):
        if bar.is_total:
            assert (bar.start, bar.end) == (0, before.end)
        else:
            assert bar.start == before.end
            assert bar.end - bar.start == bar.change
    assert made[3].end == METRICS["revenue"].value(row)
    if is_known:
        assert made[5].end == METRICS["profit"].value(row)
    assert all((bar.share is None) is (not gross) for bar in made)


def test_the_waterfall_ends_at_the_revenue_where_no_cost_is_known() -> None:
    """Not at a profit as large as the revenue."""
    assert [bar.step.value for bar in waterfall(measures(gross=100), None)][-1] == "revenue"


def test_the_waterfall_judges_each_step_by_its_own_metric() -> None:
    """More returns are bad, though the bar only grows downwards."""
    made = waterfall(measures(gross=100, returns=20), measures(gross=100, returns=10))
    returns = made[2]
    assert (returns.change, returns.previous) == (-20, -10)
    assert returns.delta is not None
    assert (returns.delta.direction.value, returns.delta.verdict.value) == ("up", "bad")


def selection(first: int, last: int, *, previous: tuple[int, int] | None = None) -> Selection:
    def days(one: int, two: int) -> Any:
        return days_between(dt.date(2026, 11, one), dt.date(2026, 11, two), "UTC")

    compared = days(*previous) if previous else None
    return Selection(
        period=days(first, last),
        compared=Compared(compared, compared) if compared else None,
        now=NOW,
        week_start=1,
        filters=Filters(),
    )


def by_bucket(rows: dict[dt.datetime, dict[Measure, Any]]) -> Table:
    query = SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset(Measure),
        start=NOW,
        end=NOW,
        zone="UTC",
        granularity=Granularity.DAY,
    )
    found: list[Mapping[str, Any]] = [
        {"bucket": key} | {m.value: v for m, v in row.items()} for key, row in rows.items()
    ]
    return Table.of(query, QueryResult(found, Tier.ROLLUP))


def test_a_series_marks_what_is_unfinished() -> None:
    """The running day and the days to come, and nothing is drawn for the latter."""
    chart = axis(selection(21, 25), Granularity.DAY)
    rows = {chart.current[0].key: measures(gross=5, cost=4)}
    made = assemble(chart, [METRICS["gross"], METRICS["margin"]], by_bucket(rows), None)
    assert made.partial_from == 2
    assert made.partial == [2, 3, 4]
    assert made.lines[0].current == [5, 0, 0, None, None]
    assert made.lines[1].current == [Decimal("0.2"), None, None, None, None]
    assert made.lines[0].previous is None
    assert made.previous_buckets is None

    rows[chart.current[3].key] = measures()
    rows[chart.current[4].key] = measures(gross=7)
    (line,) = assemble(chart, [METRICS["gross"]], by_bucket(rows), None).lines
    assert line.current == [5, 0, 0, None, 7], (
        "a row of nothing is nothing; an order dated ahead is"
    )


def test_a_finished_series_has_no_mark() -> None:
    """Nothing is dashed without reason."""
    chart = axis(selection(1, 7), None)
    assert (chart.granularity, chart.partial_from) == (Granularity.DAY, None)


def test_the_compared_period_lies_at_the_same_places() -> None:
    """Shorter than the period: the rest has no counterpart."""
    chart = axis(selection(8, 12, previous=(1, 3)), Granularity.DAY)
    assert chart.previous is not None
    keys = [bucket.key for bucket in chart.previous if bucket]
    earlier = by_bucket({keys[1]: measures(gross=7)})
    made = assemble(chart, [METRICS["gross"]], by_bucket({}), earlier)
    assert made.lines[0].previous == [0, 7, 0, None, None]
    assert made.previous_buckets == [*keys, None, None]


def test_what_has_no_counterpart_is_not_lost() -> None:
    """A day beyond a shorter period, and the hour that a clock change skips.

    The compared line and these together are the whole compared period.
    """
    chart = axis(selection(8, 9, previous=(1, 3)), Granularity.DAY)
    paired = [bucket for bucket in chart.previous or () if bucket]
    rows = {bucket.key: measures(gross=n + 1) for n, bucket in enumerate(paired)}
    (beyond,) = chart.unpaired
    rows[beyond.key] = measures(gross=40)
    made = assemble(chart, [METRICS["gross"]], by_bucket({}), by_bucket(rows))
    assert (made.lines[0].previous, made.lines[0].unpaired) == ([1, 2], [40])
    assert made.unpaired_buckets == [beyond.start]

    spring = days_between(dt.date(2026, 3, 29), dt.date(2026, 3, 29), "Europe/London")
    before = days_between(dt.date(2026, 3, 22), dt.date(2026, 3, 22), "Europe/London")
    chosen = replace(selection(1, 1), period=spring, compared=Compared(before, before))
    hours = axis(chosen, Granularity.HOUR)
    assert len(hours.current) == 23
    assert [bucket.start for bucket in hours.unpaired] == [
        dt.datetime(2026, 3, 22, 1, 0, tzinfo=dt.UTC)
    ]


def test_columns_are_as_long_as_the_axis() -> None:
    """Charts zip them."""
    chart: Axis = axis(selection(1, 20), Granularity.WEEK)
    assert len(column(METRICS["margin"], chart.current, {})) == len(chart.current)


def test_cost_coverage_is_of_the_revenue_of_products_with_a_cost() -> None:
    """A product below 0 counts on neither side; without revenue there is no part of it."""

    def products(*rows: tuple[int, int], returned: int | list[int] = 0) -> Table:
        gross, cost = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        none = np.zeros(len(rows), dtype=np.int64)
        found = {Measure.GROSS: gross, Measure.COST: cost, Measure.DISCOUNTS: none}
        found |= {Measure.UNITS: none + 2, Measure.RETURNED_UNITS: none + returned}
        return Table(np.arange(len(rows)), found | {Measure.RETURNS: none}, 0)

    assert cost_coverage(products((62, 10), (38, 0), (-50, 0))) == Decimal("0.62")
    assert cost_coverage(products((62, 10))) == 1
    assert cost_coverage(products((62, 0))) == 0
    assert cost_coverage(products((0, 0))) is None
    # A sale and its return: no cost, because no unit is sold.
    assert cost_coverage(products((3, 0), returned=2)) == 1
    # But not where the others have no cost: then it is not known of this one either.
    assert cost_coverage(products((60, 0), (2, 0), returned=[0, 2])) == 0
    assert cost_coverage(products((60, 9), (40, 0), returned=[0, 2])) == 1


def test_a_ranking_gives_no_place_to_what_has_no_known_cost() -> None:
    """Neither the first of the best nor among the losses."""
    columns = {
        Measure.GROSS: np.array([100, 90], dtype=np.int64),
        Measure.COST: np.array([0, 30], dtype=np.int64),
        Measure.DISCOUNTS: np.zeros(2, dtype=np.int64),
        Measure.RETURNS: np.zeros(2, dtype=np.int64),
    }
    table = ComparedTable.of(Table(np.array([1, 2]), columns, 0), None)
    found = RankedTable(table, Order(metric=METRICS["profit"]))
    assert found.page(10, None) == [1, 0]
    assert (found.ranked(1).rank, found.ranked(0).rank) == (1, None)
    assert found.page(10, None, placed_only=True) == [1]
