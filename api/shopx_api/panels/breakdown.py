"""Figures by a dimension: a page of ranked rows, their earlier figures, and the total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Keyset, PageArgs
from shopx_api.panels.labels import NONE_SEGMENT, labels
from shopx_api.panels.metric_values import Measures, adds_up, figure, figures, needed
from shopx_api.panels.ranked_table import Ranked, RankedTable, ranked_by
from shopx_api.panels.selection import TYPE_NAMES, Selection
from shopx_api.panels.table import Table
from shopx_api.panels.totals import kpis
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Breakdown, BreakdownRow, Figure
from shopx_api.types.node import global_id
from shopx_core.domain.metrics import Metric
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
"""The field of `Filters` for each dimension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownRequest:
    """The arguments of a breakdown."""

    by: DimensionName
    metrics: Sequence[Metric]
    order_by: Metric
    """What ranks; not necessarily one of `metrics`."""
    ascending: bool
    page: PageArgs
    losses_only: bool = False
    """Only rows in which `order_by` is negative."""

    @property
    def keyset(self) -> Keyset:
        """The order of the rows."""
        direction = "asc" if self.ascending else "desc"
        losses = ":losses" if self.losses_only else ""
        return ranked_by(
            f"{self.by.value}:{self.order_by.id}:{direction}{losses}",
            Dimension(self.by.value).key,
            ascending=self.ascending,
            key_type="text" if self.by is DimensionName.SEGMENT else "bigint",
        )


async def breakdown(info: Info, selection: Selection, request: BreakdownRequest) -> Breakdown:
    """Compute a page of a breakdown.

    Raises:
        InvalidInput: The cursor is of another list.
    """
    context = info.context
    dimension = Dimension(request.by.value)
    query = selection.query(needed([*request.metrics, request.order_by]), by=(dimension,))
    found = await _ranked(context.data, query, request)
    rows = found.page(request.page.first, request.keyset.key(request.page.after))
    page = [found.ranked(row) for row in rows]
    earlier = await _earlier(context, selection, query, request.by, page)
    names = await labels(context.loaders, request.by, [row.key for row in page])
    totals = await _totals(info, selection, request)
    connection = request.keyset.connection(
        request.page,
        [_node(row, request, names[row.key], earlier, totals) for row in page],
        [row.sort_key for row in page],
        found.count,
    )
    return Breakdown(
        edges=connection.edges,
        page_info=connection.page_info,
        count=connection.count,
        dimension=request.by,
        sum_up=partial(_total, context.data, selection, request),
    )


async def _ranked(data: OperationData, query: SalesQuery, request: BreakdownRequest) -> RankedTable:
    return RankedTable(
        Table.of(query, await data.aggregate(query)),
        request.order_by,
        ascending=request.ascending,
        losses_only=request.losses_only,
    )


async def _earlier(
    context: Context,
    selection: Selection,
    query: SalesQuery,
    by: DimensionName,
    page: Sequence[Ranked],
) -> Mapping[int | str, Mapping[str, Any]] | None:
    """The measures of the page's rows in the compared period; `None` without comparison."""
    if selection.comparable is None:
        return None
    if not page:
        return {}
    # The page's rows pass the selection's own filter on this dimension, if there is one.
    narrowed = selection.only(**{FILTERS[by]: tuple(sorted(row.key for row in page))})
    then = narrowed.query(query.measures, selection.comparable, by=query.by)
    rows = (await context.data.aggregate(then)).rows
    return {row[query.by[0].key]: row for row in rows}


async def _totals(
    info: Info, selection: Selection, request: BreakdownRequest
) -> Mapping[str, Decimal | None]:
    """The totals that shares are parts of, by metric; empty where no share is selected."""
    additive = [metric for metric in request.metrics if adds_up(metric, request.by)]
    if not additive or request.losses_only or not _selects(info.selected_fields, "share"):
        return {}
    query = selection.query(needed(request.metrics))
    row: Measures = (await info.context.data.aggregate(query)).rows[0]
    return {metric.id: metric.value(row) for metric in additive}


def _selects(fields: Sequence[Any], name: str) -> bool:
    return any(
        getattr(field, "name", None) == name or _selects(field.selections, name) for field in fields
    )


def _node(
    row: Ranked,
    request: BreakdownRequest,
    label: str,
    earlier: Mapping[int | str, Mapping[str, Any]] | None,
    totals: Mapping[str, Decimal | None],
) -> BreakdownRow:
    previous = None
    if earlier is not None:
        previous = earlier.get(row.key) or dict.fromkeys(needed(request.metrics), 0)
    if isinstance(row.key, str):
        is_none, row_id = row.key == NONE_SEGMENT, strawberry.ID(row.key.upper())
    else:
        is_none, row_id = row.key == NONE, global_id(TYPE_NAMES[request.by], row.key)
    return BreakdownRow(
        id=row_id,
        label=label,
        is_none=is_none,
        figures=[
            figure(metric, row.measures, previous, totals.get(metric.id))
            for metric in request.metrics
        ],
    )


async def _total(
    data: OperationData, selection: Selection, request: BreakdownRequest
) -> list[Figure]:
    if not request.losses_only:
        return await kpis(data, selection, request.metrics)
    # Sums over the rows that lost money: of line measures, the only ones that add up.
    measures = needed(request.metrics)
    query = selection.query(measures, by=(Dimension(request.by.value),))
    found = await _ranked(data, query, request)
    return figures(request.metrics, found.table.total(found.members), None)
