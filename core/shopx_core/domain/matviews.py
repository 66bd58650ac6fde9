"""The registry of materialized views: what each one shows, and when it is refreshed.

The schedule, refreshing, verification, cache dependencies and the command line read it. A new view
needs its migration, an entry here and its query in `shopx_store.verification`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterializedView:
    """One view that is refreshed on a schedule of its own."""

    name: str
    title: str
    """What it is about, for lists of commands."""
    description: str
    """What its rows are."""
    schedule: str
    """Five cron fields in the reporting time zone; no two views share their minute."""
    concurrently: bool = True
    """Whether the scheduled refresh lets readers continue, at about twice the cost."""
    prerequisites: tuple[str, ...] = ()
    """Views that are refreshed before it in the same snapshot, and have no schedule themselves."""

    @property
    def members(self) -> tuple[str, ...]:
        """Everything that its refresh recomputes, in order."""
        return (*self.prerequisites, self.name)


CUSTOMER_RFM: Final = "mv_customer_rfm"
COHORTS: Final = "mv_cohorts"
CUSTOMER_PURCHASES: Final = "mv_customer_purchases"
CUSTOMER_CONCENTRATION: Final = "mv_customer_concentration"
PRODUCT_ORDERS: Final = "mv_product_orders"
PRODUCT_PAIRS: Final = "mv_product_pairs"

_ALL: Final = (
    MaterializedView(
        name=CUSTOMER_RFM,
        title="RFM",
        description="Per customer: last order, orders, revenue, RFM scores and segment.",
        schedule="7 * * * *",
    ),
    MaterializedView(
        name=COHORTS,
        title="cohorts",
        description="Customers, orders and revenue by unit (week to year), cohort and period.",
        schedule="22 * * * *",
    ),
    MaterializedView(
        name=CUSTOMER_PURCHASES,
        title="purchases",
        description="Per customer: first and last purchase day, purchase days, mean repeat spend,"
        " revenue and profit.",
        schedule="37 * * * *",
    ),
    MaterializedView(
        name=CUSTOMER_CONCENTRATION,
        title="customer concentration",
        description="Customers and revenue of the best 1 to 100 percent of customers, over the 365"
        " days up to the newest sale.",
        schedule="48 * * * *",
    ),
    MaterializedView(
        name=PRODUCT_PAIRS,
        title="product pairs",
        description="Orders that hold both products, for each pair with product_a < product_b.",
        # The most expensive one, and habits change slowly.
        schedule="52 */6 * * *",
        # A lift needs both counts over the same baskets.
        prerequisites=(PRODUCT_ORDERS,),
    ),
)

MATVIEWS: Final[Mapping[str, MaterializedView]] = MappingProxyType({one.name: one for one in _ALL})
"""Every scheduled view by name."""
