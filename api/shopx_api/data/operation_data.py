"""The data of one operation, as of one snapshot.

Where there is a columnar replica, a moment that many operations share says what it is as of, and a
transaction is opened only for what the replica cannot answer. Where the database has streaming
replicas, that transaction may be of one of them.
"""

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import asyncpg
import orjson

from shopx_api.data.connections import none_came
from shopx_api.data.limiter import Limiter
from shopx_api.data.replicas import FAILURES, Replicas
from shopx_api.data.row_cache import with_neighbours
from shopx_api.telemetry import Telemetry
from shopx_core import tracing
from shopx_core.caching.dependencies import DependencyTag, current_dependencies
from shopx_core.errors import TooManyRequests, Unavailable
from shopx_core.texts import say
from shopx_store.query import left_out
from shopx_store.query.left_out import LeftOut, LeftOutOf
from shopx_store.query.read_state import AsOf, ReadState
from shopx_store.query.sales_query import QueryResult, SalesQuery
from shopx_store.query.sales_query import Tier as QueryTier
from shopx_store.query.session import AsOfExpired, SnapshotReader, reading_on
from shopx_store.sql import Sql, bind, raw, sql

if TYPE_CHECKING:
    from shopx_api.data.columns import ColumnsReplica
    from shopx_store.async_connection import Connection
    from shopx_store.columns.moment import Moment
    from shopx_store.columns.reading import ColumnsReading

T = TypeVar("T")

# Both ends of the rollup's key, and the lines that are not folded yet.
_EXTENT = """
select min(at), max(at) from (
    (select bucket as at from rollup_sales_quarter order by bucket limit 1)
    union all (select bucket from rollup_sales_quarter order by bucket desc limit 1)
    union all (
        select unnest(array[min(booked_at), max(booked_at)]) from order_items
        where xid >= (select folded_below from watermark)
    )
) ends
"""
_EXTENT_OF_LEDGER = "select min(booked_at), max(booked_at) from order_items"
_LEFT_OUT_OF_VIEWS = "select view, left_out from matview_refreshes where left_out <> '[]'"


class OperationData:
    """The data as of one snapshot.

    Fields of one operation run concurrently, but a transaction is one connection: the first read
    that needs PostgreSQL opens it, and statements run one after the other. The result of a query is
    kept and not computed again.

    Args:
        pool: Connections to the database.
        as_of: The snapshot to read; `None` = exactly now.
        limiter: Limits the connections in use.
        acquire_timeout: Seconds to wait for a connection.
        telemetry: Where durations are recorded.
        operation: The operation's name, as the client gave it.
        columns: The columnar replica, where there is one.
        replicas: The database's streaming replicas, if they may answer; `None` = the leader does.
        named: Whether the as-of of an exact read is for replicas to prove, too.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        as_of: AsOf | None,
        *,
        limiter: Limiter,
        acquire_timeout: float,
        telemetry: Telemetry,
        operation: str,
        columns: "ColumnsReplica | None" = None,
        replicas: Replicas | None = None,
        named: bool = False,
    ) -> None:
        self._columns = columns
        self._replicas = replicas
        self._named = named
        self._lost = False
        self._renewed = False
        self._deadline: float | None = None
        self._pool = pool
        self._limiter = limiter
        self._requested = as_of
        self._acquire_timeout = acquire_timeout
        self._pool_wait = telemetry.pool_wait
        self._leader_reads = telemetry.reads.labels("leader")
        self._query_time = telemetry.queries.labels(telemetry.known(operation))
        self._lock = asyncio.Lock()
        self._ended = False
        self._stack = contextlib.AsyncExitStack()
        self._reader: SnapshotReader | None = None
        self._leader: SnapshotReader | None = None
        self._begun = False
        self._moment: Moment | None = None
        self._reading: ColumnsReading | None = None
        self._as_of: AsOf | None = None
        self._results: dict[SalesQuery, QueryResult] = {}
        self._made: dict[Hashable, Any] = {}
        self._tiers: set[str] = set()
        self._left_out: dict[LeftOut, None] = {}
        self._asked: dict[SalesQuery, list[LeftOut]] = {}
        self._views_lock = asyncio.Lock()
        self._left_out_of_views: Sequence[asyncpg.Record] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended = True
        await self.renew()

    async def renew(self) -> None:
        """End the transaction, if there is one, and the snapshot: the next read takes another."""
        async with self._lock:
            self._reader = self._leader = self._moment = self._reading = None
            self._deadline = None
            self._begun = False
            self._renewed = True
            self._results.clear()
            self._made.clear()
            self._left_out.clear()
            self._asked.clear()
            self._left_out_of_views = None
            await self._stack.aclose()

    @property
    def as_of(self) -> AsOf | None:
        """The as-of of every result; `None` before the first read."""
        return self._as_of

    async def see_writes(self) -> None:
        """Take a snapshot of after the operation's writes, if it has none yet, for `as_of`."""
        if self._renewed:
            await self.now()

    @property
    def lost_replica(self) -> bool:
        """Whether a replica failed, so that the operation has to be executed anew without one."""
        return self._lost

    @property
    def tier(self) -> str | None:
        """The slowest tier that was read; `None` before the first read."""
        order = (QueryTier.BASE.value, QueryTier.ROLLUP.value, QueryTier.COLUMNS.value, "view")
        return next((tier for tier in order if tier in self._tiers), None)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What the results that were read leave out, for want of an exchange rate."""
        return tuple(self._left_out)

    def leave_out(self, amounts: LeftOut) -> None:
        """Note amounts that a result leaves out."""
        self._left_out[amounts] = None

    def note_view(self) -> None:
        """Note that something about materialized views is read."""
        self._tiers.add("view")

    async def read_view(self, view: str) -> None:
        """Note that a materialized view is read, and what its last refresh left out."""
        self.note_view()
        if not (await self.read_state()).first_rates:
            return
        async with self._views_lock:
            if self._left_out_of_views is None:
                statement = raw(_LEFT_OUT_OF_VIEWS).reading(DependencyTag.VIEWS)
                self._left_out_of_views = await self.table(statement, DependencyTag.VIEWS)
        for row in self._left_out_of_views:
            if row["view"] == view:
                for amounts in orjson.loads(row["left_out"]):
                    self.leave_out(_left_out_of_view(amounts))

    async def now(self) -> dt.datetime:
        """The instant that is the present in this operation."""
        async with self._lock:
            return (await self._begin()).as_of.at

    async def read_state(self) -> ReadState:
        """The reporting settings, and the state of the rollups as of the snapshot or later."""
        async with self._lock:
            return (await self._begin()).state

    async def rows_by_id(
        self, template: str, tag: DependencyTag, ids: Sequence[int]
    ) -> Mapping[int, asyncpg.Record]:
        """Rows of reference data, each with its `id`; ids without a row are absent.

        Args:
            template: A statement with `{ids}`.
            tag: What the rows belong to; the caller notes that it depends on it.
            ids: The ids.
        """
        version = await self._version(tag)
        if self._columns is None or version is None:
            return {row["id"]: row for row in await self.fetch(_by_id(template, tag, ids))}
        found = self._columns.rows.find(template, version, ids)
        missing = [key for key in ids if key not in found]
        if missing:
            # Customers are too many: few of those beside one are asked for soon.
            wanted = missing if tag is DependencyTag.CUSTOMERS else with_neighbours(missing)
            rows = await self._fetch_kept(_by_id(template, tag, wanted))
            self._columns.rows.keep(template, version, rows)
            asked = set(missing)
            found |= {row["id"]: row for row in rows if row["id"] in asked}
        return found

    async def table(self, query: Sql, tag: DependencyTag) -> Sequence[asyncpg.Record]:
        """A whole table of reference data.

        Args:
            query: Reads it; without arguments.
            tag: What the table belongs to.
        """
        current_dependencies().tags(tag)
        version = await self._version(tag)
        if self._columns is None or version is None:
            return await self.fetch(query)
        return await self._columns.references.get(
            query.render().text, version, lambda: self._fetch_kept(query)
        )

    async def _version(self, tag: DependencyTag) -> int | None:
        """The version of reference data that this operation may use; `None` = it reads its own."""
        async with self._lock:
            await self._begin()
            return self._moment.versions[tag] if self._moment is not None else None

    async def aggregate(self, query: SalesQuery) -> QueryResult:
        """Answer a query; see `shopx_store.query.session.SnapshotReader.aggregate`.

        The columnar replica answers what it can, as of the same snapshot.
        """
        async with self._lock:
            result = self._results.get(query)
            if result is None:
                await self._begin()
                began = time.perf_counter()
                result = await self._from_columns(query)
                if result is None:
                    result = await self._from_database(query)
                self._results[query] = result
                self._query_time.observe(time.perf_counter() - began)
                self._tiers.add(result.tier.value)
                await self._note_left_out(query)
            return result

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What is made of results, made once however many fields want it.

        Args:
            name: What it is made of.
            make: Makes it.
        """
        if name not in self._made:
            self._made[name] = make()
        return cast("T", self._made[name])

    async def amounts_left_out(self, query: SalesQuery) -> list[LeftOut]:
        """What the sums of money of a query leave out, for want of an exchange rate."""
        async with self._lock:
            return await self._amounts_left_out(query)

    async def _note_left_out(self, query: SalesQuery) -> None:
        for amounts in await self._amounts_left_out(query):
            self.leave_out(amounts)

    async def _amounts_left_out(self, query: SalesQuery) -> list[LeftOut]:
        found: list[LeftOut] = []
        for question in left_out.questions(query, (await self._begin()).state):
            known = self._asked.get(question.query)
            if known is None:
                result = await self._from_columns(question.query)
                if result is None:
                    result = await self._from_database(question.query)
                known = self._asked[question.query] = left_out.found(question, result.rows)
            found += known
        return found

    async def _from_database(self, query: SalesQuery) -> QueryResult:
        reader = await self._open()
        async with self._watched(reader):
            return await reader.aggregate(query)

    async def _from_columns(self, query: SalesQuery) -> QueryResult | None:
        if self._reading is None:
            return None
        with tracing.span("columns", {"db.system.name": "duckdb"}):
            return await self._reading.answer(query)

    async def extent(self) -> tuple[dt.datetime, dt.datetime] | None:
        """When the first and the last line were booked, to the quarter-hour."""
        extent = _EXTENT if (await self.read_state()).rollups_valid else _EXTENT_OF_LEDGER
        rows = await self.fetch(raw(extent).reading(DependencyTag.LEDGER))
        first, last = rows[0]
        return (first, last) if first is not None else None

    async def ledger(self) -> Sql:
        """The ledger's lines as of the snapshot, for `fetch` to read from as a subquery."""
        async with self._lock:
            self._tiers.add(QueryTier.BASE.value)
            return (await self._open()).ledger()

    async def orders(self) -> Sql:
        """The orders that count as of the snapshot, for `fetch` to read from as a subquery."""
        async with self._lock:
            self._tiers.add(QueryTier.ROLLUP.value)
            return (await self._settled()).orders()

    async def fetch(self, query: Sql) -> Sequence[asyncpg.Record]:
        """Run SQL in the same snapshot; see `shopx_store.query.session.SnapshotReader.fetch`."""
        async with self._lock:
            return await self._fetched(await self._open(), query)

    async def _fetch_kept(self, query: Sql) -> Sequence[asyncpg.Record]:
        """Run SQL whose rows are kept for the moment's version: it has to see what that one saw."""
        async with self._lock:
            return await self._fetched(await self._open_leader(), query)

    async def _fetched(self, reader: SnapshotReader, query: Sql) -> Sequence[asyncpg.Record]:
        began = time.perf_counter()
        async with self._watched(reader):
            rows = await reader.fetch(query)
        self._query_time.observe(time.perf_counter() - began)
        return rows

    async def _begin(self) -> "Moment | SnapshotReader":
        """Decide what the operation is as of."""
        if self._ended:
            # graphql-core responds as soon as a field that may not be null has failed, and leaves
            # the other fields running: a connection that they took would never be released.
            raise Unavailable(say("request.operation-ended", "The operation has ended."))
        if not self._begun:
            self._renewed = False
            if self._columns is not None:
                self._moment = await self._columns.moment(self._requested)
            if self._columns is not None and self._moment is not None:
                if self._requested is None:
                    # Exact reads bypass the cache.
                    current_dependencies().live = True
                self._as_of = self._moment.as_of
                self._reading = self._columns.reading(self._moment, self._transaction)
            self._begun = True
        return self._moment or await self._open()

    async def _transaction(self) -> "Connection":
        return (await self._open_leader()).conn

    async def _settled(self) -> SnapshotReader:
        reader = await self._open()
        async with self._watched(reader):
            await reader.settle()
        return reader

    async def _open(self) -> SnapshotReader:
        """Open the transaction, as of the moment's snapshot where there is one."""
        if not self._begun:
            await self._begin()
        if self._lost:
            raise Unavailable(
                say("replica.lost", "A replica failed, and the leader is to answer all of this.")
            )
        if self._reader is None:
            self._reader = self._leader or await self._of_replica() or await self._open_leader()
            self._as_of = self._reader.as_of
        return self._reader

    async def _of_replica(self) -> SnapshotReader | None:
        """A transaction of a replica that has all of the snapshot, if there is one."""
        as_of = self._moment.as_of if self._moment else self._requested
        if self._replicas is None or as_of is None:
            return None
        reader = await self._replicas.open(self._stack, as_of)
        if reader is not None:
            self._deadline = asyncio.get_running_loop().time() + self._replicas.seconds
        return reader

    async def _open_leader(self) -> SnapshotReader:
        """Open the leader's transaction."""
        if not self._begun:
            await self._begin()
        if self._leader is None:
            try:
                connection = await self._connection()
                self._leader = await self._stack.enter_async_context(
                    reading_on(
                        connection,
                        self._moment.as_of if self._moment else self._requested,
                        named=self._named,
                    )
                )
            except BaseException:
                # Release it now: another field may try again while this one ends.
                self._reader = None
                await self._stack.aclose()
                raise
            self._leader_reads.inc()
        return self._leader

    @contextlib.asynccontextmanager
    async def _watched(self, reader: SnapshotReader) -> AsyncIterator[None]:
        """Note where a replica fails; a leader's failures are the operation's own."""
        if reader is self._leader or self._replicas is None:
            yield
            return
        try:
            async with asyncio.timeout_at(self._deadline):
                yield
        except (*FAILURES, AsOfExpired) as error:
            self._lost = True
            self._replicas.lost(reader, error)
            raise

    async def _connection(self) -> "Connection":
        began = time.perf_counter()
        permitted = False
        try:
            async with asyncio.timeout(self._acquire_timeout):
                await self._stack.enter_async_context(self._limiter.permit())
                permitted = True
                return await self._stack.enter_async_context(
                    # It is also the time limit of giving the connection back.
                    self._pool.acquire(timeout=self._acquire_timeout)
                )
        except TimeoutError:
            busy = TooManyRequests(
                say(
                    "request.database-busy",
                    "Every connection to the database is busy.",
                ),
                hint=say("again.in-seconds", "Try again in a few seconds."),
            )
            raise (none_came(self._pool, busy) if permitted else busy) from None
        finally:
            # Recorded also when no connection came.
            self._pool_wait.observe(time.perf_counter() - began)


def _by_id(template: str, tag: DependencyTag, ids: Sequence[int]) -> Sql:
    return sql(template, ids=bind(ids, "bigint[]")).reading(tag)


def _left_out_of_view(amounts: Mapping[str, Any]) -> LeftOut:
    """As `shopx_store.matviews.left_out` stored it."""
    return LeftOut(
        of=LeftOutOf.SALES,
        currency=amounts["currency"],
        lines=amounts["lines"],
        gross=Decimal(amounts["gross"]),
        amount=Decimal(amounts["amount"]),
        cost=Decimal(amounts["cost"]),
        since=dt.date.fromisoformat(amounts["since"]),
    )
