"""Answers a query from tables in memory, as the parts that DuckDB's statements would deliver.

Everything is added in 64 bits: `arrays` has checked that no sum leaves them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from shopx_core.domain.metrics import Measure
from shopx_store.columns import clock_sql
from shopx_store.columns.array_customers import customers
from shopx_store.columns.array_keys import Question, Rows, bounds, keys_of, rows_of
from shopx_store.columns.arrays import Arrays, Table
from shopx_store.columns.grouping import Grouping, Unfit
from shopx_store.columns.results import Part
from shopx_store.columns.seen import Seen, first_orders
from shopx_store.columns.statements import EXACT, MONEY, Source, fine_ranges, whole_range
from shopx_store.query.plan import LINE_DIMENSIONS
from shopx_store.query.sales_query import Dimension

CUSTOMERS: Final = frozenset({Measure.CUSTOMERS, Measure.NEW_CUSTOMERS})


def parts_of(question: Question, arrays: Arrays, seen: Seen | None) -> list[Part]:
    """What adds up to a query's answer.

    Args:
        question: The query.
        arrays: The base's.
        seen: What of the tail may alter the answer.

    Raises:
        Unfit: DuckDB shall answer.
        NotLoaded: A day's rows must be loaded first.
    """
    query = question.query
    if Dimension.CUSTOMER_TYPE in query.by:
        question = replace(question, first_orders=first_orders(arrays, seen))
    found: list[Part] = []
    summed = [m for m in Measure if m in query.measures and m not in CUSTOMERS]
    by_line = bool(query.dimensions & LINE_DIMENSIONS)
    by_product = Dimension.PRODUCT in query.by and Dimension.DISCOUNT not in query.by
    if summed:
        if Measure.ORDERS in summed and by_line and not by_product:
            raise Unfit("orders do not add up by line")
        for table, start, end in _ranges(question, arrays, seen, summed, by_product=by_product):
            part = _part(question, rows_of(question, table, start, end), summed)
            if part is not None:
                found.append(part)
    if query.measures & CUSTOMERS:
        if by_line:
            raise Unfit("customers do not add up by line")
        found += customers(question, arrays, seen)
    return found


def _ranges(
    question: Question,
    arrays: Arrays,
    seen: Seen | None,
    summed: Sequence[Measure],
    *,
    by_product: bool,
) -> list[tuple[Table, int, int]]:
    query, source = question.query, question.source
    first, last = map(clock_sql.micros, whole_range(query, source))
    found: list[tuple[Table, int, int]] = []
    if source in EXACT:
        found += [(table, first, last) for table in arrays.exact(source, first, last)]
    elif first < last:
        # What has no key of time and no rate of a day may be added up by longer stretches.
        timeless = query.granularity is None and question.names.home is None
        found += arrays.stretches(source, first, last, long=timeless)
    single = Source.SALES if source in {Source.SALES_DAYS, Source.QUARTERS} else Source.LINES
    for part in fine_ranges(query, source):
        start, end = map(clock_sql.micros, part)
        found += [(table, start, end) for table in arrays.exact(single, start, end)]
    if seen is not None:
        found.append((seen.lines, *question.range))
        if Measure.ORDERS in summed:
            found.append((seen.changed(arrays, by_product=by_product).table, *question.range))
    return found


def _part(question: Question, rows: Rows, summed: Sequence[Measure]) -> Part | None:
    columns = {m: rows.table.measures[m] for m in summed if m in rows.table.measures}
    if not columns or not len(rows):
        return None
    query = question.query
    converted = question.names.home is not None and bool(set(columns) & set(MONEY))
    values = {m: rows.of(column.numbers) for m, column in columns.items()}
    if not converted and not query.keys:
        sums = {m: numbers.sum(dtype=np.int64, keepdims=True) for m, numbers in values.items()}
        keys = {}
    elif not converted and query.keys == ("bucket",) and rows.chosen is None:
        edges = bounds(question, rows)
        filled = np.flatnonzero(edges[1:] > edges[:-1])
        first = edges[filled] - rows.first
        sums = {m: np.add.reduceat(v, first, dtype=np.int64) for m, v in values.items()}
        keys = {"bucket": filled}
    else:
        given = keys_of(question, rows, converted=converted)
        grouping = Grouping(given.values())
        sums = {m: grouping.sums(numbers) for m, numbers in values.items()}
        keys = dict(zip(given, grouping.keys, strict=True))
    return Part(keys, {m: sums[m] * column.unit for m, column in columns.items()})
