"""The read engine: any measure by any dimension, exact as of a snapshot, from the cheapest tier."""

from shopx_store.query.read_state import AsOf
from shopx_store.query.sales_query import (
    NONE,
    CustomerType,
    Dimension,
    Filters,
    QueryResult,
    SalesQuery,
    Tier,
)
from shopx_store.query.scope import SalesScope

__all__ = [
    "NONE",
    "AsOf",
    "CustomerType",
    "Dimension",
    "Filters",
    "QueryResult",
    "SalesQuery",
    "SalesScope",
    "Tier",
]
