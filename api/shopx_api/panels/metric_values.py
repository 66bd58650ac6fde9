"""Metrics computed from measures: pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from shopx_api.panels.compared_table import ComparedTable
from shopx_api.types.enums import DimensionName, MetricId
from shopx_api.types.figures import Delta, Figure
from shopx_core.domain import deltas
from shopx_core.domain.metrics import METRICS, Measure, Metric
from shopx_core.domain.money import share
from shopx_core.errors import InvalidInput

Measures = Mapping[Any, Any]
"""A row of a sales query: a value for each measure, by the `Measure` that names its column."""

MAX_METRICS: Final = 12

_OF_LINES: Final = frozenset(Measure) - {
    Measure.ORDERS,
    Measure.CUSTOMERS,
    Measure.NEW_CUSTOMERS,
}
# An order has one customer, rep, region and channel, but many products; a customer is in one
# segment, but buys through many channels.
_ADDS_UP: Final[Mapping[Measure, frozenset[DimensionName]]] = {
    Measure.ORDERS: frozenset(
        {
            DimensionName.CUSTOMER,
            DimensionName.SEGMENT,
            DimensionName.REP,
            DimensionName.REGION,
            DimensionName.CHANNEL,
        }
    ),
    Measure.CUSTOMERS: frozenset({DimensionName.CUSTOMER, DimensionName.SEGMENT}),
    Measure.NEW_CUSTOMERS: frozenset({DimensionName.CUSTOMER, DimensionName.SEGMENT}),
}


def chosen(metrics: Sequence[MetricId] | None, default: Sequence[str]) -> list[Metric]:
    """The requested metrics of the registry, without repeats, in the client's order.

    Args:
        metrics: The client's choice.
        default: Ids of the registry, for a client without a choice.

    Raises:
        InvalidInput: There are none, or too many.
    """
    ids = list(dict.fromkeys(default if metrics is None else metrics))
    if not 1 <= len(ids) <= MAX_METRICS:
        raise InvalidInput(
            f"{len(ids)} metrics were requested.", hint=f"Request 1 to {MAX_METRICS}."
        )
    return [METRICS[metric_id] for metric_id in ids]


def needed(metrics: Iterable[Metric]) -> frozenset[Measure]:
    """Every measure that the metrics need."""
    return frozenset(measure for metric in metrics for measure in metric.measures)


def adds_up(metric: Metric, dimension: DimensionName | None = None) -> bool:
    """Whether the values of disjoint parts add up to the value of the whole.

    Args:
        metric: The metric.
        dimension: What the parts are by; `None` = any set of ledger lines.
    """
    return metric.denominator is None and add_up(metric.numerator, dimension)


def add_up(measures: Iterable[Measure], dimension: DimensionName | None = None) -> bool:
    """Whether measures of disjoint parts add up to those of the whole; see `adds_up`."""
    return all(
        measure in _OF_LINES or (dimension in _ADDS_UP[measure] if dimension else False)
        for measure in measures
    )


def figure(
    metric: Metric, current: Measures, previous: Measures | None, whole: Decimal | None = None
) -> Figure:
    """A metric's value with its change and share.

    Args:
        metric: The metric.
        current: Measures of the period.
        previous: Measures of the compared period; `None` without comparison.
        whole: The total that the share is a part of; `None` = no share.
    """
    if previous is None:
        return _figure(metric, metric.value(current), None, whole, compared=False)
    return _figure(metric, metric.value(current), metric.value(previous), whole, compared=True)


def figures_of_rows(
    table: ComparedTable,
    metrics: Sequence[Metric],
    totals: Mapping[str, Decimal | None] = MappingProxyType({}),
) -> list[list[Figure]]:
    """The figures of each row.

    Args:
        table: The rows.
        metrics: One figure each.
        totals: What shares are parts of, by metric; a metric without one has no share.
    """
    columns = []
    for metric in metrics:
        values, whole = table.current.shown(metric), totals.get(metric.id)
        compared = table.previous is not None
        before = table.previous.shown(metric) if table.previous is not None else [None] * len(table)
        columns.append(
            [
                _figure(metric, value, earlier, whole, compared=compared)
                for value, earlier in zip(values, before, strict=True)
            ]
        )
    return [list(row) for row in zip(*columns, strict=True)]


def _figure(
    metric: Metric,
    value: Decimal | None,
    before: Decimal | None,
    whole: Decimal | None,
    *,
    compared: bool,
) -> Figure:
    return Figure(
        metric=MetricId(metric.id),
        value=value,
        previous=before,
        delta=change(metric, value, before) if compared else None,
        share=share(value, whole) if value is not None and whole is not None else None,
    )


def change(metric: Metric, value: Decimal | None, previous: Decimal | None) -> Delta:
    """The change of a metric, as the schema shows it."""
    delta = deltas.delta(value, previous, metric.better)
    return Delta(
        absolute=delta.absolute,
        ratio=delta.ratio,
        direction=delta.direction,
        status=delta.status,
        verdict=delta.verdict,
    )


def figures(
    metrics: Iterable[Metric], current: Measures, previous: Measures | None
) -> list[Figure]:
    """One figure for each metric."""
    return [figure(metric, current, previous) for metric in metrics]
