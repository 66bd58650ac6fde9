"""Answers a query from tables in memory, as the parts that DuckDB's statements would deliver.

Everything is added in 64 bits: `arrays` has checked that no sum leaves them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from shopx_core.domain.metrics import Measure
from shopx_store.columns import array_ranking, clock_sql
from shopx_store.columns.array_customers import customers
from shopx_store.columns.array_keys import Question, Rows, bounds, keys_of, pieces_of, spans_of
from shopx_store.columns.array_tables import Column, Table
from shopx_store.columns.arrays import Arrays
from shopx_store.columns.grouping import Numbers, Space, Sums, Unfit
from shopx_store.columns.results import Part
from shopx_store.columns.seen import Seen
from shopx_store.columns.sources import EXACT, Source, fine_ranges, whole_range
from shopx_store.columns.statements import MONEY
from shopx_store.query.plan import LINE_DIMENSIONS
from shopx_store.query.result_columns import ResultColumns
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
    if query.needs_first_orders and (query.dimensions or query.hour_of_week):
        firsts = arrays.first_orders if seen is None else seen.first_orders(arrays)
        question = question.with_first_orders(firsts)
    found: list[Part] = []
    summed = [m for m in Measure if m in query.measures and m not in CUSTOMERS]
    by_line = bool(query.dimensions & LINE_DIMENSIONS)
    by_product = Dimension.PRODUCT in query.by and Dimension.DISCOUNT not in query.by
    if summed:
        if Measure.ORDERS in summed and by_line and not by_product:
            raise Unfit("orders do not add up by line")
        for table, start, end in _ranges(question, arrays, seen, summed, by_product=by_product):
            part = _part(question, table, start, end, summed)
            if part is not None:
                found.append(part)
    if query.measures & CUSTOMERS:
        if by_line:
            raise Unfit("customers do not add up by line")
        found += customers(question, arrays, seen)
    return found


def ranked_of(question: Question, arrays: Arrays, seen: Seen | None) -> ResultColumns | None:
    """The answer to a query that says what orders its rows; `None` = `parts_of` answers.

    Raises:
        Unfit: DuckDB shall answer.
        NotLoaded: A day's rows must be loaded first.
    """
    query = question.query
    by_line = bool(query.dimensions & LINE_DIMENSIONS)
    by_product = Dimension.PRODUCT in query.by
    if not query.ranks or query.measures & CUSTOMERS or (by_line and not by_product):
        return None
    summed = [m for m in Measure if m in query.measures]
    ranges = _ranges(question, arrays, seen, summed, by_product=by_product)
    return array_ranking.ranked(question, ranges, summed)


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


def _part(
    question: Question, table: Table, start: int, end: int, summed: Sequence[Measure]
) -> Part | None:
    columns = {m: table.measures[m] for m in summed if m in table.measures}
    first, last = table.place(start), table.place(end)
    if not columns or first >= last:
        return None
    query = question.query
    converted = question.names.home is not None and bool(set(columns) & set(MONEY))
    if converted or query.dimensions or query.hour_of_week:
        keys, sums = _grouped(question, Rows(table, first, last), columns, converted=converted)
    else:
        values = [column.numbers[first:last] for column in columns.values()]
        keys, begins = {}, np.zeros(1, dtype=np.int64)
        if query.granularity is not None:
            edges = bounds(question, Rows(table, first, last))
            keys["bucket"] = np.flatnonzero(edges[1:] > edges[:-1])
            begins = edges[keys["bucket"]] - first
        sums = [np.add.reduceat(numbers, begins, dtype=np.int64) for numbers in values]
    units = [column.unit for column in columns.values()]
    scaled = [numbers * unit for numbers, unit in zip(sums, units, strict=True)]
    return Part(keys, dict(zip(columns, scaled, strict=True)))


def _grouped(
    question: Question, rows: Rows, columns: Mapping[Measure, Column], *, converted: bool
) -> tuple[dict[str, Numbers], list[Numbers]]:
    spans = spans_of(question, rows.table, converted=converted)
    space = Space(list(spans.values()))
    sums = Sums(space, len(columns), len(rows))
    for piece in pieces_of(question, rows):
        keys = keys_of(question, piece, converted=converted)
        codes = space.codes([keys[name] for name in spans], len(piece))
        sums.add(codes, [piece.of(column.numbers) for column in columns.values()])
    found, values = sums.of_groups()
    return dict(zip(spans, space.columns(found), strict=True)), values
