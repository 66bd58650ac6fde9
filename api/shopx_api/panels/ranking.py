"""A page of a ranking, with the rows' earlier places and figures."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.compared_table import ComparedTable
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.members import matching_keys
from shopx_api.panels.metric_values import adds_up, figure, needed
from shopx_api.panels.ranked_table import Order, Ranked, RankedTable
from shopx_api.panels.selection import Selection
from shopx_api.panels.table import Table
from shopx_api.types.connection import Connection
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Figure
from shopx_core.domain.metrics import Metric
from shopx_store.query import NONE, Dimension, SalesQuery

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a ranking with its figures."""

    row: Ranked
    figures: list[Figure]


async def ranking(
    data: OperationData,
    selection: Selection,
    dimension: DimensionName,
    metrics: Sequence[Metric],
    order: Order,
    page: PageArgs,
    *,
    search: str | None,
    to_nodes: Callable[[Sequence[Placed]], Awaitable[list[T]]],
) -> Connection[T]:
    """Return a page of a ranking: two queries, one without comparison.

    Args:
        data: The operation's data.
        selection: The panel's arguments.
        dimension: What is ranked.
        metrics: The figures of each row.
        order: The order of the rows.
        page: The requested page.
        search: A part of the names to list; `None` = all.
        to_nodes: Makes the schema's rows, one for each place.
    """
    query = selection.query(needed([*metrics, order.metric]), by=(Dimension(dimension.value),))
    keyset = order.keyset(f"{dimension.value}s:{search or ''}", query.by[0].key)
    table = await compared(data, selection, query)
    only = await matching_keys(data, dimension, search)
    found = RankedTable(table, order, without=NONE, only=only)
    rows = [found.ranked(row) for row in found.page(page.first, keyset.key(page.after))]
    total = found.table.total()
    totals = {metric.id: metric.value(total) for metric in metrics if adds_up(metric, dimension)}
    places = [
        Placed(row, [figure(m, row.measures, row.previous, totals.get(m.id)) for m in metrics])
        for row in rows
    ]
    keys = [row.sort_key for row in rows]
    return keyset.connection(page, await to_nodes(places), keys, found.count)


async def compared(data: OperationData, selection: Selection, query: SalesQuery) -> ComparedTable:
    """Read a query by one dimension, and the same of the compared period, if there is one."""
    current = Table.of(query, await data.aggregate(query))
    then = selection.comparable
    if then is None:
        return ComparedTable.of(current, None)
    earlier = replace(query, start=then.start, end=then.end)
    if then.start >= then.end:
        return ComparedTable.of(current, current.none())
    return ComparedTable.of(current, Table.of(earlier, await data.aggregate(earlier)))


async def ranked(data: OperationData, query: SalesQuery, by: Metric) -> RankedTable:
    """Rank the members of the one dimension of a query; sales without a member take no part."""
    table = ComparedTable.of(Table.of(query, await data.aggregate(query)), None)
    return RankedTable(table, Order(metric=by), without=NONE)
