"""Every mapped table, for those who want all of them: Alembic, tests."""

from shopx_core.db.base import Base
from shopx_core.db.facts import DocumentKind, LedgerKind, Order, OrderItem, OrderKey
from shopx_core.db.reference import (
    Category,
    Channel,
    Currency,
    Customer,
    Product,
    Quota,
    Rate,
    Region,
    Reporting,
    SalesRep,
    Source,
)
from shopx_core.db.rollups import (
    CustomerDay,
    CustomerDayCell,
    CustomerTotal,
    FoldedXid,
    MatviewRefresh,
    OrderState,
    ProductDay,
    ProductWeek,
    SalesDay,
    SalesQuarter,
    Watermark,
)
from shopx_core.db.tokens import ApiToken

__all__ = [
    "ApiToken",
    "Base",
    "Category",
    "Channel",
    "Currency",
    "Customer",
    "CustomerDay",
    "CustomerDayCell",
    "CustomerTotal",
    "DocumentKind",
    "FoldedXid",
    "LedgerKind",
    "MatviewRefresh",
    "Order",
    "OrderItem",
    "OrderKey",
    "OrderState",
    "Product",
    "ProductDay",
    "ProductWeek",
    "Quota",
    "Rate",
    "Region",
    "Reporting",
    "SalesDay",
    "SalesQuarter",
    "SalesRep",
    "Source",
    "Watermark",
]
