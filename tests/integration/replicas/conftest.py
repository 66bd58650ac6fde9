"""A leader, a replica and what reads them."""

import asyncio
import contextlib
import datetime as dt
import random
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import asyncpg
import psycopg
import pytest

from shopx_api.data import replicas as reads_of_replicas
from shopx_api.data.limiter import Limiter
from shopx_api.data.operation_data import OperationData
from shopx_api.data.replicas import Fallback, Replicas
from shopx_api.response_cache.leader_marks import LeaderMarks
from shopx_api.response_cache.snapshot_source import SnapshotSource
from shopx_api.server.pools import read_pool, replica_pool
from shopx_api.telemetry import Telemetry
from shopx_core.settings import Settings
from shopx_store.query import AsOf, SalesQuery, SalesScope
from tests.support import raw_sql
from tests.support.ledger_corpus import DAYS, START, ZONES, Shop
from tests.support.postgres import Database, PostgresServer
from tests.support.streaming_postgres import Replica, streaming

CONNECTIONS = 4
PATIENCE = 8.0
"""Seconds that a busy machine may take to open a connection."""
_LAST = "select count(*) from order_items"


def settings_of(database: Database, replica: Replica) -> Settings:
    """Settings of a process that may read both."""
    return Settings(
        database={
            "dsn": database.dsn,
            "pool_size": CONNECTIONS,
            "replica_address": replica.address,
        },
        auth={"mode": "development"},
        log={"level": "ERROR"},
    )


@dataclass(slots=True)
class Answer:
    """What plain SQL says as of a snapshot."""

    as_of: AsOf
    query: SalesQuery
    rows: raw_sql.Answer


@dataclass(slots=True)
class Stand:
    """A shop whose leader is written to, and readers that may ask the replica."""

    leader: PostgresServer
    replica: Replica
    database: Database
    reads: asyncpg.Pool
    replicas: Replicas
    telemetry: Telemetry
    source: SnapshotSource
    random: random.Random
    shop: Shop = field(init=False)

    def __post_init__(self) -> None:
        self.shop = Shop(self.random)

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """To the leader."""
        with psycopg.connect(self.database.dsn, autocommit=True) as made:
            yield made

    def act(self, number: int = 1) -> None:
        """Book so many documents."""
        with self.connection() as connection:
            before, (now,) = 0, connection.execute(_LAST).fetchone() or (0,)
            for _ in range(number):
                before = now
                # A return of what was returned before books nothing.
                while now == before:
                    self.shop.act(connection)
                    (now,) = connection.execute(_LAST).fetchone() or (0,)

    async def snapshot(self) -> AsOf:
        """Take a snapshot, as the clock does; its mark follows."""
        seen = await self.source.observe(None)
        assert seen.server
        return AsOf(seen.snapshot, seen.at, seen.server)

    async def answers(self, number: int = 3) -> list[Answer]:
        """What plain SQL says now, and the snapshot of now: nothing is booked in between."""
        as_of = await self.snapshot()
        with self.connection() as connection:
            return [
                Answer(as_of, query, raw_sql.answer(connection, query))
                for query in self.queries(number)
            ]

    def queries(self, number: int) -> list[SalesQuery]:
        """Random queries that plain SQL can answer."""
        r = self.random
        return [
            SalesQuery(
                scope=SalesScope.EVERYTHING,
                measures=raw_sql.COVERED,
                start=(first := START + dt.timedelta(days=r.randrange(-2, DAYS), minutes=17)),
                end=first + dt.timedelta(days=r.choice([1, 20, 100])),
                zone=r.choice(ZONES),
                by=tuple(r.sample(raw_sql.DIMENSIONS, r.choice([0, 1, 2]))),
            )
            for _ in range(number)
        ]

    def operation(self, as_of: AsOf | None, *, replicas: bool = True) -> OperationData:
        """An operation as of a snapshot."""
        return OperationData(
            self.reads,
            as_of,
            limiter=Limiter(limit=CONNECTIONS, max_waiting=sys.maxsize, timeout=10),
            acquire_timeout=5,
            telemetry=self.telemetry,
            operation="Test",
            replicas=self.replicas if replicas else None,
            named=True,
        )

    async def read(self, answer: Answer) -> raw_sql.Answer:
        """Answer it as the endpoint does: anew without replicas, where one failed."""
        for replicas in (True, False):
            data = self.operation(answer.as_of, replicas=replicas)
            try:
                async with data:
                    result = await data.aggregate(answer.query)
            except Exception:
                if not data.lost_replica:
                    raise
            else:
                return raw_sql.rows_of(list(result.rows), answer.query)
        raise AssertionError("the leader failed")

    async def expect(self, answers: list[Answer]) -> None:
        """Each answer is what plain SQL said."""
        for answer in answers:
            assert await self.read(answer) == answer.rows, (answer.as_of, answer.query)

    def answered(self, server: str) -> int:
        """How many transactions a kind of server began."""
        return int(self.telemetry.reads.labels(server)._value.get())

    def fell_back(self, reason: Fallback) -> int:
        """How often the leader answered for a reason."""
        return int(self.telemetry.replica_fallbacks.labels(reason.value)._value.get())

    async def asked_again(self) -> None:
        """Wait until a replica that was of no use is asked again."""
        await asyncio.sleep(max(0.0, self.replicas.paused))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica is away only where a test takes it away."""
    monkeypatch.setattr(reads_of_replicas, "OPEN_SECONDS", PATIENCE)


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, Replica]]:
    """Of each test: it stops and promotes them."""
    with streaming() as made:
        yield made


@pytest.fixture
async def stand(servers: tuple[PostgresServer, Replica]) -> AsyncIterator[Stand]:
    """A small shop; the replica has it all."""
    leader, replica = servers
    database = leader.migrated()
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
    settings = settings_of(database, replica)
    telemetry = Telemetry()
    replica_reads = replica_pool(settings)
    assert replica_reads is not None
    replica.caught_up(leader)
    marks = LeaderMarks(database.dsn, timeout=5)
    source = SnapshotSource(database.dsn, timeout=5, marks=marks)
    async with read_pool(settings) as reads, replica_reads:
        limiter = Limiter(limit=CONNECTIONS, max_waiting=0, timeout=0)
        replicas = Replicas(replica_reads, limiter, seconds=3, telemetry=telemetry)
        made = Stand(
            leader,
            replica,
            database,
            reads,
            replicas,
            telemetry,
            source,
            random.Random(5),
        )
        made.act(20)
        # The leader's calendar is known from its first answer.
        async with made.operation(None, replicas=False) as data:
            await data.now()
        yield made
        await source.stop()
