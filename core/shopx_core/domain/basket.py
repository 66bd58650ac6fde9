"""Market basket analysis: association measures of a pair of products.

Source: Agrawal, Imieliński and Swami, "Mining Association Rules between Sets of Items in Large
Databases", SIGMOD 1993 (support, confidence); Brin, Motwani, Ullman and Tsur, "Dynamic Itemset
Counting and Implication Rules for Market Basket Data", SIGMOD 1997 (lift, there "interest").
"""

from dataclasses import dataclass
from decimal import Decimal

from shopx_core.domain.money import quotient
from shopx_core.errors import IntegrityBroken


@dataclass(frozen=True, slots=True)
class Association:
    """How strongly orders with product A also hold product B."""

    support: Decimal
    """Share of all orders that hold both: how common the pair is."""
    confidence: Decimal
    """Share of A's orders that hold B too."""
    reverse_confidence: Decimal
    """Share of B's orders that hold A too."""
    lift: Decimal
    """How many times likelier B is in an order with A than in any order; 1 = independent."""


def associate(*, together: int, with_a: int, with_b: int, orders: int) -> Association:
    """Compute a pair's measures from counts of distinct orders.

    Args:
        together: Orders that hold both products.
        with_a: Orders that hold A.
        with_b: Orders that hold B.
        orders: All orders.

    Raises:
        IntegrityBroken: A count is negative, the pair is in more orders than one of its products,
            their union is larger than all orders, or a product is in no order.
    """
    consistent = 0 <= together <= min(with_a, with_b) and with_a + with_b - together <= orders
    if not consistent or not with_a or not with_b:
        raise IntegrityBroken(
            f"Of {orders} orders, {with_a} hold one product, {with_b} the other and {together} "
            "both: these counts are inconsistent.",
            hint="Count all four over the same orders.",
        )
    return Association(
        support=quotient(together, orders),
        confidence=quotient(together, with_a),
        reverse_confidence=quotient(together, with_b),
        lift=quotient(together * orders, with_a * with_b),
    )
