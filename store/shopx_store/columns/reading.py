"""The second engine: answers a `SalesQuery` from a base and its tail, or leaves it to PostgreSQL.

It never fails: what it cannot answer exactly, for whatever reason, is `None`, and PostgreSQL
answers. The reader's moment provides the snapshot and says which reference data and rates it may
use, so both engines speak of the same state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from shopx_core import logging
from shopx_core.errors import ShopxError
from shopx_store.columns.array_keys import Lookup, Question
from shopx_store.columns.array_sums import parts_of, ranked_of
from shopx_store.columns.arrays import NotLoaded
from shopx_store.columns.base import Base
from shopx_store.columns.choice import Refusal, refusal_of_base
from shopx_store.columns.clock_sql import micros
from shopx_store.columns.engine import ColumnsEngine, Relations, Replica
from shopx_store.columns.grouping import Unfit
from shopx_store.columns.moment import Moment
from shopx_store.columns.references import References
from shopx_store.columns.results import Meanings, Part, Rates, assemble
from shopx_store.columns.seen import Seen
from shopx_store.columns.sources import Names, source_of
from shopx_store.columns.statements import (
    CATEGORY_OF,
    MONEY,
    SEGMENT_OF,
    TailPart,
    needs_amounts,
    needs_categories,
    needs_orders,
    needs_segments,
    statements,
)
from shopx_store.columns.tail import Held, Unserved
from shopx_store.query.result_columns import ResultColumns
from shopx_store.query.sales_query import Dimension, QueryResult, SalesQuery, Tier
from shopx_store.query.scope import SalesScope
from shopx_store.query.session import note_query

CONVERTED_LIMIT: Final = 400_000
"""Rows with foreign money: each becomes Python objects. Money by product or customer, which is a
row a day, gets there first."""

_log = logging.get(__name__)


class ColumnsReading:
    """Answers the queries of one reader.

    Args:
        engine: The bases.
        moment: What the reader's answers have in common.
        references: Reference data, at least as new as the moment.
    """

    def __init__(self, engine: ColumnsEngine, moment: Moment, references: References) -> None:
        self._engine = engine
        self._moment = moment
        self._references = references

    async def answer(self, query: SalesQuery) -> QueryResult | None:
        """Answer a query, or `None`: PostgreSQL shall.

        Args:
            query: The query.

        Raises:
            ShopxError, asyncpg.PostgresError: The reader's own transaction failed.
        """
        try:
            answer = await self._answer(query)
        except Unserved as error:
            self._engine.observe(error.refusal)
            _log.debug("columns_unserved", reason=str(error))
        except (ShopxError, asyncpg.PostgresError, asyncpg.InterfaceError):
            raise  # there is no transaction for PostgreSQL either
        except Exception as error:  # noqa: BLE001 -- PostgreSQL answers, whatever the replica did
            self._engine.observe(Refusal.FAILED)
            _log.warning("columns_failed", error=str(error), kind=type(error).__name__)
        else:
            self._engine.observe(None)
            note_query(query, self._moment.as_of.at)
            return answer
        return None

    async def _answer(self, query: SalesQuery) -> QueryResult:
        if query.scope is not SalesScope.EVERYTHING:
            raise Unserved(Refusal.FAILED, f"scope {query.scope}")
        replica, held = await self._choose()
        base = replica.base
        if needs_amounts(query) and (base.no_amounts or held.no_amounts):
            raise Unserved(Refusal.AMOUNTS, base.no_amounts or held.no_amounts or "")
        if needs_orders(query) and base.no_orders:
            raise Unserved(Refusal.ORDERS, base.no_orders)
        known = await self._known(query, held)
        seen = self._seen(query, replica, held)
        parts = await self._from_arrays(query, replica, known, seen)
        if isinstance(parts, ResultColumns):
            return QueryResult(parts, Tier.COLUMNS)
        if parts is None:
            parts = await self._from_duckdb(query, replica.base, held, known, seen)
        rates = await self._rates(parts)
        return assemble(query, parts, Meanings(held.currencies, known.segment_names, rates))

    async def _from_arrays(
        self, query: SalesQuery, replica: Replica, known: "_Known", seen: Seen | None
    ) -> list[Part] | ResultColumns | None:
        """From the tables in memory; `None` = DuckDB shall answer."""
        if replica.arrays is None:
            return None
        try:
            source = source_of(query, replica.base.zone, known.names)
            question = Question.of(query, known.names, source, *known.lookups())
            while True:
                try:
                    ranked = ranked_of(question, replica.arrays, seen)
                    # An answer without rows is one.
                    return parts_of(question, replica.arrays, seen) if ranked is None else ranked
                except NotLoaded as missing:
                    await self._engine.load(replica, missing)
        except Unfit as error:
            _log.debug("arrays_not_used", reason=str(error))
            return None

    async def _from_duckdb(
        self, query: SalesQuery, base: Base, held: Held, known: "_Known", seen: Seen | None
    ) -> list[Part]:
        tail = None
        if seen is not None:
            first, last = seen.sales_before(micros(query.end)) or (0, -1)
            tail = TailPart(held.table, self._moment.facts.as_of, first, last)
        requested = statements(query, tail, known.names, base.zone)
        return await self._engine.run(base, requested, known.relations)

    async def _choose(self) -> tuple[Replica, Held]:
        """The newest base that may answer, with a tail that holds what the snapshot sees.

        Raises:
            Unserved: None may.
        """
        facts = self._moment.facts
        if not self._engine.replicas:
            raise Unserved(Refusal.NO_BASE)
        if (refusal := self._moment.refusal) is not None:
            raise Unserved(refusal)
        reason = Refusal.NO_BASE
        for replica in self._engine.replicas:
            refusal = refusal_of_base(facts, replica.base.generation, replica.base.seen)
            if refusal is None:
                return replica, await replica.tail.cover(facts.as_of, facts.server)
            if refusal is Refusal.AS_OF:
                reason = refusal
        raise Unserved(reason)

    async def _known(self, query: SalesQuery, held: Held) -> "_Known":
        """Reference data, and what their numbers mean."""
        state, filters = self._moment.state, query.filters
        relations: Relations = {}
        categories: tuple[int, ...] = ()
        chosen: tuple[int, ...] = ()
        names: Mapping[int, str] = {}
        if needs_categories(query):
            ids, found = await self._references.category_of()
            relations[CATEGORY_OF] = {"product_id": ids, "category_id": found}
            if filters.categories:
                categories = await self._references.subtree(filters.categories)
        if needs_segments(query):
            segments = await self._references.segments()
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
        return _Known(relations, Names(home, state.timezone, categories, chosen), names)

    def _seen(self, query: SalesQuery, replica: Replica, held: Held) -> Seen | None:
        """What of the tail can alter the answer; most queries are about closed periods."""
        if not len(held.at):
            return None
        seen = replica.tail.seen(held, self._moment.facts.as_of)
        start, end = micros(query.start), micros(query.end)
        # Who is new depends on all that was before.
        earlier = query.needs_first_orders and seen.sales_before(end) is not None
        matters = seen.any_in(start, end) or earlier
        return seen if matters else None

    async def _rates(self, parts: Sequence[Part]) -> Rates:
        """The rates, where money is to be converted."""
        if not any(part.foreign for part in parts):
            return Rates([])
        if sum(len(part) for part in parts) > CONVERTED_LIMIT:
            raise Unserved(Refusal.ROWS)
        return await self._references.rates()


@dataclass(frozen=True, slots=True)
class _Known:
    """Reference data for one query.

    Attributes:
        relations: For DuckDB.
        names: What the query's names are numbered by.
        segment_names: By number.
    """

    relations: Relations
    names: Names
    segment_names: Mapping[int, str]

    def lookups(self) -> tuple[Lookup | None, Lookup | None]:
        """The category of a product, and the segment of a customer."""
        categories, segments = self.relations.get(CATEGORY_OF), self.relations.get(SEGMENT_OF)
        return (
            Lookup(categories["product_id"], categories["category_id"]) if categories else None,
            Lookup(segments["customer_id"], segments["segment"]) if segments else None,
        )
