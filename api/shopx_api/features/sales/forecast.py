"""From a daily series to the forecast of the schema: pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shopx_api.features.sales.types import (
    BackTest,
    DayMover,
    Estimate,
    Forecast,
    ForecastState,
    UnusualDay,
)
from shopx_api.panels.selection import Selection
from shopx_api.panels.series import booked, column
from shopx_api.panels.table import Table
from shopx_api.types.enums import MetricId
from shopx_core.domain import forecast as method
from shopx_core.domain.metrics import Metric
from shopx_core.domain.money import ZERO
from shopx_core.domain.periods import (
    Bucket,
    Granularity,
    Range,
    buckets,
    day_start,
    days_between,
    local_day,
    zone,
)
from shopx_core.errors import InvalidInput

METRICS: Final = ("revenue", "gross", "orders", "units")
"""Sums that are known of every day."""
SHOWN_DAYS: Final = 8 * method.WEEK
MAX_UNUSUAL: Final = 5

_DAY: Final = dt.timedelta(days=1)
_DIGITS: Final = 3
"""Significant digits of an estimate, after the first one."""


@dataclass(frozen=True, slots=True)
class Known:
    """A daily series from its first sale on."""

    days: Sequence[Bucket]
    values: Sequence[Decimal]
    zone: str


def check(metric: Metric) -> None:
    """Refuse a metric that is not forecast.

    Raises:
        InvalidInput: It is not one of `METRICS`.
    """
    if metric.id not in METRICS:
        names = ", ".join(name.upper() for name in METRICS)
        raise InvalidInput(f"{metric.title} is not forecast.", hint=f"Choose one of {names}.")


def days_read(selection: Selection) -> Range:
    """The days that a forecast is made of: up to the last complete day of the period."""
    where = selection.period.zone
    yesterday = local_day(selection.now, zone(where)) - _DAY
    last = min(selection.period.last_day, yesterday)
    return days_between(last - (method.HISTORY - 1) * _DAY, last, where)


def known(selection: Selection, read: Range, metric: Metric, table: Table) -> Known:
    """The series, without the days before the first sale."""
    days = buckets(read, Granularity.DAY, now=selection.now)
    found = booked(metric, table)
    first = next((place for place, day in enumerate(days) if day.key in found), len(days))
    values = column(metric, days[first:], found)
    return Known(days[first:], [value or ZERO for value in values], read.zone)


def unusual_days(made: method.Forecast | None, series: Known) -> list[method.Unusual]:
    """Those of the days that are shown, the newest first, `MAX_UNUSUAL` at most."""
    if made is None or not made.back_test.is_better:
        return []
    shown = len(series.days) - SHOWN_DAYS
    return [one for one in reversed(made.unusual) if one.day >= shown][:MAX_UNUSUAL]


def arrange(
    metric: Metric,
    series: Known,
    made: method.Forecast | None,
    movers: Mapping[int, DayMover | None],
) -> Forecast:
    """The forecast as the schema has it.

    Args:
        metric: What is forecast.
        series: The known days.
        made: The forecast; `None` = there are too few days.
        movers: What contributed most to each unusual day, by its place in the series.
    """
    ahead = made.days if made is not None and made.back_test.is_better else ()
    shown = range(max(0, len(series.days) - SHOWN_DAYS), len(series.days))
    gap: list[Decimal | None] = [None] * len(shown)
    state = ForecastState.READY
    if made is None:
        state = ForecastState.TOO_SHORT
    elif not ahead:
        state = ForecastState.NOT_BETTER
    return Forecast(
        metric=MetricId(metric.id),
        state=state,
        known_days=len(series.days),
        needed_days=method.MIN_DAYS,
        buckets=[series.days[day].start for day in shown] + _following(series, len(ahead)),
        values=[series.values[day] for day in shown] + [None] * len(ahead),
        expected=gap + [_rounded(day.expected) for day in ahead],
        low=gap + [_rounded(day.low) for day in ahead],
        high=gap + [_rounded(day.high) for day in ahead],
        total=_estimate(made.total) if made is not None and ahead and made.total else None,
        back_test=_back_test(made.back_test) if made is not None else None,
        unusual=[
            UnusualDay(
                bucket=series.days[one.day].start,
                value=series.values[one.day],
                estimate=_estimate(one.estimate),
                beyond=_rounded(one.beyond),
                mover=movers.get(one.day),
            )
            for one in unusual_days(made, series)
        ],
    )


def day_of(series: Known, place: int) -> Range:
    """A day of the series as a range."""
    day = local_day(series.days[place].start, zone(series.zone))
    return days_between(day, day, series.zone)


def week_before(day: Range) -> Range:
    """The same day of the week before."""
    earlier = day.first_day - method.WEEK * _DAY
    return days_between(earlier, earlier, day.zone)


def _following(series: Known, count: int) -> list[dt.datetime]:
    """When the days after the series begin."""
    if not count:
        return []
    where = zone(series.zone)
    last = local_day(series.days[-1].start, where)
    return [day_start(last + n * _DAY, where) for n in range(1, count + 1)]


def _back_test(made: method.BackTest) -> BackTest:
    return BackTest(
        forecasts=made.forecasts,
        days=made.steps,
        coverage=Decimal(str(method.COVERAGE)),
        mase=_hundredths(made.mase),
        naive_mase=_hundredths(made.naive_mase),
    )


def _estimate(made: method.Estimate) -> Estimate:
    return Estimate(
        expected=_rounded(made.expected), low=_rounded(made.low), high=_rounded(made.high)
    )


def _rounded(value: float) -> Decimal:
    return Decimal(f"{value:.{_DIGITS}e}") + 0


def _hundredths(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(f"{value:.2f}")
