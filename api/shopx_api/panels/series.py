"""Figures over time, in columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopx_api.data.context import Context
from shopx_api.panels.metric_values import Measures, needed
from shopx_api.panels.selection import Selection
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

Rows = Mapping[dt.datetime, Measures]
"""Rows of a sales query by the start of their bucket."""


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

    async def read(period: Range) -> Rows:
        query = selection.query(measures, period, granularity=chart.granularity)
        return by_bucket((await context.data.aggregate(query)).rows)

    current = await read(selection.period)
    previous = await read(selection.comparison) if selection.comparison is not None else {}
    return assemble(chart, metrics, current, previous)


def by_bucket(rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Index rows of a sales query by the start of their bucket."""
    return {row["bucket"]: row for row in rows}


def assemble(chart: Axis, metrics: Sequence[Metric], current: Rows, previous: Rows) -> Series:
    """Build the columns.

    Args:
        chart: The buckets.
        metrics: One line each.
        current: Rows of the period.
        previous: Rows of the compared period; empty without comparison.
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
        lines=[
            SeriesLine(
                metric=MetricId(metric.id),
                current=column(metric, chart.current, current),
                previous=(
                    None if chart.previous is None else column(metric, chart.previous, previous)
                ),
                unpaired=column(metric, chart.unpaired, previous),
            )
            for metric in metrics
        ],
    )


def column(metric: Metric, along: Sequence[Bucket | None], rows: Rows) -> list[Decimal | None]:
    """One value a bucket: 0 without sales, `None` for absent and future buckets."""
    zero = metric.value(dict.fromkeys(metric.measures, 0))
    values: list[Decimal | None] = []
    for bucket in along:
        row = rows.get(bucket.key) if bucket else None
        if bucket is None or (bucket.is_future and not _holds_sales(row)):
            values.append(None)
        else:
            values.append(zero if row is None else metric.value(row))
    return values


def _holds_sales(row: Measures | None) -> bool:
    """Whether anything is booked in a bucket: where customers are counted, each has a row."""
    return row is not None and any(row.get(measure) for measure in Measure)
