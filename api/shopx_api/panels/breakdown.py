"""Figures by a dimension: a page of ranked rows, their earlier figures, and the total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import strawberry

from shopx_api.data.context import Info
from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Keyset, PageArgs
from shopx_api.panels.labels import NONE_SEGMENT, labels
from shopx_api.panels.members import matching_keys
from shopx_api.panels.metric_values import (
    add_up,
    adds_up,
    figures,
    figures_of_rows,
    needed,
)
from shopx_api.panels.ranked_table import Order, RankedTable
from shopx_api.panels.ranking import compared
from shopx_api.panels.selection import TYPE_NAMES, Selection
from shopx_api.panels.totals import kpis
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Breakdown, BreakdownRow, Figure
from shopx_api.types.node import global_id
from shopx_core.domain.metrics import Measure, Metric
from shopx_store.query import NONE, Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownRequest:
    """The arguments of a breakdown."""

    by: DimensionName
    metrics: Sequence[Metric]
    order: Order
    """What ranks need not be one of `metrics`."""
    first: int
    """Rows of a page."""
    after: str | None
    """Continue after the row with this cursor."""
    search: str | None = None
    """A part of the names to list; `None` = all."""
    losses_of: Metric | None = None
    """Only rows in which this metric is negative; `None` = all."""
    members_only: bool = False
    """Without the row of sales that have no member, such as those without a customer."""

    @property
    def keyset(self) -> Keyset:
        """The order of the rows."""
        losses = ":losses" if self.losses_of else ""
        members = ":members" if self.members_only else ""
        return self.order.keyset(
            f"{self.by.value}:{self.search or ''}{losses}{members}",
            Dimension(self.by.value).key,
            key_type="text" if self.by is DimensionName.SEGMENT else "bigint",
        )


async def breakdown(info: Info, selection: Selection, request: BreakdownRequest) -> Breakdown:
    """Compute a page of a breakdown.

    Raises:
        InvalidInput: The cursor is of another list.
    """
    context, args = info.context, PageArgs(request.first, request.after)
    found = await ranked_rows(context.data, selection, request)
    keyset = request.keyset
    chosen = found.page(args.first, keyset.key(args.after))
    page = [found.unplaced(row) for row in chosen]
    names = await labels(context.loaders, request.by, [row.key for row in page])
    totals = _totals(found, request)
    figures = figures_of_rows(found.compared.take(chosen), request.metrics, totals)
    connection = keyset.connection(
        args,
        [
            _node(row.key, request.by, names[row.key], shown)
            for row, shown in zip(page, figures, strict=True)
        ],
        [row.sort_key for row in page],
        found.count,
    )
    return Breakdown(
        edges=connection.edges,
        page_info=connection.page_info,
        count=connection.count,
        dimension=request.by,
        sum_up=partial(_total, context.data, selection, request, found),
    )


async def ranked_rows(
    data: OperationData, selection: Selection, request: BreakdownRequest
) -> RankedTable:
    """Read all rows of a breakdown, in its order."""
    dimension = Dimension(request.by.value)
    query = selection.query(_measures(request), by=(dimension,))
    none = NONE_SEGMENT if request.by is DimensionName.SEGMENT else NONE
    return RankedTable(
        await compared(data, selection, query),
        request.order,
        without=none if request.members_only else None,
        losses_of=request.losses_of,
        only=await matching_keys(data, request.by, request.search),
    )


def _measures(request: BreakdownRequest) -> frozenset[Measure]:
    losses = [request.losses_of] if request.losses_of else []
    return needed([*request.metrics, request.order.metric, *losses])


def _totals(found: RankedTable, request: BreakdownRequest) -> Mapping[str, Decimal | None]:
    """The totals that shares are parts of, by metric; losses are parts of nothing."""
    if request.losses_of is not None:
        return {}
    row = found.table.total()
    return {
        metric.id: metric.value(row) for metric in request.metrics if adds_up(metric, request.by)
    }


def member_id(key: int | str, by: DimensionName) -> tuple[strawberry.ID, bool]:
    """The id of a dimension's key in the schema, and whether it stands for none."""
    if isinstance(key, str):
        return strawberry.ID(key.upper()), key == NONE_SEGMENT
    return global_id(TYPE_NAMES[by], key), key == NONE


def _node(key: int | str, by: DimensionName, label: str, shown: list[Figure]) -> BreakdownRow:
    row_id, is_none = member_id(key, by)
    return BreakdownRow(id=row_id, label=label, is_none=is_none, figures=shown)


async def _total(
    data: OperationData, selection: Selection, request: BreakdownRequest, found: RankedTable
) -> list[Figure]:
    table = found.compared
    if request.losses_of is not None:
        # Sums over the rows that lost money: of line measures, the only ones that add up.
        return figures(request.metrics, table.current.total(found.taking_part), None)
    if not add_up(needed(request.metrics), request.by):
        return await kpis(data, selection, request.metrics)
    before = table.previous.total() if table.previous is not None else None
    return figures(request.metrics, table.current.total(), before)
