"""Orders and their lines, in chunks; each chunk is a pure function of its number.

Customers come in monthly cohorts, and leave: of a cohort, those with low numbers stay longest and
buy most, so the active ones of any month are the first few of every cohort. No state of earlier
orders is needed, so a seeding of any size is made chunk by chunk, in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopx_store.seeding.catalogue import RATES, Catalogue
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.timeline import Month, Timeline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK_ORDERS = 20_000
CHURN = 0.11
"""Share of a cohort that leaves in a month."""
LOYALTY = 2.2
"""How much more long-standing customers buy."""
ANONYMOUS = 0.05
"""Share of orders without a customer."""
EXTRA_LINES = 0.72
"""Probability of another line."""
MAX_LINES = 24
COMPANION_CHANCE = 0.3
"""Probability that a second line is the first one's companion."""
INFLATION = 0.025
"""Rise of prices and costs in a year, in monthly steps."""
DISCOUNTS = ((0.70, 0), (0.80, 5), (0.90, 10), (0.96, 15), (0.99, 20), (1.0, 30))
"""Cumulative probability of each discount, in percent."""
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Orders and their lines, as arrays; an order's lines follow one another.

    Attributes:
        first: Number of the first order.
        ordered_at: Microseconds since 1970, for each order.
        customer: Index, -1 for none.
        rep, region, channel, currency: Indices.
        order: For each line, its order within the chunk.
        line_no: From 1.
        product: Index.
        quantity: For each line.
        gross, discount, cost: Cents of the order's currency.
        returned_at: For each line, when it was returned; 0 for never.
    """

    first: int
    ordered_at: Ints
    customer: Ints
    rep: Ints
    region: Ints
    channel: Ints
    currency: Ints
    order: Ints
    line_no: Ints
    product: Ints
    quantity: Ints
    gross: Ints
    discount: Ints
    cost: Ints
    returned_at: Ints


@dataclass(frozen=True, slots=True)
class Cohorts:
    """How many customers each month brings; `bounds[m]` come before month `m`."""

    bounds: Ints

    def active(self, month: int) -> Ints:
        """The remaining customers of each cohort up to this month."""
        age = np.arange(month, -1, -1)
        size = np.diff(self.bounds)[: month + 1]
        stay = np.rint(size * (1 - CHURN) ** age).astype(np.int64)
        return np.asarray(np.maximum(stay, np.minimum(size, 1)), dtype=np.int64)


def cohorts(options: SeedOptions, months: list[Month]) -> Cohorts:
    """New customers by month: in proportion to its orders, more in the beginning."""
    orders = np.array([month.end - month.begin for month in months], dtype=np.float64)
    weight = orders * (1 + 1.5 * np.exp(-np.arange(len(months)) / 3))
    share = np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum()
    return Cohorts(np.round(share * options.customer_count).astype(np.int64))


class Demand:
    """Makes the chunks of a seeding."""

    def __init__(self, options: SeedOptions, goods: Catalogue, timeline: Timeline) -> None:
        self._options = options
        self._catalogue = goods
        self._timeline = timeline
        self.days = timeline.days
        self.months = timeline.months()
        self.cohorts = cohorts(options, self.months)

    def chunks(self, month: int) -> Iterator[Chunk]:
        """The orders of a month."""
        begin, end = self.months[month].begin, self.months[month].end
        for n, first in enumerate(range(begin, end, CHUNK_ORDERS)):
            rng = np.random.default_rng([self._options.seed, 3, month, n])
            yield self._chunk(rng, month, first, min(first + CHUNK_ORDERS, end))

    def _chunk(self, rng: np.random.Generator, month: int, begin: int, end: int) -> Chunk:
        goods, count = self._catalogue, end - begin
        numbers = np.arange(begin, end, dtype=np.int64)
        day, ordered_at = self._timeline.instants(numbers, rng.random(count))
        customer = self._customers(rng, month, count)
        # Known customers keep their region; anonymous orders come from any.
        place = np.where(customer >= 0, _spread(customer), rng.random(count))
        region = np.searchsorted(goods.regions, place, side="right")
        channel = np.searchsorted(goods.channels, rng.random(count), side="right")
        rep = _reps(goods, region, rng.random(count))
        currency = goods.region_currency[region]
        lines = np.minimum(1 + rng.geometric(1 - EXTRA_LINES, count) - 1, MAX_LINES)
        order = np.repeat(np.arange(count, dtype=np.int64), lines)
        starts = np.concatenate([[0], np.cumsum(lines)[:-1]])
        line_no = np.arange(len(order), dtype=np.int64) - starts[order] + 1
        product = self._products(rng, order, starts)
        rate = self._price_level(month, day)[order] * self._exchange(currency)[order]
        quantity = np.minimum(rng.geometric(0.72, len(order)), 24)
        gross = quantity * np.maximum(np.rint(goods.prices[product] * rate).astype(np.int64), 1)
        cost = quantity * np.rint(goods.costs[product] * rate).astype(np.int64)
        percent = _discounts(rng, len(order))
        # In cents, half up.
        discount = (gross * percent + 50) // 100
        returned_at = self._returns(rng, product, ordered_at[order])
        return Chunk(
            begin, ordered_at, customer, rep, region, channel, currency, order, line_no, product,
            quantity, gross, discount, cost, returned_at,
        )  # fmt: skip

    def _customers(self, rng: np.random.Generator, month: int, count: int) -> Ints:
        active = self.cohorts.active(month)
        if not active.sum():
            return np.full(count, -1, dtype=np.int64)
        cohort = np.searchsorted(np.cumsum(active) / active.sum(), rng.random(count), side="right")
        cohort = np.minimum(cohort, len(active) - 1)
        rank = (active[cohort] * rng.random(count) ** LOYALTY).astype(np.int64)
        chosen = self.cohorts.bounds[cohort] + rank
        return np.where(rng.random(count) < ANONYMOUS, -1, chosen)

    def _products(self, rng: np.random.Generator, order: Ints, starts: Ints) -> Ints:
        popularity = self._catalogue.popularity
        product = np.searchsorted(popularity, rng.random(len(order)), side="right")
        seconds = starts[starts + 1 < len(order)] + 1
        seconds = seconds[order[seconds] == order[seconds - 1]]
        seconds = seconds[rng.random(len(seconds)) < COMPANION_CHANCE]
        product[seconds] = self._catalogue.companion[product[seconds - 1]]
        return product

    def _price_level(self, month: int, day: Ints) -> Floats:
        return np.full(len(day), (1 + INFLATION) ** (month / 12))

    def _exchange(self, currency: Ints) -> Floats:
        units = np.array([RATES.get(code, 1.0) for code in self._options.currencies])
        return np.asarray((units[0] / units)[currency], dtype=np.float64)

    def _returns(self, rng: np.random.Generator, product: Ints, ordered_at: Ints) -> Ints:
        back = rng.random(len(product)) < self._catalogue.returned[product]
        delay = (rng.gamma(2.0, 4.5, len(product)) + 1) * DAY
        returned_at = ordered_at + delay.astype(np.int64)
        end = int(self._options.end.timestamp() * 1_000_000)
        return np.where(back & (returned_at < end), returned_at, 0)


def _spread(numbers: Ints) -> Floats:
    """A number in [0, 1) for each number, always the same one (a Weyl sequence)."""
    return np.asarray((numbers * 0.6180339887498949) % 1.0, dtype=np.float64)


def _reps(goods: Catalogue, region: Ints, chance: Floats) -> Ints:
    rep = np.empty(len(region), dtype=np.int64)
    for n, (own, shares) in enumerate(goods.territories):
        here = region == n
        rep[here] = own[np.searchsorted(shares, chance[here], side="right")]
    return rep


def _discounts(rng: np.random.Generator, count: int) -> Ints:
    limits = np.array([limit for limit, _ in DISCOUNTS])
    percents = np.array([percent for _, percent in DISCOUNTS], dtype=np.int64)
    return percents[np.searchsorted(limits, rng.random(count), side="right")]
