"""Sources that are read again on a schedule, and events that shop systems send."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
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
    # None of one whose shop sends events.
    schedule: Mapped[str | None] = mapped_column(Text)
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
    # Requests without a valid signature.
    refused: Mapped[int] = mapped_column(BigInteger, server_default="0")
    refused_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class FeedEvent(Base):
    """An event as it arrived: once for each content, so a replay is known.

    `subject` is the order that it has, `changed_at` when that became so: of several the latest is
    booked. The body is removed some days after that.
    """

    __tablename__ = "feed_events"
    __table_args__ = (
        UniqueConstraint("feed_id", "digest"),
        Index(
            "ix_feed_events_waiting",
            "feed_id",
            "id",
            postgresql_where=text("booked_at is null and problem is null"),
        ),
        Index("ix_feed_events_subject", "feed_id", "subject", "changed_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    subject: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    booked_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)


class FeedSlot(Base):
    """A replication slot in a database whose changes a feed follows.

    It outlives its feed, until it is dropped there. With `read_to`, all before that position of the
    shop's log is booked, of the server, publication and tables that `origin` identifies.
    """

    __tablename__ = "feed_slots"
    __table_args__ = (UniqueConstraint("feed_id"), UniqueConstraint("name"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    credential: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str | None] = mapped_column(Text)
    read_to: Mapped[int | None] = mapped_column(BigInteger)
    read_whole_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    read_whole_why: Mapped[str | None] = mapped_column(Text)
    # Of the shop's write-ahead log: what was not read, and what its server keeps.
    unread_bytes: Mapped[int | None] = mapped_column(BigInteger)
    kept_bytes: Mapped[int | None] = mapped_column(BigInteger)
    measured_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    # Where it is to be dropped, and could not be yet.
    unused_since: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    tried_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)
