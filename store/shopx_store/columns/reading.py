"""The second engine: answers a `SalesQuery` from a base and its tail, or leaves it to PostgreSQL.

It never fails: what it cannot answer exactly, for whatever reason, is `None`, and PostgreSQL
answers. The reader's transaction provides the snapshot, the reference data and the rates, so both
engines speak of the same state.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
import numpy as np

from shopx_core import logging
from shopx_core.domain.metrics import Measure
from shopx_store.columns import ledger_rows
from shopx_store.columns.base import Base, Generation
from shopx_store.columns.choice import Facts, Refusal, refusal_of_base, refusal_of_reader
from shopx_store.columns.clock_sql import micros
from shopx_store.columns.engine import ColumnsEngine, Relations
from shopx_store.columns.results import Meanings, NoRate, Part, Rates, assemble
from shopx_store.columns.scope import Scope
from shopx_store.columns.snapshots import Snapshot
from shopx_store.columns.statements import (
    CATEGORY_OF,
    COUNTS,
    MONEY,
    SEGMENT_OF,
    Names,
    TailPart,
    needs_amounts,
    needs_categories,
    needs_segments,
    statements,
)
from shopx_store.columns.tail import Held, Unserved
from shopx_store.query.plan import SourceTable, plan_query
from shopx_store.query.sales_query import Dimension, QueryResult, SalesQuery
from shopx_store.query.session import SnapshotReader

CHEAP: Final = frozenset({SourceTable.SALES_DAY, SourceTable.DAY_CELLS})
"""What PostgreSQL sums as fast as the replica, by measurement (`bench/columns.py`)."""

CONVERTED_LIMIT: Final = 400_000
"""Rows with foreign money: each becomes Python objects. Money by product or customer, which is a
row a day, gets there first."""

RAGGED_END: Final = dt.timedelta(days=1)
"""Parts of a plan that are shorter do not decide."""

_FACTS: Final = f"""
select pg_is_in_recovery() as standby, {ledger_rows.SERVER} as server,
    g.id, g.snapshot, g.restored_through, g.database, g.built_at, g.rows
from columns_generations g order by g.built_at desc limit 8
"""
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
_RATES: Final = """
select currency, day, rate from rates where currency = any($1) order by currency, day
"""

_log = logging.get(__name__)


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
            self._facts, self._known = await self._read_facts(), True
        base, held = await self._choose()
        if needs_amounts(query) and (base.no_amounts or held.no_amounts):
            raise Unserved(Refusal.AMOUNTS, base.no_amounts or held.no_amounts or "")
        if query.measures & set(COUNTS) and base.no_orders:
            raise Unserved(Refusal.ORDERS, base.no_orders)
        relations, names, segments = await self._references(query, held)
        tail = self._tail_part(query, held)
        parts = await self._engine.run(base, statements(query, tail, names), relations)
        rates = await self._rates(parts, held)
        return assemble(query, parts, Meanings(held.currencies, segments, rates))

    async def _read_facts(self) -> Facts | None:
        """What the reader's transaction says; `None` where no base could be used anyway."""
        if not self._engine.replicas:
            return None
        rows = await self._reader.conn.fetch(_FACTS)
        state = self._reader.state
        return Facts(
            as_of=Snapshot.parse(self._reader.as_of.snapshot),
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

    async def _choose(self) -> tuple[Base, Held]:
        """The newest base that may answer, with a tail that holds what the snapshot sees.

        Raises:
            Unserved: None may.
        """
        facts = self._facts
        if facts is None:
            raise Unserved(Refusal.NO_BASE)
        if (refusal := refusal_of_reader(facts)) is not None:
            raise Unserved(refusal)
        reason = Refusal.NO_BASE
        for replica in self._engine.replicas:
            refusal = refusal_of_base(facts, replica.base.generation, replica.base.seen)
            if refusal is None:
                return replica.base, await replica.tail.cover(facts.as_of, facts.server)
            if refusal is Refusal.AS_OF:
                reason = refusal
        raise Unserved(reason)

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

    async def _rates(self, parts: Sequence[Part], held: Held) -> Rates:
        """The rates of the foreign currencies in the rows."""
        foreign = {held.currencies[number] for part in parts for number in part.foreign}
        if not foreign:
            return Rates([])
        if sum(len(part) for part in parts) > CONVERTED_LIMIT:
            raise Unserved(Refusal.ROWS)
        found = await self._reader.conn.fetch(_RATES, sorted(foreign))
        return Rates((row["currency"], row["day"], row["rate"]) for row in found)
