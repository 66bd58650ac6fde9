"""What a snapshot sees, as subqueries: for repositories that need lines or orders, not sums."""

from typing import Final

from shopx_store.query.compiler import counted_orders, pending, visible
from shopx_store.query.read_state import AsOf, PendingLines, ReadState
from shopx_store.rollups.sql import sale_line
from shopx_store.sql import Sql, raw, sql

_DIMENSIONS: Final = ("customer_id", "rep_id", "region_id", "channel_id")
_FROM_LEDGER: Final = f"""
select i.order_id, i.currency, {", ".join(f"coalesce(i.{d}, 0) as {d}" for d in _DIMENSIONS)},
    min(i.booked_at) as at
from order_items i where {{visible}} and {sale_line("i")} <> 0
group by 1, 2, 3, 4, 5, 6 having sum({sale_line("i")}) > 0"""


def ledger(state: ReadState, as_of: AsOf) -> Sql:
    """The ledger's lines that the snapshot sees, all columns."""
    return sql("select i.* from order_items i where {visible}", visible=visible(state, as_of))


def orders(state: ReadState, as_of: AsOf, delta: PendingLines | None) -> Sql:
    """The orders that count at the snapshot, with `at`, when each was placed.

    Columns: `order_id`, `currency`, `customer_id`, `rep_id`, `region_id`, `channel_id` (0 for
    none), `at`.
    """
    if not state.trusted:
        return sql(_FROM_LEDGER, visible=visible(state, as_of))
    counted = counted_orders(raw("true"), pending=delta is not None)
    if delta is None:
        return counted
    return sql("with {pending} {counted}", pending=pending(state, as_of, delta), counted=counted)
