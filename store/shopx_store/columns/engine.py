"""The second engine: answers a `SalesQuery` from a base and its tail, or leaves it to PostgreSQL.

It never fails: what it cannot answer exactly, for whatever reason, is `None`, and PostgreSQL
answers. The reader's transaction provides the snapshot, the reference data and the rates, so both
engines speak of the same state.
"""

import asyncio
import datetime as dt
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg
import duckdb
import numpy as np
import numpy.typing as npt

from shopx_core import logging
from shopx_core.domain.metrics import Measure
from shopx_store.columns import ledger_rows
from shopx_store.columns.base import SUFFIX, Base, Generation, UnusableBase, open_base
from shopx_store.columns.choice import Facts, Refusal, refusal_of_base, refusal_of_reader
from shopx_store.columns.clock_sql import micros
from shopx_store.columns.results import Meanings, NoRate, Rates, assemble
from shopx_store.columns.scope import Scope
from shopx_store.columns.snapshots import Snapshot
from shopx_store.columns.statements import (
    CATEGORY_OF,
    COUNTS,
    MONEY,
    SEGMENT_OF,
    Names,
    Statement,
    TailPart,
    needs_amounts,
    needs_categories,
    needs_segments,
    statements,
)
from shopx_store.columns.tail import Held, Primary, Tail, Unserved
from shopx_store.query.plan import SourceTable, plan_query
from shopx_store.query.sales_query import Dimension, QueryResult, SalesQuery
from shopx_store.query.session import SnapshotReader

if TYPE_CHECKING:
    from shopx_store.query.session import Connection

OPEN: Final = 3
"""Bases that stay open: the newest, and those that snapshots of the last minutes still want."""

ROW_LIMIT: Final = 400_000
"""Rows of one statement: as Python objects so many take about 100 MB. Foreign money by product or
customer, which is a row a day, gets there first."""

CHEAP: Final = frozenset({SourceTable.SALES_DAY, SourceTable.DAY_CELLS})
"""What PostgreSQL sums as fast as the replica, by measurement (`bench/columns.py`)."""

RAGGED_END: Final = dt.timedelta(days=1)
"""Parts of a plan that are shorter do not decide."""

_FACTS: Final = f"""
select pg_is_in_recovery() as standby, {ledger_rows.SERVER} as server,
    g.id, g.snapshot, g.restored_through, g.database, g.built_at, g.rows
from columns_generations g order by g.built_at desc limit 8
"""
_KNOWN: Final = "select exists (select from columns_generations where id = any($1::uuid[]))"
_PRODUCTS: Final = """
select coalesce(array_agg(id), '{}') as ids, coalesce(array_agg(category_id), '{}') as categories
from products where category_id is not null
"""
_TREE: Final = """
with recursive tree as (
    select unnest($1::bigint[]) as id
    union select k.id from categories k join tree on k.parent_id = tree.id
) select array_agg(id) from tree
"""
_SEGMENTS_VERSION: Final = """
select (select oid::text from pg_database where datname = current_database()) || '/'
    || coalesce((select snapshot || '/' || finished_at::text from matview_refreshes
        where view = 'mv_customer_rfm'), '')
"""
_SEGMENTS: Final = """
select coalesce(array_agg(customer_id), '{}'), coalesce(array_agg(segment), '{}')
from mv_customer_rfm
"""
_RATES: Final = """
select currency, day, rate from rates where currency = any($1) order by currency, day
"""

Integers: TypeAlias = npt.NDArray[np.int64]
Relations: TypeAlias = dict[str, dict[str, Integers]]
"""Columns by the name of their relation."""

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What the engine may use.

    Attributes:
        threads: Cores a statement may use.
        memory: Mebibytes that DuckDB may use for all open bases together.
        concurrency: Statements that run at once; the others wait.
    """

    threads: int = 2
    memory: int = 512
    concurrency: int = 4


@dataclass(frozen=True, slots=True)
class _Replica:
    base: Base
    tail: Tail


@dataclass(frozen=True, slots=True)
class _Segments:
    """Segments of customers, by number from 1."""

    customers: Integers
    numbers: Integers
    names: Mapping[int, str]


class ColumnsEngine:
    """The replica of one process.

    Args:
        folder: Where bases appear.
        primary: What tails are pulled from.
        limits: What it may use.
        observe: Called after each query: why it is left to PostgreSQL, or `None`.
    """

    def __init__(
        self,
        folder: Path,
        primary: Primary,
        limits: EngineLimits,
        observe: Callable[[Refusal | None], None],
    ) -> None:
        self._folder = folder
        self._primary = primary
        self._limits = limits
        self.observe = observe
        self._replicas: list[_Replica] = []
        self._unusable: set[tuple[str, int]] = set()
        self._segments: OrderedDict[str, _Segments] = OrderedDict()
        self._threads = ThreadPoolExecutor(limits.concurrency, thread_name_prefix="columns")

    @property
    def newest(self) -> Generation | None:
        """The newest open base."""
        return self._replicas[0].base.generation if self._replicas else None

    @property
    def tail_lines(self) -> int:
        """Lines in memory beside the newest open base."""
        return len(self._replicas[0].tail.held.xid) if self._replicas else 0

    async def refresh(self) -> None:
        """Open bases that appeared, and close those that no snapshot can want."""
        opened = {replica.base.path for replica in self._replicas}
        found = await asyncio.to_thread(self._open_new, opened)
        if not found:
            return
        replicas = self._replicas + [_Replica(base, Tail(base, self._primary)) for base in found]
        replicas.sort(key=lambda replica: replica.base.generation.built_at, reverse=True)
        self._replicas, closing = replicas[:OPEN], replicas[OPEN:]
        for base in found:
            _log.info("base_opened", generation=str(base.generation.id), rows=base.generation.rows)
        for replica in closing:
            await replica.tail.close()
            # Cursors that still run keep the database open until they end.
            replica.base.connection.close()

    def _open_new(self, opened: set[Path]) -> list[Base]:
        """Open files in the order of their age, newest first, at most as many as stay open."""
        try:
            files = [(file.stat().st_mtime, file) for file in self._folder.glob(f"*{SUFFIX}")]
        except OSError as error:
            _log.warning("columns_folder_unreadable", error=str(error))
            return []
        newest = sorted(files, reverse=True)[:OPEN]
        memory = f"{self._limits.memory * 1024 // OPEN}KiB"
        found = []
        for modified, path in newest:
            known = (path.name, int(modified * 1_000_000))
            if path in opened or known in self._unusable:
                continue
            try:
                found.append(open_base(path, threads=self._limits.threads, memory=memory))
            except UnusableBase as error:
                self._unusable.add(known)
                _log.warning("base_unusable", path=str(path), error=str(error))
        return found

    async def pull(self) -> Refusal | None:
        """Bring the newest base's tail up to date, so that few lines are pulled in a request.

        Returns:
            Why no base could answer a query now, or `None`.
        """
        if not self._replicas:
            return Refusal.NO_BASE
        try:
            await self._replicas[0].tail.pull()
            async with self._primary.snapshot() as connection:
                opened = [replica.base.generation.id for replica in self._replicas]
                known = await connection.fetchval(_KNOWN, opened)
        except Unserved as error:
            _log.debug("tail_not_pulled", reason=str(error))
            return error.refusal
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.debug("tail_not_pulled", reason=str(error))
            return Refusal.SERVER
        return None if known else Refusal.NO_BASE

    async def close(self) -> None:
        """Close everything."""
        replicas, self._replicas = self._replicas, []
        for replica in replicas:
            await replica.tail.close()
        await self._primary.close()
        await asyncio.to_thread(self._threads.shutdown)
        for replica in replicas:
            replica.base.connection.close()

    def reading(self, reader: SnapshotReader) -> "ColumnsReading":
        """What answers the queries of one transaction."""
        return ColumnsReading(self, reader)

    async def facts(self, reader: SnapshotReader) -> Facts | None:
        """What the reader's transaction says; `None` where no base could be used anyway."""
        if not self._replicas:
            return None
        rows = await reader.conn.fetch(_FACTS)
        state = reader.state
        return Facts(
            as_of=Snapshot.parse(reader.as_of.snapshot),
            standby=any(row["standby"] for row in rows),
            server=rows[0]["server"] if rows else "",
            database=state.database,
            restored_through=state.restored_through,
            same_cluster=state.same_database_cluster,
            generations={
                uuid.UUID(str(row["id"])): Generation(
                    uuid.UUID(str(row["id"])),
                    row["snapshot"],
                    row["restored_through"],
                    row["database"],
                    row["built_at"],
                    row["rows"],
                )
                for row in rows
            },
        )

    async def choose(self, facts: Facts | None) -> tuple[Base, Held]:
        """The newest base that may answer, with a tail that holds what the snapshot sees.

        Raises:
            Unserved: None may.
        """
        if facts is None:
            raise Unserved(Refusal.NO_BASE)
        if (refusal := refusal_of_reader(facts)) is not None:
            raise Unserved(refusal)
        reason = Refusal.NO_BASE
        for replica in self._replicas:
            refusal = refusal_of_base(facts, replica.base.generation, replica.base.seen)
            if refusal is None:
                return replica.base, await replica.tail.cover(facts.as_of, facts.server)
            if refusal is Refusal.AS_OF:
                reason = refusal
        raise Unserved(reason)

    async def segments(self, connection: "Connection") -> _Segments:
        """The customers' segments; they are read again after each refresh of the view."""
        version = await connection.fetchval(_SEGMENTS_VERSION)
        found = self._segments.get(version)
        if found is None:
            row = await connection.fetchrow(_SEGMENTS)
            customers, names = row if row is not None else ([], [])
            numbers = {name: number for number, name in enumerate(sorted(set(names)), start=1)}
            found = self._segments[version] = _Segments(
                np.array(customers, dtype=np.int64),
                np.array([numbers[name] for name in names], dtype=np.int64),
                {number: name for name, number in numbers.items()},
            )
            while len(self._segments) > 1:
                self._segments.popitem(last=False)
        return found

    async def run(
        self,
        base: Base,
        requested: Sequence[Statement],
        relations: Relations,
    ) -> list[tuple[Statement, list[tuple[Any, ...]]]]:
        """Run statements in a thread; cancelling the wait stops them."""
        cursor = base.connection.cursor()

        def work() -> list[tuple[Statement, list[tuple[Any, ...]]]]:
            try:
                for name, columns in relations.items():
                    cursor.register(name, columns)
                return [(one, _rows(cursor, one)) for one in requested]
            finally:
                cursor.close()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            cursor.interrupt()
            raise


def _rows(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> list[tuple[Any, ...]]:
    try:
        rows = cursor.execute(statement.text).fetchmany(ROW_LIMIT + 1)
    except duckdb.ConversionException:
        rows = cursor.execute(statement.wide).fetchmany(ROW_LIMIT + 1)
    if len(rows) > ROW_LIMIT:
        raise Unserved(Refusal.ROWS)
    return rows


class ColumnsReading:
    """One reader's transaction, as the replica sees it."""

    def __init__(self, engine: ColumnsEngine, reader: SnapshotReader) -> None:
        self._engine = engine
        self._reader = reader
        self._facts: Facts | None = None
        self._known = False

    def is_worthwhile(self, query: SalesQuery) -> bool:
        """Whether PostgreSQL would read more than its narrow rollups.

        Sums by day, region, channel and rep and distinct customers of whole days are cheaper there
        than sums over lines are here; everything else costs it several times as much (ADR 20).
        """
        return any(
            part.source not in CHEAP and part.end - part.start >= RAGGED_END
            for part in plan_query(query, self._reader.state).parts
        )

    async def answer(self, query: SalesQuery, scope: Scope) -> QueryResult | None:
        """Answer a query, or `None`: PostgreSQL shall.

        Args:
            query: The query.
            scope: Which lines the caller may see.

        Raises:
            asyncpg.PostgresError: The reader's own transaction failed.
        """
        try:
            answer = await self._answer(query, scope)
        except Unserved as error:
            self._engine.observe(error.refusal)
            _log.debug("columns_unserved", reason=str(error))
        except NoRate:
            self._engine.observe(Refusal.RATE)
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            raise  # the transaction is lost for PostgreSQL as well
        except Exception as error:  # noqa: BLE001 -- PostgreSQL answers, whatever the replica did
            self._engine.observe(Refusal.FAILED)
            _log.warning("columns_failed", error=str(error), kind=type(error).__name__)
        else:
            self._engine.observe(None)
            self._reader.note_query(query)
            return answer
        return None

    async def _answer(self, query: SalesQuery, scope: Scope) -> QueryResult:
        if scope is not Scope.EVERYTHING:
            raise Unserved(Refusal.FAILED, f"scope {scope}")
        if not self._known:
            self._facts, self._known = await self._engine.facts(self._reader), True
        base, held = await self._engine.choose(self._facts)
        if needs_amounts(query) and (base.no_amounts or held.no_amounts):
            raise Unserved(Refusal.AMOUNTS, base.no_amounts or held.no_amounts or "")
        if query.measures & set(COUNTS) and base.no_orders:
            raise Unserved(Refusal.ORDERS, base.no_orders)
        relations, names, segments = await self._references(query, held)
        tail = self._tail_part(query, held)
        answers = await self._engine.run(base, statements(query, tail, names), relations)
        rates = await self._rates(answers, held)
        return assemble(query, answers, Meanings(held.currencies, segments, rates))

    async def _references(
        self, query: SalesQuery, held: Held
    ) -> tuple[Relations, Names, Mapping[int, str]]:
        """Reference data, from the reader's transaction."""
        connection, state, filters = self._reader.conn, self._reader.state, query.filters
        relations: Relations = {}
        categories: tuple[int, ...] = ()
        chosen: tuple[int, ...] = ()
        names: Mapping[int, str] = {}
        if needs_categories(query):
            row = await connection.fetchrow(_PRODUCTS)
            ids, found = row if row is not None else ([], [])
            relations[CATEGORY_OF] = {
                "product_id": np.array(ids, dtype=np.int64),
                "category_id": np.array(found, dtype=np.int64),
            }
            if filters.categories:
                tree = await connection.fetchval(_TREE, list(filters.categories))
                categories = tuple(tree or ())
        if needs_segments(query):
            segments = await self._engine.segments(connection)
            names = segments.names
            relations[SEGMENT_OF] = {
                "customer_id": segments.customers,
                "segment": segments.numbers,
            }
            wanted = set(filters.segments)
            chosen = tuple(number for number, name in names.items() if name in wanted)
            if "none" in wanted:
                chosen = (0, *chosen)
        home = None
        if (
            state.has_foreign_currency
            and Dimension.CURRENCY not in query.by
            and query.measures & set(MONEY)
        ):
            codes = held.currencies
            home = codes.index(state.currency) if state.currency in codes else len(codes)
        return relations, Names(home, state.timezone, categories, chosen), names

    def _tail_part(self, query: SalesQuery, held: Held) -> TailPart | None:
        """What of the tail can alter the answer; most queries are about closed periods."""
        as_of = Snapshot.parse(self._reader.as_of.snapshot)
        start, end = micros(query.start), micros(query.end)
        sales = held.sale != 0
        matters = held.at >= start
        if Measure.NEW_CUSTOMERS in query.measures:
            # Who is new depends on all that was before.
            matters |= sales
        matters &= (held.at < end) & held.visible(as_of)
        if not matters.any():
            return None
        booked = held.at[sales & (held.at < end)]
        first, last = (int(booked.min()), int(booked.max())) if len(booked) else (0, -1)
        return TailPart(held.table, as_of, first, last)

    async def _rates(
        self, answers: Sequence[tuple[Statement, Sequence[Sequence[Any]]]], held: Held
    ) -> Rates:
        """The rates of the foreign currencies in the rows."""
        foreign = set()
        for statement, rows in answers:
            if "currency_number" in statement.keys:
                place = statement.keys.index("currency_number")
                foreign |= {held.currencies[row[place]] for row in rows if row[place] >= 0}
        if not foreign:
            return Rates([])
        found = await self._reader.conn.fetch(_RATES, sorted(foreign))
        return Rates((row["currency"], row["day"], row["rate"]) for row in found)
