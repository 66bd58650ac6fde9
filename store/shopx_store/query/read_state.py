"""How the rollups relate to the ledger, as one transaction sees it; fetched once a transaction."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AsOf:
    """What an answer is as of: a PostgreSQL snapshot and when it was taken.

    Attributes:
        snapshot: `pg_snapshot` text.
        at: When it was taken, by the database's clock.
        server: The run of the leader that it was taken on (`shopx_store.query.replication`), so
            that a replica can prove to have all of it; empty = not known: the leader answers.
    """

    snapshot: str
    at: dt.datetime
    server: str = ""

    @property
    def xmin(self) -> int:
        """Every transaction below this one had ended."""
        return int(self.snapshot.split(":")[0])


@dataclass(frozen=True, slots=True)
class PendingLines:
    """The lines on which `AsOf` and the rollups disagree, bounded so that few partitions are read.

    Attributes:
        lines: How many there are.
        first: Earliest `booked_at` among them.
        last: Latest `booked_at` among them.
    """

    lines: int
    first: dt.datetime
    last: dt.datetime


@dataclass(frozen=True, slots=True)
class ReadState:
    """How the rollups of one transaction's snapshot relate to the ledger.

    Attributes:
        database: Which database of which cluster.
        server: The run of the leader; empty on a replica. Another run may give the same
            transaction ids to other lines.
        folded_below: The rollups hold every line with a lower xid.
        folded: The rollups also hold the lines of these later transactions.
        restored_through: Lines up to this id came with a dump; their xids are of another cluster.
        rollups_valid: False while the rollups belong to another cluster or are being rebuilt.
        same_database_cluster: False from a restore until it is noticed; until then `AsOf` has no
            meaning.
        timezone: Zone of the day and week rollups.
        ambiguous_days: The starts of the days of that zone that PostgreSQL and Python delimit
            differently, ascending.
        currency: The currency that amounts are converted to.
        week_start: ISO day that week rollups begin on.
        first_rates: The other currencies that lines are booked in, with the first day that each
            has an exchange rate for; `None` = it has none.
    """

    database: str
    server: str
    folded_below: int
    folded: tuple[int, ...]
    restored_through: int
    rollups_valid: bool
    same_database_cluster: bool
    timezone: str
    ambiguous_days: tuple[dt.datetime, ...]
    currency: str
    week_start: int
    first_rates: Mapping[str, dt.date | None]

    @property
    def has_foreign_currency(self) -> bool:
        """Whether any line is booked in another currency."""
        return bool(self.first_rates)

    @property
    def key(self) -> tuple[str, str, int, tuple[int, ...], int]:
        """Two transactions with the same key see the same lines in the rollups."""
        return (
            self.database,
            self.server,
            self.folded_below,
            self.folded,
            self.restored_through,
        )
