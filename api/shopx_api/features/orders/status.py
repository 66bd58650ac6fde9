"""What became of an order, decided from what its ledger lines add up to."""

import enum
from dataclasses import dataclass
from decimal import Decimal

from shopx_core.domain.ledger_kinds import DocumentKind


class OrderStatus(enum.StrEnum):
    """What became of an order."""

    SOLD = "sold"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTotals:
    """Sums over the lines of one order; amounts and quantities positive, as on a document."""

    sale_lines: int
    """Sale lines that no correction or void has taken back."""
    sold: Decimal
    """Gross minus discount of those."""
    units: Decimal
    credited: Decimal
    """What returns gave back."""
    returned_units: Decimal


def order_status(document: DocumentKind, totals: LineTotals) -> OrderStatus:
    """Decide.

    An order is refunded once all that it brought was credited; for one that cost nothing, once
    all its goods came back. What the source calls no sale is a credit note whatever it holds.
    """
    if document is not DocumentKind.SALE:
        return OrderStatus.CREDIT_NOTE
    if totals.sale_lines <= 0:
        return OrderStatus.CANCELLED
    if not totals.credited and not totals.returned_units:
        return OrderStatus.SOLD
    whole = totals.credited >= totals.sold if totals.sold else totals.returned_units >= totals.units
    return OrderStatus.REFUNDED if whole else OrderStatus.PARTLY_REFUNDED
