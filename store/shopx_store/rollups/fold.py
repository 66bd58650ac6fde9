"""The fold: adds booked lines to the rollups, each transaction's lines exactly once.

Every line carries the id of the transaction that booked it. `pg_snapshot_xmin` is the oldest
transaction still running: below it every transaction has ended, and no line will be added. The fold
takes the lines between the watermark and that id, and moves the watermark.

The order of the steps makes it exact. The lock must be held *before* the folding statement takes
its snapshot: a statement that locks and folds at once has the snapshot from before it waited, and
folds the previous holder's lines again. So: lock, read the watermark in one statement, fold in a
new one.

An import publishes millions of lines in one transaction. It folds them itself (`fold_own`) and
notes its id in `folded_xids`, so that neither the fold nor a reader treats them as pending.
"""

from dataclasses import dataclass

import psycopg

from shopx_core.errors import Conflict
from shopx_store.rollups.fold_batch import FoldBatch
from shopx_store.rollups.generation import GENERATION
from shopx_store.rollups.sql import ROLLUPS

# One key for all folds of a database: arbitrary, but it must never change.
LOCK = "select pg_advisory_xact_lock(hashtext('shopx.fold'))"

_PENDING = (
    "i.xid >= %(low)s::xid8 and i.xid < %(high)s::xid8 and i.id > %(restored)s"
    " and i.xid <> all(%(folded)s::xid8[])"
)
_OWN = "i.xid = pg_current_xact_id()"
# Includes transactions past the watermark that folded their own lines, which are not folded a
# second time.
_ALL = "i.id <= %(restored)s or i.xid < %(high)s::xid8 or i.xid = any(%(folded)s::xid8[])"

_STATE = """
select folded_below::text, restored_through, trusted,
    pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text,
    system_identifier = (select system_identifier from pg_control_system())
        and folded_below <= pg_snapshot_xmax(pg_current_snapshot()),
    array(select xid::text from folded_xids), generation
from watermark for update of watermark
"""


@dataclass(frozen=True, slots=True)
class Folded:
    """What one fold did.

    Attributes:
        lines: How many were added to the rollups.
        settled: The rollups hold the lines of all transactions below this one.
        horizon: The first transaction that had not begun.
        rebuilt: Whether the rollups were emptied first.
    """

    lines: int
    settled: int
    horizon: int
    rebuilt: bool = False


@dataclass(frozen=True, slots=True)
class _State:
    low: str
    restored: int
    trusted: bool
    high: str
    horizon: str
    same_cluster: bool
    folded: list[str]
    generation: int


class OtherGeneration(Conflict):
    """The database has other rollups than this release; filling only some would lose lines."""


class RollupsUntrusted(Conflict):
    """The rollups belong to another cluster and must be rebuilt first."""


def fold(connection: psycopg.Connection) -> Folded:
    """Fold the lines of all transactions that have ended, in one transaction (READ COMMITTED).

    Rebuilds instead where the database was restored from a dump, because its transaction ids are
    those of another cluster.

    Raises:
        OtherGeneration: The rollups are another release's.
    """
    with connection.transaction():
        connection.execute(LOCK)
        state = _read(connection)
        if state.same_cluster and state.trusted:
            lines = _fold_pending(connection, state)
            return Folded(lines, int(state.high), int(state.horizon))
    return rebuild(connection)


def _read(connection: psycopg.Connection) -> _State:
    row = connection.execute(_STATE).fetchone()
    if row is None:
        raise Conflict(
            "The table watermark is empty.",
            hint="Run the migrations again, or `shopx rebuild` after inserting its row.",
        )
    state = _State(*row)
    if state.generation != GENERATION:
        raise OtherGeneration(
            f"The database has rollups of generation {state.generation}, and this release fills"
            f" generation {GENERATION}: nothing is folded, and reads stay exact.",
            hint="Use the release that the database was migrated for, or migrate the database.",
        )
    return state


def _fold_pending(connection: psycopg.Connection, state: _State) -> int:
    bounds = {
        "low": state.low,
        "high": state.high,
        "restored": state.restored,
        "folded": state.folded,
    }
    lines = FoldBatch(connection, _PENDING, bounds).fold()
    _advance(connection, state)
    return lines


def _advance(connection: psycopg.Connection, state: _State) -> None:
    connection.execute(
        "update watermark set trusted = true, folded_at = now(),"
        " folded_below = greatest(folded_below, %s::xid8)",
        (state.high,),
    )
    # Longer than any cached response may be served.
    connection.execute("delete from reference_changes where noted_at < now() - interval '3 hours'")
    if state.folded:
        connection.execute("delete from folded_xids where xid < %s::xid8", (state.high,))


def fold_own(connection: psycopg.Connection) -> int:
    """Fold the lines that the running transaction has booked so far; call it once, last.

    Holds the fold's lock until the caller commits. Readers wait for nothing.

    Raises:
        OtherGeneration: Another release fills the rollups.
        RollupsUntrusted: The rollups wait for a rebuild, so nothing can be added to them.
    """
    # No other session sees or changes these lines, so part of the work needs no lock; the reporting
    # zone must not change meanwhile.
    connection.execute("select from reporting for share")
    own = FoldBatch(connection, _OWN, {})
    own.prepare()
    connection.execute(LOCK)
    state = _read(connection)
    if not (state.trusted and state.same_cluster):
        raise RollupsUntrusted(
            "The rollups must be rebuilt first: the database was restored from a dump, or the"
            " reporting zone changed.",
            hint="Run `shopx rebuild`, then import again.",
        )
    lines = own.fold()
    connection.execute("insert into folded_xids values (pg_current_xact_id())")
    return lines


def rebuild(connection: psycopg.Connection) -> Folded:
    """Empty the rollups and fold the whole ledger again; readers use the ledger meanwhile.

    After a restore, lines have xids of the old cluster, some of which this one will assign again.
    So the first transaction stores the last of their ids (`restored_through`). Lines up to it count
    as folded whatever their xid.

    Raises:
        OtherGeneration: Another release fills the rollups.
    """
    with connection.transaction():
        connection.execute(LOCK)
        if _read(connection).same_cluster:
            connection.execute("update watermark set trusted = false")
        else:
            # Waits for running writers, so that every line at or below the mark is visible.
            connection.execute("lock table order_items in share mode")
            connection.execute(
                "update watermark set trusted = false,"
                " restored_through = (select coalesce(max(id), 0) from order_items),"
                " system_identifier = (select system_identifier from pg_control_system()),"
                " folded_below = pg_snapshot_xmin(pg_current_snapshot())"
            )
            connection.execute("delete from folded_xids")
    with connection.transaction():
        connection.execute(LOCK)
        state = _read(connection)
        for rollup in ROLLUPS:
            # Not TRUNCATE: readers with an older snapshot still need the rows.
            connection.execute(f"delete from {rollup.table}")
        bounds = {"restored": state.restored, "high": state.high, "folded": state.folded}
        lines = FoldBatch(connection, _ALL, bounds).fold()
        _advance(connection, state)
    return Folded(lines, int(state.high), int(state.horizon), rebuilt=True)
