"""Types of the sales panel."""

import datetime as dt
from decimal import Decimal

import strawberry

from shopx_api.types.enums import DimensionName, MetricId
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
