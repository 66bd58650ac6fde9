"""Uploaded files, and what is done with them in the background."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base


class Upload(Base):
    """A file that arrives in parts; it is kept until it is imported, or for some days.

    The id is a secret of the uploader: it is random, and listed nowhere.
    """

    __tablename__ = "uploads"
    __table_args__ = (CheckConstraint("bytes > 0", name="bytes"),)

    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()")
    )
    name: Mapped[str] = mapped_column(Text)
    # The whole file's, as announced.
    bytes: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    touched_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class UploadChunk(Base):
    """A part of an upload, without a gap after the one before; the table is not logged."""

    __tablename__ = "upload_chunks"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    upload_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True
    )
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportJob(Base):
    """An inspection, a dry run, an import, an undo or a generation that a worker does.

    A running job's worker holds the advisory lock of its id, so a job that is `running` without
    that lock lost its worker. `sent_at` is when it was last put into the queue.
    """

    __tablename__ = "import_jobs"
    __table_args__ = (
        UniqueConstraint("request_key"),
        CheckConstraint("kind in ('inspect', 'check', 'import', 'undo', 'demo')", name="kind"),
        CheckConstraint("state in ('queued', 'running', 'done', 'failed')", name="state"),
        Index(None, "upload_id"),
        Index(None, "feed_id"),
        # A feed has one job at a time.
        Index(
            "ix_import_jobs_open_feed",
            "feed_id",
            unique=True,
            postgresql_where=text("state in ('queued', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    upload_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("uploads.id", ondelete="SET NULL")
    )
    file_name: Mapped[str | None] = mapped_column(Text)
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_key: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    sent_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    step: Mapped[str | None] = mapped_column(Text)
    done: Mapped[int | None] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    rows_read: Mapped[int] = mapped_column(BigInteger, server_default="0")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    rejects: Mapped[str | None] = mapped_column(Text)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"))
