"""Sums of Northwind's own tables, by plain SQL: what every page must say of the same sales.

Usage: raw_totals.py STATE_FOLDER VIEW, where VIEW is JSON:
    {"from": instant, "to": instant, "zone": name,
     "category": [name, ...], "rep": [...], "region": [...], "customer": [...]}
Both instants are in ISO 8601, and sales at the second one are left out. An empty list has all.
Prints {"revenue": decimal, "units": integer, "orders": integer, "wholeOrders": decimal}; the last
one is of all lines of these orders.
"""

import json
import sys
from pathlib import Path

import psycopg
from import_northwind import server_of

# Its fractions are single-precision floats: what they stand for is what their four bytes print.
_SUMS = """
with amounts as (
    select order_id, product_id, quantity,
        unit_price::text::numeric * quantity * (1 - discount::text::numeric) as revenue
    from order_details
), found as (
    select a.order_id, a.quantity, a.revenue
    from orders o
        join amounts a using (order_id)
        join products p using (product_id)
        join categories g using (category_id)
        join customers c using (customer_id)
        join employees e using (employee_id)
    where o.order_date::timestamp at time zone 'UTC' >= %(from)s::timestamptz
        and o.order_date::timestamp at time zone 'UTC' < %(to)s::timestamptz
        and (%(category)s::text[] = '{}' or g.category_name = any(%(category)s))
        and (%(rep)s::text[] = '{}' or e.first_name || ' ' || e.last_name = any(%(rep)s))
        and (%(region)s::text[] = '{}' or o.ship_country = any(%(region)s))
        and (%(customer)s::text[] = '{}' or c.company_name = any(%(customer)s))
)
select coalesce(sum(revenue), 0), coalesce(sum(quantity), 0), count(distinct order_id),
    (select coalesce(sum(revenue), 0) from amounts where order_id in (select order_id from found))
from found
"""


def main(state: str, view: str) -> None:
    """Print the sums of a view."""
    with psycopg.connect(f"{server_of(Path(state))}/northwind") as connection:
        row = connection.execute(_SUMS, json.loads(view)).fetchone()
    assert row is not None, "an aggregate has a row"  # noqa: S101 -- a defect
    revenue, units, orders, whole = row
    sums = {"revenue": str(revenue), "units": units, "orders": orders, "wholeOrders": str(whole)}
    print(json.dumps(sums))


if __name__ == "__main__":
    main(*sys.argv[1:])
