"""Tokens in PostgreSQL, looked up by digest and cached for a second."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg

from shopx_core.domain.api_tokens import Scope, Token, digest

REMEMBERED_SECONDS = 1.0
"""How long a revocation by another unit may take to have effect."""
REMEMBERED_TOKENS = 1024

_COLUMNS = "id, name, scopes, created_at, expires_at, revoked_at"
_FIND = f"select {_COLUMNS} from tokens where digest = $1"
_LIST = f"select {_COLUMNS} from tokens order by id desc limit 1000"
_REVOKE = f"""
update tokens set revoked_at = coalesce(revoked_at, now()) where id = $1 returning {_COLUMNS}
"""


def _token(row: asyncpg.Record) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


class TokenStore:
    """Finds tokens.

    A token is cached for `REMEMBERED_SECONDS`, so that a thousand requests a second cost one
    look-up; its expiry is checked at each request.

    Args:
        pool: Connections to the database.
        clock: Monotonic seconds.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self.revoked: Callable[[], None] | None = None
        """Called when a token was revoked here."""
        self._known: OrderedDict[bytes, tuple[float, Token | None]] = OrderedDict()

    async def find(self, secret: str) -> Token | None:
        """The accepted token with this secret; `None` if unknown, expired or revoked."""
        key = digest(secret)
        if key is None:
            return None
        known = self._known.get(key)
        if known is None or self._clock() >= known[0]:
            until = self._clock() + REMEMBERED_SECONDS
            row = await self._pool.fetchrow(_FIND, key)
            known = (until, _token(row) if row is not None else None)
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED_TOKENS:
                self._known.popitem(last=False)
        token = known[1]
        return token if token is not None and token.active(datetime.now(UTC)) else None

    def remembered(self, secret: str) -> Token | None:
        """The same without a look-up; `None` also where it would take one."""
        key = digest(secret)
        known = self._known.get(key) if key is not None else None
        if known is None or self._clock() >= known[0]:
            return None
        token = known[1]
        return token if token is not None and token.active(datetime.now(UTC)) else None

    async def list(self) -> list[Token]:
        """Every token, the newest first."""
        return [_token(row) for row in await self._pool.fetch(_LIST)]

    async def revoke(self, token_id: int) -> Token | None:
        """Refuse a token from now on; `None` without one. A repetition changes nothing."""
        row = await self._pool.fetchrow(_REVOKE, token_id)
        self.forget()
        if self.revoked is not None:
            self.revoked()
        return _token(row) if row is not None else None

    def forget(self) -> None:
        """Look every token up again."""
        self._known.clear()
