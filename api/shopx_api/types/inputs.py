"""Arguments that fields share: period, comparison, filters, pages."""

import datetime as dt
from typing import Annotated

import strawberry

from shopx_api.types.enums import MetricId, SegmentFilter, SortDirection, SortValue
from shopx_core.domain.periods import Comparison, Granularity, Preset


@strawberry.input(
    description="Calendar days in the asked zone, from the first to the last, both included."
)
class DateRangeInput:
    """Calendar days."""

    first: dt.date = strawberry.field(name="from", description="The first day.")
    last: dt.date = strawberry.field(name="to", description="The last day, included.")


@strawberry.input(description="Instants from the first up to and without the last.")
class InstantRangeInput:
    """A half-open range that need not begin at midnight."""

    start: dt.datetime = strawberry.field(name="from", description="The first instant.")
    end: dt.datetime = strawberry.field(name="to", description="The end, not part of the range.")


@strawberry.input(one_of=True, description="Which time: exactly one of the three.")
class PeriodInput:
    """A range by name, by days or by instants."""

    preset: strawberry.Maybe[Preset] = strawberry.field(description="A range relative to today.")
    days: strawberry.Maybe[DateRangeInput] = strawberry.field(description="Calendar days.")
    instants: strawberry.Maybe[InstantRangeInput] = strawberry.field(description="Instants.")


@strawberry.input(description="What the period is compared with.")
class ComparisonInput:
    """Without it nothing is compared."""

    mode: Comparison = strawberry.field(
        default=Comparison.PREVIOUS_PERIOD, description="Which earlier period."
    )
    match_weekdays: bool = strawberry.field(
        default=True, description="Compare Mondays with Mondays by moving whole weeks."
    )
    days: DateRangeInput | None = strawberry.field(
        default=None, description="The earlier days; for mode CUSTOM, and only there."
    )


@strawberry.input(
    description="Which sales: all lists must match, and within a list any entry. An empty or "
    'missing list does not filter. Every list takes the id of "none" that breakdowns show.'
)
class FilterInput:
    """Ids of breakdowns, `filterOptions` and entities."""

    categories: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Categories, with everything below them."
    )
    products: list[strawberry.ID] | None = strawberry.field(default=None, description="Products.")
    customers: list[strawberry.ID] | None = strawberry.field(default=None, description="Customers.")
    segments: list[SegmentFilter] | None = strawberry.field(
        default=None, description="Customer segments, as last computed."
    )
    reps: list[strawberry.ID] | None = strawberry.field(default=None, description="Sales reps.")
    regions: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Sales regions."
    )
    channels: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Sales channels."
    )


@strawberry.input(description="One hour of every week in the period, in the asked zone.")
class WeekHourInput:
    """A cell of the heat map."""

    weekday: int = strawberry.field(description="1 Monday to 7 Sunday.")
    hour: int = strawberry.field(description="Hour of the wall clock, 0 to 23.")


PeriodArg = Annotated[
    PeriodInput | None,
    strawberry.argument(description="Which time; the last 28 days where it is left out."),
]
ComparisonArg = Annotated[
    ComparisonInput | None,
    strawberry.argument(description="What to compare with; nothing where it is left out."),
]
ZoneArg = Annotated[
    str | None,
    strawberry.argument(
        description="IANA time zone whose days and hours count, such as Europe/Berlin; the "
        "reporting zone where it is left out."
    ),
]
FilterArg = Annotated[
    FilterInput | None,
    strawberry.argument(description="Which sales; all where it is left out."),
]
GranularityArg = Annotated[
    Granularity | None,
    strawberry.argument(
        description="The unit of the buckets; one that suits the period where it is left out."
    ),
]
MetricsArg = Annotated[
    list[MetricId] | None,
    strawberry.argument(description="Which figures, 1 to 12; the usual ones if null."),
]
IdArg = Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
FirstArg = Annotated[int, strawberry.argument(description="How many at most, 1 to 100.")]
AfterArg = Annotated[
    str | None,
    strawberry.argument(description="Continue after the item with this cursor."),
]
SortArg = Annotated[
    SortValue, strawberry.argument(description="Which part of the ranking figure orders the rows.")
]
DirectionArg = Annotated[SortDirection, strawberry.argument(description="Which end comes first.")]
SearchArg = Annotated[
    str | None,
    strawberry.argument(
        description="Only members whose name, SKU, key or address has this part, in any case. "
        "Places, shares and totals stay those among all."
    ),
]
