"""Make the coming months' partitions."""

from typing import Any

import psycopg

from shopx_core.jobs import UpkeepPartitions
from shopx_store.partitions import make_ahead


def run(connection: psycopg.Connection, job: UpkeepPartitions) -> dict[str, Any]:
    """Make those that are missing; running it twice makes nothing twice."""
    done = make_ahead(connection, job.ahead)
    return {"made": done.made, "months_left": done.left}
