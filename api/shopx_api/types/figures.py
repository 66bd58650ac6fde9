"""Types that all panels share: periods, figures with their change, series, breakdowns.

Series are columns rather than objects: one list of bucket starts and one list of values a metric.
Executing an object costs far more than executing a list item, and charts want columns anyway.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from decimal import Decimal

import strawberry

from shopx_api.types.connection import Connection
from shopx_api.types.enums import DimensionName, MetricId
from shopx_core.domain.deltas import DeltaStatus, Direction, Verdict
from shopx_core.domain.metrics import Better, Unit
from shopx_core.domain.periods import Granularity, Preset
from shopx_store.query import left_out


@strawberry.type(description="A range of time as it was understood.")
class Period:
    """A resolved range."""

    start: dt.datetime = strawberry.field(name="from", description="The first instant.")
    end: dt.datetime = strawberry.field(name="to", description="The end, not part of the period.")
    first_day: dt.date = strawberry.field(description="The local day of the first instant.")
    last_day: dt.date = strawberry.field(description="The local day of the last instant.")
    zone: str = strawberry.field(description="The IANA zone whose days and hours count.")
    preset: Preset | None = strawberry.field(
        description="The preset it was resolved from; null for chosen days or instants."
    )
    is_running: bool = strawberry.field(
        description="Whether now lies in it, so that its figures may still change."
    )
    granularities: list[Granularity] = strawberry.field(
        description="The units that suit it, finest first."
    )


@strawberry.type(description="A change from the previous value to the current one.")
class Delta:
    """Computed by `shopx_core.domain.deltas`."""

    absolute: Decimal | None = strawberry.field(
        description="Current minus previous; null when a side is missing."
    )
    ratio: Decimal | None = strawberry.field(
        description="`absolute` divided by the magnitude of the previous value: 0.25 is +25 %; "
        "null where a percentage would lie."
    )
    direction: Direction = strawberry.field(description="Where the arrow points.")
    status: DeltaStatus = strawberry.field(description="What the change reads as.")
    verdict: Verdict = strawberry.field(description="Whether the change is welcome.")


@strawberry.type(description="A metric's value, with its change and its share.")
class Figure:
    """One KPI tile, or one cell group of a breakdown."""

    metric: MetricId = strawberry.field(description="Which metric.")
    value: Decimal | None = strawberry.field(
        description="The value; null for a quotient whose divisor is 0."
    )
    previous: Decimal | None = strawberry.field(
        description="The value in the compared period, like for like: a running period is "
        "compared up to the moment that corresponds to now. Null without comparison."
    )
    delta: Delta | None = strawberry.field(description="The change; null without comparison.")
    share: Decimal | None = strawberry.field(
        description="The part of the total, 0.25 is 25 %; null outside of breakdowns, for "
        "quotients and distinct counts, which do not add up, and where the total is 0."
    )


@strawberry.type(description="A metric's values, one for each bucket of the series.")
class SeriesLine:
    """A column of a series."""

    metric: MetricId = strawberry.field(description="Which metric.")
    current: list[Decimal | None] = strawberry.field(
        description="One value a bucket; null where a quotient has none, and for buckets that "
        "have not begun."
    )
    previous: list[Decimal | None] | None = strawberry.field(
        description="One value a bucket: that of the compared period's bucket at the same place; "
        "null where it has none. The list is null without comparison."
    )
    unpaired: list[Decimal | None] = strawberry.field(
        description="One value for each of the series' `unpairedBuckets`."
    )


@strawberry.type(description="Metrics over time, in columns of equal length.")
class Series:
    """A chart."""

    granularity: Granularity = strawberry.field(description="The unit of the buckets.")
    buckets: list[dt.datetime] = strawberry.field(
        description="When each bucket begins. They partition the period: the first and the last "
        "may be cut by it."
    )
    previous_buckets: list[dt.datetime | None] | None = strawberry.field(
        description="When the compared period's bucket of the same place begins; null where it "
        "has none. The list is null without comparison."
    )
    unpaired_buckets: list[dt.datetime] = strawberry.field(
        description="When the compared period's buckets begin that have no counterpart: the hour "
        "that a clock change skips in the period, or days beyond a shorter one. Together with "
        "`previousBuckets` they are all of the compared period."
    )
    partial_from: int | None = strawberry.field(
        description="Index of the bucket that is still running: it and all later ones are "
        "unfinished. Null when every bucket is over."
    )
    partial: list[int] = strawberry.field(
        description="Indexes of all buckets that stand for less than a whole calendar unit: cut "
        "by the period, running, or still to come."
    )
    lines: list[SeriesLine] = strawberry.field(description="One for each metric, as asked.")


@strawberry.type(description="One row of a breakdown.")
class BreakdownRow:
    """A member of the dimension, or the sales that have none."""

    id: strawberry.ID = strawberry.field(
        description="What to pass in a filter; for segments the segment's name."
    )
    label: str = strawberry.field(description="What it is called.")
    is_none: bool = strawberry.field(
        description="Whether this row is what has no member, such as sales without a rep."
    )
    figures: list[Figure] = strawberry.field(description="One for each metric, as asked.")


@strawberry.type(description="Metrics by a dimension, ranked, with the total of all rows.")
class Breakdown(Connection[BreakdownRow]):
    """A connection with the total of all rows."""

    dimension: DimensionName = strawberry.field(description="What the rows are.")
    sum_up: strawberry.Private[Callable[[], Awaitable[list[Figure]]]]

    @strawberry.field(
        description="All rows together, also those of other pages; one for each metric. Equal to "
        "the KPIs of the same period and filters, also for distinct counts, which do not add up."
    )
    async def total(self) -> list[Figure]:
        """All rows together."""
        return await self.sum_up()


@strawberry.type(description="A part of a list as text.")
class CsvPart:
    """Parts that follow one another make the whole file."""

    name: str = strawberry.field(description="The file's name, the same in every part.")
    text: str = strawberry.field(
        description="Lines of comma-separated values, exact and in ISO 8601. The first part begins "
        "with what they are of: period, zone, currency, filters, as-of, definitions."
    )
    text_columns: int = strawberry.field(
        description="How many leading columns are texts; the others are numbers."
    )
    rows: int = strawberry.field(description="Rows of this part.")
    total_count: int = strawberry.field(description="Rows of all parts.")
    end_cursor: str | None = strawberry.field(
        description="Pass it as `after` for the next part; null after the last."
    )


@strawberry.type(description="A figure and how it is defined.")
class Metric:
    """An entry of the registry."""

    id: MetricId = strawberry.field(description="Which metric.")
    title: str = strawberry.field(description="What it is called.")
    definition: str = strawberry.field(description="One sentence in accounting terms.")
    unit: Unit = strawberry.field(description="How it reads.")
    better: Better = strawberry.field(description="Which way it should move.")
    is_additive: bool = strawberry.field(
        description="Whether the values of disjoint parts add up to the value of the whole."
    )


@strawberry.type(
    description="Amounts that figures leave out, because no exchange rate of their currency is "
    "known for their day."
)
class LeftOut:
    """See `shopx_store.query.left_out`."""

    currency: str = strawberry.field(description="Their currency, which the amounts are in.")
    lines: int = strawberry.field(description="Sale lines, without those taken back.")
    gross: Decimal = strawberry.field(description="Before discounts and returns.")
    amount: Decimal = strawberry.field(
        description="The revenue that is missing; 0 where everything was returned."
    )
    cost: Decimal = strawberry.field(description="The cost that is missing.")
    command: str = strawberry.field(
        description="What adds the rate, with RATE for the units of the reporting currency that "
        "one unit of this one is worth."
    )

    @classmethod
    def of(cls, found: left_out.LeftOut) -> "LeftOut":
        """Make it as the schema shows it."""
        return cls(
            currency=found.currency,
            lines=found.lines,
            gross=found.gross,
            amount=found.amount,
            cost=found.cost,
            command=found.command,
        )
