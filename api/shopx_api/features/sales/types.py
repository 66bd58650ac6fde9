"""Types of the sales panel."""

import datetime as dt
import enum
from decimal import Decimal

import strawberry

from shopx_api.types.enums import DimensionName, MetricId, describe
from shopx_api.types.figures import Figure, Period


@strawberry.type(description="A metric by weekday and hour of the asked zone, in columns.")
class Heatmap:
    """168 cells, Monday 0 o'clock first; a metric's value of all such hours of the period."""

    metric: MetricId = strawberry.field(description="What the values are.")
    weekdays: list[int] = strawberry.field(description="Of each cell: 1 Monday to 7 Sunday.")
    hours: list[int] = strawberry.field(description="Of each cell: 0 to 23, of the wall clock.")
    values: list[Decimal | None] = strawberry.field(
        description="Of each cell; null for a quotient whose divisor is 0."
    )


@strawberry.type(description="The parts of a change of revenue; they add up to it exactly.")
class ChangeEffects:
    """In the reporting currency."""

    before: Decimal = strawberry.field(description="The revenue of the compared period.")
    now: Decimal = strawberry.field(description="The revenue of the period.")
    change: Decimal = strawberry.field(description="`now` minus `before`.")
    volume: Decimal = strawberry.field(
        description="As if every member sold in both periods had grown like the units of all."
    )
    mix: Decimal = strawberry.field(
        description="By units that grew more or less than those of all, at the prices before."
    )
    price: Decimal = strawberry.field(
        description="By the revenue of a unit: prices, discounts and returns."
    )
    new: Decimal = strawberry.field(description="Of members that were not sold before.")
    gone: Decimal = strawberry.field(description="Of members that are not sold any more.")
    unitless: Decimal = strawberry.field(
        description="Of members without units in either period, such as returns of earlier sales."
    )


@strawberry.type(description="A member's part of a change.")
class ChangeRow:
    """A row."""

    id: strawberry.ID = strawberry.field(description="Its id, as in a breakdown.")
    label: str = strawberry.field(description="Its name.")
    is_none: bool = strawberry.field(description="Whether it stands for sales without a member.")
    effects: ChangeEffects = strawberry.field(description="What its change is made of.")


@strawberry.type(description="What a change of revenue is made of.")
class Change:
    """Price, volume and mix."""

    dimension: DimensionName = strawberry.field(description="What the rows are.")
    total: ChangeEffects = strawberry.field(description="Over all members.")
    members: int = strawberry.field(description="How many members there are.")
    rows: list[ChangeRow] = strawberry.field(
        description="The members with the largest changes, up or down, the largest first."
    )


@strawberry.type(description="Today so far, against the same hours of an earlier day.")
class Live:
    """Never cached."""

    as_of: dt.datetime = strawberry.field(description="The instant that the figures are as of.")
    period: Period = strawberry.field(description="Today in the asked zone, up to the as-of.")
    comparison: Period = strawberry.field(
        description="The same hours of the day that is compared with."
    )
    figures: list[Figure] = strawberry.field(description="One for each metric, as asked.")
    last_order_at: dt.datetime | None = strawberry.field(
        description="When the newest order was placed; null without one."
    )


class ForecastState(enum.StrEnum):
    """What became of a forecast."""

    READY = "ready"
    TOO_SHORT = "too_short"
    NOT_BETTER = "not_better"


describe(
    ForecastState,
    name="ForecastState",
    description="What became of a forecast.",
    values={
        ForecastState.READY: "It was better than the values of a week before, and is shown.",
        ForecastState.TOO_SHORT: "There are too few days with sales to forecast from.",
        ForecastState.NOT_BETTER: "It was not better than the values of a week before, so it is "
        "left out.",
    },
)


@strawberry.type(description="What is expected, rounded to four digits, and within which bounds.")
class Estimate:
    """Of one span of time."""

    expected: Decimal = strawberry.field(description="The forecast.")
    low: Decimal = strawberry.field(description="The lower bound.")
    high: Decimal = strawberry.field(description="The upper bound.")


@strawberry.type(
    description="How the same method did before: forecasts a week apart, each of which knew only "
    "what came before it."
)
class BackTest:
    """See `shopx_core.domain.forecast`."""

    forecasts: int = strawberry.field(description="How many were made.")
    days: int = strawberry.field(description="How many days each looked ahead.")
    coverage: Decimal = strawberry.field(
        description="The part of their errors that the bounds of a forecast hold: 0.8 is 80 %."
    )
    mase: Decimal | None = strawberry.field(
        description="Mean absolute scaled error: their mean error, in mean differences of a day "
        "from that a week before. Null where these are 0."
    )
    naive_mase: Decimal | None = strawberry.field(
        description="The same of the last known week, repeated: what a forecast has to beat."
    )


@strawberry.type(description="A member whose part of an unusual day changed most.")
class DayMover:
    """Against the same day a week before."""

    id: strawberry.ID = strawberry.field(description="Its id, as in a breakdown.")
    label: str = strawberry.field(description="Its name.")
    is_none: bool = strawberry.field(description="Whether it stands for sales without a member.")
    change: Decimal = strawberry.field(
        description="Its value on the day, minus that on the same day of the week before."
    )


@strawberry.type(
    description="A day outside of what the newest forecast of the back-test before it expected: by "
    "more than 3.5 times the usual error."
)
class UnusualDay:
    """An anomaly and its reason."""

    bucket: dt.datetime = strawberry.field(description="When the day begins.")
    value: Decimal = strawberry.field(description="What was booked.")
    estimate: Estimate = strawberry.field(description="What was expected.")
    beyond: Decimal = strawberry.field(
        description="How far the value is above the upper bound; negative below the lower one. "
        "Rounded to four digits."
    )
    mover: DayMover | None = strawberry.field(
        description="What contributed most; null where nothing changed in that direction."
    )


@strawberry.type(
    description="A daily series and its forecast, in columns of equal length: the last 8 weeks "
    "that are known, then the days ahead."
)
class Forecast:
    """Estimates, never figures."""

    metric: MetricId = strawberry.field(description="What the values are.")
    state: ForecastState = strawberry.field(description="What became of it.")
    known_days: int = strawberry.field(
        description="Days from the first sale on that it was made of, 287 at most."
    )
    needed_days: int = strawberry.field(description="Days that it needs.")
    buckets: list[dt.datetime] = strawberry.field(description="When each day begins.")
    values: list[Decimal | None] = strawberry.field(
        description="What was booked on each day; null for the days ahead."
    )
    expected: list[Decimal | None] = strawberry.field(
        description="What is expected, rounded to four digits; null for known days."
    )
    low: list[Decimal | None] = strawberry.field(description="Its lower bounds.")
    high: list[Decimal | None] = strawberry.field(description="Its upper bounds.")
    total: Estimate | None = strawberry.field(
        description="Of all days ahead together; null where there is none, and where the back-test "
        "is too short to tell its bounds."
    )
    back_test: BackTest | None = strawberry.field(
        description="How it did before; null where there are too few days."
    )
    unusual: list[UnusualDay] = strawberry.field(
        description="Unusual days of the last 8 weeks, the newest first, five at most."
    )


@strawberry.type(
    description="How the best members make up a metric, in columns of equal length: points along "
    "the Pareto curve."
)
class ParetoCurve:
    """The curve under the ABC classes."""

    dimension: DimensionName = strawberry.field(description="What the members are.")
    metric: MetricId = strawberry.field(description="What they make.")
    members: int = strawberry.field(description="How many members have a value.")
    class_a: int = strawberry.field(description="How many of them are in class A.")
    class_b: int = strawberry.field(description="How many are in class B.")
    counts: list[int] = strawberry.field(
        description="The best so many members, from 0; the ends of the classes are among them."
    )
    shares: list[Decimal | None] = strawberry.field(
        description="What they make together, of all members above 0; losses do not count. Null "
        "where no member is above 0."
    )
    members_below: int = strawberry.field(
        description="Members at 0 or below, which are in class C and do not count for shares."
    )
