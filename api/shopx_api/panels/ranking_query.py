"""A page of a ranking by any metric, with places and totals, in one statement.

The sales query is a subquery here, so that the database ranks thousands of products and returns a
page of them. Places are those of sports: equals share one, and the places that they take up are
skipped. A row without a value (a margin of no revenue) has no place and comes last in either
direction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_core.domain.metrics import REVENUE, Linear, Measure, Metric
from shopx_store.query import NONE, SalesQuery
from shopx_store.sql import Sql, bind, raw, sql

# Enough digits to tell any two averages apart, few enough that 1 ÷ 3 equals 2 ÷ 6 at any scale
# of the stored amounts.
_DIGITS: Final = 20

_PAGE: Final = """
with q as materialized ({query}), t as (
    select count(*) filter (where {key} <> {none}) as total_rows{totals} from q
), r as ({ranks})
select * from t left join (
    select * from r where {after} order by {order} limit {limit}
) page on true
order by {order}"""

_CHOSEN: Final = """
with q as ({query}), r as ({ranks})
select * from r where {key} = any({keys})"""

_RANKS: Final = """
    select *, case when value is not null
        then rank() over (order by value {direction} nulls last) end as rank
    from (select *, {metric} as value from q
        where {key} <> {none}) v"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of a ranking."""

    key: int
    value: Decimal | None
    """What the row was ranked by, as the database rounds it."""
    rank: int | None
    measures: Mapping[Measure, Decimal | int]

    @property
    def sort_key(self) -> Key:
        """The row's key in the ranking's `keyset`."""
        return self.value, self.key


@dataclass(frozen=True, slots=True)
class RankedPage:
    """Rows of a ranking, and facts about all of its rows."""

    rows: Sequence[Ranked]
    """One more than requested where the ranking goes on."""
    total: Mapping[Measure, Decimal | int]
    """Sums over every row, including those of other pages and the sales without a member: of
    counts only where these add up (an order has one customer, but many products)."""
    count: int
    """Rows of the whole ranking."""


def ranked_by(list_name: str, key: str, *, ascending: bool, key_type: str = "bigint") -> Keyset:
    """The order of a ranking.

    Args:
        list_name: The name of the list in cursors.
        key: The column of the dimension.
        ascending: Whether the lowest value comes first.
        key_type: The PostgreSQL type of `key`.
    """
    value = Column("value", "numeric", descending=not ascending, nullable=True)
    return Keyset(list_name, (value, Column(key, key_type)))


async def ranked_page(
    data: OperationData,
    query: SalesQuery,
    metric: Metric,
    keyset: Keyset,
    *,
    first: int,
    after: Key | None = None,
) -> RankedPage:
    """Rank the one dimension of `query` and return a page.

    Args:
        data: The operation's data.
        query: By one dimension of ids; it needs the measures of `metric` and may have more.
        metric: What ranks.
        keyset: Made by `ranked_by`.
        first: Rows of the page.
        after: The sort key of the row before the page.
    """
    key = query.by[0].key
    sums = [m for m in Measure if m in query.measures]
    rows = await data.fetch(
        sql(
            _PAGE,
            query=await data.statement(query),
            key=raw(key),
            none=raw(str(NONE)),
            totals=raw("".join(f", sum({m}) as total_{m}" for m in sums)),
            ranks=_ranks(query, metric, keyset),
            after=keyset.after(after),
            order=keyset.order_by,
            limit=bind(first + 1, "bigint"),
        )
    )
    return RankedPage(
        # The totals come without a row where the page is empty.
        rows=[_row(row, query) for row in rows if row[key] is not None],
        total={m: rows[0][f"total_{m}"] or 0 for m in sums},
        count=rows[0]["total_rows"],
    )


async def ranked_rows(
    data: OperationData, query: SalesQuery, metric: Metric, keyset: Keyset, keys: Sequence[int]
) -> dict[int, Ranked]:
    """Return certain rows of a ranking, by key, with their places in the whole of it.

    Args:
        data: The operation's data.
        query: As for `ranked_page`.
        metric: What ranks.
        keyset: As for `ranked_page`.
        keys: The rows; those that are not in the ranking are absent.
    """
    if not keys or query.start >= query.end:
        return {}
    rows = await data.fetch(
        sql(
            _CHOSEN,
            query=await data.statement(query),
            ranks=_ranks(query, metric, keyset),
            key=raw(query.by[0].key),
            keys=bind(list(keys), "bigint[]"),
        )
    )
    return {ranked.key: ranked for ranked in (_row(row, query) for row in rows)}


def metric_sql(metric: Metric) -> Sql:
    """The metric as an expression over columns named after measures; null where it has no value."""
    value = _linear(metric.numerator)
    if metric.denominator is not None:
        bottom = _linear(metric.denominator)
        value = f"case when {bottom} > 0 then round({value} / {bottom}, {_DIGITS}) end"
    if metric.needs_cost:
        value = f"case when {Measure.COST} <> 0 or {_linear(REVENUE)} = 0 then {value} end"
    return raw(value)


def _ranks(query: SalesQuery, metric: Metric, keyset: Keyset) -> Sql:
    return sql(
        _RANKS,
        direction=raw("desc" if keyset.columns[0].descending else "asc"),
        metric=metric_sql(metric),
        key=raw(query.by[0].key),
        none=raw(str(NONE)),
    )


def _linear(terms: Linear) -> str:
    return "(" + " + ".join(f"{factor} * {m}::numeric" for m, factor in terms.items()) + ")"


def _row(row: asyncpg.Record, query: SalesQuery) -> Ranked:
    return Ranked(
        key=row[query.by[0].key],
        value=row["value"],
        rank=row["rank"],
        measures={m: row[m] for m in query.measures},
    )
