"""The columnar replica on a cluster: what is made for it, and that nothing is left of it."""

import base64
from typing import Any

import pytest

from shopx_core.containers.variables import DATABASE_DSN, REDIS_URL
from shopx_core.resource.presets import SIZES, SizeName
from shopx_core.resource.types import amount
from shopx_core.settings import Settings
from shopx_operator.manifests import columns
from tests.support.cluster import Cluster
from tests.support.rendering import children, environment

API = ("Deployment", "sales-api")
BUILDER = ("Deployment", "sales-columns")
OFF: dict[str, Any] = {"columns": {"enabled": False}}
GIVEN = {
    DATABASE_DSN: "postgresql://h/d",
    REDIS_URL: "redis://h",
    "SHOPX_COLUMNS_TOKEN": "secret",
}
OBJECTS = {
    BUILDER,
    ("Secret", "sales-columns"),
    ("Service", "sales-columns"),
    ("ServiceAccount", "sales-columns"),
    ("ServiceMonitor", "sales-columns"),
    ("NetworkPolicy", "sales-columns"),
    ("NetworkPolicy", "sales-columns-clients"),
}


def settings(pod: Any) -> Settings:
    return Settings.from_env(environment(pod) | GIVEN)


def test_pods_fetch_from_where_the_builder_serves() -> None:
    made = children()
    api, builder = settings(made.pod(*API)).columns, settings(made.pod(*BUILDER)).columns
    service = made["Service", "sales-columns"]
    (port,) = [one for one in service["spec"]["ports"] if one["name"] == "generations"]
    assert api.source == f"http://sales-columns.shop.svc:{port['port']}"
    assert builder.port == port["port"]
    assert builder.source is None
    assert api.port is None
    (container,) = made.pod(*BUILDER)["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert ports[port["targetPort"]] == builder.port


def test_both_read_the_same_random_secret() -> None:
    made = children()
    secret = made["Secret", "sales-columns"]
    assert base64.b64decode(secret["data"]["token"]).decode() == "d" * 43
    reference = {"secretKeyRef": {"name": "sales-columns", "key": "token"}}
    for pod in (made.pod(*API), made.pod(*BUILDER)):
        assert environment(pod)["SHOPX_COLUMNS_TOKEN"] == reference


def test_another_secret_restarts_both() -> None:
    """Of two that differ, the builder refuses every pod."""
    before = children(given={"sales-columns": {"token": "a" * 43}})
    after = children(given={"sales-columns": {"token": "b" * 43}})
    for which in (API, BUILDER):
        assert before.pod(*which) != after.pod(*which)
    fold = ("Deployment", "sales-fold")
    assert before.pod(*fold) == after.pod(*fold)


def test_only_api_pods_reach_the_builder() -> None:
    made = children()
    (rule,) = made["NetworkPolicy", "sales-columns"]["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchExpressions"][0]["values"] == ["api"]
    assert rule["ports"] == [{"protocol": "TCP", "port": columns.PORT}]
    policy = made["NetworkPolicy", "sales-columns-clients"]["spec"]
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "api"
    (rule,) = policy["egress"]
    (peer,) = rule["to"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "columns"


@pytest.mark.parametrize("size", SIZES)
def test_an_api_pod_stays_below_the_limits_of_memory_and_disk(size: SizeName) -> None:
    """Beyond them the kubelet would end the pod, and PostgreSQL could not answer either."""
    pod = children({"size": size}).pod(*API)
    read = settings(pod).columns
    (container,) = pod["spec"]["containers"]
    (volume,) = [one for one in pod["spec"]["volumes"] if one["name"] == "columns"]
    (mount,) = [one for one in container["volumeMounts"] if one["name"] == "columns"]
    assert mount["mountPath"] == read.folder
    assert read.room is not None
    assert read.room * 1024**2 < amount(volume["emptyDir"]["sizeLimit"])
    limit = amount(container["resources"]["limits"]["memory"])
    without = amount(SIZES[size].api.memory_limit)
    assert limit == without + read.memory * 1024**2
    assert read.threads <= amount(container["resources"]["limits"]["cpu"])


@pytest.mark.parametrize("limit", ["512Mi", "3Gi"])
def test_the_builder_sorts_in_half_of_its_memory(limit: str) -> None:
    asked = {"columns": {"resources": {"limits": {"memory": limit}}, "memory": "77Mi"}}
    made = children(asked)
    assert settings(made.pod(*BUILDER)).columns.memory * 1024**2 * 2 == amount(limit)
    assert settings(made.pod(*API)).columns.memory == 77


def test_a_storage_class_makes_a_volume_that_lives_as_long_as_the_pod() -> None:
    asked = {"columns": {"storage": {"className": "fast", "size": "7Gi"}}}
    made = children(asked)
    (volume,) = [one for one in made.pod(*BUILDER)["spec"]["volumes"] if one["name"] == "columns"]
    claim = volume["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"]["requests"]["storage"] == "7Gi"
    (volume,) = [one for one in made.pod(*API)["spec"]["volumes"] if one["name"] == "columns"]
    assert volume["emptyDir"] == {"sizeLimit": "7Gi"}


def test_there_is_one_builder_at_a_time() -> None:
    assert children()[BUILDER]["spec"]["strategy"] == {"type": "Recreate"}


def test_without_a_replica_nothing_is_made_for_it() -> None:
    made = children(OFF)
    assert not [key for key in OBJECTS if key in made]
    pod = made.pod(*API)
    assert not [name for name in environment(pod) if name.startswith("SHOPX_COLUMNS_F")]
    assert settings(pod).columns.folder is None
    assert [one["name"] for one in pod["spec"]["volumes"]] == ["tmp"]
    limits = pod["spec"]["containers"][0]["resources"]["limits"]
    assert limits["memory"] == SIZES["small"].api.memory_limit


def test_switching_it_off_removes_everything_and_switching_it_on_makes_it_again() -> None:
    cluster = Cluster()
    cluster.running()
    there = {key for key in OBJECTS if key in cluster}
    assert there == OBJECTS
    cluster.running(OFF)
    assert not [key for key in OBJECTS if key in cluster]
    assert cluster.condition("Ready") == ("True", "Serving")
    cluster.running()
    assert {key for key in OBJECTS if key in cluster} == OBJECTS


def test_a_manifest_without_room_for_it_goes_without() -> None:
    """As one that was written before there was a replica."""
    tight = {"api": {"replicas": 5}, "database": {"bundled": {}, "connectionBudget": 50}}
    assert BUILDER not in children(tight)
    assert BUILDER in children(tight | {"api": {"replicas": 4}})
