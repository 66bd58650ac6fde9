"""The products panel."""

from typing import Annotated

import strawberry

from shopx_api.graphql.context import Info
from shopx_api.graphql.enums import MetricId, SortDirection
from shopx_api.graphql.inputs import AfterArg, FirstArg, GranularityArg
from shopx_api.graphql.paging import Connection
from shopx_api.panels.panel import Panel
from shopx_api.products.types import (
    AbcAnalysis,
    CategoryNode,
    DiscountBand,
    PairOrder,
    ProductPairs,
    ProductRank,
    ProductTrend,
)


@strawberry.type(description="The products of one period.")
class Products(Panel):
    """What the products page shows."""

    @strawberry.field(description="Products by any metric.")
    async def ranking(
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
    ) -> Connection[ProductRank]:
        raise NotImplementedError

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
        raise NotImplementedError

    @strawberry.field(description="The category tree, parents before children, best first.")
    async def category_tree(
        self,
        info: Info,
        metrics: Annotated[
            list[MetricId] | None,
            strawberry.argument(description="The figures of each row; REVENUE if empty."),
        ] = None,
    ) -> list[CategoryNode]:
        raise NotImplementedError

    @strawberry.field(description="Chosen products over time.")
    async def trend(
        self,
        info: Info,
        products: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Ids of 1 to 10 products."),
        ],
        metric: Annotated[
            MetricId, strawberry.argument(description="What the lines show.")
        ] = MetricId.REVENUE,
        granularity: GranularityArg = None,
    ) -> ProductTrend:
        raise NotImplementedError

    @strawberry.field(description="What discounts do: lines by how much was taken off.")
    async def discount_bands(self, info: Info) -> list[DiscountBand]:
        raise NotImplementedError

    @strawberry.field(
        description="Products bought together, over the whole history; the panel's filters on "
        "products and categories choose the first product, its period does not apply."
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
        raise NotImplementedError
