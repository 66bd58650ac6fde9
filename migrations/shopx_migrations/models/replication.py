"""What replicas prove by that they have caught up."""

import datetime as dt

from sqlalchemy import Boolean, CheckConstraint, DateTime, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base, Xid8


class ReplicationMark(Base):
    """What the leader saw when this row was written: who sees the row sees that as well.

    Replicas prove by it what they have; see `shopx_store.query.replication`.
    """

    __tablename__ = "replication_mark"
    __table_args__ = (CheckConstraint("singleton", name="singleton"),)

    singleton: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    # The leader's run.
    server: Mapped[str] = mapped_column(Text)
    # A `pg_snapshot`, and the transaction that wrote the row.
    snapshot: Mapped[str] = mapped_column(Text)
    xid: Mapped[str] = mapped_column(Xid8)
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
