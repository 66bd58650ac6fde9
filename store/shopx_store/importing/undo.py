"""Takes an import back whole: figures are as before it, and the ledger keeps every step.

Lines that the import booked are corrected at their own time; lines that it had taken back are
booked anew, with their own numbers. Keys of orders and attributes of reference rows become what the
import replaced, keys of new orders are given up. Afterwards a line of the import is as unknown as
before it, so the corrected file can be imported (`shopx_store.importing.diff`).

Where a later import was taken back before, a line of this one stands as the copy that this booked:
the line of the same identity in the same order.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from shopx_core.errors import Conflict, InvalidInput
from shopx_core.logging import get
from shopx_core.settings import DatabaseSettings
from shopx_core.texts import say
from shopx_store import planner_statistics
from shopx_store.connection import connect
from shopx_store.feeds import slots
from shopx_store.importing.diff import DIMENSIONS, FACTS
from shopx_store.importing.import_session import import_session
from shopx_store.importing.publish import ITEM_COLUMNS, last_line, reversing
from shopx_store.importing.runs import Run, find_run
from shopx_store.rollups.fold import fold_own

_log = get(__name__)
Step = Callable[[str], None]
"""Called with the name of each step that begins."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did.

    Attributes:
        run: The import that is taken back.
        taken_back: Lines of it that were corrected.
        restored: Lines that it had taken back and that are booked anew.
        before: When it had been taken back already; then nothing was changed.
    """

    run: Run
    taken_back: int = 0
    restored: int = 0
    before: dt.datetime | None = None


_OWN = "xid = %(xid)s::xid8 and id between %(first)s and %(last)s"

_UNDOS: LiteralString = """
create temp table undo_undos on commit drop as
select xid, first_line, last_line from import_runs
where source_id = %(source)s and undoes is not null
"""
_ORDERS = f"""
create temp table undo_orders on commit drop as
select order_id, min(booked_at) as first from order_items where {_OWN} group by order_id
"""
_LOCK = """
select min(ordered_at) from (
    select ordered_at from order_keys where source_id = %(source)s
        and order_id in (select order_id from undo_orders) order by key for update
) k
"""
_COLUMNS = (
    "id", "booked_at", "kind", "is_return", "order_id", "line_no", "reverses", "identity",
    *DIMENSIONS, *FACTS,
)  # fmt: skip
_I_COLUMNS = ", ".join(f"i.{name}" for name in _COLUMNS)
_HISTORY = f"""
create temp table undo_history on commit drop as
select {_I_COLUMNS},
    i.xid = %(xid)s::xid8 and i.id between %(first)s and %(last)s as own, u.xid is not null as undo
from order_items i
left join undo_undos u on u.xid = i.xid and i.id between u.first_line and u.last_line
where i.order_id in (select order_id from undo_orders)
    and i.booked_at >= least(%(since)s, (select min(first) from undo_orders))
"""
_REVERSED = """
create temp table undo_reversed on commit drop as
select distinct reverses as id from undo_history
where reverses is not null and kind in ('correction', 'void')
"""
_C_COLUMNS = ", ".join(f"c.{name}" for name in _COLUMNS)
# An adjustment is a correction of no line, and taken back by another one: see `diff`.
_STANDING = f"""
create temp table undo_standing on commit drop as
select c.id as booked_id, {_C_COLUMNS} from undo_history c
where c.own and c.reverses is null and not exists (select from undo_reversed r where r.id = c.id)
"""
_LOST = """
create temp table undo_lost on commit drop as
select b.id, b.order_id, b.identity, b.kind from undo_history b
where b.own and b.reverses is null and exists (select from undo_reversed r where r.id = b.id)
"""
_COPIES = f"""
insert into undo_standing
select distinct on (b.id) b.id, {_C_COLUMNS} from undo_lost b
join undo_history c on c.order_id = b.order_id and c.identity = b.identity and c.kind = b.kind
where c.undo and c.id > b.id and c.reverses is null
    and not exists (select from undo_reversed r where r.id = c.id)
order by b.id, c.id desc
"""
# What was refunded, cancelled or corrected since, other than by imports that were taken back too.
# Returns of a line are few: what all lines are compared with.
_BUILT_UPON = """
with refund as materialized (
    select order_id, reverses from undo_history where kind = 'return' and reverses is not null
)
select count(distinct order_id), min(order_id) from (
    select r.order_id from refund r join undo_standing s on s.booked_id = r.reverses
    union all
    select r.order_id from refund r join undo_standing s on s.id = r.reverses
    union all
    select order_id from undo_history where kind = 'void' and id > %(last)s
    union all
    select order_id from undo_lost b
    where not exists (select from undo_standing s where s.booked_id = b.id)
) x
"""

_S_DIMENSIONS = ", ".join(f"s.{name}" for name in DIMENSIONS)
_TAKE_BACK = reversing("undo_standing k")
_ANY_TAKEN_BACK = "select from undo_history where own and kind = 'correction' limit 1"
_RESTORE = f"""
insert into order_items ({ITEM_COLUMNS})
select s.booked_at, s.kind, s.is_return, s.order_id, s.line_no, null, s.identity,
    %(source)s, {_S_DIMENSIONS}, s.product_id, s.quantity, s.gross, s.discount, s.cost
from undo_history c join undo_history s on s.id = c.reverses
where c.own and c.kind = 'correction' order by s.id
"""

_MOVED_KEYS = """
update order_keys k set order_id = (r.before ->> 'order_id')::bigint,
    ordered_at = (r.before ->> 'ordered_at')::timestamptz
from import_replacements r
where r.run_id = %(run)s and r.relation = 'order_keys' and k.source_id = %(source)s
    and k.key = r.row_key
"""
# An order is new to an import where no line of it is older.
_NEW_KEYS = """
delete from order_keys k using undo_orders o
where k.source_id = %(source)s and k.order_id = o.order_id and not exists (
    select from undo_history h where h.order_id = o.order_id and h.id < %(first)s)
"""
_ATTRIBUTES = {
    "products": {
        "sku": "text",
        "name": "text",
        "unit_cost": "numeric",
        "list_price": "numeric",
        "category_id": "bigint",
    },
    "categories": {"name": "text", "parent_id": "bigint"},
    "customers": {"name": "text", "email": "text", "country": "text"},
    "sales_reps": {
        "name": "text",
        "team": "text",
        "hired_on": "date",
        "region_id": "bigint",
        "manager_id": "bigint",
    },
}


def _put_back(table: str) -> str:
    """Give reference rows the attributes that the import replaced, unless changed since."""
    assignments = ", ".join(
        f"{name} = case when t.{name} is not distinct from (r.after ->> '{name}')::{kind}"
        f" then (r.before ->> '{name}')::{kind} else t.{name} end"
        for name, kind in _ATTRIBUTES[table].items()
    )
    return f"""
update {table} t set {assignments} from import_replacements r
where r.run_id = %(run)s and r.relation = '{table}' and t.id = r.row_key::bigint"""


_RUN = """
insert into import_runs (source_id, mode, content_fields, lines_new, lines_changed, lines_missing,
    lines_again, lines_same, summary, xid, first_line, last_line, builds_on, inputs, mapping,
    undoes)
values (%(source)s, 'undo', '', %(restored)s, 0, %(taken_back)s, 0, 0, %(summary)s,
    pg_current_xact_id(), %(first)s, %(last)s, '{}', '[]', null, %(run)s)
"""


def undo_import(database: DatabaseSettings, run: int, step: Step) -> Undone:
    """Take an import back, all or nothing; again changes nothing.

    Args:
        database: The ledger's.
        run: The import's id.
        step: Called with the name of each step that begins.

    Raises:
        NotFound: There is no such import.
        InvalidInput: It is none that can be taken back.
        Conflict: A later import, a refund or a cancellation builds on it, or its source is being
            imported.
        Unavailable: The database does not answer.
    """
    with connect(database, "shopx import") as connection:
        source = find_run(connection, run).source
    with import_session(database, source) as connection:
        connection.execute("set temp_buffers = '64MB'")
        connection.execute("set work_mem = '64MB'")
        connection.execute("set jit = off")
        with connection.transaction():
            undone = _undo(connection, find_run(connection, run), step)
        if undone.before is None:
            planner_statistics.gather(connection, undone.taken_back)
            _log.info("import_undone", id=run, source=source, lines=undone.taken_back)
    return undone


def _undo(connection: psycopg.Connection, run: Run, step: Step) -> Undone:
    if run.undone_at is not None:
        return Undone(run, before=run.undone_at)
    _expect_undoable(run)
    row = connection.execute("select id from sources where name = %s", (run.source,)).fetchone()
    bounds = {
        "source": row[0] if row else None,
        "run": run.id,
        "xid": run.xid,
        "first": run.first_line,
        "last": run.last_line,
    }
    step("comparison")
    _find(connection, bounds)
    _expect_unused(connection, run, bounds)
    step("ledger")
    before = last_line(connection)
    taken_back = connection.execute(_TAKE_BACK, bounds).rowcount
    restored = 0
    if connection.execute(_ANY_TAKEN_BACK).rowcount:
        restored = connection.execute(_RESTORE, bounds).rowcount
    booked = {"first": before + 1, "last": last_line(connection)}
    connection.execute(_MOVED_KEYS, bounds)
    connection.execute(_NEW_KEYS, bounds)
    for table in _ATTRIBUTES:
        connection.execute(_put_back(table), bounds)
    counts = {"taken_back": taken_back, "restored": restored, "summary": json.dumps({})}
    connection.execute(_RUN, bounds | booked | counts)
    slots.note_taken_back(connection, run.source, run.id)
    if taken_back or restored:
        step("rollups")
        fold_own(connection)
    step("commit")
    return Undone(run, taken_back, restored)


def _find(connection: psycopg.Connection, bounds: dict[str, object]) -> None:
    connection.execute(_UNDOS, bounds)
    connection.execute(_ORDERS, bounds)
    connection.execute("analyze undo_orders")
    # Refunds and cancellations lock the same rows: none comes in between.
    (since,) = connection.execute(_LOCK, bounds).fetchone() or (None,)
    connection.execute(_HISTORY, bounds | {"since": since})
    connection.execute("analyze undo_history")
    connection.execute(_REVERSED)
    connection.execute("analyze undo_reversed")
    for statement in (_STANDING, _LOST, _COPIES):
        connection.execute(statement)
    connection.execute("analyze undo_standing")


def _expect_undoable(run: Run) -> None:
    if run.mode == "undo":
        raise InvalidInput(
            say(
                "undo.itself-undo-import",
                "{id} is itself the undo of import {undoes}.",
                id=run.id,
                undoes=run.undoes,
            ),
            hint=say(
                "undo.those-sales-again-import", "To have those sales again, import the file again."
            ),
        )
    if run.mode == "seed":
        raise InvalidInput(
            say(
                "undo.seeding-generated-sales-cannot",
                "{id} is a seeding: generated sales cannot be taken back.",
                id=run.id,
            ),
            hint=say("undo.seed-another-database", "Seed another database."),
        )
    if run.xid is None:
        raise InvalidInput(
            say(
                "undo.import-made-release-did",
                "Import {id} was made by a release that did not note which lines it booked.",
                id=run.id,
            ),
            hint=say(
                "undo.replace-what-booked-mode",
                "To replace what it booked: --mode replace, or --mode snapshot --extent files.",
            ),
        )
    if run.built_upon:
        later = ", ".join(map(str, run.built_upon))
        raise Conflict(
            say(
                "undo.later-imports",
                "Import {id} cannot be taken back: later imports have lines of the same orders"
                " ({later}).",
                id=run.id,
                later=later,
            ),
            hint=say(
                "undo.take-them-back-first",
                "Take them back first, the newest first: shopx import undo {built_upon}",
                built_upon=run.built_upon[-1],
            ),
        )


def _expect_unused(connection: psycopg.Connection, run: Run, bounds: dict[str, object]) -> None:
    orders, first = connection.execute(_BUILT_UPON, bounds).fetchone() or (0, None)
    if orders:
        (key,) = connection.execute(
            "select key from orders where id = %s", (first,)
        ).fetchone() or ("",)
        raise Conflict(
            say(
                "undo.refunded-since",
                "Import {id} cannot be taken back: {orders, number} of its orders were refunded"
                " or cancelled since, such as {key}.",
                id=run.id,
                orders=orders,
                key=repr(key),
            ),
            hint=say(
                "undo.correct-file-import-mode",
                "Correct the file and import it with --mode replace.",
            ),
            orders=orders,
        )
