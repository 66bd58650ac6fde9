"""Types of what the customers panel shows of the whole history."""

import datetime as dt
import enum
from decimal import Decimal

import strawberry

from shopx_api.features.customers.types import Customer, Prediction
from shopx_api.types.connection import Connection
from shopx_api.types.enums import describe
from shopx_core.domain.periods import Granularity
from shopx_core.domain.rfm import Segment


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
