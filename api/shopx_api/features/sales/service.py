"""What the sales panel computes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from shopx_api.data.context import Context
from shopx_api.features.sales.repository import last_order_at
from shopx_api.features.sales.types import Heatmap, Live
from shopx_api.panels.metric_values import Measures, figures, needed
from shopx_api.panels.selection import Selection
from shopx_api.types.enums import MetricId
from shopx_api.types.figures import Figure
from shopx_core.domain.metrics import Metric
from shopx_core.domain.periods import Comparison, Preset, Range, compare, resolve
from shopx_core.errors import InvalidInput

KPIS: Final = (
    MetricId.REVENUE,
    MetricId.PROFIT,
    MetricId.MARGIN,
    MetricId.ORDERS,
    MetricId.AVERAGE_ORDER_VALUE,
    MetricId.UNITS,
)
LIVE: Final = (MetricId.REVENUE, MetricId.ORDERS, MetricId.UNITS)
MAX_HEATMAP_DAYS: Final = 3 * 366
_WEEKDAYS, _HOURS = 7, 24


async def kpis(context: Context, selection: Selection, metrics: Sequence[Metric]) -> list[Figure]:
    """Figures of the period, compared like for like."""
    measures = needed(metrics)
    current = (await context.data.aggregate(selection.query(measures))).rows[0]
    previous = None
    if selection.alike is not None:
        query = selection.query(measures, selection.alike)
        previous = (await context.data.aggregate(query)).rows[0]
    return figures(metrics, current, previous)


async def heatmap(context: Context, selection: Selection, metric: Metric) -> Heatmap:
    """A metric by weekday and hour.

    Raises:
        InvalidInput: The period is too long, or the metric counts customers, whom no hour owns.
    """
    if selection.period.days > MAX_HEATMAP_DAYS:
        raise InvalidInput(
            f"A heat map of {selection.period.days} days is too long.",
            hint=f"Choose at most {MAX_HEATMAP_DAYS} days.",
        )
    query = selection.query(needed([metric]), hour_of_week=True)
    found = (await context.data.aggregate(query)).rows
    rows: dict[Any, Measures] = {(row["weekday"], row["hour"]): row for row in found}
    nothing: Measures = dict.fromkeys(metric.measures, 0)
    cells = [(day, hour) for day in range(1, _WEEKDAYS + 1) for hour in range(_HOURS)]
    return Heatmap(
        metric=MetricId(metric.id),
        weekdays=[day for day, _ in cells],
        hours=[hour for _, hour in cells],
        values=[metric.value(rows.get(cell) or nothing) for cell in cells],
    )


async def live(context: Context, selection: Selection, metrics: Sequence[Metric]) -> Live:
    """Today so far, against the same hours of an earlier day."""
    context.dependencies.live = True
    today = replace(selection, period=so_far(selection))
    whole = resolve(Preset.TODAY, now=selection.now, where=selection.period.zone)
    compared = compare(
        whole,
        Comparison.PREVIOUS_PERIOD,
        now=selection.now,
        match_weekday=selection.match_weekdays,
    )
    alike = compared.like_for_like if compared else today.period
    measures = needed(metrics)
    current = (await context.data.aggregate(today.query(measures))).rows[0]
    previous = (await context.data.aggregate(today.query(measures, alike))).rows[0]
    return Live(
        as_of=selection.now,
        period=selection.show(today.period),
        comparison=selection.show(alike),
        figures=figures(metrics, current, previous),
        last_order_at=await last_order_at(context.data, selection.now),
    )


def so_far(selection: Selection) -> Range:
    """Today in the selection's zone, up to and with the present."""
    whole = resolve(Preset.TODAY, now=selection.now, where=selection.period.zone)
    # The end is not part of a range, and an order of this very instant is of today.
    end = max(whole.start, selection.now + dt.timedelta(microseconds=1))
    return replace(whole, end=min(end, whole.end))
