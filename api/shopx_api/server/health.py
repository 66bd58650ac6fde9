"""Readiness: whether a process may be sent requests."""

from typing import Final

import asyncpg

from shopx_api.data.single_connection import SingleConnection
from shopx_api.graphql.errors import DATABASE_UNREACHABLE

MINIMUM_REVISION: Final = 18
"""The oldest database schema that this build supports."""

_REVISION = "select version_num from alembic_version"


class Readiness:
    """Ready once the database has a schema that this build supports.

    It stays ready when the database becomes unreachable later: cached responses can still be
    served, and taking every process out of service would make a partial outage a total one.

    Args:
        database: Reads one row within a time limit.
    """

    def __init__(self, database: SingleConnection) -> None:
        self._database = database
        self._ready = False

    async def reason(self) -> str | None:
        """Why the process is not ready; `None` when it is."""
        if self._ready:
            return None
        try:
            row = await self._database.row(_REVISION)
        except asyncpg.UndefinedTableError:
            return "the database has no schema yet: run `shopx migrate`"
        except (*DATABASE_UNREACHABLE, asyncpg.PostgresError, TimeoutError):
            return "the database cannot be reached"
        found = row["version_num"] if row is not None else None
        if not isinstance(found, str) or not found.isdecimal():
            return f"the database is at the unknown revision {found!r}"
        if int(found) < MINIMUM_REVISION:
            return f"the database is at revision {found}: run `shopx migrate`"
        self._ready = True
        return None
