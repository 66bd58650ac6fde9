"""Send the reports that are due."""

from typing import Any

import psycopg

from shopx_core.jobs import SendReports
from shopx_core.settings import Settings
from shopx_workers.reports.run import send_due


def run(connection: psycopg.Connection, _job: SendReports, settings: Settings) -> dict[str, Any]:
    """Send what is due; running it twice, also at once, sends nothing twice."""
    return send_due(connection, settings)
