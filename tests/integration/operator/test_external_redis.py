"""What the operator hears of a Redis that somebody else runs, on a played cluster."""

from pathlib import Path
from typing import Any

import pytest
import redis

from shopx_core.caching.runtime_tuning import RedisAccess
from shopx_operator.autoscaling import notifications
from tests.support.fake_scaling_cluster import SCALED, FakeScalingCluster, running, secret, until
from tests.support.rendering import context
from tests.support.valkey import valkey_server

OWNER = ("shop", "sales")
PASSWORD = "Zq8-alone"


@pytest.mark.parametrize(
    "api",
    [{"replicas": 2}, {"autoscaling": {"mode": "keda"}}, SCALED["api"]],
    ids=["fixed", "keda", "native"],
)
async def test_whether_it_lets_somebody_in_is_told_at_once(
    cluster: FakeScalingCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    api: dict[str, Any],
) -> None:
    """Whoever sets the number of pods; and only a change of it makes the status be looked at."""
    monkeypatch.setattr(notifications, "PUBLISH_SECONDS", 3600.0)

    def answers(access: RedisAccess) -> bool:
        tried = cluster.loop.redis(OWNER)
        return tried is not None and tried.access is access

    with valkey_server(tmp_path) as valkey:
        with redis.Redis(port=valkey.port) as server:
            server.config_set("requirepass", PASSWORD)
        cluster.url = valkey.url.replace("//", "//:not-it@")
        await cluster.dashboard("sales", SCALED | {"api": api})
        assert cluster.loop.redis(OWNER) is None
        async with running(cluster.loop):
            await until("it is refused", lambda: answers(RedisAccess.REFUSED))
            await until("that is told", lambda: cluster.news)
            told = len(cluster.news)
            cluster.server.put(secret("redis", "url", valkey.url.replace("//", f"//:{PASSWORD}@")))
            await until("it lets somebody in", lambda: answers(RedisAccess.GRANTED))
            await until("that is told as well", lambda: len(cluster.news) == told + 1)
            valkey.stop()
            await until("it is away", lambda: answers(RedisAccess.UNREACHED))
            await until("that is told, too", lambda: len(cluster.news) == told + 2)


async def test_nothing_is_said_of_it_while_nothing_serves(cluster: FakeScalingCluster) -> None:
    """Nobody asks it during maintenance, and what it said before gets old."""
    await cluster.dashboard("sales")
    page = context(SCALED, name="sales").object(
        "apps/v1", "Deployment", "maintenance", "maintenance"
    )
    async with running(cluster.loop):
        await until("it was asked", lambda: cluster.loop.redis(OWNER))
        cluster.informer.put(page | {"spec": {"replicas": 1}})
        await until("that is forgotten", lambda: cluster.loop.redis(OWNER) is None)
