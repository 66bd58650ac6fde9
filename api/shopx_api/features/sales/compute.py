"""Arrange the sales panel's figures: pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from shopx_api.features.sales.types import Heatmap
from shopx_api.panels.metric_values import Measures
from shopx_api.panels.selection import Selection
from shopx_api.types.enums import MetricId
from shopx_core.domain.metrics import Metric
from shopx_core.domain.periods import Comparison, Preset, Range, compare, resolve
from shopx_core.errors import InvalidInput

MAX_HEATMAP_DAYS: Final = 3 * 366
_WEEKDAYS, _HOURS = 7, 24


def check_heatmap(period: Range) -> None:
    """Refuse a heat map of too long a period.

    Raises:
        InvalidInput: The period has more than `MAX_HEATMAP_DAYS` days.
    """
    if period.days > MAX_HEATMAP_DAYS:
        raise InvalidInput(
            f"A heat map of {period.days} days is too long.",
            hint=f"Choose at most {MAX_HEATMAP_DAYS} days.",
        )


def heatmap(metric: Metric, rows: Sequence[Measures]) -> Heatmap:
    """Fill the 168 cells of a heat map.

    Args:
        metric: What the values are.
        rows: Measures by `weekday` and `hour`; hours without sales are absent.
    """
    by_cell: dict[Any, Measures] = {(row["weekday"], row["hour"]): row for row in rows}
    zero: Measures = dict.fromkeys(metric.measures, 0)
    cells = [(day, hour) for day in range(1, _WEEKDAYS + 1) for hour in range(_HOURS)]
    return Heatmap(
        metric=MetricId(metric.id),
        weekdays=[day for day, _ in cells],
        hours=[hour for _, hour in cells],
        values=[metric.value(by_cell.get(cell) or zero) for cell in cells],
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
