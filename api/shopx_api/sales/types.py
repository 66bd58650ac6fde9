"""The sales panel."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

import strawberry

from shopx_api.graphql.enums import DimensionName, MetricId, SortDirection
from shopx_api.graphql.figures import Breakdown, Figure, Period, Series
from shopx_api.graphql.inputs import AfterArg, FirstArg, GranularityArg

MetricsArg = Annotated[
    list[MetricId] | None,
    strawberry.argument(description="Which figures, 1 to 12; the usual ones if null."),
]


@strawberry.type(description="A metric by weekday and hour of the asked zone, in columns.")
class Heatmap:
    """168 cells, Monday 0 o'clock first; a metric's value of all such hours of the period."""

    metric: MetricId = strawberry.field(description="What the values are.")
    weekdays: list[int] = strawberry.field(description="Of each cell: 1 Monday to 7 Sunday.")
    hours: list[int] = strawberry.field(description="Of each cell: 0 to 23, of the wall clock.")
    values: list[Decimal | None] = strawberry.field(
        description="Of each cell; null for a quotient whose divisor is 0."
    )


@strawberry.type(description="Today so far, against the same hours of an earlier day.")
class Live:
    """Always computed anew, never from a cache."""

    as_of: dt.datetime = strawberry.field(description="The instant that the figures are as of.")
    period: Period = strawberry.field(description="Today in the asked zone, up to the as-of.")
    comparison: Period = strawberry.field(
        description="The same hours of the day that is compared with."
    )
    figures: list[Figure] = strawberry.field(description="One for each metric, as asked.")
    last_order_at: dt.datetime | None = strawberry.field(
        description="When the newest order of the last 30 days was placed; null without one."
    )


@strawberry.type(description="The sales of one period.")
class Sales:
    """What the overview page shows. Its KPIs, series and breakdowns add up to the same totals."""

    @strawberry.field(description="The period as it was understood.")
    def period(self) -> Period:
        raise NotImplementedError

    @strawberry.field(description="The compared period, whole; null without comparison.")
    def comparison(self) -> Period | None:
        raise NotImplementedError

    @strawberry.field(
        description="Figures of the period with their change; REVENUE, PROFIT, MARGIN, ORDERS, "
        "AVERAGE_ORDER_VALUE and UNITS where `metrics` is null."
    )
    async def kpis(self, info: strawberry.Info, metrics: MetricsArg = None) -> list[Figure]:
        raise NotImplementedError

    @strawberry.field(
        description="Figures over time beside those of the compared period; REVENUE where "
        "`metrics` is null."
    )
    async def series(
        self,
        info: strawberry.Info,
        metrics: MetricsArg = None,
        granularity: GranularityArg = None,
    ) -> Series:
        raise NotImplementedError

    @strawberry.field(description="Figures by a dimension; REVENUE where `metrics` is null.")
    async def breakdown(
        self,
        info: strawberry.Info,
        by: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        metrics: MetricsArg = None,
        order_by: Annotated[
            MetricId | None,
            strawberry.argument(description="What ranks the rows; the first metric if null."),
        ] = None,
        direction: Annotated[
            SortDirection, strawberry.argument(description="Which end comes first.")
        ] = SortDirection.DESC,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        raise NotImplementedError

    @strawberry.field(description="A metric by weekday and hour.")
    async def heatmap(
        self,
        info: strawberry.Info,
        metric: Annotated[
            MetricId, strawberry.argument(description="What the values are.")
        ] = MetricId.REVENUE,
    ) -> Heatmap:
        raise NotImplementedError

    @strawberry.field(
        description="Today so far against the same hours a week before (or the day before, where "
        "the panel's comparison does not match weekdays). The panel's filters and zone apply, its "
        "period does not. REVENUE, ORDERS and UNITS where `metrics` is null."
    )
    async def live(self, info: strawberry.Info, metrics: MetricsArg = None) -> Live:
        raise NotImplementedError
