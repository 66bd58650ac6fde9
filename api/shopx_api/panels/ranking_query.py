"""A page of a ranking by any metric, with places and totals, in one statement.

The cube's answer is a subquery here, so that thousands of products are ranked where they are and
only a page of them travels. Places are those of sports: equals share one, and the places that they
take up are skipped. What has no value (a margin of no revenue) has no place and comes last in
either direction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_core.domain.metrics import Linear, Measure, Metric
from shopx_store.query import NONE, SalesQuery

# Enough digits to tell any two averages apart, few enough that 1 ÷ 3 equals 2 ÷ 6 whatever the
# scale that the amounts are stored with.
_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of the page."""

    key: int
    value: Decimal | None
    """What it was ranked by, as the database rounds it: the first part of a cursor."""
    rank: int | None
    measures: Mapping[Measure, Decimal | int]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a ranking and what is known of the whole of it."""

    rows: Sequence[Ranked]
    """One more than was asked for where the ranking goes on."""
    total: Mapping[Measure, Decimal | int]
    """Sums over every row, also those of other pages and what belongs to nobody: of counts only
    where these add up (an order has one customer, but many products)."""
    count: int
    """Rows of the whole ranking."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which page: `first` rows after a cursor."""

    first: int
    after: tuple[Decimal | None, int] | None = None
    """Value and key of the row before the page."""
    ascending: bool = False


async def ranked_page(data: OperationData, query: SalesQuery, metric: Metric, cut: Cut) -> Page:
    """Rank the one dimension of `query` and return a page.

    Args:
        data: What the operation reads.
        query: By one dimension of ids; it needs the measures of `metric` and may have more.
        metric: What ranks.
        cut: Which page.
    """
    statement = await data.statement(query)
    arguments = [*statement.args]
    key = query.by[0].key
    where = _after(cut, key, arguments)
    arguments.append(cut.first + 1)
    sums = [m for m in Measure if m in query.measures]
    totals = "".join(f", sum({m}) as total_{m}" for m in sums)
    direction = "asc" if cut.ascending else "desc"
    rows = await data.fetch(
        f"""
with q as materialized ({statement.text}), t as (
    select count(*) filter (where {key} <> {NONE}) as total_rows{totals} from q
), r as ({_ranks(query, metric, cut)})
select * from t left join (
    select * from r where {where}
    order by value {direction} nulls last, {key} limit ${len(arguments)}
) page on true
order by value {direction} nulls last, {key}""",
        *arguments,
    )
    return Page(
        # The totals come without a row where the page is empty.
        rows=[_row(row, query) for row in rows if row[key] is not None],
        total={m: rows[0][f"total_{m}"] or 0 for m in sums},
        count=rows[0]["total_rows"],
    )


async def ranked_rows(
    data: OperationData, query: SalesQuery, metric: Metric, keys: Sequence[int], *, ascending: bool
) -> dict[int, Ranked]:
    """Return chosen rows of a ranking, by key, with their places in the whole of it.

    Args:
        data: What the operation reads.
        query: As for `ranked_page`.
        metric: What ranks.
        keys: Which rows; those that are not in the ranking are absent.
        ascending: Whether the lowest comes first.
    """
    if not keys or query.start >= query.end:
        return {}
    statement = await data.statement(query)
    rows = await data.fetch(
        f"""
with q as ({statement.text}), r as ({_ranks(query, metric, Cut(1, ascending=ascending))})
select * from r where {query.by[0].key} = any(${len(statement.args) + 1}::bigint[])""",
        *statement.args,
        list(keys),
    )
    return {ranked.key: ranked for ranked in (_row(row, query) for row in rows)}


def with_measures(query: SalesQuery, metrics: Sequence[Metric]) -> SalesQuery:
    """The same question with the measures that the metrics need."""
    needed = frozenset(measure for metric in metrics for measure in metric.measures)
    return replace(query, measures=needed)


def metric_sql(metric: Metric) -> str:
    """The metric as an expression over columns named after measures; null where it has no value."""
    top = _linear(metric.numerator)
    if metric.denominator is None:
        return top
    return f"round({top} / nullif({_linear(metric.denominator)}, 0), {_DIGITS})"


def _ranks(query: SalesQuery, metric: Metric, cut: Cut) -> str:
    direction = "asc" if cut.ascending else "desc"
    return f"""
    select *, case when value is not null
        then rank() over (order by value {direction} nulls last) end as rank
    from (select *, {metric_sql(metric)} as value from q
        where {query.by[0].key} <> {NONE}) v"""


def _after(cut: Cut, name: str, arguments: list[Any]) -> str:
    if cut.after is None:
        return "true"
    arguments.extend(cut.after)
    value, key = f"${len(arguments) - 1}::numeric", f"${len(arguments)}::bigint"
    if cut.after[0] is None:
        # The value is named all the same: PostgreSQL refuses a placeholder that nothing uses.
        return f"value is null and {value} is null and {name} > {key}"
    beyond = ">" if cut.ascending else "<"
    return f"(value {beyond} {value} or value is null or (value = {value} and {name} > {key}))"


def _linear(terms: Linear) -> str:
    return "(" + " + ".join(f"{factor} * {m}::numeric" for m, factor in terms.items()) + ")"


def _row(row: asyncpg.Record, query: SalesQuery) -> Ranked:
    return Ranked(
        key=row[query.by[0].key],
        value=row["value"],
        rank=row["rank"],
        measures={m: row[m] for m in query.measures},
    )
