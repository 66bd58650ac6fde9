"""Reading: one REPEATABLE READ transaction that answers every query as of one snapshot."""

import contextlib
import datetime as dt
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import numpy as np

from shopx_core.caching.dependencies import DependencyTag, current_dependencies
from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_core.errors import Conflict, Unavailable
from shopx_store.query import snapshot_relations
from shopx_store.query.calendar_agreement import calendars
from shopx_store.query.compiler import compile_statement
from shopx_store.query.plan import plan_query
from shopx_store.query.read_state import AsOf, PendingLines, ReadState
from shopx_store.query.replication import SERVER, Seen
from shopx_store.query.result_columns import COUNTED, SCALE, ResultColumns
from shopx_store.query.sales_query import Dimension, QueryResult, SalesQuery, Tier
from shopx_store.sql import Sql, raw, sql

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

AS_OF_LIFETIME: Final = dt.timedelta(minutes=2)
"""How old a requested snapshot may be: each read takes out the lines booked since."""

PENDING_LIMIT: Final = 200_000
"""How many lines may differ between a requested snapshot and the rollups."""

_MANY: Final = ((Dimension.PRODUCT,), (Dimension.CUSTOMER,))
"""What there are so many of that a row of Python objects for each would take too long."""

_SCALED: Final = (
    f"case when min_scale({{m}}) <= {SCALE} and abs({{m}}) < {10**12}"
    f" then ({{m}} * {10**SCALE})::bigint end"
)

_STATE = f"""
select folded_below::text::bigint as folded_below, restored_through, trusted,
    w.system_identifier = c.system_identifier
        and folded_below <= pg_snapshot_xmax(pg_current_snapshot()) as same_cluster,
    array(select xid::text::bigint from folded_xids order by xid) as folded,
    timezone, currency, week_start,
    array(select code from currencies where code <> currency order by code) as codes,
    array(
        select (select min(day) from rates where rates.currency = code)
        from currencies where code <> reporting.currency order by code
    ) as first_rates,
    c.system_identifier || '/' || (select oid from pg_database where datname = current_database())
        as database,
    {SERVER} as server,
    pg_current_snapshot()::text as snapshot, statement_timestamp() as now
from watermark w, pg_control_system() c, reporting
"""


class AsOfExpired(Conflict):
    """The requested snapshot is too old, or too much was booked since."""

    code = "AS_OF_EXPIRED"


class _PendingLinesCache:
    """Caches, for each (run, snapshot, rollup state), the bounds of the pending lines.

    They are immutable: each of these lines was committed before the snapshot or before the state,
    so every transaction that sees the state sees the line.
    """

    def __init__(self, size: int = 64) -> None:
        self._known: OrderedDict[tuple[Any, ...], PendingLines | None] = OrderedDict()
        self._size = size

    async def get(
        self, connection: "Connection", state: ReadState, as_of: AsOf
    ) -> PendingLines | None:
        # A replica's state names no run, and another run gives the same transaction ids again.
        key = (as_of.server, as_of.snapshot, state.key)
        if key not in self._known:
            statement = snapshot_relations.pending_bounds(state, as_of).render()
            row = await connection.fetchrow(statement.text, *statement.args)
            self._known[key] = PendingLines(*row) if row and row[0] else None
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        return self._known[key]


_pending_lines = _PendingLinesCache()


class SnapshotReader:
    """The data as of one snapshot. Not for concurrent use: a transaction is one connection.

    Attributes:
        as_of: What every answer is as of.
        state: How the rollups relate to the ledger in this transaction.
        conn: The connection, inside its REPEATABLE READ, READ ONLY transaction.
    """

    def __init__(
        self, conn: "Connection", state: ReadState, as_of: AsOf, *, requested: bool
    ) -> None:
        self.conn = conn
        self.state = state
        self.as_of = as_of
        self._pending: PendingLines | None = None
        self._settled = not state.rollups_valid
        self._requested = requested

    async def settle(self) -> None:
        """Learn on which lines the snapshot and the rollups disagree.

        `statement` and `orders` need it; reference data do not, and it may take long.

        Raises:
            AsOfExpired: The snapshot was requested, and too much was booked since.
        """
        if self._settled:
            return
        pending = await _pending_lines.get(self.conn, self.state, self.as_of)
        if pending is not None and self._requested and pending.lines > PENDING_LIMIT:
            raise AsOfExpired(
                f"{pending.lines} lines were booked since {self.as_of.at.isoformat()}.",
                hint="Leave asOf out, and use the one that the response returns.",
            )
        self._pending = pending
        self._settled = True

    async def aggregate(self, query: SalesQuery) -> QueryResult:
        """Answer a query; `shopx_store.query.left_out` says what its sums of money leave out."""
        await self.settle()
        statement, tier = self.statement(query)
        if (
            not self.state.has_foreign_currency
            and query.by in _MANY
            and query.keys == (query.by[0].key,)
        ):
            columns = await self._columns(query, statement)
            if columns is not None:
                return QueryResult(columns, tier)
        rows = await self.fetch(statement)
        return QueryResult([dict(row) for row in rows], tier)

    async def _columns(self, query: SalesQuery, statement: Sql) -> ResultColumns | None:
        """The rows as columns of integers, or `None`: an amount does not fit."""
        key = query.by[0].key
        measures = [measure for measure in Measure if measure in query.measures]
        columns = [key, *(m if m in COUNTED else _SCALED.format(m=m) for m in measures)]
        selected = ", ".join(f"coalesce(array_agg({column}), '{{}}')" for column in columns)
        rows = await self.fetch(
            sql("select {columns} from ({query}) q", columns=raw(selected), query=statement)
        )
        keys, *values = rows[0]
        if any(None in column for column in values):
            return None
        arrays = [np.array(column, dtype=np.int64) for column in values]
        return ResultColumns(
            {key: np.array(keys, dtype=np.int64)}, dict(zip(measures, arrays, strict=True))
        )

    def statement(self, query: SalesQuery) -> tuple[Sql, Tier]:
        """The SQL that answers a query, for use as a subquery, and its tier; after `settle`.

        Ranks, running totals and the like are cheaper in the database. It is valid in this
        transaction only.
        """
        chosen = plan_query(query, self.state)
        statement = compile_statement(query, chosen, self.state, self.as_of, self._pending)
        note_query(query, self.as_of.at)
        # By its range, which is narrower than all of the ledger.
        return statement.reading(), chosen.tier

    def ledger(self) -> Sql:
        """The lines that this snapshot sees; see `shopx_store.query.snapshot_relations`."""
        return snapshot_relations.ledger(self.state, self.as_of).reading(DependencyTag.LEDGER)

    def orders(self) -> Sql:
        """The orders that count at this snapshot; see `shopx_store.query.snapshot_relations`."""
        orders = snapshot_relations.orders(self.state, self.as_of, self._pending)
        return orders.reading(DependencyTag.LEDGER)

    async def fetch(self, query: Sql) -> Sequence[asyncpg.Record]:
        """Run SQL in the same snapshot."""
        _note(query)
        statement = query.render()
        return await self.conn.fetch(statement.text, *statement.args)


def _note(query: Sql) -> None:
    """Note what SQL declares to read."""
    dependencies, tags = current_dependencies(), query.reads()
    if tags is None:
        # A change of what it reads would go unnoticed.
        dependencies.live = True
    elif tags:
        dependencies.tags(*tags)


def note_query(query: SalesQuery, now: dt.datetime) -> None:
    """Note for the response cache what the answer to a query depends on.

    Args:
        query: The query.
        now: The instant that it is answered as of.
    """
    dependencies = current_dependencies()
    dependencies.window(
        query.start,
        query.end,
        now=now,
        zone_name=query.zone,
        hourly=query.granularity is Granularity.HOUR or query.hour_of_week,
    )
    if query.needs_first_orders:
        # Whether a customer is new depends on everything before.
        dependencies.ledger_before(query.end)
    dependencies.tags(DependencyTag.TERMS)
    if query.dimensions & {Dimension.CATEGORY}:
        dependencies.tags(DependencyTag.CATALOGUE)
    if query.dimensions & {Dimension.SEGMENT}:
        dependencies.tags(DependencyTag.VIEWS)


async def read_state(connection: "Connection", itself: str = "") -> tuple[ReadState, AsOf]:
    """Read the state of the rollups, and the transaction's own snapshot.

    Args:
        connection: Inside a transaction.
        itself: Which replica it leads to: each has a time zone database of its own.

    Raises:
        Unavailable: The database is not migrated.
    """
    try:
        row = await connection.fetchrow(_STATE)
    except asyncpg.UndefinedTableError as error:
        raise Unavailable(
            "The database has no ShopX tables.", hint="Run the migrations."
        ) from error
    if row is None:
        raise Unavailable(
            "The database's watermark or reporting row is missing.", hint="Run the migrations."
        )
    state = ReadState(
        database=row["database"],
        server=row["server"],
        folded_below=row["folded_below"],
        folded=tuple(row["folded"]),
        restored_through=row["restored_through"],
        rollups_valid=row["trusted"] and row["same_cluster"],
        same_database_cluster=row["same_cluster"],
        timezone=row["timezone"],
        ambiguous_days=await calendars.ambiguous_days(
            connection, row["database"] + itself, row["timezone"]
        ),
        currency=row["currency"],
        week_start=row["week_start"],
        first_rates=MappingProxyType(dict(zip(row["codes"], row["first_rates"], strict=True))),
    )
    return state, AsOf(row["snapshot"], row["now"])


def expect_recent(as_of: AsOf, now: dt.datetime) -> None:
    """Refuse a snapshot that is too old.

    Args:
        as_of: The requested snapshot.
        now: The present, by the database's clock.

    Raises:
        AsOfExpired: It is over two minutes old.
    """
    if now - as_of.at > AS_OF_LIFETIME:
        raise AsOfExpired(
            f"The snapshot of {as_of.at.isoformat()} is over two minutes old.",
            hint="Leave asOf out, and use the one that the response returns.",
        )


async def current(pool: asyncpg.Pool) -> AsOf:
    """The present snapshot."""
    async with pool.acquire() as connection:
        row = await connection.fetchrow("select pg_current_snapshot()::text, clock_timestamp()")
    if row is None:
        raise Unavailable("The database gave no snapshot.")
    return AsOf(row[0], row[1])


async def reader_of_replica(
    connection: "Connection", as_of: AsOf, seen: Seen
) -> SnapshotReader | None:
    """What answers as of a snapshot in a replica's transaction; `None` = only the leader may.

    Args:
        connection: Inside a REPEATABLE READ transaction, which was seen to have all of `as_of`
            (`shopx_store.query.replication`).
        as_of: The snapshot; whether it is recent enough is not for the replica's clock to say.
        seen: What the transaction says of its server.

    Raises:
        Unavailable: The replica has not got the tables yet.
    """
    state, _ = await read_state(connection, f" {seen.itself}")
    leader = calendars.known(state.database, state.timezone)
    if leader != state.ambiguous_days:
        # The leader has filled the rollups by its calendar, which has to be known, and the same.
        return None
    return SnapshotReader(connection, state, as_of, requested=True)


@contextlib.asynccontextmanager
async def reading(pool: asyncpg.Pool, as_of: AsOf | None = None) -> AsyncIterator[SnapshotReader]:
    """Take a connection, and open a transaction that answers as of `as_of`, or exactly now."""
    async with pool.acquire() as connection, reading_on(connection, as_of) as reader:
        yield reader


@contextlib.asynccontextmanager
async def reading_on(
    connection: "Connection", as_of: AsOf | None = None, *, named: bool = False
) -> AsyncIterator[SnapshotReader]:
    """Open a transaction that answers as of `as_of`, or exactly now.

    Args:
        connection: To the leader.
        as_of: The snapshot; `None` = the transaction's own.
        named: Whether its own snapshot names the server's run, so that replicas can prove to have
            it as well.

    Raises:
        AsOfExpired: `as_of` is over two minutes old.
        Unavailable: The database is not migrated.
    """
    if as_of is None:
        # Exact reads bypass the cache.
        current_dependencies().live = True
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        state, present = await read_state(connection)
        if as_of is None and named:
            present = replace(present, server=state.server)
        snapshot = as_of or present
        expect_recent(snapshot, present.at)
        yield SnapshotReader(connection, state, snapshot, requested=as_of is not None)
