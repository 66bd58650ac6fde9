"""When orders are placed: the number on each day, and their times of day. Pure."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopx_store.seeding.options import SeedOptions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GROWTH = 0.18
"""Growth of demand in a year."""
WEEK = (0.92, 0.95, 1.0, 1.05, 1.18, 1.14, 0.76)
"""Demand by weekday, from Monday."""
HOURS = (
    0.18, 0.10, 0.07, 0.05, 0.06, 0.12, 0.3, 0.62, 0.95, 1.2, 1.35, 1.42,
    1.5, 1.38, 1.3, 1.28, 1.3, 1.38, 1.5, 1.62, 1.55, 1.2, 0.75, 0.38,
)  # fmt: skip
"""Demand by hour of the local day."""
BLACK_DAYS = 4
"""From Black Friday to the Monday after it."""
RUSH = 0.4
"""What the days before Christmas bring more at the most; it grows day by day."""
RUSH_DAYS = 21
LULL = 0.9
"""Demand after Christmas, of what it would be."""
LULL_DAYS = 21
HOLIDAY = 0.45
"""Demand on a public holiday."""
NOISE = 0.06
"""Standard deviation of a day's chance, as a share."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the zone, and which orders (counted from 0) it has."""

    first: dt.date
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """Days on which demand leaves its weekly pattern, and why."""

    first: dt.date
    last: dt.date
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of a seeding.

    Attributes:
        days: Local days.
        starts: For each, the microsecond (since 1970, UTC) at which its demand begins.
        lengths: For each, how many microseconds are left to it: fewer on a day that is cut off.
        bounds: Orders before each day; one more entry than days.
        share: Of each day, which part (0 to 1) of its demand lies before and after the cuts.
    """

    days: tuple[dt.date, ...]
    starts: Ints
    lengths: Ints
    bounds: Ints
    share: Floats

    def months(self) -> list[Month]:
        """The months, in order."""
        firsts = [day.replace(day=1) for day in self.days]
        edges = [i for i in range(len(firsts)) if i == 0 or firsts[i] != firsts[i - 1]]
        ends = [*edges[1:], len(firsts)]
        return [
            Month(firsts[a], int(self.bounds[a]), int(self.bounds[b]))
            for a, b in zip(edges, ends, strict=True)
        ]

    def instants(self, orders: Ints, chance: Floats) -> tuple[Ints, Ints]:
        """When orders happen.

        Args:
            orders: Their numbers, ascending.
            chance: For each a number in [0, 1).

        Returns:
            The day's index and the microsecond of each; ascending.
        """
        day = np.searchsorted(self.bounds, orders, side="right") - 1
        nth = orders - self.bounds[day]
        count = self.bounds[day + 1] - self.bounds[day]
        # Stratified: the nth of a day's orders lies in the nth part of its demand.
        low, high = self.share[day, 0], self.share[day, 1]
        demand = low + (high - low) * (nth + chance) / count
        hours = np.interp(demand, _CURVE, np.arange(25.0))
        full = self.lengths[day] * hours / 24.0
        return day, self.starts[day] + full.astype(np.int64)


def _curve() -> Floats:
    total = np.concatenate([[0.0], np.cumsum(HOURS)])
    return np.asarray(total / total[-1], dtype=np.float64)


_CURVE = _curve()


def timeline(options: SeedOptions) -> Timeline:
    """The days between start and end, with `options.orders` orders in all."""
    zone = options.tz
    first = options.start.astimezone(zone).date()
    last = (options.end - dt.timedelta(microseconds=1)).astimezone(zone).date()
    days = tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    midnights = [
        dt.datetime.combine(day, dt.time.min, tzinfo=zone)
        for day in (*days, last + dt.timedelta(days=1))
    ]
    edges = np.array([_microseconds(midnight) for midnight in midnights], dtype=np.int64)
    starts, lengths = edges[:-1], np.diff(edges)
    cuts = np.array([_microseconds(options.start), _microseconds(options.end) - 1])
    hours = (np.clip(cuts, starts[[0, -1]], edges[[1, -1]]) - starts[[0, -1]]) / lengths[[0, -1]]
    share = np.tile(np.array([0.0, 1.0]), (len(days), 1))
    share[0, 0] = np.interp(24 * hours[0], np.arange(25.0), _CURVE)
    share[-1, 1] = np.interp(24 * hours[1], np.arange(25.0), _CURVE)
    weights = _weights(days, options.seed) * (share[:, 1] - share[:, 0])
    return Timeline(days, starts, lengths, _bounds(weights, options.orders), share)


def demand(at: dt.datetime) -> float:
    """The relative demand at a local time, without chance: growth, weekday, season and hour."""
    day = at.date()
    years = day.toordinal() / 365.25
    grown = float((1 + GROWTH) ** (years - _EPOCH.toordinal() / 365.25))
    return grown * WEEK[day.weekday()] * _season(day) * HOURS[at.hour]


def _microseconds(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def _weights(days: tuple[dt.date, ...], seed: int) -> Floats:
    chance = np.random.default_rng([seed, 1]).normal(0.0, NOISE, len(days))
    age = np.arange(len(days)) / 365.25
    weekday = np.array([WEEK[day.weekday()] for day in days])
    season = np.array([_season(day) for day in days])
    return np.asarray((1 + GROWTH) ** age * weekday * season * np.exp(chance), dtype=np.float64)


def _season(day: dt.date) -> float:
    """The year's course: a slow summer, Black Friday, the weeks before Christmas and after it."""
    turn = 2 * np.pi * (day.timetuple().tm_yday / 365.25)
    course = 1 + 0.10 * np.cos(turn) - 0.05 * np.cos(2 * turn)
    advent = (day - dt.date(day.year, 11, 30)).days
    if 0 <= (day - _black_friday(day.year)).days < BLACK_DAYS:
        course *= 2.1
    elif 0 < advent <= RUSH_DAYS:
        course *= 1 + RUSH * advent / RUSH_DAYS
    elif RUSH_DAYS < advent <= RUSH_DAYS + 3:
        course *= 1 + RUSH * (RUSH_DAYS + 4 - advent) / 4
    elif (day.month, day.day) in {(12, 25), (12, 26), (1, 1)}:
        course *= HOLIDAY
    elif day <= _christmas(day.year - 1) + dt.timedelta(days=LULL_DAYS - 1) or day > _christmas(
        day.year
    ):
        course *= LULL
    return float(course)


def _black_friday(year: int) -> dt.date:
    november = dt.date(year, 11, 1)
    return november + dt.timedelta(days=(3 - november.weekday()) % 7 + 22)


def _christmas(year: int) -> dt.date:
    return dt.date(year, 12, 25)


def occasions(first: dt.date, last: dt.date) -> list[Occasion]:
    """What explains the generated days between two, in order; whole, where a part lies between."""
    found = []
    for year in range(first.year - 1, last.year + 1):
        friday, christmas = _black_friday(year), _christmas(year)
        day = dt.timedelta(days=1)
        found += [
            Occasion(friday, friday + (BLACK_DAYS - 1) * day, "Black Friday"),
            Occasion(dt.date(year, 12, 1), christmas - day, "Before Christmas"),
            Occasion(christmas, christmas + (LULL_DAYS - 1) * day, "After Christmas"),
        ]
    return [one for one in found if one.first <= last and first <= one.last]


def _bounds(weights: Floats, orders: int) -> Ints:
    """Cumulative counts that add up: the remainders go to the days with the largest."""
    exact = weights * (orders / weights.sum())
    counts = np.floor(exact).astype(np.int64)
    rest = orders - int(counts.sum())
    largest = np.argsort(counts - exact, kind="stable")[:rest]
    counts[largest] += 1
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
