"""Sums over all sales of a selection."""

from collections.abc import Sequence

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.metric_values import Measures, figures, needed
from shopx_api.panels.selection import Selection
from shopx_api.types.figures import Figure
from shopx_core.domain.metrics import Measure, Metric


async def totals(
    data: OperationData, selection: Selection, measures: frozenset[Measure]
) -> tuple[Measures, Measures | None]:
    """Sum the measures over the period, and over the comparable period if there is one."""
    current = (await data.aggregate(selection.query(measures))).rows[0]
    if selection.comparable is None:
        return current, None
    query = selection.query(measures, selection.comparable)
    return current, (await data.aggregate(query)).rows[0]


async def kpis(
    data: OperationData, selection: Selection, metrics: Sequence[Metric]
) -> list[Figure]:
    """Compute metrics of the period, compared like for like."""
    return figures(metrics, *await totals(data, selection, needed(metrics)))
