"""A replicated database: one server becomes several and again one, and each step waits."""

import json
from typing import Any

import pytest

from shopx_operator.manifests import names
from shopx_operator.planning.database_servers import only_progressed
from tests.support.cluster import Cluster, pod
from tests.support.rendering import children

ONE: dict[str, Any] = {"database": {"bundled": {}}}
THREE: dict[str, Any] = {"database": {"bundled": {"instances": 3}}}
FIRST, SECOND, THIRD = "sales-database", "sales-database-2", "sales-database-3"
CONFIG = ("ConfigMap", "sales-database-config")
LEADER = ("ConfigMap", "sales-database-leader")
SYNC = ("ConfigMap", "sales-database-sync")


def _servers(cluster: Cluster) -> list[str]:
    return sorted(name for kind, name in cluster.objects if kind == "StatefulSet")


def _template(cluster: Cluster, name: str) -> dict[str, Any]:
    template: dict[str, Any] = cluster["StatefulSet", name]["spec"]["template"]
    return template


def _replicated(cluster: Cluster, name: str = FIRST) -> bool:
    return names.LABEL_SCOPE in _template(cluster, name)["metadata"]["labels"]


def _leads(
    cluster: Cluster,
    leader: str | None,
    *replicas: str,
    lag: int = 0,
    standby: str | None = None,
) -> None:
    """Patroni's words: who leads, who streams, and which replica commits wait for."""
    chosen = standby or next(iter(replicas), "none")
    cluster.pods = [one for one in cluster.pods if "database" not in one["metadata"]["name"]]
    for name in filter(None, (leader, *replicas)):
        role = "primary" if name == leader else "replica"
        state: dict[str, Any] = {"state": "running", "role": role, "xlog_location": 10**8}
        if name != leader:
            state |= {"replication_state": "streaming", "xlog_location": 10**8 - lag}
        made = pod(f"{name}-0", "database", {"running": {}}, labels={names.LABEL_ROLE: role})
        made["metadata"]["annotations"] = {"status": json.dumps(state)}
        made["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
        cluster.pods.append(made)
    for key, said in (
        (CONFIG, {"initialize": "7"}),
        (LEADER, {"leader": f"{leader}-0"}),
        (SYNC, {"leader": f"{leader}-0", "sync_standby": f"{chosen}-0"}),
    ):
        if key in cluster.objects:
            cluster[key]["metadata"].setdefault("annotations", {}).update(said)


def _tried(cluster: Cluster, spec: dict[str, Any]) -> None:
    """The Job that tries the settings succeeds."""
    (job,) = [name for kind, name in cluster.objects if kind == "Job" and "check" in name]
    cluster.ends(job, "Complete", component="database-check")
    cluster.reconcile(spec)


def _three() -> Cluster:
    """A dashboard that grew from one server to three."""
    cluster = Cluster()
    cluster.running(ONE)
    cluster.reconcile(THREE)
    _tried(cluster, THREE)
    cluster.serves(FIRST)
    _leads(cluster, FIRST)
    cluster.reconcile(THREE)
    cluster.bind()
    cluster.serves()
    _leads(cluster, FIRST, SECOND, THIRD)
    cluster.reconcile(THREE)
    cluster.serves()
    cluster.reconcile(THREE)
    return cluster


class TestGrowing:
    """One server becomes three over its own data."""

    def test_the_others_start_once_the_first_is_known(self) -> None:
        cluster = Cluster()
        cluster.running(ONE)
        cluster.reconcile(THREE)
        assert not _replicated(cluster)
        _tried(cluster, THREE)
        assert _replicated(cluster)
        assert _servers(cluster) == [FIRST]
        cluster.serves(FIRST)
        _leads(cluster, FIRST)
        cluster.reconcile(THREE)
        assert _servers(cluster) == [FIRST, SECOND, THIRD]

    def test_it_is_ready_when_all_replicas_stream(self) -> None:
        cluster = _three()
        assert cluster.condition("Ready") == ("True", "Serving")
        assert cluster.condition("DatabaseReplicated") == ("True", "Streaming")
        assert cluster.status["database"] == {
            "servers": 3,
            "leader": f"{FIRST}-0",
            "streaming": 2,
            "lagBytes": 0,
        }

    def test_only_the_first_may_begin_a_database(self) -> None:
        made = children(THREE)
        files = made["ConfigMap", "sales-database"]["data"]
        assert "bootstrap" in json.loads(files["first.yml"])
        assert "bootstrap" not in json.loads(files["further.yml"])
        arguments = {
            name: made.pod("StatefulSet", name)["spec"]["containers"][0]["args"]
            for name in (FIRST, SECOND, THIRD)
        }
        assert [one[0].rpartition("/")[2] for one in arguments.values()] == [
            "first.yml",
            "further.yml",
            "further.yml",
        ]


class TestLosing:
    """What the status says while servers are lost."""

    def test_a_missing_replica_is_degraded(self) -> None:
        cluster = _three()
        _leads(cluster, SECOND, THIRD)
        cluster.reconcile(THREE)
        assert cluster.condition("DatabaseReady") == ("True", "Serving")
        assert cluster.condition("DatabaseReplicated") == ("False", "ReplicasMissing")
        assert cluster.condition("Degraded") == ("True", "ReplicasMissing")
        assert "1 of 2 replicas" in cluster.message("Degraded")
        assert cluster.status["database"]["leader"] == f"{SECOND}-0"

    def test_without_a_leader_the_database_is_away(self) -> None:
        cluster = _three()
        _leads(cluster, None, SECOND, THIRD)
        cluster.reconcile(THREE)
        assert cluster.condition("DatabaseReady")[0] == "False"
        assert cluster.condition("DatabaseReplicated") == ("False", "NoLeader")
        assert cluster.condition("Ready")[0] == "False"

    def test_a_lag_is_told_in_whole_mebibytes(self) -> None:
        cluster = _three()
        _leads(cluster, FIRST, SECOND, THIRD, lag=3 * 1024**2 + 5)
        cluster.reconcile(THREE)
        assert cluster.status["database"]["lagBytes"] == 3 * 1024**2

    def test_a_former_leader_that_is_cut_off_gets_no_writes(self) -> None:
        cluster = _three()
        old = next(one for one in cluster.pods if one["metadata"]["name"] == f"{FIRST}-0")
        _leads(cluster, SECOND, THIRD)
        cluster.pods.append(old)
        plan = cluster.reconcile(THREE)
        assert [one["metadata"]["name"] for one in plan.patches] == [f"{FIRST}-0"]
        assert names.LABEL_ROLE not in old["metadata"]["labels"]
        assert cluster.status["database"]["leader"] == f"{SECOND}-0"

    def test_a_release_does_not_wait_for_a_replica(self) -> None:
        cluster = _three()
        cluster.away(THIRD, "StatefulSet")
        _leads(cluster, FIRST, SECOND)
        cluster.reconcile(THREE | {"version": "2.0.0"})
        jobs = [name for kind, name in cluster.objects if kind == "Job" and "migrate" in name]
        assert len(jobs) == 2


CHANGED: dict[str, Any] = {
    "database": {"bundled": {"instances": 3, "parameters": {"work_mem": "32MB"}}}
}


class TestChanging:
    """Settings are tried first, and servers restart one after the other."""

    def _changed(self, cluster: Cluster) -> list[str]:
        before = children(THREE)
        return [
            name
            for name in (FIRST, SECOND, THIRD)
            if _template(cluster, name)["metadata"]["annotations"][names.ANNOTATION_SETTINGS]
            != before.pod("StatefulSet", name)["metadata"]["annotations"][names.ANNOTATION_SETTINGS]
        ]

    def test_the_leader_restarts_last(self) -> None:
        cluster = _three()
        _leads(cluster, SECOND, FIRST, THIRD)
        cluster.reconcile(CHANGED)
        assert self._changed(cluster) == []
        assert '"work_mem"' not in cluster[CONFIG]["metadata"]["annotations"]["config"]
        _tried(cluster, CHANGED)
        assert self._changed(cluster) == [FIRST]
        assert '"work_mem"' in cluster[CONFIG]["metadata"]["annotations"]["config"]
        cluster.reconcile(CHANGED)
        assert self._changed(cluster) == [FIRST]
        cluster.serves(FIRST)
        cluster.reconcile(CHANGED)
        assert self._changed(cluster) == [FIRST, THIRD]
        cluster.serves(THIRD)
        cluster.reconcile(CHANGED)
        assert self._changed(cluster) == [FIRST, SECOND, THIRD]

    def test_the_leader_waits_for_a_replica_that_can_take_over(self) -> None:
        cluster = _three()
        cluster.reconcile(CHANGED)
        _tried(cluster, CHANGED)
        cluster.serves(SECOND)
        cluster.reconcile(CHANGED)
        cluster.serves(THIRD)
        _leads(cluster, FIRST)
        cluster.reconcile(CHANGED)
        assert FIRST not in self._changed(cluster)
        _leads(cluster, FIRST, SECOND, THIRD, standby="one-that-went")
        cluster.reconcile(CHANGED)
        assert FIRST not in self._changed(cluster)
        _leads(cluster, FIRST, SECOND, THIRD)
        cluster.reconcile(CHANGED)
        assert FIRST in self._changed(cluster)


class TestShrinking:
    """Three servers become one that has every order."""

    def test_one_goes_at_a_time_and_patroni_last(self) -> None:
        cluster = _three()
        _leads(cluster, THIRD, FIRST, SECOND)
        cluster.reconcile(ONE)
        assert _servers(cluster) == [FIRST, SECOND]
        cluster.reconcile(ONE)
        assert _servers(cluster) == [FIRST, SECOND]
        _leads(cluster, SECOND, FIRST)
        cluster.reconcile(ONE)
        assert _servers(cluster) == [FIRST]
        assert _replicated(cluster)
        cluster.reconcile(ONE)
        assert _replicated(cluster), "another server leads, or still stops"
        _leads(cluster, FIRST)
        cluster.reconcile(ONE)
        _tried(cluster, ONE)
        assert not _replicated(cluster)
        assert LEADER in cluster, "Patroni needs it until its pod is gone"
        cluster.serves(FIRST)
        cluster.reconcile(ONE)
        assert LEADER not in cluster
        assert ("Role", "sales-database") not in cluster
        assert ("PersistentVolumeClaim", SECOND) in cluster
        assert "database" not in cluster.status
        assert cluster.condition("Ready") == ("True", "Serving")

    def test_nothing_is_removed_while_what_stays_lacks_orders(self) -> None:
        cluster = _three()
        _leads(cluster, THIRD, SECOND)
        cluster.reconcile(ONE)
        assert _servers(cluster) == [FIRST, SECOND, THIRD]

    @pytest.mark.parametrize("synchronous", [True, False])
    def test_the_leader_goes_once_the_last_may_lead(self, *, synchronous: bool) -> None:
        """Patroni lets no other replica lead than the one that commits wait for."""
        one = {"database": {"bundled": {"synchronous": synchronous}}}
        cluster = _three()
        _leads(cluster, SECOND, THIRD, FIRST)
        cluster.reconcile(one)
        assert _servers(cluster) == [FIRST, SECOND]
        _leads(cluster, SECOND, FIRST, standby=THIRD)
        cluster.reconcile(one)
        assert _servers(cluster) == ([FIRST, SECOND] if synchronous else [FIRST])
        _leads(cluster, SECOND, FIRST, standby=FIRST)
        cluster.reconcile(one)
        assert _servers(cluster) == [FIRST]

    def test_a_suspended_database_keeps_its_servers(self) -> None:
        cluster = _three()
        _leads(cluster, None)
        cluster.reconcile(ONE | {"suspend": True})
        assert _servers(cluster) == [FIRST, SECOND, THIRD]


class TestRights:
    """Patroni may do what it needs, and nothing else."""

    def test_it_writes_to_its_own_objects_alone(self) -> None:
        role = children(THREE)["Role", "sales-database"]
        writes = [one for one in role["rules"] if "patch" in one["verbs"]]
        assert {verb for one in role["rules"] for verb in one["verbs"]} == {
            "get",
            "list",
            "watch",
            "patch",
        }
        assert {name for one in writes for name in one["resourceNames"]} == {
            *(f"sales-database-{end}" for end in ("config", "leader", "sync", "failover")),
            *(f"{name}-0" for name in (FIRST, SECOND, THIRD)),
        }

    @pytest.mark.parametrize("name", [FIRST, SECOND])
    def test_only_its_pods_have_a_token(self, name: str) -> None:
        made = children(THREE)
        assert made.pod("StatefulSet", name)["spec"]["automountServiceAccountToken"]
        assert not children(ONE).pod("StatefulSet", FIRST)["spec"]["automountServiceAccountToken"]

    def test_one_server_has_no_trace_of_it(self) -> None:
        made = children(ONE)
        kinds = {one["kind"] for one in made.objects}
        assert not {"Role", "RoleBinding"} & kinds
        assert [one["metadata"]["name"] for one in made.kind("StatefulSet")] == [FIRST]

    def test_services_follow_the_roles(self) -> None:
        made = children(THREE)
        roles = {
            end: made["Service", f"sales-database{end}"]["spec"]["selector"][names.LABEL_ROLE]
            for end in ("", "-rw", "-ro")
        }
        assert roles == {"": "primary", "-rw": "primary", "-ro": "replica"}


class TestProgress:
    """Patroni's reports wake the operator only where something else changed."""

    @staticmethod
    def _pod(location: int, state: str = "streaming", role: str = "replica") -> dict[str, Any]:
        said = {"xlog_location": location, "replication_state": state}
        labels = {names.LABEL_SCOPE: "sales-database", names.LABEL_ROLE: role}
        return {
            "kind": "Pod",
            "metadata": {
                "name": "a",
                "resourceVersion": str(location),
                "labels": labels,
                "annotations": {"status": json.dumps(said)},
            },
        }

    def test_the_place_in_the_log_alone_does_not(self) -> None:
        assert only_progressed(self._pod(1), self._pod(2))

    @pytest.mark.parametrize("change", [{"state": "starting"}, {"role": "primary"}])
    def test_everything_else_does(self, change: dict[str, str]) -> None:
        assert not only_progressed(self._pod(1), self._pod(2, **change))
        assert not only_progressed(None, self._pod(1))

    def test_other_pods_always_do(self) -> None:
        before, after = self._pod(1), self._pod(2)
        for one in (before, after):
            one["metadata"]["labels"] = {}
        assert not only_progressed(before, after)
