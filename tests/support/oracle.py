"""Sums over the ledger in plain Python: every fast answer must equal them."""

import datetime as dt
import decimal
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import bucket_start
from shopx_store.query import CustomerType, Dimension, SalesQuery

Row = Mapping[str, Any]

LEDGER = """
select i.*, p.category_id from order_items i left join products p on p.id = i.product_id
"""


def _sale_sign(row: Row) -> int:
    if row["kind"] == "sale":
        return 1
    if row["kind"] in {"correction", "void"} and row["reverses"] and not row["is_return"]:
        return -1
    return 0


def _bucket(at: dt.datetime, query: SalesQuery) -> dt.datetime | None:
    if query.granularity is None:
        return None
    return bucket_start(at, query.granularity, query.zone, query.week_start)


def _matches(row: Row, query: SalesQuery, tree: Mapping[int, set[int]]) -> bool:
    f = query.filters
    categories = {d for c in f.categories for d in tree.get(c, {c})}
    pairs = (
        (categories, row["category_id"] or 0),
        (f.products, row["product_id"]),
        (f.customers, row["customer_id"] or 0),
        (f.reps, row["rep_id"] or 0),
        (f.regions, row["region_id"] or 0),
        (f.channels, row["channel_id"] or 0),
    )
    return all(not chosen or value in chosen for chosen, value in pairs)


def _key(row: Row, query: SalesQuery, first: Mapping[int, dt.datetime]) -> tuple[Any, ...]:
    key: list[Any] = []
    if query.granularity is not None:
        key.append(_bucket(row["booked_at"], query))
    if query.hour_of_week:
        local = row["booked_at"].astimezone(ZoneInfo(query.zone))
        key += [local.isoweekday(), local.hour]
    for dimension in query.by:
        if dimension is Dimension.CURRENCY:
            key.append(row["currency"])
        elif dimension is Dimension.CUSTOMER_TYPE:
            key.append(_type(row, query, first))
        else:
            key.append(row[dimension.key] or 0)
    return tuple(key)


def _type(row: Row, query: SalesQuery, first: Mapping[int, dt.datetime]) -> CustomerType:
    if not row["customer_id"]:
        return CustomerType.NONE
    begun = first.get(row["customer_id"])
    if begun is not None and _is_new(begun, row["booked_at"], query):
        return CustomerType.NEW
    return CustomerType.RETURNING


def answer(
    ledger: Sequence[Row], query: SalesQuery, tree: Mapping[int, set[int]]
) -> dict[tuple[Any, ...], dict[Any, Any]]:
    """Every measure of a query, by the key of its row; rows that are all zero are left out."""
    with decimal.localcontext() as context:
        context.prec = 100
        return _answer(ledger, query, tree)


def _answer(
    ledger: Sequence[Row], query: SalesQuery, tree: Mapping[int, set[int]]
) -> dict[tuple[Any, ...], dict[Any, Any]]:
    rows = [
        row
        for row in ledger
        if query.start <= row["booked_at"] < query.end and _matches(row, query, tree)
    ]
    result: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(
        lambda: {m.value: Decimal(0) for m in Measure}
    )
    first = _first_orders(ledger)
    for row in rows:
        _add(result[_key(row, query, first)], row)
    _count(result, rows, query, first)
    names = {m.value for m in query.measures}
    chosen = {
        key: {name: value for name, value in sums.items() if name in names}
        for key, sums in result.items()
    }
    return {key: sums for key, sums in chosen.items() if any(sums.values())}


def _first_orders(ledger: Sequence[Row]) -> dict[int, dt.datetime]:
    """When each customer first placed an order that survived."""
    surviving: dict[int, int] = defaultdict(int)
    for row in ledger:
        surviving[row["order_id"]] += _sale_sign(row)
    first: dict[int, dt.datetime] = {}
    for row in ledger:
        customer = row["customer_id"]
        if customer and _sale_sign(row) and surviving[row["order_id"]] > 0:
            first[customer] = min(row["booked_at"], first.get(customer, row["booked_at"]))
    return first


def _add(sums: dict[str, Any], row: Row) -> None:
    if row["is_return"]:
        sums["returns"] += row["discount"] - row["gross"]
        sums["returned_units"] -= row["quantity"]
    else:
        sums["gross"] += row["gross"]
        sums["discounts"] += row["discount"]
        sums["units"] += row["quantity"]
    sums["cost"] += row["cost"]
    sums["lines"] += _sale_sign(row)


def _count(
    result: dict[tuple[Any, ...], dict[str, Any]],
    rows: Sequence[Row],
    query: SalesQuery,
    first: Mapping[int, dt.datetime],
) -> None:
    sales: dict[tuple[tuple[Any, ...], int], int] = defaultdict(int)
    heads: dict[tuple[tuple[Any, ...], int], Row] = {}
    for row in rows:
        if _sale_sign(row):
            key = _key(row, query, first)
            sales[key, row["order_id"]] += _sale_sign(row)
            heads[key, row["order_id"]] = row
    customers: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    new: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for (key, order), count in sales.items():
        if count > 0:
            result[key]["orders"] += 1
            head = heads[key, order]
            if head["customer_id"]:
                customers[key].add(head["customer_id"])
                if _is_new(first[head["customer_id"]], head["booked_at"], query):
                    new[key].add(head["customer_id"])
    for key, found in customers.items():
        result[key]["customers"] = Decimal(len(found))
        result[key]["new_customers"] = Decimal(len(new[key]))


def _is_new(begun: dt.datetime, at: dt.datetime, query: SalesQuery) -> bool:
    if query.hour_of_week:
        return begun == at
    within = query.start <= begun < query.end
    return within and _bucket(begun, query) == _bucket(at, query)


def comparable(rows: Sequence[Row], query: SalesQuery) -> dict[tuple[Any, ...], dict[Any, Any]]:
    """An engine's rows in the oracle's form."""
    made = {
        tuple(row[name] for name in query.keys): {
            m.value: Decimal(row[m.value]) for m in query.measures
        }
        for row in rows
    }
    return {key: sums for key, sums in made.items() if any(sums.values())}
