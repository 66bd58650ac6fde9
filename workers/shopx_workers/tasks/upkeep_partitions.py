"""Make the coming months' partitions."""

from typing import Any

import psycopg

from shopx_core.jobs import UpkeepPartitions
from shopx_core.settings import Settings
from shopx_store.partitions import keep_up


def run(
    connection: psycopg.Connection, job: UpkeepPartitions, _settings: Settings
) -> dict[str, Any]:
    """Make those that are missing, and merge old ones; running it twice makes nothing twice."""
    done = keep_up(connection, job.ahead)
    return {"made": done.made, "months_left": done.left, "merged": list(done.merged)}
