"""A volume for the queue of the bundled Valkey, by choice."""

from typing import Any

from tests.support.cluster import Cluster
from tests.support.rendering import children

KEPT: dict[str, Any] = {"cache": {"redis": {"bundled": {"storage": {"size": "1Gi"}}}}}
CLAIM = ("PersistentVolumeClaim", "sales-redis")


def _server(spec: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    pod = children(spec).pod("Deployment", "sales-redis")["spec"]
    arguments: list[str] = pod["containers"][0]["args"]
    return pod, arguments


def test_the_queue_is_written_to_the_volume() -> None:
    pod, arguments = _server(KEPT)
    text = " ".join(arguments)
    assert "--appendonly yes" in text
    assert "--dir /data" in text
    assert {"name": "data", "mountPath": "/data"} in pod["containers"][0]["volumeMounts"]
    claimed = {"name": "data", "persistentVolumeClaim": {"claimName": "sales-redis"}}
    assert claimed in pod["volumes"]
    assert children(KEPT)[CLAIM]["spec"]["resources"]["requests"]["storage"] == "1Gi"


def test_without_one_everything_is_in_memory() -> None:
    pod, arguments = _server({})
    assert "--appendonly no" in " ".join(arguments)
    assert not [one for one in pod["volumes"] if "persistentVolumeClaim" in one]
    assert CLAIM not in children({})


def test_a_volume_that_cannot_shrink_keeps_its_size() -> None:
    cluster = Cluster()
    cluster.running(KEPT)
    cluster[CLAIM]["spec"]["resources"]["requests"]["storage"] = "2Gi"
    cluster[CLAIM]["status"] = {"capacity": {"storage": "2Gi"}}
    cluster.reconcile(KEPT)
    assert cluster[CLAIM]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert cluster.condition("Ready") == ("True", "Serving")
