"""Mutations that record orders and reference data."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.data.writing import writing
from shopx_api.features.ingest import compute, queries
from shopx_api.features.ingest.types import (
    CategoryInput,
    ChangeOrderPayload,
    CustomerInput,
    OrderInput,
    ProductInput,
    RateInput,
    RecordOrdersPayload,
    RefundLineInput,
    RepInput,
    SetRatesPayload,
    UpsertPayload,
)
from shopx_core import logging
from shopx_store.ledger import record, refunds
from shopx_store.ledger.off_loop import off_loop
from shopx_store.ledger.outcomes import ItemOutcome
from shopx_store.ledger.rates import set_rates

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

SourceArg = Annotated[
    str,
    strawberry.argument(
        description="The source whose keys are meant; made if it is new. Sources never share keys."
    ),
]

_log = logging.get(__name__)


@strawberry.type
class IngestMutations:
    """A part of the type Mutation."""

    @strawberry.mutation(
        description="Record up to 500 orders, each on its own: one that is rejected does not "
        "affect the others. Scope INGEST."
    )
    async def record_orders(
        self,
        info: Info,
        orders: Annotated[list[OrderInput], strawberry.argument(description="1 to 500 orders.")],
        source: SourceArg = "api",
    ) -> RecordOrdersPayload:
        info.context.principal.require_source(source)
        compute.check_batch(orders, compute.MAX_ORDERS, "orders")
        lines = sum(len(order.lines) for order in orders)
        new = await off_loop(lines, lambda: [compute.new_order(given) for given in orders])
        async with _writing(info.context, source) as connection:
            outcomes = await record.record_orders(
                connection, source, new, await queries.now(connection)
            )
        _log.info(
            "orders_recorded",
            source=source,
            by=info.context.principal.name,
            **compute.counts_by_status(outcomes),
        )
        told = sum(1 + len(outcome.problems) for outcome in outcomes)
        return await off_loop(told, lambda: compute.record_orders_payload(outcomes))

    @strawberry.mutation(
        description="Take back a part of an order, or all that is left of it. Scope INGEST."
    )
    async def refund_order(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="The order's key in its source.")],
        idempotency_key: Annotated[
            str,
            strawberry.argument(description="Repeating it with the same content changes nothing."),
        ],
        lines: Annotated[
            list[RefundLineInput] | None,
            strawberry.argument(description="What is taken back; all that is left if null."),
        ] = None,
        refunded_at: Annotated[
            dt.datetime | None,
            strawberry.argument(description="When it happened, and so counts; now if null."),
        ] = None,
        source: SourceArg = "api",
    ) -> ChangeOrderPayload:
        info.context.principal.require_source(source)
        compute.check_refund_key(idempotency_key)
        taken = (
            None
            if lines is None
            else await off_loop(len(lines), lambda: [compute.refund_line(one) for one in lines])
        )
        async with _writing(info.context, source) as connection:
            now = await queries.now(connection)
            outcome = await refunds.refund_order(
                connection,
                source,
                key,
                refund_key=idempotency_key,
                lines=taken,
                at=refunded_at or now,
                now=now,
            )
        return _changed(info.context, "order_refunded", source, outcome)

    @strawberry.mutation(
        description="Void an order as if it had never been: its lines count nowhere, at any "
        "time. Cancelling it again changes nothing. Scope INGEST."
    )
    async def cancel_order(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="The order's key in its source.")],
        source: SourceArg = "api",
    ) -> ChangeOrderPayload:
        info.context.principal.require_source(source)
        async with _writing(info.context, source) as connection:
            outcome = await refunds.cancel_order(connection, source, key)
        return _changed(info.context, "order_cancelled", source, outcome)

    @strawberry.mutation(description="Make or change up to 1000 categories. Scope INGEST.")
    async def upsert_categories(
        self,
        info: Info,
        categories: Annotated[
            list[CategoryInput],
            strawberry.argument(description="Parents before their children."),
        ],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await _upsert(info.context, source, compute.CATEGORIES, categories)

    @strawberry.mutation(description="Make or change up to 1000 products. Scope INGEST.")
    async def upsert_products(
        self,
        info: Info,
        products: Annotated[list[ProductInput], strawberry.argument(description="In any order.")],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await _upsert(info.context, source, compute.PRODUCTS, products)

    @strawberry.mutation(description="Make or change up to 1000 customers. Scope INGEST.")
    async def upsert_customers(
        self,
        info: Info,
        customers: Annotated[list[CustomerInput], strawberry.argument(description="In any order.")],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await _upsert(info.context, source, compute.CUSTOMERS, customers)

    @strawberry.mutation(description="Make or change up to 1000 sales reps. Scope INGEST.")
    async def upsert_reps(
        self,
        info: Info,
        reps: Annotated[
            list[RepInput], strawberry.argument(description="Managers before those they manage.")
        ],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await _upsert(info.context, source, compute.REPS, reps)

    @strawberry.mutation(
        description="Add up to 10000 exchange rates into the reporting currency, and correct those "
        "of days that have one, all or none. Scope INGEST for every source."
    )
    async def set_rates(
        self,
        info: Info,
        rates: Annotated[list[RateInput], strawberry.argument(description="In any order.")],
    ) -> SetRatesPayload:
        info.context.principal.require_every_source()
        compute.check_batch(rates, compute.MAX_RATES, "rates")
        new = await off_loop(len(rates), lambda: [compute.new_rate(given) for given in rates])
        async with writing(info.context) as connection:
            stored = await set_rates(connection, new)
        by = info.context.principal.name
        _log.info("rates_set", by=by, added=stored.added, changed=stored.changed)
        return SetRatesPayload(added=stored.added, changed=stored.changed, same=stored.same)


async def _upsert(
    context: Context, source: str, kind: compute.ReferenceKind, given: Sequence[Any]
) -> UpsertPayload:
    context.principal.require_source(source)
    compute.check_batch(given, compute.MAX_ROWS, "rows")
    rows = await off_loop(len(given), lambda: [kind.row(row) for row in given])
    async with _writing(context, source) as connection:
        outcomes = await kind.upsert(connection, source, rows)
    counts = compute.counts_by_status(outcomes)
    _log.info("upserted", kind=kind.type_name, source=source, by=context.principal.name, **counts)
    return await off_loop(len(outcomes), lambda: compute.upsert_payload(kind, outcomes))


@asynccontextmanager
async def _writing(context: Context, source: str) -> AsyncIterator["Connection"]:
    """A connection for writes to a source."""
    compute.check_source(source)
    async with writing(context) as connection:
        yield connection


def _changed(context: Context, event: str, source: str, outcome: ItemOutcome) -> ChangeOrderPayload:
    _log.info(
        event,
        source=source,
        key=outcome.key,
        by=context.principal.name,
        status=outcome.status.value,
    )
    return ChangeOrderPayload(status=outcome.status, order_row_id=outcome.id)
