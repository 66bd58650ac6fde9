"""Scaling on a played cluster: pods that show figures, a real Valkey, the operator's own loop."""

import asyncio
import base64
from typing import Any

import pytest
import redis

from shopx_core.caching.keys import namespace
from shopx_core.scaling import PersistedState, ScalingState, replay
from shopx_operator.autoscaling import memory_store
from shopx_operator.manifests.kinds import CONFIG_MAP
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers, foreign_targets
from tests.support.fake_scaling_cluster import (
    DSN,
    PREFIX,
    SCALED,
    TICK,
    FakeScalingCluster,
    running,
    until,
)
from tests.support.pods import sessions
from tests.support.rendering import context


def _autoscaler(name: str, owner: str | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "shop"}
    if owner is not None:
        metadata["ownerReferences"] = [{"uid": owner}]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "sales-api"}},
    }


async def test_busy_pods_get_more_and_idle_ones_go(cluster: FakeScalingCluster) -> None:
    """App-bound: pods come by the load, have one event for each direction, and leave again."""
    await cluster.dashboard("sales")
    cluster.pods.play("sales", cores=0.19, hit_seconds=0.15, miss_seconds=0.3, in_flight=20.0)

    async def grown() -> bool:
        return await cluster.replicas("sales") >= 4

    async def shrunk() -> bool:
        # At most half of them a minute.
        return await cluster.replicas("sales") <= 3

    async with running(cluster.loop):
        await until("pods are added", grown)
        cluster.pods.play("sales", cores=0.01, hit_seconds=0.004, miss_seconds=0.02, in_flight=0.3)
        await until("pods are taken away", shrunk)
        await until("it is reported", lambda: "ScalingDown" in cluster.events())
    assert sorted(cluster.events()) == ["ScalingDown", "ScalingUp"]
    records = cluster.memory("sales").records
    assert any(record.decision.rule.value == "AppBound" for record in records)
    assert all(replay(record) == record.decision for record in records)
    assert ("shop", "sales") in cluster.news
    found = cluster.metrics.registry.get_sample_value
    assert found("shopx_operator_decisions_total", {"action": "add_api", "reason": "AppBound"})
    wanted = {"namespace": "shop", "dashboard": "sales", "what": "api"}
    assert found("shopx_operator_wanted", wanted) == await cluster.replicas("sales")


async def test_a_slow_database_gets_no_pods_and_less_to_do(cluster: FakeScalingCluster) -> None:
    """DB-bound: said with figures, the cache tuned for the pods, nothing added; and it ends."""
    await cluster.dashboard("sales")

    async def watched() -> bool:
        return cluster.rule("sales") is not None and cluster.memory("sales").state.failures == 0

    async with running(cluster.loop):
        await until("normal times are known", watched)
        await asyncio.sleep(4 * TICK)
        cluster.pods.shown["sales"] = sessions(12)
        cluster.pods.play("sales", miss_seconds=1.5, query_seconds=0.9, hits=0.5, in_flight=30.0)
        await until("it is reported", lambda: cluster.rule("sales") == "DatabaseBottleneck")
        decision = cluster.loop.decision(("shop", "sales"))
        assert decision is not None
        assert decision.bottleneck
        assert any(character.isdigit() for character in decision.reason)
        await until("the cache is tuned", lambda: cluster.tuning().get("live_interval") == "15")
        assert await cluster.replicas("sales") == 2
        with redis.Redis.from_url(cluster.url) as client:
            life = client.ttl((namespace(DSN + "sales", PREFIX) + b"tuning").decode())
        assert 50 <= int(str(life)) <= 60, "overrides expire by themselves"
        cluster.pods.shown["sales"] = sessions(1)
        cluster.pods.play("sales", miss_seconds=0.02, query_seconds=0.01, hits=0.9, in_flight=1.0)

        def cleared() -> bool:
            now = cluster.loop.decision(("shop", "sales"))
            return now is not None and not now.bottleneck

        await until("it is over", cleared)
    assert await cluster.replicas("sales") == 2


async def test_figures_that_are_gone_change_nothing(cluster: FakeScalingCluster) -> None:
    """A blackout holds, and is reported after a while."""
    await cluster.dashboard("sales", pods=4)
    cluster.pods.play("sales", cores=0.06, in_flight=8.0)

    def data_missing() -> bool:
        decision = cluster.loop.decision(("shop", "sales"))
        return decision is not None and decision.data_missing

    async with running(cluster.loop):
        await until("it is watched", lambda: cluster.rule("sales"))
        before = await cluster.replicas("sales")
        cluster.pods.silent.add("sales")
        await until("it is blind", data_missing)
        await asyncio.sleep(3)
        assert await cluster.replicas("sales") == before
        cluster.pods.silent.clear()
        await until("it sees again", lambda: not data_missing())


@pytest.mark.parametrize("owner", ["manifest", "user"])
async def test_pods_of_another_autoscaler_are_left_alone(
    cluster: FakeScalingCluster, owner: str
) -> None:
    """The manifest sets mode hpa, or a user made a HorizontalPodAutoscaler."""
    spec = SCALED
    if owner == "manifest":
        scaling = SCALED["api"]["autoscaling"] | {"mode": "hpa"}
        spec = SCALED | {"api": {"autoscaling": scaling}}
    else:
        cluster.server.put(_autoscaler("mine"))
    await cluster.dashboard("sales", spec)
    cluster.pods.play("sales", cores=0.19, hit_seconds=0.3, in_flight=40.0)

    def busy() -> bool:
        decision = cluster.loop.decision(("shop", "sales"))
        return decision is not None and decision.inputs.get("cpu", 0.0) > 1.5

    async with running(cluster.loop):
        await until("it is seen", busy)
        await asyncio.sleep(5 * TICK)
    assert await cluster.replicas("sales") == 2
    assert cluster.server.requests["PATCH deployments/scale"] == 0


async def test_others_autoscalers_are_asked_for_once_a_minute(cluster: FakeScalingCluster) -> None:
    """A namespace at a time, for all dashboards in it."""
    now = 0.0
    found = ForeignAutoscalers(cluster.kubernetes, lambda: now)
    assert await found.in_namespace("shop", "uid-1") == {}
    cluster.server.put(_autoscaler("mine", owner="uid-2"))
    now = 59.0
    assert await found.in_namespace("shop", "uid-1") == {}
    now = 61.0
    assert await found.in_namespace("shop", "uid-1") == {"sales-api": "mine"}
    assert await found.in_namespace("shop", "uid-2") == {}, "it is the dashboard's own"
    assert await found.in_namespace("elsewhere", "uid-1") == {}


def test_only_deployments_are_of_interest() -> None:
    of_set = _autoscaler("mine")
    of_set["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    assert foreign_targets([of_set], "uid-1") == {}


async def test_a_new_operator_goes_on_where_the_last_one_was(cluster: FakeScalingCluster) -> None:
    """What was done and learned is kept, and the next decision is made from it."""
    await cluster.dashboard("sales")
    cluster.pods.play("sales", cores=0.19, hit_seconds=0.3, in_flight=40.0)

    async def grown() -> bool:
        return await cluster.replicas("sales") > 2

    async with running(cluster.loop):
        await until("it scales", grown)
    kept = cluster.memory("sales")
    assert kept.state.api.events
    second = cluster.restarted()
    async with running(second):
        await until("it decides", lambda: second.decision(("shop", "sales")))
        await until("it goes on", lambda: len(cluster.memory("sales").records) > len(kept.records))
        first = cluster.memory("sales").records[len(kept.records)]
        assert first.state.api.events[: len(kept.state.api.events)] == kept.state.api.events
        assert first.state.tuning == kept.state.tuning


async def test_a_memory_that_is_removed_is_begun_anew(cluster: FakeScalingCluster) -> None:
    """At once, and not when the next decision happens to be written."""
    await cluster.dashboard("sales")
    cluster.pods.play("sales", cores=0.19, hit_seconds=0.3, in_flight=40.0)

    async def grown() -> bool:
        return await cluster.replicas("sales") > 2

    async with running(cluster.loop):
        await until("it scales", grown)
        kept = cluster.server.find("ConfigMap", "sales-scaling")
        assert kept is not None
        cluster.informer.put(kept)
        await asyncio.sleep(3 * TICK)
        cluster.server.remove("ConfigMap", "sales-scaling")
        cluster.informer.forget(kept)
        await until("it begins anew", lambda: cluster.memory("sales").records)
    assert cluster.memory("sales").records[0].state == ScalingState()


async def test_an_overtaken_memory_is_not_written_over(cluster: FakeScalingCluster) -> None:
    made = context(SCALED)
    nothing = await memory_store.load(cluster.kubernetes, made)
    mine = await memory_store.save(cluster.kubernetes, made, PersistedState(), nothing)
    with pytest.raises(memory_store.MemoryConflict):
        await memory_store.save(cluster.kubernetes, made, PersistedState(), nothing)
    theirs = await memory_store.save(cluster.kubernetes, made, PersistedState(), mine)
    assert theirs.version == mine.version, "the same again is no change"
    cluster.server.put(
        memory_store.config_map(made, PersistedState()) | {"data": {"timeline": "foreign"}}
    )
    with pytest.raises(memory_store.MemoryConflict):
        await memory_store.save(cluster.kubernetes, made, PersistedState(), mine)


async def test_a_removed_memory_is_not_made_anew_from_what_was(cluster: FakeScalingCluster) -> None:
    made = context(SCALED)
    nothing = await memory_store.load(cluster.kubernetes, made)
    kept = await memory_store.save(cluster.kubernetes, made, PersistedState(), nothing)
    cluster.server.remove("ConfigMap", "sales-scaling")
    with pytest.raises(memory_store.MemoryConflict):
        await memory_store.save(cluster.kubernetes, made, PersistedState(), kept)
    assert cluster.server.find("ConfigMap", "sales-scaling") is None


@pytest.mark.parametrize(
    "data", [{}, {"memory": "!"}, {"memory": base64.b64encode(b"no").decode()}], ids=str
)
def test_a_memory_that_cannot_be_read_is_forgotten(data: dict[str, str]) -> None:
    assert memory_store.memory_of({"kind": CONFIG_MAP.name, "binaryData": data}) == PersistedState()


async def test_who_does_not_lead_does_nothing(cluster: FakeScalingCluster) -> None:
    await cluster.dashboard("sales")
    cluster.pods.play("sales", cores=0.19, hit_seconds=0.3, in_flight=40.0)
    cluster.leads = False
    async with running(cluster.loop):
        await asyncio.sleep(5 * TICK)
    assert cluster.loop.decision(("shop", "sales")) is None
    assert cluster.server.requests["PATCH deployments/scale"] == 0


async def test_pods_are_left_alone_while_a_migration_is_alone(cluster: FakeScalingCluster) -> None:
    """They are stopped, or about to be, and what they show says nothing about load."""
    await cluster.dashboard("sales")
    cluster.pods.play("sales", cores=0.19, hit_seconds=0.3, in_flight=40.0)
    page = context(SCALED, name="sales").object(
        "apps/v1", "Deployment", "maintenance", "maintenance"
    )
    cluster.informer.put(page | {"spec": {"replicas": 1}})
    async with running(cluster.loop):
        await asyncio.sleep(5 * TICK)
        assert cluster.loop.decision(("shop", "sales")) is None
        cluster.informer.forget(page)
        await until("it scales again", lambda: cluster.rule("sales"))
