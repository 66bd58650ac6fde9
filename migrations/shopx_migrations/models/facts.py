"""The append-only facts: order headers and the ledger of their lines.

UPDATE, DELETE and TRUNCATE are refused by triggers on the tables and on each partition, and an
INSERT that brings its own `xid` is refused too. Ledger rows carry no foreign keys: the writers
(`shopx_store.ledger`) resolve ids in the same transaction, reference rows are never deleted, and
`shopx verify` counts orphans. Six key checks a line would cost more than the insert.
"""

import datetime as dt
import enum
import uuid
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Enum,
    Identity,
    Index,
    Integer,
    Numeric,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shopx_core.domain.ledger_kinds import DocumentKind, LedgerKind
from shopx_migrations.models.base import Base, Xid8


def _values(kinds: type[enum.StrEnum]) -> list[str]:
    return [kind.value for kind in kinds]


class Order(Base):
    """An order's header; its status is derived from the ledger.

    When a source changes a header (another customer, another day), it gets a new row here: the old
    order's lines are corrected, the new order's are added, and `order_keys` points at the new one.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index(None, "customer_id", "ordered_at"),
        {"postgresql_partition_by": "RANGE (ordered_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ordered_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(Text)
    document: Mapped[DocumentKind] = mapped_column(
        Enum(DocumentKind, name="document_kind", values_callable=_values)
    )
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    rep_id: Mapped[int | None] = mapped_column(BigInteger)
    region_id: Mapped[int | None] = mapped_column(BigInteger)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)


class OrderKey(Base):
    """Finds the current order of a source's key; unique over all months, unlike a partition's."""

    __tablename__ = "order_keys"

    source_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger)
    ordered_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class OrderItem(Base):
    """A ledger line. Amounts are signed: reversals are negative, so every metric is a sum.

    Invariants the writers keep and `shopx verify` checks: a sale is booked at its order's
    `ordered_at`; a correction or void with `reverses` repeats that line's `booked_at`, dimensions
    and `is_return`, with every amount negated; the dimensions equal the header's.
    """

    __tablename__ = "order_items"
    __table_args__ = (
        CheckConstraint("kind <> 'return' or is_return", name="return"),
        CheckConstraint("kind <> 'sale' or not is_return", name="sale"),
        CheckConstraint("kind <> 'void' or reverses is not null", name="void"),
        CheckConstraint(
            "quantity not in ('NaN', 'Infinity', '-Infinity')"
            " and gross not in ('NaN', 'Infinity', '-Infinity')"
            " and discount not in ('NaN', 'Infinity', '-Infinity')"
            " and cost not in ('NaN', 'Infinity', '-Infinity')",
            name="finite",
        ),
        Index(None, "xid"),
        Index(None, "order_id"),
        Index(None, "booked_at", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (booked_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    booked_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    kind: Mapped[LedgerKind] = mapped_column(
        Enum(LedgerKind, name="ledger_kind", values_callable=_values)
    )
    # True for a return, and for what reverses one: its amounts belong to "returns", not to "gross".
    is_return: Mapped[bool] = mapped_column(Boolean)
    order_id: Mapped[int] = mapped_column(BigInteger)
    line_no: Mapped[int] = mapped_column(Integer)
    reverses: Mapped[int | None] = mapped_column(BigInteger)
    # Digest of (source, key) or (source, content, nth): the same fact is never taken twice.
    identity: Mapped[uuid.UUID] = mapped_column(Uuid)
    source_id: Mapped[int] = mapped_column(BigInteger)
    product_id: Mapped[int] = mapped_column(BigInteger)
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    rep_id: Mapped[int | None] = mapped_column(BigInteger)
    region_id: Mapped[int | None] = mapped_column(BigInteger)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(Numeric)
    gross: Mapped[Decimal] = mapped_column(Numeric)
    discount: Mapped[Decimal] = mapped_column(Numeric)
    cost: Mapped[Decimal] = mapped_column(Numeric)
    xid: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
