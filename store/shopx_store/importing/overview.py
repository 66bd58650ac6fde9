"""What would be booked, for a dry run: the first lines, the days, counts, and unusual values."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import LiteralString

import psycopg

from shopx_core.texts import say

_FIRST: LiteralString = """
select i.order_key, i.booked_at, i.kind::text, c.key, p.name, i.quantity, i.gross, i.discount,
    coalesce(i.cost, p.unit_cost * i.quantity), h.currency
from import_lines i join import_headers h on h.id = i.order_id
join products p on p.id = i.product_id
left join customers c on c.id = h.customer_id
order by i.row_no limit %s
"""
_COUNTS: LiteralString = """
select min(i.booked_at), max(i.booked_at), count(distinct i.order_id),
    count(distinct h.customer_id), count(distinct i.product_id), count(distinct h.rep_id),
    count(distinct p.category_id), count(*) filter (where i.quantity = 0 and p.kind = 'item'),
    count(*) filter (where i.gross = 0), count(*) filter (where i.discount > i.gross
        and i.gross > 0)
from import_lines i join import_headers h on h.id = i.order_id
join products p on p.id = i.product_id
"""
_LARGEST: LiteralString = """
select i.order_key, i.gross, h.currency, a.usual
from import_lines i join import_headers h on h.id = i.order_id


cross join (select percentile_cont(0.5) within group (order by abs(gross)) as usual
    from import_lines where gross <> 0) a
order by abs(i.gross) desc limit 1
"""
UNUSUAL = 1000
"""So many times the median amount is worth a look."""


@dataclass(frozen=True, slots=True)
class FirstLine:
    """A line as it would be booked; amounts in the order's currency."""

    order: str
    at: dt.datetime
    kind: str
    customer: str | None
    product: str
    quantity: Decimal
    gross: Decimal
    discount: Decimal
    cost: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the files have."""

    lines: list[FirstLine]
    first: dt.datetime | None
    last: dt.datetime | None
    orders: int
    customers: int
    products: int
    reps: int
    categories: int
    unusual: list[str]
    """Sentences about values that are rare in sales."""


def overview(connection: psycopg.Connection, count: int) -> Overview:
    """Look at the compared lines, in the publishing transaction."""
    lines = [FirstLine(*row) for row in connection.execute(_FIRST, (count,))]
    first, last, orders, customers, products, reps, categories, *odd = connection.execute(
        _COUNTS
    ).fetchone() or (None, None, 0, 0, 0, 0, 0, 0, 0, 0)
    no_quantity, no_amount, all_discount = odd
    unusual: list[str] = []
    if no_quantity:
        unusual.append(
            say(
                "unusual.no-quantity",
                "{lines, plural, one {# line has} other {# lines have}} the quantity 0.",
                lines=no_quantity,
            )
        )
    if no_amount:
        unusual.append(
            say(
                "unusual.no-amount",
                "{lines, plural, one {# line has} other {# lines have}} the amount 0.",
                lines=no_amount,
            )
        )
    if all_discount:
        unusual.append(
            say(
                "unusual.all-discount",
                "{lines, plural, one {# line has} other {# lines have}} a discount above their"
                " amount.",
                lines=all_discount,
            )
        )
    largest = connection.execute(_LARGEST).fetchone()
    if largest is not None:
        key, gross, currency, usual = largest
        if usual and abs(gross) > UNUSUAL * Decimal(usual):
            unusual.append(
                say(
                    "unusual.largest",
                    "The largest amount is {gross} {currency} in order {key}; the median is"
                    " {usual}.",
                    gross=f"{gross:,.2f}",
                    currency=currency,
                    key=repr(key),
                    usual=f"{Decimal(usual):,.2f}",
                )
            )
    return Overview(lines, first, last, orders, customers, products, reps, categories, unusual)
