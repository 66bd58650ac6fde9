"""Tokens by their secrets: looked up in PostgreSQL, remembered, and accepted while it is away."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar

import asyncpg

from shopx_api.auth.rate_limits import Allowance, RateLimits, source_of
from shopx_api.auth.token_rows import COLUMNS, token_of
from shopx_core import logging
from shopx_core.domain.api_tokens import Token, digest
from shopx_core.errors import RateLimited, Unavailable

REMEMBERED_SECONDS: Final = 1.0
"""How long a revocation by another unit may take to have effect."""
AHEAD_SECONDS: Final = 0.5
"""The age at which a token in use is confirmed in the background."""
PATIENCE_SECONDS: Final = 0.5
"""How long a request with a known token waits for its confirmation."""
PAUSE_SECONDS: Final = 1.0
"""The pause between two look-ups of known tokens while the database does not answer."""
UNKNOWN_SECONDS: Final = 5.0
"""How long a secret that no token has is refused without another look-up."""
MAX_TOKENS: Final = 1024
MAX_UNKNOWN: Final = 4096
MAX_WAITING: Final = 64
"""Look-ups of unknown secrets at once."""
UNKNOWN_SECRETS: Final = Allowance(rate=10, burst=50)
"""Look-ups of unknown secrets by one source."""

_FIND: Final = f"select {COLUMNS} from tokens where digest = $1"
_AWAY: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

_T = TypeVar("_T")

_log = logging.get(__name__)


class Rows(Protocol):
    """Reads one row within a time limit; `SingleConnection` does."""

    async def row(self, statement: str, *arguments: object) -> asyncpg.Record | None:
        """The first row; it raises what a driver raises when the database is away."""


@dataclass(slots=True)
class _Known:
    token: Token
    confirmed: float
    """When the database had the token so, in monotonic seconds."""


class TokenStore:
    """Finds tokens.

    A token in use is looked up once a second, in the background; its expiry is checked at each
    request. While the database does not answer, tokens that it confirmed within `outage` seconds
    are accepted as they were; one look-up a second notices when it answers again, and then every
    token is confirmed before it is accepted. Secrets that no token has do not displace tokens, and
    each source may have only so many of them looked up.

    Args:
        rows: Reads from the database, over a connection of its own.
        outage: Seconds that a token is accepted without confirmation.
        clock: Monotonic seconds.
    """

    def __init__(
        self, rows: Rows, *, outage: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rows = rows
        self._outage = max(outage, REMEMBERED_SECONDS)
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._unknown: OrderedDict[bytes, float] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[Token | None]] = {}
        self._failures = RateLimits(UNKNOWN_SECRETS)
        self._away_since: float | None = None
        self._next_probe = 0.0
        self._generation = 0

    async def find(self, secret: str, source: str = "") -> Token | None:
        """The accepted token with this secret; `None` if unknown, expired or revoked.

        Args:
            secret: As sent.
            source: The address of the caller.

        Raises:
            RateLimited: The source sent too many unknown secrets.
            Unavailable: The database does not answer, and the token is not known.
        """
        key = digest(secret)
        if key is None:
            return None
        known = self._known.get(key)
        if known is not None and self._clock() - known.confirmed >= AHEAD_SECONDS:
            known = await self._confirmed(key, known)
        if known is not None:
            return known.token if known.token.active(datetime.now(UTC)) else None
        until = self._unknown.get(key)
        if until is not None and self._clock() < until:
            return None
        return await self._look_up_unknown(key, source_of(source))

    def remembered(self, secret: str) -> Token | None:
        """The same where that takes no look-up; `None` also where it would take one."""
        key = digest(secret)
        known = self._known.get(key) if key is not None else None
        if known is None or self._clock() - known.confirmed >= AHEAD_SECONDS:
            return None
        return known.token if known.token.active(datetime.now(UTC)) else None

    def forget(self) -> None:
        """Look every token up again."""
        self._known.clear()
        self._unknown.clear()
        # Look-ups under way may have read the state before.
        self._generation += 1
        self._running.clear()

    async def _confirmed(self, key: bytes, known: _Known) -> _Known | None:
        """The token as the database has it, or as it had it lately; `None` = not known."""
        task = self._confirming(key)
        if self._clock() - known.confirmed < REMEMBERED_SECONDS:
            return known
        if task is not None and self._away_since is None:
            await asyncio.wait((task,), timeout=PATIENCE_SECONDS)
            if not task.done():
                self._note_away("no answer")
        newest = self._known.get(key)
        if newest is None or self._clock() - newest.confirmed <= self._outage:
            return newest
        raise _unavailable()

    def _confirming(self, key: bytes) -> asyncio.Task[Token | None] | None:
        """The look-up of a known token; `None` while the database is given a pause."""
        if self._away_since is not None and key not in self._running:
            if self._clock() < self._next_probe:
                return None
            self._next_probe = self._clock() + PAUSE_SECONDS
        return self._looking_up(key)

    async def _look_up_unknown(self, key: bytes, source: str) -> Token | None:
        if key not in self._running:
            wait = self._failures.take(source, self._clock())
            if wait:
                raise RateLimited(
                    "Too many tokens that do not exist were sent from this address.",
                    hint="Check the token; `shopx token create` makes a new one.",
                    seconds=max(1, math.ceil(wait)),
                )
            if len(self._running) >= MAX_WAITING:
                raise _unavailable()
        task = self._looking_up(key)
        await asyncio.wait((task,))
        if task.cancelled() or task.exception() is not None:
            raise _unavailable()
        token = task.result()
        if token is None:
            return None
        self._failures.give_back(source)
        return token if token.active(datetime.now(UTC)) else None

    def _looking_up(self, key: bytes) -> asyncio.Task[Token | None]:
        """The one look-up of a secret that is under way."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._look_up(key))
            task.add_done_callback(lambda done: self._ended(key, done))
        return task

    async def _look_up(self, key: bytes) -> Token | None:
        # The state of the database is at least as new as this.
        began, generation = self._clock(), self._generation
        row = await self._rows.row(_FIND, key)
        if self._away_since is not None:
            _log.info("token_lookups_resumed", seconds=round(began - self._away_since, 1))
            self._away_since = None
        token = None if row is None else token_of(row)
        if generation == self._generation:
            self._remember(key, token, began)
        return token

    def _remember(self, key: bytes, token: Token | None, at: float) -> None:
        if token is None:
            self._known.pop(key, None)
            _keep(self._unknown, key, at + UNKNOWN_SECONDS, MAX_UNKNOWN)
        else:
            self._unknown.pop(key, None)
            _keep(self._known, key, _Known(token, at), MAX_TOKENS)

    def _ended(self, key: bytes, task: asyncio.Task[Token | None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, _AWAY):
            self._note_away(type(error).__name__)
        elif error is not None:
            _log.error("token_lookup_failed", exc_info=error)

    def _note_away(self, reason: str) -> None:
        if self._away_since is None:
            self._away_since = self._clock()
            self._next_probe = self._clock() + PAUSE_SECONDS
            _log.warning("token_lookups_failed", reason=reason, accepted_for=self._outage)


def _unavailable() -> Unavailable:
    return Unavailable(
        "The token cannot be checked: the database does not answer.",
        hint="Try again in a few seconds.",
    )


def _keep(memory: OrderedDict[bytes, _T], key: bytes, value: _T, limit: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > limit:
        memory.popitem(last=False)
