"""What the profitability panel computes."""

from decimal import Decimal
from typing import Any, Final

from shopx_api.data.context import Context
from shopx_api.features.profitability.types import WaterfallBar, WaterfallStep
from shopx_api.panels.metric_values import Measures, change, needed
from shopx_api.panels.selection import Selection
from shopx_api.types.enums import MetricId
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import EXACT, ZERO, share

TABLE: Final = (
    MetricId.GROSS,
    MetricId.DISCOUNTS,
    MetricId.RETURNS,
    MetricId.REVENUE,
    MetricId.COST,
    MetricId.PROFIT,
    MetricId.MARGIN,
)
CHART: Final = (MetricId.REVENUE, MetricId.PROFIT, MetricId.MARGIN)
LOSSES: Final = (
    MetricId.REVENUE,
    MetricId.COST,
    MetricId.DISCOUNTS,
    MetricId.RETURNS,
    MetricId.PROFIT,
    MetricId.MARGIN,
)
_TOTALS: Final = frozenset({WaterfallStep.GROSS, WaterfallStep.REVENUE, WaterfallStep.PROFIT})
_METRICS: Final = tuple(METRICS[step.value] for step in WaterfallStep)


async def waterfall(context: Context, selection: Selection) -> list[WaterfallBar]:
    """From gross sales to gross profit."""
    measures = needed(_METRICS)
    current = (await context.data.aggregate(selection.query(measures))).rows[0]
    previous: Measures | None = None
    if selection.alike is not None:
        query = selection.query(measures, selection.alike)
        previous = (await context.data.aggregate(query)).rows[0]
    return bars(current, previous)


def bars(current: Measures, previous: Measures | None) -> list[WaterfallBar]:
    """The six bars; each hangs where the one before it ended. Pure.

    Args:
        current: Measures of the period.
        previous: Measures of the compared period; `None` without comparison.
    """
    found = []
    gross = _value(WaterfallStep.GROSS, current)
    level = ZERO
    for step in WaterfallStep:
        value = _value(step, current)
        earlier = _value(step, previous) if previous is not None else None
        is_total = step in _TOTALS
        start = ZERO if is_total else level
        level = value if is_total else EXACT.subtract(level, value)
        found.append(
            WaterfallBar(
                step=step,
                is_total=is_total,
                change=_signed(step, value),
                start=start,
                end=level,
                share=share(_signed(step, value), gross),
                previous=_signed(step, earlier) if earlier is not None else None,
                delta=change(METRICS[step.value], value, earlier) if earlier is not None else None,
            )
        )
    return found


def _value(step: WaterfallStep, measures: Measures) -> Decimal:
    value: Any = METRICS[step.value].value(measures)
    return value if isinstance(value, Decimal) else ZERO


def _signed(step: WaterfallStep, value: Decimal) -> Decimal:
    """What the step adds to what is left."""
    return value if step in _TOTALS else EXACT.minus(value)
