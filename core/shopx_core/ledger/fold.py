"""The fold: adds what was booked to the rollups, each transaction's lines exactly once.

Every line carries the id of the transaction that booked it. `pg_snapshot_xmin` is the oldest
transaction still running, so below it everything is committed or gone, and nothing will ever be
added: the fold takes the lines between the watermark and there, and moves the watermark.

The order of the steps is what makes it exact. The lock must be held *before* the folding statement
takes its snapshot: a statement that locks and folds at once sees the world as it was before it
waited, and folds again what the previous holder has just folded. So: lock, read the watermark in
one statement, fold in a new one.

An import publishes millions of lines in one transaction. It folds them itself (`fold_own`) and
notes its id in `folded_xids`, so that neither the fold nor a reader takes them for pending.
"""

from dataclasses import dataclass

import psycopg

from shopx_core.db.contributions import ROLLUPS, fold_statement
from shopx_core.errors import Conflict

# One key for every folder of a database: arbitrary, but never to change.
LOCK = "select pg_advisory_xact_lock(hashtext('shopx.fold'))"

_PENDING = fold_statement(
    "i.xid >= %(low)s::xid8 and i.xid < %(high)s::xid8 and i.id > %(restored)s"
    " and i.xid <> all(%(folded)s::xid8[])"
)
_OWN = fold_statement("i.xid = pg_current_xact_id()")
_ALL = fold_statement("i.id <= %(restored)s or i.xid < %(high)s::xid8")

_STATE = """
select folded_below::text, restored_through, trusted,
    pg_snapshot_xmin(pg_current_snapshot())::text,
    system_identifier = (select system_identifier from pg_control_system())
        and folded_below <= pg_snapshot_xmax(pg_current_snapshot()),
    array(select xid::text from folded_xids)
from watermark for update of watermark
"""


@dataclass(frozen=True, slots=True)
class Folded:
    """What one fold did."""

    lines: int
    rebuilt: bool = False


class RollupsUntrusted(Conflict):
    """The rollups belong to another cluster and must be rebuilt first."""


def fold(connection: psycopg.Connection) -> Folded:
    """Fold everything that is settled, in one transaction (READ COMMITTED).

    Rebuilds first where the database was restored from a dump: its transaction ids mean nothing
    in this cluster.
    """
    with connection.transaction():
        connection.execute(LOCK)
        low, restored, trusted, high, same_cluster, folded = _read(connection)
        if same_cluster and trusted:
            count = _fold_between(connection, low, high, restored, folded)
            return Folded(count)
    return rebuild(connection)


def _read(connection: psycopg.Connection) -> tuple[str, int, bool, str, bool, list[str]]:
    row = connection.execute(_STATE).fetchone()
    if row is None:
        raise Conflict(
            "The table watermark is empty.",
            hint="Run the migrations again, or `shopx rebuild` after inserting its row.",
        )
    return row


def _fold_between(
    connection: psycopg.Connection, low: str, high: str, restored: int, folded: list[str]
) -> int:
    row = connection.execute(
        _PENDING, {"low": low, "high": high, "restored": restored, "folded": folded}
    ).fetchone()
    connection.execute(
        "update watermark set folded_below = greatest(folded_below, %s::xid8), folded_at = now()",
        (high,),
    )
    if folded:
        connection.execute("delete from folded_xids where xid < %s::xid8", (high,))
    return int(row[0]) if row else 0


def fold_own(connection: psycopg.Connection) -> int:
    """Fold the lines that the running transaction has booked so far; call it once, last.

    Holds the fold's lock until the caller commits. Readers wait for nothing.

    Raises:
        RollupsUntrusted: The rollups wait for a rebuild, so nothing can be added to them.
    """
    connection.execute(LOCK)
    _, _, trusted, _, same_cluster, _ = _read(connection)
    if not (trusted and same_cluster):
        raise RollupsUntrusted(
            "The database was restored from a dump and its rollups are not rebuilt yet.",
            hint="Run `shopx rebuild`, then import again.",
        )
    row = connection.execute(_OWN).fetchone()
    connection.execute("insert into folded_xids values (pg_current_xact_id())")
    return int(row[0]) if row else 0


def rebuild(connection: psycopg.Connection) -> Folded:
    """Empty the rollups and fold the whole ledger again; readers use the ledger meanwhile.

    After a restore, the lines that are there keep xids of the old cluster, some of which this one
    will hand out again. So the first transaction notes how far they reach (`restored_through`, by
    line id): they count as folded whatever their xid says.
    """
    with connection.transaction():
        connection.execute(LOCK)
        _, _, trusted, _, same_cluster, _ = _read(connection)
        if not same_cluster:
            # Waits for the writers at work, so that every line at or below the mark is visible.
            connection.execute("lock table order_items in share mode")
            connection.execute(
                "update watermark set trusted = false,"
                " restored_through = (select coalesce(max(id), 0) from order_items),"
                " system_identifier = (select system_identifier from pg_control_system()),"
                " folded_below = pg_snapshot_xmin(pg_current_snapshot())"
            )
            connection.execute("delete from folded_xids")
        elif trusted:
            connection.execute("update watermark set trusted = false")
    with connection.transaction():
        connection.execute(LOCK)
        _, restored, _, high, _, _ = _read(connection)
        for rollup in ROLLUPS:
            # Not TRUNCATE: a reader whose snapshot still trusts the rollups must find their rows.
            connection.execute(f"delete from {rollup.table}")
        row = connection.execute(_ALL, {"restored": restored, "high": high}).fetchone()
        connection.execute(
            "update watermark set trusted = true, folded_below = %s::xid8, folded_at = now()",
            (high,),
        )
        connection.execute("delete from folded_xids where xid < %s::xid8", (high,))
    return Folded(int(row[0]) if row else 0, rebuilt=True)
