"""Whether a process lives, and whether it may be sent requests."""

from typing import Final

import asyncpg

from shopx_api.graphql.errors import DATABASE_AWAY

MINIMUM_REVISION: Final = 8
"""The oldest database schema that this build can work with."""

_REVISION = "select version_num from alembic_version"


class Readiness:
    """Ready once the database has a schema that this build knows.

    It stays ready when the database goes away later: what is cached can still be served, and
    taking every process out of service would turn an outage of one part into one of all.

    Args:
        pool: Connections to the database.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._ready = False

    async def reason(self) -> str | None:
        """Why it is not ready; `None` when it is."""
        if self._ready:
            return None
        try:
            found = await self._pool.fetchval(_REVISION, timeout=2)
        except asyncpg.UndefinedTableError:
            return "the database has no schema yet: run `shopx migrate`"
        except (*DATABASE_AWAY, asyncpg.PostgresError, TimeoutError):
            return "the database cannot be reached"
        if not isinstance(found, str) or not found.isdecimal():
            return f"the database is at the unknown revision {found!r}"
        if int(found) < MINIMUM_REVISION:
            return f"the database is at revision {found}: run `shopx migrate`"
        self._ready = True
        return None
