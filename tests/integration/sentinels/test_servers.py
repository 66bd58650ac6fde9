"""How the servers of a replicated cache begin, hand over and come back, by their scripts."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_core.jobs import UpkeepPartitions
from shopx_core.settings import DatabaseSettings, RedisSettings, Settings
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue
from tests.support.cache_pods import CachePods, cache_pods
from tests.support.postgres import Database
from tests.support.workers import running

Record = Callable[[str], None]
PATIENCE_SECONDS = 90
"""The longest that anything may take on a busy machine."""


@pytest.fixture
def pods(tmp_path: Path) -> Iterator[CachePods]:
    """Without a volume."""
    with cache_pods(tmp_path, kept=False) as made:
        yield made


@pytest.fixture
def kept_pods(tmp_path: Path) -> Iterator[CachePods]:
    """With a volume of the first server."""
    with cache_pods(tmp_path, kept=True) as made:
        yield made


def write(pods: CachePods, value: str) -> None:
    """Put a job into the queue, on the primary and on all replicas."""
    with pods.client(pods.primary()) as server:
        server.rpush("queue", value)
        assert server.wait(len(pods.hosts) - 1, 5000) >= 1


def queue(pods: CachePods) -> list[str]:
    """What waits on the primary."""
    with pods.client(pods.primary()) as server:
        return [one.decode() for one in server.lrange("queue", 0, -1)]


def test_the_first_server_begins_and_all_are_ready(pods: CachePods) -> None:
    assert pods.primary() == pods.hosts[0]
    with (
        redis.Redis(host=pods.hosts[0], port=pods.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    with (
        redis.Redis(host=pods.hosts[0], port=pods.sentinel_port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_a_lost_primary_is_followed_and_comes_back_as_a_replica(
    pods: CachePods, measured: Record
) -> None:
    """With the jobs that waited; and empty as it is, it is no danger to them."""
    write(pods, "a")
    first = pods.primary()
    pods.kill(first)
    seconds = pods.until("another is the primary", lambda: pods.primary() != first)
    measured(f"another primary after a loss: {seconds:.2f} s")
    pods.start(first)
    pods.all_ready()
    assert pods.primary() != first
    assert queue(pods) == ["a"]
    write(pods, "b")
    with pods.client(first) as replica:
        assert replica.llen("queue") == 2


def test_a_primary_that_restarts_empty_asks_for_another_one(pods: CachePods) -> None:
    """Before the Sentinels notice that it was away: they call it the primary still."""
    write(pods, "a")
    first = pods.primary()
    pods.kill(first, "server")
    pods.run(first, "server")
    pods.all_ready()
    assert pods.primary() != first
    assert queue(pods) == ["a"]


def test_a_primary_that_stops_hands_over(pods: CachePods, measured: Record) -> None:
    """Each write that it took is on the next one, and replicas stop without that."""
    first = pods.primary()
    write(pods, "a")
    seconds = pods.stop(first)
    measured(f"a stopped primary handed over in {seconds:.2f} s")
    assert pods.primary() != first
    assert queue(pods) == ["a"]
    pods.start(first)
    pods.all_ready()
    second = pods.primary()
    pods.stop(next(host for host in pods.hosts if host != second))
    assert pods.primary() == second


def test_a_primary_that_is_evicted_hands_over_beside_its_replacement(
    kept_pods: CachePods, measured: Record
) -> None:
    """Which has the same name and the same volume, and waits until the volume is its own."""
    first = kept_pods.primary()
    write(kept_pods, "a")
    seconds = kept_pods.stop(first, replaced=True)
    measured(f"an evicted primary handed over in {seconds:.2f} s")
    assert kept_pods.primary() != first
    kept_pods.all_ready()
    assert kept_pods.primary() != first
    assert queue(kept_pods) == ["a"]
    said = kept_pods.said(first)
    assert said.count("starts as the primary") == 1
    assert said.index("waits for the end of the pod") < said.index("starts as a replica")


def test_a_server_that_sentinels_name_waits_while_another_leads(kept_pods: CachePods) -> None:
    """They name who has handed over for a moment longer; two primaries would part the queue."""
    write(kept_pods, "a")
    first, second, _ = kept_pods.hosts
    kept_pods.kill(first, "server")
    with kept_pods.client(second) as server:
        server.execute_command("REPLICAOF NO ONE")
    kept_pods.run(first, "server")
    kept_pods.until("another leads", lambda: kept_pods.watched(first)["ip"] != first)
    kept_pods.all_ready()
    assert kept_pods.primary() != first
    assert queue(kept_pods) == ["a"]
    assert kept_pods.said(first).count("starts as the primary") == 1


def test_a_primary_that_dies_while_it_hands_over_is_followed(
    pods: CachePods, measured: Record
) -> None:
    """As when a pod is deleted by force: Sentinels first give up what they had agreed on."""
    first, others = pods.hosts[0], pods.hosts[1:]
    write(pods, "a")
    hook = pods.hand_over(first)
    pods.until(
        "it hands over",
        lambda: any("failover_in_progress" in pods.watched(host)["flags"] for host in others),
    )
    pods.kill(first)
    seconds = pods.until("another is the primary", lambda: pods.primary() != first)
    measured(f"another primary after a loss during the hand-over: {seconds:.2f} s")
    hook.wait(30)
    assert queue(pods) == ["a"]


def test_a_volume_has_one_server_at_a_time(kept_pods: CachePods) -> None:
    """Also where the server before does not answer any more."""
    first = kept_pods.hosts[0]
    kept_pods.kill(first)
    with kept_pods.lock(first):
        kept_pods.start(first)
        kept_pods.until("the others go on", lambda: kept_pods.primary() != first)
        with pytest.raises(redis.ConnectionError), kept_pods.client(first) as server:
            server.ping()
    kept_pods.all_ready()


@pytest.mark.parametrize("planned", [True, False], ids=["drained", "killed"])
async def test_the_cache_is_without_a_primary_for_a_moment(
    pods: CachePods, measured: Record, *, planned: bool
) -> None:
    """As the API's client sees it: the longest time without a write."""
    client = RedisClient(pods.url, timeout=0.25, invalidated=lambda _: None)
    await client.start()
    first = await asyncio.to_thread(pods.primary)

    def lose() -> None:
        (pods.stop if planned else pods.kill)(first)
        pods.until("another is the primary", lambda: pods.primary() != first)

    lost = asyncio.create_task(asyncio.to_thread(lose))
    longest, last, written = 0.0, time.monotonic(), False
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (lost.done() and written):
                was_lost, now = lost.done(), time.monotonic()
                with contextlib.suppress(RedisUnavailable):
                    await client.call("SET", "a", 1)
                    longest, last, written = max(longest, now - last), now, was_lost
                await asyncio.sleep(0.02)
        await lost
    finally:
        await client.stop()
    how = "drained" if planned else "killed"
    measured(f"longest time without a write, primary {how}: {longest:.2f} s")


def test_servers_restart_one_after_the_other_without_a_loss(pods: CachePods) -> None:
    """As with each new template, the last one first."""
    write(pods, "a")
    for host in reversed(pods.hosts):
        pods.stop(host)
        pods.start(host)
        pods.all_ready()
    assert queue(pods) == ["a"]


def test_the_queue_survives_a_restart_of_everything(kept_pods: CachePods) -> None:
    """The first server has the volume, and begins again, whichever was the primary."""
    write(kept_pods, "a")
    first = kept_pods.hosts[0]
    kept_pods.stop(first)
    kept_pods.start(first)
    kept_pods.all_ready()
    assert kept_pods.primary() != first
    write(kept_pods, "b")
    with kept_pods.client(first) as server:
        kept_pods.until("it is copied", lambda: server.llen("queue") == 2)
    for host in kept_pods.hosts:
        kept_pods.processes[host, "server"].terminate()
    for host in kept_pods.hosts:
        kept_pods.processes[host, "server"].wait(20)
        kept_pods.kill(host, "sentinel")
    kept_pods.start()
    kept_pods.all_ready()
    assert queue(kept_pods) == ["a", "b"]


def test_a_lost_volume_is_copied_from_the_others(kept_pods: CachePods) -> None:
    """Although its server was the primary a moment ago."""
    write(kept_pods, "a")
    first = kept_pods.primary()
    kept_pods.kill(first, "server")
    kept_pods.lose_volume(first)
    kept_pods.run(first, "server")
    kept_pods.all_ready()
    assert queue(kept_pods) == ["a"]


def test_a_primary_that_is_cut_off_refuses_writes(pods: CachePods) -> None:
    """What it took would be lost: the others have another primary."""
    first = pods.primary()
    for host in pods.hosts[1:]:
        pods.kill(host)
    with pods.client(first) as server:

        def refuses() -> bool:
            try:
                server.rpush("queue", "a")
            except redis.ResponseError as error:
                return "NOREPLICAS" in str(error)
            return False

        pods.until("it refuses", refuses)
    pods.start(*pods.hosts[1:])
    pods.all_ready()
    write(pods, "b")


def test_a_sentinel_that_restarts_learns_from_the_others(pods: CachePods) -> None:
    """Also who the primary is by now."""
    pods.stop(pods.hosts[0])
    pods.start(pods.hosts[0])
    pods.all_ready()
    primary = pods.primary()
    for host in pods.hosts:
        pods.kill(host, "sentinel")
        pods.run(host, "sentinel")
        pods.all_ready()
        assert pods.watched(host)["ip"] == primary


def test_jobs_wait_for_a_replica(pods: CachePods, database: Database) -> None:
    """A primary without one takes none; a worker lives on, and the command says why."""
    settings = Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(pods.url), prefix="shopx:shop:sales:"),
    )
    first = pods.primary()
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("ready")
        for host in pods.hosts[1:]:
            pods.kill(host)
        with pods.client(first) as server:

            def refuses() -> bool:
                try:
                    server.set("a", 1)
                except redis.ResponseError:
                    return True
                return False

            pods.until("it refuses", refuses)
        done = subprocess.run(
            [sys.executable, "-m", "shopx_core.cli", "enqueue", "fit-predictions"],
            env=os.environ | settings.to_env(),
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 1
        assert "The job queue" in done.stderr
        assert "Traceback" not in done.stderr
        pods.start(*pods.hosts[1:])
        pods.all_ready()
        sent = enqueue(make_app(settings), UpkeepPartitions())
        assert worker.wait_for("job_done", job="shopx.upkeep_partitions")["job_id"] == sent
