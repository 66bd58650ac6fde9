"""Refresh one materialized view."""

from typing import Any

import psycopg

from shopx_core.jobs import RefreshView
from shopx_core.settings import Settings
from shopx_store.matviews.refresh import refresh


def run(connection: psycopg.Connection, job: RefreshView, _settings: Settings) -> dict[str, Any]:
    """Refresh it, unless another session is doing so; running it twice is harmless."""
    done = refresh(connection, job.name, concurrently=job.concurrently)
    return {"view": job.name, "skipped": done is None}
