"""Gathering planner statistics after a bulk load, instead of waiting for autovacuum.

The ledger's partitions are left to autovacuum: there are many, their sizes alone make good plans,
and sampling one costs as much as sampling all of these tables.
"""

from typing import Final

import psycopg

from shopx_store.rollups.sql import MEASURES, ROLLUPS

LOOKED_UP: Final = "order_keys, products, customers"
"""The tables in which the next import looks up its orders, products and customers."""
READ: Final = ", ".join(
    f"{rollup.table} ({', '.join(name for name in rollup.columns if name not in MEASURES)})"
    for rollup in ROLLUPS
)
"""The rollups, by the columns that readers filter by. Sorting samples of amounts would take most of
the time, and no plan needs them; autovacuum gathers those."""
MANY: Final = 10_000
"""With this many new lines, the statistics of the rollups are out of date."""


def gather(connection: psycopg.Connection, new_lines: int) -> None:
    """Gather statistics after a load; `connection` is in autocommit mode."""
    # An import's session samples less of what it stages.
    connection.execute("reset default_statistics_target")
    connection.execute(f"analyze {LOOKED_UP}")
    if new_lines >= MANY:
        connection.execute(f"analyze {READ}")
