"""Types of the profitability panel."""

import enum
from decimal import Decimal

import strawberry

from shopx_api.types.enums import describe
from shopx_api.types.figures import Delta


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
    """A total begins at 0; every other bar begins where the bar before it ended."""

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
