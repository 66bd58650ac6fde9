"""Builds of the columnar replica: see `shopx_store.columns`."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, DateTime, Double, Index, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base


class ColumnsGeneration(Base):
    """A build of the columnar replica, committed after its file was complete.

    A reader uses a file only where its own snapshot sees this row and every field equals the
    file's. A database that was restored to an earlier moment has no such row.
    """

    __tablename__ = "columns_generations"
    __table_args__ = (Index(None, "built_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    # A `pg_snapshot`: the file holds every line that it sees.
    snapshot: Mapped[str] = mapped_column(Text)
    # Lines up to this id came with a dump: the file holds them whatever their xid.
    restored_through: Mapped[int] = mapped_column(BigInteger)
    # The cluster's system identifier and the database's oid.
    database: Mapped[str] = mapped_column(Text)
    built_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float] = mapped_column(Double)
