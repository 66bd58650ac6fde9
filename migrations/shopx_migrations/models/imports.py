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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base, Xid8


class ImportRun(Base):
    """One published import, seeding or undo; one that failed, or was killed, left no row.

    `content_fields` names the fields that identities without keys were digested from: with others,
    every line would be another one. `summary` holds rows read, skipped and rejected, documents by
    kind, and totals by currency, as the command printed them, and how the mapping read what lines
    are identified by.

    An import's lines are those of the transaction `xid` with ids from `first_line` to `last_line`:
    in a restored database another transaction may have the same number. `builds_on` are the runs
    with lines of the orders that it compared with. `undoes` is the run that this one took back.
    `job_id` is the job that imported, if one did: jobs are removed some days later.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        CheckConstraint("mode in ('append', 'replace', 'snapshot', 'seed', 'undo')", name="mode"),
        Index(None, "source_id", "id"),
        Index(None, "undoes", unique=True),
        Index(None, "job_id", unique=True),
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
    xid: Mapped[str | None] = mapped_column(Xid8)
    first_line: Mapped[int | None] = mapped_column(BigInteger)
    last_line: Mapped[int | None] = mapped_column(BigInteger)
    builds_on: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    inputs: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    mapping: Mapped[str | None] = mapped_column(Text)
    undoes: Mapped[int | None] = mapped_column(BigInteger)
    job_id: Mapped[int | None] = mapped_column(BigInteger)


class ImportReplacement(Base):
    """A row outside of the ledger that an import changed: what an undo puts back.

    `relation` is `order_keys` or a table of reference rows; `row_key` is the order's key or the
    row's id.
    """

    __tablename__ = "import_replacements"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id"), primary_key=True)
    relation: Mapped[str] = mapped_column(Text, primary_key=True)
    row_key: Mapped[str] = mapped_column(Text, primary_key=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)
