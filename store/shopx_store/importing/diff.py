"""What an import changes: the staged orders and lines compared with the ledger, set by set.

It runs inside the publishing transaction, because it needs the ids of new reference rows. It leaves
temporary tables from which `shopx_store.importing.publish` books:

`import_headers`  each staged order: its id (a new one where it is new or its header changed), the
                  header that counts, and `status` new, same or changed
`known_lines`     lines that an earlier import (or the API) booked for these orders, and whether
                  they still count (`unreversed`); none that only imports booked or took back which
                  were themselves taken back since (`shopx_store.importing.undo`)
`import_lines`    each staged line, resolved, with `status`: new, same, changed (same key, other
                  content), moved (its order's header changed), rebooked (reversed
                  since, and a snapshot has it again), reversed (since, and to stay so)
`import_reversals`  the known lines to reverse, with the reason: changed, moved or missing
"""

import datetime as dt
from dataclasses import dataclass

import psycopg

DIMENSIONS = ("customer_id", "rep_id", "region_id", "channel_id", "currency")
FACTS = ("product_id", "quantity", "gross", "discount", "cost")


@dataclass(frozen=True, slots=True)
class Rules:
    """Options of the comparison.

    Attributes:
        source: The source's id.
        complete: Of the orders compared, lines that the source does not have are reversed.
        snapshot: Also orders that the source does not have are compared …
        start: … if they were placed from this instant on …
        stop: … and before this one; `None` without bound.
        keyed: Lines have keys, so that the content of one can change.
        orders: Also these orders are compared, whether the source has them or not.
    """

    source: int
    complete: bool
    snapshot: bool
    start: dt.datetime | None
    stop: dt.datetime | None
    keyed: bool
    orders: frozenset[str] = frozenset()

    @property
    def parameters(self) -> dict[str, object]:
        """Of the statements. Headers are compared where lines have keys, or orders are complete."""
        return {
            "source": self.source,
            "complete": self.complete,
            "snapshot": self.snapshot,
            "start": self.start,
            "stop": self.stop,
            "keyed": self.keyed,
            "headers": self.keyed or self.complete,
        }


def _list(names: tuple[str, ...], alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


_HEADER = ("ordered_at", "document", *DIMENSIONS)

_KNOWN_ORDERS = f"""
create temp table known_orders on commit drop as
select k.key as order_key, o.id, {_list(_HEADER, "o")}
from order_keys k join orders o on o.id = k.order_id and o.ordered_at = k.ordered_at
where k.source_id = %(source)s and (
    k.key in (select order_key from import_orders union all select order_key from import_asked)
    or %(snapshot)s and k.ordered_at >= coalesce(%(start)s::timestamptz, '-infinity')
        and k.ordered_at < coalesce(%(stop)s::timestamptz, 'infinity'))
"""

_COPIED = (
    "id", "booked_at", "kind", "is_return", "order_id", "line_no", "reverses", "identity",
    *FACTS, *DIMENSIONS,
)  # fmt: skip

# The runs that were taken back, and those that took them back.
_UNDONE_RUNS = """
create temp table undone_runs on commit drop as
select xid, first_line, last_line from import_runs r
where source_id = %(source)s and xid is not null
    and (undoes is not null or exists (select from import_runs u where u.undoes = r.id))
"""

_KNOWN_HISTORY = f"""
create temp table known_history on commit drop as
select {_list(_COPIED, "i")}, i.xid, u.xid is not null as undone
from order_items i
left join undone_runs u on u.xid = i.xid and i.id between u.first_line and u.last_line
where i.order_id in (select id from known_orders)
    and i.booked_at >= (select min(ordered_at) from known_orders)
"""

# An account's adjustment is a correction of no line, so it is reversed by another one with the same
# identity: an odd number of them means that the last one stands.
_KNOWN_LINES = """
create temp table known_lines on commit drop as
select l.*, r.kind as reversed_by,
    r.kind is null and (l.kind <> 'correction' or a.id is not null) as unreversed
from known_history l
left join known_history r on r.reverses = l.id and r.kind in ('correction', 'void')
left join (
    select max(id) as id from known_history where kind = 'correction' and reverses is null
    group by order_id, identity having count(*) %% 2 = 1
) a on a.id = l.id
where l.reverses is null and (
    -- Beside what stands, what an import that was not taken back itself has reversed.
    r.kind is null and (l.kind <> 'correction' or a.id is not null)
    or not (coalesce(r.undone, false) or l.kind = 'correction' and l.undone))
"""

_KNOWN_STATES = """
create temp table known_states on commit drop as
select order_id, identity, max(id) filter (where unreversed) as unreversed_id,
    (array_agg(reversed_by order by id desc) filter (where not unreversed))[1] as reversed_by
from known_lines group by order_id, identity
"""

_HEADERS = f"""
create temp table import_headers on commit drop as
select order_key, row_no, status, known_id, {", ".join(_HEADER)},
    case status when 'same' then known_id
        else nextval(pg_get_serial_sequence('orders', 'id')) end as id
from (
    select i.order_key, i.row_no, s.status, k.id as known_id,
        {", ".join(f"case s.status when 'same' then k.{n} else i.{n} end as {n}" for n in _HEADER)}
    from (
        select i.order_key, i.row_no, i.ordered_at, i.currency,
            coalesce(i.document, 'sale') as document, c.id as customer_id, r.id as rep_id,
            g.id as region_id, h.id as channel_id
        from import_orders i
        left join customers c on c.source_id = %(source)s and c.key = i.customer
        left join sales_reps r on r.source_id = %(source)s and r.key = i.rep
        left join regions g on g.name = i.region
        left join channels h on h.name = i.channel
    ) i
    left join known_orders k using (order_key)
    -- A cancelled order keeps its header: it has no lines to move.
    left join (
        select distinct order_id from known_lines
        where unreversed or %(complete)s and reversed_by is distinct from 'void'
    ) v on v.order_id = k.id
    cross join lateral (select case
        when k.id is null then 'new'
        when %(headers)s and v.order_id is not null
            and ({_list(_HEADER, "k")}) is distinct from ({_list(_HEADER, "i")}) then 'changed'
        else 'same' end as status) s
    -- Ids, and so lines, in the order of the source: mostly by time, as readers read them.
    order by i.row_no
) o
"""

_STATUS = f"""case
        when s.identity is null then 'new'
        when s.unreversed_id is null then case
            when %(complete)s and s.reversed_by is distinct from 'void' then 'rebooked'
            else 'reversed' end
        when h.status = 'changed' then 'moved'
        -- A cost that the source does not give follows from the product's, which may have changed.
        when %(keyed)s and (n.kind, n.is_return, n.booked_at, l.product_id, l.quantity, l.gross,
            l.discount, coalesce(l.cost, k.cost))
            is distinct from (k.kind, k.is_return, k.booked_at, {_list(FACTS, "k")})
            then 'changed'
        else 'same'
    end"""
_KNOWN = """
left join known_states s on s.order_id = h.known_id and s.identity = l.identity
left join known_lines k on k.id = s.unreversed_id"""


def _lines(unreversed: str, status: str, known: str) -> str:
    """The statement that resolves the staged lines."""
    return f"""
create temp table import_lines on commit drop as
select l.row_no, h.id as order_id, h.order_key, l.identity, n.kind, n.is_return, n.booked_at,
    l.product_id, l.quantity, l.gross, l.discount, l.cost, {unreversed} as unreversed_id,
    {status} as status
from (
    -- Every product exists, but a new one is unknown to the statistics: an inner join could be
    -- planned for one product, and read all lines for each.
    select l.row_no, l.order_key, l.identity, l.kind::ledger_kind as kind, l.at,
        p.id as product_id, l.quantity, l.gross, coalesce(l.discount, 0) as discount, l.cost
    from stage_lines l left join products p on p.source_id = %(source)s and p.key = l.product
) l
join import_headers h using (order_key) {known}
cross join lateral (select coalesce(l.kind, case h.document
    when 'sale' then 'sale'::ledger_kind when 'return' then 'return' else 'correction' end) as kind
) d
cross join lateral (select d.kind, d.kind = 'return' as is_return,
    -- A known order may be later than in the file, and no return is before its order.
    case d.kind when 'return' then greatest(l.at, h.ordered_at) else h.ordered_at end as booked_at
) n
"""


_LINES = _lines("s.unreversed_id", _STATUS, _KNOWN)
# Of orders that are all new, a million lines need no look-up.
_NEW_LINES = _lines("null::bigint", "'new'", "")

_REVERSALS = """
create temp table import_reversals on commit drop as
select k.id, case
    when %(complete)s and i.unreversed_id is null then 'missing'
    when h.status = 'changed' then 'moved'
    else 'changed' end as reason
from known_lines k
left join import_headers h on h.known_id = k.order_id
left join import_lines i on i.unreversed_id = k.id
where k.unreversed and (h.status = 'changed' or i.status = 'changed'
    or (%(complete)s and i.unreversed_id is null))
"""

_STEPS = (
    ("undone_runs", _UNDONE_RUNS),
    ("known_orders", _KNOWN_ORDERS),
    ("known_history", _KNOWN_HISTORY),
    ("known_lines", _KNOWN_LINES),
    ("known_states", _KNOWN_STATES),
    ("import_headers", _HEADERS),
    ("import_lines", _LINES),
    ("import_reversals", _REVERSALS),
)

# Refunds and cancellations lock the same rows of `order_keys`.
_TO_LOCK = """
insert into import_locked
select o.order_key from import_reversals t join known_lines k using (id)
join known_orders o on o.id = k.order_id
union select order_key from import_headers where status = 'changed'
union select order_key from import_lines where status = 'rebooked'
except select order_key from import_locked
"""
_LOCK = """
select from order_keys
where source_id = %(source)s and key in (select order_key from import_locked)
order by key for update
"""


def compare(connection: psycopg.Connection, rules: Rules) -> None:
    """Build the tables, and lock the orders of which something is reversed.

    Before the lock, another session may have refunded or cancelled one of them. So the comparison
    is repeated under the locks, until it finds no further order to lock.
    """
    connection.execute("create temp table import_locked (order_key text) on commit drop")
    connection.execute("create temp table import_asked (order_key text) on commit drop")
    connection.execute("insert into import_asked select unnest(%s::text[])", ([*rules.orders],))
    _build(connection, rules)
    while connection.execute(_TO_LOCK).rowcount:
        connection.execute(_LOCK, {"source": rules.source})
        for table, _ in _STEPS:
            connection.execute(f"drop table {table}")
        _build(connection, rules)


def any_known(connection: psycopg.Connection) -> bool:
    """Whether an earlier import (or the API) has booked lines of these orders."""
    return connection.execute("select from known_history limit 1").rowcount > 0


def _build(connection: psycopg.Connection, rules: Rules) -> None:
    for table, statement in _STEPS:
        unknown = table == "import_lines" and not any_known(connection)
        connection.execute(_NEW_LINES if unknown else statement, rules.parameters)
        connection.execute(f"analyze {table}")
