"""The profitability panel."""

from typing import Annotated

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.profitability import service
from shopx_api.features.profitability.types import WaterfallBar
from shopx_api.panels import breakdown, series
from shopx_api.panels.metric_values import chosen
from shopx_api.panels.panel import Panel
from shopx_api.types.enums import DimensionName, MetricId, SortDirection
from shopx_api.types.figures import Breakdown, Series
from shopx_api.types.inputs import AfterArg, FirstArg, GranularityArg, MetricsArg
from shopx_core.domain.metrics import METRICS


@strawberry.type(description="The profitability of one period.")
class Profitability(Panel):
    """What the profitability page shows."""

    @strawberry.field(description="From gross sales to gross profit, six bars in order.")
    async def waterfall(self, info: Info) -> list[WaterfallBar]:
        return await service.waterfall(info.context, self.selection)

    @strawberry.field(
        description="Profitability by a dimension; GROSS, DISCOUNTS, RETURNS, REVENUE, COST, "
        "PROFIT and MARGIN where `metrics` is null."
    )
    async def by(
        self,
        info: Info,
        dimension: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        metrics: MetricsArg = None,
        order_by: Annotated[
            MetricId, strawberry.argument(description="What ranks the rows.")
        ] = MetricId.PROFIT,
        direction: Annotated[
            SortDirection, strawberry.argument(description="Which end comes first.")
        ] = SortDirection.DESC,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        return await breakdown.breakdown(
            info,
            self.selection,
            breakdown.BreakdownRequest(
                by=dimension,
                metrics=chosen(metrics, service.TABLE),
                order_by=METRICS[order_by.value],
                ascending=direction is SortDirection.ASC,
                first=first,
                after=after,
            ),
        )

    @strawberry.field(
        description="Profitability over time; REVENUE, PROFIT and MARGIN where `metrics` is null."
    )
    async def series(
        self,
        info: Info,
        metrics: MetricsArg = None,
        granularity: GranularityArg = None,
    ) -> Series:
        wanted = chosen(metrics, service.CHART)
        return await series.series(info.context, self.selection, wanted, granularity)

    @strawberry.field(
        description="What lost money: members of a dimension with a negative profit, the worst "
        "first, with REVENUE, COST, DISCOUNTS, RETURNS, PROFIT and MARGIN."
    )
    async def loss_makers(
        self,
        info: Info,
        by: Annotated[
            DimensionName, strawberry.argument(description="What the rows are.")
        ] = DimensionName.PRODUCT,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        return await breakdown.breakdown(
            info,
            self.selection,
            breakdown.BreakdownRequest(
                by=by,
                metrics=chosen(None, service.LOSSES),
                order_by=METRICS[MetricId.PROFIT.value],
                ascending=True,
                first=first,
                after=after,
                losses_only=True,
            ),
        )
