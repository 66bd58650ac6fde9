"""Counts customers in memory, by the order that each order of a customer follows."""

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_core.domain.metrics import Measure
from shopx_store.columns.array_keys import Question, bounds, is_new, keys_of, rows_of
from shopx_store.columns.arrays import Arrays
from shopx_store.columns.base import NEVER
from shopx_store.columns.grouping import Integers, Space
from shopx_store.columns.results import Part
from shopx_store.columns.seen import Seen, Touched
from shopx_store.columns.sources import Source
from shopx_store.query.sales_query import Dimension

_FLAGS: Final = 2**25
"""A byte for each pair of a group and a customer, up to so many; more are sorted."""

Numbers = npt.NDArray[np.int64]


def customers(question: Question, arrays: Arrays, seen: Seen | None) -> list[Part]:
    """Count customers and new customers, whichever are asked for.

    Raises:
        Unfit: DuckDB shall.
        NotLoaded: A day's rows must be loaded first.
    """
    touched = seen.touched(arrays) if seen is not None else None
    if touched is not None and not len(touched.customers):
        touched = None
    if question.query.dimensions or question.query.hour_of_week:
        return _distinct(question, arrays, touched)
    found = [_by_previous(question, arrays, touched)]
    if touched is not None:
        found.append(_by_previous_of(question, touched))
    return found


def _by_previous(question: Question, arrays: Arrays, touched: Touched | None) -> Part:
    """A customer counts with the first order in the range or bucket."""
    table = arrays.table(Source.SALES)
    rows = rows_of(question, table, *question.range)
    previous = rows.of(table.keys["previous"])
    edges = None
    if question.query.granularity is None:
        before = previous < rows.first
    else:
        edges = bounds(question, rows)
        before = previous < np.repeat(edges[:-1].astype(previous.dtype), np.diff(edges))
    new = previous == -1
    if touched is not None:
        others = ~touched.among(rows.key("customer_id"))
        before, new = before & others, new & others
    return _counted(question, before, new, None if edges is None else edges - rows.first)


def _by_previous_of(question: Question, touched: Touched) -> Part:
    """The same of customers of whom the tail changes an order, who are few."""
    start, end = question.range
    table = touched.table
    first, last = table.place(start), table.place(end)
    previous = touched.previous_at[first:last]
    edges = None
    if question.query.granularity is None:
        before = previous < start
    else:
        edges = np.append(table.places(question.starts).clip(first, last), last) - first
        begins = np.maximum(question.starts, start)
        before = previous < np.repeat(begins, np.diff(edges))
    return _counted(question, before, previous == NEVER, edges)


def _counted(
    question: Question,
    before: npt.NDArray[np.bool_],
    new: npt.NDArray[np.bool_],
    edges: npt.NDArray[np.int64] | None,
) -> Part:
    wanted = {Measure.CUSTOMERS: before, Measure.NEW_CUSTOMERS: new}
    chosen = {m: which for m, which in wanted.items() if m in question.query.measures}
    keys = {} if edges is None else {"bucket": np.arange(len(edges) - 1)}
    ranges = list(pairwise([0, len(before)] if edges is None else edges.tolist()))
    return Part(
        keys,
        {
            m: np.array([np.count_nonzero(which[first:last]) for first, last in ranges])
            for m, which in chosen.items()
        },
    )


def _distinct(question: Question, arrays: Arrays, touched: Touched | None) -> list[Part]:
    """Count each customer once for each key."""
    wants_new = Measure.NEW_CUSTOMERS in question.query.measures
    table = arrays.table(Source.SALES)
    rows = rows_of(question, table, *question.range)
    counts = rows.of(table.keys["previous"]) < len(table)
    if touched is not None:
        counts &= ~touched.among(rows.key("customer_id"))
    rows = rows.only(counts)
    keys = keys_of(question, rows)
    customer = rows.key("customer_id").astype(np.int64)
    new = is_new(question, rows) if wants_new else None
    if touched is not None:
        more = rows_of(question, touched.table, *question.range)
        keys = {
            name: np.concatenate([column, other])
            for (name, column), other in zip(
                keys.items(), keys_of(question, more).values(), strict=True
            )
        }
        customer = np.concatenate([customer, more.key("customer_id")])
        if new is not None:
            new = np.concatenate([new, is_new(question, more)])
    if not len(customer):
        return []
    found = []
    if Measure.CUSTOMERS in question.query.measures:
        found.append(_pairs(question, keys, customer, Measure.CUSTOMERS))
    if new is not None and new.any():
        chosen = {name: column[new] for name, column in keys.items()}
        found.append(_pairs(question, chosen, customer[new], Measure.NEW_CUSTOMERS))
    return found


def _pairs(
    question: Question, keys: dict[str, Integers], customer: Numbers, measure: Measure
) -> Part:
    """How many customers each combination of keys has."""
    if not keys:
        size = int(customer.max()) + 1
        once = np.zeros(size, dtype=bool)
        once[customer] = True
        return Part({}, {measure: np.array([np.count_nonzero(once)])})
    groups = Space.around(list(keys.values()))
    code = groups.codes(list(keys.values()), len(customer))
    if Dimension.CUSTOMER in question.query.by:
        codes = np.unique(code)
        named = dict(zip(keys, groups.columns(codes), strict=True))
        return Part(named, {measure: np.ones(len(codes), dtype=np.int64)})
    both = Space.around([code, customer])
    pairs = both.codes([code, customer], len(customer))
    if both.size <= _FLAGS:
        flags = np.zeros(both.size, dtype=bool)
        flags[pairs] = True
        held = both.columns(np.flatnonzero(flags))[0]
    else:
        held = both.columns(np.unique(pairs))[0]
    codes, numbers = np.unique(held, return_counts=True)
    return Part(dict(zip(keys, groups.columns(codes), strict=True)), {measure: numbers})
