"""At most one replica acts at any time, even if the clocks of the replicas differ."""

from typing import Any

import pytest

from shopx_operator.runtime.client import ApiClient, ApiError
from shopx_operator.runtime.leader import Candidate, LeaderElection

SECONDS = 12.0


class Leases:
    """An API server with one Lease, versions and all."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.down = False

    def _written(self, lease: dict[str, Any]) -> dict[str, Any]:
        version = int((self.lease or lease)["metadata"].get("resourceVersion", 0)) + 1
        self.lease = {**lease, "metadata": {**lease["metadata"], "resourceVersion": str(version)}}
        return {**self.lease, "spec": dict(self.lease["spec"])}

    async def get(self, *_: Any) -> dict[str, Any] | None:
        if self.down:
            raise TimeoutError
        return {**self.lease, "spec": dict(self.lease["spec"])} if self.lease else None

    async def create(self, _: Any, lease: dict[str, Any]) -> dict[str, Any]:
        if self.lease is not None:
            raise ApiError(409, "it exists")
        return self._written(lease)

    async def replace(self, _: Any, lease: dict[str, Any]) -> dict[str, Any]:
        assert self.lease is not None
        if lease["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise ApiError(409, "another replica was faster")
        return self._written(lease)


class World:
    """Two replicas, one Lease, and a time for each replica."""

    def __init__(self) -> None:
        self.leases = Leases()
        self.time = {"a": 1000.0, "b": 5.0}
        self.replicas = {name: self._replica(name) for name in ("a", "b")}

    def _replica(self, name: str) -> LeaderElection:
        kubernetes: ApiClient = self.leases  # type: ignore[assignment] # what it needs of one
        candidate = Candidate(name, SECONDS)
        return LeaderElection(kubernetes, "ns", "lease", candidate, lambda: self.time[name])

    async def step(self, name: str) -> None:
        await self.replicas[name]._step()

    def pass_(self, seconds: float) -> None:
        for name in self.time:
            self.time[name] += seconds

    def leaders(self) -> list[str]:
        return [name for name, replica in self.replicas.items() if replica.leads]


async def test_the_first_one_leads_and_the_second_waits() -> None:
    world = World()
    for name in ("a", "b"):
        await world.step(name)
    assert world.leaders() == ["a"]
    for _ in range(20):
        world.pass_(3)
        for name in ("b", "a"):
            await world.step(name)
        assert world.leaders() == ["a"]


async def test_a_leader_that_dies_is_followed_and_never_doubled() -> None:
    """Within 20 seconds, and not before the dead one would have stopped by itself."""
    world = World()
    for name in ("a", "b"):
        await world.step(name)
    waited = 0.0
    while world.leaders() != ["b"]:
        world.pass_(1)
        waited += 1
        await world.step("b")
        assert world.leaders() != ["a", "b"]
        assert waited < 20
    assert waited > SECONDS


async def test_a_leader_that_cannot_renew_stops_before_another_begins() -> None:
    world = World()
    await world.step("a")
    world.leases.down = True
    with pytest.raises(TimeoutError):
        await world.step("a")
    world.pass_(SECONDS * 0.6)
    assert world.leaders() == ["a"]
    world.pass_(SECONDS * 0.1)
    assert world.leaders() == []


async def test_of_two_who_try_at_once_one_is_refused() -> None:
    world = World()
    await world.step("a")
    stale = await world.leases.get()
    await world.step("a")
    assert stale is not None
    with pytest.raises(ApiError):
        await world.leases.replace(None, stale)


async def test_a_leader_that_resigns_is_followed_at_once() -> None:
    world = World()
    for name in ("a", "b"):
        await world.step(name)
    await world.replicas["a"].resign()
    assert world.leaders() == []
    await world.step("b")
    assert world.leaders() == ["b"]
    assert world.leases.lease is not None
    assert world.leases.lease["spec"]["leaseTransitions"] == 2


async def test_a_replica_that_starts_again_under_its_name_goes_on() -> None:
    world = World()
    await world.step("a")
    world.replicas["a"] = world._replica("a")
    await world.step("a")
    assert world.leaders() == ["a"]
