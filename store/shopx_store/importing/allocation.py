"""Spreads what is taken off an order as a whole over its items: to the cent, and exactly.

Each item gets its share in whole units of the currency, rounded down; the units that are left go to
the items with the largest remainders. What is below a unit goes to the first of these.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Final

import psycopg

from shopx_core.domain.money import EXACT, ZERO, minor_digits
from shopx_store.importing.staging_reject import Sink, staged_reject

_ITEMS: Final = "l.charge is null and coalesce(l.kind, o.document::text, 'sale') = 'sale'"
_TOTALS: Final = f"""
create temp table stage_reduced as
select o.order_key, min(o.row_no) as row_no, min(l.row_no) as first_line, o.currency,
    o.discount as stated,
    count(*) filter (where {_ITEMS}) as lines,
    coalesce(sum(l.gross - coalesce(l.discount, 0)) filter (where {_ITEMS}), 0) as net,
    coalesce(sum(l.gross - coalesce(l.discount, 0))
        filter (where {_ITEMS} and l.gross > coalesce(l.discount, 0)), 0) as base,
    coalesce(o.discount, coalesce(sum(l.gross - coalesce(l.discount, 0))
        filter (where {_ITEMS}), 0) - o.subtotal) as amount
from import_orders o join stage_lines l using (order_key)
where o.discount <> 0 or o.subtotal is not null
group by o.order_key, o.currency, o.discount, o.subtotal
"""
_UNIT: Final = "10::numeric ^ -coalesce(digits.n, 2)"
_DIGITS: Final = (
    "left join unnest(%(currencies)s::text[], %(digits)s::int[]) digits (currency, n)"
    " on digits.currency = r.currency"
)
# Amounts that were rounded line by line differ from their rounded sum by less than a unit each.
_WRONG: Final = f"""
select coalesce(first_line, row_no),
    case when stated is null then 'order.subtotal' else 'order.discount' end, order_key,
    case
        when amount < 0 and stated is not null then 'negative-discount'
        when amount < 0 then 'above-items|' || trim_scale(-amount)
        when lines = 0 then 'no-sale'
        else 'discount-above-items|' || trim_scale(net) end
from stage_reduced r {_DIGITS}
where amount > base or amount < 0 and (stated is not null or -amount > lines * {_UNIT})
    or amount <> 0 and base = 0
order by 1
"""
_DELETE: Final = """
with gone as (delete from stage_lines where order_key = any(%(orders)s))
delete from stage_reduced where order_key = any(%(orders)s)
"""
_SHARES: Final = f"""
create temp table stage_shares as
with item as (
    select l.row_no, r.order_key, r.amount, {_UNIT} as unit,
        div(r.amount * (l.gross - coalesce(l.discount, 0)), r.base * {_UNIT}) as whole,
        mod(r.amount * (l.gross - coalesce(l.discount, 0)), r.base * {_UNIT}) as rest
    from stage_reduced r join import_orders o using (order_key) join stage_lines l using (order_key)
    {_DIGITS}
    where r.amount <> 0 and {_ITEMS} and l.gross > coalesce(l.discount, 0)
), ranked as (
    select item.*, row_number() over w as place,
        amount - unit * sum(whole) over (partition by order_key) as left_over
    from item window w as (partition by order_key order by rest desc, row_no)
)
select row_no, case
    when amount < 0 then case place when 1 then amount else 0 end
    else unit * whole
        + case when place <= div(left_over, unit) then unit else 0 end
        + case place when 1 then mod(left_over, unit) else 0 end end as share
from ranked
"""
_TAKE_OFF: Final = """
update stage_lines l set discount = trim_scale(coalesce(l.discount, 0) + s.share) {also}
from stage_shares s where s.row_no = l.row_no and s.share <> 0
"""
# Without a key a line is known by its content, of which the share is a part.
_IDENTITY: Final = """, identity = encode(substring(sha256(convert_to(
    l.identity::text || ' less ' || trim_scale(s.share), 'UTF8')) for 16), 'hex')::uuid"""


def allocate_discounts(connection: psycopg.Connection, reject: Sink, *, keyed: bool) -> None:
    """Take the discounts of whole orders off their staged lines.

    Args:
        connection: The session with the staging tables and `import_orders`.
        reject: Called with an order's first line where its discount cannot be taken off.
        keyed: Lines have keys; otherwise their share is a part of what they are known by.
    """
    execute = connection.execute
    execute(_TOTALS)
    codes = [str(code) for (code,) in execute("select distinct currency from stage_reduced")]
    units = {"currencies": codes, "digits": [minor_digits(code) for code in codes]}
    wrong = execute(_WRONG, units).fetchall()
    for row in wrong:
        reject(staged_reject(*row))
    if wrong:
        execute(_DELETE, {"orders": [row[2] for row in wrong]})
    execute(_SHARES, units)
    execute(_TAKE_OFF.format(also="" if keyed else _IDENTITY))


def allocate(amount: Decimal, nets: Sequence[Decimal], digits: int) -> list[Decimal]:
    """The shares of an amount by net amounts above 0, as the statements above compute them."""
    with localcontext(EXACT):
        base = sum(nets, ZERO)
        unit = Decimal(1).scaleb(-digits)
        if amount <= 0:
            return [amount, *[ZERO] * (len(nets) - 1)] if nets else []
        parts = [divmod(amount * net, base * unit) for net in nets]
        shares = [whole * unit for whole, _ in parts]
        units, fraction = divmod(amount - sum(shares, ZERO), unit)
        order = sorted(range(len(nets)), key=lambda n: (-parts[n][1], n))
        for n in order[: int(units)]:
            shares[n] += unit
        shares[order[0]] += fraction
        return shares
