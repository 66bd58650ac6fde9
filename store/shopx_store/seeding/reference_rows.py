"""Reference rows of a seeding that depend on its demand: quotas, rates, customers. Pure."""

import datetime as dt
from collections.abc import Iterator

import numpy as np

from shopx_store.seeding import names
from shopx_store.seeding.catalogue import RATES, Catalogue
from shopx_store.seeding.demand import DISCOUNTS, EXTRA_LINES
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.timeline import Month

AMBITION = 0.92
"""Quotas as a share of the expected revenue before returns."""


def quotas(
    options: SeedOptions, goods: Catalogue, months: list[Month]
) -> Iterator[tuple[int, dt.date, int]]:
    """The quota of each rep and month, in whole units of the main currency."""
    rng = np.random.default_rng([options.seed, 4])
    order_value = _order_value(goods)
    regions = np.diff(goods.regions, prepend=0.0)
    for month in months:
        expected = (month.end - month.begin) * order_value / 100
        for region, (own, cumulative) in enumerate(goods.territories):
            shares = np.diff(cumulative, prepend=0.0)
            for rep, share in zip(own, shares, strict=True):
                if goods.reps[rep].region != region:
                    continue
                wish = expected * regions[region] * share * AMBITION * rng.uniform(0.88, 1.14)
                yield int(rep), month.first, max(int(round(wish, -2)), 100)


def _order_value(goods: Catalogue) -> float:
    """The mean revenue of an order in cents, before returns."""
    shares = np.diff(goods.popularity, prepend=0.0)
    probability = np.diff([limit for limit, _ in DISCOUNTS], prepend=0.0)
    off = float(np.dot(probability, [percent for _, percent in DISCOUNTS])) / 100
    lines = 1 / (1 - EXTRA_LINES)
    quantity = 1 / 0.72
    return float(np.dot(shares, goods.prices)) * lines * quantity * (1 - off)


def rates(
    options: SeedOptions, reporting: str, months: list[Month]
) -> Iterator[tuple[str, dt.date, str]]:
    """Monthly rates into the reporting currency, wandering about their mean."""
    rng = np.random.default_rng([options.seed, 5])
    for code in options.currencies:
        if code == reporting:
            continue
        steps = np.clip(np.cumsum(rng.normal(0, 0.006, len(months))), -0.08, 0.08)
        for month, step in zip(months, steps, strict=True):
            yield code, month.first, f"{RATES[code] / RATES[reporting] * (1 + step):.6f}"


def customer_rows(options: SeedOptions, first_id: int, source: int) -> Iterator[str]:
    """Every customer as a line of COPY's text format: id, source, key, name, email, country."""
    countries = [names.COUNTRIES[region] for region, _ in names.REGIONS]
    shares = np.cumsum([share for _, share in names.REGIONS])
    for begin in range(0, options.customer_count, 10_000):
        numbers = np.arange(begin, min(begin + 10_000, options.customer_count))
        places = np.searchsorted(shares, (numbers * 0.6180339887498949) % 1.0, side="right")
        yield "".join(
            f"{first_id + n}\t{source}\tC{n + 1:08d}"
            f"\t{(first := names.CUSTOMER_FIRST[n * 5 % 24])}"
            f" {(last := names.CUSTOMER_LAST[n * 11 // 24 % 25])}"
            f"\t{first}.{last}.{n + 1}@example.com"
            f"\t{countries[place]}\n"
            for n, place in zip(numbers.tolist(), places.tolist(), strict=True)
        )
