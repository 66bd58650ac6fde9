"""Changes of reference data, for the response cache: see `shopx_core.caching`."""

import datetime as dt

from sqlalchemy import DateTime, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base, Xid8


class ReferenceChange(Base):
    """A transaction changed reference data of a `shopx_core.caching.dependencies.DependencyTag`.

    Written by triggers, kept for some hours: no cached answer lives longer. Facts need none of
    this, as they carry their transaction themselves.
    """

    __tablename__ = "reference_changes"
    __table_args__ = (Index(None, "noted_at"),)

    xid: Mapped[str] = mapped_column(
        Xid8, primary_key=True, server_default=text("pg_current_xact_id()")
    )
    slice: Mapped[str] = mapped_column(Text, primary_key=True)
    noted_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
