"""Types of the customers feature."""

import datetime as dt
import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial

import asyncpg
import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.data.loaders import Loaders
from shopx_api.data.matview_freshness import view_as_of
from shopx_api.features.customers import queries
from shopx_api.features.customers.queries import estimate
from shopx_api.features.orders.queries import (
    CUSTOMER_ORDERS,
    count_customer_orders,
    customer_orders,
)
from shopx_api.features.orders.types import Order
from shopx_api.features.sales.panel import Sales, sales_of
from shopx_api.panels.keyset import PageArgs
from shopx_api.types.connection import Connection
from shopx_api.types.cost import cost
from shopx_api.types.entities import register_entity
from shopx_api.types.enums import describe
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import AfterArg, ComparisonArg, FirstArg, PeriodArg, ZoneArg
from shopx_api.types.node import Node, global_id
from shopx_core.domain.matviews import CUSTOMER_RFM
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import ZERO
from shopx_core.domain.periods import Bucket, Granularity
from shopx_core.domain.rfm import Segment


@strawberry.type(description="How recently, how often and for how much a customer buys.")
class RfmScore:
    """Scores from 1 (worst) to 5 (best), by quintiles of all customers."""

    as_of: dt.datetime | None = strawberry.field(description="What the scores are as of.")
    segment: Segment = strawberry.field(description="The segment that the scores make.")
    recency: int = strawberry.field(description="Score of the days since the last order, 1 to 5.")
    frequency: int = strawberry.field(description="Score of the number of orders, 1 to 5.")
    monetary: int = strawberry.field(description="Score of the revenue, 1 to 5.")


@strawberry.type(
    description="What a customer is expected to buy: purchases by BG/NBD, their value by "
    "Gamma-Gamma. A day with orders is one purchase."
)
class Prediction:
    """The newest fit's; time ahead counts from the newest purchase that it knew."""

    as_of: dt.datetime = strawberry.field(
        description="What the purchases that the models were fitted to are as of."
    )
    observed_until: dt.date | None = strawberry.field(
        description="The newest day with a purchase of any customer: predictions are as of its "
        "end and look ahead from it."
    )
    horizon_days: int = strawberry.field(description="How far ahead the expected revenue looks.")
    probability_alive: Decimal = strawberry.field(
        description="The probability that the customer still buys at all."
    )
    expected_orders: Decimal = strawberry.field(
        description="Days with a purchase to expect within 365 days; several orders on one day "
        "are one."
    )
    expected_orders_90_days: Decimal = strawberry.field(
        name="expectedOrders90Days", description="Days with a purchase to expect within 90 days."
    )
    expected_order_value: Decimal | None = strawberry.field(
        description="What one purchase brings, before returns; null for customers with a single "
        "purchase, whose own history says nothing of it, and where it could not be fitted."
    )
    expected_revenue: Decimal | None = strawberry.field(
        description="Revenue within the horizon, before returns; customers with a single purchase "
        "are expected to spend like everybody. Null where spending could not be fitted."
    )

    @classmethod
    def of(cls, forecast: queries.Forecast) -> "Prediction":
        """Make a prediction of a row."""
        return cls(
            as_of=forecast.as_of,
            observed_until=forecast.observed_until,
            horizon_days=forecast.horizon_days,
            probability_alive=estimate(forecast.probability_alive),
            expected_orders=estimate(forecast.purchases_365),
            expected_orders_90_days=estimate(forecast.purchases_90),
            expected_order_value=estimate(forecast.spend),
            expected_revenue=estimate(forecast.value),
        )


@strawberry.type(description="A customer's whole history.")
class Lifetime:
    """Everything up to the as-of."""

    first_order_at: dt.datetime | None = strawberry.field(description="The first order.")
    last_order_at: dt.datetime | None = strawberry.field(description="The newest order.")
    orders: int = strawberry.field(description="Orders that count.")
    revenue: Decimal = strawberry.field(description="Revenue so far: the historic lifetime value.")
    profit: Decimal | None = strawberry.field(
        description="Gross profit so far; null where no cost is known."
    )
    average_order_value: Decimal | None = strawberry.field(description="Revenue per order.")

    @classmethod
    def of(cls, life: queries.Life) -> "Lifetime":
        """Make a history of a row."""
        return cls(
            first_order_at=life.first_order_at,
            last_order_at=life.last_order_at,
            orders=int(life.sums[Measure.ORDERS]),
            revenue=METRICS["revenue"].value(life.sums) or ZERO,
            profit=METRICS["profit"].value(life.sums),
            average_order_value=METRICS["average_order_value"].value(life.sums),
        )


@strawberry.type(description="A person or a company that buys.")
class Customer(Node):
    """A customer."""

    row_id: strawberry.Private[int]
    key: str = strawberry.field(description="Their key in the source they come from.")
    name: str | None = strawberry.field(
        description="What they are called; null where the source has only a number."
    )
    email: str | None = strawberry.field(description="Their address.")
    country: str | None = strawberry.field(description="Where they are.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Customer":
        """Make a customer of a loader's row."""
        return cls(
            id=global_id("Customer", row["id"]),
            row_id=row["id"],
            key=row["key"],
            name=row["name"],
            email=row["email"],
            country=row["country"],
        )

    @classmethod
    async def load(cls, context: Context, row_id: int) -> "Customer | None":
        """Load a customer; `None` where there is none."""
        row = await context.loaders.customers.load(row_id)
        return cls.of(row) if row else None

    @strawberry.field(description="Their whole history.")
    async def lifetime(self, info: Info) -> Lifetime:
        life = await info.context.loaders.of(queries.lives).load(self.row_id)
        return Lifetime.of(life)

    @strawberry.field(
        description="Their scores, as last computed; null before that, and without orders."
    )
    async def rfm(self, info: Info) -> RfmScore | None:
        scores = await info.context.loaders.of(queries.scores).load(self.row_id)
        if scores is None:
            return None
        return RfmScore(
            as_of=await view_as_of(info.context, CUSTOMER_RFM),
            segment=scores.segment,
            recency=scores.recency,
            frequency=scores.frequency,
            monetary=scores.monetary,
        )

    @strawberry.field(
        description="What they are expected to buy, as last fitted; null before, and for a "
        "customer without an order then."
    )
    async def prediction(self, info: Info) -> Prediction | None:
        forecast = await info.context.loaders.of(queries.forecasts).load(self.row_id)
        return Prediction.of(forecast) if forecast else None

    @strawberry.field(
        description="The figures and series of this customer alone, and what they bought.",
        metadata=cost(8),
    )
    async def sales(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> Sales:
        return await sales_of(info, period, comparison, zone, customers=(self.row_id,))

    @strawberry.field(
        description="Their orders, the newest first, with returns and adjustments that are "
        "documents of their own. Orders that their source has withdrawn or replaced are left out.",
        metadata=cost(15),
    )
    async def orders(
        self, info: Info, first: FirstArg = 10, after: AfterArg = None
    ) -> Connection[Order]:
        data, page = info.context.data, PageArgs(first, after)
        key = CUSTOMER_ORDERS.key(after)
        rows = await customer_orders(data, self.row_id, first=first, after=key)
        return CUSTOMER_ORDERS.connection(
            page,
            [Order.of(row) for row in rows],
            [row.sort_key for row in rows],
            partial(count_customer_orders, data, self.row_id),
        )


async def customers(loaders: Loaders, ids: Iterable[int]) -> dict[int, Customer]:
    """Load customers by their row ids; those that do not exist are absent."""
    rows = await loaders.customers.many(list(dict.fromkeys(ids)))
    return {key: Customer.of(row) for key, row in rows.items()}


register_entity("Customer", Customer.load)


@strawberry.type(description="A customer's place in a ranking.")
class CustomerRank:
    """A row."""

    rank: int | None = strawberry.field(
        description="Place in the period, from 1; ties share a place. Null where the ranking "
        "metric has no value."
    )
    previous_rank: int | None = strawberry.field(
        description="Place in the compared period; null without comparison or without orders then."
    )
    customer: Customer = strawberry.field(description="The customer.")
    figures: list[Figure] = strawberry.field(description="One for each metric, as asked.")


Split = Callable[[], Awaitable[Mapping[dt.datetime, queries.SplitRow]]]


@strawberry.type(description="First-time against returning customers over time, in columns.")
class NewVersusReturning:
    """A stacked chart. Revenue is split only when selected: that costs more than counting."""

    split: strawberry.Private[Split]
    along: strawberry.Private[Sequence[Bucket]]

    granularity: Granularity = strawberry.field(description="The unit of the buckets.")
    buckets: list[dt.datetime] = strawberry.field(description="When each bucket begins.")
    partial_from: int | None = strawberry.field(
        description="Index of the bucket that is still running: it and all later ones are "
        "unfinished. Null when every bucket is over."
    )
    partial: list[int] = strawberry.field(
        description="Indexes of all buckets that stand for less than a whole calendar unit: cut "
        "by the period, running, or still to come."
    )
    new_customers: list[Decimal | None] = strawberry.field(
        description="Customers whose first order ever lies in the bucket; null for buckets that "
        "have not begun."
    )
    returning_customers: list[Decimal | None] = strawberry.field(
        description="Customers of the bucket who had ordered before it; null as above."
    )

    @strawberry.field(
        description="Revenue of the bucket from its new customers; null for buckets that have not "
        "begun. The three revenues add up to that of the sales panel."
    )
    async def new_revenue(self) -> list[Decimal | None]:
        return await self._column(lambda row: row.new)

    @strawberry.field(
        description="Revenue of the bucket from customers who had ordered before it, or only "
        "returned something in it; null as above."
    )
    async def returning_revenue(self) -> list[Decimal | None]:
        return await self._column(lambda row: row.returning)

    @strawberry.field(
        description="Revenue of the bucket from sales without a customer; null as above."
    )
    async def anonymous_revenue(self) -> list[Decimal | None]:
        return await self._column(lambda row: row.anonymous)

    async def _column(self, value: Callable[[queries.SplitRow], Decimal]) -> list[Decimal | None]:
        rows = await self.split()
        none = queries.SplitRow.zero()
        return [
            None
            if bucket.is_future and bucket.key not in rows
            else value(rows.get(bucket.key, none))
            for bucket in self.along
        ]


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


@strawberry.type(description="What the best customers make of the revenue.")
class ConcentrationPoint:
    """A point of the concentration curve."""

    customers_share: Decimal = strawberry.field(
        description="Which part of all customers, the best first: 0.01 to 1."
    )
    customers: int = strawberry.field(description="How many they are, rounded up.")
    revenue: Decimal = strawberry.field(description="Their revenue.")
    revenue_share: Decimal | None = strawberry.field(
        description="Their part of all customers' revenue, above 1 where other customers returned "
        "more than they bought; null where all revenue is not above 0."
    )


@strawberry.type(
    description="How revenue spreads over the customers with an order in the 365 days up to the "
    "newest sale."
)
class Concentration:
    """The concentration curve."""

    as_of: dt.datetime | None = strawberry.field(
        description="What the curve is as of; null before it was first computed."
    )
    customers: int = strawberry.field(description="How many customers it covers.")
    revenue: Decimal = strawberry.field(description="Their revenue in these days.")
    points: list[ConcentrationPoint] = strawberry.field(
        description="For each percent from 1 to 100; empty without customers."
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
    values: list[Decimal] = strawberry.field(
        description="By units of time after the first (index 0 is the first itself), up to the "
        "newest unit in which any customer ordered or returned something."
    )
    ratios: list[Decimal | None] = strawberry.field(
        description="The values divided by that of index 0: retention; null where it is 0."
    )
    partial_from: int | None = strawberry.field(
        description="Index of the unit that was still running at the as-of: its value may grow. "
        "Null when the last shown is over."
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
    average_retention: list[Decimal] = strawberry.field(
        description="The part of the customers who ordered, by units of time after the first, "
        "over all cohorts shown, weighted by their size; unfinished units are left out."
    )


@strawberry.type(description="The parameters of the fitted customer models.")
class LifetimeModel:
    """BG/NBD (r, alpha, a, b) and Gamma-Gamma (p, q, gamma)."""

    fitted_at: dt.datetime = strawberry.field(description="When it was fitted.")
    as_of: dt.datetime = strawberry.field(
        description="What the purchases that it was fitted to are as of."
    )
    observed_until: dt.date | None = strawberry.field(
        description="The newest day with a purchase: predictions look ahead from it."
    )
    horizon_days: int = strawberry.field(description="How far ahead the expected revenue looks.")
    customers: int = strawberry.field(description="How many customers it was fitted on.")
    r: Decimal = strawberry.field(description="Shape of the purchase rates.")
    alpha: Decimal = strawberry.field(description="Scale of the purchase rates, in days.")
    a: Decimal = strawberry.field(description="First parameter of the drop-out probabilities.")
    b: Decimal = strawberry.field(description="Second parameter of the drop-out probabilities.")
    p: Decimal | None = strawberry.field(description="Shape of order values; null if not fitted.")
    q: Decimal | None = strawberry.field(description="Shape of their spread over customers.")
    gamma: Decimal | None = strawberry.field(
        description="Scale of their spread over customers, in the reporting currency."
    )
    is_degenerate: bool = strawberry.field(
        description="Whether a parameter has no finite estimate: predictions hold, the parameters "
        "mean nothing."
    )
    spend_problem: str | None = strawberry.field(
        description="Why order values, or those of some customers, could not be fitted."
    )


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

    as_of: dt.datetime | None = strawberry.field(
        description="What revenue so far is as of; null before it was first computed."
    )
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
        description="The customers with the highest expected revenue first; those without one last."
    )
