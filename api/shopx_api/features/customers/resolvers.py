"""The customers panel."""

from typing import Annotated, Final

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.customers import analytics, service
from shopx_api.features.customers.analytics_types import (
    CohortMetric,
    Cohorts,
    LifetimeValue,
    RfmGrid,
    Segments,
)
from shopx_api.features.customers.types import CustomerRank, NewVersusReturning
from shopx_api.features.sales.service import kpis
from shopx_api.panels.metric_values import chosen
from shopx_api.panels.panel import Panel
from shopx_api.panels.ranking import PageArgs
from shopx_api.types.connection import Connection
from shopx_api.types.enums import MetricId, SortDirection
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import AfterArg, FirstArg, GranularityArg, MetricsArg
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.periods import Granularity

KPIS: Final = (
    MetricId.CUSTOMERS,
    MetricId.NEW_CUSTOMERS,
    MetricId.RETURNING_CUSTOMERS,
    MetricId.REVENUE_PER_CUSTOMER,
)


@strawberry.type(description="The customers of one period, and what is known of them all.")
class Customers(Panel):
    """What the customers page shows."""

    @strawberry.field(
        description="Figures of the period: CUSTOMERS, NEW_CUSTOMERS, RETURNING_CUSTOMERS and "
        "REVENUE_PER_CUSTOMER where `metrics` is null."
    )
    async def kpis(self, info: Info, metrics: MetricsArg = None) -> list[Figure]:
        return await kpis(info.context, self.selection, chosen(metrics, KPIS))

    @strawberry.field(
        description="Named segments over the whole history; period and filters do not apply."
    )
    async def segments(self, info: Info) -> Segments:
        return await analytics.segments(info.context)

    @strawberry.field(
        description="Customers by recency and frequency score over the whole history; period and "
        "filters do not apply."
    )
    async def rfm(self, info: Info) -> RfmGrid:
        return await analytics.rfm_grid(info.context)

    @strawberry.field(
        description="Cohorts by first order, in the reporting zone; period and filters do not "
        "apply."
    )
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
            int, strawberry.argument(description="How many of the newest units of time, 1 to 60.")
        ] = 12,
    ) -> Cohorts:
        return await analytics.cohort_table(info.context, metric, granularity, cohorts)

    @strawberry.field(
        description="What customers are worth, so far and expected, over the whole history; period "
        "and filters do not apply."
    )
    async def lifetime_value(
        self, info: Info, first: FirstArg = 10, after: AfterArg = None
    ) -> LifetimeValue:
        return await analytics.lifetime_value(info.context, PageArgs(first, after))

    @strawberry.field(description="First-time against returning customers over time.")
    async def new_versus_returning(
        self, info: Info, granularity: GranularityArg = None
    ) -> NewVersusReturning:
        return await service.new_versus_returning(info.context, self.selection, granularity)

    @strawberry.field(
        description="The period's customers by any metric; each row's figures are the ranking "
        "metric where `metrics` is null. Customers without a value of it come last either way."
    )
    async def top(
        self,
        info: Info,
        by: Annotated[MetricId, strawberry.argument(description="What ranks.")] = MetricId.REVENUE,
        metrics: MetricsArg = None,
        direction: Annotated[
            SortDirection, strawberry.argument(description="Which end comes first.")
        ] = SortDirection.DESC,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[CustomerRank]:
        return await service.top(
            info.context,
            self.selection,
            chosen(metrics, [by]),
            METRICS[by.value],
            PageArgs(first, after),
            ascending=direction is SortDirection.ASC,
        )
