"""Types of the sales reps feature."""

import datetime as dt
from decimal import Decimal

import asyncpg
import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.features.reps.compute import (
    Attained,
    LeaderboardOrder,
    by_month,
    months,
    prorated,
)
from shopx_api.features.reps.pace import PaceState, PaceUnit
from shopx_api.features.reps.queries import quotas
from shopx_api.features.sales.panel import Sales, sales_of
from shopx_api.panels.selection import select
from shopx_api.types.cost import cost
from shopx_api.types.entities import register_entity
from shopx_api.types.enums import describe
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import ComparisonArg, PeriodArg, ZoneArg
from shopx_api.types.node import Node, global_id
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_core.domain.periods import Granularity


@strawberry.type(
    description="What was to be sold in a period, and how much of it was. A quota is for a "
    "calendar month; a period that cuts a month takes the part of its days, and one that is still "
    "running has its whole quota. Quotas in another currency count at the rate of their month's "
    "first day; one whose currency has no rate for that day makes the quota unknown."
)
class Attainment:
    """Computed by `shopx_api.features.reps.compute`."""

    quota: Decimal | None = strawberry.field(
        description="What was to be sold, in the reporting currency; null without quotas, and "
        "where one cannot be converted."
    )
    revenue: Decimal = strawberry.field(description="What was sold.")
    ratio: Decimal | None = strawberry.field(
        description="Revenue divided by quota: 1 is just attained; null without quota, and with "
        "one of 0."
    )

    @classmethod
    def of(cls, attained: Attained) -> "Attainment":
        """Make an attainment as the schema shows it."""
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
        """Make a rep of a loader's row."""
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

    @classmethod
    async def load(cls, context: Context, row_id: int | None) -> "SalesRep | None":
        """Load a rep; `None` without an id, or where there is none."""
        row = None if row_id is None else await context.loaders.reps.load(row_id)
        return cls.of(row) if row else None

    @strawberry.field(description="The name of their region; null for none.")
    async def region(self, info: Info) -> str | None:
        if self.region_row_id is None:
            return None
        row = await info.context.loaders.regions.load(self.region_row_id)
        return row["name"] if row else None

    @strawberry.field(description="Who manages them; null for nobody.")
    async def manager(self, info: Info) -> "SalesRep | None":
        return await SalesRep.load(info.context, self.manager_row_id)

    @strawberry.field(
        description="The figures and series of this rep alone, by customer, product and the rest.",
        metadata=cost(8),
    )
    async def sales(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> Sales:
        return await sales_of(info, period, comparison, zone, reps=(self.row_id,))

    @strawberry.field(description="How much of their quota they sold.", metadata=cost(8))
    async def attainment(
        self, info: Info, period: PeriodArg = None, zone: ZoneArg = None
    ) -> Attainment:
        selection = await select(info.context, period=period, zone=zone)
        selection = selection.only(reps=(self.row_id,))
        query = selection.query(METRICS["revenue"].measures)
        sales = (await info.context.data.aggregate(query)).rows[0]
        found = await quotas(info.context.data, *months(selection.period), [self.row_id])
        quota = prorated(found, selection.period).get(self.row_id)
        return Attainment.of(Attained.of(sales, quota))

    @strawberry.field(description="How much of their quota they sold, month by month.")
    async def monthly_attainment(
        self, info: Info, period: PeriodArg = None, zone: ZoneArg = None
    ) -> list[MonthlyAttainment]:
        selection = await select(info.context, period=period, zone=zone)
        selection = selection.only(reps=(self.row_id,))
        query = selection.query(METRICS["revenue"].measures, granularity=Granularity.MONTH)
        rows = (await info.context.data.aggregate(query)).rows
        found = await quotas(info.context.data, *months(selection.period), [self.row_id])
        return [
            MonthlyAttainment(
                month=one.month,
                is_running=one.is_running,
                attainment=Attainment.of(one.attained),
            )
            for one in by_month(selection, self.row_id, {row["bucket"]: row for row in rows}, found)
        ]


register_entity("SalesRep", SalesRep.load)


describe(
    LeaderboardOrder,
    name="LeaderboardOrder",
    description="What reps are ranked by.",
    values={
        LeaderboardOrder.REVENUE: "Revenue.",
        LeaderboardOrder.PROFIT: "Gross profit.",
        LeaderboardOrder.ORDERS: "Orders.",
        LeaderboardOrder.AVERAGE_ORDER_VALUE: "Revenue per order.",
        LeaderboardOrder.MARGIN: "Gross profit divided by revenue.",
        LeaderboardOrder.ATTAINMENT: "Revenue divided by quota; reps without quota come last.",
    },
)


@strawberry.type(description="A rep's place on the leaderboard.")
class LeaderboardRow:
    """A row; ties are handled as in sports: 1, 2, 2, 4."""

    rank: int | None = strawberry.field(
        description="Place, from 1; ties share a place. Null for a rep without a value, "
        "such as an attainment without a quota; these come last."
    )
    is_tied: bool = strawberry.field(description="Whether another rep has the same place.")
    previous_rank: int | None = strawberry.field(
        description="Place in the compared period; null without comparison, and for a rep "
        "without a value then."
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


describe(
    PaceUnit,
    name="PaceUnit",
    description="What a pace is of.",
    values={PaceUnit.MONTH: "A calendar month.", PaceUnit.QUARTER: "A calendar quarter."},
)
describe(
    PaceState,
    name="PaceState",
    description="Whether it is known where a month or quarter will end.",
    values={
        PaceState.EXPECTED: "It is expected.",
        PaceState.OVER: "It has ended.",
        PaceState.EARLY: "Not yet: fewer than three of its days are complete.",
        PaceState.SHORT_HISTORY: "Not: sales began less than four weeks before.",
    },
)


@strawberry.type(description="What is booked of a quota, and where it will end.")
class PaceFigures:
    """In the reporting currency."""

    quota: Decimal | None = strawberry.field(
        description="Of the whole month or quarter; null without one."
    )
    booked: Decimal = strawberry.field(description="Revenue up to the present.")
    attained: Decimal | None = strawberry.field(description="`booked` divided by the quota.")
    expected: Decimal | None = strawberry.field(
        description="Revenue at the end: what is booked up to yesterday, and for each day left the "
        "average of its weekday over the last weeks. Null where it is unknown."
    )
    expected_attained: Decimal | None = strawberry.field(
        description="`expected` divided by the quota."
    )

    @classmethod
    def of(cls, quota: Decimal | None, booked: Decimal, expected: Decimal | None) -> "PaceFigures":
        """With their quotients."""

        def attained(revenue: Decimal | None) -> Decimal | None:
            return None if quota is None or revenue is None else share(revenue, quota)

        return cls(
            quota=quota,
            booked=booked,
            attained=attained(booked),
            expected=expected,
            expected_attained=attained(expected),
        )


@strawberry.type(description="A rep's pace.")
class PaceRow:
    """A row."""

    rep: SalesRep = strawberry.field(description="The rep.")
    figures: PaceFigures = strawberry.field(description="What is booked and expected.")


@strawberry.type(
    description="How far a month or a quarter is, and where it will end: the one in which the "
    "panel's period ends (the running one, if it ends later), whatever the period's last day. As "
    "of now while it is running; of one that is over, all that was booked."
)
class Pace:
    """See `shopx_api.features.reps.pace`."""

    unit: PaceUnit = strawberry.field(description="Month or quarter.")
    first_day: dt.date = strawberry.field(description="Its first day.")
    last_day: dt.date = strawberry.field(description="Its last day.")
    today: dt.date = strawberry.field(
        description="The day that it is as of: today in the panel's zone, or the last day if it is"
        " over."
    )
    days_left: int = strawberry.field(
        description="Days that are not over, today included; 0 if it is over."
    )
    elapsed: Decimal = strawberry.field(
        description="The part of its days that is complete: 0.5 is half."
    )
    state: PaceState = strawberry.field(description="Whether its end is known.")
    weeks: int = strawberry.field(description="Weeks that weekdays are averaged over.")
    total: PaceFigures = strawberry.field(description="Of all reps with a quota together.")
    members: int = strawberry.field(description="How many reps have a quota or revenue.")
    rows: list[PaceRow] = strawberry.field(description="The reps, the best attained first.")
