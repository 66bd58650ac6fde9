"""L3: aggregation tables kept by folding the ledger, and where the fold stands.

Ids only: attributes join when read, so renaming or moving a product needs no refold. 0 stands for
"none" (a line without a customer), which keeps the keys free of NULL. Money stays in its own
currency. `day` and `week` are of the reporting zone.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    Index,
    Numeric,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base, Xid8


class LineMeasures:
    """Sums over ledger lines; the names are those of `shopx_core.domain.metrics.Measure`."""

    gross: Mapped[Decimal] = mapped_column(Numeric)
    discounts: Mapped[Decimal] = mapped_column(Numeric)
    returns: Mapped[Decimal] = mapped_column(Numeric)
    cost: Mapped[Decimal] = mapped_column(Numeric)
    units: Mapped[Decimal] = mapped_column(Numeric)
    returned_units: Mapped[Decimal] = mapped_column(Numeric)
    lines: Mapped[int] = mapped_column(BigInteger)


class SalesQuarter(LineMeasures, Base):
    """By quarter-hour in UTC: the level that serves every IANA zone."""

    __tablename__ = "rollup_sales_quarter"

    bucket: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    region_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rep_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    orders: Mapped[int] = mapped_column(BigInteger)


class SalesDay(LineMeasures, Base):
    """By day of the reporting zone."""

    __tablename__ = "rollup_sales_day"

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    region_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rep_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    orders: Mapped[int] = mapped_column(BigInteger)


class ProductDay(LineMeasures, Base):
    """By day and product."""

    __tablename__ = "rollup_product_day"
    __table_args__ = (Index(None, "product_id", "day"),)

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class ProductWeek(LineMeasures, Base):
    """By week (its first day, by `reporting.week_start`) and product: long ranges."""

    __tablename__ = "rollup_product_week"

    week: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class CustomerDay(LineMeasures, Base):
    """By customer and day; `orders` are the customer's orders of that day."""

    __tablename__ = "rollup_customer_day"
    __table_args__ = (Index(None, "day"),)

    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    orders: Mapped[int] = mapped_column(BigInteger)


class CustomerTotal(LineMeasures, Base):
    """A customer's life so far; first and last order are None while no sale survives."""

    __tablename__ = "rollup_customer"
    __table_args__ = (Index(None, "first_order_at"),)

    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    orders: Mapped[int] = mapped_column(BigInteger)
    first_order_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    last_order_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class OrderState(Base):
    """An order and how many of its sale lines survive: it counts while that is positive."""

    __tablename__ = "rollup_order"
    __table_args__ = (Index(None, "ordered_at"), Index(None, "customer_id", "ordered_at"))

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ordered_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    currency: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    rep_id: Mapped[int] = mapped_column(BigInteger)
    region_id: Mapped[int] = mapped_column(BigInteger)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    sale_lines: Mapped[int] = mapped_column(BigInteger)


class CustomerDayCell(Base):
    """Customers who ordered on `day` and last before that on `previous_day` (-infinity: never).

    Distinct customers of any range of days = the sum of the cells in it whose previous day lies
    before it: exact, and it adds up.
    """

    __tablename__ = "customer_day_cells"

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    previous_day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    customers: Mapped[int] = mapped_column(BigInteger)


class Watermark(Base):
    """Where the fold stands: the rollups hold every line with `xid` below `folded_below`.

    They also hold the lines of `folded_xids`, and those with an id up to `restored_through`, which
    have xids of the cluster they were dumped from. `system_identifier` names the cluster of the
    xids: in another one, rollups are not read until they are rebuilt. `generation` identifies the
    set of rollups: only a fold that fills all of them moves the watermark.
    """

    __tablename__ = "watermark"
    __table_args__ = (CheckConstraint("singleton", name="singleton"),)

    singleton: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    folded_below: Mapped[str] = mapped_column(Xid8)
    system_identifier: Mapped[int] = mapped_column(BigInteger)
    restored_through: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    # False from the detection of a restore until the rollups are rebuilt.
    trusted: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    folded_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    generation: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class FoldedXid(Base):
    """A transaction at or past the watermark that folded its own lines (an import's publication).

    Removed once the watermark has passed it.
    """

    __tablename__ = "folded_xids"

    xid: Mapped[str] = mapped_column(Xid8, primary_key=True)


class MatviewRefresh(Base):
    """When a materialized view was last refreshed: its own as-of."""

    __tablename__ = "matview_refreshes"

    view: Mapped[str] = mapped_column(Text, primary_key=True)
    as_of: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    seconds: Mapped[float] = mapped_column(Double)
    # A `pg_snapshot`: what the refresh saw, so that `shopx verify` can recompute exactly that.
    snapshot: Mapped[str] = mapped_column(Text)
    # Amounts that it left out for want of an exchange rate: `shopx_store.matviews.left_out`.
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
