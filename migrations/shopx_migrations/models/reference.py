"""Reference data: what the facts point at. Rows are upserted and never deleted."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base

ISO_4217 = "~ '^[A-Z]{3}$'"


class Reporting(Base):
    """One row: the zone of the day and week rollups, and the currency that totals are shown in.

    Changing the zone means rebuilding the rollups (`shopx rebuild`).
    """

    __tablename__ = "reporting"
    __table_args__ = (
        CheckConstraint("singleton", name="singleton"),
        CheckConstraint(f"currency {ISO_4217}", name="currency"),
        CheckConstraint("week_start between 1 and 7", name="week_start"),
    )

    singleton: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    timezone: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    week_start: Mapped[int] = mapped_column(SmallInteger)  # ISO: 1 Monday … 7 Sunday


class Currency(Base):
    """A currency some fact is booked in; writers insert the code before the first such order."""

    __tablename__ = "currencies"
    __table_args__ = (CheckConstraint(f"code {ISO_4217}", name="code"),)

    code: Mapped[str] = mapped_column(Text, primary_key=True)


class Rate(Base):
    """Units of the reporting currency for one unit of `currency`, from `day` until the next row."""

    __tablename__ = "rates"
    __table_args__ = (CheckConstraint("rate > 0", name="rate"),)

    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric)


class Source(Base):
    """Where facts come from: an import's `source`, or `api`. Keys are unique within a source."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)


class Region(Base):
    """A sales region, by name."""

    __tablename__ = "regions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)


class Channel(Base):
    """A sales channel, by name: web, store, phone."""

    __tablename__ = "channels"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)


class Category(Base):
    """A node of the product tree; `parent_id` None is a root."""

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        CheckConstraint("parent_id <> id", name="parent"),
        Index(None, "parent_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))


class Product(Base):
    """Something sold. `unit_cost` and `list_price` are today's; a line keeps its own amounts."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        CheckConstraint("kind in ('item', 'shipping', 'tax', 'fee', 'refund')", name="kind"),
        Index(None, "category_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    key: Mapped[str] = mapped_column(Text)
    sku: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    unit_cost: Mapped[Decimal | None] = mapped_column(Numeric)
    list_price: Mapped[Decimal | None] = mapped_column(Numeric)
    kind: Mapped[str] = mapped_column(Text, server_default="item")


class Customer(Base):
    """A customer. `name` is None where the source has only a number."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("source_id", "key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class SalesRep(Base):
    """A sales rep, with a place in the organisation."""

    __tablename__ = "sales_reps"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        CheckConstraint("manager_id <> id", name="manager"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    hired_on: Mapped[dt.date | None] = mapped_column(Date)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("sales_reps.id"))


class Quota(Base):
    """A rep's quota of revenue in a month, in `currency`; `month` is its first day."""

    __tablename__ = "quotas"
    __table_args__ = (
        CheckConstraint("extract(day from month) = 1", name="month"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint(f"currency {ISO_4217}", name="currency"),
    )

    rep_id: Mapped[int] = mapped_column(ForeignKey("sales_reps.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[Decimal] = mapped_column(Numeric)
