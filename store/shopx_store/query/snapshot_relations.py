"""What a snapshot sees of the ledger and of its orders, as SQL.

The rollups hold the lines up to their watermark, and a snapshot may see other ones. A line is
pending if only the snapshot (+1) or only the rollups (-1) contain it.
"""

from typing import Final

from shopx_store.query.read_state import AsOf, PendingLines, ReadState
from shopx_store.rollups import sql as contributions
from shopx_store.rollups.sql import sale_line
from shopx_store.sql import Sql, bind, raw, sql

# A scalar subquery is evaluated once; a cast in place would be parsed for every line.
_SEEN: Final = "pg_visible_in_snapshot(i.xid, (select {snapshot}::pg_snapshot))"
_VISIBLE: Final = f"(i.id <= {{restored}} or i.xid < (select {{xmin}}::xid8) or {_SEEN})"
_FOLDED: Final = "(i.xid < (select {below}::xid8))"
_FOLDED_OR_LISTED: Final = f"({_FOLDED} or i.xid = any((select {{listed}}::xid8[])::xid8[]))"
_DISAGREEMENT: Final = (
    f"i.xid >= (select {{low}}::xid8) and i.id > {{restored}} and {{folded}} <> {_SEEN}"
)

_BOUNDS: Final = (
    f"select count(*), min(i.booked_at), max(i.booked_at) from order_items i where {_DISAGREEMENT}"
)

# The sets of `shopx_store.rollups.sql` that a read needs, of the lines on which snapshot and
# rollups disagree.
_PENDING: Final = ", ".join(
    contributions.common(name, query)
    for name, query in (
        (
            "signed_lines",
            contributions.lines(
                f"{_DISAGREEMENT} and i.booked_at >= {{first}} and i.booked_at <= {{last}}",
                f"(case when {_SEEN} then 1 else -1 end)",
            ),
        ),
        ("changed_orders", contributions.CHANGED_ORDERS),
        ("flipped_orders", contributions.FLIPPED_ORDERS),
    )
)

_TRUE: Final = raw("true")

_ORDER_COLUMNS: Final = "order_id, currency, customer_id, rep_id, region_id, channel_id"
_COUNTED: Final = f"""
        select {_ORDER_COLUMNS}, ordered_at as at from rollup_order r
        where r.sale_lines > 0 and {{where}}"""
_COUNTED_AND_PENDING: Final = f"""{_COUNTED}
            and not exists (select from changed_orders where changed_orders.order_id = r.order_id)
        union all
        select {_ORDER_COLUMNS}, ordered_at from changed_orders where after > 0 and {{where}}"""

_DIMENSIONS: Final = ("customer_id", "rep_id", "region_id", "channel_id")
_FROM_LEDGER: Final = f"""
select i.order_id, i.currency, {", ".join(f"coalesce(i.{d}, 0) as {d}" for d in _DIMENSIONS)},
    min(i.booked_at) as at
from order_items i where {{visible}} and {sale_line("i")} <> 0
group by 1, 2, 3, 4, 5, 6 having sum({sale_line("i")}) > 0"""


def pending_bounds(state: ReadState, as_of: AsOf) -> Sql:
    """Count and bound the lines on which `as_of` and the rollups disagree."""
    return sql(_BOUNDS, **_disagreement(state, as_of))


def _disagreement(state: ReadState, as_of: AsOf) -> dict[str, Sql]:
    """What `_DISAGREEMENT` binds."""
    folded = sql(_FOLDED, below=bind(str(state.folded_below), "text"))
    if state.folded:
        listed = bind([str(xid) for xid in state.folded], "text[]")
        folded = sql(_FOLDED_OR_LISTED, below=bind(str(state.folded_below), "text"), listed=listed)
    return {
        "low": bind(str(min(state.folded_below, as_of.xmin)), "text"),
        "restored": bind(state.restored_through, "bigint"),
        "folded": folded,
        "snapshot": bind(as_of.snapshot, "text"),
    }


def visible(state: ReadState, as_of: AsOf) -> Sql:
    """Whether the snapshot sees a line of the ledger (alias `i`)."""
    if not state.same_database_cluster:
        return _TRUE
    return sql(
        _VISIBLE,
        restored=bind(state.restored_through, "bigint"),
        xmin=bind(str(as_of.xmin), "text"),
        snapshot=bind(as_of.snapshot, "text"),
    )


def pending(state: ReadState, as_of: AsOf, pending_lines: PendingLines) -> Sql:
    """The common table expressions of what the snapshot and the rollups disagree on."""
    return sql(
        _PENDING,
        **_disagreement(state, as_of),
        first=bind(pending_lines.first, "timestamptz"),
        last=bind(pending_lines.last, "timestamptz"),
    )


def counted_orders(where: Sql, *, pending: bool) -> Sql:
    """The orders that count, as of the snapshot; `changed_orders` holds what is pending."""
    return sql(_COUNTED_AND_PENDING if pending else _COUNTED, where=where)


def ledger(state: ReadState, as_of: AsOf) -> Sql:
    """The ledger's lines that the snapshot sees, all columns."""
    return sql("select i.* from order_items i where {visible}", visible=visible(state, as_of))


def orders(state: ReadState, as_of: AsOf, pending_lines: PendingLines | None) -> Sql:
    """The orders that count at the snapshot, with `at`, when each was placed.

    Columns: `order_id`, `currency`, `customer_id`, `rep_id`, `region_id`, `channel_id` (0 for
    none), `at`.
    """
    if not state.rollups_valid:
        return sql(_FROM_LEDGER, visible=visible(state, as_of))
    counted = counted_orders(_TRUE, pending=pending_lines is not None)
    if pending_lines is None:
        return counted
    return sql(
        "with {pending} {counted}", pending=pending(state, as_of, pending_lines), counted=counted
    )
