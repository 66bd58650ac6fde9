"""Arrange the sales panel's figures: pure."""

import datetime as dt
from dataclasses import replace
from typing import Final

from shopx_api.features.sales.types import Heatmap
from shopx_api.panels.selection import Selection
from shopx_api.panels.table import Table
from shopx_api.types.enums import MetricId
from shopx_core.domain.metrics import Metric
from shopx_core.domain.periods import Comparison, Preset, Range, compare, resolve
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

MAX_HEATMAP_DAYS: Final = 3 * 366
_CELLS: Final = [(day, hour) for day in range(1, 8) for hour in range(24)]
"""Weekday and hour of each cell."""


def check_heatmap(period: Range) -> None:
    """Refuse a heat map of too long a period.

    Raises:
        InvalidInput: The period has more than `MAX_HEATMAP_DAYS` days.
    """
    if period.days > MAX_HEATMAP_DAYS:
        raise InvalidInput(
            say(
                "sales.heat-map-days-too",
                "A heat map of {days} days is too long.",
                days=period.days,
            ),
            hint=say(
                "sales.choose-most-days",
                "Choose at most {max_heatmap_days} days.",
                max_heatmap_days=MAX_HEATMAP_DAYS,
            ),
        )


def heatmap(metric: Metric, table: Table) -> Heatmap:
    """Fill the 168 cells of a heat map.

    Args:
        metric: What the values are.
        table: By hour of the week; hours without sales are absent.
    """
    values = [metric.value(dict.fromkeys(metric.measures, 0))] * len(_CELLS)
    for cell, value in zip(table.keys.tolist(), table.shown(metric), strict=True):
        values[cell] = value
    return Heatmap(
        metric=MetricId(metric.id),
        weekdays=[day for day, _ in _CELLS],
        hours=[hour for _, hour in _CELLS],
        values=values,
    )


def today_so_far(selection: Selection) -> Range:
    """Today in the selection's zone, up to and including the present."""
    today = resolve(Preset.TODAY, now=selection.now, where=selection.period.zone)
    # The end is exclusive, and an order of this very instant counts.
    end = max(today.start, selection.now + dt.timedelta(microseconds=1))
    return replace(today, end=min(end, today.end))


def same_hours_before(selection: Selection) -> Range:
    """The hours of an earlier day that correspond to those of today so far."""
    compared = compare(
        resolve(Preset.TODAY, now=selection.now, where=selection.period.zone),
        Comparison.PREVIOUS_PERIOD,
        now=selection.now,
        match_weekday=selection.match_weekdays,
    )
    return compared.like_for_like if compared else today_so_far(selection)
