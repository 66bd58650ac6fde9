"""What works is replaced only by what was tried, and one server after the other."""

from typing import Any

import pytest

from tests.support.cluster import Cluster
from tests.support.rendering import SECRETS

DATABASE = ("StatefulSet", "sales-database")
REDIS = ("Deployment", "sales-redis")
API = ("Deployment", "sales-api")
PARAMETERS: dict[str, Any] = {"database": {"bundled": {"parameters": {"work_mem": "32MBB"}}}}
SHARED: dict[str, Any] = {"podTemplate": {"annotations": {"team": "sales"}}}
EXTERNAL: dict[str, Any] = {"cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}}}
WRONG = SECRETS | {"redis": {"url": "redis://nowhere:6379"}}
REFUSAL = (
    '2026-11-23 10:00:00.000 UTC [7] FATAL:  invalid value for parameter "work_mem": "32MBB"\n'
    '2026-11-23 10:00:00.000 UTC [7] HINT:  Valid units are "B", "kB", "MB", "GB", and "TB".'
)


def _running(spec: dict[str, Any] | None = None) -> Cluster:
    cluster = Cluster()
    cluster.running(spec)
    return cluster


def _job(cluster: Cluster, part: str) -> str:
    (name,) = [name for kind, name in cluster.objects if kind == "Job" and part in name]
    return name


def _work_mem(cluster: Cluster) -> bool:
    arguments = cluster[DATABASE]["spec"]["template"]["spec"]["containers"][0]["args"]
    return "-cwork_mem=32MBB" in arguments


class TestParameters:
    """Settings of PostgreSQL are tried by an empty server."""

    def test_refused_ones_replace_nothing_and_are_told_with_the_parameter(self) -> None:
        cluster = _running()
        cluster.reconcile(PARAMETERS)
        assert not _work_mem(cluster)
        assert cluster.condition("Ready") == ("False", "RollingOut")
        assert "database-check" in cluster.message("Progressing")
        cluster.ends(_job(cluster, "check"), "Failed", REFUSAL, component="database-check")
        cluster.reconcile(PARAMETERS)
        assert not _work_mem(cluster)
        assert cluster.condition("Degraded") == ("True", "ParametersRefused")
        assert 'parameter "work_mem": "32MBB"' in cluster.message("Degraded")
        assert cluster.condition("Ready") == ("False", "ParametersRefused")
        assert cluster.condition("Available") == ("True", "Serving")

        cluster.reconcile()
        assert cluster.condition("Ready") == ("True", "Serving")
        assert not [name for kind, name in cluster.objects if kind == "Job" and "check" in name]

    def test_accepted_ones_are_used(self) -> None:
        cluster = _running()
        cluster.reconcile(PARAMETERS)
        cluster.ends(_job(cluster, "check"), "Complete", component="database-check")
        cluster.reconcile(PARAMETERS)
        assert _work_mem(cluster)
        cluster.serves()
        cluster.reconcile(PARAMETERS)
        assert cluster.condition("Ready") == ("True", "Serving")

    def test_a_server_that_does_not_serve_gets_them_at_once(self) -> None:
        cluster = _running()
        cluster.away("sales-database", "StatefulSet")
        cluster.reconcile(PARAMETERS)
        assert _work_mem(cluster)

    def test_a_failed_check_is_repeated(self) -> None:
        cluster = _running()
        cluster.reconcile(PARAMETERS)
        job = _job(cluster, "check")
        cluster.ends(job, "Failed", REFUSAL, component="database-check")
        assert cluster.reconcile(PARAMETERS).retry == ()
        cluster.pass_(minutes=1)
        assert cluster.reconcile(PARAMETERS).retry == (("Job", job),)

    def test_refused_ones_hold_up_no_release(self) -> None:
        cluster = _running()
        cluster.reconcile(PARAMETERS)
        cluster.ends(_job(cluster, "check"), "Failed", REFUSAL, component="database-check")
        cluster.reconcile(PARAMETERS | {"version": "2.0.0"})
        new = [name for kind, name in cluster.objects if kind == "Job" and "migrate" in name]
        assert len(new) == 2


class TestOrder:
    """A change of everything restarts the servers one after the other, and the API last."""

    @staticmethod
    def _changed(cluster: Cluster) -> list[str]:
        return [
            part
            for part, key in (("database", DATABASE), ("redis", REDIS), ("api", API))
            if cluster[key]["spec"]["template"]["metadata"]["annotations"].get("team")
        ]

    def test_each_is_ready_before_the_next(self) -> None:
        cluster = _running()
        cluster.reconcile(SHARED)
        assert self._changed(cluster) == ["database"]
        assert len([kind for kind, _ in cluster.objects if kind == "Job"]) == 1
        assert cluster.condition("Ready") == ("False", "RollingOut")
        assert "cache" in cluster.message("Progressing")
        cluster.reconcile(SHARED)
        assert self._changed(cluster) == ["database"]

        cluster.serves("sales-database")
        cluster.reconcile(SHARED)
        assert self._changed(cluster) == ["database", "redis"]
        for kind, name in list(cluster.objects):
            if kind == "Job":
                cluster.ends(name, "Complete")
        cluster.serves("sales-redis")
        cluster.reconcile(SHARED)
        assert self._changed(cluster) == ["database", "redis", "api"]

    def test_a_cache_that_is_away_does_not_wait(self) -> None:
        cluster = _running()
        cluster.away("sales-redis")
        cluster.reconcile(SHARED)
        assert self._changed(cluster) == ["database", "redis"]


class TestRedis:
    """The URL of an external Redis is tried before pods are replaced for it."""

    def test_a_wrong_one_replaces_nothing(self) -> None:
        cluster = _running(EXTERNAL)
        before = cluster[API]["spec"]["template"]
        cluster.reconcile(EXTERNAL, given=WRONG)
        assert cluster[API]["spec"]["template"] == before
        job = _job(cluster, "redis-check")
        cluster.ends(job, "Failed", "error: Timeout connecting", component="redis-check")
        cluster.reconcile(EXTERNAL, given=WRONG)
        assert cluster[API]["spec"]["template"] == before
        assert cluster.condition("Degraded") == ("True", "CacheRefused")
        assert "Timeout connecting" in cluster.message("Degraded")
        assert "stay as they are" in cluster.message("Degraded")
        assert cluster.condition("Available") == ("True", "Serving")
        cluster.reconcile(EXTERNAL)
        assert cluster.condition("Ready") == ("True", "Serving")

    def test_another_change_goes_on_meanwhile(self) -> None:
        cluster = _running(EXTERNAL)
        before = cluster[API]["spec"]["template"]["metadata"]["annotations"]
        replicas = {"api": {"resources": {"limits": {"cpu": "3"}}}}
        cluster.reconcile(EXTERNAL | replicas, given=WRONG)
        template = cluster[API]["spec"]["template"]
        assert template["metadata"]["annotations"] == before
        assert template["spec"]["containers"][0]["resources"]["limits"]["cpu"] == "3"

    @pytest.mark.parametrize("workload", [API, ("Deployment", "sales-workers")])
    def test_a_good_one_is_used(self, workload: tuple[str, str]) -> None:
        cluster = _running(EXTERNAL)
        before = cluster[workload]["spec"]["template"]
        moved = SECRETS | {"redis": {"url": "redis://elsewhere:6379"}}
        cluster.reconcile(EXTERNAL, given=moved)
        cluster.ends(_job(cluster, "redis-check"), "Complete", component="redis-check")
        cluster.reconcile(EXTERNAL, given=moved)
        assert cluster[workload]["spec"]["template"] != before
        cluster.serves()
        cluster.reconcile(EXTERNAL, given=moved)
        assert cluster.condition("Ready") == ("True", "Serving")
