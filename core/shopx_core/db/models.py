"""Every mapped table, for those who want all of them: Alembic, tests."""

from shopx_core.db.base import Base
from shopx_core.db.changes import ReferenceChange
from shopx_core.db.facts import DocumentKind, LedgerKind, Order, OrderItem, OrderKey
from shopx_core.db.imports import ImportRun
from shopx_core.db.predictions import CustomerPrediction, PredictionFit, ScheduleRun
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
    "CustomerPrediction",
    "CustomerTotal",
    "DocumentKind",
    "FoldedXid",
    "ImportRun",
    "LedgerKind",
    "MatviewRefresh",
    "Order",
    "OrderItem",
    "OrderKey",
    "OrderState",
    "PredictionFit",
    "Product",
    "ProductDay",
    "ProductWeek",
    "Quota",
    "Rate",
    "ReferenceChange",
    "Region",
    "Reporting",
    "SalesDay",
    "SalesQuarter",
    "SalesRep",
    "ScheduleRun",
    "Source",
    "Watermark",
]
