"""The operator's process, against an API server that plays the rest of the cluster."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shopx_core.resource.versions import API_VERSION, API_VERSIONS, DEPRECATED, VERSION
from shopx_operator.manifests.kinds import LEASE, WATCHED, rules
from tests.support.apiserver import ApiServer
from tests.support.dashboards import dashboard
from tests.support.postgres import free_port

ENVIRONMENT = {
    "SHOPX_OPERATOR_NAMESPACE": "shopx-system",
    "SHOPX_OPERATOR_VERSION": "1.0.0",
    "SHOPX_OPERATOR_APP_IMAGE": "registry.test/shopx",
    "SHOPX_OPERATOR_POSTGRES_IMAGE": "registry.test/postgres:18",
    "SHOPX_OPERATOR_REDIS_IMAGE": "registry.test/valkey:9",
    "SHOPX_OPERATOR_LEASE_SECONDS": "4",
}


class Operator:
    """One replica of the operator."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port

    async def kill(self, number: int = signal.SIGKILL) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        await asyncio.wait_for(self.process.wait(), 60)


class World:
    """An API server and the operators that talk to it."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.server = server
        self.operators: list[Operator] = []
        self._folder = folder

    async def operator(self, name: str = "one", **options: str) -> Operator:
        """Start a replica."""
        config = self._folder / "kubeconfig"
        config.write_text(self.server.kubeconfig())
        port = free_port()
        with (self._folder / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "shopx_operator",
                env={
                    **os.environ,
                    **ENVIRONMENT,
                    "KUBECONFIG": str(config),
                    "SHOPX_OPERATOR_IDENTITY": name,
                    "SHOPX_OPERATOR_PORT": str(port),
                    **options,
                },
                stderr=log,
            )
        made = Operator(process, port)
        self.operators.append(made)
        return made

    def create(self, name: str, spec: dict[str, Any] | None = None) -> None:
        """A person applies a dashboard."""
        body = dashboard(spec or {}, name)
        body["metadata"]["namespace"] = "shop"
        self.server.put(body)

    async def until(self, what: str, holds: Callable[[], Any], seconds: float = 120) -> Any:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > until:
                logs = "\n".join(path.read_text()[-3000:] for path in self._folder.glob("*.log"))
                pytest.fail(f"not within {seconds} s: {what}\n{logs}")
            await asyncio.sleep(0.05)
        return found

    async def ready(self, name: str) -> None:
        """Wait until a dashboard serves."""

        def holds() -> bool:
            conditions = [self.server.condition(name, kind) for kind in ("Ready", "Progressing")]
            return [one.get("status") for one in conditions] == ["True", "False"]

        await self.until(f"{name} is ready", holds)

    async def quiet(self) -> None:
        """Wait until nothing was written for a while; Leases are always written."""
        before: dict[str, int] = {"": -1}
        while self.writes() != before:
            before = self.writes()
            await asyncio.sleep(2)

    def writes(self) -> dict[str, int]:
        """Requests that wrote, without those of the election."""
        return {key: n for key, n in self.server.requests.items() if "leases" not in key}


def granted() -> dict[tuple[str, str], set[str]]:
    """The rights that the chart grants."""
    lease = {"apiGroups": [LEASE.group], "resources": [LEASE.plural], "verbs": list(LEASE.verbs)}
    return {
        (group, resource): set(rule["verbs"])
        for rule in (*rules(), lease)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    server = ApiServer(granted=granted())
    await server.start()
    made = World(server, tmp_path)
    yield made
    for operator in made.operators:
        await operator.kill()
    await server.stop()
    assert server.denied == set()


async def test_a_dashboard_comes_up_is_kept_and_goes(world: World) -> None:
    """Applied, edited, damaged, suspended, removed: everything follows."""
    server = world.server
    await world.operator()
    world.create("sales")
    await world.ready("sales")
    watched = {(kind.group, kind.plural, "watch") for kind in WATCHED}
    assert watched <= server.used
    renewed = {(LEASE.group, LEASE.plural, verb) for verb in LEASE.verbs}
    await world.until("the Lease is renewed", lambda: renewed <= server.used)
    api = server.find("Deployment", "sales-api")
    assert api is not None
    assert api["spec"]["replicas"] == 2
    assert server.find("Event", next(iter(server.names("Event")))) is not None

    # Damage of every kind that is watched.
    for kind, name in (
        ("Service", "sales-api"),
        ("Secret", "sales-token"),
        ("NetworkPolicy", "sales-default"),
        ("CronJob", "sales-partitions"),
    ):
        server.remove(kind, name)
        await world.until(f"{kind} is back", lambda k=kind, n=name: server.find(k, n))  # type: ignore[misc] # bound at once
    api["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    server.put(api)

    def image() -> Any:
        found = server.find("Deployment", "sales-api")
        return found and found["spec"]["template"]["spec"]["containers"][0]["image"]

    await world.until("the image is right", lambda: image() == "registry.test/shopx:1.0.0")

    world.create("sales", {"api": {"replicas": 3}, "monitoring": {"grafanaDashboard": False}})

    def replicas() -> Any:
        found = server.find("Deployment", "sales-api")
        return found and found["spec"]["replicas"]

    await world.until("three pods", lambda: replicas() == 3)
    await world.until("pruned", lambda: server.find("ConfigMap", "sales-grafana") is None)

    # State in annotations outgrows their limit, and a finalizer outlives its operator.
    found = server.find("AnalyticsDashboard", "sales")
    assert found is not None
    assert not {"annotations", "finalizers"} & found["metadata"].keys()

    server.remove("AnalyticsDashboard", "sales")
    await asyncio.sleep(1)
    assert server.names("Deployment") == set()
    assert server.names("PersistentVolumeClaim") == {"sales-database"}, "data are kept"
    assert server.names("Secret") == {"sales-database"}, "with their password"


async def test_a_new_operator_finds_everything_in_place(world: World) -> None:
    """It reads, and writes nothing."""
    first = await world.operator()
    for name in ("sales", "stock"):
        world.create(name)
    for name in ("sales", "stock"):
        await world.ready(name)
    await world.quiet()
    await first.kill(signal.SIGTERM)
    assert first.process.returncode == 0
    before = world.writes()
    await world.operator("two", SHOPX_OPERATOR_RESYNC_SECONDS="1")
    await world.until("the second one leads", lambda: _holder(world) == "two")
    await asyncio.sleep(3)
    assert world.writes() == before


def _holder(world: World) -> Any:
    lease = world.server.find("Lease", "shopx-operator", "shopx-system")
    return lease and lease["spec"]["holderIdentity"]


async def test_a_dashboard_of_the_former_version_is_served_as_it_is(world: World) -> None:
    """Its finalizers and annotations stay, and its status is written in the version of today."""
    body = dashboard({}, "sales") | {"apiVersion": API_VERSIONS[-1]}
    body["metadata"] |= {
        "namespace": "shop",
        "finalizers": ["example.org/hold"],
        "annotations": {"note": "kept"},
    }
    world.server.put(body)
    await world.operator()
    await world.ready("sales")
    found = world.server.find("AnalyticsDashboard", "sales") or {}
    assert found["apiVersion"] == API_VERSION
    assert found["metadata"]["finalizers"] == ["example.org/hold"]
    assert found["metadata"]["annotations"] == {"note": "kept"}
    # It follows the status that it is about.
    posted = await world.until("an event", lambda: world.server.names("Event"))
    event = world.server.find("Event", min(posted)) or {}
    assert event["involvedObject"]["apiVersion"] == API_VERSION


async def test_what_an_operator_of_the_former_version_made_is_left_as_it_is(world: World) -> None:
    """Its children name their owner by v1alpha1: nothing is written, so nothing restarts."""
    first = await world.operator()
    world.create("sales")
    await world.ready("sales")
    await world.quiet()
    await first.kill(signal.SIGTERM)
    world.server.controllers = False
    owned = 0
    for body in world.server.everything():
        for owner in body["metadata"].get("ownerReferences", ()):
            assert owner["apiVersion"] == API_VERSION
            owner["apiVersion"] = API_VERSIONS[-1]
            world.server.put(body)
            owned += 1
    assert owned > 20
    world.server.controllers = True
    before = world.writes()
    await world.operator("two", SHOPX_OPERATOR_RESYNC_SECONDS="1")
    await world.until("the second one leads", lambda: _holder(world) == "two")
    await asyncio.sleep(3)
    assert world.writes() == before
    # What is written for another reason names the owner by the version of today.
    world.create("sales", {"api": {"replicas": 3, "limits": {"missWait": "2s"}}})
    await world.ready("sales")
    api = world.server.find("Deployment", "sales-api") or {}
    assert [one["apiVersion"] for one in api["metadata"]["ownerReferences"]] == [API_VERSION]


async def test_an_operator_that_is_newer_than_the_definition_waits_for_it(world: World) -> None:
    """It takes no Lease and is not ready: its pod replaces none that serves."""
    server = world.server
    server.versions = DEPRECATED
    world.create("sales")
    operator = await world.operator()
    await world.until("it looks", lambda: server.discoveries[VERSION] > 0)
    assert _holder(world) is None
    assert server.names("Deployment") == set()
    assert await _answer(operator, "/readyz") == 503
    server.versions = (VERSION, *DEPRECATED)
    await world.ready("sales")
    assert await _answer(operator, "/readyz") == 200


async def _answer(operator: Operator, path: str) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{operator.port}{path}")).status_code


async def test_when_the_leader_is_killed_the_other_one_acts(world: World) -> None:
    one = await world.operator("one")
    await world.until("the first one leads", lambda: _holder(world) == "one")
    await world.operator("two")
    world.create("sales")
    await world.ready("sales")
    await one.kill()
    world.server.remove("Service", "sales-api")
    await world.until("the other repairs", lambda: world.server.find("Service", "sales-api"))
    assert _holder(world) == "two"


async def test_a_poisoned_dashboard_delays_no_other(world: World) -> None:
    server = world.server
    server.refuse["Service", "bad-api"] = "metadata.name: it is poisoned"
    await world.operator(SHOPX_OPERATOR_WORKERS="1")
    world.create("bad")
    await world.until("bad has a condition", lambda: server.condition("bad", "Degraded"))
    world.create("good")
    await world.ready("good")
    await world.until(
        "the refusal is reported",
        lambda: server.condition("bad", "Degraded").get("reason") == "ApplyFailed",
    )
    assert "it is poisoned" in server.condition("bad", "Degraded")["message"]
    await world.until("everything else is there", lambda: server.find("CronJob", "bad-partitions"))

    server.refuse.clear()
    await world.ready("bad")


async def test_a_condition_reports_what_the_api_server_cannot_check(world: World) -> None:
    await world.operator()
    world.create("sales", {"reporting": {"timezone": "Mars/Olympus"}})
    await world.until(
        "the problem is reported",
        lambda: world.server.condition("sales", "Degraded").get("reason") == "InvalidSpec",
    )
    assert "not an IANA time zone" in world.server.condition("sales", "Degraded")["message"]
    assert world.server.names("Deployment") == set()
    world.create("sales")
    await world.ready("sales")


async def test_a_foreign_object_is_not_taken(world: World) -> None:
    """A Service of that name was there first; its owner would be surprised."""
    server = world.server
    server.put(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "sales-api", "namespace": "shop"},
            "spec": {"mine": True},
        }
    )
    await world.operator()
    world.create("sales")
    await world.until(
        "the problem is reported",
        lambda: world.server.condition("sales", "Degraded").get("reason") == "ApplyFailed",
    )
    assert "does not belong to the dashboard" in server.condition("sales", "Degraded")["message"]
    found = server.find("Service", "sales-api")
    assert found is not None
    assert found["spec"] == {"mine": True}


async def test_data_that_an_earlier_dashboard_left_are_found_again(world: World) -> None:
    server = world.server
    await world.operator()
    world.create("sales")
    await world.ready("sales")
    secret = server.find("Secret", "sales-database")
    assert secret is not None
    password = secret["data"]["password"]
    # State in annotations outgrows their limit, and a finalizer outlives its operator.
    found = server.find("AnalyticsDashboard", "sales")
    assert found is not None
    assert not {"annotations", "finalizers"} & found["metadata"].keys()

    server.remove("AnalyticsDashboard", "sales")
    await asyncio.sleep(1)
    world.create("sales")
    await world.ready("sales")
    again = server.find("Secret", "sales-database")
    assert again is not None
    assert again["data"]["password"] == password
