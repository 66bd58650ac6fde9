"""Upgrades that must be alone, whatever happens in whatever order."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_operator.manifests import names
from tests.support.cluster import Cluster, pod

HEADS = {"1.0.0": 9, "2.0.0": 10, "3.0.0": 11}
"""The newest migration of each release."""
ALONE = 10
"""The one that release 1 cannot live with; release 2 can live with the next."""
USERS = ("api", "fold", "workers")


class World:
    """What people, controllers and a database do around the operator's decisions."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.schema = HEADS["1.0.0"]
        self.spec: dict[str, Any] = {"version": "1.0.0"}
        self.images: dict[str, str] = {}
        """The release of every running pod, by its name."""
        self.made = 0
        self.cluster = Cluster()
        self.cluster.running(self.spec)
        for _ in range(6):
            self.pods_follow()

    # What happens; each of them may happen at any time.

    def operator_looks(self) -> None:
        self.cluster.pass_(seconds=self.chance.randint(1, 30))
        self.cluster.reconcile(self.spec)

    def pods_follow(self) -> None:
        """Some controller does its next step."""
        self.pod_follows(self.chance.choice(USERS))

    def pod_follows(self, part: str) -> None:
        """A controller makes or ends a pod; one of an old template ends first."""
        workload = self.cluster["Deployment", f"sales-{part}"]
        image = workload["spec"]["template"]["spec"]["containers"][0]["image"]
        release = image.rpartition(":")[2]
        desired = workload["spec"]["replicas"]
        mine = [one for one in self.cluster.pods if _is_pod_of(one, part)]
        old = [one for one in mine if self.images[one["metadata"]["name"]] != release]
        if len(mine) < desired or (old and len(mine) == desired):
            self.made += 1
            name = f"sales-{part}-{self.made}"
            self.images[name] = release
            self.cluster.pods.append(pod(name, part, {"running": {}}, phase="Running"))
        elif len(mine) > desired:
            gone = (old or mine)[0]
            del self.images[gone["metadata"]["name"]]
            self.cluster.pods.remove(gone)
        self.count(part)

    def count(self, part: str) -> None:
        """What the status of a workload says; a pod serves a schema that it knows."""
        workload = self.cluster["Deployment", f"sales-{part}"]
        mine = [one for one in self.cluster.pods if _is_pod_of(one, part)]
        serving = [one for one in mine if self.fits(self.images[one["metadata"]["name"]])]
        workload["status"] = {
            "observedGeneration": workload["metadata"]["generation"],
            "replicas": len(mine),
            "updatedReplicas": len(mine),
            "readyReplicas": len(serving),
        }

    def fits(self, release: str) -> bool:
        return (release == "1.0.0") == (self.schema < ALONE)

    def page_starts(self) -> None:
        self.cluster.serves("sales-maintenance", "sales-database")

    def a_while_passes(self) -> None:
        """Long enough for most pods to start or to end."""
        self.page_starts()
        for _ in range(10):
            self.pods_follow()

    def a_job_ends(self) -> None:
        running = self.running()
        if running:
            name = self.chance.choice(running)
            luck = self.chance.choice(("good", "good", "bad", "bad after its commit"))
            self.end(name, luck)

    def somebody_removes_an_asking_job(self) -> None:
        for key, job in list(self.cluster.objects.items()):
            if key[0] == "Job" and names.LABEL_EXCLUSIVE not in job["metadata"]["labels"]:
                del self.cluster.objects[key]
                return

    def somebody_removes_the_page(self) -> None:
        self.cluster.objects.pop(("Deployment", "sales-maintenance"), None)

    def another_version(self) -> None:
        self.spec = {"version": self.chance.choice(sorted(HEADS))}

    def running(self) -> list[str]:
        """The Jobs that have not ended."""
        return [
            name
            for (kind, name), job in self.cluster.objects.items()
            if kind == "Job" and not job["status"].get("conditions")
        ]

    def end(self, name: str, luck: str) -> None:
        """A Job ends, with what `shopx migrate` of its release does to the database."""
        job = self.cluster["Job", name]
        image = job["spec"]["template"]["spec"]["containers"][0]["image"]
        head = HEADS[image.rpartition(":")[2]]
        alone = names.LABEL_EXCLUSIVE in job["metadata"]["labels"]
        # The test's Jobs begin seven seconds before they end.
        self.cluster.pass_(seconds=8)
        if self.schema > head or luck == "bad":
            self.cluster.ends(name, "Failed", "error: no")
        elif not alone and self.schema < ALONE <= head:
            self.cluster.ends(name, "Failed", "error: alone", reason="PodFailurePolicy")
        else:
            self.schema = head
            ok = luck == "good"
            self.cluster.ends(name, "Complete" if ok else "Failed", f"at revision {head:03}")

    # What must hold after each of them.

    def check(self) -> None:
        users = [one["metadata"]["name"] for one in self.cluster.pods if _is_user(one)]
        alone = [
            name
            for name in self.running()
            if names.LABEL_EXCLUSIVE in self.cluster["Job", name]["metadata"]["labels"]
        ]
        assert len(alone) <= 1
        assert not (alone and users), f"{users} run beside {alone}"
        for name in users:
            old = self.images[name] == "1.0.0"
            assert not (old and self.schema >= ALONE), f"{name} meets a schema it does not know"

    def calm_down(self) -> None:
        """The newest release is asked for once more, and nothing goes wrong any longer."""
        self.spec = {"version": "3.0.0", "restartedAt": "2026-11-24T00:00:00Z"}
        for _ in range(25):
            self.cluster.pass_(minutes=1)
            self.cluster.reconcile(self.spec)
            self.page_starts()
            for name in self.running():
                self.end(name, "good")
            for part in USERS * 4:
                self.pod_follows(part)
            self.check()


def _is_pod_of(one: dict[str, Any], part: str) -> bool:
    labels = one["metadata"]["labels"]
    return bool(one["status"]["phase"] == "Running" and labels[names.LABEL_COMPONENT] == part)


def _is_user(one: dict[str, Any]) -> bool:
    return any(_is_pod_of(one, part) for part in USERS)


EVENTS = {
    World.operator_looks: 8,
    World.a_while_passes: 4,
    World.pods_follow: 4,
    World.a_job_ends: 2,
    World.somebody_removes_an_asking_job: 1,
    World.somebody_removes_the_page: 1,
    World.another_version: 1,
}
"""How often each of them happens."""


@settings(max_examples=8, deadline=None)
@given(chance=st.randoms(use_true_random=False), steps=st.integers(20, 120))
def test_nobody_meets_a_database_that_is_not_theirs(chance: random.Random, steps: int) -> None:
    """And in the end the newest release serves, whatever was before."""
    world = World(chance)
    for _ in range(steps):
        (event,) = chance.choices(list(EVENTS), list(EVENTS.values()))
        event(world)
        world.check()
    world.calm_down()
    cluster = world.cluster
    assert world.schema == HEADS["3.0.0"]
    assert cluster.condition("Maintenance") == ("False", "AsExpected")
    assert cluster.condition("Ready") == ("True", "Serving")
    assert cluster.status["version"] == "3.0.0"
    assert ("Deployment", "sales-maintenance") not in cluster
    assert cluster["Service", "sales-api"]["spec"]["selector"][names.LABEL_COMPONENT] == "api"
    assert cluster["CronJob", "sales-partitions"]["spec"]["suspend"] is False
    assert {part: cluster.replicas(f"sales-{part}") for part in USERS} == {
        "api": 2,
        "fold": 1,
        "workers": 1,
    }
    assert cluster.job(), "the asking Job is the only one"
