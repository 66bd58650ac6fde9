"""The waterfall from gross sales to gross profit, and how much of the cost is known: pure."""

from decimal import Decimal
from typing import Final

import numpy as np

from shopx_api.features.profitability.types import WaterfallBar, WaterfallStep
from shopx_api.panels.metric_values import Measures, change, needed
from shopx_api.panels.table import Table, total
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import EXACT, ZERO, share

COVERAGE_MEASURES: Final = METRICS["profit"].measures | {Measure.UNITS, Measure.RETURNED_UNITS}
WATERFALL_MEASURES: Final = needed(METRICS[step] for step in WaterfallStep)
_TOTALS: Final = frozenset({WaterfallStep.GROSS, WaterfallStep.REVENUE, WaterfallStep.PROFIT})


def waterfall(current: Measures, previous: Measures | None) -> list[WaterfallBar]:
    """The bars; each begins where the one before it ended.

    Those of cost and profit are left out where no cost is known.

    Args:
        current: Measures of the period.
        previous: Measures of the compared period; `None` without comparison.
    """
    bars = []
    gross = METRICS[WaterfallStep.GROSS].value(current)
    level = ZERO
    for step in WaterfallStep:
        value = METRICS[step].value(current)
        if value is None:
            continue
        before = METRICS[step].value(previous) if previous is not None else None
        is_total = step in _TOTALS
        start = ZERO if is_total else level
        level = value if is_total else EXACT.subtract(level, value)
        bars.append(
            WaterfallBar(
                step=step,
                is_total=is_total,
                change=_signed(step, value),
                start=start,
                end=level,
                share=share(_signed(step, value), gross or ZERO),
                previous=_signed(step, before) if before is not None else None,
                delta=change(METRICS[step], value, before) if previous is not None else None,
            )
        )
    return bars


def cost_coverage(products: Table) -> Decimal | None:
    """Which part of the revenue is of products with a cost; `None` without revenue.

    Products whose returns exceed their sales are left out: they would make the part larger than
    the whole. Where as many units came back as were sold, no cost is the cost; but not where
    the others have none either.
    """
    revenue = products.values(METRICS["revenue"]).numbers
    sold = np.asarray(revenue > 0, dtype=bool)
    measures = products.measures
    none_left = measures[Measure.UNITS] == measures[Measure.RETURNED_UNITS]
    has_cost = np.asarray(measures[Measure.COST] != 0, dtype=bool)
    tells = has_cost.any() or none_left[sold].all()
    known = sold & (has_cost | none_left) & tells
    return share(total(revenue[known]), total(revenue[sold]))


def _signed(step: WaterfallStep, value: Decimal) -> Decimal:
    """What the step adds to the level before it."""
    return value if step in _TOTALS else EXACT.minus(value)
