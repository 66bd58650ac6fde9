"""Finishes staging: checks the staged rows as a whole, and makes one header an order.

A header's field is the first row's that has a value, in the order of the source: rows whose line is
taken before the others, and rows that give the expression something to read before those that do
not. `order.where` is decided likewise, for the whole order.

The checks find repeated identities, lines without an order, and orders in two currencies.
"""

import datetime as dt
from dataclasses import dataclass

import psycopg

from shopx_store.importing.allocation import allocate_discounts
from shopx_store.importing.row_numbers import FILE, row_in_file
from shopx_store.importing.staging_reject import Sink, staged_reject
from shopx_store.importing.transform import GIVEN, HEADER_COLUMNS, LEFT_OUT, LINE_COLUMNS, TRUE


@dataclass(frozen=True, slots=True)
class StagingResult:
    """What `finish_staging` found beside the rejects."""

    repeated: int
    """Lines that the source repeats: in another file, or with the same key and content."""
    skipped: int
    """Lines of orders that the mapping's `order.where` leaves out."""
    ambiguous: int
    """Orders whose rows disagree on the customer, rep, region or channel: the first counts."""
    undecided: int
    """Orders whose rows disagree on `order.where`: the first that says something decides."""
    spread: int
    """Orders whose lines have several times: all are booked at the earliest."""
    widest: dt.timedelta | None
    """The longest such span."""


_FILE = FILE
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

_DUPLICATE = "'duplicate|' || {first}"
_REPEATED_KEYS = f"""
select row_no, 'line.key', order_key, {_DUPLICATE.format(first=row_in_file("first_in_file"))}
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
select r.row_no, {_NTH}, {", ".join(f"h.{name}" for name in HEADER_COLUMNS)}, h.verdict, h.weak
from stage_repeated r join stage_headers h on h.row_no = r.first where r.n > 1 and r.copy = 1
"""

_KEPT_HEADERS = f"""
select distinct on (order_key) * from stage_headers
order by order_key, {_FILE} desc, at is null, row_no
"""
_HEADER_CONTENT = "(" + ", ".join(f"{{alias}}.{name}" for name in HEADER_COLUMNS) + ")"
_REPEATED_ORDERS = f"""
select h.row_no, 'order.key', h.order_key, {_DUPLICATE.format(first=row_in_file("k.row_no"))}
from stage_headers h join ({_KEPT_HEADERS}) k on k.order_key = h.order_key
    and k.row_no <> h.row_no
    and {FILE.replace("row_no", "k.row_no")} = {FILE.replace("row_no", "h.row_no")}
where h.at is not null
    and {_HEADER_CONTENT.format(alias="h")} is distinct from {_HEADER_CONTENT.format(alias="k")}
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


def _orders(*, which: str, weak: bool) -> str:
    """The statement that makes one header of each order's rows."""

    def first(name: str) -> str:
        less = LEFT_OUT | 1 << HEADER_COLUMNS.index(name)
        # Without weak rows, one sort does for all fields.
        order = f"weak & {less} <> 0, row_no" if weak else "row_no"
        return f"(array_agg({name} order by {order}) filter (where {name} is not null))[1]"

    taken = f"weak & {LEFT_OUT} = 0"
    names = ("customer", "rep", "region", "channel")
    return f"""
create temp table import_orders as
select order_key, min(row_no) as row_no,
    coalesce(min(at) filter (where {taken}), min(at)) as ordered_at,
    {first("document")}::document_kind as document,
    {", ".join(f"{first(name)} as {name}" for name in names)},
    coalesce({first("currency")}, %(currency)s) as currency,
    {first("discount")} as discount, {first("subtotal")} as subtotal,
    count(distinct currency) as currencies,
    {" or ".join(f"count(distinct {name}) > 1" for name in names)} as ambiguous,
    max(at) filter (where {taken}) - min(at) filter (where {taken}) as spread
from stage_headers h where {which} group by order_key having min(at) is not null
"""


_DECIDED = f"""
create temp table stage_decided as
select distinct on (order_key) order_key, verdict & {TRUE} = 0 as left_out,
    count(*) filter (where verdict = {GIVEN}) over o > 0
        and count(*) filter (where verdict = {GIVEN | TRUE}) over o > 0 as undecided
from stage_headers h where verdict is not null and {{which}}
window o as (partition by order_key)
order by order_key, {_FILE} {{files}}, verdict & {GIVEN} desc, row_no
"""
_LEFT_OUT_ORDERS = "select order_key from stage_decided where left_out"
_DOUBTFUL = f"""
select row_no, field, value, reason from stage_doubtful d
where not exists (select from ({_LEFT_OUT_ORDERS}) o where o.order_key = d.order_key)
order by row_no
"""
_NO_ORDER = "not exists (select from import_orders o where o.order_key = l.order_key)"
_ORPHANS = f"""
select row_no, 'line.order', order_key, 'orphan'
from stage_lines l where {_NO_ORDER} order by row_no
"""
_TIMELESS_ORDERS = """
select from stage_headers h
where not exists (select from import_orders o where o.order_key = h.order_key)
"""
_TIMELESS = f"""
select row_no, 'order.at', order_key, 'nowhere'
from stage_lines l where {_NO_ORDER} order by row_no
"""
_EARLY = """
select l.row_no, 'line.at', l.at::text, 'early'
from stage_lines l join import_orders o using (order_key)
where l.at is not null and l.at < o.ordered_at and coalesce(l.kind, o.document::text) = 'return'
order by l.row_no
"""
_DELETE_EARLY = """
delete from stage_lines l using import_orders o
where o.order_key = l.order_key and l.at < o.ordered_at
    and coalesce(l.kind, o.document::text) = 'return'
"""
_NO_ONE_CURRENCY = "currencies > 1 or currency is null"
_MIXED = f"select order_key from import_orders where {_NO_ONE_CURRENCY}"
_CURRENCIES = f"""
select l.row_no, 'order.currency', order_key, case when o.currency is null
    then 'nowhere' else 'currencies' end
from stage_lines l join import_orders o using (order_key)
where order_key in ({_MIXED}) order by l.row_no
"""
_DELETE_MIXED = f"delete from import_orders where {_NO_ONE_CURRENCY}"
# A statement of its own: within an OR the lines would not be joined, but looked up for each order.
_UNUSED_ORDERS = """
delete from import_orders o
where not exists (select from stage_lines l where l.order_key = o.order_key) and not (
    %(complete)s and exists (select from order_keys k join sources s on s.id = k.source_id
        where s.name = %(source)s and k.key = o.order_key))
"""


# A charge of an order may be on each of its rows: the first row's counts, of the last file.
_CHARGES = f"""
create temp table stage_charges as
select row_no, file, charge, order_key, gross, row_number() over f as n,
    first_value(file) over f as first_file, first_value(row_no) over f as first,
    (gross, discount, cost) is distinct from (
        first_value(gross) over f, first_value(discount) over f, first_value(cost) over f) as other
from (
    select row_no, {_FILE} as file, charge, order_key, gross, discount, cost
    from stage_lines where charge = any(%(charges)s)
) c window f as (partition by order_key, charge order by file desc, row_no)
"""
_OTHER_CHARGES = f"""
select row_no, 'charges', abs(gross)::text, 'charge|' || {row_in_file("first")}
from stage_charges where n > 1 and other and file = first_file order by row_no
"""
_REPEATED_CHARGES = """
delete from stage_lines where row_no in (select row_no from stage_charges where n > 1)
"""


_NOTED = """
select count(*) filter (where ambiguous), count(*) filter (where spread > interval '0'), max(spread)
from import_orders
"""


@dataclass(frozen=True, slots=True)
class StagingRules:
    """How the staged rows belong together."""

    keyed: bool
    """Lines have keys, so a repetition is a mistake; otherwise it is another line."""
    own_orders: bool
    """Each line is an order of its own."""
    joined: bool
    """Headers come from another input than the lines."""
    conditional: bool
    """`order.where` leaves orders out."""
    currency: str | None
    """Of orders that name none."""
    charges: tuple[int, ...] = ()
    """The numbers of charges that are an order's, not a row's."""
    reduced: bool = False
    """Orders have discounts of their own."""
    emptied: str | None = None
    """The source of which a known order without lines is one that has none any more; `None` = it is
    left out."""

    @property
    def which(self) -> str:
        """With keys, a later file may correct the header; without, its rows add to the order."""
        return _IN_LAST_FILE if self.keyed else "true"


def finish_staging(
    connection: psycopg.Connection, reject: Sink, rules: StagingRules
) -> StagingResult:
    """Finish staging: afterwards `import_orders` and `stage_lines` hold what can be published.

    Args:
        connection: The session with the staging tables.
        reject: Called with each staged row that is rejected.
        rules: How the rows belong together.
    """
    execute = connection.execute
    execute("create index on stage_headers (order_key)")
    execute("analyze stage_headers")
    skipped, undecided = _leave_out(connection, reject, rules)
    if rules.charges:
        execute(_CHARGES, {"charges": list(rules.charges)})
        _reject_rows(connection, _OTHER_CHARGES, reject)
        execute(_REPEATED_CHARGES)
    execute("analyze stage_lines")
    repeated = _deduplicate(connection, reject, rules)
    if rules.joined:
        _reject_rows(connection, _REPEATED_ORDERS, reject)
        execute(_DELETE_REPEATED_ORDERS)
    weak = _any(connection, "select from stage_headers where weak <> 0")
    execute(_orders(which=rules.which, weak=weak), {"currency": rules.currency})
    execute("create unique index on import_orders (order_key)")
    execute("analyze import_orders")
    # Each deletion reads all lines, so it is made where something is rejected alone.
    if (rules.joined or _any(connection, _TIMELESS_ORDERS)) and _reject_rows(
        connection, _ORPHANS if rules.joined else _TIMELESS, reject
    ):
        execute(f"delete from stage_lines l where {_NO_ORDER}")
    if _any(connection, _MIXED):
        _reject_rows(connection, _CURRENCIES, reject)
        execute(f"delete from stage_lines where order_key in ({_MIXED})")
    if _reject_rows(connection, _EARLY, reject):
        execute(_DELETE_EARLY)
    if rules.reduced:
        allocate_discounts(connection, reject, keyed=rules.keyed)
    execute(_DELETE_MIXED)
    execute(_UNUSED_ORDERS, {"complete": rules.emptied is not None, "source": rules.emptied})
    ambiguous, spread, widest = execute(_NOTED).fetchone() or (0, 0, None)
    return StagingResult(repeated, skipped, ambiguous, undecided, spread, widest)


def _leave_out(
    connection: psycopg.Connection, reject: Sink, rules: StagingRules
) -> tuple[int, int]:
    """Leave orders out by `order.where`; returns their lines, and how many rows disagree on it."""
    if not rules.conditional or rules.own_orders:
        return 0, 0
    files = "desc" if rules.joined else "asc"
    connection.execute(_DECIDED.format(which=rules.which, files=files))
    _reject_rows(connection, _DOUBTFUL, reject)
    out = f"order_key in ({_LEFT_OUT_ORDERS})"
    skipped = connection.execute(f"delete from stage_lines where {out}").rowcount
    skipped += _count(connection, f"(select distinct row_no from stage_doubtful where {out}) d")
    connection.execute(f"delete from stage_headers where {out}")
    return skipped, _count(connection, "stage_decided where undecided")


def _deduplicate(connection: psycopg.Connection, reject: Sink, rules: StagingRules) -> int:
    """Delete or number repeated lines; returns how many the source repeats."""
    execute = connection.execute
    execute(_REPEATED)
    if rules.keyed:
        repeated = _count(connection, "stage_repeated where older or n > 1 and not other")
        _reject_rows(connection, _REPEATED_KEYS, reject)
        execute(f"delete from stage_lines where {_AMONG.format('older or n > 1')}")
        return repeated
    repeated = execute(f"delete from stage_lines where {_AMONG.format('copy > 1')}").rowcount
    if rules.own_orders:
        execute(_OWN_HEADERS)
    execute(_RENUMBER.format(also=f", order_key = {_NTH}" if rules.own_orders else ""))
    return repeated


def _reject_rows(connection: psycopg.Connection, query: str, reject: Sink) -> int:
    """Reject the rows that a query finds; returns how many."""
    count = 0
    with connection.cursor() as cursor:
        for row in cursor.stream(query):
            reject(staged_reject(*row))
            count += 1
    return count


def _any(connection: psycopg.Connection, query: str) -> bool:
    """Whether a query finds a row."""
    return connection.execute(f"{query} limit 1").rowcount > 0


def _count(connection: psycopg.Connection, what: str) -> int:
    row = connection.execute(f"select count(*) from {what}").fetchone()
    return int(row[0]) if row else 0
