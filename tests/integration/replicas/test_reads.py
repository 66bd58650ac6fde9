"""A replica answers what it has, and what it lacks the leader answers: the figures are the same."""

import asyncio
import contextlib
import random
import time

import asyncpg
import psycopg
import pytest

from shopx_api.data import replicas
from shopx_api.data.replicas import Fallback
from shopx_api.response_cache.snapshot_source import SnapshotSource
from shopx_store.query import AsOf
from shopx_store.rollups.fold import fold
from shopx_store.sql import raw
from tests.integration.replicas.conftest import CONNECTIONS, PATIENCE, Answer, Stand
from tests.support.ledger_corpus import Shop
from tests.support.streaming_postgres import until

pytestmark = pytest.mark.slow


async def marked(stand: Stand, as_of: AsOf) -> None:
    """Wait until the replica has the mark of a snapshot."""
    async with asyncio.timeout(30):
        while True:
            await stand.asked_again()
            async with contextlib.AsyncExitStack() as stack:
                if await stand.replicas.open(stack, as_of) is not None:
                    return
            await asyncio.sleep(0.01)


async def test_both_servers_give_the_same_answers(stand: Stand) -> None:
    """As of the same snapshot, with lines that are folded and lines that are not."""
    answers = await stand.answers(10)
    with stand.connection() as connection:
        fold(connection)
    stand.act(5)
    await marked(stand, answers[0].as_of)
    began = stand.answered("replica")
    await stand.expect(answers)
    assert stand.answered("replica") - began == len(answers)


async def test_a_database_at_rest_gets_no_further_marks(stand: Stand) -> None:
    """One mark shows all snapshots until something is committed."""
    with stand.connection() as connection:
        # It commits as well.
        connection.execute("alter system set autovacuum = off")
        connection.execute("select pg_reload_conf()")
        settled = "select count(*) from pg_stat_activity where backend_type like 'autovacuum%'"
        until(lambda: connection.execute(settled).fetchone() == (0,))
    first = await stand.snapshot()
    await marked(stand, first)
    (before,) = stand.replica.ask("select xid::text from replication_mark", stand.database.name)
    for _ in range(3):
        as_of = await stand.snapshot()
        await marked(stand, as_of)
    (after,) = stand.replica.ask("select xid::text from replication_mark", stand.database.name)
    assert after == before
    stand.act()
    await marked(stand, await stand.snapshot())
    (then,) = stand.replica.ask("select xid::text from replication_mark", stand.database.name)
    assert then != before


async def test_what_was_written_is_read_while_the_replica_stands_still(stand: Stand) -> None:
    """After each write the leader answers; after the replay goes on, the replica does."""
    await marked(stand, (await stand.answers())[0].as_of)
    stand.replica.pause()
    began = stand.answered("replica")
    for _ in range(20):
        stand.act()
        await stand.expect(await stand.answers(1))
    assert stand.answered("replica") == began
    assert stand.fell_back(Fallback.BEHIND) >= 1
    assert stand.telemetry.replica_lag._value.get() > 0
    stand.replica.resume()
    answers = await stand.answers()
    await marked(stand, answers[0].as_of)
    began = stand.answered("replica")
    await stand.expect(answers)
    assert stand.answered("replica") == began + len(answers)
    assert stand.telemetry.replica_lag._value.get() == 0


async def test_a_replica_that_is_a_little_behind_is_waited_for(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "WAIT_SECONDS", PATIENCE)
    await marked(stand, await stand.snapshot())
    stand.replica.pause()
    stand.act()
    answers = await stand.answers(1)
    reading = asyncio.create_task(stand.expect(answers))
    await asyncio.sleep(0.05)
    stand.replica.resume()
    began = stand.answered("leader")
    await reading
    assert stand.answered("leader") == began
    assert stand.answered("replica") >= 1


async def test_a_transaction_that_ran_during_the_snapshot_is_not_seen(stand: Stand) -> None:
    """It commits before the replica is asked, which has it then, and the as-of has not."""
    with stand.connection() as open_one:
        with open_one.transaction():
            stand.shop.book(open_one, 5)
            answers = await stand.answers(6)
            stand.act(3)
            later = await stand.answers(1)
        await marked(stand, answers[0].as_of)
        last = await stand.answers(3)
        await marked(stand, last[0].as_of)
    began = stand.answered("replica")
    await stand.expect([*answers, *later, *last])
    assert stand.answered("replica") == began + 10


async def test_without_a_named_run_or_exactly_now_the_leader_answers(stand: Stand) -> None:
    """A token of a process that knows of no replicas, and a read of now."""
    as_of = await stand.snapshot()
    await marked(stand, as_of)
    began = stand.answered("replica")
    for wanted in (AsOf(as_of.snapshot, as_of.at), None):
        async with stand.operation(wanted) as data:
            assert (await data.fetch(raw("select pg_is_in_recovery()")))[0][0] is False
            assert data.as_of is not None
    assert stand.answered("replica") == began
    async with stand.operation(as_of) as data:
        assert (await data.fetch(raw("select pg_is_in_recovery()")))[0][0] is True


async def test_the_token_of_an_exact_read_can_be_proved(stand: Stand) -> None:
    """What a client read after its write, replicas can answer as well, after they have it."""
    stand.act()
    async with stand.operation(None) as data:
        await data.now()
        as_of = data.as_of
    assert as_of is not None
    assert as_of.server
    await stand.snapshot()
    await marked(stand, as_of)


async def test_no_snapshot_is_taken_on_a_replica(stand: Stand) -> None:
    """It would not list what runs on the leader, and its commit would go unnoticed."""
    source = SnapshotSource(stand.replica.server.dsn(stand.database.name), timeout=5)
    with pytest.raises(asyncpg.InterfaceError, match="leads to a replica"):
        await source.observe(None)
    await source.stop()


async def test_where_no_mark_can_be_written_the_leader_answers(stand: Stand) -> None:
    """As by a role without the right; the snapshots go on."""
    stand.act()
    with stand.connection() as connection:
        connection.execute("alter table replication_mark rename to away")
    answers = await stand.answers(2)
    await stand.expect(answers)
    with stand.connection() as connection:
        connection.execute("alter table away rename to replication_mark")
    await marked(stand, await stand.snapshot())
    began = stand.answered("replica")
    await stand.expect(answers)
    assert stand.answered("replica") == began + 2


async def test_a_promoted_replica_is_left_alone(stand: Stand) -> None:
    """Its data go on without the leader's: what is booked afterwards is on the leader alone."""
    answers = await stand.answers()
    await marked(stand, answers[0].as_of)
    stand.replica.promote()
    with psycopg.connect(
        stand.replica.server.dsn(stand.database.name), autocommit=True
    ) as connection:
        Shop(random.Random(9)).act(connection, 20)
    stand.act(5)
    began = stand.answered("replica")
    for _ in range(5):
        await stand.asked_again()
        await stand.expect([*await stand.answers(1), *answers])
    assert stand.answered("replica") == began
    assert stand.fell_back(Fallback.LEADER) >= 5


async def test_a_replica_of_a_lost_history_proves_nothing(stand: Stand) -> None:
    """After a failover it may follow another leader, whose transaction ids repeat.

    The marks on the replica are of another run of the server than the as-of.
    """
    (answer, *_) = await stand.answers()
    await marked(stand, answer.as_of)
    other = f"{answer.as_of.server}1"
    assert other != answer.as_of.server
    moved = Answer(AsOf(answer.as_of.snapshot, answer.as_of.at, other), answer.query, answer.rows)
    began = stand.answered("replica")
    await stand.expect([moved])
    assert stand.answered("replica") == began
    assert stand.fell_back(Fallback.BEHIND) >= 1


async def test_a_replica_that_was_killed_is_done_without_and_used_again(stand: Stand) -> None:
    """While it is away nothing waits for it."""
    answers = await stand.answers()
    await marked(stand, answers[0].as_of)
    stand.replica.kill()
    for _ in range(5):
        stand.act()
        began = time.monotonic()
        await stand.expect(await stand.answers(3))
        assert time.monotonic() - began < 3 * PATIENCE
    assert stand.fell_back(Fallback.AWAY) >= 5
    stand.replica.start()
    answers = await stand.answers()
    await marked(stand, answers[0].as_of)
    began_at = stand.answered("replica")
    await stand.expect(answers)
    assert stand.answered("replica") == began_at + len(answers)


async def test_a_replica_that_fails_between_two_statements(stand: Stand) -> None:
    """The operation is told, so that the leader answers all of it."""
    answers = await stand.answers(2)
    await marked(stand, answers[0].as_of)
    data = stand.operation(answers[0].as_of)
    async with data:
        await data.aggregate(answers[0].query)
        stand.replica.kill()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await data.aggregate(answers[1].query)
    assert data.lost_replica
    assert stand.fell_back(Fallback.CANCELLED) == 1
    await stand.expect(answers)


async def test_a_frozen_replica_holds_nothing_up_for_long(stand: Stand) -> None:
    """Its kernel takes what is sent, and no answer comes: before and within an operation."""
    answers = await stand.answers(2)
    await marked(stand, answers[0].as_of)
    data = stand.operation(answers[0].as_of)
    async with data:
        await data.aggregate(answers[0].query)
        stand.replica.freeze()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await data.aggregate(answers[1].query)
        assert time.monotonic() - began < stand.replicas.seconds + 1
    assert data.lost_replica
    began = time.monotonic()
    await stand.asked_again()
    await stand.expect(answers)
    assert time.monotonic() - began < 3 * PATIENCE
    assert stand.fell_back(Fallback.AWAY) >= 1
    stand.replica.thaw()
    await marked(stand, (await stand.answers())[0].as_of)


async def test_a_conflict_with_recovery_is_no_error(stand: Stand) -> None:
    """The leader locks a table that a read on the replica holds, which recovery does not wait for.

    It cancels the statement, or ends the session of a transaction between two statements.
    """
    stand.replica.cancel_reads()
    answers = await stand.answers(2)
    await marked(stand, answers[0].as_of)
    data = stand.operation(answers[0].as_of)
    async with data:
        await data.aggregate(answers[0].query)
        with stand.connection() as connection, connection.transaction():
            for table in ("order_items", "watermark", "products"):
                connection.execute(f"lock table {table} in access exclusive mode".encode())
        stand.replica.caught_up(stand.leader)
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await data.fetch(raw("select count(*) from order_items"))
    assert data.lost_replica
    running = stand.operation(answers[0].as_of)
    async with running:
        await marked(stand, answers[0].as_of)
        waiting = asyncio.create_task(
            running.fetch(raw("select pg_sleep(30) from order_items limit 1"))
        )
        await asyncio.sleep(0.3)
        with stand.connection() as connection, connection.transaction():
            connection.execute("lock table order_items in access exclusive mode")
        with pytest.raises(asyncpg.PostgresError) as refused:
            await waiting
        assert "conflict with recovery" in str(refused.value)
    assert running.lost_replica
    await stand.expect(answers)


async def test_a_busy_pool_leaves_the_rest_to_the_leader(stand: Stand) -> None:
    answers = await stand.answers(1)
    await marked(stand, answers[0].as_of)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            data = await stack.enter_async_context(stand.operation(answers[0].as_of))
            await data.aggregate(answers[0].query)
        await stand.expect(answers)
        assert stand.fell_back(Fallback.BUSY) == 1
    await stand.expect(answers)
    assert stand.fell_back(Fallback.BUSY) == 1


async def test_a_replica_without_the_tables_is_no_error(stand: Stand) -> None:
    """As while it has not replayed a migration yet."""
    as_of = await stand.snapshot()
    await marked(stand, as_of)
    with stand.connection() as connection:
        connection.execute("alter table replication_mark rename to away")
    stand.replica.caught_up(stand.leader)
    began = stand.fell_back(Fallback.AWAY)
    async with contextlib.AsyncExitStack() as stack:
        assert await stand.replicas.open(stack, as_of) is None
    assert stand.fell_back(Fallback.AWAY) == began + 1


async def test_another_calendar_than_the_leaders_is_not_used(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rollups have the leader's days."""
    answers = await stand.answers(1)
    await marked(stand, answers[0].as_of)
    monkeypatch.setattr(
        "shopx_store.query.session.calendars.known", lambda _database, _zone: (answers[0].as_of.at,)
    )
    await stand.expect(answers)
    assert stand.fell_back(Fallback.CALENDAR) == 1


class World:
    """What may happen to both servers, and to what is open on the leader."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.paused = self.away = False
        self.open: list[contextlib.ExitStack] = []

    def write(self) -> None:
        """Book in one transaction or in several."""
        self.stand.act(self.stand.random.choice([1, 1, 5]))

    def begin(self) -> None:
        """Leave a transaction open that has booked something."""
        if len(self.open) < 3:
            own = contextlib.ExitStack()
            connection = own.enter_context(self.stand.connection())
            own.enter_context(connection.transaction())
            self.stand.shop.book(connection, 2)
            self.open.append(own)

    def commit(self) -> None:
        """Commit one of those."""
        if self.open:
            self.open.pop(self.stand.random.randrange(len(self.open))).close()

    def fold(self) -> None:
        """Fold what is committed."""
        with self.stand.connection() as connection:
            fold(connection)

    def pause(self) -> None:
        """Let the replica stand still, or go on."""
        if not self.away:
            replica = self.stand.replica
            (replica.resume if self.paused else replica.pause)()
            self.paused = not self.paused

    def kill(self) -> None:
        """End the replica, or start it."""
        replica = self.stand.replica
        (replica.start if self.away else replica.kill)()
        self.away, self.paused = not self.away, False


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_random_world(stand: Stand, seed: int) -> None:
    """Every answer is plain SQL's as of its own snapshot, whatever happens around it."""
    r, world = stand.random, World(stand)
    r.seed(seed)
    if seed == 3:
        stand.replica.cancel_reads()
    happens = [world.write, world.begin, world.commit, world.fold, world.pause, world.kill]
    known: list[Answer] = []
    for _ in range(250):
        (what,) = r.choices([*happens, None], [30, 6, 6, 8, 6, 3, 41])
        if what is not None:
            what()
        elif r.random() < 0.5 or not known:
            known += await stand.answers(2)
        else:
            # An as-of is read for two minutes.
            await stand.expect(r.sample(known[-20:], min(len(known), 3)))
    while world.open:
        world.commit()
    assert stand.answered("replica") > 20
    assert stand.answered("leader") > 20
