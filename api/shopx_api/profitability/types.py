"""The profitability panel."""

import enum
from decimal import Decimal
from typing import Annotated

import strawberry

from shopx_api.graphql.enums import DimensionName, MetricId, SortDirection, describe
from shopx_api.graphql.figures import Breakdown, Delta, Period, Series
from shopx_api.graphql.inputs import AfterArg, FirstArg, GranularityArg
from shopx_api.sales.types import MetricsArg


class WaterfallStep(enum.StrEnum):
    """A bar of the waterfall."""

    GROSS = "gross"
    DISCOUNTS = "discounts"
    RETURNS = "returns"
    REVENUE = "revenue"
    COST = "cost"
    PROFIT = "profit"


describe(
    WaterfallStep,
    name="WaterfallStep",
    description="A bar of the waterfall from gross sales to gross profit.",
    values={
        WaterfallStep.GROSS: "Gross sales: where it begins.",
        WaterfallStep.DISCOUNTS: "Discounts: taken off.",
        WaterfallStep.RETURNS: "Returns: taken off.",
        WaterfallStep.REVENUE: "Revenue: what is left, a subtotal.",
        WaterfallStep.COST: "Cost of goods sold: taken off.",
        WaterfallStep.PROFIT: "Gross profit: what remains.",
    },
)


@strawberry.type(description="One bar of the waterfall.")
class WaterfallBar:
    """Totals stand on the ground; the others hang between their neighbours."""

    step: WaterfallStep = strawberry.field(description="Which bar.")
    is_total: bool = strawberry.field(
        description="Whether it stands on the ground (gross sales, revenue, profit)."
    )
    change: Decimal = strawberry.field(
        description="What the step adds: negative for what is taken off; its value for a total."
    )
    start: Decimal = strawberry.field(description="Where the bar begins; 0 for a total.")
    end: Decimal = strawberry.field(description="Where the bar ends.")
    share: Decimal | None = strawberry.field(
        description="`change` divided by gross sales; null where they are 0."
    )
    previous: Decimal | None = strawberry.field(
        description="The compared period's `change`; null without comparison."
    )
    delta: Delta | None = strawberry.field(
        description="How the step's own metric moved; null without comparison."
    )


@strawberry.type(description="The profitability of one period.")
class Profitability:
    """What the profitability page shows."""

    @strawberry.field(description="The period as it was understood.")
    def period(self) -> Period:
        raise NotImplementedError

    @strawberry.field(description="The compared period, whole; null without comparison.")
    def comparison(self) -> Period | None:
        raise NotImplementedError

    @strawberry.field(description="From gross sales to gross profit, six bars in order.")
    async def waterfall(self, info: strawberry.Info) -> list[WaterfallBar]:
        raise NotImplementedError

    @strawberry.field(
        description="Profitability by a dimension; GROSS, DISCOUNTS, RETURNS, REVENUE, COST, "
        "PROFIT and MARGIN where `metrics` is null."
    )
    async def by(
        self,
        info: strawberry.Info,
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
        raise NotImplementedError

    @strawberry.field(
        description="Profitability over time; REVENUE, PROFIT and MARGIN where `metrics` is null."
    )
    async def series(
        self,
        info: strawberry.Info,
        metrics: MetricsArg = None,
        granularity: GranularityArg = None,
    ) -> Series:
        raise NotImplementedError

    @strawberry.field(
        description="What lost money: members of a dimension with a negative profit, the worst "
        "first, with REVENUE, COST, DISCOUNTS, RETURNS, PROFIT and MARGIN."
    )
    async def loss_makers(
        self,
        info: strawberry.Info,
        by: Annotated[
            DimensionName, strawberry.argument(description="What the rows are.")
        ] = DimensionName.PRODUCT,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        raise NotImplementedError
