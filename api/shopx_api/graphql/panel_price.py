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
    DISCOUNT = "sums by discount"
    CUSTOMER = "sums by customer"
    PRODUCT = "sums by product"
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


Prices = Mapping[tuple[Source, bool], Price]
"""By source, and whether the result has a row for each of many members."""


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
    days = panel.days if reads.days is None else reads.days
    total = 0.0
    for source, many in sources(reads, panel, arguments):
        one = prices[source, many]
        total += one.once + one.hundred_days * days / 100
    return total * (2 if panel.compared and reads.compared else 1)


def sources(
    reads: Reads, panel: PanelArguments, arguments: Mapping[str, Any]
) -> list[tuple[Source, bool]]:
    """What a field reads for one period, and whether the result has many rows."""
    group = _group(reads, arguments)
    dimensions = group | panel.filters
    many = bool(group & _MANY - panel.filters) and not panel.filters & _FEW_LEFT
    sums = _sums(dimensions, local=panel.local and not reads.hourly)
    found = [(sums, bool(dimensions) if sums is Source.HOUR else many)]
    counted, by_line = _counted(reads, arguments), bool(dimensions & _LINE)
    if Measure.CUSTOMERS in counted:
        customers = Source.LINE_CUSTOMERS_COUNTED if by_line else Source.CUSTOMERS_COUNTED
        found.append((customers, many))
    elif Measure.ORDERS in counted and not dimensions <= _ORDER:
        by_product = group == dimensions == {"PRODUCT"} and panel.local
        lines = Source.PRODUCT_ORDERS_COUNTED if by_product else Source.LINE_ORDERS_COUNTED
        found.append((lines if by_line else Source.ORDERS_COUNTED, many))
    return found


def _sums(dimensions: frozenset[str], *, local: bool) -> Source:
    if dimensions <= _ORDER:
        return Source.DAY if local else Source.HOUR
    if local and dimensions == {"DISCOUNT"}:
        return Source.DISCOUNT
    if local and dimensions <= _CUSTOMER:
        return Source.CUSTOMER
    if local and dimensions <= _PRODUCT:
        return Source.PRODUCT
    return Source.LINE if dimensions & _LINE else Source.ORDER


def _group(reads: Reads, arguments: Mapping[str, Any]) -> frozenset[str]:
    given = {str(arguments.get(name)) for name in ("by", "dimension")}
    return frozenset(given & _DIMENSIONS or reads.by)


def _counted(reads: Reads, arguments: Mapping[str, Any]) -> frozenset[Measure]:
    metrics: set[str] = set()
    for name in ("metrics", "metric", "by", "orderBy"):
        given = arguments.get(name)
        metrics |= set(map(str, given if isinstance(given, list) else [given]))
    if arguments.get("metrics") is None and arguments.get("metric") is None:
        metrics |= set(reads.metrics)
    measures = (_MEASURES.get(metric, frozenset()) for metric in metrics)
    return frozenset[Measure]().union(*measures)


_DIMENSIONS: Final = frozenset(_FILTERS.values())
_MEASURES: Final[Mapping[str, frozenset[Measure]]] = {
    name.upper(): metric.measures - {Measure.NEW_CUSTOMERS}
    | ({Measure.CUSTOMERS} if Measure.NEW_CUSTOMERS in metric.measures else frozenset())
    for name, metric in METRICS.items()
}
"""What each metric is made of; new customers are counted as customers are."""


def _prices(few: Mapping[Source, Price], many: Mapping[Source, Price]) -> Prices:
    return {
        **{(source, False): one for source, one in few.items()},
        **{(source, True): one for source, one in {**few, **many}.items()},
    }


PRICES: Final[Mapping[Engine, Prices]] = {
    Engine.COLUMNS: _prices(
        {
            Source.DAY: Price(0.6, 0.3),
            Source.HOUR: Price(1.1, 1.3),
            Source.DISCOUNT: Price(0.7, 0.6),
            Source.CUSTOMER: Price(0.8, 2.2),
            Source.PRODUCT: Price(1.9, 2.5),
            Source.ORDER: Price(0.8, 0.5),
            Source.LINE: Price(21, 10),
            Source.ORDERS_COUNTED: Price(1.1, 1),
            Source.PRODUCT_ORDERS_COUNTED: Price(1.5, 1.5),
            Source.LINE_ORDERS_COUNTED: Price(10, 1.3),
            Source.CUSTOMERS_COUNTED: Price(0.6, 0.7),
            Source.LINE_CUSTOMERS_COUNTED: Price(55, 5),
        },
        {
            Source.HOUR: Price(1.1, 4),
            Source.CUSTOMER: Price(1.8, 9),
            Source.PRODUCT: Price(7, 0.9),
            Source.ORDER: Price(1.4, 2.3),
            Source.LINE: Price(23, 14),
            Source.ORDERS_COUNTED: Price(1.1, 1),
            Source.PRODUCT_ORDERS_COUNTED: Price(1.3, 1.3),
            Source.LINE_ORDERS_COUNTED: Price(20, 11),
            Source.CUSTOMERS_COUNTED: Price(4, 6),
            Source.LINE_CUSTOMERS_COUNTED: Price(57, 63),
        },
    ),
    Engine.POSTGRES: _prices(
        {
            Source.DAY: Price(2.1, 7),
            Source.HOUR: Price(1.9, 36),
            Source.DISCOUNT: Price(19, 1.9),
            Source.CUSTOMER: Price(2.8, 0.9),
            Source.PRODUCT: Price(3, 1.4),
            Source.ORDER: Price(17, 27),
            Source.LINE: Price(27, 22),
            Source.ORDERS_COUNTED: Price(1.3, 1.6),
            Source.PRODUCT_ORDERS_COUNTED: Price(1.5, 1.5),
            Source.LINE_ORDERS_COUNTED: Price(1.5, 67),
            Source.CUSTOMERS_COUNTED: Price(4, 5),
            Source.LINE_CUSTOMERS_COUNTED: Price(17, 34),
        },
        {
            Source.HOUR: Price(5, 17),
            Source.CUSTOMER: Price(22, 110),
            Source.PRODUCT: Price(36, 34),
            Source.ORDER: Price(20, 100),
            Source.LINE: Price(36, 85),
            Source.ORDERS_COUNTED: Price(1.8, 1.6),
            Source.PRODUCT_ORDERS_COUNTED: Price(2, 500),
            Source.LINE_ORDERS_COUNTED: Price(2, 200),
            Source.CUSTOMERS_COUNTED: Price(1.7, 170),
            Source.LINE_CUSTOMERS_COUNTED: Price(1.6, 520),
        },
    ),
}
"""Fitted to 947 and 416 questions over a million lines of three years."""


def shape(value: Any) -> Any:
    """A variable as far as prices depend on it: hashable, and equal for equal prices."""
    if isinstance(value, Mapping):
        if value.keys() & {"preset", "days", "instants"}:
            return days_of(value)
        return tuple(sorted(name for name, chosen in value.items() if chosen))
    if isinstance(value, list):
        return tuple(sorted(map(str, value)))
    return value
