"""Reports and alerts that are sent on a schedule, and what was sent."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base


class Report(Base):
    """What `shopx_core.domain.reports.Definition` describes; an alert has a metric.

    `scheduled_until` is how far the schedule was kept; `condition_met` is what the last check of an
    alert with a known figure found, null before the first; `problem` is why the last
    due check failed.
    """

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint("channel in ('email', 'slack', 'webhook')", name="channel"),
        CheckConstraint(
            "(metric is null) = (condition is null) and (metric is null) = (threshold is null)",
            name="alert",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(Text)
    panels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    preset: Mapped[str] = mapped_column(Text)
    comparison: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    zone: Mapped[str | None] = mapped_column(Text)
    formats: Mapped[list[str]] = mapped_column(ARRAY(Text))
    channel: Mapped[str] = mapped_column(Text)
    targets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    schedule: Mapped[str] = mapped_column(Text)
    metric: Mapped[str | None] = mapped_column(Text)
    condition: Mapped[str | None] = mapped_column(Text)
    threshold: Mapped[Decimal | None] = mapped_column(Numeric)
    paused: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    scheduled_until: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    condition_met: Mapped[bool | None] = mapped_column(Boolean)
    problem: Mapped[str | None] = mapped_column(Text)


class ReportDelivery(Base):
    """One report to one recipient: the outbox, and the history.

    `key` identifies the message to its recipient; `claim` counts how often a worker took
    it, so that one that lost it changes nothing any more. `observed` is the figure of an alert.
    """

    __tablename__ = "report_deliveries"
    __table_args__ = (
        UniqueConstraint("report_id", "due_at", "target"),
        CheckConstraint(
            "state in ('waiting', 'preparing', 'sending', 'sent', 'failed', 'unknown')",
            name="state",
        ),
        Index(
            "ix_report_deliveries_open",
            "next_attempt_at",
            postgresql_where=text("state in ('waiting', 'preparing', 'sending')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[uuid.UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    due_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    target: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=text("'waiting'"))
    claim: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    attempts: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    next_attempt_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    observed: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
