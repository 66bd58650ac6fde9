"""A breakdown as CSV, in parts: exact values of every row, and above them what they are of."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from shopx_api.data.context import Context
from shopx_api.panels.breakdown import BreakdownRequest, ranked_rows
from shopx_api.panels.csv_text import csv_text
from shopx_api.panels.labels import labels
from shopx_api.panels.metric_values import figures_of_rows
from shopx_api.panels.selection import Selection
from shopx_api.types.enums import DimensionName, SortValue
from shopx_api.types.figures import CsvPart, Figure
from shopx_core.domain.metrics import Metric, Unit
from shopx_core.domain.periods import Range, local_day, zone
from shopx_core.errors import InvalidInput
from shopx_store.query import NONE
from shopx_store.query.left_out import MONEY

MAX_ROWS: Final = 5000
"""Rows of one part."""

TITLES: Final = {
    DimensionName.CATEGORY: "Category",
    DimensionName.PRODUCT: "Product",
    DimensionName.CUSTOMER: "Customer",
    DimensionName.SEGMENT: "Segment",
    DimensionName.REP: "Sales rep",
    DimensionName.REGION: "Region",
    DimensionName.CHANNEL: "Channel",
}
_FILTERS: Final = {
    DimensionName.CATEGORY: "categories",
    DimensionName.PRODUCT: "products",
    DimensionName.CUSTOMER: "customers",
    DimensionName.SEGMENT: "segments",
    DimensionName.REP: "reps",
    DimensionName.REGION: "regions",
    DimensionName.CHANNEL: "channels",
}
"""The field of `Filters` for each dimension."""

_DETAILS: Final[Mapping[DimensionName, Mapping[str, str]]] = {
    DimensionName.CATEGORY: {"Key": "key"},
    DimensionName.PRODUCT: {"Key": "key", "SKU": "sku"},
    DimensionName.CUSTOMER: {"Key": "key", "E-mail": "email", "Country": "country"},
    DimensionName.REP: {"Key": "key", "Team": "team"},
}
"""The columns that tell members of the same name apart."""

_SORTS: Final = {
    SortValue.VALUE: "",
    SortValue.PREVIOUS: " before",
    SortValue.DIFFERENCE: ", difference",
    SortValue.CHANGE: ", change",
}


async def csv_part(context: Context, selection: Selection, request: BreakdownRequest) -> CsvPart:
    """Write a part of a breakdown.

    Raises:
        InvalidInput: The cursor is of another list, or the number of rows out of bounds.
    """
    first, after = request.first, request.after
    if not 1 <= first <= MAX_ROWS:
        raise InvalidInput(f"`rows` is {first}, outside 1 to {MAX_ROWS}.", limit=MAX_ROWS)
    found = await ranked_rows(context.data, selection, request)
    places = found.page(first, request.keyset.key(after))
    rows = [found.unplaced(row) for row in places[:first]]
    figures = figures_of_rows(found.compared.take(places[:first]), request.metrics)
    compared = selection.comparable is not None
    lines = await _lines(context, request.by, [row.key for row in rows], figures)
    above: list[list[str]] = []
    if after is None:
        above = [*await _notes(context, selection, request), [], _header(request, compared)]
    goes_on = len(places) > first
    return CsvPart(
        name=_name(selection, request),
        text=csv_text([*above, *lines]),
        text_columns=1 + len(_DETAILS.get(request.by, {})),
        rows=len(rows),
        total_count=found.count,
        end_cursor=request.keyset.cursor(rows[-1].sort_key) if goes_on else None,
    )


async def _lines(
    context: Context, by: DimensionName, keys: Sequence[Any], figures: Sequence[Sequence[Figure]]
) -> list[list[str]]:
    names = await labels(context.loaders, by, keys)
    details = await _details(context, by, keys)
    lines = []
    for key, row in zip(keys, figures, strict=True):
        cells = [names[key], *details(key)]
        for shown in row:
            cells.append(_text(shown.value))
            if shown.delta is not None:
                change = shown.delta
                cells += map(_text, (shown.previous, change.absolute, change.ratio))
        lines.append(cells)
    return lines


async def _details(context: Context, by: DimensionName, keys: Sequence[Any]) -> Any:
    columns = list(_DETAILS.get(by, {}).values())
    loader = {
        DimensionName.CATEGORY: context.loaders.categories,
        DimensionName.PRODUCT: context.loaders.products,
        DimensionName.CUSTOMER: context.loaders.customers,
        DimensionName.REP: context.loaders.reps,
    }.get(by)
    if loader is None:
        return lambda _: []
    known = [int(key) for key in keys if key != NONE]
    rows = await loader.many(known)

    def cells(key: int) -> list[str]:
        row = rows.get(key)
        return [str((row[column] if row else None) or "") for column in columns]

    return cells


def _header(request: BreakdownRequest, compared: bool) -> list[str]:
    cells = [TITLES[request.by], *_DETAILS.get(request.by, {})]
    for metric in request.metrics:
        cells.append(metric.title)
        if compared:
            title = metric.title
            cells += [f"{title} before", f"{title}: difference", f"{title}: change (1 = 100 %)"]
    return cells


async def _notes(
    context: Context, selection: Selection, request: BreakdownRequest
) -> list[list[str]]:
    """What the values are of, a line each."""
    data, period = context.data, selection.period
    read_state = await data.read_state()
    order = request.order
    direction = "ascending" if order.ascending else "descending"
    notes = [[_title(request)], ["Period", *_days(period), period.zone]]
    if selection.comparable is not None:
        notes.append(["Compared with", *_days(selection.comparable)])
        extent = await data.extent()
        began = extent and local_day(extent[0], zone(period.zone))
        if began and selection.comparable.first_day < began:
            notes.append(["Comparison not complete", f"Sales begin on {began}."])
    if selection.to_period(period).is_running:
        notes.append(["Not complete", "The period is still running."])
    if any(metric.unit is Unit.MONEY for metric in request.metrics):
        notes.append(["Currency", read_state.currency])
    for dimension, name in _FILTERS.items():
        keys = getattr(selection.filters, name)
        if keys:
            known = await labels(context.loaders, dimension, keys)
            notes.append(["Filter", TITLES[dimension], *(known[key] for key in keys)])
    if request.search and request.search.strip():
        notes.append(["Search", request.search.strip()])
    notes.append(["Order", f"{order.metric.title}{_SORTS[order.sort]}, {direction}"])
    notes.append(["As of", selection.now.isoformat()])
    notes += [["Definition", metric.title, metric.definition] for metric in request.metrics]
    for missing in await data.amounts_left_out(selection.query(MONEY)):
        notes.append(["Left out: no rate", missing.currency, _text(missing.amount)])
    return notes


def _days(period: Range) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat()]


def _title(request: BreakdownRequest) -> str:
    what = "Loss-makers" if request.losses_of else ", ".join(m.title for m in request.metrics)
    return f"{what} by {TITLES[request.by].lower()}"


def _name(selection: Selection, request: BreakdownRequest) -> str:
    """Letters that every file system takes."""
    metrics: Sequence[Metric] = request.metrics[:1]
    what = "Loss-makers" if request.losses_of else metrics[0].title
    period = selection.period
    days = f"{period.first_day.isoformat()} to {period.last_day.isoformat()}"
    name = f"{what} by {TITLES[request.by].lower()} {days}.csv"
    return re.sub(r"[^A-Za-z0-9 .,_-]", "", name)


def _text(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
