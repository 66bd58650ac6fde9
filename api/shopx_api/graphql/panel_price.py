"""What a panel's field costs by the sales that it reads: range, filters, grouping, engine. Pure.

A query of sales is answered from the coarsest source that has its dimensions (`shopx_store.query.
plan`, docs/columns.md). Each source has a price for being read at all and one for a hundred days,
fitted to measured CPU time; `make bench ARGS=prices` says how well they rank questions.
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from shopx_api.types.cost import Reads
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.periods import Preset

HISTORY: Final = 1095
"""Days of ALL_TIME, and of a range that cannot be told."""
_PRESETS: Final[Mapping[str, int]] = {
    Preset.TODAY.name: 1,
    Preset.YESTERDAY.name: 1,
    Preset.LAST_7_DAYS.name: 7,
    Preset.LAST_28_DAYS.name: 28,
    Preset.LAST_91_DAYS.name: 91,
    Preset.WEEK_TO_DATE.name: 7,
    Preset.LAST_WEEK.name: 7,
    Preset.MONTH_TO_DATE.name: 31,
    Preset.LAST_MONTH.name: 31,
    Preset.QUARTER_TO_DATE.name: 92,
    Preset.LAST_QUARTER.name: 92,
    Preset.YEAR_TO_DATE.name: 366,
    Preset.LAST_YEAR.name: 366,
    Preset.LAST_12_MONTHS.name: 366,
    Preset.ALL_TIME.name: HISTORY,
}
"""Days at most."""
_STEPS: Final = (*(1, 2, 3, 5, 7, 10, 14, 21, 28, 31, 45, 62, 92), *(122, 183, 245, 366, 550, 731))
"""Ranges are priced as the next longer one of these, so that few prices have to be worked out."""

_FILTERS: Final[Mapping[str, str]] = {
    "categories": "CATEGORY",
    "products": "PRODUCT",
    "customers": "CUSTOMER",
    "segments": "SEGMENT",
    "reps": "REP",
    "regions": "REGION",
    "channels": "CHANNEL",
}
_ENTITIES: Final[Mapping[str, str]] = {
    "Product": "PRODUCT",
    "Customer": "CUSTOMER",
    "SalesRep": "REP",
}
"""Types whose own panels are filtered by them."""

_ORDER: Final = frozenset({"REP", "REGION", "CHANNEL"})
_CUSTOMER: Final = frozenset({"CUSTOMER", "SEGMENT"})
_PRODUCT: Final = frozenset({"PRODUCT", "CATEGORY"})
_LINE: Final = _PRODUCT | {"DISCOUNT"}
_MANY: Final = frozenset({"PRODUCT", "CATEGORY", "CUSTOMER"})
"""What has many members."""
_FEW_LEFT: Final = frozenset({"PRODUCT", "CUSTOMER"})
"""Filters that leave few members of anything."""


class Engine(Enum):
    """What answers panels."""

    COLUMNS = "columns"
    POSTGRES = "postgres"


class Source(Enum):
    """What a query reads, as far as its price is concerned."""

    DAY = "sums by day"
    HOUR = "sums by quarter-hour"
    HOUR_OF_PLACES = "sums by quarter-hour, region, channel and rep"
    DISCOUNT = "sums by discount"
    CUSTOMER = "sums by customer"
    PRODUCT = "sums by product"
    CUSTOMER_TYPE = "sums by first and later orders"
    ORDER = "orders"
    LINE = "lines"
    ORDERS_COUNTED = "orders counted, by what orders are of"
    PRODUCT_ORDERS_COUNTED = "orders counted, by product"
    LINE_ORDERS_COUNTED = "orders counted, by what lines are of"
    CUSTOMERS_COUNTED = "customers counted, by what orders are of"
    LINE_CUSTOMERS_COUNTED = "customers counted, by what lines are of"


@dataclass(frozen=True, slots=True)
class Price:
    """Cost units of one source."""

    once: float
    hundred_days: float


class Rows(Enum):
    """How many rows of a source take part, and become rows of the result."""

    CHOSEN = "of some products or customers"
    FEW = "added up to few"
    MANY = "one of each of many members"


Prices = Mapping[tuple[Source, Rows], Price]


@dataclass(frozen=True, slots=True)
class PanelArguments:
    """A panel's arguments, as far as its fields' prices depend on them."""

    days: int = 28
    compared: bool = False
    filters: frozenset[str] = frozenset()
    """Dimensions that are filtered by."""
    local: bool = True
    """Whether days are those of the reporting zone."""


def panel_arguments(
    arguments: Mapping[str, Any], parent: str, reporting_zone: str
) -> PanelArguments:
    """Read a panel's arguments.

    Args:
        arguments: As sent, of valid types.
        parent: The type that has the panel.
        reporting_zone: The zone whose days are added up already.
    """
    filters = arguments.get("filters") or {}
    filtered = {_FILTERS[name] for name, chosen in filters.items() if chosen and name in _FILTERS}
    entity = _ENTITIES.get(parent)
    return PanelArguments(
        days=days_of(arguments.get("period")),
        compared=arguments.get("comparison") is not None,
        filters=frozenset(filtered | ({entity} if entity else set())),
        local=arguments.get("zone") in (None, reporting_zone),
    )


def days_of(period: Any) -> int:
    """About how many days a `PeriodInput` has, as it was sent."""
    if not isinstance(period, Mapping):
        return _PRESETS[Preset.LAST_28_DAYS.name]
    if period.get("preset") is not None:
        return _PRESETS.get(str(period["preset"]), HISTORY)
    between = period.get("days") or period.get("instants") or {}
    try:
        first, last = (dt.date.fromisoformat(str(between[end])[:10]) for end in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        return HISTORY
    days = (last - first).days + 1
    at = bisect_left(_STEPS, days)
    return _STEPS[at] if at < len(_STEPS) else days


@dataclass(frozen=True, slots=True)
class Reading:
    """A source that is read, as often as there are periods."""

    source: Source
    rows: Rows
    days: int
    times: int


def price(
    reads: Reads, panel: PanelArguments, arguments: Mapping[str, Any], engine: Engine
) -> float:
    """Cost units of what a field reads.

    Args:
        reads: What it declares.
        panel: Its panel's arguments.
        arguments: Its own, as sent.
        engine: What answers.
    """
    prices = PRICES[engine]
    total = 0.0
    for one in readings(reads, panel, arguments):
        found = prices[one.source, one.rows]
        total += one.times * (found.once + found.hundred_days * one.days / 100)
    return total


def readings(
    reads: Reads, panel: PanelArguments, arguments: Mapping[str, Any]
) -> tuple[Reading, ...]:
    """What a field reads."""
    return _readings(reads, panel, _group(reads, arguments), _measures(reads, arguments))


@lru_cache(maxsize=1024)
def _readings(
    reads: Reads, panel: PanelArguments, group: frozenset[str], measures: frozenset[Measure]
) -> tuple[Reading, ...]:
    filters = panel.filters | frozenset(reads.chosen)
    dimensions = group | filters
    found = []
    if measures - _COUNTED or (dimensions <= _ORDER and measures - {Measure.CUSTOMERS}):
        found.append(_sums(dimensions, local=panel.local and not reads.hourly))
    by_line = bool(dimensions & _LINE)
    if Measure.CUSTOMERS in measures:
        found.append(Source.LINE_CUSTOMERS_COUNTED if by_line else Source.CUSTOMERS_COUNTED)
    elif Measure.ORDERS in measures and not dimensions <= _ORDER:
        by_product = "PRODUCT" in group and "DISCOUNT" not in dimensions
        lines = Source.PRODUCT_ORDERS_COUNTED if by_product else Source.LINE_ORDERS_COUNTED
        found.append(lines if by_line else Source.ORDERS_COUNTED)
    rows = _rows(group, filters)
    days = panel.days if reads.days is None else reads.days
    times = 2 if panel.compared and reads.compared else 1
    return tuple(Reading(source, rows, days, times) for source in found)


def _rows(group: frozenset[str], filters: frozenset[str]) -> Rows:
    if filters & _FEW_LEFT:
        return Rows.CHOSEN
    return Rows.MANY if group & _MANY - filters else Rows.FEW


def _sums(dimensions: frozenset[str], *, local: bool) -> Source:
    if dimensions <= _ORDER and not local:
        return Source.HOUR_OF_PLACES if dimensions else Source.HOUR
    if dimensions <= _ORDER:
        return Source.DAY
    if "CUSTOMER_TYPE" in dimensions and not dimensions & _LINE:
        return Source.CUSTOMER_TYPE
    added_up = (source for source, kept in _BY_DAY.items() if local and dimensions <= kept)
    return next(added_up, Source.LINE if dimensions & _LINE else Source.ORDER)


def _group(reads: Reads, arguments: Mapping[str, Any]) -> frozenset[str]:
    given = {str(arguments.get(name)) for name in ("by", "dimension")}
    return frozenset(given & _DIMENSIONS or reads.by)


def _measures(reads: Reads, arguments: Mapping[str, Any]) -> frozenset[Measure]:
    metrics: set[str] = set()
    for name in ("metrics", "metric", "by", "orderBy"):
        given = arguments.get(name)
        if given is not None:
            metrics.update(map(str, given if isinstance(given, list) else [given]))
    if arguments.get("metrics") is None and arguments.get("metric") is None:
        metrics.update(reads.metrics)
    return _measures_of(frozenset(metrics & _MEASURES.keys()))


@lru_cache(maxsize=1024)
def _measures_of(metrics: frozenset[str]) -> frozenset[Measure]:
    measures = frozenset[Measure]().union(*(_MEASURES[metric] for metric in metrics))
    # A field that says nothing of metrics reads sums.
    return measures or frozenset({Measure.GROSS})


_BY_DAY: Final[Mapping[Source, frozenset[str]]] = {
    Source.DISCOUNT: frozenset({"DISCOUNT"}),
    Source.CUSTOMER: _CUSTOMER,
    Source.PRODUCT: _PRODUCT,
}
"""Sums of whole days, and the dimensions that they keep."""
_COUNTED: Final = frozenset({Measure.ORDERS, Measure.CUSTOMERS})
_DIMENSIONS: Final = frozenset(_FILTERS.values())
_MEASURES: Final[Mapping[str, frozenset[Measure]]] = {
    name.upper(): metric.measures - {Measure.NEW_CUSTOMERS}
    | ({Measure.CUSTOMERS} if Measure.NEW_CUSTOMERS in metric.measures else frozenset())
    for name, metric in METRICS.items()
}
"""What each metric is made of; new customers are counted as customers are."""


PRICES: Final[Mapping[Engine, Prices]] = {
    Engine.COLUMNS: {
        (Source.DAY, Rows.FEW): Price(0.56, 0.39),
        (Source.HOUR, Rows.FEW): Price(1.2, 0.95),
        (Source.HOUR_OF_PLACES, Rows.FEW): Price(0.7, 1.2),
        (Source.DISCOUNT, Rows.FEW): Price(1.3, 6.6),
        (Source.CUSTOMER, Rows.CHOSEN): Price(0.42, 1.7),
        (Source.CUSTOMER, Rows.FEW): Price(1.1, 0.84),
        (Source.CUSTOMER, Rows.MANY): Price(5.9, 3.3),
        (Source.PRODUCT, Rows.CHOSEN): Price(1.7, 0.78),
        (Source.PRODUCT, Rows.FEW): Price(1.1, 3.1),
        (Source.PRODUCT, Rows.MANY): Price(7.5, 5.1),
        (Source.CUSTOMER_TYPE, Rows.CHOSEN): Price(0.81, 8.2),
        (Source.CUSTOMER_TYPE, Rows.FEW): Price(6.4, 4.8),
        (Source.ORDER, Rows.CHOSEN): Price(0.39, 0.34),
        (Source.ORDER, Rows.FEW): Price(0.92, 0.5),
        (Source.ORDER, Rows.MANY): Price(4, 3.5),
        (Source.LINE, Rows.CHOSEN): Price(0.8, 0.6),
        (Source.LINE, Rows.FEW): Price(1.2, 3.3),
        (Source.LINE, Rows.MANY): Price(5.5, 3.2),
        (Source.ORDERS_COUNTED, Rows.CHOSEN): Price(0.65, 0.46),
        (Source.ORDERS_COUNTED, Rows.FEW): Price(1.1, 1),
        (Source.ORDERS_COUNTED, Rows.MANY): Price(0.62, 0.35),
        (Source.PRODUCT_ORDERS_COUNTED, Rows.CHOSEN): Price(0.99, 1),
        (Source.PRODUCT_ORDERS_COUNTED, Rows.MANY): Price(0.79, 0.79),
        (Source.LINE_ORDERS_COUNTED, Rows.CHOSEN): Price(34, 2.9),
        (Source.LINE_ORDERS_COUNTED, Rows.FEW): Price(51, 0.74),
        (Source.LINE_ORDERS_COUNTED, Rows.MANY): Price(19, 71),
        (Source.CUSTOMERS_COUNTED, Rows.CHOSEN): Price(0.25, 0.85),
        (Source.CUSTOMERS_COUNTED, Rows.FEW): Price(0.47, 0.34),
        (Source.CUSTOMERS_COUNTED, Rows.MANY): Price(2.2, 8.5),
        (Source.LINE_CUSTOMERS_COUNTED, Rows.CHOSEN): Price(35, 14),
        (Source.LINE_CUSTOMERS_COUNTED, Rows.FEW): Price(92, 2.6),
        (Source.LINE_CUSTOMERS_COUNTED, Rows.MANY): Price(36, 94),
    },
    Engine.POSTGRES: {
        (Source.DAY, Rows.FEW): Price(6.6, 16),
        (Source.HOUR, Rows.FEW): Price(1, 57),
        (Source.HOUR_OF_PLACES, Rows.FEW): Price(12, 8.6),
        (Source.DISCOUNT, Rows.FEW): Price(44, 100),
        (Source.CUSTOMER, Rows.CHOSEN): Price(15, 63),
        (Source.CUSTOMER, Rows.FEW): Price(52, 25),
        (Source.CUSTOMER, Rows.MANY): Price(44, 160),
        (Source.PRODUCT, Rows.CHOSEN): Price(25, 18),
        (Source.PRODUCT, Rows.FEW): Price(13, 87),
        (Source.PRODUCT, Rows.MANY): Price(35, 100),
        (Source.CUSTOMER_TYPE, Rows.CHOSEN): Price(15, 98),
        (Source.CUSTOMER_TYPE, Rows.FEW): Price(140, 160),
        (Source.ORDER, Rows.CHOSEN): Price(13, 21),
        (Source.ORDER, Rows.FEW): Price(41, 28),
        (Source.ORDER, Rows.MANY): Price(18, 98),
        (Source.LINE, Rows.CHOSEN): Price(15, 18),
        (Source.LINE, Rows.FEW): Price(16, 48),
        (Source.LINE, Rows.MANY): Price(36, 40),
        (Source.ORDERS_COUNTED, Rows.CHOSEN): Price(2.6, 1.6),
        (Source.ORDERS_COUNTED, Rows.FEW): Price(1.3, 1.6),
        (Source.ORDERS_COUNTED, Rows.MANY): Price(60, 3),
        (Source.PRODUCT_ORDERS_COUNTED, Rows.CHOSEN): Price(35, 1.7),
        (Source.PRODUCT_ORDERS_COUNTED, Rows.MANY): Price(1.1, 280),
        (Source.LINE_ORDERS_COUNTED, Rows.CHOSEN): Price(11, 19),
        (Source.LINE_ORDERS_COUNTED, Rows.FEW): Price(59, 19),
        (Source.LINE_ORDERS_COUNTED, Rows.MANY): Price(2.1, 260),
        (Source.CUSTOMERS_COUNTED, Rows.CHOSEN): Price(2.2, 14),
        (Source.CUSTOMERS_COUNTED, Rows.FEW): Price(3, 36),
        (Source.CUSTOMERS_COUNTED, Rows.MANY): Price(1.8, 160),
        (Source.LINE_CUSTOMERS_COUNTED, Rows.CHOSEN): Price(15, 20),
        (Source.LINE_CUSTOMERS_COUNTED, Rows.FEW): Price(400, 7.3),
        (Source.LINE_CUSTOMERS_COUNTED, Rows.MANY): Price(1.4, 370),
    },
}
"""Fitted to 441 and 450 questions over a million lines of three years: `bench/price_fit.py`."""


def shape(value: Any) -> Any:
    """A variable as far as prices depend on it: hashable, and equal for equal prices."""
    if isinstance(value, Mapping):
        if value.keys() & {"preset", "days", "instants"}:
            return days_of(value)
        return tuple(sorted(name for name, chosen in value.items() if chosen))
    if isinstance(value, list):
        return tuple(sorted(map(str, value)))
    return value
