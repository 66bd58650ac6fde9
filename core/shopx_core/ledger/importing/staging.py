"""The staging tables: temporary, unlogged, gone with the connection.

Rows arrive by COPY, a short transaction a batch: a long one would hold back the fold of everybody
else's lines. Then `settle` finds what only the whole can show: repeated identities, lines without
an order, orders of two currencies.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from shopx_core.ledger.importing.transforming import ENTITIES, HEADER, LINE, Staged

ROW_BITS = 40
"""A row's number in the import is its file's number times 2^40 + its number in the file."""

_TYPES = {
    "at": "timestamptz",
    "quantity": "numeric",
    "gross": "numeric",
    "discount": "numeric",
    "cost": "numeric",
    "unit_cost": "numeric",
    "list_price": "numeric",
    "hired_on": "date",
}


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in names)


_CREATE = [
    f"""create temp table stage_lines (
        row_no bigint not null, order_key text not null, identity uuid not null, {_columns(LINE)})
    """,
    f"""create temp table stage_headers (
        row_no bigint not null, order_key text not null, {_columns(HEADER)})
    """,
    *(
        f"""create temp table stage_{entity} (
            key text not null, {_columns(names)}, n bigint not null, row_no bigint not null)
        """
        for entity, names in ENTITIES.items()
    ),
]


@dataclass(frozen=True, slots=True)
class StagedReject:
    """A staged row that cannot be taken."""

    row_no: int
    column: str
    value: str
    reason: str


Sink = Callable[[StagedReject], None]


def create(connection: psycopg.Connection) -> None:
    """Make the staging tables of this session."""
    # Sorts and hash tables of a million lines stay in memory; a session has one import.
    connection.execute("set temp_buffers = '64MB'")
    connection.execute("set work_mem = '64MB'")
    connection.execute("set jit = off")
    for statement in _CREATE:
        connection.execute(statement)


def copy(connection: psycopg.Connection, staged: Staged) -> None:
    """Add a batch, in one transaction."""
    tables = {"stage_lines": staged.lines, "stage_headers": staged.headers}
    tables |= {f"stage_{entity}": rows for entity, rows in staged.entities.items()}
    with connection.transaction(), connection.cursor() as cursor:
        for table, rows in tables.items():
            if rows:
                with cursor.copy(f"copy {table} from stdin") as target:
                    target.write("".join(rows))


# What a keyed line says beside its key; a repetition that says the same is no contradiction.
_SAYS = f"row({', '.join(LINE)})"
_REPEATED = f"""
create temp table stage_repeated as
select row_no, identity, n, first, says is distinct from first_says as other
from (
    select row_no, identity, {_SAYS} as says, row_number() over w as n,
        first_value(row_no) over w as first, first_value({_SAYS}) over w as first_says
    from stage_lines
    where identity in (select identity from stage_lines group by identity having count(*) > 1)
    window w as (partition by identity order by row_no)
) r where n > 1
"""

# The nth occurrence of the same content is a line of its own: its identity counts it.
_NTH = "encode(substring(sha256(convert_to({identity}::text || ':' || n, 'UTF8')) for 16), 'hex')"

_ORDERS = """
create temp table import_orders as
select order_key, min(row_no) as row_no, min(at) as ordered_at,
    min(document::document_kind) as document,
    {firsts}, count(distinct currency) as currencies,
    count(distinct customer) > 1 or count(distinct rep) > 1 or count(distinct region) > 1
        or count(distinct channel) > 1 as ambiguous
from stage_headers where at is not null group by order_key
""".format(
    firsts=", ".join(
        f"(array_agg({name} order by row_no) filter (where {name} is not null))[1] as {name}"
        for name in ("customer", "rep", "region", "channel", "currency")
    )
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What `settle` found beside the rejects."""

    repeated: int
    """Keyed lines that the source has several times, saying the same each time."""
    skipped: int
    """Lines of orders that the mapping's `order.where` leaves out."""
    ambiguous: int
    """Orders whose rows disagree on the customer, rep, region or channel: the first counts."""


def settle(
    connection: psycopg.Connection,
    reject: Sink,
    *,
    keyed: bool,
    own_orders: bool,
    joined: bool,
) -> Settled:
    """Finish staging: after it, `import_orders` and `stage_lines` hold what can be taken.

    Args:
        connection: The session with the staging tables.
        reject: Told of each staged row that is not taken.
        keyed: Lines have keys, so a repetition is a mistake; otherwise it is another line.
        own_orders: Each line is an order of its own.
        joined: Headers come from another input than the lines.
    """
    execute = connection.execute
    execute("analyze stage_lines")
    execute("analyze stage_headers")
    execute(_REPEATED)
    repeated = skipped = 0
    if keyed:
        repeated = _count(connection, "stage_repeated where not other")
        _tell(connection, _REPEATED_KEYS, reject)
        execute("delete from stage_lines where row_no in (select row_no from stage_repeated)")
    else:
        _number(connection, own_orders=own_orders)
    if joined:
        _tell(connection, _REPEATED_ORDERS, reject)
        execute(_DELETE_REPEATED_ORDERS)
    execute(_ORDERS)
    execute("create unique index on import_orders (order_key)")
    execute("analyze import_orders")
    if joined:
        skipped = execute(_DELETE_SKIPPED).rowcount
        _tell(connection, _ORPHANS, reject)
        execute(f"delete from stage_lines l where {_NO_ORDER}")
    _tell(connection, _CURRENCIES, reject)
    execute(f"delete from stage_lines where order_key in ({_MIXED})")
    execute(
        "delete from import_orders o where currencies > 1"
        " or not exists (select from stage_lines l where l.order_key = o.order_key)"
    )
    execute("analyze stage_lines")
    return Settled(repeated, skipped, _count(connection, "import_orders where ambiguous"))


_NO_ORDER = "not exists (select from import_orders o where o.order_key = l.order_key)"
_MIXED = "select order_key from import_orders where currencies > 1"

_REPEATED_KEYS = f"""
select row_no, 'line.key', order_key,
    'duplicate key: row ' || (first & {(1 << ROW_BITS) - 1}) || ' of file '
    || (first >> {ROW_BITS}) + 1 || ' has the same key and says something else'
from stage_repeated join stage_lines using (row_no, identity) where other order by row_no
"""
_FIRST_HEADERS = "select order_key, min(row_no) as first from stage_headers group by order_key"
_HEADER_SAYS = "(" + ", ".join(f"{{alias}}.{name}" for name in HEADER) + ")"
_REPEATED_ORDERS = f"""
select h.row_no, 'order.key', h.order_key,
    'duplicate key: row ' || (f.row_no & {(1 << ROW_BITS) - 1}) || ' of file '
    || (f.row_no >> {ROW_BITS}) + 1 || ' has the same key and says something else'
from stage_headers h join ({_FIRST_HEADERS}) g on g.order_key = h.order_key and g.first < h.row_no
join stage_headers f on f.order_key = g.order_key and f.row_no = g.first
where {_HEADER_SAYS.format(alias="h")} is distinct from {_HEADER_SAYS.format(alias="f")}
order by h.row_no
"""
_DELETE_SKIPPED = """
delete from stage_lines where order_key in (select order_key from stage_headers where at is null)
"""
_DELETE_REPEATED_ORDERS = f"""
delete from stage_headers h using ({_FIRST_HEADERS}) g
where g.order_key = h.order_key and g.first < h.row_no
"""
_ORPHANS = f"""
select row_no, 'line.order', order_key, 'no order has this key'
from stage_lines l where {_NO_ORDER} order by row_no
"""
_CURRENCIES = f"""
select row_no, 'order.currency', order_key, 'an order with lines in several currencies'
from stage_lines where order_key in ({_MIXED}) order by row_no
"""


def _tell(connection: psycopg.Connection, query: str, reject: Sink) -> None:
    with connection.cursor() as cursor:
        for row in cursor.stream(query):
            reject(StagedReject(*row))


def _count(connection: psycopg.Connection, what: str) -> int:
    row = connection.execute(f"select count(*) from {what}").fetchone()
    return int(row[0]) if row else 0


def _number(connection: psycopg.Connection, *, own_orders: bool) -> None:
    """Tell lines with the same content apart by counting them."""
    nth = _NTH.format(identity="r.identity")
    also = ""
    if own_orders:
        # Its order has no key but its identity, and so needs a header of its own.
        also = f", order_key = {nth}"
        says = ", ".join(f"h.{name}" for name in HEADER)
        connection.execute(
            f"insert into stage_headers select r.row_no, {nth}, {says}"
            " from stage_repeated r join stage_headers h on h.row_no = r.first"
        )
    connection.execute(
        f"update stage_lines l set identity = {nth}::uuid{also}"
        " from stage_repeated r where r.row_no = l.row_no"
    )
