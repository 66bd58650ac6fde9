"""A page of a ranking, with the rows' earlier places and figures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.metric_values import adds_up, figure, needed
from shopx_api.panels.ranked_table import Ranked, RankedTable, ranked_by
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
    """A row of a ranking with its earlier place."""

    row: Ranked
    previous_rank: int | None
    figures: list[Figure]


async def ranking(
    data: OperationData,
    selection: Selection,
    dimension: DimensionName,
    metrics: Sequence[Metric],
    by: Metric,
    page: PageArgs,
    *,
    ascending: bool,
    to_nodes: Callable[[Sequence[Placed]], Awaitable[list[T]]],
) -> Connection[T]:
    """Return a page of a ranking: two queries, one without comparison.

    Args:
        data: The operation's data.
        selection: The panel's arguments.
        dimension: What is ranked.
        metrics: The figures of each row.
        by: What ranks.
        page: The requested page.
        ascending: Whether the lowest value comes first.
        to_nodes: Makes the schema's rows, one for each place.
    """
    query = selection.query(needed([*metrics, by]), by=(Dimension(dimension.value),))
    keyset = ranked_by(
        f"{dimension.value}s:{by.id}:{'asc' if ascending else 'desc'}",
        query.by[0].key,
        ascending=ascending,
    )
    found = await ranked(data, query, by, ascending=ascending)
    rows = [found.ranked(row) for row in found.page(page.first, keyset.key(page.after))]
    earlier: dict[int, Ranked] | None = None
    if selection.comparable is not None:
        then = replace(query, start=selection.comparable.start, end=selection.comparable.end)
        earlier = await _earlier(data, then, by, [row.key for row in rows], ascending=ascending)
    total = found.table.total()
    totals = {metric.id: metric.value(total) for metric in metrics if adds_up(metric, dimension)}
    places = [_place(row, metrics, earlier, totals) for row in rows]
    keys = [row.sort_key for row in rows]
    return keyset.connection(page, await to_nodes(places), keys, found.count)


async def ranked(
    data: OperationData, query: SalesQuery, by: Metric, *, ascending: bool
) -> RankedTable:
    """Rank the members of the one dimension of a query; sales without a member take no part."""
    table = Table.of(query, await data.aggregate(query))
    return RankedTable(table, by, ascending=ascending, without=NONE)


async def _earlier(
    data: OperationData,
    query: SalesQuery,
    by: Metric,
    keys: Sequence[int],
    *,
    ascending: bool,
) -> dict[int, Ranked]:
    """Certain rows of an earlier ranking, by key, with their places in the whole of it."""
    if not keys or query.start >= query.end:
        return {}
    found = await ranked(data, query, by, ascending=ascending)
    return {row.key: row for row in map(found.ranked, found.rows(keys))}


def _place(
    row: Ranked,
    metrics: Sequence[Metric],
    earlier: Mapping[int, Ranked] | None,
    totals: Mapping[str, Decimal | None],
) -> Placed:
    before = earlier.get(row.key) if earlier is not None else None
    previous = None
    if earlier is not None:
        # A row that is absent from the earlier ranking sold nothing then: every measure is 0.
        previous = before.measures if before else dict.fromkeys(row.measures, 0)
    return Placed(
        row=row,
        previous_rank=before.rank if before else None,
        figures=[figure(m, row.measures, previous, totals.get(m.id)) for m in metrics],
    )
