"""Storage: what was never carried out can be taken back, and a volume is never given up."""

from typing import Any

import pytest

from tests.support.cluster import Cluster

CLAIM = ("PersistentVolumeClaim", "sales-database")


def _spec(**storage: str) -> dict[str, Any]:
    return {"database": {"bundled": {"storage": storage}}}


ONE, TWO = _spec(size="1Gi"), _spec(size="2Gi")


def _requested(cluster: Cluster) -> str:
    size: str = cluster[CLAIM]["spec"]["resources"]["requests"]["storage"]
    return size


def _bound(spec: dict[str, Any] = ONE) -> Cluster:
    cluster = Cluster()
    cluster.running(spec)
    return cluster


def test_growth_that_the_class_refuses_can_be_taken_back() -> None:
    cluster = _bound()
    cluster.reject[CLAIM] = "only dynamically provisioned pvc can be resized"
    cluster.reconcile(TWO)
    assert cluster.condition("Degraded") == ("True", "ApplyFailed")
    assert cluster.condition("Ready")[0] == "False"
    del cluster.reject[CLAIM]
    cluster.reconcile(ONE)
    assert cluster.condition("Ready") == ("True", "Serving")
    assert _requested(cluster) == "1Gi"


@pytest.mark.parametrize(
    ("requested", "wanted", "result"),
    [
        pytest.param("3Gi", "2Gi", "2Gi", id="a smaller expansion"),
        pytest.param("3Gi", "1Gi", "3Gi", id="the API server takes back no more than that"),
        pytest.param("1Gi", "2Gi", "2Gi", id="growth"),
        pytest.param("1Gi", "512Mi", "1Gi", id="a volume that has more already"),
    ],
)
def test_the_claim_asks_for_what_is_possible(requested: str, wanted: str, result: str) -> None:
    cluster = _bound()
    cluster[CLAIM]["spec"]["resources"]["requests"]["storage"] = requested
    cluster.reconcile(_spec(size=wanted))
    assert _requested(cluster) == result
    assert cluster.condition("Ready") == ("True", "Serving")


@pytest.mark.parametrize("right", [{}, {"className": "fast"}, {"size": "2Gi"}])
def test_a_claim_without_a_volume_is_made_again(right: dict[str, str]) -> None:
    """A StorageClass with a typo, corrected or left out; another size."""
    cluster = Cluster()
    cluster.reconcile(_spec(className="tpyo"))
    uid = cluster[CLAIM]["metadata"]["uid"]
    assert "no volume of the StorageClass 'tpyo'" in cluster.message("DatabaseReady")
    for _ in range(2):
        cluster.reconcile(_spec(**right))
    assert cluster[CLAIM]["metadata"]["uid"] != uid
    assert cluster[CLAIM]["spec"].get("storageClassName") == right.get("className")
    assert cluster.reconcile(_spec(**right)).discard is None


def test_the_class_that_the_cluster_fills_in_is_no_difference() -> None:
    cluster = Cluster()
    cluster.reconcile(ONE)
    cluster[CLAIM]["spec"]["storageClassName"] = "standard"
    assert cluster.reconcile(ONE).discard is None


def test_a_claim_that_a_user_made_is_left_alone() -> None:
    """As for a restore from a snapshot."""
    cluster = Cluster()
    cluster.reconcile(ONE)
    cluster[CLAIM]["metadata"]["annotations"].pop("analytics.shopx.io/storage-class")
    assert cluster.reconcile(TWO).discard is None


def test_a_claim_that_is_going_is_not_applied() -> None:
    cluster = Cluster()
    cluster.reconcile(_spec(className="tpyo"))
    cluster[CLAIM]["metadata"]["deletionTimestamp"] = "2026-11-23T11:00:00Z"
    cluster.reconcile(ONE)
    assert CLAIM not in cluster.applied
    assert cluster.condition("Degraded")[1] != "VolumeTerminating"


def test_another_class_for_a_volume_is_told_and_harms_nothing() -> None:
    """A dashboard that was made again, over the volume of before."""
    cluster = _bound()
    uid = cluster[CLAIM]["metadata"]["uid"]
    wrong = _spec(size="1Gi", className="fast")
    cluster.reconcile(wrong)
    assert cluster[CLAIM]["metadata"]["uid"] == uid
    assert cluster.condition("Degraded") == ("True", "VolumeClassFixed")
    assert cluster.condition("Available") == ("True", "Serving")
    cluster.reconcile(_spec(size="1Gi", className="standard"))
    assert cluster.condition("Ready") == ("True", "Serving")


def test_the_status_says_what_the_volume_has() -> None:
    """Admission refuses less by it."""
    cluster = _bound()
    assert cluster.status["volume"] == {"size": "1Gi", "className": "standard"}
