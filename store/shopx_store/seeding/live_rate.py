"""How often live orders arrive: as often as in the history at that hour, or at a fixed rate. Pure.

A dashboard compares the running hour with the same hour of earlier days, so live orders at another
rate than the history's would read as a boom or a collapse.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from shopx_store.seeding.timeline import demand

Rate = Callable[[dt.datetime], float]
"""Orders a second that are expected at an instant."""

HISTORY: Final = dt.timedelta(days=28)
"""The end of the history that the rate is taken from: four of each weekday."""

_HOUR: Final = dt.timedelta(hours=1)


def constant(rate: float) -> Rate:
    """The same rate at any time."""
    return lambda _: rate


def as_before(orders: int, end: dt.datetime, zone: ZoneInfo) -> Rate:
    """The rate that continues a history: its orders, spread as the generator spreads demand.

    Args:
        orders: Of the `HISTORY` before `end`.
        end: When the history ends, aware.
        zone: Of the days and hours that demand follows.
    """
    hours = int(HISTORY / _HOUR)
    whole = sum(demand(end.astimezone(zone) - n * _HOUR) for n in range(1, hours + 1))
    scale = orders / whole / _HOUR.total_seconds()
    return lambda at: scale * demand(at.astimezone(zone))


def seconds_to_next(rate: Rate, now: dt.datetime, share: float) -> float:
    """Seconds from now until the next order.

    Args:
        rate: Steady within each clock hour.
        now: Aware.
        share: Of an exponential distribution with mean 1.
    """
    at, left = now, share
    while True:
        expected = rate(at)
        until = at.replace(minute=0, second=0, microsecond=0) + _HOUR
        orders = expected * (until - at).total_seconds()
        if left < orders:
            return (at - now).total_seconds() + left / expected
        left -= orders
        at = until
