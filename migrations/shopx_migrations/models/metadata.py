"""Every mapped table, for Alembic and tests."""

from shopx_migrations.models.base import Base
from shopx_migrations.models.changes import ReferenceChange
from shopx_migrations.models.columns import ColumnsGeneration
from shopx_migrations.models.facts import Order, OrderItem, OrderKey
from shopx_migrations.models.feeds import Feed, FeedEvent, FeedSlot
from shopx_migrations.models.import_jobs import ImportJob, Upload, UploadChunk
from shopx_migrations.models.imports import ImportReplacement, ImportRun
from shopx_migrations.models.page_notes import Annotation, SavedView
from shopx_migrations.models.predictions import CustomerPrediction, PredictionFit, ScheduleRun
from shopx_migrations.models.reference import (
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
from shopx_migrations.models.replication import ReplicationMark
from shopx_migrations.models.reports import Report, ReportDelivery
from shopx_migrations.models.rollups import (
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
from shopx_migrations.models.tokens import ApiToken

__all__ = [
    "Annotation",
    "ApiToken",
    "Base",
    "Category",
    "Channel",
    "ColumnsGeneration",
    "Currency",
    "Customer",
    "CustomerDay",
    "CustomerDayCell",
    "CustomerPrediction",
    "CustomerTotal",
    "Feed",
    "FeedEvent",
    "FeedSlot",
    "FoldedXid",
    "ImportJob",
    "ImportReplacement",
    "ImportRun",
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
    "ReplicationMark",
    "Report",
    "ReportDelivery",
    "Reporting",
    "SalesDay",
    "SalesQuarter",
    "SalesRep",
    "SavedView",
    "ScheduleRun",
    "Source",
    "Upload",
    "UploadChunk",
    "Watermark",
]
