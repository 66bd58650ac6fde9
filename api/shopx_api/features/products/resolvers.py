"""The products panel."""

from typing import Annotated

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.products import charts, service
from shopx_api.features.products.pairs import PairOrder
from shopx_api.features.products.types import (
    AbcAnalysis,
    CategoryNode,
    DiscountBand,
    ProductPairs,
    ProductRank,
    ProductTrend,
)
from shopx_api.panels.metric_values import chosen
from shopx_api.panels.panel import Panel
from shopx_api.panels.ranking import PageArgs
from shopx_api.types.connection import Connection
from shopx_api.types.enums import MetricId, SortDirection
from shopx_api.types.inputs import AfterArg, FirstArg, GranularityArg, MetricsArg
from shopx_api.types.node import row_id
from shopx_core.domain.metrics import METRICS


@strawberry.type(description="The products of one period.")
class Products(Panel):
    """What the products page shows."""

    @strawberry.field(
        description="Products by any metric; each row's figures are the ranking metric where "
        "`metrics` is null. Products without a value of the metric come last either way."
    )
    async def ranking(
        self,
        info: Info,
        by: Annotated[MetricId, strawberry.argument(description="What ranks.")] = MetricId.REVENUE,
        metrics: MetricsArg = None,
        direction: Annotated[
            SortDirection, strawberry.argument(description="Which end comes first.")
        ] = SortDirection.DESC,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[ProductRank]:
        return await service.ranking(
            info.context,
            self.selection,
            chosen(metrics, [by]),
            METRICS[by.value],
            PageArgs(first, after),
            ascending=direction is SortDirection.ASC,
        )

    @strawberry.field(description="Pareto classes: which few products make most of a metric.")
    async def abc(
        self,
        info: Info,
        by: Annotated[
            MetricId,
            strawberry.argument(description="An additive metric: REVENUE, PROFIT, GROSS, UNITS."),
        ] = MetricId.REVENUE,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> AbcAnalysis:
        return await service.abc(
            info.context, self.selection, METRICS[by.value], PageArgs(first, after)
        )

    @strawberry.field(
        description="The category tree, parents before children, siblings by the first metric, "
        "best first; categories that sold nothing in either period are left out. REVENUE where "
        "`metrics` is null; metrics that count orders or customers do not add up and are refused."
    )
    async def category_tree(self, info: Info, metrics: MetricsArg = None) -> list[CategoryNode]:
        wanted = chosen(metrics, [MetricId.REVENUE])
        return await charts.category_tree(info.context, self.selection, wanted)

    @strawberry.field(description="Products over time.")
    async def trend(
        self,
        info: Info,
        products: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description="Ids of 1 to 10 products; the period's best five where null."
            ),
        ] = None,
        metric: Annotated[
            MetricId, strawberry.argument(description="What the lines show.")
        ] = MetricId.REVENUE,
        granularity: GranularityArg = None,
    ) -> ProductTrend:
        ids = None if products is None else [row_id(value, "Product") for value in products]
        return await charts.trend(
            info.context, self.selection, METRICS[metric.value], ids, granularity
        )

    @strawberry.field(description="What discounts do: sale lines by how much was taken off.")
    async def discount_bands(self, info: Info) -> list[DiscountBand]:
        return await charts.discount_bands(info.context, self.selection)

    @strawberry.field(
        description="Products bought together, each pair once: from the product in fewer orders, "
        "or from the one that the panel's filters on products and categories choose. The panel's "
        "period and other filters do not apply."
    )
    async def pairs(
        self,
        info: Info,
        by: Annotated[PairOrder, strawberry.argument(description="What ranks.")] = PairOrder.LIFT,
        min_orders: Annotated[
            int, strawberry.argument(description="Leave out pairs of fewer orders, 1 or more.")
        ] = 5,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> ProductPairs:
        page = PageArgs(first, after)
        return await service.pairs(info.context, self.selection, by, min_orders, page)
