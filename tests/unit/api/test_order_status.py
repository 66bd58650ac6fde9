"""What became of an order is decided from the sums of its lines."""

from decimal import Decimal

import pytest

from shopx_api.features.orders.compute import OrderStatus, order_status
from shopx_api.features.orders.queries import LineTotals
from shopx_core.domain.ledger_kinds import DocumentKind

SALE, RETURN, ADJUSTMENT = DocumentKind.SALE, DocumentKind.RETURN, DocumentKind.ADJUSTMENT


def totals(
    lines: int, sold: str, units: str, credited: str = "0", returned: str = "0"
) -> LineTotals:
    return LineTotals(
        sale_lines=lines,
        sold=Decimal(sold),
        units=Decimal(units),
        credited=Decimal(credited),
        returned_units=Decimal(returned),
    )


@pytest.mark.parametrize(
    ("document", "found", "expected"),
    [
        pytest.param(SALE, totals(2, "30", "3"), OrderStatus.SOLD, id="nothing came back"),
        pytest.param(
            SALE, totals(2, "30", "3", "10", "1"), OrderStatus.PARTLY_REFUNDED, id="a unit"
        ),
        pytest.param(
            SALE, totals(2, "30", "3", "5", "0"), OrderStatus.PARTLY_REFUNDED, id="a credit alone"
        ),
        pytest.param(
            SALE, totals(2, "30", "3", "0", "1"), OrderStatus.PARTLY_REFUNDED, id="goods alone"
        ),
        pytest.param(SALE, totals(2, "30", "3", "30", "3"), OrderStatus.REFUNDED, id="everything"),
        pytest.param(
            SALE, totals(2, "30", "3", "30", "0"), OrderStatus.REFUNDED, id="all money, no goods"
        ),
        pytest.param(
            SALE, totals(2, "30", "3", "29.99", "3"), OrderStatus.PARTLY_REFUNDED, id="a cent short"
        ),
        pytest.param(SALE, totals(1, "0", "2"), OrderStatus.SOLD, id="a gift"),
        pytest.param(
            SALE, totals(1, "0", "2", "0", "1"), OrderStatus.PARTLY_REFUNDED, id="half a gift back"
        ),
        pytest.param(SALE, totals(1, "0", "2", "0", "2"), OrderStatus.REFUNDED, id="a gift back"),
        pytest.param(SALE, totals(0, "0", "0"), OrderStatus.CANCELLED, id="voided"),
        pytest.param(
            SALE, totals(0, "0", "0", "30", "3"), OrderStatus.CANCELLED, id="voided after a refund"
        ),
        pytest.param(
            RETURN, totals(0, "0", "0", "30", "3"), OrderStatus.CREDIT_NOTE, id="a return"
        ),
        pytest.param(ADJUSTMENT, totals(0, "-5", "0"), OrderStatus.CREDIT_NOTE, id="an adjustment"),
    ],
)
def test_the_status_says_what_became_of_it(
    document: DocumentKind, found: LineTotals, expected: OrderStatus
) -> None:
    assert order_status(document, found) is expected
