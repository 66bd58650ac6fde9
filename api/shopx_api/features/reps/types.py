"""Types of the sales reps area."""

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import asyncpg
import strawberry

from shopx_api.data.context import Info
from shopx_api.data.loaders import Loaders
from shopx_api.features.reps.quotas import Attained
from shopx_api.panels.selection import select
from shopx_api.types.enums import describe
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import ComparisonArg, PeriodArg, ZoneArg
from shopx_api.types.node import Node, global_id

if TYPE_CHECKING:
    from shopx_api.features.sales.resolvers import Sales

LazySales = Annotated["Sales", strawberry.lazy("shopx_api.features.sales.resolvers")]


@strawberry.type(
    description="What was to be sold in a period, and how much of it was. A quota is for a "
    "calendar month; a period that cuts a month takes the part of its days, and one that is still "
    "running has its whole quota. Quotas in another currency count at the rate of their month's "
    "first day."
)
class Attainment:
    """See `shopx_api.features.reps.quotas`."""

    quota: Decimal | None = strawberry.field(
        description="What was to be sold, in the reporting currency; null without quotas."
    )
    revenue: Decimal = strawberry.field(description="What was sold.")
    ratio: Decimal | None = strawberry.field(
        description="Revenue divided by quota: 1 is just attained; null without quota, and with "
        "one of 0."
    )

    @classmethod
    def of(cls, attained: Attained) -> "Attainment":
        """The attainment as the schema has it."""
        return cls(quota=attained.quota, revenue=attained.revenue, ratio=attained.ratio)


@strawberry.type(description="A month's attainment.")
class MonthlyAttainment:
    """A bar of the quota chart."""

    month: dt.date = strawberry.field(description="The month's first day.")
    is_running: bool = strawberry.field(description="Whether now lies in it.")
    attainment: Attainment = strawberry.field(
        description="Of the part of the month that lies in the period."
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

    @classmethod
    def of(cls, row: asyncpg.Record) -> "SalesRep":
        """The rep of a loader's row."""
        return cls(
            id=global_id("SalesRep", row["id"]),
            row_id=row["id"],
            region_row_id=row["region_id"],
            manager_row_id=row["manager_id"],
            key=row["key"],
            name=row["name"],
            team=row["team"],
            hired_on=row["hired_on"],
        )

    @strawberry.field(description="The name of their region; null for none.")
    async def region(self, info: Info) -> str | None:
        if self.region_row_id is None:
            return None
        row = await info.context.loaders.regions.load(self.region_row_id)
        return row["name"] if row else None

    @strawberry.field(description="Who manages them; null for nobody.")
    async def manager(self, info: Info) -> "SalesRep | None":
        return await rep(info.context.loaders, self.manager_row_id)

    @strawberry.field(
        description="The figures and series of this rep alone, by customer, product and the rest."
    )
    async def sales(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> LazySales:
        from shopx_api.features.sales.resolvers import Sales  # noqa: PLC0415 -- they know one another

        chosen = await select(info.context, period=period, comparison=comparison, zone=zone)
        return Sales(selection=chosen.only(reps=(self.row_id,)))

    @strawberry.field(description="How much of their quota they sold.")
    async def attainment(
        self, info: Info, period: PeriodArg = None, zone: ZoneArg = None
    ) -> Attainment:
        from shopx_api.features.reps.service import attainment  # noqa: PLC0415 -- it makes these types

        chosen = await select(info.context, period=period, zone=zone)
        return await attainment(info.context, chosen.only(reps=(self.row_id,)), self.row_id)

    @strawberry.field(description="How much of their quota they sold, month by month.")
    async def monthly_attainment(
        self, info: Info, period: PeriodArg = None, zone: ZoneArg = None
    ) -> list[MonthlyAttainment]:
        from shopx_api.features.reps.service import monthly_attainment  # noqa: PLC0415 -- the same

        chosen = await select(info.context, period=period, zone=zone)
        return await monthly_attainment(info.context, chosen.only(reps=(self.row_id,)), self.row_id)


async def rep(loaders: Loaders, row_id: int | None) -> SalesRep | None:
    """Load a rep; `None` for the absence of one."""
    if row_id is None:
        return None
    row = await loaders.reps.load(row_id)
    return SalesRep.of(row) if row else None


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

    rank: int | None = strawberry.field(
        description="Place, from 1; ties share a place. Null for who has no value, such as an "
        "attainment without a quota; they come last."
    )
    is_tied: bool = strawberry.field(description="Whether somebody else has the same place.")
    previous_rank: int | None = strawberry.field(
        description="Place in the compared period; null without comparison, and for who had no "
        "value then."
    )
    rank_change: int | None = strawberry.field(
        description="Places won (positive) or lost; null where `previousRank` is."
    )
    rep: SalesRep = strawberry.field(description="The rep.")
    figures: list[Figure] = strawberry.field(
        description="REVENUE, PROFIT, ORDERS, AVERAGE_ORDER_VALUE and MARGIN."
    )
    attainment: Attainment = strawberry.field(
        description="Against their quota. Filters narrow what was sold, never the quota."
    )
