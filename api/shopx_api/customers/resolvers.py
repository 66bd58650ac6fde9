"""The customers panel."""

from typing import Annotated

import strawberry

from shopx_api.customers.types import (
    CohortMetric,
    Cohorts,
    CustomerRank,
    LifetimeValue,
    NewVersusReturning,
    RfmGrid,
    Segments,
)
from shopx_api.graphql.context import Info
from shopx_api.graphql.enums import MetricId, SortDirection
from shopx_api.graphql.figures import Figure
from shopx_api.graphql.inputs import AfterArg, FirstArg, GranularityArg
from shopx_api.graphql.paging import Connection
from shopx_api.panels.panel import Panel
from shopx_core.domain.periods import Granularity


@strawberry.type(description="The customers of one period.")
class Customers(Panel):
    """What the customers page shows."""

    @strawberry.field(
        description="Figures of the period: CUSTOMERS, NEW_CUSTOMERS, RETURNING_CUSTOMERS and "
        "REVENUE_PER_CUSTOMER where `metrics` is empty."
    )
    async def kpis(
        self,
        info: Info,
        metrics: Annotated[
            list[MetricId] | None, strawberry.argument(description="Which figures.")
        ] = None,
    ) -> list[Figure]:
        raise NotImplementedError

    @strawberry.field(description="Named segments over the whole history.")
    async def segments(self, info: Info) -> Segments:
        raise NotImplementedError

    @strawberry.field(description="Customers by recency and frequency score.")
    async def rfm(self, info: Info) -> RfmGrid:
        raise NotImplementedError

    @strawberry.field(description="Cohorts by first order.")
    async def cohorts(
        self,
        info: Info,
        metric: Annotated[
            CohortMetric, strawberry.argument(description="What the values are.")
        ] = CohortMetric.CUSTOMERS,
        granularity: Annotated[
            Granularity, strawberry.argument(description="WEEK, MONTH, QUARTER or YEAR.")
        ] = Granularity.MONTH,
        cohorts: Annotated[
            int, strawberry.argument(description="How many of the newest cohorts, 1 to 60.")
        ] = 12,
    ) -> Cohorts:
        raise NotImplementedError

    @strawberry.field(description="What customers are worth, so far and expected.")
    async def lifetime_value(
        self, info: Info, first: FirstArg = 10, after: AfterArg = None
    ) -> LifetimeValue:
        raise NotImplementedError

    @strawberry.field(description="First-time against returning customers over time.")
    async def new_versus_returning(
        self, info: Info, granularity: GranularityArg = None
    ) -> NewVersusReturning:
        raise NotImplementedError

    @strawberry.field(description="The period's customers by any metric.")
    async def top(
        self,
        info: Info,
        by: Annotated[MetricId, strawberry.argument(description="What ranks.")] = MetricId.REVENUE,
        metrics: Annotated[
            list[MetricId] | None,
            strawberry.argument(description="The figures of each row; the ranking one if empty."),
        ] = None,
        direction: Annotated[
            SortDirection, strawberry.argument(description="Which end comes first.")
        ] = SortDirection.DESC,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[CustomerRank]:
        raise NotImplementedError
