"""Figures over time, in columns."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shopx_api.data.context import Context
from shopx_api.panels.metric_values import Measures, needed
from shopx_api.panels.selection import Selection
from shopx_api.panels.table import Table
from shopx_api.types.enums import MetricId
from shopx_api.types.figures import Series, SeriesLine
from shopx_core.domain.metrics import Measure, Metric
from shopx_core.domain.periods import (
    Bucket,
    Granularity,
    Range,
    buckets,
    choose_granularity,
    pair,
)

Booked = Mapping[dt.datetime, Decimal | None]
"""A metric's values by the start of their bucket, of buckets in which anything is booked."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The buckets of a chart, and the corresponding buckets of the compared period."""

    granularity: Granularity
    current: Sequence[Bucket]
    previous: Sequence[Bucket | None] | None
    """`None` without comparison."""
    unpaired: Sequence[Bucket] = ()
    """Buckets of the compared period that correspond to none."""

    @property
    def partial_from(self) -> int | None:
        """Index of the first bucket that is running or has not begun."""
        unfinished = (n for n, b in enumerate(self.current) if b.is_running or b.is_future)
        return next(unfinished, None)


def axis(selection: Selection, requested: Granularity | None) -> Axis:
    """Cut the selection's periods into buckets.

    Raises:
        GranularityNotAllowed: The requested unit does not suit the period.
    """
    granularity = choose_granularity(selection.period, requested)

    def cut(period: Range) -> list[Bucket]:
        return buckets(period, granularity, now=selection.now, week_start=selection.week_start)

    current = cut(selection.period)
    if selection.comparison is None:
        return Axis(granularity, current, None)
    before = cut(selection.comparison)
    pairs = pair(current, before, granularity, selection.period.zone)
    previous = [bucket for _, bucket in pairs]
    paired = {bucket.start for bucket in previous if bucket}
    unpaired = [bucket for bucket in before if bucket.start not in paired]
    return Axis(granularity, current, previous, unpaired)


async def series(
    context: Context,
    selection: Selection,
    metrics: Sequence[Metric],
    granularity: Granularity | None,
) -> Series:
    """Read both periods and align their buckets."""
    chart = axis(selection, granularity)
    measures = needed(metrics)

    async def read(period: Range) -> Table:
        query = selection.query(measures, period, granularity=chart.granularity)
        return Table.of(query, await context.data.aggregate(query))

    current = await read(selection.period)
    previous = await read(selection.comparison) if selection.comparison is not None else None
    return assemble(chart, metrics, current, previous)


def assemble(
    chart: Axis, metrics: Sequence[Metric], current: Table, previous: Table | None
) -> Series:
    """Build the columns.

    Args:
        chart: The buckets.
        metrics: One line each.
        current: The period by bucket.
        previous: The compared period; `None` without comparison.
    """
    return Series(
        granularity=chart.granularity,
        buckets=[bucket.start for bucket in chart.current],
        previous_buckets=(
            None
            if chart.previous is None
            else [bucket.start if bucket else None for bucket in chart.previous]
        ),
        unpaired_buckets=[bucket.start for bucket in chart.unpaired],
        partial_from=chart.partial_from,
        partial=[n for n, bucket in enumerate(chart.current) if bucket.is_partial],
        lines=[_line(metric, chart, current, previous) for metric in metrics],
    )


def _line(metric: Metric, chart: Axis, current: Table, previous: Table | None) -> SeriesLine:
    before = booked(metric, previous) if previous is not None else {}
    return SeriesLine(
        metric=MetricId(metric.id),
        current=column(metric, chart.current, booked(metric, current)),
        previous=None if chart.previous is None else column(metric, chart.previous, before),
        unpaired=column(metric, chart.unpaired, before),
    )


def booked(metric: Metric, table: Table) -> Booked:
    """A metric's values in a query's result by bucket.

    Where customers are counted, buckets in which nothing is booked have a row as well.
    """
    rows = zip(table.keys.tolist(), table.shown(metric), table.any_measure.tolist(), strict=True)
    return {bucket: value for bucket, value, some in rows if some}


def booked_rows(metric: Metric, rows: Iterable[Measures]) -> Booked:
    """The same of rows with a bucket and more keys."""
    return {
        row["bucket"]: metric.value(row)
        for row in rows
        if any(row.get(measure) for measure in Measure)
    }


def column(metric: Metric, along: Sequence[Bucket | None], values: Booked) -> list[Decimal | None]:
    """One value a bucket: 0 without sales, `None` for absent and future buckets."""
    zero = metric.value(dict.fromkeys(metric.measures, 0))
    return [
        None
        if bucket is None or (bucket.is_future and bucket.key not in values)
        else values.get(bucket.key, zero)
        for bucket in along
    ]
