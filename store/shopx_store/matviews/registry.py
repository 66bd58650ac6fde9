"""The materialized views (L2), and which of them are refreshed together."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CUSTOMER_RFM: Final = "mv_customer_rfm"
"""customer_id, last_order_at, orders, revenue, recency, frequency, monetary (scores), segment."""

CUSTOMER_PURCHASES: Final = "mv_customer_purchases"
"""customer_id, first_day, last_day, purchase_days, repeat_purchase_days, mean_repeat_spend,
revenue, profit."""

COHORTS: Final = "mv_cohorts"
"""unit (week, month, quarter, year), cohort, period (first days), customers, orders, revenue."""

PRODUCT_ORDERS: Final = "mv_product_orders"
"""product_id, orders, and on every row the same: baskets, oversized (baskets left out)."""

PRODUCT_PAIRS: Final = "mv_product_pairs"
"""product_a < product_b, orders with both."""

REFRESH_GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CUSTOMER_RFM: (CUSTOMER_RFM,),
        CUSTOMER_PURCHASES: (CUSTOMER_PURCHASES,),
        COHORTS: (COHORTS,),
        # A lift needs both counts over the same baskets.
        PRODUCT_PAIRS: (PRODUCT_ORDERS, PRODUCT_PAIRS),
    }
)
"""The views that are refreshed under a name, as of one instant; each view is in one entry."""
