"""The sales reps panel."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

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
from shopx_api.features.reps.types import Attainment, LeaderboardRow, SalesRep
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.metric_values import figure
from shopx_api.panels.panel import Panel, root_field
from shopx_api.panels.selection import Selection
from shopx_api.types.connection import Connection
from shopx_api.types.cost import Reads, cost
from shopx_api.types.enums import SortDirection, SortValue
from shopx_api.types.inputs import AfterArg, DirectionArg, FirstArg, SortArg
from shopx_core.domain.periods import Range
from shopx_core.domain.ranking import Place
from shopx_store.query import Dimension


@root_field("reps", order=4, cost=15, description="Sales reps: the leaderboard.")
@strawberry.type(description="The sales reps in one period.")
class Reps(Panel):
    """The sales reps page."""

    @strawberry.field(
        description="Reps by what they sold: everybody with a sale, a return or a quota in the "
        "period or the compared one. Ties are handled as in sports: 1, 2, 2, 4.",
        metadata=cost(29, Reads(by=("REP",), metrics=("ORDERS",))),
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
