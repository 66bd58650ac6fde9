"""Figures by a dimension: a page of ranked rows, their earlier figures, and the total.

The page is cut in SQL around the cube's statement, and a cursor holds the value that the database
ranked by, so that a quotient's last digit cannot repeat or skip a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.panels.labels import NONE_SEGMENT, labels
from shopx_api.panels.metric_values import Measures, adds_up, figure, figures, needed
from shopx_api.panels.ranking_query import metric_sql
from shopx_api.panels.selection import TYPE_NAMES, Selection
from shopx_api.types.connection import checked_first, connection, decode_cursor, encode_cursor
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Breakdown, BreakdownRow, Figure
from shopx_api.types.node import global_id
from shopx_core.domain.metrics import Metric
from shopx_core.errors import InvalidInput
from shopx_store.query import NONE, Dimension, SalesQuery

FILTERS: Final[Mapping[DimensionName, str]] = {
    DimensionName.CATEGORY: "categories",
    DimensionName.PRODUCT: "products",
    DimensionName.CUSTOMER: "customers",
    DimensionName.SEGMENT: "segments",
    DimensionName.REP: "reps",
    DimensionName.REGION: "regions",
    DimensionName.CHANNEL: "channels",
}
"""The field of `Filters` that chooses by each dimension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownRequest:
    """Which page of which breakdown."""

    by: DimensionName
    metrics: Sequence[Metric]
    order_by: Metric
    """It ranks, whether it is among `metrics` or not."""
    ascending: bool
    first: int
    after: str | None
    losses_only: bool = False
    """Only rows in which `order_by` is negative."""


@dataclass(frozen=True, slots=True)
class _Row:
    key: int | str
    value: Decimal | None
    measures: Mapping[str, Any]


async def breakdown(info: Info, selection: Selection, wanted: BreakdownRequest) -> Breakdown:
    """Answer a breakdown.

    Raises:
        InvalidInput: `first` or `after` cannot be used.
    """
    context = info.context
    checked_first(wanted.first)
    order = _order(wanted)
    kind = str if wanted.by is DimensionName.SEGMENT else int
    after = decode_cursor(wanted.after, order, Decimal, kind)
    if after is not None and after[1] is None:
        raise InvalidInput("The cursor is of no row.")
    dimension = Dimension(wanted.by.value)
    query = selection.query(needed([*wanted.metrics, wanted.order_by]), by=(dimension,))
    page = await _page(context, query, wanted, after)
    earlier = await _earlier(context, selection, query, wanted.by, page)
    names = await labels(context.loaders, wanted.by, [row.key for row in page])
    wholes = await _wholes(info, selection, wanted)
    rows = [_shown(row, wanted, names[row.key], earlier, wholes) for row in page]
    cursors = {
        row.id: encode_cursor(order, one.value, one.key)
        for row, one in zip(rows, page, strict=True)
    }

    async def count() -> int:
        return await _count(context, query, wanted)

    async def sum_up() -> list[Figure]:
        return await _total(context, selection, wanted)

    made = connection(
        rows,
        first=wanted.first,
        after=wanted.after,
        cursor=lambda row: cursors[row.id],
        count=count,
    )
    return Breakdown(
        edges=made.edges,
        page_info=made.page_info,
        count=count,
        dimension=wanted.by,
        sum_up=sum_up,
    )


def _order(wanted: BreakdownRequest) -> str:
    """What a cursor belongs to."""
    end = "asc" if wanted.ascending else "desc"
    losses = ":losses" if wanted.losses_only else ""
    return f"{wanted.by.value}:{wanted.order_by.id}:{end}{losses}"


def _valued(statement: str, metric: Metric) -> str:
    return f"select q.*, {metric_sql(metric)} as value from ({statement}) q"


async def _page(
    context: Context, query: SalesQuery, wanted: BreakdownRequest, after: tuple[Any, ...] | None
) -> list[_Row]:
    statement = await context.data.statement(query)
    key = query.by[0].key
    arguments = [*statement.args]
    conditions = ["value < 0"] if wanted.losses_only else []
    if after is not None:
        conditions.append(_beyond(wanted, key, after, arguments))
    arguments.append(wanted.first + 1)
    where = f"where {' and '.join(conditions)}" if conditions else ""
    direction = "asc" if wanted.ascending else "desc"
    rows = await context.data.fetch(
        f"select * from ({_valued(statement.text, wanted.order_by)}) v {where}"
        f" order by value {direction} nulls last, {key} limit ${len(arguments)}",
        *arguments,
    )
    return [_Row(row[key], row["value"], dict(row)) for row in rows]


def _beyond(
    wanted: BreakdownRequest, key: str, after: tuple[Any, ...], arguments: list[Any]
) -> str:
    value, last = after
    arguments.append(last)
    cast = "text" if isinstance(last, str) else "bigint"
    later = f"{key} > ${len(arguments)}::{cast}"
    if value is None:
        return f"(value is null and {later})"
    arguments.append(value)
    bound = f"${len(arguments)}::numeric"
    sign = ">" if wanted.ascending else "<"
    return f"(value {sign} {bound} or value is null or (value = {bound} and {later}))"


async def _count(context: Context, query: SalesQuery, wanted: BreakdownRequest) -> int:
    statement = await context.data.statement(query)
    where = "where value < 0" if wanted.losses_only else ""
    rows = await context.data.fetch(
        f"select count(*) from ({_valued(statement.text, wanted.order_by)}) v {where}",
        *statement.args,
    )
    return int(rows[0][0])


async def _earlier(
    context: Context,
    selection: Selection,
    query: SalesQuery,
    by: DimensionName,
    page: Sequence[_Row],
) -> Mapping[int | str, Mapping[str, Any]] | None:
    """The measures of the page's rows in the compared period; `None` without comparison."""
    if selection.alike is None:
        return None
    if not page:
        return {}
    # The page's rows pass the selection's own filter on this dimension, if there is one.
    narrowed = selection.only(**{FILTERS[by]: tuple(sorted(row.key for row in page))})
    asked = narrowed.query(query.measures, selection.alike, by=query.by)
    rows = (await context.data.aggregate(asked)).rows
    return {row[query.by[0].key]: row for row in rows}


async def _wholes(
    info: Info, selection: Selection, wanted: BreakdownRequest
) -> Mapping[str, Decimal | None]:
    """What shares are of, by metric; empty where nobody asked for shares."""
    additive = [metric for metric in wanted.metrics if adds_up(metric, wanted.by)]
    if not additive or wanted.losses_only or not _selects(info.selected_fields, "share"):
        return {}
    query = selection.query(needed(wanted.metrics))
    row: Measures = (await info.context.data.aggregate(query)).rows[0]
    return {metric.id: metric.value(row) for metric in additive}


def _selects(fields: Sequence[Any], name: str) -> bool:
    return any(
        getattr(field, "name", None) == name or _selects(field.selections, name) for field in fields
    )


def _shown(
    row: _Row,
    wanted: BreakdownRequest,
    label: str,
    earlier: Mapping[int | str, Mapping[str, Any]] | None,
    wholes: Mapping[str, Decimal | None],
) -> BreakdownRow:
    previous = None
    if earlier is not None:
        previous = earlier.get(row.key) or dict.fromkeys(needed(wanted.metrics), 0)
    if isinstance(row.key, str):
        is_none, row_id = row.key == NONE_SEGMENT, strawberry.ID(row.key.upper())
    else:
        is_none, row_id = row.key == NONE, global_id(TYPE_NAMES[wanted.by], row.key)
    return BreakdownRow(
        id=row_id,
        label=label,
        is_none=is_none,
        figures=[
            figure(metric, row.measures, previous, wholes.get(metric.id))
            for metric in wanted.metrics
        ],
    )


async def _total(context: Context, selection: Selection, wanted: BreakdownRequest) -> list[Figure]:
    measures = needed(wanted.metrics)
    if wanted.losses_only:
        return await _total_of_losses(context, selection, wanted)
    current = (await context.data.aggregate(selection.query(measures))).rows[0]
    previous = None
    if selection.alike is not None:
        query = selection.query(measures, selection.alike)
        previous = (await context.data.aggregate(query)).rows[0]
    return figures(wanted.metrics, current, previous)


async def _total_of_losses(
    context: Context, selection: Selection, wanted: BreakdownRequest
) -> list[Figure]:
    """Sums over the rows that lost money: of line measures, the only ones that add up."""
    measures = needed(wanted.metrics)
    by = (Dimension(wanted.by.value),)
    statement = await context.data.statement(selection.query(measures, by=by))
    sums = ", ".join(f"coalesce(sum({measure}), 0) as {measure}" for measure in sorted(measures))
    rows = await context.data.fetch(
        f"select {sums} from ({_valued(statement.text, wanted.order_by)}) v where value < 0",
        *statement.args,
    )
    return figures(wanted.metrics, dict(rows[0]), None)
