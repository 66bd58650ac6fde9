"""A breakdown as CSV, in parts: exact values of every row, and above them what they are of."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from shopx_api.data.context import Context
from shopx_api.panels import wording
from shopx_api.panels.breakdown import BreakdownRequest, ranked_rows
from shopx_api.panels.csv_text import csv_text
from shopx_api.panels.labels import labels
from shopx_api.panels.metric_values import figures_of_rows
from shopx_api.panels.ranked_table import Order
from shopx_api.panels.selection import Selection
from shopx_api.types.enums import DimensionName, SortValue
from shopx_api.types.figures import CsvPart, Figure
from shopx_core.domain.metrics import Metric, Unit
from shopx_core.domain.periods import Range, local_day, zone
from shopx_core.errors import InvalidInput
from shopx_core.speech import Speech
from shopx_core.texts import say
from shopx_store.query import NONE
from shopx_store.query.left_out import MONEY

MAX_ROWS: Final = 5000
"""Rows of one part."""

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

_KEY: Final = say("doc.key", "Key")
_DETAILS: Final[Mapping[DimensionName, Mapping[str, str]]] = {
    DimensionName.CATEGORY: {_KEY: "key"},
    DimensionName.PRODUCT: {_KEY: "key", say("doc.sku", "SKU"): "sku"},
    DimensionName.CUSTOMER: {
        _KEY: "key",
        say("doc.e-mail", "E-mail"): "email",
        say("doc.country", "Country"): "country",
    },
    DimensionName.REP: {_KEY: "key", wording.TEAM: "team"},
}
"""The columns that tell members of the same name apart."""


async def csv_part(
    context: Context, selection: Selection, request: BreakdownRequest, speech: Speech
) -> CsvPart:
    """Write a part of a breakdown; the file's name is the same in every language.

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
        text=csv_text([[speech(cell) for cell in line] for line in (*above, *lines)]),
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
        cells = [wording.member(by, key, names[key]), *details(key)]
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
    cells: list[str] = [wording.DIMENSIONS[request.by], *_DETAILS.get(request.by, {})]
    for metric in request.metrics:
        title = wording.title(metric)
        cells.append(title)
        if compared:
            cells += [
                say("doc.title-before", "{title} before", title=title),
                say("doc.title-difference", "{title}: difference", title=title),
                say("doc.title-change", "{title}: change (1 = 100 %)", title=title),
            ]
    return cells


async def _notes(
    context: Context, selection: Selection, request: BreakdownRequest
) -> list[list[str]]:
    """What the values are of, a line each."""
    data, period = context.data, selection.period
    read_state = await data.read_state()
    order = request.order
    notes: list[list[str]] = [
        [_title(request)],
        [wording.PERIOD, *_days(period), period.zone],
    ]
    if selection.comparable is not None:
        notes.append([wording.COMPARED, *_days(selection.comparable)])
        extent = await data.extent()
        began = extent and local_day(extent[0], zone(period.zone))
        if began and selection.comparable.first_day < began:
            notes.append([wording.COMPARISON_CUT, wording.sales_begin(began)])
    if selection.to_period(period).is_running:
        notes.append([wording.NOT_COMPLETE, wording.STILL_RUNNING])
    if any(metric.unit is Unit.MONEY for metric in request.metrics):
        notes.append([wording.CURRENCY, read_state.currency])
    for dimension, name in _FILTERS.items():
        keys = getattr(selection.filters, name)
        if keys:
            known = await labels(context.loaders, dimension, keys)
            named = (wording.member(dimension, key, known[key]) for key in keys)
            notes.append([wording.FILTER, wording.DIMENSIONS[dimension], *named])
    if request.search and request.search.strip():
        notes.append([say("doc.search", "Search"), request.search.strip()])
    notes.append([say("doc.order", "Order"), _order(order)])
    notes.append([wording.AS_OF, selection.now.isoformat()])
    notes += [
        [wording.DEFINITION, wording.title(metric), wording.definition(metric)]
        for metric in request.metrics
    ]
    for missing in await data.amounts_left_out(selection.query(MONEY)):
        notes.append([wording.LEFT_OUT, missing.currency, _text(missing.amount)])
    return notes


def _days(period: Range) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat()]


def _order(order: Order) -> str:
    title = wording.title(order.metric)
    sorted_by = {
        SortValue.VALUE: title,
        SortValue.PREVIOUS: say("doc.title-before", "{title} before", title=title),
        SortValue.DIFFERENCE: say("doc.title-difference", "{title}: difference", title=title),
        SortValue.CHANGE: say("doc.order-change", "{title}: change", title=title),
    }[order.sort]
    return (
        say("doc.ascending", "{title}, ascending", title=sorted_by)
        if order.ascending
        else say("doc.descending", "{title}, descending", title=sorted_by)
    )


def _title(request: BreakdownRequest) -> str:
    what = [wording.title(metric) for metric in request.metrics]
    return say(
        "doc.title-by",
        "{title} by {dimension}",
        title=wording.LOSS_MAKERS if request.losses_of else what,
        dimension=wording.small(wording.DIMENSIONS[request.by]),
    )


def _name(selection: Selection, request: BreakdownRequest) -> str:
    """Letters that every file system takes."""
    metrics: Sequence[Metric] = request.metrics[:1]
    what = str(wording.LOSS_MAKERS) if request.losses_of else metrics[0].title
    period = selection.period
    days = f"{period.first_day.isoformat()} to {period.last_day.isoformat()}"
    name = f"{what} by {wording.DIMENSIONS[request.by].lower()} {days}.csv"
    return re.sub(r"[^A-Za-z0-9 .,_-]", "", name)


def _text(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
