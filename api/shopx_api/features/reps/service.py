"""What the reps page computes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shopx_api.data.context import Context
from shopx_api.features.reps import repository, types
from shopx_api.features.reps.quotas import Attained, months, prorated
from shopx_api.panels.metric_values import Measures, adds_up, figure, needed
from shopx_api.panels.ranking import PageArgs
from shopx_api.panels.selection import Selection
from shopx_api.panels.series import by_bucket
from shopx_api.types.connection import Connection, connection, decode_cursor, encode_cursor
from shopx_api.types.enums import DimensionName
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import ZERO, total
from shopx_core.domain.periods import Granularity, Range, buckets, local_day, zone
from shopx_core.domain.ranking import Place, leaderboard
from shopx_store.query import Dimension

FIGURES: Final = tuple(
    METRICS[name] for name in ("revenue", "profit", "orders", "average_order_value", "margin")
)
_MEASURES: Final = needed(FIGURES)
_NOTHING: Final[Measures] = dict.fromkeys(_MEASURES, 0)
_REVENUE: Final = METRICS["revenue"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What reps sold in one period, and what they were to sell."""

    sales: Mapping[int, Measures]
    """By rep; also what has none, and reps of other teams."""
    quotas: Mapping[int, Decimal]

    def attained(self, rep_id: int) -> Attained:
        """Revenue against quota."""
        revenue = _REVENUE.value(self.sales.get(rep_id, _NOTHING))
        return Attained(self.quotas.get(rep_id), revenue or ZERO)

    def value(self, rep_id: int, by: types.LeaderboardOrder) -> Decimal | None:
        """What the rep is ranked by; `None` for one who has neither sold nor a quota."""
        if rep_id not in self.sales and rep_id not in self.quotas:
            return None
        if by is types.LeaderboardOrder.ATTAINMENT:
            return self.attained(rep_id).ratio
        return METRICS[by.value].value(self.sales.get(rep_id, _NOTHING))


def places(
    reps: Sequence[int], current: Standing, previous: Standing | None, by: types.LeaderboardOrder
) -> list[Place[int]]:
    """Rank the reps who sold anything in the period or had a quota in it.

    Args:
        reps: Who may take part, in ascending order; equals keep it.
        current: The period.
        previous: The compared period; `None` without comparison.
        by: What ranks.
    """
    taking_part = [key for key in reps if key in current.sales or key in current.quotas]
    earlier: dict[int, Decimal | None] = {}
    if previous is not None:
        earlier = {key: previous.value(key, by) for key in reps}
    return leaderboard({key: current.value(key, by) for key in taking_part}, earlier)


async def board(
    context: Context,
    selection: Selection,
    by: types.LeaderboardOrder,
    team: str | None,
    page: PageArgs,
) -> Connection[types.LeaderboardRow]:
    """Rank reps by what they sold: two statements a period, one for the reps."""
    order = f"reps:{by}:{team or ''}"
    after = decode_cursor(page.after, order, Decimal, int)
    rows = await repository.reps_of(context.data, team)
    current = await _standing(context, selection, selection.period)
    previous = None
    if selection.alike is not None:
        previous = await _standing(context, selection, selection.alike)
    ranked = places(sorted(rows), current, previous, by)
    whole = {
        metric.id: metric.value(
            {m: total(sold[m] for sold in current.sales.values()) for m in _MEASURES}
        )
        for metric in FIGURES
        if adds_up(metric, DimensionName.REP)
    }
    shown = _after(ranked, after)[: page.first + 1]
    values = {place.key: place.value for place in shown}

    async def count() -> int:
        return len(ranked)

    return connection(
        [
            _row(place, types.SalesRep.of(rows[place.key]), current, previous, whole)
            for place in shown
        ],
        first=page.first,
        after=page.after,
        cursor=lambda row: encode_cursor(order, values[row.rep.row_id], row.rep.row_id),
        count=count,
    )


async def _standing(context: Context, selection: Selection, period: Range) -> Standing:
    query = selection.query(_MEASURES, period, by=(Dimension.REP,))
    rows = (await context.data.aggregate(query)).rows
    quotas = await repository.quotas(context.data, *months(period))
    return Standing({row["rep_id"]: row for row in rows}, prorated(quotas, period))


def _after(
    ranked: Sequence[Place[int]], after: tuple[Decimal | None, int] | None
) -> Sequence[Place[int]]:
    """The places past a cursor, which need not be on the board any more."""
    if after is None:
        return ranked
    value, key = after

    def is_past(place: Place[int]) -> bool:
        if place.value is None:
            return value is not None or place.key > key
        if value is None:
            return False
        return place.value < value or (place.value == value and place.key > key)

    return [place for place in ranked if is_past(place)]


def _row(
    place: Place[int],
    rep: types.SalesRep,
    current: Standing,
    previous: Standing | None,
    whole: Mapping[str, Decimal | None],
) -> types.LeaderboardRow:
    sold = current.sales.get(place.key, _NOTHING)
    before = previous.sales.get(place.key, _NOTHING) if previous else None
    return types.LeaderboardRow(
        rank=place.rank,
        is_tied=place.is_tied,
        previous_rank=place.previous_rank,
        rank_change=place.change,
        rep=rep,
        figures=[figure(metric, sold, before, whole.get(metric.id)) for metric in FIGURES],
        attainment=types.Attainment.of(current.attained(place.key)),
    )


async def attainment(context: Context, selection: Selection, rep_id: int) -> types.Attainment:
    """One rep's revenue against quota."""
    query = selection.query(_REVENUE.measures)
    sold: Measures = (await context.data.aggregate(query)).rows[0]
    revenue = _REVENUE.value(sold)
    quotas = await repository.quotas(context.data, *months(selection.period), [rep_id])
    quota = prorated(quotas, selection.period).get(rep_id)
    return types.Attainment.of(Attained(quota, revenue or ZERO))


async def monthly_attainment(
    context: Context, selection: Selection, rep_id: int
) -> list[types.MonthlyAttainment]:
    """One rep's revenue against quota, month by month.

    Raises:
        GranularityNotAllowed: The period has more than a thousand months.
    """
    period = selection.period
    query = selection.query(_REVENUE.measures, granularity=Granularity.MONTH)
    sold = by_bucket((await context.data.aggregate(query)).rows)
    quotas = await repository.quotas(context.data, *months(period), [rep_id])
    where = zone(period.zone)
    result = []
    for bucket in buckets(period, Granularity.MONTH, now=selection.now):
        row = sold.get(bucket.key) or _NOTHING
        part = Range(bucket.start, bucket.end, period.zone)
        result.append(
            types.MonthlyAttainment(
                month=local_day(bucket.key, where),
                is_running=bucket.is_running,
                attainment=types.Attainment.of(
                    Attained(prorated(quotas, part).get(rep_id), _REVENUE.value(row) or ZERO)
                ),
            )
        )
    return result
