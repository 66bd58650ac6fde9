"""Types of the sales reps area."""

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from shopx_api.graphql.enums import describe
from shopx_api.graphql.figures import Figure
from shopx_api.graphql.inputs import ComparisonArg, PeriodArg, ZoneArg
from shopx_api.graphql.node import Node

if TYPE_CHECKING:
    from shopx_api.sales.resolvers import Sales

LazySales = Annotated["Sales", strawberry.lazy("shopx_api.sales.resolvers")]


@strawberry.type(description="What was to be sold in a period, and how much of it was.")
class Attainment:
    """Quotas are monthly; a period that cuts a month takes the part of its days."""

    quota: Decimal | None = strawberry.field(
        description="What was to be sold, in the reporting currency; null without quotas."
    )
    revenue: Decimal = strawberry.field(description="What was sold.")
    ratio: Decimal | None = strawberry.field(
        description="Revenue divided by quota: 1 is just attained; null without quota."
    )


@strawberry.type(description="Somebody who sells.")
class SalesRep(Node):
    """A sales rep."""

    row_id: strawberry.Private[int]
    region_row_id: strawberry.Private[int | None]
    manager_row_id: strawberry.Private[int | None]
    key: str = strawberry.field(description="Their key in the source they come from.")
    name: str = strawberry.field(description="What they are called.")
    team: str | None = strawberry.field(description="The team they are in.")
    hired_on: dt.date | None = strawberry.field(description="Their first day.")

    @strawberry.field(description="The name of their region.")
    async def region(self, info: strawberry.Info) -> str | None:
        raise NotImplementedError

    @strawberry.field(description="Who manages them.")
    async def manager(self, info: strawberry.Info) -> "SalesRep | None":
        raise NotImplementedError

    @strawberry.field(description="The figures and series of this rep alone.")
    async def sales(
        self,
        info: strawberry.Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> LazySales:
        raise NotImplementedError

    @strawberry.field(description="How much of their quota they sold.")
    async def attainment(
        self, info: strawberry.Info, period: PeriodArg = None, zone: ZoneArg = None
    ) -> Attainment:
        raise NotImplementedError


class LeaderboardOrder(enum.StrEnum):
    """What reps are ranked by; all but the last are metric ids."""

    REVENUE = "revenue"
    PROFIT = "profit"
    ORDERS = "orders"
    AVERAGE_ORDER_VALUE = "average_order_value"
    ATTAINMENT = "attainment"


describe(
    LeaderboardOrder,
    name="LeaderboardOrder",
    description="What reps are ranked by, highest first.",
    values={
        LeaderboardOrder.REVENUE: "Revenue.",
        LeaderboardOrder.PROFIT: "Gross profit.",
        LeaderboardOrder.ORDERS: "Orders.",
        LeaderboardOrder.AVERAGE_ORDER_VALUE: "Revenue per order.",
        LeaderboardOrder.ATTAINMENT: "Revenue divided by quota; reps without quota come last.",
    },
)


@strawberry.type(description="A rep's place on the leaderboard.")
class LeaderboardRow:
    """A row; ties are handled as in sports: 1, 2, 2, 4."""

    rank: int = strawberry.field(description="Place, from 1; ties share a place.")
    is_tied: bool = strawberry.field(description="Whether somebody else has the same place.")
    previous_rank: int | None = strawberry.field(
        description="Place in the compared period; null without comparison or without sales then."
    )
    rank_change: int | None = strawberry.field(
        description="Places won (positive) or lost; null where `previousRank` is."
    )
    rep: SalesRep = strawberry.field(description="The rep.")
    figures: list[Figure] = strawberry.field(
        description="REVENUE, PROFIT, ORDERS, AVERAGE_ORDER_VALUE and MARGIN."
    )
    attainment: Attainment = strawberry.field(description="Against their quota.")
