"""Types of the customers area."""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import asyncpg
import strawberry

from shopx_api.data.context import Info
from shopx_api.data.loaders import Loaders
from shopx_api.data.matview_freshness import view_as_of
from shopx_api.features.customers import repository
from shopx_api.features.customers.predictions import Forecast, estimate, forecasts
from shopx_api.panels.ranking import PageArgs
from shopx_api.panels.selection import select
from shopx_api.types.connection import Connection
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import AfterArg, ComparisonArg, FirstArg, PeriodArg, ZoneArg
from shopx_api.types.node import Node, global_id
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import ZERO
from shopx_core.domain.periods import Bucket, Granularity
from shopx_core.domain.rfm import Segment
from shopx_store.matviews.registry import CUSTOMER_RFM

if TYPE_CHECKING:
    from shopx_api.features.orders.types import Order
    from shopx_api.features.sales.resolvers import Sales

LazySales = Annotated["Sales", strawberry.lazy("shopx_api.features.sales.resolvers")]
LazyOrder = Annotated["Order", strawberry.lazy("shopx_api.features.orders.types")]


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
    horizon_days: int = strawberry.field(description="How far ahead the expected revenue looks.")
    probability_alive: Decimal = strawberry.field(
        description="The probability that the customer still buys at all."
    )
    expected_orders: Decimal = strawberry.field(description="Purchases to expect within 365 days.")
    expected_orders_90_days: Decimal = strawberry.field(
        name="expectedOrders90Days", description="Purchases to expect within 90 days."
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
    def of(cls, forecast: Forecast) -> "Prediction":
        """The prediction of a repository's row."""
        return cls(
            as_of=forecast.as_of,
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
    profit: Decimal = strawberry.field(description="Gross profit so far.")
    average_order_value: Decimal | None = strawberry.field(description="Revenue per order.")

    @classmethod
    def of(cls, life: repository.Life) -> "Lifetime":
        """The history of a repository's row."""
        return cls(
            first_order_at=life.first_order_at,
            last_order_at=life.last_order_at,
            orders=int(life.sums[Measure.ORDERS]),
            revenue=METRICS["revenue"].value(life.sums) or ZERO,
            profit=METRICS["profit"].value(life.sums) or ZERO,
            average_order_value=METRICS["average_order_value"].value(life.sums),
        )


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

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Customer":
        """The customer of a loader's row."""
        return cls(
            id=global_id("Customer", row["id"]),
            row_id=row["id"],
            key=row["key"],
            name=row["name"],
            email=row["email"],
            country=row["country"],
        )

    @strawberry.field(description="Their whole history.")
    async def lifetime(self, info: Info) -> Lifetime:
        life = await info.context.loaders.of(repository.lives).load(self.row_id)
        return Lifetime.of(life)

    @strawberry.field(
        description="Their scores, as last computed; null before that, and without orders."
    )
    async def rfm(self, info: Info) -> RfmScore | None:
        scores = await info.context.loaders.of(repository.scores).load(self.row_id)
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
        description="What they are expected to buy, as last fitted; null before, and for who had "
        "not ordered then."
    )
    async def prediction(self, info: Info) -> Prediction | None:
        forecast = await info.context.loaders.of(forecasts).load(self.row_id)
        return Prediction.of(forecast) if forecast else None

    @strawberry.field(
        description="The figures and series of this customer alone, and what they bought."
    )
    async def sales(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> LazySales:
        from shopx_api.features.sales.resolvers import Sales  # noqa: PLC0415 -- they know one another

        chosen = await select(info.context, period=period, comparison=comparison, zone=zone)
        return Sales(selection=chosen.only(customers=(self.row_id,)))

    @strawberry.field(
        description="Their orders, the newest first, with returns and adjustments that are "
        "documents of their own. Orders that their source has withdrawn or replaced are left out."
    )
    async def orders(
        self, info: Info, first: FirstArg = 10, after: AfterArg = None
    ) -> Connection[LazyOrder]:
        from shopx_api.features.orders.service import customer_orders  # noqa: PLC0415 -- the same

        return await customer_orders(info.context, self.row_id, PageArgs(first, after))


async def customers(loaders: Loaders, ids: Iterable[int]) -> dict[int, Customer]:
    """Load customers, by their row ids; those that do not exist are absent."""
    keys = list(dict.fromkeys(ids))
    rows = await loaders.customers.load_many(keys)
    return {key: Customer.of(row) for key, row in zip(keys, rows, strict=True) if row}


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


Split = Callable[[], Awaitable[Mapping[dt.datetime, repository.SplitRow]]]


@strawberry.type(description="First-time against returning customers over time, in columns.")
class NewVersusReturning:
    """A stacked chart. Revenue is split only when it is asked for: it costs more than counting."""

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

    async def _column(
        self, value: Callable[[repository.SplitRow], Decimal]
    ) -> list[Decimal | None]:
        rows = await self.split()
        nothing = repository.SplitRow.nothing()
        return [
            None
            if bucket.is_future and bucket.key not in rows
            else value(rows.get(bucket.key, nothing))
            for bucket in self.along
        ]
