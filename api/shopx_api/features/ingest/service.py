"""Writes: from the schema's inputs to the ledger, and from its outcomes to payloads."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shopx_api.data.context import Context
from shopx_api.features.ingest.types import (
    CategoryInput,
    ChangeOrderPayload,
    CustomerInput,
    IngestProblem,
    OrderInput,
    OrderResult,
    ProductInput,
    RecordOrdersPayload,
    RefundLineInput,
    RepInput,
    UpsertPayload,
    UpsertResult,
)
from shopx_api.types.node import global_id
from shopx_core import logging
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import InvalidInput, TooManyRequests
from shopx_store.ledger import record, reference, refunds
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.outcomes import ItemOutcome, ItemStatus, Rejection

if TYPE_CHECKING:
    from shopx_store.ledger.record import Connection

MAX_ORDERS: Final = 500
MAX_ROWS: Final = 1000
MAX_SOURCE: Final = 100
MAX_REFUND_KEY: Final = 200

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class ReferenceKind:
    """A kind of reference data."""

    type_name: str
    """The type within its global ids."""
    upsert: Callable[..., Awaitable[list[ItemOutcome]]]
    row: Callable[[Any], Any]
    """From the schema's input to the ledger's row."""


def _category(given: CategoryInput) -> reference.CategoryRow:
    return reference.CategoryRow(key=given.key, name=given.name, parent=given.parent)


def _product(given: ProductInput) -> reference.ProductRow:
    return reference.ProductRow(
        key=given.key,
        name=given.name,
        sku=given.sku,
        category=given.category,
        unit_cost=given.unit_cost,
        list_price=given.list_price,
    )


def _customer(given: CustomerInput) -> reference.CustomerRow:
    return reference.CustomerRow(
        key=given.key, name=given.name, email=given.email, country=given.country
    )


def _rep(given: RepInput) -> reference.RepRow:
    return reference.RepRow(
        key=given.key,
        name=given.name,
        team=given.team,
        region=given.region,
        hired_on=given.hired_on,
        manager=given.manager,
    )


CATEGORIES: Final = ReferenceKind("Category", reference.upsert_categories, _category)
PRODUCTS: Final = ReferenceKind("Product", reference.upsert_products, _product)
CUSTOMERS: Final = ReferenceKind("Customer", reference.upsert_customers, _customer)
REPS: Final = ReferenceKind("SalesRep", reference.upsert_reps, _rep)


async def record_orders(
    context: Context, source: str, orders: Sequence[OrderInput]
) -> RecordOrdersPayload:
    """Record a batch; each order is taken or rejected by itself.

    Raises:
        Forbidden: The caller may not write.
        InvalidInput: The batch is empty or too long, or the source has no usable name.
    """
    context.principal.require(Scope.INGEST)
    _batch(orders, MAX_ORDERS, "orders")
    async with _writing(context, source) as connection:
        now = await _now(connection)
        outcomes = await record.record_orders(
            connection, source, [_order(given) for given in orders], now
        )
    counts = _counts(outcomes)
    _log.info("orders_recorded", source=source, by=context.principal.name, **counts)
    return RecordOrdersPayload(
        **counts,
        results=[
            OrderResult(
                index=index,
                key=outcome.key,
                status=outcome.status,
                order_row_id=outcome.id,
                problems=[_problem(problem) for problem in outcome.problems],
            )
            for index, outcome in enumerate(outcomes)
        ],
    )


async def refund_order(
    context: Context,
    source: str,
    key: str,
    *,
    refund_key: str,
    lines: Sequence[RefundLineInput] | None,
    at: dt.datetime | None,
) -> ChangeOrderPayload:
    """Take back a part of an order, or all that is left of it.

    Raises:
        Forbidden: The caller may not write.
        NotFound: There is no such order.
        InvalidInput: More is taken back than is left, or a line is unknown.
        Conflict: The refund's key was used with other content, or nothing is left.
    """
    context.principal.require(Scope.INGEST)
    if not 0 < len(refund_key) <= MAX_REFUND_KEY:
        raise InvalidInput(f"An idempotency key has 1 to {MAX_REFUND_KEY} characters.")
    async with _writing(context, source) as connection:
        now = await _now(connection)
        outcome = await refunds.refund_order(
            connection,
            source,
            key,
            refund_key=refund_key,
            lines=None if lines is None else [_refund(line) for line in lines],
            at=at or now,
            now=now,
        )
    return _changed(context, "order_refunded", source, outcome)


async def cancel_order(context: Context, source: str, key: str) -> ChangeOrderPayload:
    """Void an order.

    Raises:
        Forbidden: The caller may not write.
        NotFound: There is no such order.
    """
    context.principal.require(Scope.INGEST)
    async with _writing(context, source) as connection:
        outcome = await refunds.cancel_order(connection, source, key)
    return _changed(context, "order_cancelled", source, outcome)


async def upsert(
    context: Context, source: str, kind: ReferenceKind, given: Sequence[Any]
) -> UpsertPayload:
    """Make or change reference data; each row is taken or rejected by itself.

    Raises:
        Forbidden: The caller may not write.
        InvalidInput: The batch is empty or too long, or the source has no usable name.
    """
    context.principal.require(Scope.INGEST)
    _batch(given, MAX_ROWS, "rows")
    async with _writing(context, source) as connection:
        outcomes = await kind.upsert(connection, source, [kind.row(row) for row in given])
    counts = _counts(outcomes)
    _log.info("upserted", kind=kind.type_name, source=source, by=context.principal.name, **counts)
    return UpsertPayload(
        recorded=counts["recorded"],
        rejected=counts["rejected"],
        results=[
            UpsertResult(
                index=index,
                key=outcome.key,
                status=outcome.status,
                id=None if outcome.id is None else global_id(kind.type_name, outcome.id),
                problems=[_problem(problem) for problem in outcome.problems],
            )
            for index, outcome in enumerate(outcomes)
        ],
    )


@asynccontextmanager
async def _writing(context: Context, source: str) -> AsyncIterator["Connection"]:
    """A connection for writes; reads after it see what was written."""
    if not 0 < len(source.strip()) <= MAX_SOURCE or not source.isprintable():
        raise InvalidInput(f"A source's name has 1 to {MAX_SOURCE} printable characters.")
    try:
        async with asyncio.timeout(context.services.settings.database.acquire_timeout):
            connection = await context.services.writes.acquire()
    except TimeoutError:
        raise TooManyRequests(
            "Every connection for writes is busy.", hint="Send fewer batches at once."
        ) from None
    try:
        yield connection
    finally:
        await context.services.writes.release(connection)
    await context.renew()


async def _now(connection: "Connection") -> dt.datetime:
    # The database's clock, as for reads: two machines' clocks never quite agree.
    now: dt.datetime = await connection.fetchval("select clock_timestamp()")
    return now


def _batch(items: Sequence[Any], limit: int, name: str) -> None:
    if not 1 <= len(items) <= limit:
        raise InvalidInput(
            f"The batch has {len(items)} {name}.", hint=f"Send 1 to {limit} at once.", limit=limit
        )


def _order(given: OrderInput) -> NewOrder:
    return NewOrder(
        key=given.key,
        ordered_at=given.ordered_at,
        currency=given.currency,
        customer=given.customer,
        rep=given.rep,
        region=given.region,
        channel=given.channel,
        lines=tuple(
            NewLine(
                product=line.product,
                quantity=line.quantity,
                gross=line.gross,
                discount=line.discount,
                cost=line.cost,
            )
            for line in given.lines
        ),
    )


def _refund(line: RefundLineInput) -> refunds.RefundLine:
    return refunds.RefundLine(line=line.line, quantity=line.quantity, amount=line.amount)


def _counts(outcomes: Sequence[ItemOutcome]) -> dict[str, int]:
    return {
        status.value: sum(outcome.status is status for outcome in outcomes) for status in ItemStatus
    }


def _problem(problem: Rejection) -> IngestProblem:
    return IngestProblem(
        code=problem.code, message=problem.message, hint=problem.hint, field=problem.field
    )


def _changed(context: Context, event: str, source: str, outcome: ItemOutcome) -> ChangeOrderPayload:
    _log.info(
        event,
        source=source,
        key=outcome.key,
        by=context.principal.name,
        status=outcome.status.value,
    )
    return ChangeOrderPayload(status=outcome.status, order_row_id=outcome.id)
