"""How the ledger is partitioned, and the locks that PostgreSQL needs for it. Pure.

A statement that cannot name a time, such as a look for lines not folded yet, locks every partition
and every index of it until its transaction ends. Few partitions keep that small: months for the
present and the last years, one partition a year before.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from shopx_core.domain.booking_window import EARLIEST

PARENTS: Final = ("orders", "order_items")

MONTHLY_YEARS: Final = 2
"""So many whole years before the current one have a partition a month; earlier ones a year.
`make_partition` (migration 014) has the same number."""

_RELATIONS: Final = 8
"""Tables and indexes of one period: order lines and four indexes, orders and two."""
_OTHERS: Final = 32
"""What a transaction locks besides: rollups, reference tables and their indexes."""
_MOST_AHEAD: Final = 24
"""The most that `partitions.ahead` may be; its value must not restart a server."""
_LAST_YEAR: Final = 2050
"""The end of the time that the bundled servers are sized for."""


def month_name(parent: str, month: dt.date) -> str:
    """The name of a month's partition."""
    return f"{parent}_y{month.year:04}m{month.month:02}"


def year_name(parent: str, year: int) -> str:
    """The name of a year's partition."""
    return f"{parent}_y{year:04}"


def is_yearly(year: int, today: dt.date) -> bool:
    """Whether a year has one partition, by a day in UTC."""
    return year < today.year - MONTHLY_YEARS


def locks_of_a_transaction(periods: int) -> int:
    """How many locks a transaction may hold that reads all of the ledger.

    Args:
        periods: Months and years that have partitions.
    """
    return periods * _RELATIONS + _OTHERS


def locks_at_most() -> int:
    """`max_locks_per_transaction` for a server of our own: whatever is booked, it suffices.

    PostgreSQL keeps room for this many for each connection, about 270 bytes each.
    """
    years = _LAST_YEAR - EARLIEST.year
    return locks_of_a_transaction(years + (MONTHLY_YEARS + 1) * 12 + _MOST_AHEAD)


@dataclass(frozen=True, slots=True)
class LockCapacity:
    """A server's room for locks, beside what the ledger may need.

    Attributes:
        periods: Months and years that have partitions.
        connections: Connections that the server accepts.
        held: Locks that all transactions together can hold: `max_locks_per_transaction` x
            (`max_connections` + `max_prepared_transactions`).
    """

    periods: int
    connections: int
    held: int

    @property
    def suffices(self) -> bool:
        """Whether every connection can read all of the ledger at once."""
        return self.held >= self.needed

    @property
    def needed(self) -> int:
        """Locks that all connections need together."""
        return locks_of_a_transaction(self.periods) * self.connections

    @property
    def advice(self) -> str:
        """What to set, one sentence."""
        return (
            f"{self.connections} connections that read all of the ledger's {self.periods} periods"
            f" need {self.needed:,} locks, and the server has room for {self.held:,}: set"
            f" max_locks_per_transaction to {locks_of_a_transaction(self.periods)} and restart it."
        )
