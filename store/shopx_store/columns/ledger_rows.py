"""How the replica reads ledger lines from PostgreSQL: one select list for base and tail."""

from decimal import Decimal
from typing import Final

from shopx_core.domain import discounts
from shopx_store.columns.amounts import scaled_sql
from shopx_store.query.replication import SERVER
from shopx_store.rollups.sql import sale_line

COLUMNS: Final = (
    "instant", "order_id", "product_id", "customer_id", "rep_id", "region_id", "channel_id", "code",
    "is_return", "quantity", "gross", "discount", "cost", "sale",
)  # fmt: skip
"""What `SELECT` returns, in this order; `instant` in microseconds since 1970."""

SELECT: Final = f"""
    (extract(epoch from i.booked_at) * 1000000)::bigint as instant, i.order_id, i.product_id,
    coalesce(i.customer_id, 0) as customer_id, coalesce(i.rep_id, 0) as rep_id,
    coalesce(i.region_id, 0) as region_id, coalesce(i.channel_id, 0) as channel_id,
    i.currency as code, i.is_return,
    {scaled_sql("i.quantity")} as quantity, {scaled_sql("i.gross")} as gross,
    {scaled_sql("i.discount")} as discount, {scaled_sql("i.cost")} as cost,
    {sale_line("i")} as sale"""


def _reaches(edge: Decimal) -> str:
    """Whether a line's discount reaches a part of its gross amount."""
    part, whole = edge.as_integer_ratio()
    return f"(abs(discount) * {whole} >= abs(gross) * {part})::integer"


_BAND: Final = (
    f"case when is_return then {discounts.RETURNED}"
    " when gross = 0 or discount = 0 or (gross < 0) <> (discount < 0) then 0"
    f" else 1 + {' + '.join(map(_reaches, discounts.EDGES))} end"
)
# A reversal negates both amounts, and so is in the band of its line.

MEASURES: Final = f"""
    ({_BAND})::tinyint as band,
    case when is_return then 0 else gross end as gross,
    case when is_return then 0 else discount end as discounts,
    case when is_return then discount - gross else 0 end as returns,
    cost,
    case when is_return then 0 else quantity end as units,
    case when is_return then -quantity else 0 end as returned_units,
    sale::bigint as lines"""
"""DuckDB: the band and the measures of such rows, as `base.lines` keeps them; NULL where one does
not fit."""


def since(low: str, last: str, restored: str) -> str:
    """Which lines (alias `i`) a later snapshot may see and an earlier one does not.

    A transaction that ran during the earlier snapshot lies below its xmax and commits later, so
    the earlier snapshot itself decides.

    Args:
        low: The earlier snapshot's xmin, an `xid8`.
        last: The earlier snapshot, a `pg_snapshot`.
        restored: The last id that came with a dump, a `bigint`.
    """
    return f"i.xid >= {low} and i.id > {restored} and not pg_visible_in_snapshot(i.xid, {last})"


IDENTITY: Final = f"""
select pg_current_snapshot()::text, w.restored_through,
    c.system_identifier || '/' || (select oid from pg_database where datname = current_database()),
    statement_timestamp(), pg_is_in_recovery(),
    w.system_identifier = c.system_identifier
        and w.folded_below <= pg_snapshot_xmax(pg_current_snapshot()),
    {SERVER}
from watermark w, pg_control_system() c
"""
"""The snapshot, what was restored, the database, the time, whether it is a standby, whether
transaction ids mean anything in it, and the server's run."""
