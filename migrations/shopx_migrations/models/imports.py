"""Which imports were published: bookkeeping, written in the transaction that publishes."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base


class ImportRun(Base):
    """One published import or seeding; one that failed, or was killed, left no row.

    `content_fields` names the fields that identities without keys were digested from: with others,
    every line would be another one. `summary` holds rows read, skipped and rejected, documents by
    kind, and totals by currency, as the command printed them, and how the mapping read what lines
    are identified by.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        CheckConstraint("mode in ('append', 'replace', 'snapshot', 'seed')", name="mode"),
        Index(None, "source_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    published_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    mode: Mapped[str] = mapped_column(Text)
    content_fields: Mapped[str] = mapped_column(Text)
    lines_new: Mapped[int] = mapped_column(BigInteger)
    lines_changed: Mapped[int] = mapped_column(BigInteger)
    lines_missing: Mapped[int] = mapped_column(BigInteger)
    lines_again: Mapped[int] = mapped_column(BigInteger)
    lines_same: Mapped[int] = mapped_column(BigInteger)
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB)
