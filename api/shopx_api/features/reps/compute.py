"""Quotas, attainment and the leaderboard: pure.

A quota is for a calendar month of the requested zone. A period that cuts a month takes the part of
its days: 10 of 30 days make a third, and of a day that is cut, the part of its hours. A period that
is still running has its whole quota, so attainment grows towards it; "to date" presets end today
and so have the quota up to the end of today.

A quota in another currency counts at the rate of its month's first day, so that it does not move
within the month while revenue is converted by the rates of the day.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from shopx_api.features.reps.queries import Quota
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.metric_values import Measures, adds_up, needed
from shopx_api.panels.selection import Selection
from shopx_api.types.enums import DimensionName, SortValue
from shopx_core.domain import deltas
from shopx_core.domain.metrics import METRICS, Better
from shopx_core.domain.money import EXACT, ZERO, quotient, share, total
from shopx_core.domain.periods import Granularity, Range, buckets, day_start, local_day, zone
from shopx_core.domain.periods.ranges import add_months
from shopx_core.domain.ranking import Place, leaderboard

FIGURES: Final = tuple(
    METRICS[name] for name in ("revenue", "profit", "orders", "average_order_value", "margin")
)
MEASURES: Final = needed(FIGURES)
NO_SALES: Final[Measures] = dict.fromkeys(MEASURES, 0)

_DAY = dt.timedelta(days=1)
_TICK = dt.timedelta(microseconds=1)


class LeaderboardOrder(enum.StrEnum):
    """What reps are ranked by; all but the last are metric ids."""

    REVENUE = "revenue"
    PROFIT = "profit"
    ORDERS = "orders"
    AVERAGE_ORDER_VALUE = "average_order_value"
    MARGIN = "margin"
    ATTAINMENT = "attainment"


@dataclass(frozen=True, slots=True)
class Attained:
    """A quota and the revenue against it."""

    quota: Decimal | None
    """`None` where no quota falls into the period."""
    revenue: Decimal

    @classmethod
    def of(cls, sales: Measures, quota: Decimal | None) -> "Attained":
        """What the sales make of a quota."""
        return cls(quota, METRICS["revenue"].value(sales) or ZERO)

    @property
    def ratio(self) -> Decimal | None:
        """Revenue divided by quota: 1 is just attained; `None` without quota, or with one of 0."""
        return None if self.quota is None else share(self.revenue, self.quota)


@dataclass(frozen=True, slots=True)
class RepResults:
    """The sales and quotas of all reps in one period."""

    sales: Mapping[int, Measures]
    """By rep; also sales without a rep, and reps of other teams."""
    quotas: Mapping[int, Decimal]

    def attained(self, rep_id: int) -> Attained:
        """Revenue against quota."""
        return Attained.of(self.sales.get(rep_id, NO_SALES), self.quotas.get(rep_id))

    def value(self, rep_id: int, by: LeaderboardOrder) -> Decimal | None:
        """What the rep is ranked by; `None` for one without sales and quota."""
        return self.shown(rep_id, by) if self.takes_part(rep_id) else None

    def takes_part(self, rep_id: int) -> bool:
        """Whether the rep has sales or a quota."""
        return rep_id in self.sales or rep_id in self.quotas

    def shown(self, rep_id: int, by: LeaderboardOrder) -> Decimal | None:
        """The figure that is shown: 0 for a sum over no sales."""
        if by is LeaderboardOrder.ATTAINMENT:
            return self.attained(rep_id).ratio
        return METRICS[by].value(self.sales.get(rep_id, NO_SALES))

    def totals(self) -> dict[str, Decimal | None]:
        """The totals of the metrics that add up over reps."""
        sums = {m: total(row[m] for row in self.sales.values()) for m in MEASURES}
        return {
            metric.id: metric.value(sums)
            for metric in FIGURES
            if adds_up(metric, DimensionName.REP)
        }


def places(
    reps: Sequence[int],
    current: RepResults,
    previous: RepResults | None,
    by: LeaderboardOrder,
) -> list[Place[int]]:
    """Rank the reps with sales or a quota in the period or the compared one.

    Who has none in the period has no rank.

    Args:
        reps: The reps that may take part, in ascending order; equals keep it.
        current: The period.
        previous: The compared period; `None` without comparison.
        by: What ranks.
    """
    taking_part = [
        key for key in reps if current.takes_part(key) or (previous and previous.takes_part(key))
    ]
    earlier: dict[int, Decimal | None] = {}
    if previous is not None:
        earlier = {key: previous.value(key, by) for key in reps}
    return leaderboard({key: current.value(key, by) for key in taking_part}, earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardOrder:
    """How a leaderboard is ordered."""

    by: LeaderboardOrder
    sort: SortValue
    ascending: bool

    def keyset(self, team: str | None) -> Keyset:
        """The total order: by what is sorted by, then by rep."""
        value = Column("value", "numeric", descending=not self.ascending, nullable=True)
        direction = "asc" if self.ascending else "desc"
        name = f"reps:{self.by}:{self.sort.value}:{direction}:{team or ''}"
        return Keyset(name, (value, Column("rep_id", "bigint")))

    def value(self, place: Place[int], current: RepResults, previous: RepResults | None) -> Any:
        """What orders a rep: a part of the figure as it is shown."""
        if previous is None or self.sort is SortValue.VALUE:
            return place.value
        # Who sold nothing in a period sold for 0 in it, as in the figures that are shown.
        now, before = current.shown(place.key, self.by), previous.shown(place.key, self.by)
        if self.sort is SortValue.PREVIOUS:
            return before
        change = deltas.delta(now, before, Better.NEUTRAL)
        return change.absolute if self.sort is SortValue.DIFFERENCE else change.ratio


def in_order(
    ranked: Iterable[Place[int]],
    order: BoardOrder,
    current: RepResults,
    previous: RepResults | None,
) -> list[tuple[Key, Place[int]]]:
    """The places with their sort keys, in order; without what orders them they come last."""
    keyed = [((order.value(place, current, previous), place.key), place) for place in ranked]
    sign = 1 if order.ascending else -1
    return sorted(keyed, key=lambda one: (one[0][0] is None, sign * (one[0][0] or 0), one[0][1]))


def months(period: Range) -> tuple[dt.date, dt.date]:
    """The first days of the first and the last month that a period touches."""
    return period.first_day.replace(day=1), period.last_day.replace(day=1)


def prorated(quotas: Iterable[Quota], period: Range) -> dict[int, Decimal]:
    """Return the quota of the period by rep.

    A rep without one in it is absent, and so is one with a quota that cannot be converted: the sum
    of the others would be too easy to attain.

    Args:
        quotas: Of any months; at most one a rep and month.
        period: On the clocks of its zone.
    """
    where = zone(period.zone)
    parts: dict[dt.date, Fraction] = {}
    result: dict[int, Decimal] = {}
    unknown: set[int] = set()
    for quota in quotas:
        if quota.month not in parts:
            parts[quota.month] = _part(quota.month, period, where)
        part = parts[quota.month]
        if not part:
            continue
        if quota.amount is None:
            unknown.add(quota.rep_id)
        else:
            amount = _times(quota.amount, part)
            result[quota.rep_id] = EXACT.add(result.get(quota.rep_id, ZERO), amount)
    return {rep: amount for rep, amount in result.items() if rep not in unknown}


@dataclass(frozen=True, slots=True)
class MonthAttained:
    """A month's attainment."""

    month: dt.date
    """Its first day."""
    is_running: bool
    attained: Attained


def by_month(
    selection: Selection,
    rep_id: int,
    sales: Mapping[dt.datetime, Measures],
    quotas: Sequence[Quota],
) -> list[MonthAttained]:
    """One rep's attainment in each month that the period touches.

    Args:
        selection: The period.
        rep_id: The rep.
        sales: The rep's measures by month; months without sales are absent.
        quotas: The rep's quotas.

    Raises:
        GranularityNotAllowed: The period has more than a thousand months.
    """
    where = zone(selection.period.zone)
    result = []
    for bucket in buckets(selection.period, Granularity.MONTH, now=selection.now):
        part = Range(bucket.start, bucket.end, selection.period.zone)
        attained = Attained.of(
            sales.get(bucket.key) or NO_SALES, prorated(quotas, part).get(rep_id)
        )
        result.append(MonthAttained(local_day(bucket.key, where), bucket.is_running, attained))
    return result


def _part(month: dt.date, period: Range, where: ZoneInfo) -> Fraction:
    """The part of a month's days that lies in the period."""
    after = add_months(month, 1)
    start = max(period.start, day_start(month, where))
    end = min(period.end, day_start(after, where))
    if start >= end:
        return Fraction(0)
    days = _place(end, where) - _place(start, where)
    return days / (after - month).days


def _place(instant: dt.datetime, where: ZoneInfo) -> Fraction:
    """An instant counted in local days."""
    day = local_day(instant, where)
    start = day_start(day, where)
    if instant == start:
        return Fraction(day.toordinal())
    length = day_start(day + _DAY, where) - start
    return day.toordinal() + Fraction((instant - start) // _TICK, length // _TICK)


def _times(amount: Decimal, part: Fraction) -> Decimal:
    # A whole month's quota stays exact to its last digit.
    if part == 1:
        return amount
    return quotient(EXACT.multiply(amount, part.numerator), part.denominator)
