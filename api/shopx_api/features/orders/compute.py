"""The status of an order, from the sums of its ledger lines: pure."""

import enum
from typing import Final

from shopx_api.features.orders.queries import LineTotals, WeekHour
from shopx_core.domain.ledger_kinds import DocumentKind
from shopx_core.errors import InvalidInput

_DAYS: Final = 7
_HOURS: Final = 24


class OrderStatus(enum.StrEnum):
    """The status of an order."""

    SOLD = "sold"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    CREDIT_NOTE = "credit_note"


def checked_week_hour(weekday: int, hour: int) -> WeekHour:
    """An hour of the week.

    Raises:
        InvalidInput: There is no such weekday or hour.
    """
    if not 1 <= weekday <= _DAYS:
        raise InvalidInput(f"`weekHour.weekday` is {weekday}, not 1 (Monday) to 7 (Sunday).")
    if not 0 <= hour < _HOURS:
        raise InvalidInput(f"`weekHour.hour` is {hour}, not 0 to 23.")
    return WeekHour(weekday, hour)


def order_status(document: DocumentKind, totals: LineTotals) -> OrderStatus:
    """The status of an order.

    An order is refunded once all of its revenue was credited; a free order, once all of its goods
    came back. A document that its source does not call a sale is a credit note.
    """
    if document is not DocumentKind.SALE:
        return OrderStatus.CREDIT_NOTE
    if totals.sale_lines <= 0:
        return OrderStatus.CANCELLED
    if not totals.credited and not totals.returned_units:
        return OrderStatus.SOLD
    if totals.sold:
        is_refunded = totals.credited >= totals.sold
    else:
        is_refunded = totals.returned_units >= totals.units
    return OrderStatus.REFUNDED if is_refunded else OrderStatus.PARTLY_REFUNDED
