"""Every client of Redis behind Sentinels: each finds the primary, and follows it to the next."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from pydantic import SecretStr
from structlog.testing import capture_logs

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_core.caching.keys import namespace
from shopx_core.caching.runtime_tuning import TUNING_KEY, RedisAccess
from shopx_core.clients.outbound import Outbound, OutboundPolicy
from shopx_core.clients.redis_check import problem_of
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.jobs import QUEUE_DEFAULT, QUEUE_HEAVY, RefreshView, UpkeepPartitions
from shopx_core.settings import DatabaseSettings, RedisSettings, Settings, WorkerSettings
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue, key_prefix
from shopx_workers.queue_metrics import QueueCollector
from tests.support import tls
from tests.support.cached_app import until
from tests.support.postgres import Database
from tests.support.sentinels import (
    PASSWORD,
    PRIMARY,
    SENTINEL_PASSWORD,
    SentinelGroup,
    sentinel_group,
)
from tests.support.workers import running

FOLLOWS_SECONDS = 60.0
"""The longest that failover and reconnection may take on a busy machine."""
PREFIX = "shopx:shop:sales:"
DSN = "postgresql://reader@pg.test/sales"

Change = Callable[[SentinelGroup], None]


@pytest.fixture
def group(tmp_path: Path) -> Iterator[SentinelGroup]:
    """Three servers and their Sentinels, with passwords."""
    with sentinel_group(tmp_path) as made:
        yield made


@pytest.fixture
def settings(database: Database, group: SentinelGroup) -> Settings:
    """Of a process with that Redis."""
    return Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(group.url), prefix=PREFIX),
    )


async def until_it_works(what: str, attempt: Callable[[], Awaitable[object]]) -> float:
    """Try until it does; the seconds that it took.

    Raises:
        AssertionError: It did not in time.
    """
    began = time.monotonic()
    while True:
        try:
            await attempt()
        except (RedisUnavailable, redis.RedisError) as error:
            why = str(error)
        else:
            return time.monotonic() - began
        late = time.monotonic() - began > FOLLOWS_SECONDS
        assert not late, f"not within {FOLLOWS_SECONDS} s: {what}: {why}"
        await asyncio.sleep(0.02)


def unacknowledged(group: SentinelGroup) -> dict[bytes, bytes]:
    """What the primary holds to hand out again."""
    with group.client(group.primary()) as server:
        found: dict[bytes, bytes] = server.hgetall(f"{PREFIX}unacked")
    return found


def kill(group: SentinelGroup) -> None:
    group.kill(group.primary())


def freeze(group: SentinelGroup) -> None:
    group.freeze(group.primary())


def fail_over(group: SentinelGroup) -> None:
    group.fail_over()


def kill_with_a_sentinel(group: SentinelGroup) -> None:
    """The node of both is lost: the first Sentinel of the URL is the one that is away."""
    group.kill(group.sentinels[0])
    group.kill(group.primary())


CHANGES: dict[str, Change] = {
    "killed": kill,
    "frozen": freeze,
    "planned": fail_over,
    "with a Sentinel": kill_with_a_sentinel,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_the_cache_follows_the_primary(
    group: SentinelGroup, change: Change, measured: Callable[[str], None]
) -> None:
    """Whatever becomes of the one before, and what its connection was for goes on."""
    invalidated: list[bytes | None] = []
    client = RedisClient(group.url, timeout=0.25, invalidated=invalidated.append)
    await client.start()
    try:
        await client.call("SET", "a", 1)
        before = await asyncio.to_thread(group.primary)
        await asyncio.to_thread(change, group)

        async def written_elsewhere() -> None:
            if await asyncio.to_thread(group.primary) == before:
                raise RedisUnavailable("still the one before")
            await client.call("SET", "a", 2)
            if (await client.call("ROLE"))[0] != b"master" or not invalidated:
                raise RedisUnavailable("still connected to the one before")

        seconds = await until_it_works("the cache is written", written_elsewhere)
        measured(f"the API's client, primary {change.__name__}: {seconds:.2f} s")
        assert set(invalidated) == {None}, "what the process keeps may have changed meanwhile"
        await client.call("GET", "a")
        with group.client(await asyncio.to_thread(group.primary)) as other:
            assert other.get("a") == b"2"
            invalidated.clear()
            other.set("a", 3)

        async def told() -> bool:
            return invalidated == [b"a"]

        await until(told)
    finally:
        await client.stop()


async def test_a_server_that_became_a_replica_is_left_at_once(group: SentinelGroup) -> None:
    """When it says so itself: its connection stays open."""
    client = RedisClient(group.url, timeout=0.5, invalidated=lambda _: None)
    await client.start()
    first, second = group.servers[:2]
    try:
        with group.client(first) as one, group.client(second) as two, capture_logs() as logged:
            two.replicaof("NO", "ONE")
            one.replicaof("127.0.0.1", second)
            with pytest.raises(RedisUnavailable, match="READONLY"):
                await client.call("SET", "a", 1)
            assert not client.up
            one.replicaof("NO", "ONE")
        assert "redis_connection_failed" in {line["event"] for line in logged}
        await until_it_works("it is written", lambda: client.call("SET", "a", 2))
    finally:
        await client.stop()


async def test_a_replica_is_not_taken_for_the_primary(group: SentinelGroup) -> None:
    """Sentinels learn a change of roles late: the server's own word counts."""
    client = RedisClient(group.url, timeout=0.5, invalidated=lambda _: None)
    for port in group.sentinels:
        group.freeze(port)
    with group.client(group.servers[0]) as server:
        server.replicaof("127.0.0.1", group.servers[1])
    for port in group.sentinels:
        group.thaw(port)
    await client.start()
    try:
        assert not client.up
        refusal = await problem_of(group.url, PREFIX)
        assert "which the Sentinels call the primary, is none" in refusal
    finally:
        await client.stop()


async def test_one_sentinel_that_answers_suffices(group: SentinelGroup) -> None:
    """All are asked at once."""
    for port in group.sentinels[:2]:
        group.freeze(port)
    client = RedisClient(group.url, timeout=0.5, invalidated=lambda _: None)
    await client.start()
    try:
        assert client.up
        assert await problem_of(group.url, PREFIX) == ""
    finally:
        await client.stop()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("s3rver%3Ax", "drawn-1"), "invalid"),
        (("s3ntinel%2Fy", "drawn-1"), "no Sentinel knows the primary 'main'"),
        (("?sentinel_password=s3ntinel%2Fy", ""), "no Sentinel knows the primary 'main'"),
        ((f"#{PRIMARY}", "#other"), "No such master with that name"),
    ],
    ids=["server's password", "Sentinels' password", "no password", "name"],
)
async def test_what_is_wrong_is_told(
    group: SentinelGroup, wrong: tuple[str, str], says: str
) -> None:
    """By the client that the operator and its Job use, without a secret."""
    reason = await problem_of(group.url.replace(*wrong), PREFIX)
    assert says.lower() in reason.lower()
    for secret in ("drawn-1", PASSWORD, SENTINEL_PASSWORD):
        assert secret not in reason


async def test_the_operator_follows_the_primary(group: SentinelGroup) -> None:
    """The tuning of the cache is written by connections that stay open."""
    publisher = TuningPublisher(outbound=Outbound(OutboundPolicy.of(["127.0.0.0/8"])))

    async def publish() -> None:
        result = await publisher.publish(group.url, DSN, {"ttl_min": "2"}, prefix=PREFIX)
        if result.access is not RedisAccess.GRANTED:
            raise RedisUnavailable(result.reason)

    try:
        await publish()
        await asyncio.to_thread(kill, group)
        await until_it_works("the tuning is written", publish)

        def kept() -> bool:
            with group.client(group.primary()) as server:
                found: list[bytes] = server.keys()
            return found == [namespace(DSN, PREFIX) + TUNING_KEY]

        await asyncio.to_thread(group.until, "the primary has it", kept)
    finally:
        await publisher.close()


async def test_sentinels_cannot_aim_the_operator(group: SentinelGroup) -> None:
    """At a server that the dashboard itself could not name; nor may they be such themselves."""
    refused = TuningPublisher(outbound=Outbound(OutboundPolicy.of([])))
    result = await refused.publish(group.url, DSN, {}, prefix=PREFIX)
    await refused.close()
    assert result.access is RedisAccess.UNREACHED
    assert "permitted.addresses" in result.reason

    async def resolve(host: str, _port: int) -> tuple[str, tuple[str, ...]]:
        return host, ("127.0.0.1",)

    # The Sentinels' name is permitted, and not the address that they name.
    policy = OutboundPolicy.of(["127.0.0.1/32", "sentinels.example.org"])
    aimed = TuningPublisher(outbound=Outbound(policy, resolve))
    for port in group.sentinels:
        with group.client(port, sentinel=True) as sentinel:
            sentinel.execute_command("SENTINEL", "REMOVE", PRIMARY)
            sentinel.execute_command(
                *("SENTINEL", "MONITOR", PRIMARY, "169.254.169.254", "80", "2")
            )
    named = group.url.replace("127.0.0.1", "sentinels.example.org")
    result = await aimed.publish(named, DSN, {}, prefix=PREFIX)
    await aimed.close()
    assert result.access is RedisAccess.UNREACHED
    assert "169.254.169.254 is neither public" in result.reason


@pytest.mark.parametrize("change", [kill, fail_over], ids=["killed", "planned"])
def test_jobs_are_done_once_whatever_becomes_of_the_primary(
    group: SentinelGroup,
    settings: Settings,
    change: Change,
    measured: Callable[[str], None],
) -> None:
    """Those before, and those after, which wait until there is a primary again."""
    app = make_app(settings)
    sent = []
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("ready")
        sent.append(enqueue(app, RefreshView(name="mv_customer_rfm")))
        worker.wait_for("job_done", view="mv_customer_rfm")
        before = group.primary()
        change(group)
        began = time.monotonic()
        sent.append(enqueue(app, RefreshView(name="mv_cohorts")))
        worker.wait_for("job_done", view="mv_cohorts")
        measured(f"a job, primary {change.__name__}: done {time.monotonic() - began:.2f} s later")
        group.until("there is another primary", lambda: group.primary() != before)
        sent.append(enqueue(app, UpkeepPartitions()))
        worker.wait_for("job_done", job="shopx.upkeep_partitions")

        group.until("all are acknowledged", lambda: not unacknowledged(group))
    done = [line for line in worker.seen if '"job_done"' in line]
    assert [sum(job in line for line in done) for job in sent] == [1, 1, 1]
    assert PASSWORD not in "".join(worker.seen)
    with group.client(group.primary()) as server:
        assert all(key.startswith(PREFIX.encode()) for key in server.scan_iter())


def test_a_job_that_ends_without_a_primary_is_acknowledged_later(
    group: SentinelGroup, database: Database, settings: Settings
) -> None:
    """It is not handed out again, and the process takes the next one."""
    alone = settings.model_copy(update={"workers": WorkerSettings(concurrency=1)})
    app = make_app(alone)
    with running("worker", alone.to_env()) as worker:
        worker.wait_for("ready")
        with psycopg.connect(database.dsn) as reader:
            reader.execute("select count(*) from mv_cohorts")
            enqueue(app, RefreshView(name="mv_cohorts", concurrently=False))
            with group.client(group.primary()) as server:
                group.until("it is taken", lambda: server.hlen(f"{PREFIX}unacked") == 1)
                assert server.wait(2, 5000) == 2
            kill(group)
        worker.wait_for("job_done", view="mv_cohorts")
        worker.wait_for("acknowledgement_owed")
        worker.wait_for("acknowledgements_made")
        enqueue(app, UpkeepPartitions())
        worker.wait_for("job_done", job="shopx.upkeep_partitions")
        group.until("nothing is owed", lambda: not unacknowledged(group))


def test_a_job_that_runs_meanwhile_is_not_handed_out_again(
    group: SentinelGroup, database: Database, settings: Settings
) -> None:
    """Its process has it still, whatever becomes of the connection."""
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("ready")
        with psycopg.connect(database.dsn) as reader:
            reader.execute("select count(*) from mv_cohorts")
            sent = enqueue(make_app(settings), RefreshView(name="mv_cohorts", concurrently=False))
            group.until("it is taken", lambda: len(unacknowledged(group)) == 1)
            before = group.primary()
            group.fail_over()
            group.until("there is another primary", lambda: group.primary() != before)
            time.sleep(4)
        worker.wait_for("job_done", view="mv_cohorts")
        group.until("it is acknowledged", lambda: not unacknowledged(group))
        enqueue(make_app(settings), UpkeepPartitions())
        worker.wait_for("job_done", job="shopx.upkeep_partitions")
    done = [line for line in worker.seen if '"job_done"' in line and sent in line]
    assert len(done) == 1


def test_a_lost_worker_does_its_job_behind_sentinels(
    group: SentinelGroup, settings: Settings
) -> None:
    """Jobs that wait are on the replicas too: the next primary has them."""
    app = make_app(settings)
    sent = enqueue(app, UpkeepPartitions())
    with group.client(group.primary()) as server:
        assert server.llen(f"{key_prefix(settings)}{QUEUE_DEFAULT}") == 1
        assert server.wait(2, 5000) == 2
    kill(group)
    with running("worker", settings.to_env()) as worker:
        assert worker.wait_for("job_done", job="shopx.upkeep_partitions")["job_id"] == sent


def test_the_queue_is_counted_on_the_primary(group: SentinelGroup, settings: Settings) -> None:
    enqueue(make_app(settings), UpkeepPartitions())
    collector = QueueCollector(group.url, PREFIX)

    def queued() -> float | None:
        family = next(iter(collector.collect()))
        return next((x.value for x in family.samples if x.labels["queue"] == QUEUE_DEFAULT), None)

    assert queued() == 1
    kill(group)
    group.until("it is counted again", lambda: queued() == 1, FOLLOWS_SECONDS)


def test_a_job_is_enqueued_by_command_during_a_failover(group: SentinelGroup) -> None:
    """As a CronJob does: it waits for the next primary."""
    kill(group)
    done = subprocess.run(
        [sys.executable, "-m", "shopx_core.cli", "enqueue", "fit-predictions"],
        env={k: v for k, v in os.environ.items() if not k.startswith("SHOPX_")}
        | {"SHOPX_REDIS_URL": group.url, "SHOPX_REDIS_PREFIX": PREFIX},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    with group.client(group.primary()) as server:
        assert server.llen(PREFIX + QUEUE_HEAVY) == 1


@pytest.fixture
def group_with_tls() -> Iterator[SentinelGroup]:
    """The same with certificates."""
    with tls.shared_folder() as folder:
        made = tls.Certificates.make(folder)
        with sentinel_group(folder, made) as found:
            yield found


class TestTls:
    """`rediss-sentinel://`, with the servers of the machine."""

    pytestmark = tls.marks()

    async def test_all_clients_speak_tls(
        self, group_with_tls: SentinelGroup, database: Database
    ) -> None:
        """To the Sentinels, and to the servers that they name; and follow there."""
        group = group_with_tls
        client = RedisClient(group.url, timeout=0.5, invalidated=lambda _: None)
        await client.start()
        settings = Settings(
            database=DatabaseSettings(dsn=SecretStr(database.dsn)),
            redis=RedisSettings(url=SecretStr(group.url), prefix=PREFIX),
        )
        try:
            await until_it_works("it is connected", lambda: client.call("SET", "a", 1))
            assert await problem_of(group.url, PREFIX) == ""
            await asyncio.to_thread(kill, group)
            await until_it_works("the cache is written", lambda: client.call("SET", "a", 2))
        finally:
            await client.stop()
        with running("worker", settings.to_env()) as worker:
            await asyncio.to_thread(enqueue, make_app(settings), UpkeepPartitions())
            await asyncio.to_thread(worker.wait_for, "job_done", job="shopx.upkeep_partitions")
        family = next(iter(QueueCollector(group.url, PREFIX).collect()))
        assert {sample.value for sample in family.samples} == {0.0}

    async def test_another_authority_is_refused(self, group_with_tls: SentinelGroup) -> None:
        wrong = group_with_tls.url.replace("ca.crt", "other.crt")
        assert "certificate verify failed" in (await problem_of(wrong, PREFIX)).lower()
