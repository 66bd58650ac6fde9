"""Telling the planner what a bulk load has changed, so that nobody waits for autovacuum to notice.

The ledger's partitions are left to it: there are many, their sizes alone make good plans, and each
costs as much to sample as all of these together.
"""

from typing import Final

import psycopg

from shopx_store.rollups.sql import MEASURES, ROLLUPS

LOOKED_UP: Final = "order_keys, products, customers"
"""What the next import looks its orders, products and customers up in."""
READ: Final = ", ".join(
    f"{rollup.table} ({', '.join(name for name in rollup.columns if name not in MEASURES)})"
    for rollup in ROLLUPS
)
"""What readers read, by the columns that they choose rows by: sorting a sample of amounts, which
nobody asks for, takes most of the time. Autovacuum still comes for those."""
MANY: Final = 10_000
"""From so many new lines on, the rollups are another thing than before."""


def gather(connection: psycopg.Connection, new_lines: int) -> None:
    """Gather statistics after a load; `connection` is in autocommit mode."""
    connection.execute(f"analyze {LOOKED_UP}")
    if new_lines >= MANY:
        connection.execute(f"analyze {READ}")
