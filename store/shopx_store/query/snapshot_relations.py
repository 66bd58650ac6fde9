"""What a moment sees, as subqueries: for repositories that want lines or orders, not sums."""

from shopx_store.query.compiler import Arguments, Statement, counted_orders, pending, visible
from shopx_store.query.read_state import AsOf, PendingLines, ReadState
from shopx_store.rollups.sql import sale_line


def ledger(state: ReadState, as_of: AsOf) -> Statement:
    """The ledger's lines that the moment sees, all columns."""
    arguments = Arguments()
    seen = visible(arguments, state, as_of)
    return Statement(f"select i.* from order_items i where {seen}", tuple(arguments.values))


def orders(state: ReadState, as_of: AsOf, delta: PendingLines | None) -> Statement:
    """The orders that count at the moment, with `at`, when each was placed.

    Columns: `order_id`, `currency`, `customer_id`, `rep_id`, `region_id`, `channel_id` (0 for
    none), `at`.
    """
    arguments = Arguments()
    if not state.trusted:
        return Statement(_from_ledger(visible(arguments, state, as_of)), tuple(arguments.values))
    text = counted_orders("true", pending=delta is not None)
    if delta is not None:
        common = pending(arguments, state, as_of, delta)
        text = f"with {', '.join(common.values())} {text}"
    return Statement(text, tuple(arguments.values))


def _from_ledger(seen: str) -> str:
    dimensions = ", ".join(
        f"coalesce(i.{name}, 0) as {name}"
        for name in ("customer_id", "rep_id", "region_id", "channel_id")
    )
    return f"""
select i.order_id, i.currency, {dimensions}, min(i.booked_at) as at
from order_items i where {seen} and {sale_line("i")} <> 0
group by 1, 2, 3, 4, 5, 6 having sum({sale_line("i")}) > 0"""
