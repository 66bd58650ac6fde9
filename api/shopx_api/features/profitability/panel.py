"""The profitability panel."""

from decimal import Decimal
from typing import Annotated, Final

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.profitability import compute
from shopx_api.features.profitability.types import WaterfallBar
from shopx_api.panels import breakdown, series
from shopx_api.panels.metric_values import chosen
from shopx_api.panels.panel import Panel, root_field
from shopx_api.panels.ranked_table import Order
from shopx_api.panels.table import Table
from shopx_api.panels.totals import totals
from shopx_api.types.cost import Reads, cost
from shopx_api.types.enums import PROFIT, DimensionName, MetricId, SortDirection, SortValue
from shopx_api.types.figures import Breakdown, Series
from shopx_api.types.inputs import (
    AfterArg,
    DirectionArg,
    FirstArg,
    GranularityArg,
    MetricsArg,
    SearchArg,
    SortArg,
)
from shopx_core.domain.metrics import METRICS
from shopx_store.query import Dimension

TABLE: Final = ("gross", "discounts", "returns", "revenue", "cost", "profit", "margin")
CHART: Final = ("revenue", "profit", "margin")
LOSSES: Final = ("revenue", "cost", "discounts", "returns", "profit", "margin")


@root_field(
    "profitability",
    order=5,
    cost=15,
    description="Profitability: waterfall, breakdowns, series, loss-makers.",
)
@strawberry.type(description="The profitability of one period.")
class Profitability(Panel):
    """The profitability page."""

    @strawberry.field(
        description="From gross sales to gross profit, six bars in order; cost and profit are left "
        "out where no cost is known.",
        metadata=cost(0.55, Reads()),
    )
    async def waterfall(self, info: Info) -> list[WaterfallBar]:
        return compute.waterfall(
            *await totals(info.context.data, self.selection, compute.WATERFALL_MEASURES)
        )

    @strawberry.field(
        description="Which part of the revenue is of products with a known cost in the period: 1 "
        "is all, below 1 the profit takes the rest as if it had cost nothing; null without "
        "revenue. A product without any cost, as imports without costs have it, is unknown.",
        metadata=cost(0.82, Reads(by=("PRODUCT",), compared=False)),
    )
    async def cost_coverage(self, info: Info) -> Decimal | None:
        query = self.selection.query(compute.COVERAGE_MEASURES, by=(Dimension.PRODUCT,))
        return compute.cost_coverage(Table.of(query, await info.context.data.aggregate(query)))

    @strawberry.field(
        description="Profitability by a dimension; GROSS, DISCOUNTS, RETURNS, REVENUE, COST, "
        "PROFIT and MARGIN where `metrics` is null.",
        metadata=cost(3.6, Reads()),
    )
    async def by(
        self,
        info: Info,
        dimension: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        metrics: MetricsArg = None,
        order_by: Annotated[
            MetricId, strawberry.argument(description="What ranks the rows.")
        ] = PROFIT,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.DESC,
        search: SearchArg = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        return await breakdown.breakdown(
            info,
            self.selection,
            breakdown.BreakdownRequest(
                by=dimension,
                metrics=chosen(metrics, TABLE),
                order=Order.of(METRICS[order_by], sort, direction),
                first=first,
                after=after,
                search=search,
            ),
        )

    @strawberry.field(
        description="Profitability over time; REVENUE, PROFIT and MARGIN where `metrics` is null.",
        metadata=cost(3.1, Reads()),
    )
    async def series(
        self,
        info: Info,
        metrics: MetricsArg = None,
        granularity: GranularityArg = None,
    ) -> Series:
        return await series.series(
            info.context, self.selection, chosen(metrics, CHART), granularity
        )

    @strawberry.field(
        description="What lost money: members of a dimension with a negative profit, the worst "
        "first, with REVENUE, COST, DISCOUNTS, RETURNS, PROFIT and MARGIN.",
        metadata=cost(1.4, Reads(by=("PRODUCT",))),
    )
    async def loss_makers(
        self,
        info: Info,
        by: Annotated[
            DimensionName, strawberry.argument(description="What the rows are.")
        ] = DimensionName.PRODUCT,
        order_by: Annotated[
            MetricId, strawberry.argument(description="What ranks the rows.")
        ] = PROFIT,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.ASC,
        search: SearchArg = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        return await breakdown.breakdown(
            info,
            self.selection,
            breakdown.BreakdownRequest(
                by=by,
                metrics=chosen(None, LOSSES),
                order=Order.of(METRICS[order_by], sort, direction),
                first=first,
                after=after,
                search=search,
                losses_of=METRICS["profit"],
            ),
        )
