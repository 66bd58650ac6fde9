"""Sources that are read again on a schedule."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base


class Feed(Base):
    """What is read, how, when, and how far it is.

    `position` is what was read: the version of each file, or the newest value of each input's
    cursor, which with `strict` is not read again. `next_attempt_at` comes before the schedule:
    after a failure, or where a user asked. Secrets are not here: `credential` names a file.
    """

    __tablename__ = "feeds"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str] = mapped_column(Text)
    schedule: Mapped[str] = mapped_column(Text)
    zone: Mapped[str | None] = mapped_column(Text)
    credential: Mapped[str | None] = mapped_column(Text)
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    scheduled_until: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    position: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    strict: Mapped[bool] = mapped_column(server_default=text("false"))
    attempted_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    succeeded_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    last_run: Mapped[int | None] = mapped_column(BigInteger)
