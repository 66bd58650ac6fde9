"""A query of the sales data and its result, independent of where the result comes from."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_core.errors import InvalidInput
from shopx_store.query.result_columns import ResultColumns
from shopx_store.query.scope import SalesScope

NONE = 0
"""The id that stands for "none": a line without a customer, a product without a category."""


class Dimension(StrEnum):
    """What a result is broken down by; `key` names it in the result's rows."""

    PRODUCT = "product"
    CATEGORY = "category"
    CUSTOMER = "customer"
    SEGMENT = "segment"
    REP = "rep"
    REGION = "region"
    CHANNEL = "channel"
    CURRENCY = "currency"
    DISCOUNT = "discount"
    CUSTOMER_TYPE = "customer_type"

    @cached_property
    def key(self) -> str:
        """The row's key: an id (0 for none), a segment's name, a currency's code.

        For discounts it is a band's number (`shopx_core.domain.discounts`), for customers' types
        one of `CustomerType`.
        """
        if self in {Dimension.SEGMENT, Dimension.CURRENCY, Dimension.CUSTOMER_TYPE}:
            return self.value
        if self is Dimension.DISCOUNT:
            return "discount_band"
        return f"{self.value}_id"


class CustomerType(IntEnum):
    """Whether a line's customer is new where the line is counted.

    New is who ordered for the first time ever in the row's bucket (and in the query's range);
    without buckets in the range, and by hour of the week with the very line. Only orders that are
    not voided count as a first one.
    """

    NONE = 0
    NEW = 1
    RETURNING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which lines count: those that match one entry of every list that is not empty.

    Entries are ids, with 0 for "none". A category includes its descendants.
    """

    categories: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    customers: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
    reps: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    dimensions: frozenset[Dimension] = field(init=False, repr=False, compare=False)
    """The dimensions that a source must have for these filters."""

    def __post_init__(self) -> None:
        """Work out `dimensions`, which every engine asks for again and again."""
        pairs = (
            (Dimension.CATEGORY, self.categories),
            (Dimension.PRODUCT, self.products),
            (Dimension.CUSTOMER, self.customers),
            (Dimension.SEGMENT, self.segments),
            (Dimension.REP, self.reps),
            (Dimension.REGION, self.regions),
            (Dimension.CHANNEL, self.channels),
        )
        dimensions = frozenset(dimension for dimension, chosen in pairs if chosen)
        object.__setattr__(self, "dimensions", dimensions)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesQuery:
    """A query of sums and counts.

    Attributes:
        scope: Which lines the caller may see.
        measures: What to sum or count.
        start: First instant, aware.
        end: The instant after the last, aware.
        zone: IANA zone of buckets, days and hours.
        week_start: ISO day that weeks begin on, 1 Monday … 7 Sunday.
        granularity: Adds the key `bucket`, the instant at which the row's bucket begins.
        by: Adds the key of each dimension. Grouped by currency, money stays in it; otherwise it is
            converted to the reporting currency by the rate of the line's day.
        hour_of_week: Adds `weekday` (1…7) and `hour` (0…23), local to the zone.
        ranks: The factors of what orders the rows, where the measures of few rows are wanted: an
            engine may add up the others when they are read (`DeferredSums`).
        dimensions: Every dimension that a source must have.
        keys: The keys of the result's rows, before the measures.
    """

    scope: SalesScope
    measures: frozenset[Measure]
    start: dt.datetime
    end: dt.datetime
    zone: str
    week_start: int = 1
    granularity: Granularity | None = None
    by: tuple[Dimension, ...] = ()
    filters: Filters = field(default_factory=Filters)
    hour_of_week: bool = False
    ranks: tuple[tuple[Measure, int], ...] = ()
    dimensions: frozenset[Dimension] = field(init=False, repr=False, compare=False)
    keys: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the range, and work out what every engine asks for again and again."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise InvalidInput("A range needs instants with a zone.")
        if self.end < self.start:
            raise InvalidInput(f"The range ends ({self.end}) before it starts ({self.start}).")
        object.__setattr__(self, "dimensions", self.filters.dimensions.union(self.by))
        keys: list[str] = []
        if self.granularity is not None:
            keys.append("bucket")
        if self.hour_of_week:
            keys += ["weekday", "hour"]
        keys += [dimension.key for dimension in self.by]
        object.__setattr__(self, "keys", tuple(keys))

    @property
    def needs_first_orders(self) -> bool:
        """Whether the answer depends on when customers ordered first, however long ago."""
        return Measure.NEW_CUSTOMERS in self.measures or Dimension.CUSTOMER_TYPE in self.by


class Tier(StrEnum):
    """Where a result came from."""

    COLUMNS = "columns"
    ROLLUP = "rollup"
    BASE = "base"


class QueryResult:
    """Rows of keys and measures (money as Decimal, counts as int), and their tier.

    Without keys there is exactly one row, zeros where nothing was sold. With a granularity, buckets
    in which nothing happened are not returned.

    Args:
        rows: The rows, or their columns, of which rows are made when they are wanted.
        tier: Where they came from.

    Attributes:
        columns: The same in columns, where the engine delivers them.
    """

    __slots__ = ("_rows", "columns", "tier")

    def __init__(self, rows: list[Mapping[str, Any]] | ResultColumns, tier: Tier) -> None:
        self.columns = rows if isinstance(rows, ResultColumns) else None
        self._rows = None if isinstance(rows, ResultColumns) else rows
        self.tier = tier

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The rows, ordered by their keys where `columns` are."""
        if self._rows is None:
            self._rows = self.columns.rows() if self.columns is not None else []
        return self._rows
