"""Readiness: whether a process may be sent requests."""

from typing import Final

import asyncpg

from shopx_api.graphql.errors import DATABASE_UNREACHABLE

MINIMUM_REVISION: Final = 8
"""The oldest database schema that this build supports."""

_REVISION = "select version_num from alembic_version"


class Readiness:
    """Ready once the database has a schema that this build supports.

    It stays ready when the database becomes unreachable later: cached responses can still be
    served, and taking every process out of service would make a partial outage a total one.

    Args:
        pool: Connections to the database.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._ready = False

    async def reason(self) -> str | None:
        """Why the process is not ready; `None` when it is."""
        if self._ready:
            return None
        try:
            found = await self._pool.fetchval(_REVISION, timeout=2)
        except asyncpg.UndefinedTableError:
            return "the database has no schema yet: run `shopx migrate`"
        except (*DATABASE_UNREACHABLE, asyncpg.PostgresError, TimeoutError):
            return "the database cannot be reached"
        if not isinstance(found, str) or not found.isdecimal():
            return f"the database is at the unknown revision {found!r}"
        if int(found) < MINIMUM_REVISION:
            return f"the database is at revision {found}: run `shopx migrate`"
        self._ready = True
        return None
