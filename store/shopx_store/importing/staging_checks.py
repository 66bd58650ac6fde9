"""Finishes staging: checks the staged rows as a whole, and makes one header an order.

The checks find repeated identities, lines without an order, and orders in two currencies.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from shopx_store.importing.staging import ROW_BITS
from shopx_store.importing.transform import HEADER_COLUMNS, LINE_COLUMNS


@dataclass(frozen=True, slots=True)
class StagedReject:
    """A staged row that is rejected."""

    row_no: int
    column: str
    value: str
    reason: str


Sink = Callable[[StagedReject], None]


@dataclass(frozen=True, slots=True)
class StagingResult:
    """What `finish_staging` found beside the rejects."""

    repeated: int
    """Lines that the source repeats: in another file, or with the same key and content."""
    skipped: int
    """Lines of orders that the mapping's `order.where` leaves out."""
    ambiguous: int
    """Orders whose rows disagree on the customer, rep, region or channel: the first counts."""


_FILE = f"(row_no >> {ROW_BITS})"
_CONTENT = f"row({', '.join(LINE_COLUMNS)})"

# Overlapping files count as if imported one after the other: of a keyed line the last file's
# counts, and of equal lines without keys as many as the file with most of them has.
_REPEATED = f"""
create temp table stage_repeated as
select row_no, identity, n, first, file < last_file as older, first_in_file,
    content is distinct from first_content as other,
    row_number() over (partition by identity, n order by row_no) as copy
from (
    select row_no, identity, {_FILE} as file, {_CONTENT} as content,
        max({_FILE}) over (partition by identity) as last_file,
        first_value(row_no) over (partition by identity order by row_no) as first,
        row_number() over f as n, first_value(row_no) over f as first_in_file,
        first_value({_CONTENT}) over f as first_content
    from stage_lines
    where identity in (select identity from stage_lines group by identity having count(*) > 1)
    window f as (partition by identity, {_FILE} order by row_no)
) r
"""
_AMONG = "row_no in (select row_no from stage_repeated where {})"

_DUPLICATE = (
    f"'duplicate key: row ' || ({{first}} & {(1 << ROW_BITS) - 1})"
    " || ' has the same key and other content'"
)
_REPEATED_KEYS = f"""
select row_no, 'line.key', order_key, {_DUPLICATE.format(first="first_in_file")}
from stage_repeated join stage_lines using (row_no, identity)
where not older and n > 1 and other order by row_no
"""

# The nth occurrence of the same content is a line of its own: its identity counts it.
_NTH = "encode(substring(sha256(convert_to(r.identity::text || ':' || r.n, 'UTF8')) for 16), 'hex')"
_RENUMBER = f"""
update stage_lines l set identity = {_NTH}::uuid{{also}}
from stage_repeated r where r.row_no = l.row_no and r.n > 1 and r.copy = 1
"""
# An order without a key has that of its only line, and so needs a header of its own.
_OWN_HEADERS = f"""
insert into stage_headers
select r.row_no, {_NTH}, {", ".join(f"h.{name}" for name in HEADER_COLUMNS)}
from stage_repeated r join stage_headers h on h.row_no = r.first where r.n > 1 and r.copy = 1
"""

_KEPT_HEADERS = f"""
select distinct on (order_key) * from stage_headers order by order_key, {_FILE} desc, row_no
"""
_HEADER_CONTENT = "(" + ", ".join(f"{{alias}}.{name}" for name in HEADER_COLUMNS) + ")"
_REPEATED_ORDERS = f"""
select h.row_no, 'order.key', h.order_key, {_DUPLICATE.format(first="k.row_no")}
from stage_headers h join ({_KEPT_HEADERS}) k on k.order_key = h.order_key
    and k.row_no < h.row_no and k.row_no >> {ROW_BITS} = h.row_no >> {ROW_BITS}
where {_HEADER_CONTENT.format(alias="h")} is distinct from {_HEADER_CONTENT.format(alias="k")}
order by h.row_no
"""
_DELETE_REPEATED_ORDERS = f"""
delete from stage_headers h using ({_KEPT_HEADERS}) k
where k.order_key = h.order_key and k.row_no <> h.row_no
"""

# With keys, a later file may correct the header; without, its rows add to the order.
_IN_LAST_FILE = (
    f"{_FILE} = (select max({_FILE}) from stage_headers l where l.order_key = h.order_key)"
)
_FIRSTS = ", ".join(
    f"(array_agg({name} order by row_no) filter (where {name} is not null))[1] as {name}"
    for name in ("customer", "rep", "region", "channel", "currency")
)
_ORDERS = f"""
create temp table import_orders as
select order_key, min(row_no) as row_no, min(at) as ordered_at,
    min(document::document_kind) as document, {_FIRSTS},
    count(distinct currency) as currencies,
    count(distinct customer) > 1 or count(distinct rep) > 1 or count(distinct region) > 1
        or count(distinct channel) > 1 as ambiguous
from stage_headers h where at is not null and {{which}} group by order_key
"""

_DELETE_SKIPPED = """
delete from stage_lines where order_key in (select order_key from stage_headers where at is null)
"""
_NO_ORDER = "not exists (select from import_orders o where o.order_key = l.order_key)"
_ORPHANS = f"""
select row_no, 'line.order', order_key, 'no order has this key'
from stage_lines l where {_NO_ORDER} order by row_no
"""
_EARLY = """
select l.row_no, 'line.at', l.at::text, 'a return before its order'
from stage_lines l join import_orders o using (order_key)
where l.at < o.ordered_at and coalesce(l.kind, o.document::text) = 'return' order by l.row_no
"""
_DELETE_EARLY = """
delete from stage_lines l using import_orders o
where o.order_key = l.order_key and l.at < o.ordered_at
    and coalesce(l.kind, o.document::text) = 'return'
"""
_MIXED = "select order_key from import_orders where currencies > 1"
_CURRENCIES = f"""
select row_no, 'order.currency', order_key, 'an order with lines in several currencies'
from stage_lines where order_key in ({_MIXED}) order by row_no
"""
_UNUSED_ORDERS = """
delete from import_orders o where currencies > 1
    or not exists (select from stage_lines l where l.order_key = o.order_key)
"""


def finish_staging(
    connection: psycopg.Connection, reject: Sink, *, keyed: bool, own_orders: bool, joined: bool
) -> StagingResult:
    """Finish staging: afterwards `import_orders` and `stage_lines` hold what can be published.

    Args:
        connection: The session with the staging tables.
        reject: Called with each staged row that is rejected.
        keyed: Lines have keys, so a repetition is a mistake; otherwise it is another line.
        own_orders: Each line is an order of its own.
        joined: Headers come from another input than the lines.
    """
    execute = connection.execute
    execute("analyze stage_lines")
    execute(_REPEATED)
    if keyed:
        repeated = _count(connection, "stage_repeated where older or n > 1 and not other")
        _reject_rows(connection, _REPEATED_KEYS, reject)
        execute(f"delete from stage_lines where {_AMONG.format('older or n > 1')}")
    else:
        repeated = execute(f"delete from stage_lines where {_AMONG.format('copy > 1')}").rowcount
        if own_orders:
            execute(_OWN_HEADERS)
        execute(_RENUMBER.format(also=f", order_key = {_NTH}" if own_orders else ""))
    execute("create index on stage_headers (order_key)")
    execute("analyze stage_headers")
    if joined:
        _reject_rows(connection, _REPEATED_ORDERS, reject)
        execute(_DELETE_REPEATED_ORDERS)
    execute(_ORDERS.format(which=_IN_LAST_FILE if keyed else "true"))
    execute("create unique index on import_orders (order_key)")
    execute("analyze import_orders")
    skipped = 0
    if joined:
        skipped = execute(_DELETE_SKIPPED).rowcount
        _reject_rows(connection, _ORPHANS, reject)
        execute(f"delete from stage_lines l where {_NO_ORDER}")
    _reject_rows(connection, _CURRENCIES, reject)
    execute(f"delete from stage_lines where order_key in ({_MIXED})")
    _reject_rows(connection, _EARLY, reject)
    execute(_DELETE_EARLY)
    execute(_UNUSED_ORDERS)
    execute("analyze stage_lines")
    return StagingResult(repeated, skipped, _count(connection, "import_orders where ambiguous"))


def _reject_rows(connection: psycopg.Connection, query: str, reject: Sink) -> None:
    with connection.cursor() as cursor:
        for row in cursor.stream(query):
            reject(StagedReject(*row))


def _count(connection: psycopg.Connection, what: str) -> int:
    row = connection.execute(f"select count(*) from {what}").fetchone()
    return int(row[0]) if row else 0
