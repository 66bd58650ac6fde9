"""A status that never flatters: a lost volume, a claim that goes, pods that are not there."""

from typing import Any

import pytest

from shopx_core.errors import DatabaseEmpty
from tests.support.cluster import Cluster

CLAIM = ("PersistentVolumeClaim", "sales-database")
EMPTY = "error: The database is empty, and this dashboard had one with data.\nhint: Restore it."
ACCEPTED: dict[str, Any] = {"database": {"bundled": {}, "initialize": True}}


def _running() -> Cluster:
    cluster = Cluster()
    cluster.running()
    return cluster


def _lose_volume(cluster: Cluster) -> str:
    """The claim goes, another one is made, and its server starts empty; returns the new Job."""
    del cluster.objects[CLAIM]
    return _new_job(cluster)


def _new_job(cluster: Cluster, spec: dict[str, Any] | None = None, **how: Any) -> str:
    """Reconcile until a Job is made; its name."""
    before = {name for kind, name in cluster.objects if kind == "Job"}
    for _ in range(3):
        cluster.reconcile(spec, **how)
    (name,) = {name for kind, name in cluster.objects if kind == "Job"} - before
    return name


def _command(cluster: Cluster, name: str) -> str:
    job = cluster["Job", name]
    command: str = job["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    return command


def _refuse(cluster: Cluster, name: str) -> None:
    """The check Job ends as `shopx migrate --existing` does over an empty database."""
    cluster.ends(name, "Failed", EMPTY)
    state = cluster.pods[-1]["status"]["containerStatuses"][0]["state"]["terminated"]
    state["exitCode"] = DatabaseEmpty.exit_code
    cluster.reconcile()


def test_the_first_migration_may_begin_with_an_empty_database() -> None:
    cluster = Cluster()
    cluster.reconcile()
    cluster.serves("sales-database")
    cluster.reconcile()
    assert "--existing" not in _command(cluster, cluster.job())


def test_the_address_is_remembered_without_credentials() -> None:
    cluster = _running()
    assert cluster.status["databaseAddress"] == "sales-database.shop.svc:5432/shopx"


def test_another_volume_is_asked_whether_it_has_the_data() -> None:
    cluster = _running()
    assert "shopx migrate --existing" in _command(cluster, _lose_volume(cluster))
    assert cluster.condition("Migrated")[0] == "False"
    assert cluster.condition("Ready")[0] == "False"


def test_an_empty_database_in_its_place_is_told_with_the_choices() -> None:
    cluster = _running()
    _refuse(cluster, _lose_volume(cluster))
    for kind, status in (("Migrated", "False"), ("Degraded", "True"), ("Ready", "False")):
        assert cluster.condition(kind) == (status, "DatabaseEmpty")
        assert "Restore it" in cluster.message(kind)
    assert cluster.status["databaseAddress"] == "sales-database.shop.svc:5432/shopx"


def test_a_user_may_begin_with_an_empty_one_on_purpose() -> None:
    cluster = _running()
    _refuse(cluster, _lose_volume(cluster))
    name = _new_job(cluster, ACCEPTED)
    assert "--existing" not in _command(cluster, name)
    cluster.ends(name, "Complete", "The database is at revision 008.")
    cluster.reconcile(ACCEPTED)
    cluster.serves()
    cluster.reconcile(ACCEPTED)
    assert cluster.condition("Ready") == ("True", "Serving")


def test_another_external_database_is_no_lost_one() -> None:
    """Its address is another one: a user wrote it."""
    spec = {"database": {"external": {"secretRef": {"name": "db"}}}}
    cluster = Cluster()
    cluster.running(spec, given={"db": {"dsn": "postgresql://u:p@one/sales"}})
    assert cluster.status["databaseAddress"] == "one/sales"
    moved = {"db": {"dsn": "postgresql://u:p@two/sales"}}
    assert "--existing" not in _command(cluster, _new_job(cluster, spec, given=moved))


def test_a_claim_that_is_being_deleted_is_told_at_once() -> None:
    cluster = _running()
    cluster[CLAIM]["metadata"]["deletionTimestamp"] = "2026-11-23T11:00:00Z"
    cluster.reconcile()
    assert cluster.condition("Degraded") == ("True", "VolumeTerminating")
    assert "sales-database" in cluster.message("Degraded")
    assert cluster.condition("Ready") == ("False", "VolumeTerminating")
    assert cluster.condition("Available") == ("True", "Serving")


@pytest.mark.parametrize(
    ("updated", "ready", "result"),
    [(2, 2, ("True", "Serving")), (1, 2, ("False", "RollingOut")), (2, 1, ("False", "RollingOut"))],
)
def test_pods_of_another_release_do_not_make_it_ready(
    updated: int, ready: int, result: tuple[str, str]
) -> None:
    cluster = _running()
    cluster["Deployment", "sales-api"]["status"] |= {
        "replicas": 2,
        "updatedReplicas": updated,
        "readyReplicas": ready,
    }
    cluster.reconcile()
    assert cluster.condition("Available") == ("True", "Serving")
    assert cluster.condition("Ready") == result


def test_pods_that_are_refused_are_told_with_the_words_of_the_api_server() -> None:
    cluster = _running()
    refusal = "pods 'sales-api-1' is forbidden: exceeded quota: small, requested: cpu=1"
    cluster["Deployment", "sales-api"]["status"] |= {
        "readyReplicas": 1,
        "conditions": [
            {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": refusal,
            }
        ],
    }
    cluster.reconcile()
    assert cluster.condition("Degraded") == ("True", "PodsFailing")
    assert refusal in cluster.message("Degraded")
    assert cluster.condition("Ready") == ("False", "PodsFailing")
