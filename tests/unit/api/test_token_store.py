"""Known tokens while the database is away, slow, back; and secrets that no token has."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from shopx_api.auth.tokens import (
    MAX_TOKENS,
    MAX_UNKNOWN,
    PATIENCE_SECONDS,
    UNKNOWN_SECRETS,
    TokenStore,
)
from shopx_core.domain.api_tokens import digest, new_secret
from shopx_core.errors import RateLimited, Unavailable

NOW = dt.datetime.now(dt.UTC)


@dataclass
class Rows:
    """A table of tokens, behind a database that a test stops."""

    table: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    before: Callable[[], Awaitable[None]] | None = None
    looked_up: int = 0

    async def row(self, _statement: str, *arguments: object) -> Any:
        self.looked_up += 1
        if self.before is not None:
            await self.before()
        (key,) = arguments
        assert isinstance(key, bytes)
        return self.table.get(key)

    def add(self) -> str:
        secret = new_secret()
        key = digest(secret)
        assert key is not None
        self.table[key] = {
            "id": len(self.table) + 1,
            "name": "test",
            "scopes": ["read"],
            "sources": None,
            "created_at": NOW,
            "expires_at": None,
            "revoked_at": None,
        }
        return secret

    def revoke(self, secret: str) -> None:
        key = digest(secret)
        assert key is not None
        self.table[key] = self.table[key] | {"revoked_at": NOW}


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(rows: Rows, clock: Clock) -> TokenStore:
    return TokenStore(rows, outage=120, clock=clock)


async def never() -> None:
    await asyncio.Event().wait()


async def refused() -> None:
    raise ConnectionRefusedError


async def test_a_token_in_use_costs_one_look_up_a_second(
    rows: Rows, clock: Clock, store: TokenStore
) -> None:
    secret = rows.add()
    for _ in range(1000):
        assert await store.find(secret) is not None
        clock.now += 0.01
        await asyncio.sleep(0)
    assert 10 <= rows.looked_up <= 21


@pytest.mark.parametrize("outage", [never, refused], ids=["hangs", "refuses"])
async def test_known_tokens_are_accepted_while_the_database_is_away(
    rows: Rows, clock: Clock, store: TokenStore, outage: Callable[[], Awaitable[None]]
) -> None:
    """At once after the first, up to the limit; unknown ones are told to come back."""
    first, second = rows.add(), rows.add()
    for secret in (first, second):
        assert await store.find(secret) is not None
    rows.before = outage
    clock.now += 5
    loop = asyncio.get_running_loop()
    waits = []
    for _ in range(100):
        for secret in (first, second):
            began = loop.time()
            assert await store.find(secret) is not None
            waits.append(loop.time() - began)
        clock.now += 0.5
    assert sum(wait >= PATIENCE_SECONDS for wait in waits) <= 3
    if outage is refused:
        with pytest.raises(Unavailable):
            await store.find(new_secret())
    clock.now += 120
    with pytest.raises(Unavailable):
        await store.find(first)


async def test_probes_are_few_while_the_database_is_away(
    rows: Rows, clock: Clock, store: TokenStore
) -> None:
    secrets = [rows.add() for _ in range(50)]
    for secret in secrets:
        await store.find(secret)
    rows.before = refused
    before = rows.looked_up
    for _ in range(10):
        clock.now += 1
        for secret in secrets:
            assert await store.find(secret) is not None
    assert rows.looked_up - before <= 60


async def test_a_revocation_wins_as_soon_as_the_database_is_back(
    rows: Rows, clock: Clock, store: TokenStore
) -> None:
    first, second = rows.add(), rows.add()
    for secret in (first, second):
        await store.find(secret)
    rows.before = refused
    for secret in (first, second):
        rows.revoke(secret)
        clock.now += 2
        assert await store.find(secret) is not None
    rows.before = None
    clock.now += 1.1
    await store.find(first)
    await asyncio.sleep(0.01)
    assert await store.find(first) is None
    assert await store.find(second) is None


async def test_what_was_known_before_a_revocation_here_is_forgotten(
    rows: Rows, store: TokenStore
) -> None:
    """Also when a look-up from before it ends after it."""
    secret = rows.add()
    await store.find(secret)
    store.forget()
    gate = asyncio.Event()

    async def slow() -> None:
        await gate.wait()

    rows.before = slow
    finding = asyncio.create_task(store.find(secret))
    await asyncio.sleep(0)
    store.forget()
    rows.before = None
    rows.revoke(secret)
    assert await store.find(secret) is None
    gate.set()
    await finding
    assert await store.find(secret) is None


async def test_random_secrets_of_a_source_are_throttled(
    rows: Rows, clock: Clock, store: TokenStore
) -> None:
    """650 a second, for two seconds; a caller elsewhere and a known token notice nothing."""
    known, fresh = rows.add(), rows.add()
    await store.find(known, "192.0.2.9")
    waits = []
    for _ in range(1300):
        clock.now += 1 / 650
        try:
            assert await store.find(new_secret(), "192.0.2.9") is None
        except RateLimited as error:
            waits.append(error.details["seconds"])
    assert set(waits) == {1}
    assert rows.looked_up <= UNKNOWN_SECRETS.burst + 2 * UNKNOWN_SECRETS.rate + 10
    assert len(waits) > 1200
    assert await store.find(known, "192.0.2.9") is not None
    assert await store.find(fresh, "192.0.2.10") is not None


async def test_a_wrong_token_that_is_sent_again_is_looked_up_seldom(
    rows: Rows, clock: Clock, store: TokenStore
) -> None:
    wrong = new_secret()
    for _ in range(1000):
        clock.now += 0.01
        assert await store.find(wrong, "192.0.2.9") is None
    assert rows.looked_up <= 3


async def test_memory_is_bounded_and_random_secrets_displace_no_token(
    rows: Rows, clock: Clock, store: TokenStore
) -> None:
    secrets = [rows.add() for _ in range(MAX_TOKENS)]
    for secret in secrets:
        await store.find(secret)
    for number in range(MAX_UNKNOWN + 100):
        clock.now += 0.0001
        await store.find(new_secret(), f"source {number}")
    assert len(store._unknown) == MAX_UNKNOWN
    assert len(store._known) == MAX_TOKENS


async def test_text_that_is_no_token_is_not_looked_up(rows: Rows, store: TokenStore) -> None:
    for text in ("", "x", "shx_", "shx_" + "a" * 42, "shx_" + "a" * 44, "shx_" + "ä" * 43):
        assert await store.find(text) is None
    assert rows.looked_up == 0


async def test_many_callers_of_one_token_share_a_look_up(rows: Rows, store: TokenStore) -> None:
    secret = rows.add()
    found = await asyncio.gather(*(store.find(secret) for _ in range(100)))
    assert all(found)
    assert rows.looked_up == 1
