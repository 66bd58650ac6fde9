"""Convert the schema's inputs to the ledger's rows, and its outcomes to payloads: pure."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shopx_api.features.ingest.types import (
    CategoryInput,
    CustomerInput,
    IngestProblem,
    OrderInput,
    OrderResult,
    ProductInput,
    RateInput,
    RecordOrdersPayload,
    RefundLineInput,
    RepInput,
    UpsertPayload,
    UpsertResult,
)
from shopx_api.types.node import global_id
from shopx_core.errors import InvalidInput
from shopx_store.ledger import reference, refunds
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.outcomes import ItemOutcome, ItemStatus, Rejection
from shopx_store.rates.files import Rate

MAX_ORDERS: Final = 500
MAX_ROWS: Final = 1000
MAX_RATES: Final = 10_000
MAX_SOURCE: Final = 100
MAX_REFUND_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class ReferenceKind:
    """A kind of reference data."""

    type_name: str
    """The type within its global ids."""
    upsert: Callable[..., Awaitable[list[ItemOutcome]]]
    row: Callable[[Any], Any]
    """Makes the ledger's row from the schema's input."""


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


def check_batch(items: Sequence[Any], limit: int, name: str) -> None:
    """Refuse an empty batch, or one that is too long.

    Raises:
        InvalidInput: It has not 1 to `limit` items.
    """
    if not 1 <= len(items) <= limit:
        raise InvalidInput(
            f"The batch has {len(items)} {name}.", hint=f"Send 1 to {limit} at once.", limit=limit
        )


def check_source(source: str) -> None:
    """Refuse an unusable source.

    Raises:
        InvalidInput: The name is empty, too long or not printable.
    """
    if not 0 < len(source.strip()) <= MAX_SOURCE or not source.isprintable():
        raise InvalidInput(f"A source's name has 1 to {MAX_SOURCE} printable characters.")


def check_refund_key(refund_key: str) -> None:
    """Refuse an unusable idempotency key.

    Raises:
        InvalidInput: It is empty or too long.
    """
    if not 0 < len(refund_key) <= MAX_REFUND_KEY:
        raise InvalidInput(f"An idempotency key has 1 to {MAX_REFUND_KEY} characters.")


def new_order(given: OrderInput) -> NewOrder:
    """The ledger's order of an input."""
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


def refund_line(line: RefundLineInput) -> refunds.RefundLine:
    """The ledger's refund line of an input."""
    return refunds.RefundLine(line=line.line, quantity=line.quantity, amount=line.amount)


def new_rate(given: RateInput) -> Rate:
    """The stored rate of an input."""
    return Rate(given.currency, given.day, given.rate)


def counts_by_status(outcomes: Sequence[ItemOutcome]) -> dict[str, int]:
    """The number of items of each status."""
    return {
        status.value: sum(outcome.status is status for outcome in outcomes) for status in ItemStatus
    }


def record_orders_payload(outcomes: Sequence[ItemOutcome]) -> RecordOrdersPayload:
    """The result of each order of a batch."""
    return RecordOrdersPayload(
        **counts_by_status(outcomes),
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


def upsert_payload(kind: ReferenceKind, outcomes: Sequence[ItemOutcome]) -> UpsertPayload:
    """The result of each row of a batch."""
    counts = counts_by_status(outcomes)
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


def _problem(problem: Rejection) -> IngestProblem:
    return IngestProblem(
        code=problem.code, message=problem.message, hint=problem.hint, field=problem.field
    )
