"""The sales reps panel."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Final

import strawberry

from shopx_api.data.context import Info
from shopx_api.data.operation_data import OperationData
from shopx_api.features.reps import queries
from shopx_api.features.reps.compute import (
    FIGURES,
    MEASURES,
    NO_SALES,
    BoardOrder,
    LeaderboardOrder,
    RepResults,
    in_order,
    months,
    places,
    prorated,
)
from shopx_api.features.reps.pace import (
    WEEKS,
    PaceUnit,
    Span,
    outlook,
    paces,
    together,
)
from shopx_api.features.reps.types import (
    Attainment,
    LeaderboardRow,
    Pace,
    PaceFigures,
    PaceRow,
    SalesRep,
)
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.metric_values import Measures, figure
from shopx_api.panels.panel import Panel, root_field
from shopx_api.panels.selection import Selection
from shopx_api.panels.series import booked
from shopx_api.panels.table import Table
from shopx_api.types.connection import Connection
from shopx_api.types.cost import Reads, cost
from shopx_api.types.enums import SortDirection, SortValue
from shopx_api.types.inputs import AfterArg, DirectionArg, FirstArg, SortArg
from shopx_core.caching.dependencies import next_boundary
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import ZERO, quotient
from shopx_core.domain.periods import Granularity, Range, local_day, zone
from shopx_core.domain.ranking import Place
from shopx_store.query import Dimension

REVENUE: Final = METRICS["revenue"]


@root_field("reps", order=4, cost=15, description="Sales reps: the leaderboard.")
@strawberry.type(description="The sales reps in one period.")
class Reps(Panel):
    """The sales reps page."""

    @strawberry.field(
        description="Reps by what they sold: everybody with a sale, a return or a quota in the "
        "period or the compared one. Ties are handled as in sports: 1, 2, 2, 4.",
        metadata=cost(23, Reads(by=("REP",), metrics=("ORDERS",))),
    )
    async def leaderboard(
        self,
        info: Info,
        by: Annotated[
            LeaderboardOrder, strawberry.argument(description="What ranks.")
        ] = LeaderboardOrder.REVENUE,
        team: Annotated[
            str | None,
            strawberry.argument(
                description="Only this team, ranked among themselves; all if null."
            ),
        ] = None,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.DESC,
        first: FirstArg = 25,
        after: AfterArg = None,
    ) -> Connection[LeaderboardRow]:
        data, selection, page = info.context.data, self.selection, PageArgs(first, after)
        order = BoardOrder(by=by, sort=sort, ascending=direction is SortDirection.ASC)
        keyset = order.keyset(team)
        key = keyset.key(after)
        reps = await queries.reps_of(data, team)
        current = await _results(data, selection, selection.period)
        previous = None
        if selection.comparable is not None:
            previous = await _results(data, selection, selection.comparable)
        ranked = places(sorted(reps), current, previous, by)
        listed = in_order(ranked, order, current, previous)
        # The rep of the cursor may have left the leaderboard.
        shown = [one for one in listed if keyset.follows(one[0], key)][: first + 1]
        totals = current.totals()
        nodes = [
            _row(place, SalesRep.of(reps[place.key]), current, previous, totals)
            for _, place in shown
        ]
        keys = [one for one, _ in shown]
        return keyset.connection(page, nodes, keys, len(ranked))

    @strawberry.field(
        description="How far the month or the quarter is in which the period ends, as of today, "
        "against the quotas, and where it will end. The comparison does not apply.",
        metadata=cost(
            15,
            Reads(compared=False, days=7 * WEEKS),
            *(Reads(by=("REP",), compared=False, days=days) for days in (31, 31, 7 * WEEKS)),
        ),
    )
    async def pace(
        self,
        info: Info,
        unit: Annotated[
            PaceUnit, strawberry.argument(description="Month or quarter.")
        ] = PaceUnit.MONTH,
        team: Annotated[
            str | None, strawberry.argument(description="Only this team; all if null.")
        ] = None,
        rows: Annotated[
            int, strawberry.argument(description="Reps to list at most, 1 to 100.")
        ] = 25,
    ) -> Pace:
        PageArgs(rows, None)
        data, span = info.context.data, Span.of(self.selection, unit)
        # It has another day from the next one on, whatever the period.
        zone_name, now = self.selection.period.zone, self.selection.now
        info.context.dependencies.until(next_boundary(now, zone_name))
        recent = self.selection.query(REVENUE.measures, span.recent, granularity=Granularity.DAY)
        by_day = booked(REVENUE, Table.of(recent, await data.aggregate(recent)))
        where = zone(zone_name)
        ahead = outlook(
            span,
            {local_day(day, where): value for day, value in by_day.items() if value is not None},
        )
        ranges = {
            "complete": span.complete,
            "booked": span.booked,
            "recent": span.weeks(ahead.weeks) if ahead.weeks else None,
        }
        revenue = {name: await self._by_rep(data, over) for name, over in ranges.items()}
        quotas = prorated(await queries.quotas(data, *months(span.whole)), span.whole)
        reps = await queries.reps_of(data, team)
        found = paces(sorted(reps), quotas, revenue, ahead)
        days = span.whole.days
        left = len(span.left)
        return Pace(
            unit=unit,
            first_day=span.first,
            last_day=span.last,
            today=span.today,
            days_left=left,
            elapsed=quotient(days - left, days),
            state=ahead.state,
            weeks=ahead.weeks,
            total=PaceFigures.of(*together(found, ahead)),
            members=len(found),
            rows=[
                PaceRow(
                    rep=SalesRep.of(reps[row.rep_id]),
                    figures=PaceFigures.of(row.quota, row.booked, row.expected),
                )
                for row in found[:rows]
            ],
        )

    async def _by_rep(self, data: OperationData, over: Range | None) -> dict[int, Decimal]:
        """Revenue by rep."""
        if over is None:
            return {}
        query = self.selection.query(REVENUE.measures, over, by=(Dimension.REP,))
        rows: Sequence[Measures] = (await data.aggregate(query)).rows
        return {row["rep_id"]: REVENUE.value(row) or ZERO for row in rows}


async def _results(data: OperationData, selection: Selection, period: Range) -> RepResults:
    query = selection.query(MEASURES, period, by=(Dimension.REP,))
    rows = (await data.aggregate(query)).rows
    quotas = await queries.quotas(data, *months(period))
    return RepResults({row["rep_id"]: row for row in rows}, prorated(quotas, period))


def _row(
    place: Place[int],
    rep: SalesRep,
    current: RepResults,
    previous: RepResults | None,
    totals: Mapping[str, Decimal | None],
) -> LeaderboardRow:
    sales = current.sales.get(place.key, NO_SALES)
    before = previous.sales.get(place.key, NO_SALES) if previous else None
    return LeaderboardRow(
        rank=place.rank,
        is_tied=place.is_tied,
        previous_rank=place.previous_rank,
        rank_change=place.change,
        rep=rep,
        figures=[figure(metric, sales, before, totals.get(metric.id)) for metric in FIGURES],
        attainment=Attainment.of(current.attained(place.key)),
    )
