"""The transaction that publishes an import, folded into the rollups, or leaves no trace of it."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Final, LiteralString
from zoneinfo import ZoneInfo

import psycopg

from shopx_core.errors import Conflict
from shopx_core.texts import say
from shopx_store import planner_statistics
from shopx_store.importing import diff, references
from shopx_store.importing.diff import DIMENSIONS, FACTS, Rules
from shopx_store.importing.extent import Extent
from shopx_store.importing.mapping import KnownOrders, Mode
from shopx_store.importing.overview import Overview, overview
from shopx_store.importing.provenance import Provenance
from shopx_store.importing.publish_checks import (
    MissingLimit,
    Place,
    every_rate,
    few_missing,
    last_run,
    nothing_beside,
    same_currency,
    same_fields,
    same_reading,
)
from shopx_store.importing.values import plain
from shopx_store.importing.warnings import Warnings, find_warnings
from shopx_store.rollups.fold import fold_own

_SHOWN_LINES = 5
Step = Callable[[str], None]
"""Called with the name of each step that begins."""


@dataclass(frozen=True, slots=True)
class ImportScope:
    """What to publish, and what to store with the run."""

    source: str
    mode: Mode
    keyed: bool
    content_fields: str
    """The fields that identities without keys are made of."""
    reading: dict[str, str]
    """How the mapping reads what lines are identified by."""
    zone: ZoneInfo
    """The source's, which the extent's days are of."""
    place: Place
    known_orders: KnownOrders
    extent: Extent
    max_missing: MissingLimit
    """Publish nothing if more lines than this are reversed as missing."""
    provenance: Provenance = field(default_factory=Provenance)
    derived: frozenset[str] = frozenset()
    """Sections that are read from the rows of orders and lines, not from an input of their own."""
    dry_run: bool = False
    noting_nothing: bool = True
    """Whether a run that changes nothing is noted as well."""
    orders: frozenset[str] = frozenset()
    """Orders that were read, also those which the source no longer has."""


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """The source's totals in one currency, by the definitions of the metrics."""

    lines: int
    units: Decimal
    gross: Decimal
    discounts: Decimal
    returns: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import does to the ledger."""

    new: int = 0
    """Lines that the ledger did not have."""
    changed: int = 0
    """Lines with other content than before: corrected, and booked anew."""
    missing: int = 0
    """Lines that a snapshot no longer has: corrected."""
    rebooked: int = 0
    """Lines that a snapshot has again: booked anew."""
    same: int = 0
    reversed: int = 0
    """Lines that were reversed since; they stay so."""
    references: int = 0
    """Reference rows that were created or updated."""

    @property
    def nothing(self) -> bool:
        """Whether the ledger does not change."""
        return not (self.new or self.changed or self.missing or self.rebooked)


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did, or would do."""

    changes: Changes
    documents: dict[str, int]
    totals: dict[str, CurrencyTotals]
    warnings: Warnings = field(default_factory=Warnings)
    without_rate: list[str] = field(default_factory=list)
    """Currencies that cannot be converted into the reporting currency."""
    overview: Overview | None = None
    """Of a dry run."""
    run: int | None = None
    """The id of the run; `None` where nothing was published, or noted."""


_MONTHS = """
select distinct date_trunc('month', at at time zone 'UTC')::date as month from (
    select ordered_at as at from import_orders union all select at from stage_lines
) t where at is not null order by month
"""

_ORDERS = f"""
insert into orders (id, ordered_at, source_id, key, document, {", ".join(DIMENSIONS)})
select id, ordered_at, %(source)s, order_key, document, {", ".join(DIMENSIONS)}
from import_headers where status <> 'same' order by id
"""
_NEW_KEYS = """
insert into order_keys (source_id, key, order_id, ordered_at)
select %(source)s, order_key, id, ordered_at from import_headers where status = 'new' order by id
"""
_MOVED_KEYS = """
update order_keys k set order_id = h.id, ordered_at = h.ordered_at
from import_headers h
where h.status = 'changed' and k.source_id = %(source)s and k.key = h.order_key
"""

ITEM_COLUMNS: Final[LiteralString] = (
    "booked_at, kind, is_return, order_id, line_no, reverses, identity, source_id,"
    f" {', '.join(DIMENSIONS)}, product_id, quantity, gross, discount, cost"
)
_DIMENSIONS_H = ", ".join(f"h.{name}" for name in DIMENSIONS)
_DIMENSIONS_K = ", ".join(f"k.{name}" for name in DIMENSIONS)


def reversing(lines: LiteralString) -> LiteralString:
    """The statement that books the opposite of lines at their own time.

    Args:
        lines: A FROM item with the ledger's columns, as `k`.
    """
    return f"""
insert into order_items ({ITEM_COLUMNS})
select k.booked_at, 'correction', k.is_return, k.order_id, k.line_no,
    case when k.kind <> 'correction' then k.id end,
    case when k.kind <> 'correction' then encode(
        substring(sha256(convert_to('takes back ' || k.id, 'UTF8')) for 16), 'hex')::uuid
        else k.identity end,
    %(source)s, {_DIMENSIONS_K}, k.product_id, -k.quantity, -k.gross, -k.discount, -k.cost
from {lines} order by k.id"""


_REVERSE = reversing("known_lines k join import_reversals t using (id)")

_LAST_LINES = "select order_id, max(line_no) as line_no from known_history group by order_id"
# A line that moves keeps its cost.
_KNOWN = f"""
left join known_lines k on i.cost is null and k.id = i.unreversed_id and k.quantity = i.quantity
left join ({_LAST_LINES}) m on m.order_id = i.order_id"""
# A product's cost is in the reporting currency.
_PRICED = """
left join products p on i.cost is null and p.id = i.product_id
    and h.currency = (select currency from reporting)"""
_ANY_PRICED = "select from products where source_id = %(source)s and unit_cost <> 0 limit 1"


def _booking(*, known: bool, priced: bool) -> LiteralString:
    """The statement that books lines: a million of them join what has something to say alone.

    Args:
        known: Some of the orders have lines.
        priced: Some products have a cost.
    """
    last: LiteralString = "coalesce(m.line_no, 0) + " if known else ""
    costs: LiteralString = ("k.cost, " if known else "") + (
        "p.unit_cost * i.quantity, " if priced else ""
    )
    return f"""
insert into order_items ({ITEM_COLUMNS})
select i.booked_at, i.kind, i.is_return, i.order_id,
    {last}row_number() over (partition by i.order_id order by i.row_no), null, i.identity,
    %(source)s, {_DIMENSIONS_H}, i.product_id, i.quantity, i.gross, i.discount,
    coalesce(i.cost, {costs}0)
from import_lines i join import_headers h on h.id = i.order_id
{_KNOWN if known else ""} {_PRICED if priced else ""}
where i.status in ('new', 'changed', 'moved', 'rebooked')
"""


# The lines of an order with a changed header move with it, also those that the source left out.
_CARRY = f"""
insert into order_items ({ITEM_COLUMNS})
select case when k.is_return then k.booked_at else h.ordered_at end, k.kind, k.is_return, h.id,
    (select count(*) from import_lines i where i.order_id = h.id)
        + row_number() over (partition by h.id order by k.id), null, k.identity,
    %(source)s, {_DIMENSIONS_H}, {", ".join(f"k.{name}" for name in FACTS)}
from known_lines k join import_reversals t using (id)
join import_headers h on h.known_id = k.order_id
where t.reason = 'moved' and not exists (select from import_lines i where i.unreversed_id = k.id)
"""

_RUN = """
insert into import_runs (source_id, mode, content_fields, lines_new, lines_changed, lines_missing,
    lines_again, lines_same, summary, xid, first_line, last_line, builds_on, inputs, mapping,
    job_id)
values (%(source)s, %(mode)s, %(content_fields)s, %(new)s, %(changed)s, %(missing)s, %(again)s,
    %(same)s, %(summary)s, pg_current_xact_id(), %(first)s, %(last)s, %(builds_on)s, %(inputs)s,
    %(mapping)s, %(job)s) returning id
"""
# Of one transaction's id there may be lines of two in a restored database.
_BUILDS_ON = """
select coalesce(array_agg(r.id order by r.id), '{}') from import_runs r join (
    select xid, min(id) as first, max(id) as last from known_history group by xid
) h on h.xid = r.xid
    and (h.first between r.first_line and r.last_line
        or h.last between r.first_line and r.last_line)
where r.source_id = %(source)s and r.undoes is null
    and not exists (select from import_runs u where u.undoes = r.id)
"""
_REPLACEMENTS = """
insert into import_replacements (run_id, relation, row_key, before, after)
select %(run)s, relation, row_key, before, after from import_replaced
union all
select %(run)s, 'order_keys', h.order_key,
    jsonb_build_object('order_id', k.id, 'ordered_at', k.ordered_at),
    jsonb_build_object('order_id', h.id, 'ordered_at', h.ordered_at)
from import_headers h join known_orders k on k.id = h.known_id where h.status = 'changed'
"""
_SPAN = "select min(ordered_at), max(ordered_at) from import_orders"


def make_partitions(connection: psycopg.Connection) -> None:
    """Make the months that the staged lines need, each in its own short transaction."""
    months = connection.execute(_MONTHS).fetchall()
    for (month,) in months:
        connection.execute("select make_partitions(%s, %s)", (month, month))


def publish(
    connection: psycopg.Connection, scope: ImportScope, step: Step, report: dict[str, int]
) -> Published:
    """Publish what is staged, all or nothing.

    Args:
        connection: The session with the staging tables, in autocommit mode.
        scope: What to publish.
        step: Called with the name of each step that begins.
        report: Counts to store with the run: rows read, skipped, rejected.

    Raises:
        InvalidInput: Reference rows contradict each other, more is missing than allowed, or the
            mapping's fields differ from those of the source's last import.
        Conflict: Another session recorded one of the orders meanwhile.
    """
    if not scope.dry_run:
        step("partitions")
        make_partitions(connection)
    try:
        with connection.transaction(force_rollback=scope.dry_run):
            published = _publish(connection, scope, step, report)
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "pk_order_keys":
            raise
        raise Conflict(
            say(
                "import.another-session-recorded-order",
                "Another session recorded an order of this source meanwhile; nothing was imported.",
            ),
            hint=say("import.run-import-again", "Run the import again."),
        ) from None
    if not scope.dry_run and not published.changes.nothing:
        planner_statistics.gather(connection, published.changes.new)
    return published


def _publish(
    connection: psycopg.Connection, scope: ImportScope, step: Step, report: dict[str, int]
) -> Published:
    source = references.source_id(connection, scope.source)
    fields, reading = last_run(connection, source)
    asking = scope.known_orders is not KnownOrders.EXTEND
    refusing = scope.mode is Mode.APPEND and asking
    if refusing and not scope.keyed:
        same_fields(scope.source, fields, scope.content_fields)
    step("reference rows")
    referenced = references.create(connection, source)
    step("comparison")
    start, stop = _days(connection, scope)
    rules = Rules(
        source=source,
        complete=scope.mode in (Mode.REPLACE, Mode.SNAPSHOT),
        snapshot=scope.mode is Mode.SNAPSHOT,
        start=start,
        stop=stop,
        keyed=scope.keyed,
        orders=scope.orders,
    )
    diff.compare(connection, rules)
    referenced += references.update(connection, source, scope.derived)
    published = _summary(connection, scope, referenced)
    if scope.mode is not Mode.SNAPSHOT and asking:
        same_reading(scope.source, reading, scope.reading, published.changes.new)
    if refusing and not scope.keyed:
        nothing_beside(connection, scope.place)
    if rules.complete:
        few_missing(connection, scope.max_missing)
    else:
        same_currency(connection, scope.place)
    every_rate(connection, scope.place)
    if scope.dry_run:
        return replace(published, overview=overview(connection, _SHOWN_LINES))
    before = last_line(connection)
    if not published.changes.nothing:
        step("ledger")
        _book(connection, rules)
    booked = (before + 1, last_line(connection))
    changes = published.changes
    if changes.nothing and not changes.references and not scope.noting_nothing:
        return published
    run = _remember(connection, source, scope, published, report, booked)
    if not published.changes.nothing:
        step("rollups")
        fold_own(connection)
        step("commit")
    return replace(published, run=run)


def last_line(connection: psycopg.Connection) -> int:
    """The last id that any session has given a line."""
    row = connection.execute(
        "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('order_items', 'id')), 0)"
    ).fetchone()
    return int(row[0]) if row else 0


def _book(connection: psycopg.Connection, rules: Rules) -> None:
    moved = connection.execute("select from import_headers where status = 'changed' limit 1")
    reversal = connection.execute("select from import_reversals limit 1")
    statements = [_ORDERS]
    if moved.rowcount:
        statements.append(_MOVED_KEYS)
    statements.append(_NEW_KEYS)
    if reversal.rowcount:
        statements.append(_REVERSE)
    priced = connection.execute(_ANY_PRICED, rules.parameters)
    statements.append(_booking(known=diff.any_known(connection), priced=priced.rowcount > 0))
    if moved.rowcount:
        statements.append(_CARRY)
    for statement in statements:
        connection.execute(statement, rules.parameters)


def _days(
    connection: psycopg.Connection, scope: ImportScope
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The instants between which the orders are placed that a snapshot stands for."""
    first, last = scope.extent.first, scope.extent.last
    if scope.extent.of_files:
        earliest, latest = connection.execute(_SPAN).fetchone() or (None, None)
        if earliest is None:
            # Files without an order stand for no day.
            now = dt.datetime.now(dt.UTC)
            return now, now
        first, last = earliest.astimezone(scope.zone).date(), latest.astimezone(scope.zone).date()

    def midnight(day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time.min, tzinfo=scope.zone)

    return (
        midnight(first) if first else None,
        midnight(last + dt.timedelta(days=1)) if last else None,
    )


# Of each order and status, because there are far fewer of these than lines.
_SUMS = """
create temp table import_sums on commit drop as
select i.order_id, i.status, count(*) as lines,
    add_up(i.quantity) filter (where not i.is_return) as units,
    add_up(i.gross) filter (where not i.is_return) as gross,
    add_up(i.discount) filter (where not i.is_return) as discounts,
    add_up(i.gross - i.discount) filter (where i.is_return) as returned,
    add_up(i.gross - i.discount) as net,
    count(*) filter (where i.discount * i.gross < 0 or i.gross = 0 and i.discount < 0)
        as adding_discounts,
    count(*) filter (where i.is_return and i.gross > 0) as adding_returns,
    count(*) filter (where i.kind = 'sale' and i.gross < 0) as negative_sales,
    count(*) filter (where i.cost is null and (p.id is null or p.kind = 'item')) as costless,
    count(*) filter (where i.cost is null and p.kind = 'item' and p.unit_cost is not null)
        as costed
from import_lines i left join products p on i.cost is null and p.id = i.product_id
group by i.order_id, i.status
"""
_COUNTS = "select status, sum(lines)::bigint from import_sums group by status"
_MISSING = "select count(*) from import_reversals where reason = 'missing'"
_DOCUMENTS = "select document::text, count(*) from import_headers group by document order by 1"
_TOTALS = """
select h.currency, sum(s.lines)::bigint, coalesce(sum(s.units), 0), coalesce(sum(s.gross), 0),
    coalesce(sum(s.discounts), 0), coalesce(-sum(s.returned), 0), coalesce(sum(s.net), 0)
from import_sums s join import_headers h on h.id = s.order_id
group by h.currency order by h.currency
"""
_WITHOUT_RATE = """
select distinct currency from import_headers
where currency <> (select currency from reporting)
    and currency not in (select currency from rates) order by 1
"""


def _summary(connection: psycopg.Connection, scope: ImportScope, referenced: int) -> Published:
    connection.execute(_SUMS)
    connection.execute("analyze import_sums")
    counts = {str(status): int(n) for status, n in connection.execute(_COUNTS)}
    missing = connection.execute(_MISSING).fetchone()
    changes = Changes(
        new=counts.get("new", 0),
        changed=counts.get("changed", 0) + counts.get("moved", 0),
        missing=int(missing[0]) if missing else 0,
        rebooked=counts.get("rebooked", 0),
        same=counts.get("same", 0),
        reversed=counts.get("reversed", 0),
        references=referenced,
    )
    return Published(
        changes,
        documents={str(document): int(n) for document, n in connection.execute(_DOCUMENTS)},
        totals={
            str(currency): CurrencyTotals(*sums) for currency, *sums in connection.execute(_TOTALS)
        },
        warnings=find_warnings(connection, scope.zone),
        without_rate=[str(currency) for (currency,) in connection.execute(_WITHOUT_RATE)],
    )


def _remember(
    connection: psycopg.Connection,
    source: int,
    scope: ImportScope,
    published: Published,
    report: dict[str, int],
    booked: tuple[int, int],
) -> int:
    summary = {
        "rows": report,
        "reading": scope.reading,
        "extent": str(scope.extent),
        "documents": published.documents,
        "totals": {
            currency: {name: plain(Decimal(value)) for name, value in asdict(totals).items()}
            for currency, totals in published.totals.items()
        },
    }
    changes = published.changes
    # What booked nothing does not keep an earlier import from being taken back.
    builds_on = (
        None if changes.nothing else connection.execute(_BUILDS_ON, {"source": source}).fetchone()
    )
    row = connection.execute(
        _RUN,
        {
            "source": source,
            "mode": scope.mode.value,
            "content_fields": "" if scope.keyed else scope.content_fields,
            "new": changes.new,
            "changed": changes.changed,
            "missing": changes.missing,
            "again": changes.rebooked,
            "same": changes.same,
            "summary": json.dumps(summary),
            "first": booked[0],
            "last": booked[1],
            "builds_on": builds_on[0] if builds_on else [],
            "inputs": json.dumps([asdict(one) for one in scope.provenance.inputs()]),
            "mapping": scope.provenance.mapping,
            "job": scope.provenance.job,
        },
    ).fetchone()
    if row is None:
        raise LookupError("import_runs")
    run = int(row[0])
    connection.execute(_REPLACEMENTS, {"run": run})
    return run
