"""What a panel's arguments select: a period, its comparison, the sales that count."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from shopx_api.data.context import Context
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Period
from shopx_api.types.inputs import ComparisonInput, DateRangeInput, FilterInput, PeriodInput
from shopx_api.types.node import row_ids
from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import (
    Compared,
    Comparison,
    Preset,
    Range,
    allowed_granularities,
    compare,
    days_between,
    resolve,
)
from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.query import Filters, SalesQuery, SalesScope
from shopx_store.query.read_state import ReadState

MAX_FILTER = 200
"""Entries of one filter list."""

TYPE_NAMES = {
    DimensionName.CATEGORY: "Category",
    DimensionName.PRODUCT: "Product",
    DimensionName.CUSTOMER: "Customer",
    DimensionName.REP: "SalesRep",
    DimensionName.REGION: "Region",
    DimensionName.CHANNEL: "Channel",
}
"""The type within the global ids of a dimension; segments go by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A panel's arguments, validated and resolved."""

    period: Range
    compared: Compared | None
    """`None` = nothing is compared."""
    now: dt.datetime
    """The instant that the operation reads as of."""
    week_start: int
    filters: Filters
    match_weekdays: bool = True

    @property
    def comparison(self) -> Range | None:
        """The whole compared period, for charts; `None` without comparison."""
        return self.compared.whole if self.compared else None

    @property
    def comparable(self) -> Range | None:
        """The part of the compared period that corresponds to the elapsed part, for deltas."""
        return self.compared.like_for_like if self.compared else None

    def query(
        self, measures: Iterable[Measure], period: Range | None = None, **more: Any
    ) -> SalesQuery:
        """The sales query of this selection.

        Args:
            measures: What to sum or count.
            period: Another period than the selection's own.
            more: Further fields of `SalesQuery`.
        """
        over = period or self.period
        return SalesQuery(
            scope=SalesScope.EVERYTHING,
            measures=frozenset(measures),
            start=over.start,
            end=over.end,
            zone=over.zone,
            week_start=self.week_start,
            **({"filters": self.filters} | more),
        )

    def only(self, **filters: Any) -> "Selection":
        """The selection with some filters replaced."""
        return replace(self, filters=replace(self.filters, **filters))

    def to_period(self, period: Range) -> Period:
        """A period as the schema shows it."""
        return Period(
            start=period.start,
            end=period.end,
            first_day=period.first_day,
            last_day=period.last_day,
            zone=period.zone,
            preset=period.preset,
            is_running=period.start <= self.now < period.end,
            granularities=list(allowed_granularities(period)),
        )


async def select(
    context: Context,
    *,
    period: PeriodInput | None = None,
    comparison: ComparisonInput | None = None,
    zone: str | None = None,
    filters: FilterInput | None = None,
) -> Selection:
    """Resolve a panel's arguments.

    Raises:
        InvalidInput: The range, the zone, the comparison or an id cannot be used.
    """
    read_state = await context.data.read_state()
    now = await context.data.now()
    extent = None
    if period is not None and period.preset is not None and period.preset.value is Preset.ALL_TIME:
        extent = await context.data.extent()
    selection = resolve_arguments(
        period, comparison, zone, filters, read_state=read_state, now=now, extent=extent
    )
    context.dependencies.calendar(
        selection.period.start,
        selection.period.end,
        now=now,
        zone_name=selection.period.zone,
    )
    return selection


def resolve_arguments(
    period: PeriodInput | None,
    comparison: ComparisonInput | None,
    zone: str | None,
    filters: FilterInput | None,
    *,
    read_state: ReadState,
    now: dt.datetime,
    extent: tuple[dt.datetime, dt.datetime] | None,
) -> Selection:
    """Resolve a panel's arguments without I/O.

    Args:
        period: The period; `None` = the last 28 days.
        comparison: What to compare with; `None` = nothing.
        zone: IANA name; `None` = the reporting zone.
        filters: The sales that count; `None` = all.
        read_state: Zone, currency and first day of a week.
        now: The present, aware.
        extent: The first and the last sale, for ALL_TIME.

    Raises:
        InvalidInput: An argument is invalid, as for `select`.
    """
    where = zone or read_state.timezone
    chosen = _range(period, where, now, read_state.week_start, extent)
    compared = None
    if comparison is not None:
        custom = _days(comparison.days, where) if comparison.days else None
        if custom is not None and comparison.mode is not Comparison.CUSTOM:
            raise InvalidInput(
                say(
                    "panel.comparison-days-mode-custom",
                    "`comparison.days` is for the mode CUSTOM alone.",
                ),
                hint=say("panel.set-mode-custom", "Set mode: CUSTOM."),
            )
        compared = compare(
            chosen,
            comparison.mode,
            now=now,
            match_weekday=comparison.match_weekdays,
            custom=custom,
        )
    return Selection(
        period=chosen,
        compared=compared,
        now=now,
        week_start=read_state.week_start,
        filters=_filters(filters),
        match_weekdays=comparison.match_weekdays if comparison else True,
    )


def _range(
    period: PeriodInput | None,
    where: str,
    now: dt.datetime,
    week_start: int,
    extent: tuple[dt.datetime, dt.datetime] | None,
) -> Range:
    if period is not None and period.days is not None:
        return _days(period.days.value, where)
    if period is not None and period.instants is not None:
        return Range(period.instants.value.start, period.instants.value.end, where)
    named = period.preset if period is not None else None
    preset = named.value if named is not None else Preset.LAST_28_DAYS
    return resolve(preset, now=now, where=where, week_start=week_start, extent=extent)


def _days(days: DateRangeInput, where: str) -> Range:
    return days_between(days.first, days.last, where)


def _filters(filters: FilterInput | None) -> Filters:
    if filters is None:
        return Filters()
    lists = (
        filters.categories, filters.products, filters.customers, filters.segments,
        filters.reps, filters.regions, filters.channels,
    )  # fmt: skip
    if any(len(chosen or ()) > MAX_FILTER for chosen in lists):
        raise InvalidInput(
            say(
                "panel.filter-more-entries",
                "A filter has more than {max_filter} entries.",
                max_filter=MAX_FILTER,
            ),
            hint=say(
                "panel.filter-something-coarser-such",
                "Filter by something coarser, such as a category.",
            ),
        )
    return Filters(
        categories=row_ids(filters.categories, TYPE_NAMES[DimensionName.CATEGORY]),
        products=row_ids(filters.products, TYPE_NAMES[DimensionName.PRODUCT]),
        customers=row_ids(filters.customers, TYPE_NAMES[DimensionName.CUSTOMER]),
        segments=tuple(sorted({segment.value for segment in filters.segments or ()})),
        reps=row_ids(filters.reps, TYPE_NAMES[DimensionName.REP]),
        regions=row_ids(filters.regions, TYPE_NAMES[DimensionName.REGION]),
        channels=row_ids(filters.channels, TYPE_NAMES[DimensionName.CHANNEL]),
    )
