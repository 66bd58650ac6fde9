"""Types of the customers area."""

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from shopx_api.graphql.enums import describe
from shopx_api.graphql.figures import Figure
from shopx_api.graphql.inputs import AfterArg, ComparisonArg, FirstArg, PeriodArg, ZoneArg
from shopx_api.graphql.node import Node
from shopx_api.graphql.paging import Connection
from shopx_core.domain.periods import Granularity
from shopx_core.domain.rfm import Segment

if TYPE_CHECKING:
    from shopx_api.orders.types import Order
    from shopx_api.sales.resolvers import Sales

LazySales = Annotated["Sales", strawberry.lazy("shopx_api.sales.resolvers")]
LazyOrder = Annotated["Order", strawberry.lazy("shopx_api.orders.types")]


@strawberry.type(description="How recently, how often and for how much a customer buys.")
class RfmScore:
    """Scores from 1 (worst) to 5 (best), by quintiles of all customers."""

    segment: Segment = strawberry.field(description="The segment that the scores make.")
    recency: int = strawberry.field(description="Score of the days since the last order, 1 to 5.")
    frequency: int = strawberry.field(description="Score of the number of orders, 1 to 5.")
    monetary: int = strawberry.field(description="Score of the revenue, 1 to 5.")


@strawberry.type(description="What a customer is expected to buy, as last fitted.")
class Prediction:
    """BG/NBD for purchases, Gamma-Gamma for their value."""

    horizon_days: int = strawberry.field(description="How far ahead the prediction looks.")
    probability_alive: Decimal = strawberry.field(
        description="The probability that the customer still buys at all."
    )
    expected_orders: Decimal = strawberry.field(description="Orders within the horizon.")
    expected_order_value: Decimal | None = strawberry.field(
        description="Revenue of one order; null for customers with a single order day, whose own "
        "history says nothing of it."
    )
    expected_revenue: Decimal | None = strawberry.field(description="Revenue within the horizon.")


@strawberry.type(description="A customer's whole history.")
class Lifetime:
    """Everything up to the as-of."""

    first_order_at: dt.datetime | None = strawberry.field(description="The first order.")
    last_order_at: dt.datetime | None = strawberry.field(description="The newest order.")
    orders: int = strawberry.field(description="Orders that count.")
    revenue: Decimal = strawberry.field(description="Revenue so far: the historic lifetime value.")
    profit: Decimal = strawberry.field(description="Gross profit so far.")
    average_order_value: Decimal | None = strawberry.field(description="Revenue per order.")


@strawberry.type(description="Somebody who buys.")
class Customer(Node):
    """A customer."""

    row_id: strawberry.Private[int]
    key: str = strawberry.field(description="Their key in the source they come from.")
    name: str | None = strawberry.field(
        description="What they are called; null where the source has only a number."
    )
    email: str | None = strawberry.field(description="Their address.")
    country: str | None = strawberry.field(description="Where they are.")

    @strawberry.field(description="Their whole history.")
    async def lifetime(self, info: strawberry.Info) -> Lifetime:
        raise NotImplementedError

    @strawberry.field(description="Their scores, as last computed; null before that.")
    async def rfm(self, info: strawberry.Info) -> RfmScore | None:
        raise NotImplementedError

    @strawberry.field(description="What they are expected to buy, as last fitted; null before.")
    async def prediction(self, info: strawberry.Info) -> Prediction | None:
        raise NotImplementedError

    @strawberry.field(description="The figures and series of this customer alone.")
    async def sales(
        self,
        info: strawberry.Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> LazySales:
        raise NotImplementedError

    @strawberry.field(description="Their orders, newest first.")
    async def orders(
        self, info: strawberry.Info, first: FirstArg = 10, after: AfterArg = None
    ) -> Connection[LazyOrder]:
        raise NotImplementedError


@strawberry.type(description="A customer's place in a ranking.")
class CustomerRank:
    """A row."""

    rank: int = strawberry.field(description="Place in the period, from 1; ties share a place.")
    previous_rank: int | None = strawberry.field(
        description="Place in the compared period; null without comparison or without orders then."
    )
    customer: Customer = strawberry.field(description="The customer.")
    figures: list[Figure] = strawberry.field(description="One for each metric, as asked.")


@strawberry.type(description="A segment and what it is worth.")
class SegmentSummary:
    """One row of the segment table, over the whole history."""

    segment: Segment = strawberry.field(description="Which segment.")
    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="Who is in it.")
    customers: int = strawberry.field(description="How many customers are in it.")
    customers_share: Decimal | None = strawberry.field(description="Their part of all customers.")
    revenue: Decimal = strawberry.field(description="Their revenue so far.")
    revenue_share: Decimal | None = strawberry.field(description="Their part of all revenue.")
    average_recency_days: Decimal | None = strawberry.field(
        description="Days since their last order, on average."
    )
    average_orders: Decimal | None = strawberry.field(description="Orders per customer.")
    average_revenue: Decimal | None = strawberry.field(description="Revenue per customer.")


@strawberry.type(description="Customers by segment, as last computed.")
class Segments:
    """The segment table."""

    as_of: dt.datetime | None = strawberry.field(
        description="What the segments are as of; null before they were first computed."
    )
    rows: list[SegmentSummary] = strawberry.field(description="Every segment, the best first.")


@strawberry.type(description="Customers by recency and frequency score, in columns.")
class RfmGrid:
    """25 cells, in columns of equal length."""

    as_of: dt.datetime | None = strawberry.field(
        description="What the scores are as of; null before they were first computed."
    )
    recency: list[int] = strawberry.field(description="The recency score of each cell, 1 to 5.")
    frequency: list[int] = strawberry.field(description="The frequency score of each cell.")
    customers: list[int] = strawberry.field(description="How many customers are in each cell.")
    revenue: list[Decimal] = strawberry.field(description="Their revenue so far.")
    average_monetary: list[Decimal | None] = strawberry.field(
        description="Their average monetary score; null in an empty cell."
    )


class CohortMetric(enum.StrEnum):
    """What a cohort table shows."""

    CUSTOMERS = "customers"
    REVENUE = "revenue"
    ORDERS = "orders"


describe(
    CohortMetric,
    name="CohortMetric",
    description="What a cohort table shows.",
    values={
        CohortMetric.CUSTOMERS: "Customers who ordered: retention.",
        CohortMetric.REVENUE: "Revenue.",
        CohortMetric.ORDERS: "Orders.",
    },
)


@strawberry.type(description="Customers who first ordered in the same unit of time.")
class Cohort:
    """One row of the cohort table."""

    start: dt.date = strawberry.field(description="The first day of the unit of first orders.")
    size: int = strawberry.field(description="How many customers are in it.")
    values: list[Decimal | None] = strawberry.field(
        description="By units of time after the first (index 0 is the first itself); null for "
        "units that have not begun."
    )
    ratios: list[Decimal | None] = strawberry.field(
        description="The values divided by that of index 0: retention; null where it is 0."
    )
    partial_from: int | None = strawberry.field(
        description="Index of the unit that is still running; null when the last shown is over."
    )


@strawberry.type(description="Cohorts by when customers first ordered.")
class Cohorts:
    """The cohort table."""

    metric: CohortMetric = strawberry.field(description="What the values are.")
    granularity: Granularity = strawberry.field(description="The unit of time.")
    as_of: dt.datetime | None = strawberry.field(
        description="What the table is as of; null before it was first computed."
    )
    cohorts: list[Cohort] = strawberry.field(description="The oldest first.")


@strawberry.type(description="The parameters of the fitted customer models.")
class LifetimeModel:
    """BG/NBD (r, alpha, a, b) and Gamma-Gamma (p, q, gamma)."""

    fitted_at: dt.datetime = strawberry.field(description="When it was fitted.")
    horizon_days: int = strawberry.field(description="How far ahead predictions look.")
    customers: int = strawberry.field(description="How many customers it was fitted on.")
    r: Decimal = strawberry.field(description="Shape of the purchase rates.")
    alpha: Decimal = strawberry.field(description="Scale of the purchase rates, in days.")
    a: Decimal = strawberry.field(description="First parameter of the drop-out probabilities.")
    b: Decimal = strawberry.field(description="Second parameter of the drop-out probabilities.")
    p: Decimal | None = strawberry.field(description="Shape of order values; null if not fitted.")
    q: Decimal | None = strawberry.field(description="Shape of their spread over customers.")
    gamma: Decimal | None = strawberry.field(description="Scale of their spread over customers.")


@strawberry.type(description="A customer and their value, so far and expected.")
class CustomerValue:
    """One row of the lifetime-value table."""

    customer: Customer = strawberry.field(description="The customer.")
    revenue: Decimal = strawberry.field(description="Revenue so far.")
    prediction: Prediction | None = strawberry.field(
        description="What is expected; null for customers that were not there at the last fit."
    )


@strawberry.type(description="What customers are worth, so far and expected.")
class LifetimeValue:
    """The lifetime-value panel."""

    average: Decimal | None = strawberry.field(description="Revenue so far per customer.")
    median: Decimal | None = strawberry.field(description="The middle customer's revenue so far.")
    expected: Decimal | None = strawberry.field(
        description="Expected revenue of all customers within the model's horizon; null before "
        "the first fit."
    )
    model: LifetimeModel | None = strawberry.field(
        description="The model behind predictions; null before the first fit."
    )
    customers: Connection[CustomerValue] = strawberry.field(
        description="The customers with the highest expected revenue first; those without a "
        "prediction last."
    )


@strawberry.type(description="First-time against returning customers over time, in columns.")
class NewVersusReturning:
    """A stacked chart."""

    granularity: Granularity = strawberry.field(description="The unit of the buckets.")
    buckets: list[dt.datetime] = strawberry.field(description="When each bucket begins.")
    partial_from: int | None = strawberry.field(
        description="Index of the bucket that is still running; null when every bucket is over."
    )
    new_customers: list[Decimal | None] = strawberry.field(
        description="Customers whose first order ever lies in the bucket."
    )
    returning_customers: list[Decimal | None] = strawberry.field(
        description="Customers of the bucket who had ordered before it."
    )
    new_revenue: list[Decimal | None] = strawberry.field(
        description="Revenue of the bucket from its new customers."
    )
    returning_revenue: list[Decimal | None] = strawberry.field(
        description="Revenue of the bucket from its other customers."
    )
    anonymous_revenue: list[Decimal | None] = strawberry.field(
        description="Revenue of the bucket from sales without a customer."
    )
