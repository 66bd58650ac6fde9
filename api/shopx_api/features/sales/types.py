"""Types of the sales panel."""

import datetime as dt
from decimal import Decimal

import strawberry

from shopx_api.types.enums import MetricId
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
