"""Products, categories, reps and regions of a seeding: a pure function of its options."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopx_store.seeding import names
from shopx_store.seeding.options import SeedOptions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ZIPF, HEAD = 1.05, 12
"""Popularity by Zipf and Mandelbrot: the nth product sells in proportion to 1/(n + 12)^1.05."""
RATES = {
    "USD": 1.0, "EUR": 1.09, "GBP": 1.27, "CHF": 1.13,
    "SEK": 0.096, "PLN": 0.25, "JPY": 0.0068, "CAD": 0.74,
}  # fmt: skip
"""Approximate dollars for one unit of each; only their ratios are used."""


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the product tree, by key."""

    key: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales rep with one region."""

    key: str
    name: str
    team: str
    region: int
    hired_on: dt.date
    manager: int | None
    """Index of another rep."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The reference data of a seeding; arrays have an entry for each product, or for each rep."""

    categories: tuple[Category, ...]
    product_names: tuple[str, ...]
    product_category: tuple[str, ...]
    prices: Ints
    """List price in cents."""
    costs: Ints
    """Cost of one, in cents."""
    returned: Floats
    """Probability that a line is returned."""
    popularity: Floats
    """Cumulative, ending in 1."""
    companion: Ints
    """The product that is often bought with each."""
    reps: tuple[Rep, ...]
    territories: tuple[tuple[Ints, Floats], ...]
    """For each region its reps, and their cumulative shares."""
    regions: Floats
    """Cumulative shares of the regions."""
    channels: Floats
    """Cumulative shares of the channels."""
    region_currency: Ints
    """For each region, the index of its currency in the options."""

    @property
    def product_keys(self) -> list[str]:
        """Their keys."""
        return [f"P{n + 1:05d}" for n in range(len(self.product_names))]


def catalogue(options: SeedOptions) -> Catalogue:
    """Make the reference data."""
    rng = np.random.default_rng([options.seed, 2])
    roots = list(names.CATEGORIES)
    categories = [Category(f"G{i + 1:02d}", root, None) for i, root in enumerate(roots)] + [
        Category(f"G{i + 1:02d}-{j + 1}", leaf, f"G{i + 1:02d}")
        for i, root in enumerate(roots)
        for j, leaf in enumerate(names.CATEGORIES[root])
    ]
    count = options.products
    root_of = rng.integers(0, len(roots), count)
    leaf_of = rng.integers(0, 4, count)
    spread = rng.lognormal(0.0, 0.55, count)
    median = np.array([names.PRICES[root] for root in roots])[root_of]
    # Prices end in 9.
    prices = np.maximum((median * spread * 10).astype(np.int64) * 10 + 9, 99)
    margin = np.array([names.MARGINS[root] for root in roots])[root_of]
    margin = np.clip(margin + rng.normal(0, 0.08, count), -0.05, 0.8)
    rank = rng.permutation(count) + 1
    weight = 1.0 / (rank + HEAD).astype(np.float64) ** ZIPF
    reps = _reps(options, rng)
    return Catalogue(
        categories=tuple(categories),
        product_names=tuple(
            _product_name(n, names.CATEGORIES[roots[root_of[n]]][leaf_of[n]]) for n in range(count)
        ),
        product_category=tuple(f"G{root_of[n] + 1:02d}-{leaf_of[n] + 1}" for n in range(count)),
        prices=prices,
        costs=np.maximum((prices * (1 - margin)).astype(np.int64), 1),
        returned=np.array([names.RETURNS[root] for root in roots])[root_of],
        popularity=_cumulative(weight),
        companion=np.roll(rng.permutation(count), 1),
        reps=reps,
        territories=_territories(reps, rng),
        regions=_cumulative(np.array([share for _, share in names.REGIONS])),
        channels=_cumulative(np.array([share for _, share in names.CHANNELS])),
        region_currency=np.arange(len(names.REGIONS)) % len(options.currencies),
    )


def _cumulative(weights: Floats) -> Floats:
    total = np.cumsum(weights)
    return np.asarray(total / total[-1], dtype=np.float64)


def _product_name(n: int, leaf: str) -> str:
    style = names.STYLES[n % len(names.STYLES)]
    kind = names.KINDS[n // len(names.STYLES) % len(names.KINDS)]
    series = n // (len(names.STYLES) * len(names.KINDS))
    return f"{style} {kind} {leaf}" + (f" {series + 1}" if series else "")


def _reps(options: SeedOptions, rng: np.random.Generator) -> tuple[Rep, ...]:
    first_day = options.start.astimezone(options.tz).date()
    made: list[Rep] = []
    for n in range(options.reps):
        tenure = int(rng.integers(30, 3000))
        made.append(
            Rep(
                key=f"R{n + 1:03d}",
                name=f"{names.REP_FIRST[n % 24]} {names.REP_LAST[n * 7 % 25]}"
                + (f" {n // 24 + 1}" if n >= 24 else ""),  # noqa: PLR2004 -- as many first names
                team=names.TEAMS[n % len(names.TEAMS)],
                region=n % len(names.REGIONS),
                hired_on=first_day - dt.timedelta(days=tenure),
                manager=None if n < len(names.TEAMS) else n % len(names.TEAMS),
            )
        )
    return tuple(made)


def _territories(
    reps: tuple[Rep, ...], rng: np.random.Generator
) -> tuple[tuple[Ints, Floats], ...]:
    skill = rng.lognormal(0.0, 0.4, len(reps))
    result = []
    for region in range(len(names.REGIONS)):
        own = [n for n, rep in enumerate(reps) if rep.region == region] or list(range(len(reps)))
        result.append((np.array(own, dtype=np.int64), _cumulative(skill[own])))
    return tuple(result)
