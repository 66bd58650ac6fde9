"""The sales reps panel."""

from typing import Annotated

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.reps import service
from shopx_api.features.reps.types import LeaderboardOrder, LeaderboardRow
from shopx_api.panels.panel import Panel
from shopx_api.panels.ranking import PageArgs
from shopx_api.types.connection import Connection
from shopx_api.types.inputs import AfterArg, FirstArg


@strawberry.type(description="The sales reps in one period.")
class Reps(Panel):
    """What the reps page shows."""

    @strawberry.field(
        description="Reps by what they sold: everybody with a sale, a return or a quota in the "
        "period. Ties are handled as in sports: 1, 2, 2, 4."
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
        first: FirstArg = 25,
        after: AfterArg = None,
    ) -> Connection[LeaderboardRow]:
        return await service.board(info.context, self.selection, by, team, PageArgs(first, after))
