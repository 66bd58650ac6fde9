"""The table of tokens: rows as `Token`, and what admins do with them."""

from collections.abc import Callable
from typing import Final

import asyncpg

from shopx_core.domain.api_tokens import Scope, Token

COLUMNS: Final = "id, name, scopes, sources, created_at, expires_at, revoked_at"
_LIST: Final = f"select {COLUMNS} from tokens order by id desc limit 1000"
_REVOKE: Final = f"""
update tokens set revoked_at = coalesce(revoked_at, now()) where id = $1 returning {COLUMNS}
"""


def token_of(row: asyncpg.Record) -> Token:
    """The token in a row of `COLUMNS`."""
    sources = row["sources"]
    return Token(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"])),
        sources=None if sources is None else frozenset(sources),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


class TokenAdministration:
    """Lists and revokes tokens.

    Args:
        pool: Connections for writes.
        timeout: Seconds to wait for one.
    """

    def __init__(self, pool: asyncpg.Pool, *, timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout
        self.listeners: list[Callable[[], None]] = []
        """Called when a token was revoked, before that is answered."""

    async def list(self) -> list[Token]:
        """Every token, the newest first."""
        async with self._pool.acquire(timeout=self._timeout) as connection:
            return [token_of(row) for row in await connection.fetch(_LIST)]

    async def revoke(self, token_id: int) -> Token | None:
        """Refuse a token from now on; `None` without one. A repetition changes nothing."""
        async with self._pool.acquire(timeout=self._timeout) as connection:
            row = await connection.fetchrow(_REVOKE, token_id)
        for listener in self.listeners:
            listener()
        return token_of(row) if row is not None else None
