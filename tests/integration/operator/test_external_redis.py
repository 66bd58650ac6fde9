"""What the operator reports of an external Redis, on a fake cluster."""

from pathlib import Path
from typing import Any

import pytest
import redis

from shopx_core.caching.runtime_tuning import RedisAccess
from shopx_core.clients.redis_check import problem_of
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
async def test_a_change_of_access_is_published_at_once(
    cluster: FakeScalingCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    api: dict[str, Any],
) -> None:
    """With each mode of autoscaling; only a change of access makes the status be written."""
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
            await until("the refusal is published", lambda: cluster.news)
            published = len(cluster.news)
            cluster.server.put(secret("redis", "url", valkey.url.replace("//", f"//:{PASSWORD}@")))
            await until("access is granted", lambda: answers(RedisAccess.GRANTED))
            await until("the access is published", lambda: len(cluster.news) == published + 1)
            valkey.stop()
            await until("it is away", lambda: answers(RedisAccess.UNREACHED))
            await until("the outage is published", lambda: len(cluster.news) == published + 2)


async def test_nothing_is_reported_while_no_pod_serves(cluster: FakeScalingCluster) -> None:
    """The operator does not write to it during maintenance, and an old result is no report."""
    await cluster.dashboard("sales")
    page = context(SCALED, name="sales").object(
        "apps/v1", "Deployment", "maintenance", "maintenance"
    )
    async with running(cluster.loop):
        await until("it was asked", lambda: cluster.loop.redis(OWNER))
        cluster.informer.put(page | {"spec": {"replicas": 1}})
        await until("that is forgotten", lambda: cluster.loop.redis(OWNER) is None)


async def test_a_new_url_is_tried_by_using_it(tmp_path: Path) -> None:
    """As the Job does before pods are replaced; the answer has no secret."""
    with valkey_server(tmp_path) as valkey:
        with redis.Redis(port=valkey.port) as server:
            server.config_set("requirepass", PASSWORD)
        right = valkey.url.replace("//", f"//:{PASSWORD}@")
        assert await problem_of(right, "team:") == ""
        wrong = await problem_of(valkey.url.replace("//", "//:not-it@"), "team:")
        assert "invalid" in wrong.lower()
        assert "not-it" not in wrong
    assert await problem_of(right, "team:")
    assert "percent-encoded" in await problem_of("redis://h:port", "team:")
